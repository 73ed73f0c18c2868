"""A unit of work: facts become events, events change what is derived, all in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, insert, select

from branchdesk.application.models import Session
from branchdesk.application.ports import Clock, Fact, Randomness
from branchdesk.domain.clock import carried_mark, clock_state
from branchdesk.errors import ContractFault
from branchdesk.persistence import log
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.entries import Entry, EventEntry, ItemEntry, KeyEntry
from branchdesk.persistence.erasing import is_held
from branchdesk.persistence.identity import Identity
from branchdesk.persistence.office_rows import Campaigns
from branchdesk.persistence.projections import project
from branchdesk.persistence.reading import SqliteReading, look_at
from branchdesk.persistence.recorded import Recorded
from branchdesk.persistence.replay import store_item
from branchdesk.persistence.tables import customers, person_keys
from branchdesk.protocol import facts
from branchdesk.protocol.event import SALT_BYTES, Envelope, commitment
from branchdesk.protocol.feed import FeedItem
from branchdesk.protocol.sealing import KEY_BYTES, NONCE_BYTES, person_salt
from branchdesk.protocol.signing import SigningKey

_KEY = Sql(
    lambda: (
        select(person_keys.c.customer, person_keys.c.key, person_keys.c.position)
        .join(customers, customers.c.position == person_keys.c.position)
        .where(customers.c.customer == bindparam("customer"))
    )
)
_ADD_KEY = Sql(lambda: insert(person_keys))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every unit of one open store shares."""

    database: Database
    identity: Identity
    campaigns: Campaigns
    clock: Clock
    randomness: Randomness


@dataclass(frozen=True, slots=True)
class _Sealed:
    payload: bytes
    fields: Mapping[str, object]
    stored_salt: bytes
    salt: bytes


class SqliteUnit(SqliteReading):
    """Implements the ``Unit`` port; ``entries`` and ``keys`` are what the other files need.

    ``erases`` says that a person's key was deleted: the files beside must lose it too.
    """

    def __init__(self, surroundings: Surroundings, tail: log.Tail, session: Session) -> None:
        self._at, self._session = surroundings, session
        super().__init__(
            surroundings.database, surroundings.identity, tail, surroundings.campaigns,
            surroundings.clock,
        )  # fmt: skip
        self.entries: list[Entry] = []
        self.keys: list[KeyEntry] = []
        self.erases = False

    @property
    def tail(self) -> log.Tail:
        """The log's tail with everything recorded so far."""
        return self._tail

    def record(self, fact: Fact) -> int:
        """Append the event, apply its projections, and return its sequence number."""
        person = self._person(fact)
        sealed = self._sealed(fact, None if person is None else person.key)
        envelope = self._envelope(fact, commitment(sealed.salt, sealed.payload))
        subject = 0 if person is None else person.position
        self._tail, data = log.append(
            self._database, self._tail, envelope, payload=sealed.payload, subject=subject,
            salt=sealed.stored_salt,
        )  # fmt: skip
        self.entries.append(EventEntry(subject, sealed.stored_salt, data, sealed.payload))
        self.erases = self.erases or fact.event_type == facts.CUSTOMER_ERASED
        project(
            self._database,
            Recorded(
                self._tail.position, fact.event_type, envelope.wall_utc_ms, envelope.staff,
                sealed.fields, fact.personal, self.blind_key(), fact.event_id,
            ),
        )  # fmt: skip
        return envelope.seq

    def signing_key(self) -> SigningKey:
        """Return the terminal's own key."""
        return self._identity.signing_key

    def signing_key_of(self, public_key: bytes) -> SigningKey | None:
        """Return the key of that public key if this terminal has it, or had before it rejoined."""
        return self._identity.signing_keys.get(public_key)

    def note_erasure(self, item: FeedItem) -> None:
        """Note that a feed item is about to erase somebody, when the person is held here."""
        try:
            customer = item.fields()["customer"]
        except ContractFault:
            return
        self.erases = self.erases or is_held(self._database, customer)

    def keep_item(self, entry: ItemEntry, arrival: int) -> None:
        """Store a feed item, the ``arrival``-th of all, with what was decided about it."""
        store_item(self._database, entry, arrival)
        self.entries.append(entry)

    def finish(self, files: log.FilesMark) -> None:
        """Write the tail; ``files`` is how far the other files are known complete by now."""
        mark = carried_mark(self._tail.mark, look_at(self._clock))
        self._tail = replace(self._tail, files=files, mark=mark)
        log.save_tail(self._database, self._tail)

    def raise_mark(self, tail: log.Tail) -> None:
        """Take over a tail whose time mark head office has raised."""
        self._tail = tail

    def _person(self, fact: Fact) -> KeyEntry | None:
        if not fact.customer:
            return None
        row = self._database.row(_KEY, {"customer": fact.customer})
        if row is not None:
            return KeyEntry(*row)
        if fact.personal is None:
            return None
        entry = KeyEntry(
            fact.customer, self._at.randomness.bytes(KEY_BYTES), self._tail.position + 1
        )
        row_values = {"position": entry.position, "customer": entry.customer, "key": entry.key}
        self._database.run(_ADD_KEY, row_values)
        self.keys.append(entry)
        return entry

    def _sealed(self, fact: Fact, key: bytes | None) -> _Sealed:
        fields = dict(fact.fields)
        if fact.personal is not None:
            assert key is not None, "personal fields need the customer they belong to"
            nonce = self._at.randomness.bytes(NONCE_BYTES)
            fields["sealed"] = facts.seal_personal(
                fact.event_type, fact.customer, key, nonce, **fact.personal
            )
        payload = facts.encode_payload(fact.event_type, **fields)
        if key is not None:
            return _Sealed(payload, fields, b"", person_salt(key, fact.event_id.bytes))
        salt = self._at.randomness.bytes(SALT_BYTES)
        return _Sealed(payload, fields, salt, salt)

    def _envelope(self, fact: Fact, payload_commit: bytes) -> Envelope:
        certificate, now = self._identity.certificate, look_at(self._clock)
        return Envelope(
            terminal=certificate.terminal,
            epoch=self._tail.epoch,
            seq=self._tail.seq + 1,
            prev_hash=self._tail.hash,
            event_id=fact.event_id,
            type=fact.event_type,
            type_ver=facts.TYPE_VERSION,
            outlet=certificate.outlet,
            staff=self._session.staff,
            wall_utc_ms=max(0, now.wall_ms),
            tz=self._clock.utc_offset(),
            boot_id=now.boot_id,
            mono_ms=now.mono_ms,
            clock_state=clock_state(self._tail.mark, now).value,
            refs=fact.refs,
            payload_commit=payload_commit,
        )
