"""What the store in memory projects from events: rows that only bytes of events can change.

It must not know units of work; ``store`` decides when an event counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from branchdesk.application.book_records import BookRecord, Fate
from branchdesk.application.models import (
    CustomerRecord,
    IntentRecord,
    MergeRecord,
    VoucherRecord,
)
from branchdesk.protocol import facts
from branchdesk.protocol.event import Envelope, decode_envelope
from branchdesk.protocol.token import Grant, day_of, decode_grant, decode_voucher


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant held here with its slots: used and returned never meet."""

    grant: Grant
    grant_bytes: bytes
    campaign: str
    offer_code: str
    used: frozenset[int] = frozenset()
    returned: frozenset[int] = frozenset()
    revoked: bool = False

    def free(self) -> list[int]:
        """Return the slots that can still be used, ascending."""
        gone = self.used | self.returned
        return [slot for slot in range(1, self.grant.slots + 1) if slot not in gone]


@dataclass(slots=True)
class Tables:
    """What is projected from events, and nothing else."""

    customers: dict[str, CustomerRecord] = field(default_factory=dict)
    vouchers: dict[str, VoucherRecord] = field(default_factory=dict)
    grants: dict[int, HeldGrant] = field(default_factory=dict)
    intents: dict[UUID, IntentRecord] = field(default_factory=dict)
    shift: tuple[str, str] | None = None
    number: int = 0
    shift_opened_ms: int = 0
    merges: dict[str, MergeRecord] = field(default_factory=dict)
    # The hashes of every phone that a customer ever had.
    phones: dict[str, frozenset[bytes]] = field(default_factory=dict)
    books: dict[str, BookRecord] = field(default_factory=dict)
    # On which day number a number of a book was handed out.
    used_days: dict[str, int] = field(default_factory=dict)

    def copied(self) -> "Tables":
        """Return tables that change apart from these; the rows are frozen and shared."""
        return Tables(
            dict(self.customers), dict(self.vouchers), dict(self.grants), dict(self.intents),
            self.shift, self.number, self.shift_opened_ms, dict(self.merges), dict(self.phones),
            dict(self.books), dict(self.used_days),
        )  # fmt: skip

    def forget(self, customer: str) -> None:
        """Delete an erased person's rows."""
        self.customers.pop(customer, None)
        self.phones.pop(customer, None)

    def apply(
        self, event: Envelope, fields: Mapping[str, Any], personal: Mapping[str, Any]
    ) -> None:
        """Project one event."""
        if event.event_id in self.intents:
            raise ValueError(f"event id used twice: {event.event_id}")
        body = fields.get("intent_body") or personal.get("intent_body") or b""
        self.intents[event.event_id] = IntentRecord(event.event_id, event.type, body, event.refs)
        change = _PROJECTIONS.get(event.type)
        if change is not None:
            change(self, event, fields, personal)


def _register(t: Tables, event: Envelope, fields: Any, personal: Any) -> None:
    if not personal:
        return
    answers = {answer["purpose"]: answer["granted"] for answer in fields["consents"]}
    t.customers[fields["customer"]] = CustomerRecord(
        customer=fields["customer"],
        name=personal["name"],
        phone=personal["phone"],
        document_type=personal["document_type"],
        document_number=personal["document_number"],
        channel=fields["channel"],
        interests=tuple(personal["interests"]),
        needs=tuple(personal["needs"]),
        referrer=fields["referrer"],
        granted_purposes=tuple(purpose for purpose, granted in answers.items() if granted),
        registered_ms=event.wall_utc_ms,
        hashes=tuple(personal["hashes"]),
    )
    t.phones[fields["customer"]] = frozenset(personal["hashes"][:1])


def _issue(t: Tables, event: Envelope, fields: Any, _personal: Any) -> None:
    if decode_voucher(fields["voucher"]).slot != fields["slot"]:
        raise ValueError(f"slot {fields['slot']} is not what was signed")
    _use_slot(t, event, fields, fields["voucher"], number=fields["number"],
              customer=fields["customer"])  # fmt: skip


