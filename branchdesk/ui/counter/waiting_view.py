"""What was issued and is not known to be printed: after a crash, a jam, an empty tray. Passive."""

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Signal
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import CounterState, WaitingLine
from branchdesk.ui.kit.confirm_bar import ConfirmBar, Question
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.kit.words import Tone, phrase

# More scroll: the benefits above are what the next person comes for.
_ROWS_MAX = 2


class WaitingView(QFrame):
    """A list with what may be done; hidden while there is nothing in it.

    All of it is printed at once, and then all of it is chosen. ``came_out`` carries the vouchers
    that are chosen, ``void_asked`` the one that is; ``void_agreed`` and ``void_left`` answer what
    was asked then.
    """

    came_out = signal_of(tuple)
    void_asked = signal_of(str)
    void_agreed = Signal()
    void_left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._busy = False
        self._handed: tuple[str, ...] = ()
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
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.print = button(self, "", "print_waiting")
        self.confirm = button(self, "", "waiting_came_out")
        self.void = button(self, "danger", "waiting_void")
        self.confirm.clicked.connect(self._confirm)
        self.void.clicked.connect(self._void)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._allow())
        self.question = ConfirmBar(self, "waiting_question")
        self.question.confirmed.connect(lambda _: self.void_agreed.emit())
        self.question.left.connect(lambda _: self.void_left.emit())
        self._asked: WaitingLine | None = None
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
        # In the list's place: what stands under the pointer after a click stays there, and does
        # nothing more.
        layout.addWidget(self.question)
        layout.addLayout(acts)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(look.tone_picture(Tone.WARNING, 20, ratio))
        self._title.setText(look.words.say("counter.waiting"))
        self.table.setAccessibleName(look.words.say("counter.waiting"))
        self.table.dress(look)
        self.question.dress(look)
        self.print.setIcon(look.icon("printer"))
        say = look.words.say
        set_button(self.void, say("counter.waiting_void"), say("counter.waiting_one_void"))
        self._allow()

    def fill(self, state: CounterState) -> None:
        """Show what waits."""
        if self._look is None:
            return
        self.model.set_lines(state.waiting)
        self.table.fit(_ROWS_MAX)
        words = self._look.words.say("counter.waiting_print", count=len(state.waiting))
        set_button(self.print, words)
        self._busy = state.busy
        self.setVisible(bool(state.waiting))
        if state.handed != self._handed:
            self._handed = state.handed
            self._choose(state.handed)
        if state.waiting and not self.chosen():
            self.table.selectRow(0)
        self._ask(state.voiding)

    def chain(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        return [
            self.table, self.print, self.confirm, self.void,
            self.question.leave, self.question.confirm,
        ]  # fmt: skip

    def chosen(self) -> tuple[str, ...]:
        """Return the vouchers that are chosen, as they stand in the list."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return tuple(self.model.lines[row].voucher for row in rows)

    def _choose(self, vouchers: tuple[str, ...]) -> None:
        wanted = QItemSelection()
        for row, line in enumerate(self.model.lines):
            if line.voucher in vouchers:
                wanted.select(self.model.index(row, 0), self.model.index(row, 0))
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(wanted, flags.ClearAndSelect | flags.Rows)

    def _allow(self) -> None:
        count = len(self.chosen())
        free = not self._busy and self._asked is None
        self.print.setEnabled(free)
        self.confirm.setEnabled(count > 0 and free)
        self.void.setEnabled(count == 1 and free)
        if self._look is not None:
            say, many = self._look.words.say, count > 1
            key = "counter.waiting_many_out" if many else "counter.waiting_came_out"
            about = key if many else "counter.waiting_one_out"
            set_button(self.confirm, say(key, count=count), say(about, count=count))

    def _confirm(self) -> None:
        if self.chosen():
            self.came_out.emit(self.chosen())

    def _void(self) -> None:
        if len(self.chosen()) == 1:
            self.void_asked.emit(self.chosen()[0])

    def _ask(self, line: WaitingLine | None) -> None:
        before, self._asked = self._asked, line
        if line is not None and line != before:
            facts = {"number": line.number, "holder": line.holder, "offer": line.name}
            said = phrase("counter.waiting_ask", **facts)
            yes = phrase("counter.waiting_ask_yes", number=line.number)
            self.question.ask(Question(said, yes, danger=True))
        self.table.setVisible(line is None)
        self._allow()
        if line is None and before is not None:
            self.question.close_bar()
            # Answered with Esc, the bar gave the cursor back to what could not take it yet.
            (self.void if self.void.isEnabled() else self.table).setFocus()

    def _offer(self, line: WaitingLine) -> str:
        return "" if self._look is None else self._look.words.of(line.name)
