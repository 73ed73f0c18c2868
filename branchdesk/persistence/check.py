"""The store against its log: everything derived is made again beside it and compared."""

from functools import cache
from typing import Final

from sqlalchemy import Table, select
from sqlcipher3.dbapi2 import Error  # type: ignore[import-untyped]  # as in engine

from branchdesk.application.models import CheckReport
from branchdesk.errors import BranchDeskError
from branchdesk.persistence import log, office_rows
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.entries import (
    Entry,
    EventEntry,
    ItemEntry,
    KeyEntry,
    decode_entries,
    decode_twin_frame,
)
from branchdesk.persistence.event_files import EventFiles, entry_chunks
from branchdesk.persistence.faults import translated
from branchdesk.persistence.identity import Identity
from branchdesk.persistence.replay import (
    replay_enrolment,
    replay_event,
    replay_item,
    stored_items,
)
from branchdesk.persistence.schema import create_tables
from branchdesk.persistence.tables import EVENT_DERIVED, FEED_DERIVED, notices, person_keys
from branchdesk.persistence.unit import Surroundings

_CIPHER_CHECK: Final = "PRAGMA cipher_integrity_check"
_PAGE_CHECK: Final = "PRAGMA integrity_check(1)"
_KEYS: Final = Sql(
    lambda: select(person_keys.c.customer, person_keys.c.key, person_keys.c.position)
)

_FEED_NOTICES: Final = Sql(
    lambda: (
        select(notices).where(notices.c.source == "feed").order_by(notices.c.epoch, notices.c.seq)
    )
)


def check_store(around: Surroundings, files: EventFiles) -> CheckReport:
    """Return what was compared; ``problems`` are stable words, worst first.

    Raises EnvironmentFault ``store_damaged`` when pages cannot be read at all.
    """
    database, identity = around.database, around.identity
    with translated(str(database.path)):
        pages = _page_problems(database)
        chain = _chain_problems(database, identity)
        derived = _derived_problems(database, identity)
        beside = [*_second_problems(database, files), *_twin_problems(database, files)]
        events = log.count_events(database)
    problems = (*pages, *chain, *derived, *beside)
    return CheckReport(
        ok=not problems,
        events=events,
        projections_equal=not derived,
        chain_ok=not chain,
        problems=problems,
    )


def quick_check(around: Surroundings) -> tuple[str, ...]:
    """Return what a look of some milliseconds finds wrong: pages, and the chain not yet sent.

    Raises EnvironmentFault ``store_damaged`` when pages cannot be read at all.
    """
    database = around.database
    with translated(str(database.path)):
        pages = [] if database.pragma("PRAGMA quick_check(1)") == [("ok",)] else ["pages"]
        tail = log.load_tail(database)
        sent = tail.position - tail.seq + office_rows.signed_marks(database)[0]
        bad = log.first_break(database, around.identity.geneses, sent)
        head = log.place_of(database, tail.epoch, tail.seq) == (tail.position, tail.hash)
    chain = [] if bad is None else [f"chain:{bad}"]
    return (*pages, *chain, *([] if head else ["head"]))


def _page_problems(database: Database) -> list[str]:
    if database.pragma(_CIPHER_CHECK):
        # It reads the file without its write-ahead log: pages that a power cut tore while the log
        # was folded in are whole again once that is done to its end.
        database.clear_old_pages()
    found = [row for check in (_CIPHER_CHECK, _PAGE_CHECK) for row in database.pragma(check)]
    damaged = [row for row in found if row != ("ok",)]
    broken_links = database.pragma("PRAGMA foreign_key_check")
    return [*(["pages"] if damaged else []), *(["foreign_keys"] if broken_links else [])]


def _chain_problems(database: Database, identity: Identity) -> list[str]:
    problems = []
    bad = log.first_break(database, identity.geneses)
    if bad is not None:
        problems.append(f"chain:{bad}")
    tail = log.load_tail(database)
    if log.place_of(database, tail.epoch, tail.seq) != (tail.position, tail.hash):
        problems.append("head")
    if log.count_events(database) != tail.position:
        problems.append("event_count")
    acked, _, _ = office_rows.signed_marks(database)
    if acked > tail.seq:
        problems.append("marks")
    return problems


def _derived_problems(database: Database, identity: Identity) -> list[str]:
    shadow = Database(None, bytes(32))
    try:
        with shadow.transaction():
            create_tables(shadow)
            problems = _retell(database, shadow, identity)
            tables = (*EVENT_DERIVED, *FEED_DERIVED)
            problems += [
                f"table:{table.name}"
                for table in tables
                if _content(database, table) != _content(shadow, table)
            ]
            if _feed_notices(database) != _feed_notices(shadow):
                problems.append("table:notices")
    finally:
        shadow.close()
    return problems


def _retell(database: Database, shadow: Database, identity: Identity) -> list[str]:
    problems = []
    replay_enrolment(shadow, identity)
    for arrival, entry in stored_items(database):
        try:
            replay_item(shadow, identity, entry, arrival)
        except BranchDeskError:
            problems.append(f"feed_item:{entry.lane}:{entry.number}")
    for event in log.all_events(database):
        # An edited event may name what there never was, or hold a value of any kind anywhere.
        try:
            replay_event(shadow, identity, event)
        except (BranchDeskError, Error, LookupError, OverflowError, TypeError, ValueError):
            problems.append(f"event:{event.position}")
    return problems


def _second_problems(database: Database, files: EventFiles) -> list[str]:
    end = 0
    kept: list[Entry] = []
    for frame in files.second.frames():
        kept += decode_entries(frame.content)
        end = frame.end
    problems = [] if files.second.is_blank_after(end) else ["second_file:damaged"]
    ours = [entry for chunk in entry_chunks(database, log.FilesMark()) for entry in chunk]
    if _by_kind(kept) != _by_kind(ours):
        problems.append("second_file:differs")
    return problems


def _twin_problems(database: Database, files: EventFiles) -> list[str]:
    keys: set[KeyEntry] = set()
    end, owned = 0, False
    for frame in files.twin.frames():
        enrolment, entries = decode_twin_frame(frame.content)
        owned = owned or enrolment is not None
        keys.update(entries)
        end = frame.end
    whole = owned and files.twin.is_blank_after(end)
    problems = [] if whole else ["person_keys:damaged"]
    if keys != {KeyEntry(*row) for row in database.rows(_KEYS)}:
        problems.append("person_keys:differ")
    return problems


def _by_kind(entries: list[Entry]) -> tuple[list[EventEntry], list[ItemEntry]]:
    events = [entry for entry in entries if isinstance(entry, EventEntry)]
    return events, [entry for entry in entries if isinstance(entry, ItemEntry)]


def _content(database: Database, table: Table) -> list[Row]:
    return database.rows(_all_rows(table))


@cache
def _all_rows(table: Table) -> Sql:
    return Sql(lambda: select(table).order_by(*table.primary_key.columns))


def _feed_notices(database: Database) -> list[Row]:
    return database.rows(_FEED_NOTICES)
