"""The vouchers that were issued to the person, each with its standing. Passive."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.customer.papers_view import PapersView
from branchdesk.ui.customer.state import CustomerState, VoucherLine
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable

_ROWS_MAX = 6


class VouchersView(Card):
    """A table, or a line that says there are none; ``opened`` carries a voucher."""

    opened = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._none = PlainLabel(self, "muted", wrap=True)
        self.model: LinesModel[VoucherLine] = LinesModel(
            self,
            (
                Column("customer.column.number", lambda line: line.number),
                Column("customer.column.offer", self._offer),
                Column("customer.column.until", self._until),
                Column("customer.column.standing", self._standing),
            ),
        )
        self.table = LinesTable(self, self.model, stretch=1)
        self.table.setObjectName("customer_vouchers")
        self._hint = PlainLabel(self, "caption", wrap=True)
        self.papers = PapersView(self)
        self.table.opened.connect(self._open)
        self.body.addWidget(self._none)
        self.body.addWidget(self.table)
        self.body.addWidget(self._hint)
        self.body.addWidget(self.papers)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        self.name(look.words.say("customer.vouchers"))
        self._none.setText(look.words.say("customer.no_vouchers"))
        self.table.setAccessibleName(look.words.say("customer.vouchers"))
        self.table.dress(look)
        self._hint.setText(look.words.say("customer.paper.hint"))
        self.papers.dress(look)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        return [self.table, *self.papers.controls()]

    def fill(self, state: CustomerState) -> None:
        """Show what was issued."""
        self.model.set_lines(state.page.vouchers)
        self.table.fit(_ROWS_MAX)
        self.table.setFixedHeight(self.table.maximumHeight())
        self.table.setVisible(bool(state.page.vouchers))
        self._none.setVisible(not state.page.vouchers)
        can_act = any(line.acts for line in state.page.vouchers)
        self._hint.setVisible(can_act and state.papers is None)
        self.papers.fill(state)

    def _open(self, row: int) -> None:
        self.opened.emit(self.model.lines[row].voucher)

    def _offer(self, line: VoucherLine) -> str:
        return "" if self._look is None else self._look.words.of(line.name)

    def _until(self, line: VoucherLine) -> str:
        return line.expires_on.isoformat()

    def _standing(self, line: VoucherLine) -> str:
        return "" if self._look is None else self._look.words.phrase(line.standing)
