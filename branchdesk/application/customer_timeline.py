"""Tell what happened to a customer as lines of a timeline: codes and masked values, newest first.

``facts`` of each kind, for its text:

    registered         channel, purposes (those granted)
    corrected          fields, reason, and shown: field → [before, after], masked
    revealed           fields, reason
    consent_granted,
    consent_withdrawn  purpose, text_version, how, has_signature
    voucher_issued     voucher, number, offer, name (both languages), face_minor
    voucher_entered    as issued, and second (staff): a number of a book was handed out
    voucher_printed    vouchers (ids), numbers, layout
    voucher_reprinted  as issued, and copy, reason
    voucher_voided     as issued, and reason, second (staff, or "")
    voucher_released   vouchers (ids), numbers, reason
    voucher_redeemed   as issued, and amount_minor, basis
    redemption_undone  as issued, and reason
    merge_proposed,
    merge_undone       merge, other (the other record's id), kept (this one is), reason; the page
                       adds other_name and other_phone, masked
    erased             reason, second (staff)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from branchdesk.application.customer_page import HeldVoucher, TimelineEntry, TimelineKind
from branchdesk.application.models import Happening
from branchdesk.protocol import facts
from branchdesk.protocol.token import decode_grant, decode_voucher

_DOCUMENT: Final = frozenset({"document_number"})


def timeline_entries(
    happened: Iterable[Happening],
    vouchers: Sequence[HeldVoucher],
    customer: str,
    *,
    show_document: bool,
) -> tuple[TimelineEntry, ...]:
    """Return one entry an event; without ``show_document`` no document number, even masked."""
    held = {voucher.voucher: voucher for voucher in vouchers}
    entries = []
    for event in happened:
        told = _TOLD.get(event.event_type)
        if told is not None:
            kind, found = told(event, held, customer)
            entries.append(TimelineEntry(event.at_ms, event.staff, kind, found))
    if show_document:
        return tuple(entries)
    return tuple(map(_without_document, entries))


_Told = tuple[TimelineKind, Mapping[str, object]]
_Held = Mapping[str, HeldVoucher]


def _registered(event: Happening, _held: _Held, _customer: str) -> _Told:
    consents: Any = event.fields["consents"]
    granted = [answer["purpose"] for answer in consents if answer["granted"]]
    return TimelineKind.REGISTERED, {"channel": event.fields["channel"], "purposes": granted}


def _corrected(event: Happening, _held: _Held, _customer: str) -> _Told:
    personal = event.personal or {"reason": "", "shown": {}}
    return TimelineKind.CORRECTED, {
        "fields": event.fields["fields"], "reason": personal["reason"], "shown": personal["shown"],
    }  # fmt: skip


def _revealed(event: Happening, _held: _Held, _customer: str) -> _Told:
    return TimelineKind.REVEALED, {name: event.fields[name] for name in ("fields", "reason")}


def _consent(event: Happening, _held: _Held, _customer: str) -> _Told:
    granted = bool(event.fields["granted"])
    kind = TimelineKind.CONSENT_GRANTED if granted else TimelineKind.CONSENT_WITHDRAWN
    found = {name: event.fields[name] for name in ("purpose", "text_version", "how")}
    return kind, {**found, "has_signature": bool((event.personal or {}).get("signature"))}


def _issued(event: Happening, held: _Held, _customer: str) -> _Told:
    fields: Any = event.fields
    return TimelineKind.VOUCHER_ISSUED, _about(held, fields["grant"], fields["slot"])


def _about(held: _Held, grant: int, slot: int) -> dict[str, object]:
    voucher = held[facts.voucher_id(grant, slot)]
    return {
        "voucher": voucher.voucher, "number": voucher.number, "offer": voucher.offer_code,
        "name": voucher.name, "face_minor": voucher.face_minor,
    }  # fmt: skip


def _changed(kind: TimelineKind, *names: str) -> Callable[[Happening, _Held, str], _Told]:
    """Return what tells an event about one voucher, with these of its fields."""

    def told(event: Happening, held: _Held, _customer: str) -> _Told:
        fields: Any = event.fields
        more = {name: fields[name] for name in names}
        return kind, {**_about(held, fields["grant"], fields["slot"]), **more}

    return told


def _released(event: Happening, held: _Held, _customer: str) -> _Told:
    slots: Any = event.fields["slots"]
    grant = cast(int, event.fields["grant"])
    names = {facts.voucher_id(grant, s) for first, last in slots for s in range(first, last + 1)}
    mine = [name for name in held if name in names]
    return TimelineKind.VOUCHER_RELEASED, {
        "vouchers": mine, "numbers": _numbers(held, mine), "reason": event.fields["reason"],
    }  # fmt: skip


def _redeemed(event: Happening, held: _Held, _customer: str) -> _Told:
    fields: Any = event.fields
    grant, voucher = decode_grant(fields["grant_bytes"]), decode_voucher(fields["voucher"])
    more = {name: fields[name] for name in ("amount_minor", "basis")}
    return TimelineKind.VOUCHER_REDEEMED, {**_about(held, grant.number, voucher.slot), **more}


def _entered(event: Happening, held: _Held, customer: str) -> _Told:
    entries: Any = event.fields["entries"]
    grant = cast(int, event.fields["grant"])
    slot = next(slot for slot, _, whose, *_ in entries if whose == customer)
    second = event.fields["second"]
    return TimelineKind.VOUCHER_ENTERED, {**_about(held, grant, slot), "second": second}


def _printed(event: Happening, held: _Held, _customer: str) -> _Told:
    items: Any = event.fields["items"]
    names = [facts.voucher_id(grant, slot) for grant, slot, *_ in items]
    mine = [name for name in names if name in held]
    return TimelineKind.VOUCHER_PRINTED, {
        "vouchers": mine, "numbers": _numbers(held, mine), "layout": event.fields["layout"],
    }  # fmt: skip


def _numbers(held: _Held, names: Iterable[str]) -> list[str]:
    """Return the numbers of vouchers as lists show them, each once."""
    return list(dict.fromkeys(held[name].number for name in names))


def _merge(event: Happening, _held: _Held, customer: str) -> _Told:
    is_undone = event.event_type == facts.MERGE_UNDONE
    is_kept = event.fields["kept"] == customer
    return TimelineKind.MERGE_UNDONE if is_undone else TimelineKind.MERGE_PROPOSED, {
        "merge": event.fields["merge"], "kept": is_kept, "reason": event.fields["reason"],
        "other": event.fields["other" if is_kept else "kept"],
    }  # fmt: skip


def _erased(event: Happening, _held: _Held, _customer: str) -> _Told:
    return TimelineKind.ERASED, {name: event.fields[name] for name in ("reason", "second")}


_TOLD: Mapping[str, Callable[[Happening, _Held, str], _Told]] = {
    facts.CUSTOMER_REGISTERED: _registered,
    facts.CUSTOMER_CORRECTED: _corrected,
    facts.CUSTOMER_REVEALED: _revealed,
    facts.CONSENT_ANSWERED: _consent,
    facts.VOUCHER_ISSUED: _issued,
    facts.BOOK_ENTERED: _entered,
    facts.VOUCHER_PRINTED: _printed,
    facts.VOUCHER_REPRINTED: _changed(TimelineKind.VOUCHER_REPRINTED, "copy", "reason"),
    facts.VOUCHER_VOIDED: _changed(TimelineKind.VOUCHER_VOIDED, "reason", "second"),
    facts.VOUCHER_RELEASED: _released,
    facts.VOUCHER_REDEEMED: _redeemed,
    facts.REDEMPTION_UNDONE: _changed(TimelineKind.REDEMPTION_UNDONE, "reason"),
    facts.MERGE_PROPOSED: _merge,
    facts.MERGE_UNDONE: _merge,
    facts.CUSTOMER_ERASED: _erased,
}


def _without_document(entry: TimelineEntry) -> TimelineEntry:
    shown = entry.facts.get("shown")
    if not isinstance(shown, Mapping) or not shown.keys() & _DOCUMENT:
        return entry
    kept = {name: value for name, value in shown.items() if name not in _DOCUMENT}
    return TimelineEntry(entry.at_ms, entry.staff, entry.kind, {**entry.facts, "shown": kept})
