"""Say of vouchers that their paper came out: people see it, the program does not."""

from collections.abc import Sequence
from typing import Final

from branchdesk.application.models import Session, VoucherRecord
from branchdesk.application.own_vouchers import own_voucher, refs_of
from branchdesk.application.ports import Fact, Randomness, Store
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts

IN_DOUBT: Final = "in_doubt"


class ConfirmPrinted:
    """Take vouchers off the list of those issued but not known to be printed.

    The other two ways off it are to print into a file that somebody named, and to void.
    """

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, vouchers: Sequence[str], layout: str = IN_DOUBT
    ) -> tuple[VoucherRecord, ...]:
        """Record that the newest copies are on paper; what is known already is not recorded again.

        ``layout`` is what they were drawn in, where that is known. Raises RuleViolation
        ``voucher_unknown`` or ``voucher_void``; nothing is then recorded.
        """
        with self._store.write(session) as unit:
            records = tuple(own_voucher(unit, voucher) for voucher in vouchers)
            for record in records:
                if record.is_void:
                    raise RuleViolation("voucher_void", field="voucher", voucher=record.voucher)
            fresh = [record for record in records if not record.printed]
            if fresh:
                items = [[record.grant, record.slot, record.copy] for record in fresh]
                refs = refs_of(fresh[0]) if len(fresh) == 1 else {"count": len(fresh)}
                fields = {"items": items, "layout": layout}
                event_id = self._randomness.intent_id()
                unit.record(Fact(facts.VOUCHER_PRINTED, event_id, fields, refs))
        return records
