"""Make a head office from a backup, in an empty place; it then learns what came after the backup.

The whole file is read and verified before anything is written. The rows are loaded in one
transaction and ``office.json`` comes last, so an attempt that was cut short leaves no office.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, select

from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.headoffice.back_up import FORM_VERSION, KEPT_FILES
from branchdesk.headoffice.backup_file import read_frames
from branchdesk.headoffice.columns import metadata
from branchdesk.headoffice.context import ROOT_KEY_FACT, read_fact
from branchdesk.headoffice.database import Database, insert_rows, open_database
from branchdesk.headoffice.learning import begin_learning
from branchdesk.headoffice.recovery_results import Restored
from branchdesk.headoffice.schema import REVISIONS, bring_up_to_date, make_schema
from branchdesk.headoffice.settings import (
    DATABASE_FILE,
    KEYS_FILE,
    SETTINGS_FILE,
    Settings,
    read_settings,
    write_private,
    write_settings,
)
from branchdesk.headoffice.tables import awaited_terminals
from branchdesk.headoffice.vault import ROOT, open_keys
from branchdesk.protocol import codec

_HEADER: Mapping[str, type] = {
    "version": int, "made_ms": int, "revision": str, "root_key": bytes, "ho_epoch": int,
    "url": str, "tables": dict, "files": dict,
}  # fmt: skip


def restore_office(
    home: Path,
    passphrase: str,
    path: Path,
    database_url: str | None,
    *,
    clock_ms: Callable[[], int],
    randomness: Callable[[int], bytes] = os.urandom,
) -> Restored:
    """Restore the backup at ``path`` into ``home``, or into the empty PostgreSQL of the URL.

    Raises RuleViolation ``restore_target_not_empty`` or ``backup_of_other_bank``; ContractFault
    ``backup_damaged``; EnvironmentFault ``backup_unreadable``, ``wrong_office_passphrase`` or
    ``database_newer``. Nothing was written then.
    """
    header, rows = _verified(path, passphrase)
    settings = _check_target(home, passphrase, header)
    url = settings.database_url if database_url is None else database_url
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(home, url)
    try:
        _require_empty(database)
        made_ms = int(header["made_ms"])

        def act(connection: Connection) -> tuple[int, tuple[int, ...]]:
            make_schema(connection, header["revision"])
            _load(connection, path, passphrase, header)
            ho_epoch = begin_learning(connection, made_ms, clock_ms(), randomness)
            awaited = select(awaited_terminals.c.terminal)
            return ho_epoch, tuple(
                connection.execute(awaited.order_by(awaited_terminals.c.terminal)).scalars()
            )

        ho_epoch, awaited = database.write(act)
        bring_up_to_date(database)
    finally:
        database.close()
    for name, data in header["files"].items():
        write_private(home / name, data)
    write_settings(home, Settings(url, header["url"]))
    return Restored(made_ms, ho_epoch, rows, awaited)


def _verified(path: Path, passphrase: str) -> tuple[dict[str, Any], int]:
    """Read the file to its end; return its header and how many rows it holds."""
    frames = read_frames(path, passphrase)
    header = codec.check_map(next(frames), _HEADER, what="backup")
    if header["version"] != FORM_VERSION or header["revision"] not in REVISIONS:
        raise EnvironmentFault("database_newer", found=header["revision"][:20], known=REVISIONS[-1])
    if not header["files"].keys() <= set(KEPT_FILES):
        raise ContractFault("backup_damaged", problem="files")
    counted = dict.fromkeys(header["tables"], 0)
    told: object = None
    for frame in frames:
        if isinstance(frame, dict):
            told = frame.get("rows")
        else:
            counted[frame[0]] += len(frame[1])
    if told != counted:
        raise ContractFault("backup_damaged", problem="counts")
    return header, sum(counted.values())


def _check_target(home: Path, passphrase: str, header: Mapping[str, Any]) -> Settings:
    """Refuse a place where something stands; keys of the same bank may lie there."""
    if (home / KEYS_FILE).exists():
        mine = open_keys(home, passphrase).signer(ROOT).public_key
        if mine != header["root_key"]:
            raise RuleViolation("backup_of_other_bank", home=str(home))
    if (home / DATABASE_FILE).exists() and (home / DATABASE_FILE).stat().st_size:
        raise RuleViolation("restore_target_not_empty", target=str(home / DATABASE_FILE))
    return read_settings(home) if (home / SETTINGS_FILE).exists() else Settings()


def _require_empty(database: Database) -> None:
    with database.read() as connection:
        if not inspect(connection).has_table("office_facts"):
            return
        is_taken = read_fact(connection, ROOT_KEY_FACT) is not None
    raise RuleViolation(
        "restore_target_not_empty", target="PostgreSQL" if is_taken else "office_facts"
    )


def _load(connection: Connection, path: Path, passphrase: str, header: Mapping[str, Any]) -> None:
    frames = read_frames(path, passphrase)
    next(frames)
    for frame in frames:
        if isinstance(frame, list):
            name, rows = frame
            insert_rows(connection, metadata.tables[name], rows, names=header["tables"][name])
