"""Bring database and the files beside it back into step, at start and after a loss.

The database leads, unless it has lost commits that the second event file still has (a deleted
write-ahead log, an older copy): then those are replayed into it. When the terminal has joined again
since that copy, the twin of the keys says as whom. Two histories that differ are never merged.
"""

import contextlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import bindparam, insert, select

from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.persistence import log
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.entries import (
    Entry,
    EventEntry,
    ItemEntry,
    KeyEntry,
    decode_entries,
    decode_twin_frame,
)
from branchdesk.persistence.event_files import EventFiles
from branchdesk.persistence.identity import Identity, decode_owner
from branchdesk.persistence.past_epochs import begin_marks
from branchdesk.persistence.replay import replay_event, replay_item, store_item
from branchdesk.persistence.sealed_log import MAGIC, SealedLog
from branchdesk.persistence.tables import feed_items, person_keys
from branchdesk.protocol.event import decode_envelope, event_hash

_ASIDE_MAX: Final = 1000
_ADD_KEY = Sql(lambda: insert(person_keys).prefix_with("OR IGNORE"))
_HAS_ITEM = Sql(
    lambda: select(feed_items.c.arrival).where(
        feed_items.c.lane == bindparam("lane"), feed_items.c.number == bindparam("number")
    )
)


@dataclass(frozen=True, slots=True)
class Scan:
    """The whole frames of a file from ``start``; ``damaged`` when more lies behind a bad one."""

    contents: list[bytes]
    start: int
    end: int
    damaged: bool


@dataclass(frozen=True, slots=True)
class Twin:
    """What the keys' twin held: whose store it is, if it says so, and keys by position.

    ``is_whole`` is whether it holds what the database noted of it, and nothing that it must not.
    """

    owner: Identity | None
    keys: Mapping[int, KeyEntry]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Who the terminal is, and how many events only the second file had."""

    identity: Identity
    events: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay brought: the tail after it, events and feed items that were new."""

    tail: log.Tail
    events: int
    items: int


def scan(file: SealedLog, start: int, *, frames_least: int = 0) -> Scan:
    """Read the frames after ``start``, or all of them when the file does not fit that offset.

    ``frames_least`` is how many the file must have there if it is the one we wrote.
    """
    if not file.exists():
        return Scan([], 0, 0, damaged=False)
    found = _scan(file, start if len(MAGIC) <= start <= file.size() else 0)
    if not found.start or (len(found.contents) >= frames_least and file.is_blank_after(found.end)):
        return found
    whole = _scan(file, 0)
    too_few = len(found.contents) < frames_least
    return whole if too_few or whole.end > found.end else found


def reconcile_second(
    database: Database, identity: Identity, files: EventFiles, twin: Twin
) -> Reconciled:
    """Replay what only the second file has, inside a transaction.

    Raises EnvironmentFault ``store_diverged`` when the two tell different histories.
    """
    mark = files.mark
    found = scan(files.second, mark.second_bytes, frames_least=1)
    if found.damaged:
        set_aside_copy(files.second)
        files.warning = "second_file_damaged"
    entries = [entry for content in found.contents for entry in decode_entries(content)]
    identity = _joined_since(database, identity, twin, entries)
    replayed = replay(database, identity, log.load_tail(database), entries, twin.keys)
    if replayed.events:
        log.save_tail(database, replayed.tail)
    items = sum(isinstance(entry, ItemEntry) for entry in entries)
    before = mark if found.start else log.FilesMark()
    files.mark = replace(
        mark,
        second_bytes=found.end,
        second_position=before.second_position + len(entries) - items,
        second_items=before.second_items + items,
    )
    return Reconciled(identity, replayed.events)


def read_twin(files: EventFiles, identity: Identity) -> Twin:
    """Read the keys at the twin's end, or all of them when it is of another enrolment.

    It is not whole either when the database notes a key too many: somebody was erased.
    """
    file, mark = files.twin, files.mark
    owner = read_owner(file)
    is_other = owner is not None and owner.certificates != identity.certificates
    found = scan(file, 0 if is_other else mark.keys_bytes)
    if found.damaged:
        set_aside_copy(file)
    keys: dict[int, KeyEntry] = {}
    for content in found.contents:
        keys.update({entry.position: entry for entry in decode_twin_frame(content)[1]})
    is_short = found.end < max(mark.keys_bytes, len(MAGIC))
    is_whole = not (is_other or is_short or found.damaged or not mark.keys_bytes)
    if is_whole:
        files.mark = replace(mark, keys_bytes=found.end)
    return Twin(owner, keys, is_whole)


