"""Take an export that was carried here by hand, and write the reply that is carried back.

    read it through → the terminal's cursors → earlier epochs → its batches → grants → the reply

Every step is one that the network path takes too, so that a batch which came by both ways, or the
same file again, changes nothing twice. Nothing of a file is acted on before all of it was verified.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.context import ROOT_KEY_FACT, OfficeContext, read_fact
from branchdesk.headoffice.ingest_batch import ingest
from branchdesk.headoffice.lending import lend
from branchdesk.headoffice.pull_feed import check_cursor, feed_page, note_urgent_cursor
from branchdesk.headoffice.results import IngestAnswer, StickTaken
from branchdesk.headoffice.terminal_heads import signed_head, terminal_key
from branchdesk.headoffice.vault import ACK
from branchdesk.protocol import codec
from branchdesk.protocol.chain import Ack
from branchdesk.protocol.feed import Lane, sign_page
from branchdesk.protocol.http import GrantsWish
from branchdesk.protocol.sealing import KEY_BYTES
from branchdesk.protocol.signing import key_id
from branchdesk.protocol.stick import (
    ASK_FIELDS,
    PAST_FIELDS,
    STICK_BYTES_MAX,
    Piece,
    StickHeader,
    StickKind,
    StickReader,
    StickWriter,
)


@dataclass(frozen=True, slots=True)
class _Past:
    """What became of one batch of an earlier epoch; ``shown`` up to where it is evidence, or 0."""

    epoch: int
    shown: int
    notices: list[list[object]]


@dataclass(slots=True)
class _Run:
    """One export on its way in, and what is to be said of it."""

    context: OfficeContext
    reader: StickReader
    public_key: bytes
    ask: Mapping[str, Any] = field(default_factory=dict)
    batches: int = 0
    # A list a batch, so that no piece of the reply grows with the file.
    notices: list[list[list[object]]] = field(default_factory=list)
    past: list[_Past] = field(default_factory=list)
    # Batches of earlier epochs that could not be taken now.
    past_left: int = 0
    fork: ContractFault | None = None
    grants: tuple[int, ...] = ()
    refused: str = ""

    @property
    def header(self) -> StickHeader:
        """Whose export it is."""
        return self.reader.header

    @property
    def place(self) -> tuple[int, int]:
        """The terminal and its epoch."""
        return self.header.terminal, self.header.epoch


def import_stick(
    context: OfficeContext, export: BinaryIO, reply: BinaryIO
) -> tuple[StickTaken, ContractFault | None]:
    """Take ``export`` and write ``reply``; see :meth:`Office.import_stick`.

    The second answer is the fork that the export showed, kept as evidence by then; the reply tells
    the terminal all the same.
    """
    run = _open(context, export)
    _read_through(run)
    before = signed_head(context, *run.place, run.header.nonce)
    note_urgent_cursor(context, *run.place, run.ask["urgent"])
    _take_batches(run)
    ack = signed_head(context, *run.place, run.header.nonce)
    if run.ask["grants"]:
        _lend(run, ack)
    size = _write_reply(run, ack, reply)
    taken = StickTaken(
        *run.place, run.batches, ack.seq - before.seq, ack.seq, ack.durable_seq,
        sum(map(len, run.notices)), run.grants, run.refused, size,
    )  # fmt: skip
    return taken, run.fork


def _open(context: OfficeContext, export: BinaryIO) -> _Run:
    reader = StickReader(export, StickKind.EXPORT)
    header = reader.header
    if header.bank != _root_key(context):
        raise ContractFault("stick_other_bank")
    public_key = terminal_key(context, header.terminal, header.epoch)
    if public_key is None:
        raise RuleViolation("terminal_unknown", terminal=header.terminal, epoch=header.epoch)
    reader.open({key_id(public_key): public_key}, context.vault.open_sealed)
    return _Run(context, reader, public_key)


def _root_key(context: OfficeContext) -> bytes | None:
    with context.database.read() as connection:
        return read_fact(connection, ROOT_KEY_FACT)


def _read_through(run: _Run) -> None:
    """Verify the whole file and find what the terminal asks; one question a file."""
    asks = [data for piece, data in run.reader.pieces() if piece is Piece.ASK]
    if len(asks) != 1:
        raise codec.malformed("stick", "no_ask")
    run.ask = codec.decode_map(asks[0], ASK_FIELDS, what="stick")
    for lane in Lane:
        check_cursor(run.ask[lane.value])


def _take_batches(run: _Run) -> None:
    """Ingest every batch; of a forked chain all of them are kept as evidence."""
    for piece, data in run.reader.pieces():
        if piece is Piece.PAST:
            _take_past(run, codec.decode_map(data, PAST_FIELDS, what="stick"))
        if piece is not Piece.BATCH:
            continue
        run.batches += 1
        try:
            answer = ingest(run.context, *run.place, run.public_key, data)
        except ContractFault as error:
            if error.code != "fork":
                raise _in_words(error) from error
            run.fork = run.fork or error
            continue
        if answer.notices:
            run.notices.append(_listed(answer))


def _take_past(run: _Run, fields: Mapping[str, Any]) -> None:
    """Take a batch of an epoch that is over; what is not taken now is offered again.

    The present epoch's own facts must not wait for it.
    """
    terminal, epoch = run.header.terminal, fields["epoch"]
    public_key = terminal_key(run.context, terminal, epoch) if epoch < run.header.epoch else None
    try:
        answer = ingest(run.context, terminal, epoch, public_key, fields["batch"])
    except (RuleViolation, ContractFault) as error:
        if error.code == "fork":
            run.past.append(_Past(epoch, fields["seq"], []))
        else:
            run.past_left += 1
        return
    run.past.append(_Past(epoch, 0, _listed(answer)))


def _listed(answer: IngestAnswer) -> list[list[object]]:
    return [[one.seq, one.verdict, one.code] for one in answer.notices]


def _in_words(error: ContractFault) -> ContractFault:
    """Name a gap as the one thing that is done about it here: another export."""
    if error.code != "gap":
        return error
    return ContractFault("stick_gap", seq=error.facts["seq"], head_seq=error.facts["head_seq"])


def _lend(run: _Run, ack: Ack) -> None:
    """Lend what the terminal wished for when the file was made, all in it counted as told."""
    unsent = max(run.ask["seq"] - ack.seq, 0) + run.past_left
    wish = GrantsWish(run.ask["ho_epoch"], unsent)
    try:
        run.grants = lend(run.context, *run.place, wish).numbers
    except RuleViolation as refusal:
        # A frozen terminal is denied grants, never its acknowledgement or the rest of the feed.
        run.refused = refusal.code


def _write_reply(run: _Run, ack: Ack, reply: BinaryIO) -> int:
    context, header = run.context, run.header
    answers = StickHeader(StickKind.REPLY, header.bank, *run.place, header.nonce)
    writer = StickWriter(
        reply, answers, context.vault.signer(ACK),
        receiver_key=header.answer_key, file_key=context.randomness(KEY_BYTES),
    )  # fmt: skip
    is_whole = _put_pages(run, writer, Piece.URGENT, Lane.URGENT)
    for past in run.past:
        head = signed_head(context, header.terminal, past.epoch, header.nonce)
        fields = {"ack": head.encode(), "shown": past.shown, "notices": past.notices}
        writer.put(Piece.PAST, codec.encode(fields))
    writer.put(Piece.ACK, ack.encode())
    for notices in run.notices:
        writer.put(Piece.NOTICES, codec.encode(notices))
    if run.refused:
        writer.put(Piece.REFUSED, run.refused.encode())
    if is_whole:
        _put_pages(run, writer, Piece.CONTENT, Lane.CONTENT)
    return writer.finish()


def _put_pages(run: _Run, writer: StickWriter, piece: Piece, lane: Lane) -> bool:
    """Write the pages of a lane; false when the file has no room for all of them.

    The next reply goes on where this one ends.
    """
    for data in _pages(run, lane):
        if not writer.has_room(len(data), STICK_BYTES_MAX):
            return False
        writer.put(piece, data)
    return True


def _pages(run: _Run, lane: Lane) -> Iterator[bytes]:
    cursor, signer = run.ask[lane.value], run.context.vault.signer(ACK)
    while True:
        page = feed_page(run.context, *run.place, lane, cursor)
        if page.items:
            yield sign_page(page, signer)
        if not page.more:
            return
        cursor = page.next_cursor()
