"""Say of a voucher that its paper came out, though the program did not see it: after a crash."""

from typing import Final

from branchdesk.application.models import Session, VoucherRecord
from branchdesk.application.own_vouchers import own_voucher, refs_of
from branchdesk.application.ports import Fact, Randomness, Store
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts

IN_DOUBT: Final = "in_doubt"


class ConfirmPrinted:
    """Take a voucher off the list of those issued but not known to be printed.

    The other two ways off it are to print it and to void it.
    """

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(self, session: Session, voucher: str) -> VoucherRecord:
        """Record that the newest copy is on paper; what is known already is not recorded again.

        Raises RuleViolation ``voucher_unknown`` or ``voucher_void``.
        """
        with self._store.write(session) as unit:
            record = own_voucher(unit, voucher)
            if record.is_void:
                raise RuleViolation("voucher_void", field="voucher", voucher=voucher)
            if not record.printed:
                items = [[record.grant, record.slot, record.copy]]
                fields = {"items": items, "layout": IN_DOUBT}
                event_id = self._randomness.intent_id()
                unit.record(Fact(facts.VOUCHER_PRINTED, event_id, fields, refs_of(record)))
        return record
