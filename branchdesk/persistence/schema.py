"""Which shape a database has: its revision, and making the newest one from the tables."""

from functools import cache, partial

from sqlalchemy import Column, MetaData, String, Table, insert, select
from sqlalchemy.schema import CreateIndex, CreateTable

from branchdesk.errors import EnvironmentFault

# Imported for its tables: they are all in the metadata.
from branchdesk.persistence import tables  # noqa: F401
from branchdesk.persistence.columns import metadata
from branchdesk.persistence.engine import Database, Sql

# Oldest first; each has a script of that name in the migrations folder.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
HEAD = REVISIONS[-1]

# Alembic's own table, written without Alembic: importing it costs more than opening the store.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
_SET = Sql(lambda: insert(_version))
_GET = Sql(lambda: select(_version.c.version_num))
_HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"


def create_schema(database: Database) -> None:
    """Make every table of the newest revision, inside the caller's transaction."""
    create_tables(database)
    database.run(Sql(lambda: CreateTable(_version)))
    database.run(_SET, {"version_num": HEAD})


def create_tables(database: Database) -> None:
    """Make the tables alone, for a shadow that is compared and thrown away."""
    for statement in _statements():
        database.run(statement)


@cache
def _statements() -> tuple[Sql, ...]:
    """Return what makes every table and index; compiled once, as each check makes a shadow."""
    found = []
    for table in metadata.sorted_tables:
        found.append(Sql(partial(CreateTable, table)))
        indexes = sorted(table.indexes, key=lambda one: str(one.name))
        found += [Sql(partial(CreateIndex, index)) for index in indexes]
    return tuple(found)


def revision_of(database: Database) -> str:
    """Return the revision of an open database.

    Raises EnvironmentFault ``store_damaged`` when it has none, ``store_newer`` when this program
    does not know it.
    """
    found = None
    if database.pragma(_HAS_TABLE):
        found = database.row(_GET)
    if found is None:
        raise EnvironmentFault("store_damaged", path=str(database.path))
    revision = str(found[0])
    if revision not in REVISIONS:
        raise EnvironmentFault("store_newer", found=revision, supported=HEAD)
    return revision
