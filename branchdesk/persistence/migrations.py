"""Bring an older database to this program's schema, unsent events and all, after a backup.

Alembic is imported only here and only when the schema is behind. A backup never holds the keys of
persons, and none is kept longer than a week: whoever is erased ages out of them too.
"""

import contextlib
import sys
from pathlib import Path
from typing import Final

from branchdesk.application.ports import Clock
from branchdesk.errors import EnvironmentFault
from branchdesk.persistence.engine import Database
from branchdesk.persistence.faults import translated
from branchdesk.persistence.schema import revision_of

BACKUP_DAYS: Final = 7
_DAY_MS: Final = 24 * 60 * 60 * 1000
_NEVER_BACKED_UP: Final = frozenset({"person_keys"})
_OBJECTS: Final = (
    "SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL "
    "ORDER BY type = 'table' DESC, rowid"
)


def migrations_folder(given: Path | None = None) -> Path:
    """Return the folder with the terminal's migrations: as given, frozen in, or in the checkout."""
    root = Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parents[2]))
    folder = given or root / "migrations" / "terminal"
    if not (folder / "env.py").is_file():
        raise EnvironmentFault("migrations_missing", path=str(folder))
    return folder


def migrate(
    database: Database, data_key: bytes, backups: Path, folder: Path | None, clock: Clock
) -> Path:
    """Back up, then run every missing migration in one transaction; return the backup's path."""
    scripts = migrations_folder(folder)
    revision = revision_of(database)
    saved = back_up(database, backups / f"{clock.now_ms()}-{revision}.backup", data_key)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = database.connection
    with database.schema_transaction():
        command.upgrade(config, "head")
    return saved


def back_up(database: Database, path: Path, data_key: bytes) -> Path:
    """Copy the database, encrypted under the same key, without the keys of persons."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    # ATTACH without a KEY clause would take the same key and the same salt; a fresh salt is better.
    attach = f"ATTACH DATABASE ? AS backup KEY \"x'{data_key.hex()}'\""
    with translated(str(path)):
        database.attach(attach, str(path))
        try:
            _copy_all(database)
        finally:
            database.pragma("DETACH DATABASE backup")
    return path


def drop_old_backups(backups: Path, clock: Clock) -> None:
    """Delete backups that are older than a week by the clock that named them."""
    for path in backups.glob("*.backup"):
        made_ms = path.name.partition("-")[0]
        if made_ms.isdigit() and clock.now_ms() - int(made_ms) > BACKUP_DAYS * _DAY_MS:
            with contextlib.suppress(OSError):
                path.unlink()


def _copy_all(database: Database) -> None:
    database.pragma("BEGIN IMMEDIATE")
    try:
        for kind, name, sql in database.pragma(_OBJECTS):
            head, _, rest = sql.partition(name)
            database.pragma(f"{head}backup.{name}{rest}")
            if kind == "table" and name not in _NEVER_BACKED_UP:
                database.pragma(f"INSERT INTO backup.{name} SELECT * FROM main.{name}")  # noqa: S608 - names come from our own schema
    except BaseException:
        database.pragma("ROLLBACK")
        raise
    database.pragma("COMMIT")
