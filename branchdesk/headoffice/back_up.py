"""Back head office up: every table as it stood at one moment, and the files beside the store.

One consistent snapshot, whatever is written meanwhile. Once the file is whole and on the disk, the
durable marks rise to what it covers: with ``serve --durable backup`` that is what terminals may
rely on. The rows are the same from SQLite and PostgreSQL, so either is restored into either.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, select, update

from branchdesk.headoffice.backup_file import BackupWriter, written_whole
from branchdesk.headoffice.columns import metadata
from branchdesk.headoffice.context import OfficeContext, read_ho_epoch, replace_fact
from branchdesk.headoffice.database import table_rows
from branchdesk.headoffice.recovery_results import BackedUp
from branchdesk.headoffice.schema import REVISIONS
from branchdesk.headoffice.settings import (
    CA_FILE,
    KEYS_FILE,
    SERVER_CERTIFICATE_FILE,
    SERVER_KEY_FILE,
    read_settings,
)
from branchdesk.headoffice.tables import epochs
from branchdesk.headoffice.vault import ROOT

FORM_VERSION: Final = 1
BACKUP_FACT: Final = "backed_up_ms"
KEPT_FILES: Final = (KEYS_FILE, CA_FILE, SERVER_CERTIFICATE_FILE, SERVER_KEY_FILE)
_FRAME_BYTES: Final = 1 << 20


def back_up(context: OfficeContext, path: Path, passphrase: str) -> BackedUp:
    """Write a backup to ``path``, in place of an older one there, and raise the durable marks.

    Raises EnvironmentFault ``backup_unwritable``; the marks then stay where they were.
    """
    made_ms = context.clock_ms()
    with written_whole(path) as file, context.database.snapshot() as connection:
        writer = BackupWriter(file, passphrase, context.randomness)
        writer.put(_header(context, connection, made_ms))
        counts = {table.name: _dump(connection, table, writer) for table in _tables()}
        covered = [tuple(row) for row in connection.execute(
            select(epochs.c.terminal, epochs.c.epoch, epochs.c.seq)
        )]  # fmt: skip
        writer.put({"rows": counts}, is_last=True)
        size = file.tell()
    context.database.write(lambda connection: _raise_marks(connection, covered, made_ms))
    return BackedUp(str(path), size, sum(counts.values()), made_ms)


def _tables() -> list[Table]:
    return sorted(metadata.tables.values(), key=lambda table: table.name)


def _header(context: OfficeContext, connection: Connection, made_ms: int) -> dict[str, object]:
    home, settings = context.home, read_settings(context.home)
    return {
        "version": FORM_VERSION, "made_ms": made_ms, "revision": REVISIONS[-1],
        "root_key": context.vault.signer(ROOT).public_key,
        "ho_epoch": read_ho_epoch(connection), "url": settings.url,
        "tables": {table.name: [column.name for column in table.columns] for table in _tables()},
        "files": {name: (home / name).read_bytes() for name in KEPT_FILES
                  if (home / name).exists()},
    }  # fmt: skip


def _dump(connection: Connection, table: Table, writer: BackupWriter) -> int:
    count = 0
    for rows in _chunks(table_rows(connection, table)):
        writer.put([table.name, rows])
        count += len(rows)
    return count


def _chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[list[Any]]]:
    chunk: list[list[Any]] = []
    size = 0
    for row in rows:
        chunk.append(list(row))
        size += sum(len(value) if isinstance(value, bytes | str) else 9 for value in row)
        if size >= _FRAME_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _raise_marks(connection: Connection, covered: list[tuple[Any, ...]], made_ms: int) -> None:
    for terminal, epoch, seq in covered:
        connection.execute(
            update(epochs)
            .where(epochs.c.terminal == terminal, epochs.c.epoch == epoch,
                   epochs.c.backed_up_seq < seq)
            .values(backed_up_seq=seq)
        )  # fmt: skip
    replace_fact(connection, BACKUP_FACT, made_ms.to_bytes(8, "big"))
