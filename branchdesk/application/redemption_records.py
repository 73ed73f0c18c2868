"""What a terminal knows became of a voucher, and by what right it may redeem one. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import Token
from branchdesk.protocol.verdict import Verdict


@dataclass(frozen=True, slots=True)
class VoucherUse:
    """One redemption of a voucher; ``basis`` is empty for one that head office told of."""

    redemption: str
    amount_minor: int
    at_ms: int
    outlet: str
    basis: str
    is_undone: bool = False


@dataclass(frozen=True, slots=True)
class VoucherStanding:
    """What is known here of one voucher, from this terminal's own facts and from the feed.

    ``uses`` are those that head office told of, then our own in the order of the log, undone ones
    included; ``copies`` the 79 bytes of every copy that was signed here; ``fate`` what became of a
    book's number: used | spoiled | returned | missing; ``given_day`` the day number on which a
    used one was handed out, 0 for every other voucher.
    """

    is_revoked: bool = False
    is_void: bool = False
    is_released: bool = False
    uses: tuple[VoucherUse, ...] = ()
    newest_copy: int = 0
    copies: tuple[bytes, ...] = ()
    fate: str = ""
    given_day: int = 0

    @property
    def standing_uses(self) -> tuple[VoucherUse, ...]:
        """The redemptions that were not undone."""
        return tuple(use for use in self.uses if not use.is_undone)

    @property
    def used_minor(self) -> int:
        """How much of the voucher is used."""
        return sum(use.amount_minor for use in self.standing_uses)


NOBODY: Final = 0
"""Stands for a terminal where nobody keeps an outlet: head office redeems for it."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Which terminal redeems the vouchers of ``issuers``, by head office's newest word.

    ``is_resigned`` when this terminal has signed that right away.
    """

    outlet: str
    terminal: int
    issuers: frozenset[int]
    is_resigned: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How head office decided a case about one voucher, whoever issued it.

    ``kind`` and ``decision`` are stable words; ``liable`` an outlet's code, ``bank`` or ``nobody``;
    ``reason`` is a person's.
    """

    case: int
    kind: str
    voucher: str
    decision: str
    liable: str
    loss_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of an offer this terminal may redeem with no line, and how much of that is used."""

    amount_minor: int = 0
    used_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What may still be redeemed with no line."""
        return max(0, self.amount_minor - self.used_minor)


@dataclass(frozen=True, slots=True)
class RedemptionRecord:
    """One redemption by this terminal; ``answer`` is head office's signed word, or empty.

    ``staff`` is the code of who did it; ``holder`` the masked name of whom the voucher was issued
    to, empty where it was issued elsewhere or the person was erased.
    """

    redemption: str
    token: Token
    basis: Basis
    amount_minor: int
    at_ms: int
    answer: bytes
    staff: str
    holder: str = ""
    undone_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Redeeming:
    """What somebody wants redeemed: a token's text or short code, and what the holder shows.

    ``phone`` is in full, or ``phone_tail`` its last four digits; ``use_minor`` 0 is all that is
    left; ``purchase_minor`` 0 when nothing was bought or nobody asked.
    """

    text: str
    phone: str = field(default="", repr=False)
    phone_tail: str = field(default="", repr=False)
    purchase_minor: int = 0
    use_minor: int = 0


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What came of it: redeemed when the verdict is good, else why not, with the facts.

    ``in_doubt`` when head office was asked and its answer never came: the same intent again finds
    out, and until then nothing may be handed over.
    """

    verdict: Verdict
    intent: UUID
    voucher: str = ""
    redemption: str = ""
    basis: Basis | None = None
    amount_minor: int = 0
    remaining_minor: int | None = None
    in_doubt: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Undone:
    """A redemption that was undone, by the intent that did it."""

    redemption: str
    intent: UUID
    voucher: str
    amount_minor: int
