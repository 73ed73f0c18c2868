"""Make a store, or make a lost one anew: built beside, moved in whole, nothing half done."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from branchdesk.application.models import Enrolment
from branchdesk.application.ports import Fact
from branchdesk.domain.clock import signed_mark
from branchdesk.errors import EnvironmentFault
from branchdesk.persistence import log, office_rows
from branchdesk.persistence.engine import Database
from branchdesk.persistence.entries import KeyEntry, decode_entries, decode_twin_frame
from branchdesk.persistence.event_files import EventFiles
from branchdesk.persistence.faults import translated
from branchdesk.persistence.folder import FolderLock, StoreFolder, sync_folder
from branchdesk.persistence.identity import (
    Identity,
    decode_owner,
    encode_owner_of,
    identify,
    save_identity,
)
from branchdesk.persistence.opening import SYSTEM, Machine, record_recovery
from branchdesk.persistence.reading import look_at
from branchdesk.persistence.reconcile import Replayed, Scan, replay, scan
from branchdesk.persistence.replay import replay_enrolment
from branchdesk.persistence.schema import create_schema
from branchdesk.persistence.unit import SqliteUnit, Surroundings
from branchdesk.protocol import facts

_SUFFIXES = ("", "-wal", "-shm")


def create(folder: StoreFolder, data_key: bytes, enrolment: Enrolment, machine: Machine) -> None:
    """Make a store whose first event is ``terminal.enrolled``.

    Raises EnvironmentFault ``store_exists`` when there is one, or what is left of one.
    """
    identity = identify(enrolment)
    with _locked(folder):
        files = EventFiles(folder, data_key, machine.randomness)
        if folder.database.exists() or files.second.exists():
            raise EnvironmentFault("store_exists", path=str(folder.database))
        try:
            with _built(folder, data_key, identity, machine) as around:
                with around.database.transaction():
                    unit = SqliteUnit(around, _first_tail(around), SYSTEM)
                    fields = {"certificate": enrolment.certificate}
                    event_id = machine.randomness.intent_id()
                    unit.record(Fact(facts.TERMINAL_ENROLLED, event_id, fields, {}))
                    unit.finish(files.mark)
                _complete(around, files)
            _move_in(folder)
        except BaseException:
            _remove(folder.second, folder.keys)
            raise


def recover(folder: StoreFolder, data_key: bytes, machine: Machine) -> None:
    """Make the database anew from the second event file and the keys' twin.

    The old database is kept aside, until somebody is erased. Raises EnvironmentFault
    ``store_unrecoverable`` when a file is missing, ``store_key_wrong`` or ``second_file_damaged``;
    nothing is then changed.
    """
    with _locked(folder):
        files = EventFiles(folder, data_key, machine.randomness)
        found = _readable(files)
        identity, keys = _read_twin(files)
        with _built(folder, data_key, identity, machine) as around:
            with around.database.transaction():
                replayed = _replay_all(around, found, keys)
                files.mark = replace(
                    files.mark,
                    second_bytes=found.end,
                    second_position=replayed.events,
                    second_items=replayed.items,
                )
                unit = SqliteUnit(around, replayed.tail, SYSTEM)
                record_recovery(unit, around, replayed.events)
                unit.finish(files.mark)
            _complete(around, files)
        _set_aside(folder.database, machine.clock.now_ms())
        _move_in(folder)


def _readable(files: EventFiles) -> Scan:
    for file in (files.twin, files.second):
        if not file.exists():
            raise EnvironmentFault("store_unrecoverable", path=str(file.path))
        if not file.opens():
            raise EnvironmentFault("store_key_wrong", path=str(file.path))
    found = scan(files.second, 0)
    # A damaged middle would cut history short, and a shorter history is a fork at head office.
    if found.damaged:
        raise EnvironmentFault("second_file_damaged", path=str(files.second.path))
    return found


def _read_twin(files: EventFiles) -> tuple[Identity, dict[int, KeyEntry]]:
    keys: dict[int, KeyEntry] = {}
    enrolment: bytes | None = None
    for frame in files.twin.frames():
        found, entries = decode_twin_frame(frame.content)
        enrolment = found or enrolment
        keys.update({entry.position: entry for entry in entries})
    if enrolment is None:
        raise EnvironmentFault("store_unrecoverable", path=str(files.twin.path))
    return decode_owner(enrolment), keys


def _replay_all(around: Surroundings, found: Scan, keys: dict[int, KeyEntry]) -> Replayed:
    tail = _first_tail(around)
    entries = (entry for content in found.contents for entry in decode_entries(content))
    return replay(around.database, around.identity, tail, entries, keys)


def _first_tail(around: Surroundings) -> log.Tail:
    """Make schema, identity and the empty chain; return its tail."""
    database, identity = around.database, around.identity
    create_schema(database)
    save_identity(database, identity)
    replay_enrolment(database, identity)
    certificate = identity.certificate
    # Head office signed the time of enrolment: the first mark that the wall clock is held against.
    mark = signed_mark(None, certificate.enrolled_ms, look_at(around.clock))
    first = identity.first_epoch
    tail = log.Tail(first, 0, 0, identity.geneses[first], log.FilesMark(), mark)
    log.save_tail(database, tail, first=True)
    return tail


def _complete(around: Surroundings, files: EventFiles) -> None:
    """Write both files from the database; here a failure does raise."""
    files.rewrite_twin(around.database, encode_owner_of(around.identity))
    if not files.second.exists():
        files.write_second(around.database)
    files.catch_up(around.database)
    if files.behind:
        files.close()
        code = "disk_full" if files.warning == "second_file_full" else "store_io"
        raise EnvironmentFault(code, retryable=True, path=str(files.second.path))
    with around.database.transaction():
        tail = log.load_tail(around.database)
        log.save_tail(around.database, replace(tail, files=files.settled))
    files.close()
    sync_folder(files.second.path.parent)


@contextlib.contextmanager
def _locked(folder: StoreFolder) -> Iterator[None]:
    try:
        folder.make()
        lock = FolderLock(folder.lock)
    except OSError as error:
        raise EnvironmentFault("store_unwritable", path=str(folder.database.parent)) from error
    try:
        with translated(str(folder.database)):
            yield
    finally:
        lock.release()


@contextlib.contextmanager
def _built(
    folder: StoreFolder, data_key: bytes, identity: Identity, machine: Machine
) -> Iterator[Surroundings]:
    fresh = _fresh(folder)
    _remove(fresh)
    database = Database(fresh, data_key)
    try:
        yield Surroundings(
            database, identity, office_rows.Campaigns(), machine.clock, machine.randomness
        )
        # Closing does this too, but keeps it to itself when it fails; and the file is moved alone.
        database.clear_old_pages()
    except BaseException:
        database.close()
        _remove(fresh)
        raise
    database.close()


def _fresh(folder: StoreFolder) -> Path:
    return folder.database.with_name(folder.database.name + ".new")


def _move_in(folder: StoreFolder) -> None:
    _fresh(folder).replace(folder.database)
    sync_folder(folder.database.parent)


def _set_aside(database: Path, stamp: int) -> None:
    for suffix in _SUFFIXES:
        path = database.with_name(database.name + suffix)
        if path.exists():
            path.rename(database.with_name(f"{database.name}.damaged-{stamp}{suffix}"))


def _remove(*paths: Path) -> None:
    for path in paths:
        for suffix in _SUFFIXES:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
