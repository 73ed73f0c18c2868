"""What every act of head office works with: store, keys, clock, randomness. No act lives here."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, insert, select, update

from branchdesk.headoffice.database import Database
from branchdesk.headoffice.lent_grants import LentGrants
from branchdesk.headoffice.tables import counters, key_records, office_facts
from branchdesk.headoffice.vault import STORAGE, KeyVault
from branchdesk.protocol.enrolment import KeyRecord, KeyUse, open_key_record
from branchdesk.protocol.sealing import NONCE_BYTES
from branchdesk.protocol.token import china_day

ROOT_KEY_FACT: Final = "root_key"
HO_EPOCH_FACT: Final = "ho_epoch"
TERMINAL_COUNTER: Final = "terminal"
OFFER_COUNTER: Final = "offer"
GRANT_COUNTER: Final = "grant"
CASE_COUNTER: Final = "case"
FEED_COUNTER: Final = "feed"
# In the order in which a transaction may take them; the feed's is always the last lock.
COUNTERS: Final = (TERMINAL_COUNTER, OFFER_COUNTER, GRANT_COUNTER, CASE_COUNTER, FEED_COUNTER)
# Grants are numbered above every terminal, so that a number read out on the phone names one thing.
GRANT_NUMBER_FIRST: Final = 1_000_001
COUNTER_STARTS: Final = {GRANT_COUNTER: GRANT_NUMBER_FIRST - 1}


@dataclass(frozen=True, slots=True)
class OfficeContext:
    """The store and keys of one open office; ``clock_ms`` gives Unix milliseconds."""

    home: Path
    database: Database
    vault: KeyVault
    clock_ms: Callable[[], int]
    randomness: Callable[[int], bytes]
    # What a terminal may forget: what is committed here, or only what a finished backup covers.
    durable_by_backup: bool = False
    # How many threads check one batch: the processors, shared among the workers.
    threads: int = os.cpu_count() or 1
    lent: LentGrants = field(default_factory=LentGrants)

    def today(self) -> int:
        """Return the day number in UTC+8 by head office's clock."""
        return china_day(self.clock_ms() // 1000)

    def seal_at_rest(self, plain: bytes, bound_to: bytes) -> bytes:
        """Seal a secret for our own store; ``bound_to`` says whose it is."""
        nonce = self.randomness(NONCE_BYTES)
        return nonce + AESGCM(self.vault.secret(STORAGE)).encrypt(nonce, plain, bound_to)

    def open_at_rest(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Open what :meth:`seal_at_rest` made."""
        box = AESGCM(self.vault.secret(STORAGE))
        return box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)


def allot(connection: Connection, counter: str, count: int = 1) -> int:
    """Take ``count`` numbers and return the first; the counter stays locked until the commit."""
    table = counters
    statement = (
        update(table)
        .where(table.c.name == counter)
        .values(value=table.c.value + count)
        .returning(table.c.value)
    )
    last: int = connection.execute(statement).scalar_one()
    return last - count + 1


def read_fact(connection: Connection, name: str) -> bytes | None:
    """Return one of the office's own facts, or None."""
    found = connection.execute(
        select(office_facts.c.value).where(office_facts.c.name == name)
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


def read_ho_epoch(connection: Connection) -> int:
    """Return head office's own epoch: 1, and higher after each restore from a backup."""
    return int.from_bytes(read_fact(connection, HO_EPOCH_FACT) or b"\1", "big")


def write_fact(connection: Connection, name: str, value: bytes) -> None:
    """Record a new fact of the office."""
    connection.execute(insert(office_facts).values(name=name, value=value))


def replace_fact(connection: Connection, name: str, value: bytes) -> None:
    """Record a fact of the office in place of what it was."""
    forget_fact(connection, name)
    write_fact(connection, name, value)


def forget_fact(connection: Connection, name: str) -> None:
    """Forget a fact of the office."""
    connection.execute(delete(office_facts).where(office_facts.c.name == name))


def read_key_records(connection: Connection) -> dict[str, list[bytes]]:
    """Return the encoded key records by use, newest last."""
    rows = connection.execute(select(key_records.c.use, key_records.c.record))
    found: dict[str, list[bytes]] = {use.value: [] for use in KeyUse}
    for use, record in rows:
        found[use].append(bytes(record))
    return found


def public_keys(connection: Connection, root_public_key: bytes, use: KeyUse) -> dict[bytes, bytes]:
    """Return key id to public key of every key of ``use``, root's signature checked."""
    records: list[KeyRecord] = [
        open_key_record(data, root_public_key) for data in read_key_records(connection)[use.value]
    ]
    return {record.key_id: record.public_key for record in records}


def as_json(**facts: object) -> str:
    """Return facts as stored with a case: JSON with sorted keys."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)
