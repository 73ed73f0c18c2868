"""Put issued vouchers on paper: the file is whole and durable first, then printing is recorded.

Issuing committed before this; a crash here leaves "issued, not known to be printed", never a
voucher on paper that no record knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from branchdesk.application.issue_voucher import issued_answer
from branchdesk.application.models import (
    CampaignInForce,
    IssuedVoucher,
    PrintedDocument,
    Session,
    TerminalState,
    VoucherRecord,
)
from branchdesk.application.own_vouchers import check_not_of_book, own_voucher
from branchdesk.application.ports import Fact, Randomness, Reading, Store
from branchdesk.domain.names import mask_name
from branchdesk.domain.offer import Offer
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts

LAYOUTS = ("a4", "a4x8", "a5", "80", "58")


@dataclass(frozen=True, slots=True)
class PrintableVoucher:
    """Everything about one voucher that paper shows; ``holder_name`` is masked."""

    answer: IssuedVoucher
    record: VoucherRecord
    offer: Offer
    in_force: CampaignInForce
    terminal: TerminalState
    holder_name: str


class Paper(Protocol):
    """Where documents are made: durable when it returns."""

    def vouchers(
        self, vouchers: Sequence[PrintableVoucher], layout: str, path: str
    ) -> PrintedDocument:
        """Write the vouchers to a file; an empty ``path`` lets the adapter choose one."""


class PrintVouchers:
    """Print vouchers in one document and record that they went to paper.

    Called as a whole, the file is the paper: whoever named it has it. ``draw`` makes the file
    only, for whoever will be asked whether the paper came out (``ConfirmPrinted``).
    """

    def __init__(self, store: Store, paper: Paper, randomness: Randomness) -> None:
        self._store, self._paper, self._randomness = store, paper, randomness

    def __call__(
        self, session: Session, vouchers: Sequence[str], layout: str, path: str = ""
    ) -> PrintedDocument:
        """Print the newest copy of the vouchers with these ids, in order, and record it.

        Raises what ``draw`` raises; nothing is then recorded.
        """
        document, pages = self._draw(vouchers, layout, path)
        items = [[page.record.grant, page.record.slot, page.record.copy] for page in pages]
        fact = Fact(
            facts.VOUCHER_PRINTED,
            self._randomness.intent_id(),
            {"items": items, "layout": layout},
            {"count": len(items)},
        )
        with self._store.write(session) as unit:
            unit.record(fact)
        return document

    def draw(self, vouchers: Sequence[str], layout: str, path: str = "") -> PrintedDocument:
        """Make the document alone: what is in it stays not known to be printed.

        Raises RuleViolation ``layout_unknown``, ``nothing_to_print``, ``voucher_unknown``,
        ``voucher_void`` or ``voucher_of_book``, and EnvironmentFault when the file cannot be
        written.
        """
        return self._draw(vouchers, layout, path)[0]

    def _draw(
        self, vouchers: Sequence[str], layout: str, path: str
    ) -> tuple[PrintedDocument, list[PrintableVoucher]]:
        if layout not in LAYOUTS:
            raise RuleViolation("layout_unknown", field="layout", found=layout[:20],
                                allowed=list(LAYOUTS))  # fmt: skip
        if not vouchers:
            raise RuleViolation("nothing_to_print")
        with self._store.read() as reading:
            pages = [printable(reading, voucher) for voucher in vouchers]
        for page in pages:
            check_not_of_book(page.record)
        return self._paper.vouchers(pages, layout, path), pages


def printable(reading: Reading, voucher: str) -> PrintableVoucher:
    """Gather what paper shows of one voucher.

    Raises RuleViolation ``voucher_unknown`` or ``voucher_void``: paper of it would be a promise.
    """
    record = own_voucher(reading, voucher)
    if record.is_void:
        raise RuleViolation("voucher_void", field="voucher", voucher=voucher)
    in_force = next(
        (found for found in reading.campaigns() if found.campaign.code == record.campaign), None
    )
    if in_force is None:
        raise RuleViolation("campaign_missing", campaign=record.campaign)
    person = reading.customer(record.customer)
    return PrintableVoucher(
        issued_answer(record, None),
        record,
        in_force.campaign.offer(record.offer_code),
        in_force,
        reading.terminal(),
        "" if person is None else mask_name(person.name),
    )
