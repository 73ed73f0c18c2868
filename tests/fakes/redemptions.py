"""What became of vouchers, told from the events of the store in memory and what a test feeds it.

It keeps nothing of its own events, so that it cannot disagree with the log.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from branchdesk.application.redemption_records import (
    Allowance,
    Keeper,
    Outcome,
    RedemptionRecord,
    VoucherStanding,
    VoucherUse,
)
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.event import Envelope, decode_envelope
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import Token, decode_grant, decode_voucher


@dataclass(frozen=True, slots=True)
class Told:
    """What head office told: uses, voids, copies, keepers, allowances, decided cases."""

    uses: tuple[tuple[int, int, VoucherUse], ...] = ()
    voided: frozenset[tuple[int, int]] = frozenset()
    copies: dict[tuple[int, int], int] = field(default_factory=dict)
    keepers: tuple[Keeper, ...] = ()
    allowances: dict[int, tuple[int, int]] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()


def standing(
    events: Sequence[SentEvent], told: Told, grant: int, slot: int, *, revoked: bool
) -> VoucherStanding:
    """Return what is known of one voucher."""
    found = VoucherStanding(
        is_revoked=revoked,
        is_void=(grant, slot) in told.voided,
        uses=tuple(use for number, place, use in told.uses if (number, place) == (grant, slot)),
        newest_copy=told.copies.get((grant, slot), 0),
    )
    for event, fields in _told(events):
        found = _after(found, event, fields, grant, slot)
    return found


def redemptions(events: Sequence[SentEvent]) -> tuple[RedemptionRecord, ...]:
    """Return every redemption of this terminal, in the order of the log, without the holder."""
    found: dict[str, RedemptionRecord] = {}
    for event, fields in _told(events):
        if event.type == facts.VOUCHER_REDEEMED:
            token = Token(decode_grant(fields["grant_bytes"]), decode_voucher(fields["voucher"]))
            name = str(event.event_id)
            found[name] = RedemptionRecord(
                name, token, Basis(fields["basis"]), fields["amount_minor"], event.wall_utc_ms,
                fields["answer"], event.staff,
            )  # fmt: skip
        elif event.type == facts.REDEMPTION_UNDONE and _undoes(fields) in found:
            which = _undoes(fields)
            found[which] = replace(found[which], undone_ms=event.wall_utc_ms)
    return tuple(found.values())


def is_newest_copy_redeemed(events: Sequence[SentEvent], grant: int, slot: int) -> bool:
    """Say whether a voucher was redeemed here after it was last signed."""
    found = False
    for event, fields in _told(events):
        signing = {facts.VOUCHER_ISSUED, facts.VOUCHER_REPRINTED}
        if event.type in {facts.VOUCHER_REDEEMED, *signing} and _is_about(
            event, fields, grant, slot
        ):
            found = event.type == facts.VOUCHER_REDEEMED
    return found


def allowance(events: Sequence[SentEvent], told: Told, offer: int) -> Allowance:
    """Return what may be redeemed with no line."""
    amount_minor, through_seq = told.allowances.get(offer, (0, 0))
    used: dict[str, int] = {}
    for event, fields in _told(events):
        if event.type == facts.VOUCHER_REDEEMED:
            is_of = decode_grant(fields["grant_bytes"]).offer == offer
            if is_of and fields["basis"] == "allowance" and event.seq > through_seq:
                used[str(event.event_id)] = fields["amount_minor"]
        elif event.type == facts.REDEMPTION_UNDONE:
            used.pop(_undoes(fields), None)
    return Allowance(amount_minor, sum(used.values()))


def _after(
    found: VoucherStanding, event: Envelope, fields: Any, grant: int, slot: int
) -> VoucherStanding:
    change = _CHANGES.get(event.type)
    if change is None or not _is_about(event, fields, grant, slot):
        return found
    return change(found, event, fields, slot)


def _is_about(event: Envelope, fields: Any, grant: int, slot: int) -> bool:
    if event.type == facts.VOUCHER_REDEEMED:
        place = decode_grant(fields["grant_bytes"]).number, decode_voucher(fields["voucher"]).slot
        return place == (grant, slot)
    return (fields["grant"], fields.get("slot", slot)) == (grant, slot)


def _redeemed(found: VoucherStanding, event: Envelope, fields: Any, _slot: int) -> VoucherStanding:
    use = VoucherUse(str(event.event_id), fields["amount_minor"], event.wall_utc_ms,
                     event.outlet, fields["basis"])  # fmt: skip
    others = tuple(one for one in found.uses if one.redemption != use.redemption)
    return replace(found, uses=(*others, use))


def _undone(found: VoucherStanding, _event: Envelope, fields: Any, _slot: int) -> VoucherStanding:
    which = _undoes(fields)
    uses = [replace(one, is_undone=one.is_undone or one.redemption == which) for one in found.uses]
    return replace(found, uses=tuple(uses))


def _void(found: VoucherStanding, _event: Envelope, _fields: Any, _slot: int) -> VoucherStanding:
    return replace(found, is_void=True)


def _signed(found: VoucherStanding, _event: Envelope, fields: Any, _slot: int) -> VoucherStanding:
    newest = max(found.newest_copy, fields.get("copy", 0))
    return replace(found, copies=(*found.copies, fields["voucher"]), newest_copy=newest)


def _released(found: VoucherStanding, _event: Envelope, fields: Any, slot: int) -> VoucherStanding:
    is_in = any(first <= slot <= last for first, last in fields["slots"])
    return replace(found, is_released=found.is_released or is_in)


def _entered(found: VoucherStanding, _event: Envelope, fields: Any, slot: int) -> VoucherStanding:
    told = {entry[0]: (entry[1], entry[3]) for entry in fields["entries"]}
    if found.fate or slot not in told:
        return found
    fate, day = told[slot]
    is_void = found.is_void or fate in {"spoiled", "returned"}
    return replace(found, fate=fate, given_day=day, is_void=is_void)


_CHANGES: Final[Mapping[str, Callable[[VoucherStanding, Envelope, Any, int], VoucherStanding]]] = {
    facts.VOUCHER_ISSUED: _signed,
    facts.VOUCHER_REPRINTED: _signed,
    facts.VOUCHER_VOIDED: _void,
    facts.VOUCHER_RELEASED: _released,
    facts.VOUCHER_REDEEMED: _redeemed,
    facts.REDEMPTION_UNDONE: _undone,
    facts.BOOK_ENTERED: _entered,
}


def _undoes(fields: Any) -> str:
    return str(UUID(bytes=fields["redemption"]))


def _told(events: Sequence[SentEvent]) -> Iterator[tuple[Envelope, Any]]:
    for sent in events:
        event = decode_envelope(sent.envelope)
        if event.type in facts.PAYLOAD_FIELDS:
            yield event, facts.decode_payload(event.type, sent.payload)
