"""Write what head office has not signed for into a file, for whoever has no line.

The file carries the batches of the network path, and what a synchronisation asks besides: both
lanes of the feed, and grants. Writing it changes nothing here; it may be made again and again, and
carried beside a network that works.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from branchdesk.application.models import StickExport, SyncProgress, SyncStage
from branchdesk.application.ports import Outbox, Randomness
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.batch import COMPRESSED_BYTES_MAX, EVENTS_MAX
from branchdesk.protocol.chain import NONCE_BYTES, Head
from branchdesk.protocol.feed import Lane
from branchdesk.protocol.sealing import KEY_BYTES, public_seal_key
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.stick import (
    STICK_BYTES_MAX,
    Piece,
    StickHeader,
    StickKind,
    StickWriter,
    answer_secret,
)
from branchdesk.sync.make_batch import make_fitting_batch

# A batch with what its epoch and its last event cost beside it.
_BATCH_BYTES_MAX: Final = COMPRESSED_BYTES_MAX + 64


@dataclass(slots=True)
class _Run:
    """The events of one epoch on their way into the file: written up to ``at_seq``."""

    outbox: Outbox
    at_seq: int
    head: Head

    @property
    def left(self) -> int:
        """How many are still to be written."""
        return self.head.seq - self.at_seq


class ExportStick:
    """Write one file for head office; ``bytes_max`` bounds it."""

    def __init__(
        self, outbox: Outbox, randomness: Randomness, *, bytes_max: int = STICK_BYTES_MAX
    ) -> None:
        self._outbox, self._randomness = outbox, randomness
        self._bytes_max = bytes_max

    def __call__(
        self,
        file: BinaryIO,
        progress: Callable[[SyncProgress], None],
        cancelled: Callable[[], bool],
        *,
        after_seq: int | None = None,
    ) -> StickExport:
        """Write the run after the acknowledged mark, or after ``after_seq`` when it is given.

        What is recorded meanwhile is left for the next file. Raises RuleViolation
        ``export_after_unknown``, or ``stick_export_stopped`` when it was cancelled; what was
        written until then is no whole file.
        """
        head = self._outbox.head()
        start = self._outbox.marks().acked_seq if after_seq is None else after_seq
        if self._outbox.hash_at(head.epoch, start) is None:
            raise RuleViolation("export_after_unknown", after_seq=start, seq=head.seq)
        # Older facts first: the newer ones speak of the people in them.
        runs = [_Run(past, past.marks().acked_seq, past.head()) for past in self._outbox.past()]
        present = _Run(self._outbox, start, head)
        runs.append(present)
        total = sum(run.left for run in runs)
        writer = self._writer(file)
        writer.put(Piece.ASK, self._ask(head.seq))
        for run in runs:
            while run.left and writer.has_room(_BATCH_BYTES_MAX, self._bytes_max):
                left = sum(run.left for run in runs)
                progress(SyncProgress(SyncStage.EXPORT, total - left, total))
                if cancelled():
                    raise RuleViolation("stick_export_stopped")
                writer.put(*self._next_piece(run, is_past=run is not present))
        size, left = writer.finish(), sum(run.left for run in runs)
        return StickExport(start, present.at_seq, total - left, size, left)

    def _next_piece(self, run: "_Run", *, is_past: bool) -> tuple[Piece, bytes]:
        """Make the next batch of a run, and note how far that brings it."""
        head = run.head
        after_hash = run.outbox.hash_at(head.epoch, run.at_seq)
        if after_hash is None:
            raise ContractFault("head_not_ours", epoch=head.epoch, seq=run.at_seq)
        after = Head(head.terminal, head.epoch, run.at_seq, after_hash)
        events = run.outbox.events_after(run.at_seq, min(EVENTS_MAX, run.left))
        made = make_fitting_batch(run.outbox, self._randomness, after, events)
        run.at_seq = made.head.seq
        if not is_past:
            return Piece.BATCH, made.data
        fields = {"epoch": head.epoch, "seq": made.head.seq, "batch": made.data}
        return Piece.PAST, codec.encode(fields)

    def _writer(self, file: BinaryIO) -> StickWriter:
        signer = self._outbox.signer()
        nonce = self._randomness.bytes(NONCE_BYTES)
        header = StickHeader(
            StickKind.EXPORT, self._outbox.root_key(), signer.terminal, signer.epoch, nonce,
            public_seal_key(answer_secret(signer.seed, nonce)),
        )  # fmt: skip
        return StickWriter(
            file, header, SigningKey(signer.seed),
            receiver_key=self._outbox.seal_key(), file_key=self._randomness.bytes(KEY_BYTES),
        )  # fmt: skip

    def _ask(self, seq: int) -> bytes:
        newest = self._outbox.marks().ack
        return codec.encode(
            {
                "urgent": self._outbox.cursor(Lane.URGENT),
                "content": self._outbox.cursor(Lane.CONTENT),
                "grants": True,
                "seq": seq,
                "ho_epoch": 0 if newest is None else newest.ho_epoch,
            }
        )
