"""What was issued and is not known to be printed: after a crash, a jam, an empty tray. Passive."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import CounterState, WaitingLine
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.kit.words import Tone

# More scroll: the benefits above are what the next person comes for.
_ROWS_MAX = 2


class WaitingView(QFrame):
    """A list with what may be done; hidden while there is nothing in it.

    All of it is printed at once; ``came_out`` and ``voided`` carry the one voucher that is chosen.
    """

    came_out = signal_of(str)
    voided = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._busy = False
        self._picture = Picture(self)
        self._title = PlainLabel(self, "strong", wrap=True)
        self.model: LinesModel[WaitingLine] = LinesModel(
            self,
            (
                Column("counter.column.number", lambda line: line.number),
                Column("counter.column.offer", self._offer),
                Column("counter.column.time", lambda line: line.issued_at),
            ),
        )
        self.table = LinesTable(self, self.model, stretch=1)
        self.table.setObjectName("waiting")
        self.print = button(self, "", "print_waiting")
        self.confirm = button(self, "", "waiting_came_out")
        self.void = button(self, "danger", "waiting_void")
        self.confirm.clicked.connect(self._confirm)
        self.void.clicked.connect(self._void)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._allow())
        acts = QHBoxLayout()
        acts.setSpacing(8)
        acts.addWidget(self.print, 1)
        acts.addWidget(self.confirm)
        acts.addWidget(self.void)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._picture)
        top.addWidget(self._title, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 14)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.table)
        layout.addLayout(acts)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(look.tone_picture(Tone.WARNING, 20, ratio))
        self._title.setText(look.words.say("counter.waiting"))
        self.table.setAccessibleName(look.words.say("counter.waiting"))
        self.table.dress(look)
        self.print.setIcon(look.icon("printer"))
        say = look.words.say
        set_button(self.confirm, say("counter.waiting_came_out"), say("counter.waiting_one_out"))
        set_button(self.void, say("counter.waiting_void"), say("counter.waiting_one_void"))

    def fill(self, state: CounterState) -> None:
        """Show what waits."""
        if self._look is None:
            return
        self.model.set_lines(state.waiting)
        self.table.fit(_ROWS_MAX)
        words = self._look.words.say("counter.waiting_print", count=len(state.waiting))
        set_button(self.print, words)
        self.print.setEnabled(not state.busy)
        self._busy = state.busy
        self.setVisible(bool(state.waiting))
        if state.waiting and self.chosen() is None:
            self.table.selectRow(0)
        self._allow()

    def chain(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        return [self.table, self.print, self.confirm, self.void]

    def chosen(self) -> WaitingLine | None:
        """Return the line that is chosen."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.lines[rows[0].row()] if rows else None

    def _allow(self) -> None:
        for act in (self.confirm, self.void):
            act.setEnabled(self.chosen() is not None and not self._busy)

    def _confirm(self) -> None:
        line = self.chosen()
        if line is not None:
            self.came_out.emit(line.voucher)

    def _void(self) -> None:
        line = self.chosen()
        if line is not None:
            self.voided.emit(line.voucher)

    def _offer(self, line: WaitingLine) -> str:
        return "" if self._look is None else self._look.words.of(line.name)
