"""The limits a person, checked again over all terminals (PRODUCT chapter 5).

A terminal that was offline cannot know what another issued meanwhile. What both printed stands; by
head office's order the later one is put before a person. People are counted by the keyed hashes of
phone and document, not by record.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, select, text
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from branchdesk.headoffice.case_news import CaseFound
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.redemption_tables import book_entries, voids
from branchdesk.headoffice.tables import customer_hashes, grants, offers, vouchers
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
    """A voucher as far as limits count it; ``seq`` of its event, for one that is new."""

    grant: int
    slot: int
    offer: int
    day: int
    customer: str
    terminal: int
    seq: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Return the voucher: grant and slot."""
        return self.grant, self.slot


@dataclass(frozen=True, slots=True)
class OfferLimits:
    """An offer's limits; None is no limit. ``face_minor`` is what one voucher too many is worth."""

    code: str
    face_minor: int
    person: int | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Breach:
    """A voucher beyond a limit, with the ``earlier`` vouchers of the same person and offer."""

    issued: Issued
    code: str
    offer: OfferLimits
    limit: int
    earlier: Sequence[Issued]

    def notice(self) -> dict[str, object]:
        """Return what the terminal is told."""
        return {"offer": self.offer.code, "limit": self.limit, "issued": len(self.earlier)}


@dataclass(frozen=True, slots=True)
class Excess:
    """The breaches of one person, offer and limit in a batch: a person decides them together."""

    breaches: Sequence[Breach]

    @property
    def seqs(self) -> list[int]:
        """The events that the terminal was told of."""
        return sorted({breach.issued.seq for breach in self.breaches})

    def case(self, outlet: str) -> CaseFound:
        """Return the case, which for now is the ``outlet``'s: the last one says most."""
        last = self.breaches[-1]
        mine = last.issued
        named = [*last.earlier[: _NAMED_MAX - 1], mine]
        told = {
            **last.notice(), "grant": mine.grant, "slot": mine.slot, "customer": mine.customer,
            "voucher": facts.voucher_id(*mine.place), "seqs": self.seqs, "liable": outlet,
            "loss_minor": last.offer.face_minor * len(self.breaches),
            "terminals": sorted({str(issued.terminal) for issued in named}, key=int),
            "customers": sorted({issued.customer for issued in named}),
            "vouchers": [facts.voucher_id(*issued.place) for issued in named],
        }  # fmt: skip
        return last.code, self.seqs[0], told


def find_breaches(
    connection: Connection, issued: Sequence[Issued], voided: Set[tuple[int, int]] = frozenset()
) -> list[Breach]:
    """Return the breaches among a batch's new vouchers, those entered from a book among them.

    ``issued`` are in the order of their events and not yet written, ``voided`` the (grant, slot) of
    what the batch voids. What is stored already came first; what is void counts no more, so that
    one voucher may take the place of another. Four queries whatever the number of vouchers.
    """
    limits = _read_limits(connection, {one.offer for one in issued})
    counted = [one for one in issued if one.offer in limits and one.place not in voided]
    if not counted:
        return []
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LIMITS_LOCK})
    same = _same_people(connection, {one.customer for one in counted})
    everyone = set(same).union(*same.values())
    earlier = _read_issued(connection, everyone, limits)
    breaches: list[Breach] = []
    for one in counted:
        theirs = [
            i for who in sorted(same[one.customer]) for i in earlier.get((who, one.offer), ())
        ]
        breach = _judge(one, limits[one.offer], theirs)
        if breach is not None:
            breaches.append(breach)
        earlier.setdefault((one.customer, one.offer), []).append(one)
    return breaches


def by_person(breaches: Iterable[Breach]) -> list[Excess]:
    """Return one excess a person, offer and limit.

    Somebody who goes on for a whole batch is one case, not hundreds.
    """
    found: dict[tuple[str, str, str], list[Breach]] = {}
    for breach in breaches:
        key = (breach.issued.customer, breach.offer.code, breach.code)
        found.setdefault(key, []).append(breach)
    return [Excess(listed) for listed in found.values()]


def _judge(one: Issued, limits: OfferLimits, earlier: Sequence[Issued]) -> Breach | None:
    if limits.person is not None and len(earlier) >= limits.person:
        return Breach(one, LIMIT_PERSON, limits, limits.person, earlier)
    that_day = [issued for issued in earlier if issued.day == one.day]
    if limits.day is not None and len(that_day) >= limits.day:
        return Breach(one, LIMIT_PERSON_DAY, limits, limits.day, that_day)
    return None


def _read_limits(connection: Connection, numbers: Iterable[int]) -> dict[int, OfferLimits]:
    o = offers.c
    statement = select(o.offer, o.code, o.face_minor, o.per_person_limit, o.per_day_limit).where(
        is_among(connection, o.offer, numbers)
    )
    return {
        offer: OfferLimits(*limits)
        for offer, *limits in connection.execute(statement)
        if limits[-2:] != [None, None]
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
    listed = sorted(customers)
    found: dict[tuple[str, int], list[Issued]] = {}
    for start in range(0, len(listed), _ASKED_MAX):
        some = listed[start : start + _ASKED_MAX]
        for statement in (_issued(connection, some, limits), _entered(connection, some, limits)):
            for row in connection.execute(statement):
                found.setdefault((row.customer, row.offer), []).append(Issued(*row))
    return found


def _issued(connection: Connection, customers: list[str], limits: Iterable[int]) -> Select[Any]:
    v = vouchers.c
    return (
        select(v.grant, v.slot, v.offer, v.issued_day, v.customer, v.terminal)
        .where(is_among(connection, v.customer, customers), is_among(connection, v.offer, limits),
               ~_is_void(v))
        .order_by(v.issued_at, v.grant, v.slot)
    )  # fmt: skip


def _entered(connection: Connection, customers: list[str], limits: Iterable[int]) -> Select[Any]:
    """Return the numbers of books that were given to ``customers`` and entered afterwards."""
    e = book_entries.c
    return (
        select(e.grant, e.slot, grants.c.offer, e.used_day.label("day"), e.customer, e.terminal)
        .join(grants, grants.c.grant == e.grant)
        .where(is_among(connection, e.customer, customers),
               is_among(connection, grants.c.offer, limits), ~_is_void(e))
        .order_by(e.used_day, e.grant, e.slot)
    )  # fmt: skip


def _is_void(of: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
    mine = (voids.c.grant == of.grant) & (voids.c.slot == of.slot)
    return select(voids.c.slot).where(mine).exists()
