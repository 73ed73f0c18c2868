"""A terminal's chain and marks in memory, with the real protocol: the ``Outbox`` port."""

from collections.abc import Mapping, Sequence

from branchdesk.application.models import FeedOutcome, Notice, SignedMarks
from branchdesk.application.ports import Outbox
from branchdesk.errors import ContractFault
from branchdesk.protocol import codec, facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.chain import Ack, Head, open_ack
from branchdesk.protocol.event import Envelope, commitment, event_hash, genesis_hash
from branchdesk.protocol.feed import FeedPage, ItemKind, Lane
from branchdesk.protocol.http import Signer
from branchdesk.protocol.signing import SigningKey
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness


class MemoryOutbox:
    """One terminal's unsent events and what head office said of them."""

    def __init__(
        self,
        certificate: bytes,
        ack_keys: dict[bytes, bytes],
        *,
        terminal: int = 7,
        epoch: int = 1,
        seed: bytes = b"\x07" * 32,
        office: tuple[str, bytes] = ("https://localhost", b""),
        root_key: bytes = bytes(32),
        seal_key: bytes = bytes(32),
    ) -> None:
        self.clock = ManualClock()
        self.randomness = SeededRandomness(seed[0])
        self.key = SigningKey(seed)
        self.certificate = certificate
        self.events: list[SentEvent] = []
        self.acked_seq = 0
        self.durable_seq = 0
        self.time_ms = 0
        self.proofs: list[bytes] = []
        self.forks: list[Ack] = []
        self.shown_seq = 0
        self.earlier: tuple[Outbox, ...] = ()
        self.notices: list[Notice] = []
        self.pages: list[FeedPage] = []
        self.cursors = dict.fromkeys(Lane, 0)
        self._terminal, self._epoch, self._seed = terminal, epoch, seed
        self._hashes = [genesis_hash(certificate)]
        self._ack_keys = ack_keys
        self._office = office
        self._root_key, self._seal_key = root_key, seal_key

    def record(self, event_type: str = "test.noted", note: str = "", filler: int = 0) -> int:
        """Append an event and return its sequence number; ``filler`` bytes do not compress."""
        payload = codec.encode({"note": note, "filler": self.randomness.bytes(filler)})
        salt = self.randomness.bytes(32)
        seq = len(self.events) + 1
        envelope = Envelope(
            self._terminal, self._epoch, seq, self._hashes[-1], self.randomness.intent_id(),
            event_type, facts.TYPE_VERSION, "B001", "T001", self.clock.now_ms(), "+08:00",
            self.clock.boot_id(), self.clock.monotonic_ms(), "trusted", {},
            commitment(salt, payload),
        ).encode()  # fmt: skip
        self.events.append(SentEvent(envelope, payload, salt))
        self._hashes.append(event_hash(envelope))
        return seq

    def signer(self) -> Signer:
        """Return who signs requests."""
        return Signer(self._terminal, self._epoch, self._seed)

    def office(self) -> tuple[str, bytes]:
        """Return address and CA."""
        return self._office

    def head(self) -> Head:
        """Return our last event."""
        return Head(self._terminal, self._epoch, len(self.events), self._hashes[-1])

    def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Return our hash at a place."""
        if epoch != self._epoch or not 0 <= seq < len(self._hashes):
            return None
        return self._hashes[seq]

    def events_after(self, seq: int, limit: int) -> tuple[SentEvent, ...]:
        """Return events in order."""
        return tuple(self.events[seq : seq + limit])

    def sealed_keys(self, events: Sequence[SentEvent]) -> Mapping[str, bytes]:
        """Return no keys: these events concern nobody."""
        return {}

    def sign_head(self, head: Head) -> bytes:
        """Sign a head of our own chain."""
        assert self.hash_at(head.epoch, head.seq) == head.hash, "not a head of our own"
        return head.sign(self.key)

    def ack_keys(self) -> dict[bytes, bytes]:
        """Return head office's acknowledgement keys."""
        return self._ack_keys

    def root_key(self) -> bytes:
        """Return the key that names the bank."""
        return self._root_key

    def seal_key(self) -> bytes:
        """Return head office's seal key."""
        return self._seal_key

    def marks(self) -> SignedMarks:
        """Return how far head office's word reaches."""
        acks = [open_ack(data, self._ack_keys, None) for data in self.proofs]
        newest = max(acks, key=lambda ack: (ack.seq, ack.time_ms), default=None)
        return SignedMarks(self.acked_seq, self.durable_seq, newest)

    def accept_ack(self, ack: Ack, ack_bytes: bytes, notices: Sequence[Notice]) -> None:
        """Raise the marks; lower none."""
        assert self.hash_at(ack.epoch, ack.seq) == ack.hash, "an acknowledgement of other bytes"
        self.acked_seq = max(self.acked_seq, ack.seq)
        self.durable_seq = max(self.durable_seq, ack.durable_seq)
        self.time_ms = max(self.time_ms, ack.time_ms)
        self.proofs.append(ack_bytes)
        self.notices += notices

    def past(self) -> tuple[Outbox, ...]:
        """Return what is left of earlier epochs."""
        return self.earlier

    def note_fork(self, ack: Ack, ack_bytes: bytes) -> int:
        """Keep head office's word that it holds another history."""
        self.forks.append(ack)
        return self.shown_seq

    def note_shown(self, epoch: int, seq: int) -> None:
        """Note how much of our branch head office was shown."""
        assert epoch == self._epoch
        self.shown_seq = max(self.shown_seq, seq)

    def cursor(self, lane: Lane) -> int:
        """Return where a lane was read to."""
        return self.cursors[lane]

    def apply_page(self, page: FeedPage) -> FeedOutcome:
        """Keep the page; a grant that is new in it is accepted, which is an event of ours."""
        known = self.cursors[page.lane]
        if page.cursor > known:
            raise ContractFault("wrong_page", terminal=page.terminal, cursor=page.cursor)
        self.pages.append(page)
        self.cursors[page.lane] = max(known, page.next_cursor())
        new = [item for item in page.items if item.number > known]
        for item in new:
            if item.kind == ItemKind.GRANT.value:
                self.record(facts.GRANT_ACCEPTED)
        return FeedOutcome(len(new))

    def parked(self) -> int:
        """Count what head office parked or refused the effect of."""
        return sum(notice.verdict in {"parked", "effect_refused"} for notice in self.notices)