def _use_slot(
    t: Tables, event: Envelope, fields: Any, data: bytes, *, number: int, customer: str
) -> None:
    held, voucher = t.grants[fields["grant"]], decode_voucher(data)
    if voucher.slot not in held.free():
        raise ValueError(f"slot {voucher.slot} of grant {fields['grant']} is not free")
    if number != t.number + 1:
        raise ValueError(f"number {number} is wrong")
    t.number += 1
    t.grants[fields["grant"]] = replace(held, used=held.used | {voucher.slot})
    name = facts.voucher_id(fields["grant"], voucher.slot)
    t.vouchers[name] = VoucherRecord(
        voucher=name,
        intent=event.event_id,
        customer=customer,
        campaign=fields["campaign"],
        offer_code=fields["offer_code"],
        grant=fields["grant"],
        slot=voucher.slot,
        grant_bytes=held.grant_bytes,
        voucher_bytes=data,
        number=number,
        face_minor=held.grant.face_minor,
        issued_at_ms=voucher.issued_at * 1000,
        expires_on=day_of(voucher.expires),
        printed=0,
        is_book=held.grant.is_book,
    )


def _print_book(t: Tables, event: Envelope, fields: Any, _personal: Any) -> None:
    for place, data in enumerate(fields["vouchers"]):
        _use_slot(t, event, fields, data, number=fields["number"] + place, customer="")
    t.books[fields["book"]] = BookRecord(
        fields["book"], fields["grant"], fields["campaign"], fields["offer_code"], fields["first"],
        fields["last"], fields["number"], event.wall_utc_ms, is_on_paper=False,
    )  # fmt: skip


