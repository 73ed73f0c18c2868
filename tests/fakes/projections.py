"""What the store in memory projects from events: rows that only bytes of events can change.

It must not know units of work; ``store`` decides when an event counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from branchdesk.application.models import CustomerRecord, IntentRecord, VoucherRecord
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

    def copied(self) -> "Tables":
        """Return tables that change apart from these; the rows are frozen and shared."""
        return Tables(
            dict(self.customers), dict(self.vouchers), dict(self.grants), dict(self.intents),
            self.shift, self.number, self.shift_opened_ms,
        )  # fmt: skip

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


def _issue(t: Tables, event: Envelope, fields: Any, _personal: Any) -> None:
    held, voucher = t.grants[fields["grant"]], decode_voucher(fields["voucher"])
    if voucher.slot != fields["slot"] or voucher.slot not in held.free():
        raise ValueError(f"slot {voucher.slot} of grant {fields['grant']} is not free")
    if fields["number"] != t.number + 1 or fields["customer"] not in t.customers:
        raise ValueError(f"number {fields['number']} or customer {fields['customer']} is wrong")
    t.number += 1
    t.grants[fields["grant"]] = replace(held, used=held.used | {voucher.slot})
    name = facts.voucher_id(fields["grant"], voucher.slot)
    t.vouchers[name] = VoucherRecord(
        voucher=name,
        intent=event.event_id,
        customer=fields["customer"],
        campaign=fields["campaign"],
        offer_code=fields["offer_code"],
        grant=fields["grant"],
        slot=voucher.slot,
        grant_bytes=held.grant_bytes,
        voucher_bytes=fields["voucher"],
        number=fields["number"],
        face_minor=held.grant.face_minor,
        issued_at_ms=voucher.issued_at * 1000,
        expires_on=day_of(voucher.expires),
        printed=0,
    )


def _print(t: Tables, _event: Envelope, fields: Any, _personal: Any) -> None:
    for grant, slot, _copy in fields["items"]:
        name = facts.voucher_id(grant, slot)
        t.vouchers[name] = replace(t.vouchers[name], printed=t.vouchers[name].printed + 1)


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


_PROJECTIONS: Final[Mapping[str, Callable[[Tables, Envelope, Any, Any], None]]] = {
    facts.CUSTOMER_REGISTERED: _register,
    facts.VOUCHER_ISSUED: _issue,
    facts.VOUCHER_PRINTED: _print,
    facts.GRANT_ACCEPTED: _accept_grant,
    facts.GRANT_RETURNED: _return_slots,
    facts.SHIFT_OPENED: _open_shift,
    facts.SHIFT_CLOSED: _close_shift,
}


def project(tables: Tables, keys: Mapping[str, bytes], data: bytes, payload: bytes) -> None:
    """Apply one event from its bytes; ``keys`` opens the personal fields."""
    event = decode_envelope(data)
    fields, personal = facts.decode_payload(event.type, payload), {}
    if event.type in facts.PERSONAL_FIELDS:
        customer = fields["customer"]
        personal = facts.unseal_personal(event.type, customer, keys[customer], fields["sealed"])
    tables.apply(event, fields, personal)
