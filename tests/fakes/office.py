"""A head office in memory that speaks the contract with real keys, chains and signatures.

It decides nothing about money; it holds chains, lends nothing, and queues whatever feed items a
test gives it. ``MemoryLine`` is the wire to it and can be told to fail.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.batch import decode_batch
from branchdesk.protocol.chain import Ack, Head, sign_ack, verify_run
from branchdesk.protocol.enrolment import (
    Certificate,
    KeyRecord,
    KeyUse,
    sign_certificate,
    sign_key_record,
)
from branchdesk.protocol.event import genesis_hash
from branchdesk.protocol.feed import FeedItem, FeedPage, Lane, sign_page
from branchdesk.protocol.http import GrantsWish
from branchdesk.protocol.sealing import public_seal_key
from branchdesk.protocol.signing import SigningKey

TIME_MS = 1_799_024_500_000
PAGE_ITEMS = 2


def _seed(name: str) -> bytes:
    return hashlib.sha256(f"office/{name}".encode()).digest()


@dataclass(slots=True)
class Chain:
    """What head office holds of one (terminal, epoch)."""

    public_key: bytes
    hashes: list[bytes]
    event_ids: list[bytes] = field(default_factory=list)


class MemoryOffice:
    """Keys, chains and feeds of a made-up head office."""

    def __init__(self) -> None:
        self.root = SigningKey(_seed("root"))
        self.grant = SigningKey(_seed("grant"))
        self.ack = SigningKey(_seed("ack"))
        self.bundle = SigningKey(_seed("bundle"))
        self.chains: dict[tuple[int, int], Chain] = {}
        self.feeds: dict[Lane, list[FeedItem]] = {lane: [] for lane in Lane}
        self.grants_asked = 0
        self.ho_epoch = 1
        self.durable_lag = 0
        self.compressed_bytes_max = 256 << 10
        self.notices: list[list[object]] = []
        self.frozen = False
        self.forks: list[tuple[int, int]] = []

    def ack_keys(self) -> dict[bytes, bytes]:
        """Return the acknowledgement keys as terminals know them."""
        return {self.ack.key_id: self.ack.public_key}

    def key_records(self) -> list[bytes]:
        """Return the signed records of every key."""
        seal = public_seal_key(_seed("seal"))
        keys = {
            KeyUse.GRANT: self.grant.public_key, KeyUse.ACK: self.ack.public_key,
            KeyUse.BUNDLE: self.bundle.public_key, KeyUse.SEAL: seal,
        }  # fmt: skip
        return [
            sign_key_record(KeyRecord(use, 1, public, 0, 1 << 42), self.root)
            for use, public in keys.items()
        ]

    def admit(self, public_key: bytes, terminal: int = 7, epoch: int = 1) -> bytes:
        """Certify a device key and begin its chain; return the certificate."""
        certificate = sign_certificate(
            Certificate(
                terminal, epoch, "B001", "counter", public_key, self.root.public_key, TIME_MS
            ),
            self.ack,
        )
        self.chains[terminal, epoch] = Chain(public_key, [genesis_hash(certificate)])
        return certificate

    def public_key(self, terminal: int, epoch: int) -> bytes | None:
        """Return a terminal's key, for checking its requests."""
        chain = self.chains.get((terminal, epoch))
        return None if chain is None else chain.public_key

    def head(self, terminal: int, epoch: int) -> Head:
        """Return where a chain stands here."""
        hashes = self.chains[terminal, epoch].hashes
        return Head(terminal, epoch, len(hashes) - 1, hashes[-1])

    def acknowledge(self, head: Head, nonce: bytes) -> bytes:
        """Return a signed acknowledgement of ``head``."""
        durable = max(head.seq - self.durable_lag, 0)
        plain = Ack(
            head.terminal, head.epoch, head.seq, head.hash, durable, self.ho_epoch, TIME_MS, nonce
        )
        return sign_ack(plain, self.ack).encode()

    def take(self, terminal: int, epoch: int, data: bytes) -> tuple[bytes, list[list[object]]]:
        """Take a batch: the same one again gives the same answer, other bytes are a fork."""
        if len(data) > self.compressed_bytes_max:
            raise ContractFault("batch_too_large", status=413)
        batch = decode_batch(data)
        if (batch.after.terminal, batch.after.epoch) != (terminal, epoch):
            raise ContractFault("wrong_terminal", terminal=batch.after.terminal)
        chain = self.chains[terminal, epoch]
        links = verify_run(batch.after, [event.envelope for event in batch.events])
        if not batch.head.is_signed(batch.head_signature, chain.public_key):
            raise ContractFault("bad_signature", what="head")
        if batch.after.seq >= len(chain.hashes):
            raise ContractFault("gap", seq=len(chain.hashes) - 1)
        if chain.hashes[batch.after.seq] != batch.after.hash:
            raise self._fork(batch.after.seq, batch.after.seq)
        for link in links:
            seq = link.envelope.seq
            if seq < len(chain.hashes):
                if chain.hashes[seq] != link.hash:
                    raise self._fork(batch.after.seq, seq)
                continue
            chain.hashes.append(link.hash)
            chain.event_ids.append(link.envelope.event_id.bytes)
        return self.acknowledge(batch.head, batch.nonce), self.notices

    def _fork(self, after_seq: int, differs_at: int) -> ContractFault:
        self.forks.append((after_seq, differs_at))
        return ContractFault("fork", seq=differs_at)

    def page(self, terminal: int, lane: Lane, cursor: int) -> bytes:
        """Return the signed page after ``cursor``."""
        waiting = [item for item in self.feeds[lane] if item.number > cursor]
        items = tuple(waiting[:PAGE_ITEMS])
        page = FeedPage(terminal, lane, cursor, items, more=len(waiting) > PAGE_ITEMS)
        return sign_page(page, self.ack)

    def lend(self) -> int:
        """Count the request for grants; refuse a frozen terminal."""
        self.grants_asked += 1
        if self.frozen:
            raise RuleViolation("terminal_frozen", terminal=7)
        return 0

    def queue(self, lane: Lane, kind: str = "future", count: int = 1) -> None:
        """Queue ``count`` items of a kind."""
        for _ in range(count):
            number = len(self.feeds[lane]) + 1
            self.feeds[lane].append(FeedItem(number, kind, codec.encode({})))