def _enter_book(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    book = t.books[fields["book"]]
    for slot, fate, customer, used_day in fields["entries"]:
        name = facts.voucher_id(fields["grant"], slot)
        if slot in book.fates:
            raise ValueError(f"{name} was entered twice")
        if fate == "used":
            t.used_days[name] = used_day
            t.vouchers[name] = replace(t.vouchers[name], customer=customer)
            book = replace(book, used_on={**book.used_on, slot: day_of(used_day)})
        elif fate != "missing":
            t.vouchers[name] = replace(t.vouchers[name], is_void=True)
        book = replace(book, fates={**book.fates, slot: Fate(fate)})
    t.books[book.book] = book


def _print(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    for grant, slot, copy in fields["items"]:
        found = t.vouchers[facts.voucher_id(grant, slot)]
        if found.copy == copy:
            t.vouchers[found.voucher] = replace(found, printed=found.printed + 1)


def _reprint(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    name = facts.voucher_id(fields["grant"], fields["slot"])
    if fields["copy"] <= t.vouchers[name].copy:
        raise ValueError(f"copy {fields['copy']} of {name} is not its next")
    t.vouchers[name] = replace(
        t.vouchers[name], voucher_bytes=fields["voucher"], copy=fields["copy"], printed=0
    )


def _void(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    name = facts.voucher_id(fields["grant"], fields["slot"])
    if t.vouchers[name].is_void:
        raise ValueError(f"{name} is void already")
    t.vouchers[name] = replace(t.vouchers[name], is_void=True)


def _accept_grant(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    grant = decode_grant(fields["grant"])
    held = HeldGrant(grant, fields["grant"], fields["campaign"], fields["offer_code"])
    t.grants.setdefault(grant.number, held)


def _return_slots(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    held = t.grants[fields["grant"]]
    slots = {slot for first, last in fields["slots"] for slot in range(first, last + 1)}
    if not slots <= set(held.free()):
        raise ValueError(f"slots of grant {fields['grant']} are not free: {sorted(slots)}")
    t.grants[fields["grant"]] = replace(held, returned=held.returned | slots)


def _open_shift(t: Tables, event: Envelope, fields: Any, _personal: Any) -> None:
    t.shift, t.shift_opened_ms = (fields["shift"], fields["place"]), event.wall_utc_ms


def _close_shift(t: Tables, _event: Envelope, _fields: Any, _personal: Any) -> None:
    t.shift = None


def _answer_consent(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    record = t.customers.get(fields["customer"])
    if record is None:
        return
    purpose, granted = fields["purpose"], fields["granted"]
    kept = tuple(word for word in record.granted_purposes if word != purpose)
    changed = replace(record, granted_purposes=(*kept, purpose) if granted else kept)
    if purpose == "sensitive" and not granted:
        changed = replace(changed, document_type="", document_number="")
    t.customers[record.customer] = changed


def _correct(t: Tables, _event: Envelope, fields: Any, personal: Any) -> None:
    record = t.customers.get(fields["customer"])
    if record is None or not personal:
        return
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in personal["values"].items()
    }
    t.customers[record.customer] = replace(record, **values, hashes=tuple(personal["hashes"]))
    t.phones[record.customer] |= frozenset(personal["hashes"][:1])


def _erase(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    t.forget(fields["customer"])


def _propose_merge(t: Tables, event: Envelope, fields: Any, _personal: Any) -> None:
    record = MergeRecord(
        fields["merge"], fields["kept"], fields["other"], event.wall_utc_ms, event.staff,
        is_undone=False,
    )  # fmt: skip
    t.merges.setdefault(record.merge, record)


def _undo_merge(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    t.merges[fields["merge"]] = replace(t.merges[fields["merge"]], is_undone=True)


_PROJECTIONS: Final[Mapping[str, Callable[[Tables, Envelope, Any, Any], None]]] = {
    facts.CUSTOMER_REGISTERED: _register,
    facts.CUSTOMER_CORRECTED: _correct,
    facts.CUSTOMER_ERASED: _erase,
    facts.CONSENT_ANSWERED: _answer_consent,
    facts.MERGE_PROPOSED: _propose_merge,
    facts.MERGE_UNDONE: _undo_merge,
    facts.VOUCHER_ISSUED: _issue,
    facts.BOOK_PRINTED: _print_book,
    facts.BOOK_ENTERED: _enter_book,
    facts.VOUCHER_PRINTED: _print,
    facts.VOUCHER_REPRINTED: _reprint,
    facts.VOUCHER_VOIDED: _void,
    facts.GRANT_ACCEPTED: _accept_grant,
    facts.GRANT_RETURNED: _return_slots,
    facts.SHIFT_OPENED: _open_shift,
    facts.SHIFT_CLOSED: _close_shift,
}


_ABOUT_VOUCHERS: Final = frozenset({facts.VOUCHER_REPRINTED, facts.VOUCHER_VOIDED})


def opened(
    keys: Mapping[str, bytes], data: bytes, payload: bytes
) -> tuple[Envelope, dict[str, Any], dict[str, Any]]:
    """Read one event from its bytes; nothing personal once the person's key is gone."""
    event = decode_envelope(data)
    fields, personal = facts.decode_payload(event.type, payload), {}
    if event.type in facts.PERSONAL_FIELDS and fields["customer"] in keys:
        customer = fields["customer"]
        personal = facts.unseal_personal(event.type, customer, keys[customer], fields["sealed"])
    return event, fields, personal


def concerns(tables: Tables, event_type: str, fields: Mapping[str, Any], customer: str) -> bool:
    """Say whether an event is about a customer."""
    if event_type == facts.VOUCHER_PRINTED:
        names = [facts.voucher_id(grant, slot) for grant, slot, *_ in fields["items"]]
        return any(tables.vouchers[name].customer == customer for name in names)
    if event_type == facts.BOOK_ENTERED:
        return any(entry[2] == customer for entry in fields["entries"])
    if event_type == facts.VOUCHER_RELEASED:
        return any(
            found.customer == customer
            for found in tables.vouchers.values()
            for first, last in fields["slots"]
            if found.grant == fields["grant"] and first <= found.slot <= last
        )
    if event_type in _ABOUT_VOUCHERS:
        name = facts.voucher_id(fields["grant"], fields["slot"])
        return tables.vouchers[name].customer == customer
    return customer in (fields.get("customer"), fields.get("kept"), fields.get("other"))


def project(tables: Tables, keys: Mapping[str, bytes], data: bytes, payload: bytes) -> None:
    """Apply one event from its bytes; ``keys`` opens the personal fields."""
    tables.apply(*opened(keys, data, payload))
