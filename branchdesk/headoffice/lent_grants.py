"""The grants of our own journal, as ingest looks them up; remembered, because they never change."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from branchdesk.headoffice.database import Database
from branchdesk.headoffice.tables import grants
from branchdesk.protocol.token import Grant, decode_grant

# Some kilobytes a terminal; beyond this everything is forgotten and read again.
_REMEMBERED_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class LentGrant:
    """A grant as our journal has it; ``digest`` is what its vouchers' signatures repeat."""

    value: Grant
    record: bytes
    epoch: int
    digest: bytes
    # Signed by us and unknown to our journal: a restore lost it, a terminal tells of it.
    is_learnt: bool = False


@dataclass(slots=True)
class LentGrants:
    """Grants by number. A journal row is added once and never changed, so any worker may keep it;
    a number that is not there yet is asked for again.
    """

    _known: dict[int, LentGrant] = field(default_factory=dict)

    def read(self, database: Database, numbers: Iterable[int]) -> dict[int, LentGrant]:
        """Return those of ``numbers`` that were ever lent."""
        wanted = set(numbers)
        # Another thread may empty the memory meanwhile: what is found here is held on to.
        found = {n: grant for n in wanted if (grant := self._known.get(n)) is not None}
        missing = sorted(wanted - found.keys())
        if not missing:
            return found
        statement = select(grants.c.grant, grants.c.epoch, grants.c.record).where(
            grants.c.grant.in_(missing)
        )
        with database.read() as connection:
            rows = connection.execute(statement).all()
        read = {row.grant: _lent(bytes(row.record), row.epoch) for row in rows}
        if len(self._known) + len(read) > _REMEMBERED_MAX:
            self._known.clear()
        self._known.update(read)
        return found | read


def _lent(record: bytes, epoch: int) -> LentGrant:
    return LentGrant(decode_grant(record), record, epoch, hashlib.sha256(record).digest())


def learnt_grant(value: Grant, record: bytes, epoch: int) -> LentGrant:
    """Return a grant that a terminal tells of; the caller has checked our signature on it."""
    return LentGrant(value, record, epoch, hashlib.sha256(record).digest(), is_learnt=True)
