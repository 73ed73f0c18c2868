"""Show one customer whole, masked: who, consents, vouchers, merge proposals, and what happened."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from branchdesk.application.customer_page import (
    ConsentStanding,
    CustomerPage,
    HeldVoucher,
    MergeStanding,
    TimelineEntry,
)
from branchdesk.application.customer_timeline import timeline_entries
from branchdesk.application.models import CustomerRecord, Happening, VoucherRecord
from branchdesk.application.ports import Clock, Reading, Store
from branchdesk.application.voucher_look import last_good_day
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import Consent, ConsentHow, Purpose
from branchdesk.domain.identity import mask_document
from branchdesk.domain.names import mask_name
from branchdesk.domain.offer import Offer
from branchdesk.domain.phones import mask_phone
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.token import china_day, day_number, day_of

TIMELINE_ENTRIES_MAX: Final = 100


class ShowCustomerPage:
    """Gather everything this terminal knows of one customer for one screen."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(self, customer: str) -> CustomerPage:
        """Return the page; of an erased person only what the ledger needs is left.

        Raises RuleViolation ``customer_unknown``.
        """
        with self._store.read() as reading:
            record = reading.customer(customer)
            is_erased = record is None and reading.is_erased(customer)
            if record is None and not is_erased:
                raise RuleViolation("customer_unknown", field="customer", customer=customer[:64])
            happened = reading.happenings(customer)
            today = day_of(china_day(self._clock.now_ms() // 1000))
            vouchers = tuple(
                _held(reading, voucher, today) for voucher in reading.vouchers(customer=customer)
            )
            merges = () if is_erased else _merge_standings(reading, customer)
            timeline = tuple(
                _naming_other(reading, entry)
                for entry in timeline_entries(
                    happened, vouchers, customer, show_document=_may_show(record)
                )
            )
        return _page(customer, record, happened, timeline, vouchers=vouchers, merges=merges)


def _may_show(record: CustomerRecord | None) -> bool:
    """Say whether this person agreed that a document number is kept."""
    return record is not None and Purpose.SENSITIVE in record.granted_purposes


def _naming_other(reading: Reading, entry: TimelineEntry) -> TimelineEntry:
    """Add the masked name and phone of the other record; whoever was erased has none."""
    other = reading.customer(str(entry.facts["other"])) if "other" in entry.facts else None
    if other is None:
        return entry
    named = {"other_name": mask_name(other.name), "other_phone": mask_phone(other.phone)}
    return replace(entry, facts={**entry.facts, **named})


def consent_standings(happened: Iterable[Happening]) -> tuple[ConsentStanding, ...]:
    """Return the last answer to every purpose, from events newest first."""
    last: dict[str, ConsentStanding] = {}
    agreed: set[str] = set()
    for event in happened:
        for answer in _answers(event):
            last.setdefault(answer.purpose, answer)
            if answer.granted:
                agreed.add(answer.purpose)
    return tuple(
        replace(last.get(purpose, _unasked(purpose)), was_granted=purpose in agreed)
        for purpose in Purpose
    )


def last_answer(happened: Iterable[Happening], purpose: Purpose) -> Consent | None:
    """Return the last answer to one purpose with the text it was given to, or None."""
    for event in happened:
        for answer in _answered(event):
            if answer["purpose"] == purpose:
                return Consent(
                    purpose,
                    str(answer["text_version"]),
                    str(answer["text_sha256"]),
                    granted=bool(answer["granted"]),
                    how=ConsentHow(str(answer["how"])),
                )
    return None


def _answered(event: Happening) -> list[Mapping[str, object]]:
    """Return the answers of an event, the last first."""
    if event.event_type == facts.CONSENT_ANSWERED:
        return [event.fields]
    if event.event_type != facts.CUSTOMER_REGISTERED:
        return []
    listed: Any = event.fields["consents"]
    # A purpose answered twice in one registration has its last answer.
    return list(reversed(listed))


def _answers(event: Happening) -> list[ConsentStanding]:
    personal: Any = event.personal or {}
    drawn = personal.get("signatures", {})
    return [
        _standing(
            answer, event,
            has_signature=bool(personal.get("signature") or drawn.get(answer["purpose"])),
        )
        for answer in _answered(event)
    ]  # fmt: skip


def _standing(
    answer: Mapping[str, object], event: Happening, *, has_signature: bool
) -> ConsentStanding:
    return ConsentStanding(
        purpose=Purpose(str(answer["purpose"])),
        granted=bool(answer["granted"]),
        text_version=str(answer["text_version"]),
        how=ConsentHow(str(answer["how"])),
        at_ms=event.at_ms,
        staff=event.staff,
        has_signature=has_signature,
    )


def _unasked(purpose: Purpose) -> ConsentStanding:
    return ConsentStanding(purpose, False, "", ConsentHow.VERBAL, 0, "")


def _offer(reading: Reading, offer_code: str) -> Offer | None:
    for in_force in reading.campaigns():
        if offer_code in in_force.numbers:
            return in_force.campaign.offer(offer_code)
    return None


def _held(reading: Reading, voucher: VoucherRecord, today: date) -> HeldVoucher:
    known = reading.standing(voucher.grant, voucher.slot)
    offer = _offer(reading, voucher.offer_code)
    signed = day_number(voucher.expires_on)
    expires_on = day_of(last_good_day(signed, known.given_day, offer))
    return HeldVoucher(
        voucher=voucher.voucher,
        number=str(voucher.number),
        offer_code=voucher.offer_code,
        name=Bilingual(voucher.offer_code, voucher.offer_code) if offer is None else offer.name,
        face_minor=voucher.face_minor,
        issued_at_ms=voucher.issued_at_ms,
        expires_on=expires_on,
        printed=voucher.printed,
        standing=_voucher_standing(voucher, known.used_minor, today, expires_on),
        copy=voucher.copy,
        is_book=voucher.is_book,
    )


def _voucher_standing(
    voucher: VoucherRecord, used_minor: int, today: date, expires_on: date
) -> str:
    """Return one word, in the order in which a voucher is judged."""
    answers = (
        (voucher.revoked, "revoked"),
        (voucher.is_void, "void"),
        (used_minor > 0 and used_minor >= voucher.face_minor, "used"),
        (expires_on < today, "expired"),
        (used_minor > 0, "partly_used"),
    )
    return next((word for applies, word in answers if applies), "good")


def _merge_standings(reading: Reading, customer: str) -> tuple[MergeStanding, ...]:
    found = []
    for record in reading.merges(customer):
        is_kept = record.kept == customer
        other = reading.customer(record.other if is_kept else record.kept)
        # Whoever was erased is nobody to be merged with any more.
        if other is not None:
            found.append(
                MergeStanding(
                    record.merge, other.customer, mask_name(other.name), mask_phone(other.phone),
                    is_kept, record.at_ms, record.staff,
                )
            )  # fmt: skip
    return tuple(found)


def _page(
    customer: str,
    record: CustomerRecord | None,
    happened: tuple[Happening, ...],
    timeline: tuple[TimelineEntry, ...],
    *,
    vouchers: tuple[HeldVoucher, ...],
    merges: tuple[MergeStanding, ...],
) -> CustomerPage:
    registered = next((e for e in happened if e.event_type == facts.CUSTOMER_REGISTERED), None)
    return CustomerPage(
        customer=customer,
        name=mask_name(record.name) if record else "",
        phone=mask_phone(record.phone) if record else "",
        document_type=record.document_type if record else "",
        document=mask_document(record.document_number) if record else "",
        channel=record.channel if record else "",
        referrer=record.referrer if record else "",
        interests=record.interests if record else (),
        needs=record.needs if record else (),
        registered_ms=registered.at_ms if registered else 0,
        registered_by=registered.staff if registered else "",
        consents=consent_standings(happened) if record else (),
        vouchers=vouchers,
        timeline=timeline[:TIMELINE_ENTRIES_MAX],
        more=max(0, len(timeline) - TIMELINE_ENTRIES_MAX),
        merges=merges,
        erased=record is None,
    )