Answer = Callable[[Callable[[], object]], object]


class MemoryLine:
    """Implements ``OfficeLine`` onto a ``MemoryOffice``.

    ``scripts`` maps head, push, feed or grants to what to do with the coming calls, one each: a
    script is given the real call and returns or raises in its place.
    """

    def __init__(self, office: MemoryOffice, terminal: int = 7, epoch: int = 1) -> None:
        self.office, self.terminal, self.epoch = office, terminal, epoch
        self.scripts: dict[str, list[Answer]] = {}
        self.calls: list[str] = []
        self.batches: list[int] = []
        self.wishes: list[GrantsWish] = []

    def _do(self, name: str, call: Callable[[], object]) -> object:
        self.calls.append(name)
        waiting = self.scripts.get(name)
        return waiting.pop(0)(call) if waiting else call()

    def head(self, nonce: bytes) -> bytes:
        """Return head office's head, signed."""
        head = self.office.head(self.terminal, self.epoch)
        answer = self._do("head", lambda: self.office.acknowledge(head, nonce))
        assert isinstance(answer, bytes)
        return answer

    def push(self, batch: bytes) -> tuple[bytes, list[list[object]]]:
        """Deliver a batch."""
        self.batches.append(len(decode_batch(batch).events) if len(batch) < 1 << 18 else 0)
        answer = self._do("push", lambda: self.office.take(self.terminal, self.epoch, batch))
        assert isinstance(answer, tuple)
        return answer

    def feed(self, lane: Lane, cursor: int) -> bytes:
        """Return a page."""
        answer = self._do(
            f"feed.{lane.value}", lambda: self.office.page(self.terminal, lane, cursor)
        )
        assert isinstance(answer, bytes)
        return answer

    def ask_grants(self, wish: GrantsWish) -> int:
        """Ask for grants."""
        self.wishes.append(wish)
        answer = self._do("grants", self.office.lend)
        assert isinstance(answer, int)
        return answer
