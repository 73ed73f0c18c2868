"""Open a store: what start-up finds is reported, what it cannot trust is refused with advice.

A refusal changes nothing.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from branchdesk.application.models import Session
from branchdesk.application.ports import Clock, Fact, Randomness
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.persistence import log, migrations, office_rows
from branchdesk.persistence.ballast import Ballast
from branchdesk.persistence.engine import Database, is_plain
from branchdesk.persistence.event_files import EventFiles
from branchdesk.persistence.faults import translated
from branchdesk.persistence.folder import FolderLock, StoreFolder
from branchdesk.persistence.identity import Identity, encode_owner_of, load_identity
from branchdesk.persistence.reconcile import read_twin, reconcile_second
from branchdesk.persistence.schema import HEAD, revision_of
from branchdesk.persistence.unit import SqliteUnit, Surroundings
from branchdesk.persistence.write_lane import WriteLane
from branchdesk.protocol import facts

SYSTEM: Final = Session(staff="")
"""Nobody: what the program does by itself."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The ports that a store needs, and where the migrations lie."""

    clock: Clock
    randomness: Randomness
    migrations: Path | None = None


@dataclass(frozen=True, slots=True)
class StartReport:
    """What start-up found, all checks having passed.

    ``tail_events_checked`` counts the unsynced events whose chain was verified;
    ``recovered_events`` those that only the second event file still had; ``migrated_from`` is a
    revision, or empty; ``warnings`` are stable words.
    """

    tail_events_checked: int = 0
    recovered_events: int = 0
    migrated_from: str = ""
    warnings: tuple[str, ...] = ()


def open_lane(
    folder: StoreFolder, data_key: bytes, machine: Machine
) -> tuple[WriteLane, StartReport]:
    """Open a store and check what can be checked quickly; raises EnvironmentFault."""
    files = EventFiles(folder, data_key, machine.randomness)
    if not folder.database.exists():
        recovery = can_recover(files)
        raise EnvironmentFault("store_missing", path=str(folder.database), recovery=recovery)
    lock = FolderLock(folder.lock)
    database: Database | None = None
    try:
        with translated(str(folder.database)):
            database = _open_database(folder, data_key, files)
            migrated_from = _bring_up_to_date(folder, data_key, machine, database)
            around = _surroundings(database, machine)
            checked = _check_tail(database, around.identity)
            ballast = Ballast(folder.ballast)
            ballast.ensure()
            around, recovered = _reconcile(around, files)
    except BaseException as error:
        if database is not None:
            database.close()
        files.close()
        lock.release()
        if isinstance(error, EnvironmentFault) and error.code == "store_damaged":
            error.facts["recovery"] = can_recover(files)
        raise
    found = (files.warning, "" if ballast.is_whole() else "disk_nearly_full")
    report = StartReport(checked, recovered, migrated_from, tuple(filter(None, found)))
    return WriteLane(around, files, ballast, lock), report


def can_recover(files: EventFiles) -> bool:
    """Say whether our key opens both files from which a database can be made anew."""
    try:
        return files.twin.opens() and files.second.opens()
    except OSError:
        return False


def _open_database(folder: StoreFolder, data_key: bytes, files: EventFiles) -> Database:
    if is_plain(folder.database):
        raise EnvironmentFault("store_not_encrypted", path=str(folder.database))
    try:
        return Database(folder.database, data_key)
    except EnvironmentFault as fault:
        # SQLCipher cannot tell another key from a damaged first page; the sealed twin can.
        if fault.code == "store_damaged" and not files.twin.opens():
            raise EnvironmentFault("store_key_wrong", path=str(folder.database)) from fault
        raise


def _bring_up_to_date(
    folder: StoreFolder, data_key: bytes, machine: Machine, database: Database
) -> str:
    with translated(str(folder.database)):
        revision = revision_of(database)
        if database.pragma("PRAGMA quick_check(1)") != [("ok",)]:
            raise EnvironmentFault("store_damaged", path=str(folder.database))
    migrations.drop_old_backups(folder.backups, machine.clock)
    if revision == HEAD:
        return ""
    migrations.migrate(database, data_key, folder.backups, machine.migrations, machine.clock)
    return revision


def _surroundings(database: Database, machine: Machine) -> Surroundings:
    try:
        with translated(str(database.path)):
            identity = load_identity(database)
    except ContractFault as error:
        raise EnvironmentFault("store_damaged", path=str(database.path)) from error
    campaigns = office_rows.Campaigns()
    return Surroundings(database, identity, campaigns, machine.clock, machine.randomness)


def _check_tail(database: Database, identity: Identity) -> int:
    """Verify the chain of what head office has not signed for; return how many events."""
    try:
        with translated(str(database.path)):
            tail = log.load_tail(database)
            unsynced = tail.seq - office_rows.signed_marks(database)[0]
            bad = log.first_break(database, identity.geneses, tail.position - unsynced)
            last = log.place_of(database, tail.epoch, tail.seq)
    except ContractFault as error:
        raise EnvironmentFault("store_damaged", path=str(database.path)) from error
    if bad is not None or last != (tail.position, tail.hash):
        raise EnvironmentFault("store_damaged", path=str(database.path), event=bad)
    return unsynced


def _reconcile(before: Surroundings, files: EventFiles) -> tuple[Surroundings, int]:
    database = before.database
    files.mark = files.settled = log.load_tail(database).files
    twin = read_twin(files, before.identity)
    with database.transaction():
        found = reconcile_second(database, before.identity, files, twin)
        around = replace(before, identity=found.identity)
        if found.events:
            unit = SqliteUnit(around, log.load_tail(database), SYSTEM)
            record_recovery(unit, around, found.events)
            unit.finish(files.settled)
        files.drafts.bring_back(database)
    if found.events or not twin.is_whole:
        # Among what came back may be that somebody was erased, whose key the older copy still had.
        files.rewrite_twin(database, encode_owner_of(around.identity))
    if found.events:
        database.clear_old_pages()
    damage = files.warning
    files.catch_up(database)
    files.warning = files.warning or damage
    return around, found.events


def record_recovery(unit: SqliteUnit, around: Surroundings, events: int) -> None:
    """Write into the log that ``events`` of it came back from the second file."""
    fields = {"events": events, "source": "second_file"}
    event_id = around.randomness.intent_id()
    unit.record(Fact(facts.TERMINAL_RECOVERED, event_id, fields, {}))
