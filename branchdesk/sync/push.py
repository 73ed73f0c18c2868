"""Bring the run after head office's head to head office, in batches that fit the line.

A batch is marked as sent only by an acknowledgement that head office signed over our own hash and
the nonce of this very request. Whatever else comes back marks nothing, and the next attempt begins
again from head office's own head.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from branchdesk.application.ports import Clock, OfficeLine, Outbox, Randomness
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.protocol.batch import (
    COMPRESSED_BYTES_MAX,
    EVENTS_MAX,
    EVENTS_START,
    SentEvent,
)
from branchdesk.protocol.chain import NONCE_BYTES, Ack, Head, open_ack
from branchdesk.sync.fork_evidence import show_branch
from branchdesk.sync.make_batch import make_batch, within_plain_limit
from branchdesk.sync.office_word import check_ours, read_notice

QUICK_MS = 2_000
_TIMEOUTS_MAX = 4


@dataclass(slots=True)
class BatchSize:
    """How many events the next batch may have: more on a quick line, fewer on a bad one."""

    events: int = EVENTS_START

    def grow(self) -> None:
        """Double, up to what head office takes."""
        self.events = min(self.events * 2, EVENTS_MAX)

    def shrink(self, tried: int) -> bool:
        """Halve what was tried; false when there is nothing left to halve."""
        self.events = max(1, min(self.events, tried) // 2)
        return tried > 1


class Pusher:
    """Sends the unsent run of one terminal; one instance a synchronisation."""

    def __init__(
        self, outbox: Outbox, line: OfficeLine, clock: Clock, randomness: Randomness
    ) -> None:
        self._outbox, self._line = outbox, line
        self._clock, self._randomness = clock, randomness
        self._size = BatchSize()

    def ask_head(self) -> Ack:
        """Return head office's head of our chain once its signature, nonce and hash are right.

        Raises ContractFault ``fork_detected`` when head office is ahead of us or holds other bytes
        at that place; nothing is then marked, and head office is shown our branch.
        """
        nonce = self._randomness.bytes(NONCE_BYTES)
        data = self._line.head(nonce)
        ack = open_ack(data, self._outbox.ack_keys(), nonce)
        try:
            check_ours(self._outbox, ack)
        except ContractFault as fork:
            if fork.facts["problem"] != "epoch":
                shown_seq = self._outbox.note_fork(ack, data)
                show_branch(self._outbox, self._line, self._randomness, ack.seq, shown_seq)
            raise
        self._outbox.accept_ack(ack, data, ())
        return ack

    def push_from(
        self, ack: Ack, cancelled: Callable[[], bool], progress: Callable[[int], None]
    ) -> Ack:
        """Push everything after ``ack`` and return the last acknowledgement.

        ``progress`` is told the sequence number reached after each batch. Raises EnvironmentFault
        (no line) or ContractFault (an answer that proves nothing).
        """
        timeouts = 0
        while not cancelled():
            events = self._outbox.events_after(ack.seq, self._size.events)
            if not events:
                break
            began_ms = self._clock.monotonic_ms()
            try:
                ack = self._push_batch(ack.head(), events)
            except EnvironmentFault as fault:
                timeouts += 1
                if not self._should_try_smaller(fault, len(events), timeouts):
                    raise
                # The batch may have arrived all the same, so head office is asked where it stands.
                ack = self.ask_head()
                continue
            timeouts = 0
            if self._clock.monotonic_ms() - began_ms <= QUICK_MS:
                self._size.grow()
            progress(ack.seq)
        return ack

    def _should_try_smaller(self, fault: EnvironmentFault, tried: int, timeouts: int) -> bool:
        if fault.facts.get("reason") != "timeout" or timeouts > _TIMEOUTS_MAX:
            return False
        return self._size.shrink(tried)

    def _push_batch(self, after: Head, events: Sequence[SentEvent]) -> Ack:
        """Send what fits of ``events`` and return the acknowledgement that covers it."""
        events = within_plain_limit(events)
        while True:
            made = make_batch(self._outbox, self._randomness, after, events)
            try:
                if len(made.data) > COMPRESSED_BYTES_MAX:
                    raise ContractFault("batch_too_large", bytes=len(made.data))
                answer, notices = self._line.push(made.data)
            except ContractFault as fault:
                if fault.code != "batch_too_large" or not self._size.shrink(len(events)):
                    raise
                events = events[: self._size.events]
                continue
            return self._accept(answer, notices, made.head, made.nonce)

    def _accept(
        self, data: bytes, notices: Sequence[Sequence[object]], head: Head, nonce: bytes
    ) -> Ack:
        ack = open_ack(data, self._outbox.ack_keys(), nonce)
        check_ours(self._outbox, ack)
        if ack.seq < head.seq:
            raise ContractFault("ack_short", seq=ack.seq, sent_seq=head.seq)
        self._outbox.accept_ack(ack, data, [read_notice(head.epoch, item) for item in notices])
        return ack
