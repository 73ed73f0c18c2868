"""Write what head office has not signed for into a file, for whoever has no line.

The file carries the batches of the network path, and what a synchronisation asks besides: both
lanes of the feed, and grants. Writing it changes nothing here; it may be made again and again, and
carried beside a network that works.
"""

from collections.abc import Callable
from typing import BinaryIO

from branchdesk.application.models import StickExport, SyncProgress, SyncStage
from branchdesk.application.ports import Outbox, Randomness
from branchdesk.errors import RuleViolation
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
        after_hash = self._outbox.hash_at(head.epoch, start)
        if after_hash is None:
            raise RuleViolation("export_after_unknown", after_seq=start, seq=head.seq)
        writer = self._writer(file)
        writer.put(Piece.ASK, self._ask())
        place = Head(head.terminal, head.epoch, start, after_hash)
        while place.seq < head.seq and writer.has_room(COMPRESSED_BYTES_MAX, self._bytes_max):
            progress(SyncProgress(SyncStage.EXPORT, place.seq - start, head.seq - start))
            if cancelled():
                raise RuleViolation("stick_export_stopped")
            count = min(EVENTS_MAX, head.seq - place.seq)
            events = self._outbox.events_after(place.seq, count)
            made = make_fitting_batch(self._outbox, self._randomness, place, events)
            writer.put(Piece.BATCH, made.data)
            place = made.head
        size = writer.finish()
        return StickExport(start, place.seq, place.seq - start, size, head.seq - place.seq)

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

    def _ask(self) -> bytes:
        urgent, content = (self._outbox.cursor(lane) for lane in (Lane.URGENT, Lane.CONTENT))
        return codec.encode({"urgent": urgent, "content": content, "grants": True})
