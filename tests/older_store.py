"""A store as an earlier program made it: what each revision of the schema added, undone."""

from typing import Final

from branchdesk.persistence.engine import Database
from branchdesk.persistence.schema import REVISIONS
from branchdesk.persistence.store import StoreFolder
from tests.builders import DATA_KEY

OLDER: Final = REVISIONS[:-1]
UNDO: Final = {
    "0002": ("DROP TABLE drafts", "DROP TABLE handed_codes", "DROP INDEX vouchers_unprinted"),
    "0003": ("DROP TABLE customer_events", "DROP TABLE merges", "DROP TABLE erasures"),
    "0004": ("DROP TABLE pin_resets", "DROP TABLE shift_counts", "DROP TABLE shift_holders"),
    "0005": tuple(
        f"DROP TABLE {name}"
        for name in (
            "allowances",
            "book_entries",
            "books",
            "forks",
            "keepers",
            "known_copies",
            "outcomes",
            "past_enrolments",
            "redemptions",
            "releases",
            "reprints",
            "resignations",
            "return_requests",
            "used_elsewhere",
            "voids",
        )
    ),
    "0006": ("DROP INDEX redemptions_by_time",),
}


def make_older(folder: StoreFolder, revision: str) -> None:
    """Take a closed store back to ``revision``, its log untouched."""
    database = Database(folder.database, DATA_KEY)
    with database.transaction():
        for later in reversed(REVISIONS[REVISIONS.index(revision) + 1 :]):
            for statement in UNDO[later]:
                database.pragma(statement)
        database.pragma(f"UPDATE alembic_version SET version_num = '{revision}'")
    database.close()
