"""The left side: find somebody, what was just done, and who it is. Passive."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.customer.head_view import HeadView
from branchdesk.ui.customer.state import CustomerState, Focus
from branchdesk.ui.kit.areas import BAR_ROOM, VerticalArea
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.lines_model import LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.serving.search_view import COLUMNS, SearchView

_RECENT_ROWS_MAX = 8


class FindingView(QFrame):
    """``chosen`` carries a customer, found or seen before."""

    chosen = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._title = PlainLabel(self, "title")
        self.search = SearchView(self, "customer_search", "customer.search")
        self._note = MessageStrip(self)
        self.undo = button(self, "", "customer_undo")
        self._area = VerticalArea(self, space=8)
        self.head = HeadView(self._area.inside)
        self._recent_title = PlainLabel(self, "label")
        self.model: LinesModel[SearchLine] = LinesModel(self, COLUMNS)
        self.recent = LinesTable(self, self.model, stretch=0)
        self.recent.setObjectName("recent")
        self.search.chosen.connect(self.chosen.emit)
        self.recent.opened.connect(self._open)
        self.search.down.connect(self._go_down)
        self._lay_out()

    def _lay_out(self) -> None:
        self._area.column.addWidget(self.head)
        self._area.column.addStretch(1)
        undo = QHBoxLayout()
        undo.addStretch(1)
        undo.addWidget(self.undo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 8, 12)
        layout.setSpacing(10)
        head = QVBoxLayout()
        head.setContentsMargins(0, 0, BAR_ROOM, 0)
        head.setSpacing(10)
        for widget in (self._title, self.search, self._note):
            head.addWidget(widget)
        head.addLayout(undo)
        head.addWidget(self._recent_title)
        head.addWidget(self.recent)
        layout.addLayout(head)
        layout.addWidget(self._area, 1)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        mine: list[QWidget] = [self.search.edit, self.search.table, self.undo, self.recent]
        return [*mine, *self.head.controls()]

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        say = look.words.say
        self._title.setText(say("customer.title"))
        self.search.dress(look)
        self.head.dress(look)
        self.undo.setIcon(look.icon("undo"))
        set_button(self.undo, say("customer.undo"))
        self._recent_title.setText(say("customer.recent"))
        self.recent.setAccessibleName(say("customer.recent"))
        self.recent.dress(look)

    def fill(self, state: CustomerState) -> None:
        """Show the search, the note, and who it is."""
        look = self._look
        if look is None:
            return
        self.search.fill(state.search, "customer.found_none", enabled=not state.busy)
        note = state.note
        words = "" if note is None else look.words.phrase(note.phrase)
        self._note.say(words, Tone.INFO if note is None else note.tone, look)
        self.undo.setVisible(state.can_undo)
        self.undo.setEnabled(not state.busy)
        is_nobody = state.head is None
        self.model.set_lines(state.recent)
        self.recent.fit(_RECENT_ROWS_MAX)
        for widget in (self._recent_title, self.recent):
            widget.setVisible(is_nobody and bool(state.recent))
        self.head.setVisible(not is_nobody)
        if state.head is not None:
            self.head.fill(state.head, enabled=not state.busy)

    def control(self, where: Focus) -> QWidget | None:
        """Return the control that a focus names."""
        page = self.head.serve if self.head.serve.isVisibleTo(self) else self.search.edit
        return {
            Focus.SEARCH: self.search.edit,
            Focus.PAGE: page,
            Focus.REVEAL: self.head.revealing.reasons[0],
            Focus.UNDO: self.undo,
        }.get(where)

    def _go_down(self) -> None:
        """Go from the search into what stands below it."""
        if self.recent.isVisible():
            self.recent.go_in()

    def _open(self, row: int) -> None:
        if row < len(self.model.lines):
            self.chosen.emit(self.model.lines[row].customer)
