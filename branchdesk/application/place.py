"""Where a voucher may be redeemed: its one redeemer (DESIGN section 5), as seen from here."""

from dataclasses import dataclass
from enum import StrEnum

from branchdesk.application.models import TerminalCondition, TerminalState
from branchdesk.application.ports import Reading
from branchdesk.application.redemption_records import NOBODY, VoucherStanding
from branchdesk.domain.offer import RedemptionPolicy
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import Token
from branchdesk.protocol.verdict import Verdict


class Why(StrEnum):
    """Why a voucher is not redeemed here without asking head office."""

    ONLINE = "online"
    """Its offer is redeemed by head office alone."""
    FROZEN = "frozen"
    """This terminal was frozen and redeems nothing by itself."""
    RELEASED = "released"
    """The right was signed away here; head office honours it."""
    HOME = "home"
    """Only the terminal that issued it redeems it."""
    KEEPER = "keeper"
    """Only the keeper of its outlet redeems it."""
    ALLOWANCE = "allowance"
    """What this terminal may redeem with no line does not reach."""
    PARTIAL = "partial"
    """Part of it was used, or is to be, and that is not counted offline here."""
    BOOK = "book"
    """Whether another terminal's book number was entered is not known here."""
    CLOCK = "clock"
    """The clock cannot be believed and a first or last good day is near."""
    HOLDER = "holder"
    """The holder can only be checked by head office."""
    SHORT_CODE = "short_code"
    """No row here is known for the short code."""


@dataclass(frozen=True, slots=True)
class Place:
    """``basis`` when this terminal may redeem by itself; else the verdict, and why."""

    basis: Basis | None = None
    verdict: Verdict | None = None
    why: Why | None = None
    keeper: int = 0


def place_of(reading: Reading, token: Token, standing: VoucherStanding) -> Place:
    """Decide by the redemption policy, with what is known here."""
    ours = reading.terminal()
    is_home = token.grant.terminal == ours.terminal
    obstacles = (
        (ours.condition is not TerminalCondition.ACTIVE, Why.FROZEN),
        (standing.is_released, Why.RELEASED),
        (token.grant.is_book and not is_home, Why.BOOK),
        (token.grant.policy == RedemptionPolicy.ONLINE, Why.ONLINE),
    )
    why = next((why for is_so, why in obstacles if is_so), None)
    if why is not None:
        return _line(why)
    if token.grant.policy == RedemptionPolicy.HOME:
        return Place(Basis.HOME) if is_home else Place(None, Verdict.NOT_HERE, Why.HOME)
    if token.grant.policy == RedemptionPolicy.KEEPER:
        return _kept(reading, token.grant.terminal, ours)
    return _allowed(reading, token, standing)


def _kept(reading: Reading, issuer: int, ours: TerminalState) -> Place:
    # One that stands elsewhere now keeps its old outlet no longer, whatever it was told there.
    here = (found for found in reading.keepers() if found.outlet == ours.outlet)
    named = next((found for found in here if issuer in found.issuers), None)
    if named is None:
        # Of our own vouchers head office has not said who keeps them; others are another outlet's.
        is_own = issuer == ours.terminal
        return _line(Why.KEEPER) if is_own else Place(None, Verdict.NOT_HERE, Why.KEEPER)
    if named.terminal == NOBODY:
        return _line(Why.KEEPER)
    if named.terminal != ours.terminal:
        return Place(None, Verdict.NOT_HERE, Why.KEEPER, named.terminal)
    return _line(Why.KEEPER) if named.is_resigned else Place(Basis.KEEPER)


def _allowed(reading: Reading, token: Token, standing: VoucherStanding) -> Place:
    if standing.used_minor:
        return _line(Why.PARTIAL)
    if reading.allowance(token.grant.offer).left_minor < token.grant.face_minor:
        return _line(Why.ALLOWANCE)
    return Place(Basis.ALLOWANCE)


def _line(why: Why) -> Place:
    return Place(None, Verdict.NEEDS_LINE, why)
