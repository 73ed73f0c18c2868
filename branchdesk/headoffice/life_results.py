"""What asking slots back and giving a terminal up answer with: frozen, ready to be printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlotsAskedBack:
    """A wish that goes down the feed; ``free`` slots are not known as used or back here."""

    grant: int
    terminal: int
    free: int
    keep: int


@dataclass(frozen=True, slots=True)
class OfferExposure:
    """What a lost terminal could still cost under one offer, money in minor units.

    ``unused`` slots could be issued and honoured; ``allowance`` is what it may redeem offline;
    ``open_vouchers`` are out with customers and good whatever becomes of the terminal.
    """

    offer: int
    code: str
    unused: int
    unused_minor: int
    allowance_minor: int
    open_vouchers: int
    open_minor: int


@dataclass(frozen=True, slots=True)
class LostTerminal:
    """A terminal that is lost: where it stood, what is at stake, and what was done about it."""

    terminal: int
    outlet: str
    outlet_name: str
    epoch: int
    seq: int
    exposure_minor: int
    offers: tuple[OfferExposure, ...]
    confirmed: bool
    grants_revoked: tuple[int, ...]
    slots_revoked: int
    at_ms: int
