"""The limits a person, checked again over all terminals (PRODUCT chapter 5).

A terminal that was offline cannot know what another issued meanwhile. What both printed stands; by
head office's order the later one is put before a person. People are counted by the keyed hashes of
phone and document, not by record.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, select, text

from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.redemption_tables import voids
from branchdesk.headoffice.slot_effects import VoucherRow
from branchdesk.headoffice.tables import customer_hashes, offers, vouchers
from branchdesk.protocol import facts

LIMIT_PERSON, LIMIT_PERSON_DAY = "limit_person", "limit_person_day"

# Any fixed number. Of two batches checked at the same time neither would see the other's vouchers,
# so they take turns from here to their commit. It is taken before the counters, held as long.
_LIMITS_LOCK: Final = 7_230_115
# A case names this many vouchers; of a person with more than that, the first.
_NAMED_MAX: Final = 50
# Somebody may register one phone many thousand times; SQLite takes so many parameters at once.
_ASKED_MAX: Final = 10_000


class Issued(NamedTuple):
    """A voucher as far as limits count it."""

    grant: int
    slot: int
    offer: int
    day: int
    customer: str
    terminal: int


@dataclass(frozen=True, slots=True)
class OfferLimits:
    """An offer's limits; None is no limit."""

    code: str
    person: int | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Breach:
    """A voucher beyond a limit, with the ``earlier`` vouchers of the same person and offer."""

    row: VoucherRow
    code: str
    offer: str
    limit: int
    earlier: Sequence[Issued]

    def notice(self) -> dict[str, object]:
        """Return what the terminal is told."""
        return {"offer": self.offer, "limit": self.limit, "issued": len(self.earlier)}

    def facts(self) -> dict[str, object]:
        """Return what a person needs to judge it."""
        mine = Issued(
            self.row.grant, self.row.slot, self.row.offer, self.row.issued_day, self.row.customer,
            self.row.terminal,
        )  # fmt: skip
        named = [*self.earlier[: _NAMED_MAX - 1], mine]
        return {
            **self.notice(), "grant": mine.grant, "slot": mine.slot, "customer": mine.customer,
            "terminals": sorted({str(issued.terminal) for issued in named}, key=int),
            "customers": sorted({issued.customer for issued in named}),
            "vouchers": [facts.voucher_id(issued.grant, issued.slot) for issued in named],
        }  # fmt: skip


_IS_VOID: Final = (
    select(voids.c.slot)
    .where(voids.c.grant == vouchers.c.grant, voids.c.slot == vouchers.c.slot)
    .exists()
)


def find_breaches(
    connection: Connection, issued: Sequence[VoucherRow], voided: Set[tuple[int, int]] = frozenset()
) -> dict[int, Breach]:
    """Return the breaches among a batch's new vouchers, by sequence number.

    ``issued`` are in the order of their events and not yet written, ``voided`` the (grant, slot) of
    what the batch voids. What is stored already came first; what is void counts no more, so that
    one voucher may take the place of another. Three queries whatever the number of vouchers.
    """
    limits = _read_limits(connection, {row.offer for row in issued})
    counted = [row for row in issued if row.offer in limits and (row.grant, row.slot) not in voided]
    if not counted:
        return {}
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LIMITS_LOCK})
    same = _same_people(connection, {row.customer for row in counted})
    everyone = set(same).union(*same.values())
    earlier = _read_issued(connection, everyone, limits)
    breaches: dict[int, Breach] = {}
    for row in counted:
        theirs = [
            i for who in sorted(same[row.customer]) for i in earlier.get((who, row.offer), ())
        ]
        breach = _judge(row, limits[row.offer], theirs)
        if breach is not None:
            breaches[row.seq] = breach
        mine = Issued(row.grant, row.slot, row.offer, row.issued_day, row.customer, row.terminal)
        earlier.setdefault((row.customer, row.offer), []).append(mine)
    return breaches


def by_person(breaches: Mapping[int, Breach]) -> list[tuple[int, Breach]]:
    """Return one breach a person, offer and limit: the first one's seq with the last one's facts.

    Somebody who goes on for a whole batch is one case, not hundreds.
    """
    found: dict[tuple[str, str, str], tuple[int, Breach]] = {}
    for seq, breach in sorted(breaches.items()):
        key = (breach.row.customer, breach.offer, breach.code)
        first, _ = found.get(key, (seq, breach))
        found[key] = first, breach
    return list(found.values())


def _judge(row: VoucherRow, limits: OfferLimits, earlier: Sequence[Issued]) -> Breach | None:
    if limits.person is not None and len(earlier) >= limits.person:
        return Breach(row, LIMIT_PERSON, limits.code, limits.person, earlier)
    that_day = [issued for issued in earlier if issued.day == row.issued_day]
    if limits.day is not None and len(that_day) >= limits.day:
        return Breach(row, LIMIT_PERSON_DAY, limits.code, limits.day, that_day)
    return None


def _read_limits(connection: Connection, numbers: Iterable[int]) -> dict[int, OfferLimits]:
    statement = select(
        offers.c.offer, offers.c.code, offers.c.per_person_limit, offers.c.per_day_limit
    ).where(is_among(connection, offers.c.offer, numbers))
    return {
        row.offer: OfferLimits(row.code, row.per_person_limit, row.per_day_limit)
        for row in connection.execute(statement)
        if row.per_person_limit is not None or row.per_day_limit is not None
    }


def _same_people(connection: Connection, named: Iterable[str]) -> Mapping[str, set[str]]:
    """Return with each customer everybody who shares a hash, the customer too."""
    same = {customer: {customer} for customer in named}
    other = customer_hashes.alias()
    statement = (
        select(customer_hashes.c.customer, other.c.customer.label("other"))
        .join(other, other.c.hash == customer_hashes.c.hash)
        .where(is_among(connection, customer_hashes.c.customer, same),
               other.c.customer != customer_hashes.c.customer)
    )  # fmt: skip
    for row in connection.execute(statement):
        same[row.customer].add(row.other)
    return same


def _read_issued(
    connection: Connection, customers: Iterable[str], limits: Iterable[int]
) -> dict[tuple[str, int], list[Issued]]:
    v, listed = vouchers.c, sorted(customers)
    found: dict[tuple[str, int], list[Issued]] = {}
    for start in range(0, len(listed), _ASKED_MAX):
        some = listed[start : start + _ASKED_MAX]
        statement = (
            select(v.grant, v.slot, v.offer, v.issued_day, v.customer, v.terminal)
            .where(is_among(connection, v.customer, some), is_among(connection, v.offer, limits),
                   ~_IS_VOID)
            .order_by(v.issued_at, v.grant, v.slot)
        )  # fmt: skip
        for row in connection.execute(statement):
            found.setdefault((row.customer, row.offer), []).append(Issued(*row))
    return found
