"""What a terminal that joined again may still do to the vouchers of its earlier epochs.

It voids them and signs copies of them, as their issuer, and enters the numbers of its books, which
are handed out just while a terminal is down. Where a fork ended the epoch, one slot may
lie in two people's hands: the voucher that our journal holds, and another one that only a branch
shows. Whoever joined again knows one of the two; taking out the other would be done to a stranger.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice.batch_check import Draft
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.redemption_journal import Slot
from branchdesk.headoffice.tables import branch_events, vouchers
from branchdesk.protocol import facts

# What a branch's voucher is called that our journal holds too, byte for byte.
KNOWN: Final = "voucher_known"


@dataclass(frozen=True, slots=True)
class EarlierVouchers:
    """The vouchers of earlier grants that a batch names: whose they are, and which are in doubt."""

    customers: dict[Slot, str] = field(default_factory=dict)
    on_branch: frozenset[Slot] = frozenset()

    @classmethod
    def load(cls, connection: Connection, acts: Iterable[Draft]) -> "EarlierVouchers":
        """Read about the grants of ``acts`` that are of an epoch before their event's own."""
        named = [
            (draft.grant.value.number, draft.grant.value.terminal, draft.grant.epoch)
            for draft in acts
            if draft.grant is not None and _is_earlier(draft)
        ]
        if not named:
            return cls()
        mine = is_among(connection, vouchers.c.grant, {number for number, _, _ in named})
        statement = select(vouchers.c.grant, vouchers.c.slot, vouchers.c.customer).where(mine)
        customers = {(row.grant, row.slot): row.customer for row in connection.execute(statement)}
        terminal, epochs = named[0][1], {epoch for _, _, epoch in named}
        return cls(customers, _shown_on_branches(connection, terminal, epochs))

    def is_in_doubt(self, draft: Draft, place: Slot) -> bool:
        """Say whether the event may mean another voucher than the one we hold at its place."""
        if draft.grant is None or not _is_earlier(draft):
            return False
        is_ours = draft.envelope.refs.get("customer") == self.customers.get(place)
        return place in self.on_branch or not is_ours

    def is_on_branch(self, draft: Draft, place: Slot) -> bool:
        """Say whether a branch shows another voucher at the place; nobody held a book's before."""
        return _is_earlier(draft) and place in self.on_branch


def _is_earlier(draft: Draft) -> bool:
    grant, envelope = draft.grant, draft.envelope
    is_own = grant is not None and grant.value.terminal == envelope.terminal
    return is_own and grant is not None and grant.epoch < envelope.epoch


def _shown_on_branches(connection: Connection, terminal: int, epochs: set[int]) -> frozenset[Slot]:
    """Return the slots for which a branch of these epochs shows a voucher unknown to us."""
    table = branch_events.c
    kinds = {facts.VOUCHER_ISSUED, facts.BOOK_PRINTED}
    statement = select(table.type, table.payload).where(
        table.terminal == terminal, is_among(connection, table.epoch, epochs),
        table.type.in_(kinds), table.code != KNOWN,
    )  # fmt: skip
    found: set[Slot] = set()
    for kind, payload in connection.execute(statement):
        try:
            fields = facts.decode_payload(kind, bytes(payload))
        except ContractFault:
            # It could not be read when it came either: it has used no slot that we know of.
            continue
        slots = [fields["slot"]] if kind == facts.VOUCHER_ISSUED else \
            range(fields["first"], fields["first"] + len(fields["vouchers"]))  # fmt: skip
        found.update((int(fields["grant"]), int(slot)) for slot in slots)
    return frozenset(found)
