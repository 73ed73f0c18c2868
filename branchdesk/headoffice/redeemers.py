"""Who may redeem a voucher offline: its issuer, the outlet's keeper, anybody with an allowance.

One redeemer at a time. Head office is the redeemer of policy 0, and of every slot whose redeemer
has signed the right away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, select

from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redemption_journal import RedemptionRow
from branchdesk.headoffice.redemption_tables import keepers, releases
from branchdesk.headoffice.slot_ranges import SlotSet, slot_set
from branchdesk.headoffice.tables import allowances, epochs, terminals
from branchdesk.headoffice.terminal_heads import ACTIVE
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import Grant

HEAD_OFFICE = 0
"""Stands for head office where a terminal's number is asked for."""


class Keeper(NamedTuple):
    """Who keeps an outlet, by which feed item, and who is to follow."""

    outlet: str
    terminal: int
    epoch: int
    item: int
    next_terminal: int | None


@dataclass(slots=True)
class Allowance:
    """What a terminal may lose of an offer; money in minor units, ``slots`` as counted vouchers."""

    offer: int
    terminal: int
    amount_minor: int
    slots: int
    epoch: int
    through_seq: int
    lost_minor: int


@dataclass(slots=True)
class Redeemers:
    """The redeemers of the vouchers of some grants, as of this transaction."""

    outlets: Mapping[int, str]
    released: dict[int, SlotSet]
    keepers: dict[str, Keeper]
    allowances: dict[tuple[int, int], Allowance] = field(default_factory=dict)
    # The present epochs of the terminals asked for that are not frozen, as (terminal, epoch).
    live: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def load(
        cls,
        connection: Connection,
        grants: Iterable[Grant],
        *,
        terminals: Iterable[int],
        outlets: Iterable[str] = (),
    ) -> "Redeemers":
        """Read the rights over ``grants``, the allowances of ``terminals``, the keepers."""
        lent, terminals = {grant.number: grant for grant in grants}, set(terminals)
        placed = _outlets(connection, {grant.terminal for grant in lent.values()})
        kept = {*outlets, *placed.values()}
        return cls(
            placed, _released(connection, set(lent)), read_keepers(connection, kept),
            _allowances(connection, {grant.offer for grant in lent.values()}, terminals),
            _live(connection, terminals),
        )  # fmt: skip

    def outlet_of(self, grant: Grant) -> str:
        """Return the outlet of the terminal that issues from ``grant``."""
        return self.outlets.get(grant.terminal, "")

    def of(self, grant: Grant, slot: int) -> int | None:
        """Return the one redeemer of a voucher; None when anybody with an allowance may."""
        if grant.policy == 0 or slot in self.released.get(grant.number, SlotSet()):
            return HEAD_OFFICE
        if grant.policy == 1:
            return grant.terminal
        if grant.policy == 3:
            return None
        keeper = self.keepers.get(self.outlet_of(grant))
        return HEAD_OFFICE if keeper is None else keeper.terminal

    def entitles(self, row: RedemptionRow, grant: Grant) -> bool:
        """Say whether a redemption, offline, was by who had the right to it."""
        if row.basis == Basis.ALLOWANCE:
            return grant.policy == 3 and (row.offer, row.terminal) in self.allowances
        by_right = {Basis.HOME: 1, Basis.KEEPER: 2}.get(Basis(row.basis))
        return by_right == grant.policy and self.of(grant, row.slot) == row.terminal

    def release(self, number: int, slots: SlotSet) -> None:
        """Give the right over ``slots`` to head office."""
        self.released[number] = self.released.get(number, SlotSet()).plus(slots)


def offline_redeemers(
    connection: Connection, book: OfferBook, terminal: int, outlet: str
) -> list[int]:
    """Return who could honour a slot without asking: nobody, the issuer, the outlet, anybody."""
    if book.policy == 0:
        return []
    if book.policy == 1:
        return [terminal]
    statement = select(terminals.c.terminal).order_by(terminals.c.terminal)
    if book.policy == 2:
        statement = statement.where(terminals.c.outlet == outlet)
    return list(connection.execute(statement).scalars())


def read_keepers(
    connection: Connection, outlets: Iterable[str], *, lock: bool = False
) -> dict[str, Keeper]:
    """Return the keepers of some outlets, locked until the commit when asked."""
    named = set(outlets)
    if not named:
        return {}
    statement = select(keepers).where(is_among(connection, keepers.c.outlet, named))
    statement = statement.order_by(keepers.c.outlet)
    rows = connection.execute(statement.with_for_update() if lock else statement)
    return {row.outlet: Keeper(*row) for row in rows}


def _live(connection: Connection, numbers: set[int]) -> frozenset[tuple[int, int]]:
    present = (epochs.c.terminal == terminals.c.terminal) & (epochs.c.epoch == terminals.c.epoch)
    statement = select(epochs.c.terminal, epochs.c.epoch).join(terminals, present).where(
        is_among(connection, epochs.c.terminal, numbers),
        epochs.c.state == ACTIVE, terminals.c.state == ACTIVE,
    )  # fmt: skip
    return frozenset((row.terminal, row.epoch) for row in connection.execute(statement))


def _outlets(connection: Connection, numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    statement = select(terminals.c.terminal, terminals.c.outlet)
    rows = connection.execute(statement.where(is_among(connection, terminals.c.terminal, numbers)))
    return {row.terminal: row.outlet for row in rows}


def _released(connection: Connection, numbers: set[int]) -> dict[int, SlotSet]:
    found: dict[int, list[tuple[int, int]]] = {}
    if numbers:
        statement = select(releases).where(is_among(connection, releases.c.grant, numbers))
        for row in connection.execute(statement):
            found.setdefault(row.grant, []).append((row.first, row.last))
    return {number: slot_set(ranges) for number, ranges in found.items()}


def _allowances(
    connection: Connection, offers: set[int], numbers: Iterable[int]
) -> dict[tuple[int, int], Allowance]:
    if not offers:
        return {}
    statement = select(allowances).where(
        is_among(connection, allowances.c.terminal, numbers),
        is_among(connection, allowances.c.offer, offers),
    )
    return {(row.offer, row.terminal): Allowance(*row) for row in connection.execute(statement)}
