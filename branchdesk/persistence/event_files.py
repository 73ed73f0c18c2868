"""The files beside the database: the second event file and the twin of the person keys.

Both are written after the database's commit and before the answer. When that fails the commit
stands: what is missing is taken from the database at the next write or start. Nothing here raises
for a full disk; it is remembered as a warning.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from sqlalchemy import bindparam, select

from branchdesk.application.ports import Randomness
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.entries import (
    KEYS_PURPOSE,
    SECOND_PURPOSE,
    Entry,
    EventEntry,
    ItemEntry,
    KeyEntry,
    encode_entries,
    encode_keys,
    encode_owner,
)
from branchdesk.persistence.faults import is_full
from branchdesk.persistence.folder import StoreFolder, remove_set_aside
from branchdesk.persistence.kept_drafts import KeptDrafts
from branchdesk.persistence.log import FilesMark
from branchdesk.persistence.sealed_log import SealedLog
from branchdesk.persistence.tables import events, feed_items, person_keys

_CHUNK: Final = 500
_ITEMS_AFTER = Sql(
    lambda: (
        select(
            feed_items.c.lane, feed_items.c.number, feed_items.c.kind, feed_items.c.body,
            feed_items.c.state, feed_items.c.code,
        )
        .where(feed_items.c.arrival > bindparam("arrival"))
        .order_by(feed_items.c.arrival)
        .limit(_CHUNK)
    )
)  # fmt: skip
_KEYS_AFTER = Sql(
    lambda: (
        select(person_keys.c.customer, person_keys.c.key, person_keys.c.position)
        .where(person_keys.c.position > bindparam("position"))
        .order_by(person_keys.c.position)
        .limit(_CHUNK)
    )
)
_EVENTS_AFTER = Sql(
    lambda: (
        select(events.c.subject, events.c.salt, events.c.envelope, events.c.payload)
        .where(events.c.position > bindparam("position"))
        .order_by(events.c.position)
        .limit(_CHUNK)
    )
)


class EventFiles:
    """Keeps both files in step with the database; ``mark`` says how far they are.

    ``settled`` lies one frame further back and is what the database notes: at the next start the
    last frame is read again and held against the log, so that a stranger's file is noticed.
    """

    def __init__(self, folder: StoreFolder, data_key: bytes, randomness: Randomness) -> None:
        self._owner = b""
        self.is_twin_doubtful = False
        self.second = SealedLog(folder.second, data_key, SECOND_PURPOSE, randomness.bytes)
        self.twin = SealedLog(folder.keys, data_key, KEYS_PURPOSE, randomness.bytes)
        self.drafts = KeptDrafts(folder, data_key, randomness)
        self.mark = self.settled = FilesMark()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="person-keys")
        self.behind = False
        self.warning = ""

    def append(self, entries: Sequence[Entry], keys: Sequence[KeyEntry]) -> None:
        """Write what a commit brought to both files and wait for the disk."""
        if not entries or self.behind:
            # What is missing comes from the database, in order, once there is room again.
            return
        try:
            if keys:
                self.twin.append([encode_keys(keys)])
            self.second.append([encode_entries(entries)])
            self._sync(both=bool(keys))
        except OSError as error:
            self._fell_behind(error)
            return
        items = sum(isinstance(entry, ItemEntry) for entry in entries)
        self.settled = self.mark
        if self.is_twin_doubtful:
            self.settled = replace(self.mark, keys_bytes=0, keys_position=0)
        self.mark = FilesMark(
            self.second.end,
            self.mark.second_position + len(entries) - items,
            self.mark.second_items + items,
            self.twin.end,
            keys[-1].position if keys else self.mark.keys_position,
        )

    def catch_up(self, database: Database) -> None:
        """Complete both files from the database; tries again at the next write if it fails."""
        try:
            self._reopen()
            if self.is_twin_doubtful:
                self.rewrite_twin(database, self._owner)
            for keys in _key_chunks(database, self.mark.keys_position):
                self.twin.append([encode_keys(keys)])
                self.twin.sync()
                self._count_keys(keys[-1].position)
            for entries in entry_chunks(database, self.mark):
                self.settled = self.mark
                self.second.append([encode_entries(entries)])
                self.second.sync()
                self._count(entries)
        except OSError as error:
            self._fell_behind(error)
            return
        self.behind, self.warning = False, ""

    def write_second(self, database: Database) -> None:
        """Make the second event file of a new store, whole before it has its name; raises OSError.

        A file of that name is what a store is recovered from, so half of one must never be found.
        """
        chunks = list(entry_chunks(database, self.mark))
        self.second.rewrite(map(encode_entries, chunks))
        self._count(entry for chunk in chunks for entry in chunk)

    def rewrite_twin(self, database: Database, enrolment: bytes) -> None:
        """Make the twin anew from the database; a key that was deleted is then nowhere."""
        last, self._owner = 0, enrolment

        def contents() -> Iterator[bytes]:
            nonlocal last
            yield encode_owner(enrolment)
            for keys in _key_chunks(database, 0):
                last = keys[-1].position
                yield encode_keys(keys)

        self.twin.rewrite(contents())
        self.is_twin_doubtful = False
        self._count_keys(last)
        # The whole file is new: an older offset says nothing about it any more.
        self.settled = replace(self.settled, keys_bytes=self.twin.end, keys_position=last)

    def doubt_twin(self, enrolment: bytes) -> None:
        """Let the next commit note that the twin has a key too many: it is about to delete one.

        A start that finds the note makes the twin anew.
        """
        self.is_twin_doubtful, self._owner = True, enrolment
        self.settled = replace(self.settled, keys_bytes=0, keys_position=0)

    def renew_twin(self, database: Database) -> None:
        """Make a doubtful twin anew, and keep no copy of an older one; tried again if it fails."""
        try:
            self.rewrite_twin(database, self._owner)
            remove_set_aside(self.twin.path)
        except OSError as error:
            self._fell_behind(error)

    def close(self) -> None:
        """Let go of both files."""
        self._pool.shutdown()
        self.second.close()
        self.twin.close()

    def _sync(self, *, both: bool) -> None:
        """Wait for the disk; for two files at the same time."""
        twin_synced = self._pool.submit(self.twin.sync) if both else None
        try:
            self.second.sync()
        finally:
            if twin_synced is not None:
                twin_synced.result()

    def _reopen(self) -> None:
        self.second.start(self.mark.second_bytes)
        self.twin.start(self.mark.keys_bytes)

    def _count(self, entries: Iterable[Entry]) -> None:
        counted = list(entries)
        items = sum(isinstance(entry, ItemEntry) for entry in counted)
        self.mark = replace(
            self.mark,
            second_bytes=self.second.end,
            second_position=self.mark.second_position + len(counted) - items,
            second_items=self.mark.second_items + items,
        )

    def _count_keys(self, position: int) -> None:
        self.mark = replace(self.mark, keys_bytes=self.twin.end, keys_position=position)

    def _fell_behind(self, error: OSError) -> None:
        self.behind = True
        self.warning = "second_file_full" if is_full(error) else "second_file_failed"
        with contextlib.suppress(OSError):
            self._reopen()


def entry_chunks(database: Database, mark: FilesMark) -> Iterator[list[Entry]]:
    """Yield what the database holds beyond ``mark``: events first, then feed items."""
    position, arrival = mark.second_position, mark.second_items
    while rows := database.rows(_EVENTS_AFTER, {"position": position}):
        yield [EventEntry(s or 0, salt or b"", e, p) for s, salt, e, p in rows]
        position += len(rows)
    while rows := database.rows(_ITEMS_AFTER, {"arrival": arrival}):
        yield [ItemEntry(*row) for row in rows]
        arrival += len(rows)


def _key_chunks(database: Database, position: int) -> Iterator[list[KeyEntry]]:
    while rows := database.rows(_KEYS_AFTER, {"position": position}):
        yield [KeyEntry(*row) for row in rows]
        position = rows[-1][2]
