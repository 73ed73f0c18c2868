"""Take over head office's reply to an export, as a synchronisation would have.

    read it through → urgent pages → earlier epochs → acknowledgement, notices → content pages

Nothing of a file is believed before all of it was read and verified, and every step is one that the
network path takes too: what came by both ways, or twice, changes nothing the second time. Stopped
or killed anywhere, the same file is imported again and goes on.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from branchdesk.application.models import Notice, SyncProgress, SyncReport, SyncStage
from branchdesk.application.ports import Outbox
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.chain import Ack, open_ack
from branchdesk.protocol.feed import PAGE_BYTES_MAX, Lane, open_page
from branchdesk.protocol.sealing import open_sealed
from branchdesk.protocol.stick import (
    PAST_ANSWER_FIELDS,
    Piece,
    StickKind,
    StickReader,
    answer_secret,
)
from branchdesk.sync.office_word import check_ours, read_notice


class ImportReply:
    """Take over one reply; one instance a file."""

    def __init__(
        self,
        outbox: Outbox,
        progress: Callable[[SyncProgress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._outbox = outbox
        self._tell, self._cancelled = progress, cancelled
        self._pulled = 0
        self._refused: list[tuple[int, str]] = []
        self._bad_page: ContractFault | None = None
        # As of now: the first answer about an epoch settles it, the others bring notices.
        self._past = {past.head().epoch: past for past in outbox.past()}

    def __call__(self, file: BinaryIO) -> SyncReport:
        """Verify the file and take it over, and say what came.

        Raises ContractFault: ``stick_…`` for a file that is not whole or not for this terminal,
        ``stick_stale`` for one that is older than what is known, ``wrong_nonce`` for an
        acknowledgement that answers something else, ``fork_detected`` when head office holds other
        records than ours. Nothing was changed by any but the last, after which no mark is raised.
        RuleViolation ``stick_import_stopped`` when it was cancelled; what was taken over stays.
        """
        before = self._outbox.marks()
        reader = self._opened(file)
        ack, ack_bytes = self._read_through(reader)
        known = before.ack
        if known is not None and _is_older(ack, known):
            raise ContractFault("stick_stale", at_ms=ack.time_ms, known_ms=known.time_ms)
        for piece, data in self._watched(reader, SyncStage.IMPORT):
            if piece is Piece.ACK:
                check_ours(self._outbox, ack)
                self._outbox.accept_ack(ack, ack_bytes, ())
            elif piece is Piece.NOTICES:
                self._keep_notices(ack, ack_bytes, data)
            elif piece is Piece.PAST:
                self._settle_past(data, reader.header.nonce)
            elif piece is Piece.REFUSED:
                # A frozen or outdated terminal is denied grants, never the rest of the feed.
                self._refused.append((0, _code(data)))
            elif piece is Piece.URGENT:
                self._apply_urgent(data)
            elif piece is Piece.CONTENT and self._bad_page is None:
                self._apply(Lane.CONTENT, data)
        if self._bad_page is not None:
            raise self._bad_page
        return self._report(before.acked_seq)

    def _opened(self, file: BinaryIO) -> StickReader:
        signer, reader = self._outbox.signer(), StickReader(file, StickKind.REPLY)
        header = reader.header
        if header.bank != self._outbox.root_key():
            raise ContractFault("stick_other_bank")
        if header.terminal != signer.terminal:
            raise ContractFault(
                "stick_other_terminal", terminal=header.terminal, own=signer.terminal
            )
        if header.epoch != signer.epoch:
            raise ContractFault("stick_other_epoch", epoch=header.epoch, own=signer.epoch)
        secret = answer_secret(signer.seed, header.nonce)
        reader.open(self._outbox.ack_keys(), partial(open_sealed, secret))
        return reader

    def _read_through(self, reader: StickReader) -> tuple[Ack, bytes]:
        """Read every piece once; return the one acknowledgement, checked but for its hash."""
        acks = [
            data for piece, data in self._watched(reader, SyncStage.CHECK) if piece is Piece.ACK
        ]
        if len(acks) != 1:
            raise codec.malformed("stick", "no_ack")
        return open_ack(acks[0], self._outbox.ack_keys(), reader.header.nonce), acks[0]

    def _watched(self, reader: StickReader, stage: SyncStage) -> Iterator[tuple[Piece, bytes]]:
        for found in reader.pieces():
            if self._cancelled():
                raise RuleViolation("stick_import_stopped")
            self._tell(SyncProgress(stage, reader.done_bytes(), reader.bytes))
            yield found

    def _keep_notices(self, ack: Ack, ack_bytes: bytes, data: bytes) -> None:
        items = codec.decode(data, what="notices", bytes_max=PAGE_BYTES_MAX)
        self._outbox.accept_ack(ack, ack_bytes, _notices(ack.epoch, items))

    def _settle_past(self, data: bytes, nonce: bytes) -> None:
        """Take over what became of a batch of an earlier epoch.

        A fork was the reason to join again, so it stops nothing here.
        """
        fields = codec.decode_map(data, PAST_ANSWER_FIELDS, what="stick", bytes_max=PAGE_BYTES_MAX)
        ack = open_ack(fields["ack"], self._outbox.ack_keys(), nonce)
        past = self._past.get(ack.epoch)
        if past is None:
            # The line has brought all of that epoch home meanwhile.
            return
        try:
            check_ours(past, ack)
        except ContractFault:
            past.note_shown(ack.epoch, min(fields["shown"], past.head().seq))
            return
        past.accept_ack(ack, fields["ack"], _notices(ack.epoch, fields["notices"]))

    def _apply_urgent(self, data: bytes) -> None:
        """Apply a page; a bad one is reported only once the acknowledgement is safe."""
        if self._bad_page is not None:
            return
        try:
            self._apply(Lane.URGENT, data)
        except ContractFault as bad_page:
            self._bad_page = bad_page

    def _apply(self, lane: Lane, data: bytes) -> None:
        # Keys are read anew for each page, because the page before may have brought one.
        page = open_page(
            data, self._outbox.ack_keys(), terminal=self._outbox.signer().terminal, lane=lane,
            cursor=None,
        )  # fmt: skip
        outcome = self._outbox.apply_page(page)
        self._pulled += outcome.applied
        self._refused += outcome.refused

    def _report(self, acked_before: int) -> SyncReport:
        marks = self._outbox.marks()
        return SyncReport(
            pushed=marks.acked_seq - acked_before,
            acked_seq=marks.acked_seq,
            durable_seq=marks.durable_seq,
            unsent=self._outbox.head().seq - marks.acked_seq,
            pulled=self._pulled,
            parked=self._outbox.parked(),
            refused=tuple(self._refused),
        )


def _is_older(ack: Ack, known: Ack) -> bool:
    """Say whether head office has answered since; a restored one has a higher epoch of its own."""
    if ack.ho_epoch != known.ho_epoch:
        return ack.ho_epoch < known.ho_epoch
    return ack.seq <= known.seq and ack.time_ms < known.time_ms


def _notices(epoch: int, items: object) -> list[Notice]:
    if not isinstance(items, list) or not all(isinstance(item, list) for item in items):
        raise codec.malformed("notices", "wrong_type")
    return [read_notice(epoch, item) for item in items]


def _code(data: bytes) -> str:
    return data.decode("ascii", "replace")[:40]