def read_owner(twin: SealedLog) -> Identity | None:
    """Return whose store the twin's first frame says it is; None when it says nothing."""
    first = next(twin.frames(), None) if twin.exists() else None
    enrolment = None if first is None else decode_twin_frame(first.content)[0]
    return None if enrolment is None else decode_owner(enrolment)


def replay(
    database: Database,
    identity: Identity,
    tail: log.Tail,
    entries: Iterable[Entry],
    keys: Mapping[int, KeyEntry],
) -> Replayed:
    """Insert and project the entries that the database lacks; raises ``store_diverged``."""
    events = items = 0
    arrivals = _count_items(database)
    for entry in entries:
        if isinstance(entry, ItemEntry):
            place = {"lane": entry.lane, "number": entry.number}
            if database.row(_HAS_ITEM, place) is None:
                arrivals += 1
                replay_item(database, identity, entry, arrivals)
                store_item(database, entry, arrivals)
                items += 1
            continue
        after = _replay_event(database, identity, tail, entry, keys)
        events += after is not tail
        tail = after
    return Replayed(tail, events, items)


def set_aside_copy(file: SealedLog) -> None:
    """Keep a copy of a damaged file as evidence, where the disk has room for it."""
    for number in range(1, _ASIDE_MAX):
        aside = file.path.with_name(f"{file.path.name}.damaged-{number}")
        if not aside.exists():
            with contextlib.suppress(OSError):
                shutil.copyfile(file.path, aside)
            return


def _joined_since(
    database: Database, identity: Identity, twin: Twin, entries: Iterable[Entry]
) -> Identity:
    """Return who the terminal is by the entries: one that joined again since, as the twin has it.

    Without an enrolment of that epoch nothing of it is taken over, and the replay finds a history
    that it cannot follow.
    """
    later = twin.owner
    said = (decode_envelope(e.envelope).epoch for e in entries if isinstance(e, EventEntry))
    epoch = max(said, default=identity.certificate.epoch)
    if later is None or later.certificate.epoch != epoch or not later.continues(identity):
        return identity
    begin_marks(database, identity, later)
    return later


def _scan(file: SealedLog, start: int) -> Scan:
    frames = list(file.frames(start))
    end = frames[-1].end if frames else max(start, len(MAGIC))
    return Scan([frame.content for frame in frames], start, end, file.continues_after(end))


def _replay_event(
    database: Database,
    identity: Identity,
    tail: log.Tail,
    entry: EventEntry,
    keys: Mapping[int, KeyEntry],
) -> log.Tail:
    envelope = decode_envelope(entry.envelope)
    if (envelope.epoch, envelope.seq) <= (tail.epoch, tail.seq):
        place = log.place_of(database, envelope.epoch, envelope.seq)
        if place is None or place[1] != event_hash(entry.envelope):
            raise EnvironmentFault("store_diverged", seq=envelope.seq)
        return tail
    if envelope.epoch > tail.epoch and envelope.epoch in identity.geneses:
        # The terminal joined again: another chain begins, its place in the log goes on.
        tail = replace(tail, epoch=envelope.epoch, seq=0, hash=identity.geneses[envelope.epoch])
    follows = (identity.certificate.terminal, tail.epoch, tail.seq + 1, tail.hash)
    if (envelope.terminal, envelope.epoch, envelope.seq, envelope.prev_hash) != follows:
        raise EnvironmentFault("store_diverged", seq=envelope.seq)
    after, _ = log.append(
        database, tail, envelope, payload=entry.payload, subject=entry.subject, salt=entry.salt
    )
    if after.hash != event_hash(entry.envelope):
        raise ContractFault("malformed", what="second_file", problem="not_deterministic")
    person = keys.get(entry.subject)
    if person is not None:
        row = {"position": person.position, "customer": person.customer, "key": person.key}
        database.run(_ADD_KEY, row)
    stored = log.events_after(database, after.position - 1, 1)[0]
    replay_event(database, identity, stored)
    return after


def _count_items(database: Database) -> int:
    return int(database.pragma("SELECT count(*) FROM feed_items")[0][0])
