"""Shifts and PINs as the log and the vault tell them: read models, all frozen."""

from dataclasses import dataclass
from typing import Final

# Wrong PINs in a row that lock somebody out for a while.
TRIES_BEFORE_LOCK: Final = 5


@dataclass(frozen=True, slots=True)
class StaffKey:
    """How somebody gets in at this terminal; who never had a PIN nor a code here has none of it.

    ``is_destroyed``: ten wrong tries took the PIN away. ``locked_ms``: what is left of a lock.
    """

    staff: str
    has_pin: bool = False
    has_code: bool = False
    is_destroyed: bool = False
    locked_ms: int = 0


@dataclass(frozen=True, slots=True)
class PinReset:
    """A supervisor of this terminal has asked head office for somebody's new PIN."""

    staff: str
    asked_by: str
    reason: str
    asked_ms: int


@dataclass(frozen=True, slots=True)
class GiftFloat:
    """Gifts of one offer in the till or the boot, as counted within one shift.

    ``first`` and ``last`` are the first and the newest count; ``given`` is how many were given out
    since the newest: for vouchers that were redeemed here, whenever they were issued.
    """

    offer_code: str
    first: int
    last: int
    given: int

    @property
    def expected(self) -> int:
        """How many should be there now."""
        return max(0, self.last - self.given)


@dataclass(frozen=True, slots=True)
class GiftCount:
    """Gifts of one offer as counted; ``expected`` is None where nothing was counted before."""

    offer_code: str
    counted: int
    expected: int | None

    @property
    def differs(self) -> bool:
        """Say whether somebody has to say why."""
        return self.expected is not None and self.counted != self.expected


@dataclass(frozen=True, slots=True)
class Handover:
    """The shift changed hands: who gave it to whom, what they counted and why it differed."""

    at_ms: int
    giver: str
    taker: str
    gifts: tuple[GiftCount, ...] = ()
    word: str = ""


@dataclass(frozen=True, slots=True)
class ShiftIssue:
    """What one shift issued of an offer, and how many of it are known to be on paper.

    Whoever redeemed one held its paper; ``void`` are those that never will be on any.
    """

    offer_code: str
    issued: int
    printed: int
    void: int = 0


@dataclass(frozen=True, slots=True)
class ShiftRecord:
    """A shift as the log tells it; ``closed_ms`` is None while it is open.

    ``holder`` is who has it now or had it last; ``registered`` counts people; ``by_itself`` when
    the first business opened it and nobody else; ``handovers`` are in the order they happened.
    """

    shift: str
    place: str
    opened_by: str
    holder: str
    opened_ms: int
    closed_ms: int | None
    registered: int
    issued: tuple[ShiftIssue, ...]
    gifts: tuple[GiftFloat, ...]
    by_itself: bool = False
    handovers: tuple[Handover, ...] = ()

    @property
    def unprinted(self) -> int:
        """How many vouchers of this shift are not known to be on paper."""
        return sum(line.issued - line.printed - line.void for line in self.issued)
