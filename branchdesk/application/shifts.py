"""Open a shift, hand it over and close it: who serves where, from when to when, with what.

Vouchers need no counting, the log knows them; gifts are counted by hand and compared with what the
log says was given out. Whoever counts otherwise says why, in a word that is recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from branchdesk.application.models import GrantLine, Session, SignedIn, Staff
from branchdesk.application.ports import Fact, Randomness, Reading, Store, Unit, Vault
from branchdesk.application.shift_records import GiftCount, ShiftRecord
from branchdesk.application.staff_pins import record_lock_out
from branchdesk.application.waiting import UnsentKind
from branchdesk.domain.offer import OfferKind
from branchdesk.domain.one_line import one_line
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol import facts

PLACE_CHARACTERS_MAX, WORD_CHARACTERS_MAX = 60, 200
COUNT_MAX = 100_000
PLACES_SUGGESTED = 6
VAN = "van"
UNSENT_WORDS = frozenset({"customer", "voucher", "grant", "shift", "staff", "terminal"})

Counts = Mapping[str, int]
NOTHING_COUNTED: Counts = {}


class Moment(StrEnum):
    """When gifts were counted."""

    OPENED = "opened"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ShiftOverview:
    """What the desk knows before and during a shift; ``shift`` is None while none is open.

    ``places`` were used last; ``vouchers`` are (offer code, slots left); ``gift_offers`` are the
    offers whose gifts can be counted; ``unprinted`` counts vouchers not known to be on paper.
    """

    is_van: bool
    outlet: str
    outlet_name: str
    places: tuple[str, ...]
    shift: ShiftRecord | None
    vouchers: tuple[tuple[str, int], ...]
    gift_offers: tuple[str, ...]
    unprinted: int
    unsent: tuple[UnsentKind, ...]


@dataclass(frozen=True, slots=True)
class ClosedShift:
    """A shift that has just ended: what it did, what was counted, what is still unsent.

    ``unsent`` counts the events right after the closing, which is one of them, and ``kinds`` names
    them: paper and screen say the same.
    """

    shift: ShiftRecord
    unsent: int
    kinds: tuple[UnsentKind, ...]
    unprinted: int
    gifts: tuple[GiftCount, ...]
    word: str


class ShowShift:
    """Say how the shift stands."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self) -> ShiftOverview:
        """Return the open shift, or what one would open with."""
        with self._store.read() as reading:
            terminal, found = reading.terminal(), reading.open_shift()
            return ShiftOverview(
                is_van=terminal.kind == VAN,
                outlet=terminal.outlet,
                outlet_name=terminal.outlet_name,
                places=reading.places(PLACES_SUGGESTED),
                shift=None if found is None else reading.shift(found[0]),
                vouchers=slots_left(reading.grants()),
                gift_offers=_gift_offers(reading),
                unprinted=len(reading.vouchers(unprinted=True)),
                unsent=reading.waiting().kinds,
            )


class OpenShift:
    """Open a shift at a place: the outlet itself or a van stop."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(self, session: Session, place: str = "", counts: Counts = NOTHING_COUNTED) -> str:
        """Return the id of the shift now open; one that is open already stays, uncounted.

        Raises RuleViolation ``place_missing`` (a van stands nowhere by itself), ``offer_unknown``
        or ``count_invalid``; EnvironmentFault ``disk_space_low`` when the disk has no room for a
        day's work.
        """
        with self._store.write(session) as unit:
            found = unit.open_shift()
            if found is not None:
                return found[0]
            if not one_line(place, PLACE_CHARACTERS_MAX) and unit.terminal().kind == VAN:
                raise RuleViolation("place_missing", field="place")
            gifts = _counted(unit, None, counts)
            shift = ensure_shift(self._store, unit, session, self._randomness, place)
            _record_count(unit, self._randomness, shift, Moment.OPENED, gifts, "")
            return shift


class CountShift:
    """Count the gifts of an open shift: one that opened by itself began uncounted."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(self, session: Session, counts: Counts) -> str:
        """Return the id of the shift that now knows what it began with.

        What was counted in it before is for a hand-over or the closing to count again. Raises
        RuleViolation ``shift_not_open``, ``offer_unknown``, ``count_invalid`` or ``float_differs``.
        """
        with self._store.write(session) as unit:
            shift, gifts = _decided(unit, counts, "")
            if gifts:
                _record_count(unit, self._randomness, shift, Moment.OPENED, gifts, "")
            return shift


