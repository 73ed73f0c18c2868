"""Find a registered customer: a search line and what it found. Passive."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from branchdesk.ui.kit.fields import show_text
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.serving.finding import Search, SearchLine

_ROWS_MAX = 5
COLUMNS: Final[tuple[Column[SearchLine], ...]] = (
    Column("serving.column.name", lambda line: line.name),
    Column("serving.column.phone", lambda line: line.phone),
    Column("serving.column.vouchers", lambda line: str(line.vouchers), right=True),
)


class SearchView(QWidget):
    """The search. ``typed`` carries the query, ``chosen`` a customer.

    ``entered`` says that Enter was pressed: ahead of the answer, or with nobody to choose; ``down``
    that Down was pressed with nobody found.
    """

    typed = signal_of(str)
    chosen = signal_of(str)
    entered = Signal()
    down = Signal()

    def __init__(self, parent: QWidget, name: str, hint_key: str) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._hint_key = hint_key
        self.edit = QLineEdit(self)
        self.edit.setObjectName(name)
        self.edit.setMaxLength(60)
        self._icon = self.edit.addAction(
            self.windowIcon(), QLineEdit.ActionPosition.LeadingPosition
        )
        self.model: LinesModel[SearchLine] = LinesModel(self, COLUMNS)
        self.table = LinesTable(self, self.model, stretch=0)
        self.table.setObjectName(f"{name}_found")
        self._none = PlainLabel(self, "muted", wrap=True)
        self._asked = self._goes_in = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.edit, self.table, self._none):
            layout.addWidget(widget)
        self.edit.installEventFilter(self)
        self.edit.textChanged.connect(self.typed.emit)
        self.table.opened.connect(self._open)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        self.edit.setPlaceholderText(look.words.say(self._hint_key))
        self.edit.setAccessibleName(look.words.say("serving.search_name"))
        self._icon.setText(look.words.say("serving.search_name"))
        self._icon.setIcon(look.icon("search", look.palette.muted))
        self.table.setAccessibleName(look.words.say("serving.found"))
        self.table.dress(look)

    def fill(self, search: Search, none_key: str, *, enabled: bool) -> None:
        """Show query and finds; ``none_key`` says what to do when nobody was found."""
        if self._look is None:
            return
        show_text(self.edit, search.query)
        self.edit.setEnabled(enabled)
        found, self._asked = search.found, search.is_asked
        goes_in = self._goes_in and not self._asked and self.edit.hasFocus()
        self._goes_in = self._goes_in and self._asked
        self.model.set_lines(found or ())
        self.table.setVisible(bool(found))
        self.table.fit(_ROWS_MAX)
        self._none.setVisible(found == ())
        if found == ():
            self._none.setText(self._look.words.say(none_key, query=search.query))
        if goes_in and found:
            self.enter_list()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Down go into the list; Enter takes the only line, or goes into several."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            # Any other key after Down says that one thought better of it.
            self._goes_in = event.key() == Qt.Key.Key_Down and self._asked
            if event.key() == Qt.Key.Key_Down:
                self._go_down()
                return True
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self._enter()
                return True
        return super().eventFilter(watched, event)

    def enter_list(self) -> None:
        """Put the cursor on the first line."""
        self.table.go_in()

    def _go_down(self) -> None:
        if self._asked:
            # What is listed is still of an earlier query: the answer is waited for.
            return
        if self.model.lines:
            self.enter_list()
        else:
            self.down.emit()

    def _enter(self) -> None:
        lines = self.model.lines
        if self._asked or not lines:
            self.entered.emit()
        elif len(lines) == 1:
            self._open(0)
        else:
            self.enter_list()

    def _open(self, row: int) -> None:
        if row < len(self.model.lines):
            self.chosen.emit(self.model.lines[row].customer)
