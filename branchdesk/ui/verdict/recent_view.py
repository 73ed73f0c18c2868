"""What was redeemed here today, to be found again without its paper. Passive."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import column
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.verdict.state import RecentLine, VerdictState

# More scroll: whoever checks a voucher wants the field above.
_ROWS_MAX: Final = 5
# Qt measures the first thousand rows otherwise, each time.
_ROWS_MEASURED: Final = 40


class RecentView(QWidget):
    """A table, or a line that says why there is none; ``opened`` carries a redemption.

    Arrow up in its first row leads back to ``above``, arrow down there leads in.
    """

    opened = signal_of(str)

    def __init__(self, parent: QWidget, above: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._state = VerdictState()
        self._above = above
        self._title = PlainLabel(self, "strong")
        self._note = PlainLabel(self, "muted", wrap=True)
        self.model: LinesModel[RecentLine] = LinesModel(
            self,
            (
                Column("verdict.recent.column_time", lambda line: line.at),
                Column("verdict.recent.column_offer", self._offer),
                Column("verdict.recent.column_amount", lambda line: line.amount, right=True),
                Column("verdict.recent.column_code", lambda line: line.code),
                Column("verdict.recent.column_holder", lambda line: line.holder),
                Column("verdict.recent.column_staff", lambda line: line.staff),
                Column("verdict.recent.column_undo", self._standing),
            ),
        )
        self.table = LinesTable(self, self.model, stretch=1)
        self.table.setObjectName("verdict_recent")
        self.table.horizontalHeader().setResizeContentsPrecision(_ROWS_MEASURED)
        self.table.opened.connect(self._open)
        inside = column(self, margin=0, space=8)
        for part in (self._title, self.table, self._note):
            inside.addWidget(part)
        for watched in (above, self.table):
            watched.installEventFilter(self)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        self.table.setAccessibleName(look.words.say("verdict.recent.title"))
        self.table.dress(look)
        self.fill(self._state)

    def fill(self, state: VerdictState) -> None:
        """Show the lines, or that there are none yet."""
        self._state, look = state, self._look
        if look is None:
            return
        lines = state.recent or ()
        chosen = self.chosen()
        self.model.set_lines(lines)
        self._choose(chosen)
        self.table.fit(_ROWS_MAX)
        self.table.setFixedHeight(self.table.maximumHeight())
        self.table.setVisible(bool(lines))
        say = look.words.say
        count = f" · {len(lines)}" if lines else ""
        self._title.setText(f"{say('verdict.recent.title')}{count}")
        empty = "loading" if state.recent is None else "none"
        self._note.setText(say("verdict.recent.hint" if lines else f"verdict.recent.{empty}"))

    def chosen(self) -> str:
        """Return the redemption of the current row, or nothing."""
        row = self.table.currentIndex().row()
        return self.model.lines[row].redemption if 0 <= row < len(self.model.lines) else ""

    def go_in(self) -> None:
        """Put the cursor on the row it was on, or on the first."""
        if not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lead from the field above into the table and back."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if watched is self._above and key == Qt.Key.Key_Down and self.table.isVisible():
                self.go_in()
                return True
            at_top = self.table.currentIndex().row() <= 0
            if watched is self.table and key == Qt.Key.Key_Up and at_top:
                self._above.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _choose(self, redemption: str) -> None:
        """Stay on a redemption though newer ones stand above it now."""
        names = [line.redemption for line in self.model.lines]
        if redemption in names and self.chosen() != redemption:
            self.table.selectRow(names.index(redemption))

    def _open(self, row: int) -> None:
        self.opened.emit(self.model.lines[row].redemption)

    def _offer(self, line: RecentLine) -> str:
        return "" if self._look is None else self._look.words.phrase(line.offer)

    def _standing(self, line: RecentLine) -> str:
        return "" if self._look is None else self._look.words.phrase(line.standing)