class HandOverShift:
    """Give the open shift to a colleague, who proves to be there by their own PIN."""

    def __init__(self, vault: Vault, store: Store, randomness: Randomness) -> None:
        self._vault, self._store, self._randomness = vault, store, randomness

    def __call__(
        self, session: Session, staff: str, pin: str, counts: Counts = NOTHING_COUNTED,
        word: str = "",
    ) -> SignedIn:  # fmt: skip
        """Return the colleague's session; the shift goes on.

        A wrong PIN counts towards the lock-out as at a sign-in; everything else is checked before
        it is tried. Raises RuleViolation ``shift_not_open``, ``handover_missing``,
        ``handover_same``, ``staff_unknown``, ``handover_pin_unchosen``, ``offer_unknown``,
        ``count_invalid``, ``float_differs`` (no word why), or what :meth:`Vault.unlock` refuses.
        """
        with self._store.read() as reading:
            shift, _ = _decided(reading, counts, word)
            member = _colleague(reading, shift, staff)
        unlocked = self._vault.unlock(member.code, pin)
        if unlocked.must_choose_pin:
            raise RuleViolation("handover_pin_unchosen", field="pin", staff=member.code)
        with self._store.write(session) as unit:
            shift, gifts = _decided(unit, counts, word)
            new_id = self._randomness.intent_id
            _record_count(unit, self._randomness, shift, Moment.HANDED_OVER, gifts, word)
            handed = {"shift": shift, "staff": member.code}
            unit.record(Fact(facts.SHIFT_HANDED_OVER, new_id(), handed, handed))
        taken = Session(member.code, member.role, shift)
        with self._store.write(taken) as unit:
            record_lock_out(unit, member.code, unlocked.wrong_tries, self._randomness)
            arrived = {"staff": member.code, "role": member.role.value}
            unit.record(
                Fact(facts.STAFF_SIGNED_IN, new_id(), arrived, {"staff": member.code})
            )  # fmt: skip
        return SignedIn(taken, member, must_choose_pin=False)


