"""Void a voucher for good: its slot stays used, and nothing comes in its place."""

from uuid import UUID

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.models import Session, VoucherRecord
from branchdesk.application.own_vouchers import (
    check_not_of_book,
    check_not_void,
    check_unused,
    own_voucher,
    reason_about,
    refs_of,
)
from branchdesk.application.ports import Fact, Randomness, Reading, Store, Unit
from branchdesk.application.second_person import FIELD, SecondPerson
from branchdesk.domain.offer import VOID_ALONE_MINOR
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts


class VoidVoucher:
    """Take back a voucher that was issued here and not redeemed.

    The slot stays used: a void frees budget at head office, never a slot here.
    """

    def __init__(self, store: Store, second_person: SecondPerson, randomness: Randomness) -> None:
        self._store, self._second_person = store, second_person
        self._randomness = randomness

    def __call__(
        self,
        session: Session,
        voucher: str,
        reason: str,
        *,
        second: str = "",
        second_pin: str = "",
        intent: str | None = None,
    ) -> VoucherRecord:
        """Void, or return what this intent voided before; ``second`` stands by when given.

        Raises RuleViolation ``voucher_unknown``, ``voucher_void``, ``voucher_revoked``,
        ``voucher_redeemed``, ``voucher_released``, ``voucher_of_book``, ``void_reason_missing``,
        ``void_second_missing`` (the offer wants two people above a value), ``reason_names_person``,
        what :class:`SecondPerson` refuses, or ``intent_reused``; nothing is then written.
        """
        check_second(
            self._store, self._second_person, session, voucher, second=second, pin=second_pin
        )
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            record = own_voucher(unit, voucher)
            missing = RuleViolation("void_reason_missing", field="reason")
            words = reason_about(unit, record, reason, missing)
            body = facts.intent_body(void=voucher, reason=words, second=second)
            if known_intent(unit, event_id, body) is None:
                void_in(unit, record, words, second=second, event_id=event_id, body=body)
        return record


def check_second(
    store: Store,
    second_person: SecondPerson,
    session: Session,
    voucher: str,
    *,
    second: str,
    pin: str,
) -> None:
    """Check the second person of an act on a voucher, when one is named."""
    if not second:
        return
    # Before the PIN is tried: it must not cost a try that the number was mistyped.
    with store.read() as reading:
        own_voucher(reading, voucher)
    second_person(store, session, second, pin)


def void_in(
    unit: Unit, record: VoucherRecord, reason: str, *, second: str, event_id: UUID, body: bytes
) -> None:
    """Void inside a unit of work that the caller opened; see :class:`VoidVoucher` for refusals."""
    check_not_void(record)
    check_not_of_book(record)
    check_unused(unit, record)
    _check_alone(unit, record, second)
    fields = {
        "grant": record.grant, "slot": record.slot, "reason": reason, "second": second,
        "intent_body": body,
    }  # fmt: skip
    unit.record(Fact(facts.VOUCHER_VOIDED, event_id, fields, refs_of(record)))


def _check_alone(reading: Reading, record: VoucherRecord, second: str) -> None:
    limit_minor = VOID_ALONE_MINOR
    for found in reading.campaigns():
        for offer in found.campaign.offers:
            if offer.code == record.offer_code:
                limit_minor = offer.void_alone_minor
    if not second and record.face_minor > limit_minor:
        raise RuleViolation(
            "void_second_missing", field=FIELD, face_minor=record.face_minor,
            limit_minor=limit_minor,
        )  # fmt: skip
