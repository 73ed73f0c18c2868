"""The log: where its head is, appending to it, reading it back, verifying it.

Bytes are stored as hashed. This module must not know what an event means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select, update

from branchdesk.domain.clock import TimeMark
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.tables import chain, events, person_keys
from branchdesk.protocol.event import Envelope, commitment, decode_envelope, event_hash
from branchdesk.protocol.sealing import person_salt

_CHAIN_COLUMNS = tuple(column for column in chain.c if column.name != "id")
_LOAD = Sql(lambda: select(*_CHAIN_COLUMNS))
_FIRST = Sql(lambda: insert(chain))
_SAVE = Sql(lambda: update(chain).values({c.name: bindparam(c.name) for c in _CHAIN_COLUMNS}))
_APPEND = Sql(lambda: insert(events))
_EVENT_COLUMNS = (
    events.c.position, events.c.epoch, events.c.seq, events.c.event_id, events.c.subject,
    events.c.salt, events.c.hash, events.c.envelope, events.c.payload, person_keys.c.key,
)  # fmt: skip
_AFTER = Sql(
    lambda: (
        select(*_EVENT_COLUMNS)
        .outerjoin(person_keys, person_keys.c.position == events.c.subject)
        .where(events.c.position > bindparam("position"))
        .order_by(events.c.position)
        .limit(bindparam("most"))
    )
)
_IN_LIVE_EPOCH = Sql(
    lambda: select(events.c.position, events.c.hash).where(
        events.c.position
        == select(chain.c.position - chain.c.seq + bindparam("seq")).scalar_subquery(),
        events.c.epoch == bindparam("epoch"),
    )
)
_IN_OLD_EPOCH = Sql(
    lambda: select(events.c.position, events.c.hash).where(
        events.c.epoch == bindparam("epoch"), events.c.seq == bindparam("seq")
    )
)
_COUNT = Sql(lambda: select(func.count()).select_from(events))

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class FilesMark:
    """How far the files beside the database are known complete: bytes, and what is in them."""

    second_bytes: int = 0
    second_position: int = 0
    second_items: int = 0
    keys_bytes: int = 0
    keys_position: int = 0


@dataclass(frozen=True, slots=True)
class Tail:
    """The last event, how complete the other files are, and the time mark."""

    epoch: int
    seq: int
    position: int
    hash: bytes
    files: FilesMark
    mark: TimeMark


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event with what is needed to send, replay or verify it.

    ``subject`` is 0 for a fact about nobody; ``salt`` is empty and ``person_key`` None once the
    person was erased.
    """

    position: int
    epoch: int
    seq: int
    subject: int
    salt: bytes
    hash: bytes
    envelope: bytes
    payload: bytes
    person_key: bytes | None

    def decoded(self) -> Envelope:
        """Return the envelope."""
        return decode_envelope(self.envelope)


def load_tail(database: Database) -> Tail:
    """Return the log's tail; raises EnvironmentFault ``store_damaged`` when there is none."""
    row = database.row(_LOAD)
    if row is None:
        raise EnvironmentFault("store_damaged", path=str(database.path))
    epoch, seq, position, hash_ = row[:4]
    return Tail(epoch, seq, position, hash_, FilesMark(*row[4:9]), TimeMark(*row[9:]))


def save_tail(database: Database, tail: Tail, *, first: bool = False) -> None:
    """Write the tail back, inside the transaction."""
    files, mark = tail.files, tail.mark
    values = {
        "epoch": tail.epoch, "seq": tail.seq, "position": tail.position, "hash": tail.hash,
        "second_bytes": files.second_bytes, "second_position": files.second_position,
        "second_items": files.second_items, "keys_bytes": files.keys_bytes,
        "keys_position": files.keys_position, "mark_ms": mark.time_ms, "mark_mono_ms": mark.mono_ms,
        "mark_boot": mark.boot_id,
    }  # fmt: skip
    database.run(_FIRST if first else _SAVE, {"id": 1, **values} if first else values)


def append(
    database: Database, tail: Tail, envelope: Envelope, *, payload: bytes, subject: int, salt: bytes
) -> tuple[Tail, bytes]:
    """Insert an event after ``tail``; return the new tail and the envelope's bytes.

    ``salt`` is empty when it derives from the key of ``subject``.
    """
    data = envelope.encode()
    after = Tail(
        envelope.epoch, envelope.seq, tail.position + 1, event_hash(data), tail.files, tail.mark
    )
    values = {
        "position": after.position, "epoch": after.epoch, "seq": after.seq,
        "event_id": envelope.event_id.bytes, "type": envelope.type,
        "wall_ms": envelope.wall_utc_ms, "subject": subject or None, "salt": salt or None,
        "hash": after.hash, "envelope": data, "payload": payload,
    }  # fmt: skip
    database.run(_APPEND, values)
    return after, data


def events_after(database: Database, position: int, most: int) -> tuple[StoredEvent, ...]:
    """Return at most ``most`` events after a position, in order."""
    rows = database.rows(_AFTER, {"position": position, "most": most})
    return tuple(map(_stored, rows))


def all_events(database: Database, position: int = 0) -> Iterator[StoredEvent]:
    """Yield every event after a position, a few hundred at a time."""
    while chunk := events_after(database, position, _CHUNK):
        yield from chunk
        position = chunk[-1].position


def place_of(database: Database, epoch: int, seq: int) -> tuple[int, bytes] | None:
    """Return (position, hash) of an event, or None when it is not ours."""
    place = {"epoch": epoch, "seq": seq}
    row = database.row(_IN_LIVE_EPOCH, place) or database.row(_IN_OLD_EPOCH, place)
    return None if row is None else (row[0], row[1])


def count_events(database: Database) -> int:
    """Return how many events the log holds."""
    row = database.row(_COUNT)
    return 0 if row is None else int(row[0])


def first_break(database: Database, geneses: Mapping[int, bytes], position: int = 0) -> int | None:
    """Verify hashes, links and commitments after ``position``; return the first bad position.

    ``geneses`` are where each epoch's chain begins. A commitment is not checked once its salt is
    gone with the person.
    """
    before = _one(database, position)
    expected_hash = before.hash if before else b""
    expected = position
    previous = before.decoded() if before else None
    for event in all_events(database, position):
        expected += 1
        try:
            envelope = event.decoded()
        except ContractFault:
            return expected
        starts_epoch = previous is None or envelope.epoch != previous.epoch
        expected_seq = 1 if starts_epoch or previous is None else previous.seq + 1
        if starts_epoch:
            expected_hash = geneses.get(envelope.epoch, b"")
        sound = (
            event.position == expected
            and event_hash(event.envelope) == event.hash
            and (envelope.epoch, envelope.seq) == (event.epoch, event.seq)
            and envelope.seq == expected_seq
            and envelope.prev_hash == expected_hash
            and (not event.salt or commitment(event.salt, event.payload) == envelope.payload_commit)
        )
        if not sound:
            return expected
        expected_hash, previous = event.hash, envelope
    return None


def _one(database: Database, position: int) -> StoredEvent | None:
    if not position:
        return None
    found = events_after(database, position - 1, 1)
    return found[0] if found else None


def _stored(row: Row) -> StoredEvent:
    position, epoch, seq, event_id, subject, salt, hash_, envelope, payload, key = row
    if salt is None and key is not None:
        salt = person_salt(key, event_id)
    return StoredEvent(position, epoch, seq, subject or 0, salt or b"", hash_, envelope, payload,
                       key)  # fmt: skip
