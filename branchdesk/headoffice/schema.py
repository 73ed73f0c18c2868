"""Bring the store to this program's schema by Alembic; refuse one that a newer program made.

Alembic is imported only when something has to be done: opening an up-to-date store stays quick.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from branchdesk.errors import EnvironmentFault
from branchdesk.headoffice.database import Database

# Every revision this program knows, oldest first; the last one is what the tables describe.
REVISIONS: Final = ("ho0001", "ho0002", "ho0003", "ho0004")
SCRIPTS: Final = Path(__file__).resolve().parents[2] / "migrations" / "headoffice"

# Any fixed number: it keeps two openers of one PostgreSQL from migrating at the same time.
_MIGRATION_LOCK: Final = 7_230_114


def make_schema(connection: Connection, revision: str, scripts: Path = SCRIPTS) -> None:
    """Make the tables of an older revision in an empty store, inside the caller's transaction."""
    _migrate(connection, scripts, revision)


def bring_up_to_date(database: Database, scripts: Path = SCRIPTS) -> None:
    """Migrate the store to the newest revision this program knows.

    Raises EnvironmentFault ``database_newer`` when the store's revision is unknown here.
    """
    with database.read() as connection:
        if _revision(connection) == REVISIONS[-1]:
            return
    database.write(lambda connection: _upgrade(connection, scripts))


def _upgrade(connection: Connection, scripts: Path) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    found = _revision(connection)
    if found == REVISIONS[-1]:
        return
    if found is not None and found not in REVISIONS:
        raise EnvironmentFault("database_newer", found=found, known=REVISIONS[-1])
    _migrate(connection, scripts, REVISIONS[-1])


def _migrate(connection: Connection, scripts: Path, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