class CloseShift:
    """Close the open shift, naming in the record what has not reached head office."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, counts: Counts = NOTHING_COUNTED, word: str = ""
    ) -> ClosedShift:
        """Return what the shift did and what is still unsent.

        Raises RuleViolation ``shift_not_open``, ``offer_unknown``, ``count_invalid`` or
        ``float_differs`` (no word why).
        """
        with self._store.write(session) as unit:
            shift, gifts = _decided(unit, counts, word)
            closed = {"shift": shift, "unsent": unit.waiting().events}
            _record_count(unit, self._randomness, shift, Moment.CLOSED, gifts, word)
            unit.record(
                Fact(facts.SHIFT_CLOSED, self._randomness.intent_id(), closed, {"shift": shift})
            )
            record = unit.shift(shift)
            assert record is not None, "a shift that was open is told"
            waiting = unit.waiting()
            return ClosedShift(
                record, waiting.events, waiting.kinds, record.unprinted, gifts, _trimmed(word)
            )


def ensure_shift(
    store: Store, unit: Unit, session: Session, randomness: Randomness, place: str = ""
) -> str:
    """Return the open shift's id inside a unit of ``store``, opening one when there is none.

    Raises EnvironmentFault ``disk_space_low`` before it opens one on a disk that is nearly full; a
    shift that is open goes on, because a person is waiting and the reserve is for that.
    """
    found = unit.open_shift()
    if found is not None:
        return found[0]
    if not store.free_space_ok():
        raise EnvironmentFault("disk_space_low", retryable=True)
    event_id = randomness.intent_id()
    shift = f"{session.staff}-{event_id.hex[:12]}"
    named = one_line(place, PLACE_CHARACTERS_MAX) or unit.terminal().outlet
    unit.record(
        Fact(facts.SHIFT_OPENED, event_id, {"shift": shift, "place": named}, {"shift": shift})
    )
    return shift


def slots_left(grants: Iterable[GrantLine]) -> tuple[tuple[str, int], ...]:
    """Return (offer code, slots left) of the grants held here, by code."""
    left: dict[str, int] = {}
    for grant in grants:
        if not grant.revoked:
            free = max(0, grant.slots - grant.used - grant.returned)
            left[grant.code] = left.get(grant.code, 0) + free
    return tuple(sorted(left.items()))


def by_word(kinds: Iterable[UnsentKind]) -> tuple[UnsentKind, ...]:
    """Return unsent events by the stable words in which people are told of them."""
    found: dict[str, UnsentKind] = {}
    for kind in kinds:
        word = kind.event_type.partition(".")[0]
        word = word if word in UNSENT_WORDS else "other"
        before = found.get(word, UnsentKind(word, 0, kind.since_ms))
        since_ms = min(before.since_ms, kind.since_ms)
        found[word] = UnsentKind(word, before.count + kind.count, since_ms)
    return tuple(found[word] for word in sorted(found))


def _decided(reading: Reading, counts: Counts, word: str) -> tuple[str, tuple[GiftCount, ...]]:
    """Return the open shift and what was counted in it, or raise why it cannot end so."""
    found = reading.open_shift()
    if found is None:
        raise RuleViolation("shift_not_open")
    gifts = _counted(reading, reading.shift(found[0]), counts)
    differing = [gift.offer_code for gift in gifts if gift.differs]
    if differing and not _trimmed(word):
        raise RuleViolation("float_differs", field="word", offers=differing)
    return found[0], gifts


def _counted(reading: Reading, shift: ShiftRecord | None, counts: Counts) -> tuple[GiftCount, ...]:
    known = _gift_offers(reading)
    expected = {} if shift is None else {gift.offer_code: gift.expected for gift in shift.gifts}
    for offer_code, counted in counts.items():
        if offer_code not in known:
            raise RuleViolation(
                "offer_unknown", field="gifts", offer=offer_code[:40], known=list(known)
            )
        if not 0 <= counted <= COUNT_MAX:
            raise RuleViolation("count_invalid", field="gifts", offer=offer_code, most=COUNT_MAX)
    return tuple(
        GiftCount(code, counts[code], expected.get(code)) for code in known if code in counts
    )


def _gift_offers(reading: Reading) -> tuple[str, ...]:
    offers = (offer for found in reading.campaigns() for offer in found.campaign.offers)
    return tuple(sorted(offer.code for offer in offers if offer.kind is OfferKind.GIFT))


def _record_count(  # noqa: PLR0917  (one event, spelled out once)
    unit: Unit,
    randomness: Randomness,
    shift: str,
    moment: Moment,
    gifts: Sequence[GiftCount],
    word: str,
) -> None:
    vouchers = [[code, left] for code, left in slots_left(unit.grants())]
    # Whoever opens a shift counts, be it nothing: that tells it from one that opened by itself.
    if not (gifts or vouchers) and moment is not Moment.OPENED:
        return
    fields = {
        "shift": shift,
        "moment": moment.value,
        "gifts": [[gift.offer_code, gift.counted, gift.expected] for gift in gifts],
        "vouchers": vouchers,
        "word": _trimmed(word),
    }
    unit.record(Fact(facts.SHIFT_COUNTED, randomness.intent_id(), fields, {"shift": shift}))


def _colleague(reading: Reading, shift: str, staff: str) -> Staff:
    """Return who takes ``shift`` over: anybody known but whoever is on duty in it."""
    code = staff.strip().upper()
    if not code:
        raise RuleViolation("handover_missing", field="staff")
    record = reading.shift(shift)
    if record is not None and code == record.holder:
        raise RuleViolation("handover_same", field="staff", staff=code)
    member = reading.staff(code)
    if member is None:
        raise RuleViolation("staff_unknown", field="staff", staff=code[:40])
    return member


def _trimmed(word: str) -> str:
    return one_line(word, WORD_CHARACTERS_MAX)
