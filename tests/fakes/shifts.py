"""Shifts told from the events of the store in memory, walked from the first to the last.

It keeps nothing, so that it cannot disagree with the log.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from branchdesk.application.shift_records import (
    GiftCount,
    GiftFloat,
    Handover,
    PinReset,
    ShiftIssue,
    ShiftRecord,
)
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.event import Envelope, decode_envelope
from branchdesk.protocol.token import decode_grant


def shift_record(
    events: Sequence[SentEvent],
    printed: Mapping[str, bool],
    void: Set[str],
    numbers: Mapping[str, int],
    wanted: str,
) -> ShiftRecord | None:
    """Return one shift; ``printed`` says which vouchers were on paper, ``void`` never will be."""
    found: ShiftRecord | None = None
    undone = {
        fields["redemption"]
        for event, fields in _told(events)
        if event.type == facts.REDEMPTION_UNDONE
    }
    told = list(_told(events))
    before: dict[str, Any] = {}
    following = [event.type for event, _ in told[1:]] + [facts.SHIFT_COUNTED]
    for (event, fields), then in zip(told, following, strict=True):
        if event.type == facts.SHIFT_OPENED and fields["shift"] == wanted:
            found = ShiftRecord(wanted, fields["place"], event.staff, event.staff,
                                event.wall_utc_ms, None, 0, (), (),
                                by_itself=then != facts.SHIFT_COUNTED)  # fmt: skip
        elif found is not None and event.type == facts.SHIFT_OPENED:
            break
        elif found is not None and event.type == facts.VOUCHER_REDEEMED:
            if event.event_id.bytes not in undone:
                found = _given(found, decode_grant(fields["grant_bytes"]).offer, numbers)
        elif found is not None and event.type == facts.SHIFT_HANDED_OVER:
            found = _handed_over(found, event, fields["staff"], before)
        elif found is not None:
            found = _after(found, event, fields, printed, void)
        before = fields
    return found


def places(events: Sequence[SentEvent], limit: int) -> tuple[str, ...]:
    """Return where shifts were opened last, newest first."""
    opened = [f["place"] for event, f in _told(events) if event.type == facts.SHIFT_OPENED]
    return tuple(dict.fromkeys(reversed(opened)))[:limit]


def pin_resets(events: Sequence[SentEvent]) -> tuple[PinReset, ...]:
    """Return who waits for a new PIN."""
    found: dict[str, PinReset] = {}
    for event, fields in _told(events):
        if event.type == facts.STAFF_PIN_RESET_REQUESTED:
            who = fields["staff"]
            found[who] = PinReset(who, event.staff, fields["reason"], event.wall_utc_ms)
        elif event.type == facts.STAFF_PIN_SET:
            found.pop(fields["staff"], None)
    return tuple(found[who] for who in sorted(found))


def _after(
    shift: ShiftRecord,
    event: Envelope,
    fields: dict[str, Any],
    printed: Mapping[str, bool],
    void: Set[str],
) -> ShiftRecord:
    if event.type == facts.CUSTOMER_REGISTERED:
        return replace(shift, registered=shift.registered + 1)
    if event.type == facts.VOUCHER_ISSUED:
        voucher = facts.voucher_id(fields["grant"], fields["slot"])
        return _issued(shift, fields["offer_code"], is_printed=printed[voucher],
                       is_void=voucher in void)  # fmt: skip
    if event.type == facts.SHIFT_CLOSED:
        return replace(shift, closed_ms=event.wall_utc_ms)
    if event.type == facts.SHIFT_COUNTED:
        return _counted(shift, fields["gifts"])
    return shift


def _handed_over(
    shift: ShiftRecord, event: Envelope, taker: str, before: dict[str, Any]
) -> ShiftRecord:
    """Give the shift to ``taker``; a count for the hand-over is the event before it."""
    counted = before if before.get("moment") == "handed_over" else {"gifts": [], "word": ""}
    gifts = tuple(GiftCount(*gift) for gift in counted["gifts"])
    made = Handover(event.wall_utc_ms, shift.holder, taker, gifts, counted["word"])
    return replace(shift, holder=taker, handovers=(*shift.handovers, made))


def _issued(shift: ShiftRecord, offer: str, *, is_printed: bool, is_void: bool) -> ShiftRecord:
    by_offer = {line.offer_code: line for line in shift.issued}
    before = by_offer.get(offer, ShiftIssue(offer, 0, 0))
    by_offer[offer] = ShiftIssue(
        offer, before.issued + 1, before.printed + is_printed, before.void + is_void
    )
    return replace(shift, issued=tuple(by_offer[code] for code in sorted(by_offer)))


def _given(shift: ShiftRecord, offer: int, numbers: Mapping[str, int]) -> ShiftRecord:
    gifts = tuple(
        replace(gift, given=gift.given + (numbers[gift.offer_code] == offer))
        for gift in shift.gifts
    )
    return replace(shift, gifts=gifts)


def _counted(shift: ShiftRecord, counted: list[list[Any]]) -> ShiftRecord:
    gifts = {gift.offer_code: gift for gift in shift.gifts}
    for offer, count, _expected in counted:
        first = gifts[offer].first if offer in gifts else count
        gifts[offer] = GiftFloat(offer, first, count, 0)
    return replace(shift, gifts=tuple(gifts[offer] for offer in sorted(gifts)))


def _told(events: Sequence[SentEvent]) -> Iterator[tuple[Envelope, dict[str, Any]]]:
    for sent in events:
        event = decode_envelope(sent.envelope)
        yield event, facts.decode_payload(event.type, sent.payload)
