"""Sign away the right to redeem a voucher here, so that head office may honour it elsewhere."""

from typing import Final

from branchdesk.application.models import Session, VoucherRecord
from branchdesk.application.own_vouchers import (
    check_not_used_up,
    check_not_void,
    own_voucher,
    reason_about,
    refs_of,
)
from branchdesk.application.ports import Fact, Randomness, Reading, Store
from branchdesk.domain.offer import RedemptionPolicy
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.token import decode_grant

_AT_ONE_REDEEMER: Final = frozenset({RedemptionPolicy.HOME, RedemptionPolicy.KEEPER})


class ReleaseVoucher:
    """Give up, for good, that a voucher issued here is redeemed here without asking.

    A voucher has one redeemer at a time (policies 1 and 2): until its right is signed away and the
    event has arrived, head office honours it nowhere else.
    """

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(self, session: Session, voucher: str, reason: str) -> VoucherRecord:
        """Release; what was released before stays so and nothing more is written.

        Raises RuleViolation ``voucher_unknown``, ``voucher_void``, ``voucher_revoked``,
        ``voucher_redeemed``, ``release_reason_missing``, ``reason_names_person``,
        ``release_needless`` (nobody holds a right to it alone) or ``release_of_other`` (the keeper
        of the outlet holds it).
        """
        with self._store.write(session) as unit:
            record = own_voucher(unit, voucher)
            missing = RuleViolation("release_reason_missing", field="reason")
            words = reason_about(unit, record, reason, missing)
            if not unit.standing(record.grant, record.slot).is_released:
                _check(unit, record)
                slots = [[record.slot, record.slot]]
                fields = {"grant": record.grant, "slots": slots, "reason": words}
                event_id = self._randomness.intent_id()
                unit.record(Fact(facts.VOUCHER_RELEASED, event_id, fields, refs_of(record)))
        return record


def _check(reading: Reading, record: VoucherRecord) -> None:
    check_not_void(record)
    check_not_used_up(reading, record)
    policy = decode_grant(record.grant_bytes).policy
    if policy not in _AT_ONE_REDEEMER:
        raise RuleViolation("release_needless", field="voucher", voucher=record.voucher)
    if policy == RedemptionPolicy.KEEPER and not _keeps_its_own(reading):
        raise RuleViolation("release_of_other", field="voucher", voucher=record.voucher)


def _keeps_its_own(reading: Reading) -> bool:
    """Say whether this terminal is named to redeem its own vouchers, and has not resigned."""
    ours = reading.terminal()
    return any(
        keeper.outlet == ours.outlet
        and keeper.terminal == ours.terminal
        and ours.terminal in keeper.issuers
        and not keeper.is_resigned
        for keeper in reading.keepers()
    )
