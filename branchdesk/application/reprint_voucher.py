"""Sign a voucher anew for another paper: the copy number is inside the signature and counts up."""

from dataclasses import replace
from typing import Final

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.issue_voucher import issued_answer
from branchdesk.application.models import (
    IssuedVoucher,
    Session,
    TerminalCondition,
    VoucherRecord,
)
from branchdesk.application.own_vouchers import (
    check_not_of_book,
    check_not_used_up,
    check_not_void,
    own_voucher,
    reason_about,
    refs_of,
)
from branchdesk.application.ports import Fact, Randomness, Store, Unit
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.token import decode_grant, decode_voucher, sign_voucher

COPY_MAX: Final = 255


class ReprintVoucher:
    """Give a voucher its next copy; every paper before it is superseded where that is known.

    Slot, value, last day and holder stay, and so does the key: what was issued before this terminal
    joined again is signed by the device key of then, which its grant names. Printing the new copy
    comes after the commit, as with an issue.
    """

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, voucher: str, reason: str, intent: str | None = None
    ) -> IssuedVoucher:
        """Sign the next copy, or return the newest when this intent made one before.

        Raises RuleViolation ``voucher_unknown``, ``voucher_void``, ``voucher_revoked``,
        ``voucher_redeemed`` (nothing is left of it), ``voucher_of_book``, ``terminal_frozen``,
        ``copy_of_earlier_epoch`` (issued under a device key that is not here any more),
        ``copies_exhausted``, ``reprint_reason_missing``, ``reason_names_person`` or
        ``intent_reused``; nothing is then written.
        """
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            record = own_voucher(unit, voucher)
            missing = RuleViolation("reprint_reason_missing", field="reason")
            words = reason_about(unit, record, reason, missing)
            body = facts.intent_body(reprint=voucher, reason=words)
            if known_intent(unit, event_id, body) is None:
                _check(unit, record)
                fields = {
                    **_next_copy(unit, record), "grant": record.grant, "slot": record.slot,
                    "reason": words, "intent_body": body,
                }  # fmt: skip
                unit.record(Fact(facts.VOUCHER_REPRINTED, event_id, fields, refs_of(record)))
            newest = own_voucher(unit, voucher)
        return issued_answer(newest, intent or str(event_id))


def _check(unit: Unit, record: VoucherRecord) -> None:
    check_not_void(record)
    check_not_of_book(record)
    check_not_used_up(unit, record)
    terminal = unit.terminal()
    if terminal.condition is not TerminalCondition.ACTIVE:
        raise RuleViolation("terminal_frozen", terminal=terminal.terminal)


def _next_copy(unit: Unit, record: VoucherRecord) -> dict[str, object]:
    copy = unit.standing(record.grant, record.slot).newest_copy + 1
    if copy > COPY_MAX:
        raise RuleViolation("copies_exhausted", field="voucher", voucher=record.voucher,
                            limit=COPY_MAX)  # fmt: skip
    # The grant names the key that may sign.
    key = unit.signing_key_of(decode_grant(record.grant_bytes).terminal_key)
    if key is None:
        raise RuleViolation("copy_of_earlier_epoch", field="voucher", voucher=record.voucher)
    plain = replace(decode_voucher(record.voucher_bytes), copy=copy)
    signed = sign_voucher(plain, record.grant_bytes, key)
    return {"copy": copy, "voucher": signed.encode()}
