"""Export and reply on the terminal's side, against a head office in memory with real signatures."""

import io
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import pytest

from branchdesk.application.models import StickExport, SyncProgress, SyncReport, SyncStage
from branchdesk.errors import BranchDeskError, ContractFault, RuleViolation
from branchdesk.protocol import codec, facts
from branchdesk.protocol.batch import EVENTS_MAX, decode_batch
from branchdesk.protocol.chain import Ack, Head, sign_ack
from branchdesk.protocol.event import genesis_hash
from branchdesk.protocol.feed import FeedItem, FeedPage, ItemKind, Lane, sign_page
from branchdesk.protocol.sealing import open_sealed, public_seal_key
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.stick import (
    ASK_FIELDS,
    PAST_FIELDS,
    Piece,
    StickHeader,
    StickKind,
    StickReader,
    StickWriter,
)
from branchdesk.sync.export_stick import ExportStick
from branchdesk.sync.import_reply import ImportReply
from tests.fakes.office import TIME_MS, MemoryOffice
from tests.fakes.outbox import MemoryOutbox
from tests.fakes.randomness import SeededRandomness

DEVICE = SigningKey(b"\x07" * 32)
SEAL_SECRET = b"\x51" * 32


def never() -> bool:
    return False


def nobody(progress: SyncProgress) -> None:
    del progress


@dataclass
class Reply:
    """What head office puts into a reply, for a test to change."""

    header: StickHeader
    ack: Ack
    past: list[bytes] = field(default_factory=list)
    urgent: list[bytes] = field(default_factory=list)
    notices: list[object] = field(default_factory=list)
    refused: str = ""
    content: list[bytes] = field(default_factory=list)


class Desk:
    """A terminal, a head office, and somebody who carries files between them."""

    def __init__(self, events: int = 0, filler: int = 0) -> None:
        self.office = MemoryOffice()
        certificate = self.office.admit(DEVICE.public_key)
        self.outbox = MemoryOutbox(
            certificate, self.office.ack_keys(), root_key=self.office.root.public_key,
            seal_key=public_seal_key(SEAL_SECRET),
        )  # fmt: skip
        self.randomness = SeededRandomness(5)
        self.time_ms = TIME_MS
        for _ in range(events):
            self.outbox.record(filler=filler)

    def export(
        self,
        file: BinaryIO | None = None,
        *,
        bytes_max: int = 1 << 24,
        after_seq: int | None = None,
        cancelled: Callable[[], bool] = never,
        progress: Callable[[SyncProgress], None] = nobody,
    ) -> tuple[bytes, StickExport]:
        out = io.BytesIO() if file is None else file
        act = ExportStick(self.outbox, self.randomness, bytes_max=bytes_max)
        done = act(out, progress, cancelled, after_seq=after_seq)
        return (out.getvalue() if isinstance(out, io.BytesIO) else b""), done

    def opened(self, export: bytes) -> StickReader:
        reader = StickReader(io.BytesIO(export), StickKind.EXPORT)
        reader.open(
            {DEVICE.key_id: DEVICE.public_key},
            lambda sealed, info: open_sealed(SEAL_SECRET, sealed, info),
        )
        return reader

    def taken(self, export: bytes) -> Reply:
        """Take an export and return the reply to it, not yet written."""
        reader = self.opened(export)
        for piece, data in reader.pieces():
            if piece is Piece.BATCH:
                self.office.take(7, 1, data)
        self.time_ms += 1_000
        header = StickHeader(StickKind.REPLY, reader.header.bank, 7, 1, reader.header.nonce)
        return Reply(header, self.ack(self.office.head(7, 1), header.nonce))

    def ack(self, head: Head, nonce: bytes) -> Ack:
        plain = Ack(7, 1, head.seq, head.hash, head.seq, 1, self.time_ms, nonce)
        return sign_ack(plain, self.office.ack)

    def written(self, reply: Reply, answer_key: bytes, signer: SigningKey | None = None) -> bytes:
        file = io.BytesIO()
        writer = StickWriter(
            file, reply.header, signer or self.office.ack, receiver_key=answer_key,
            file_key=self.randomness.bytes(32),
        )  # fmt: skip
        for data in reply.urgent:
            writer.put(Piece.URGENT, data)
        for data in reply.past:
            writer.put(Piece.PAST, data)
        writer.put(Piece.ACK, reply.ack.encode())
        if reply.notices:
            writer.put(Piece.NOTICES, codec.encode(reply.notices))
        if reply.refused:
            writer.put(Piece.REFUSED, reply.refused.encode())
        for data in reply.content:
            writer.put(Piece.CONTENT, data)
        writer.finish()
        return file.getvalue()

    def answered(self, export: bytes, change: Callable[[Reply], None] | None = None) -> bytes:
        """Take an export and return the file that is carried back."""
        reply = self.taken(export)
        if change is not None:
            change(reply)
        return self.written(reply, self.opened(export).header.answer_key)

    def page(self, lane: Lane, cursor: int, *items: FeedItem) -> bytes:
        return sign_page(FeedPage(7, lane, cursor, items, more=False), self.office.ack)

    def take_over(
        self,
        reply: bytes,
        cancelled: Callable[[], bool] = never,
        progress: Callable[[SyncProgress], None] = nobody,
    ) -> SyncReport:
        return ImportReply(self.outbox, progress, cancelled)(io.BytesIO(reply))

    def state(self) -> tuple[object, ...]:
        """Return all that an import may change."""
        outbox = self.outbox
        return (
            len(outbox.events), outbox.acked_seq, outbox.durable_seq, outbox.time_ms,
            dict(outbox.cursors), len(outbox.pages), len(outbox.proofs), list(outbox.notices),
        )  # fmt: skip


def grant(number: int) -> FeedItem:
    return FeedItem(number, ItemKind.GRANT.value, codec.encode({}))


def refusal(act: Callable[[], object]) -> BranchDeskError:
    with pytest.raises(BranchDeskError) as caught:
        act()
    return caught.value


def test_an_export_carries_the_whole_run_after_the_acknowledged_mark() -> None:
    desk = Desk(events=1_234)
    desk.outbox.acked_seq = 34
    export, done = desk.export()
    assert (done.after_seq, done.seq, done.events, done.left) == (34, 1_234, 1_200, 0)
    assert done.bytes == len(export)
    pieces = list(desk.opened(export).pieces())
    assert [piece for piece, _ in pieces] == [Piece.ASK, Piece.BATCH, Piece.BATCH, Piece.BATCH]
    asked = codec.decode_map(pieces[0][1], ASK_FIELDS, what="stick")
    assert asked == {"urgent": 0, "content": 0, "grants": True, "seq": 1_234, "ho_epoch": 0}
    batches = [decode_batch(data) for _, data in pieces[1:]]
    assert [len(batch.events) for batch in batches] == [500, 500, 200]
    assert batches[0].after.seq == 34
    assert batches[-1].head == desk.outbox.head()


def joined_again(earlier: int, present: int) -> tuple[Desk, MemoryOutbox]:
    """Return a desk in its second epoch, with events of the first that were never sent."""
    desk = Desk()
    past = desk.outbox
    for _ in range(earlier):
        past.record()
    certificate = desk.office.admit(DEVICE.public_key, epoch=2)
    desk.outbox = MemoryOutbox(
        certificate, desk.office.ack_keys(), epoch=2, root_key=desk.office.root.public_key,
        seal_key=public_seal_key(SEAL_SECRET),
    )  # fmt: skip
    desk.outbox.earlier = (past,)
    for _ in range(present):
        desk.outbox.record()
    return desk, past


def test_what_is_left_of_an_earlier_epoch_goes_first() -> None:
    desk, past = joined_again(earlier=700, present=3)
    past.acked_seq = 100
    export, done = desk.export()
    assert (done.after_seq, done.seq, done.events, done.left) == (0, 3, 603, 0)
    pieces = list(desk.opened(export).pieces())
    assert [piece for piece, _ in pieces] == [Piece.ASK, Piece.PAST, Piece.PAST, Piece.BATCH]
    older = [codec.decode_map(data, PAST_FIELDS, what="stick") for _, data in pieces[1:3]]
    assert [(fields["epoch"], fields["seq"]) for fields in older] == [(1, 600), (1, 700)]
    assert decode_batch(older[0]["batch"]).after.seq == 100
    assert decode_batch(pieces[3][1]).after.epoch == 2


@pytest.mark.parametrize("forked", [False, True])
def test_the_answer_about_an_earlier_epoch_settles_it_and_stops_nothing(forked: bool) -> None:
    desk, past = joined_again(earlier=5, present=2)
    export, _ = desk.export()
    nonce = desk.opened(export).header.nonce
    own_hash = past.hash_at(1, 5) or b""
    head = Head(7, 1, 5, genesis_hash(b"another") if forked else own_hash)
    fields = {
        "ack": desk.ack(head, nonce).encode(), "shown": 5 if forked else 0,
        "notices": [[4, "parked", "unknown_event_type"]],
    }  # fmt: skip
    present = desk.outbox.head()
    ack = sign_ack(Ack(7, 2, 2, present.hash, 2, 1, TIME_MS, nonce), desk.office.ack)
    header = StickHeader(StickKind.REPLY, desk.office.root.public_key, 7, 2, nonce)
    reply = Reply(header, ack, past=[codec.encode(fields)])
    report = desk.take_over(desk.written(reply, desk.opened(export).header.answer_key))
    assert (report.acked_seq, report.unsent) == (2, 0)
    assert past.acked_seq == (0 if forked else 5)
    assert past.shown_seq == (5 if forked else 0)
    assert [notice.seq for notice in past.notices] == ([] if forked else [4])


def test_an_export_of_nothing_asks_all_the_same() -> None:
    desk = Desk()
    export, done = desk.export()
    assert done.events == 0
    assert [piece for piece, _ in desk.opened(export).pieces()] == [Piece.ASK]


def test_an_export_says_which_head_office_it_knows() -> None:
    desk = Desk(events=4)
    export, _ = desk.export()
    desk.take_over(desk.answered(export))
    again, _ = desk.export()
    asked = dict(desk.opened(again).pieces())[Piece.ASK]
    assert codec.decode_map(asked, ASK_FIELDS, what="stick")["ho_epoch"] == 1


def test_an_export_changes_nothing_and_no_two_are_alike() -> None:
    desk = Desk(events=3)
    before = desk.state()
    first, _ = desk.export()
    second, _ = desk.export()
    assert desk.state() == before
    one, other = desk.opened(first).header, desk.opened(second).header
    assert one.nonce != other.nonce
    assert one.answer_key != other.answer_key


def test_what_does_not_fit_is_left_for_the_next_file() -> None:
    desk = Desk(events=700, filler=1_000)
    export, done = desk.export(bytes_max=600 << 10)
    assert len(export) <= 600 << 10
    assert done.left == 700 - done.events > 0
    desk.take_over(desk.answered(export))
    assert desk.outbox.acked_seq == done.seq
    rest, last = desk.export()
    assert (last.after_seq, last.left) == (done.seq, 0)
    assert desk.take_over(desk.answered(rest)).unsent == 0


def test_a_batch_that_does_not_compress_is_halved_until_head_office_takes_it() -> None:
    desk = Desk(events=400, filler=2_000)
    export, done = desk.export()
    sizes = [len(data) for piece, data in desk.opened(export).pieces() if piece is Piece.BATCH]
    assert max(sizes) <= 256 << 10
    assert (done.seq, done.left) == (400, 0)


def test_what_is_recorded_while_a_file_is_written_waits_for_the_next() -> None:
    desk = Desk(events=600)

    def work(progress: SyncProgress) -> None:
        del progress
        desk.outbox.record()

    export, done = desk.export(progress=work)
    assert (done.seq, done.left) == (600, 0)
    assert desk.take_over(desk.answered(export)).unsent == 2


def test_head_office_may_name_an_earlier_place_to_begin_at() -> None:
    desk = Desk(events=9)
    desk.outbox.acked_seq = 9
    _, done = desk.export(after_seq=4)
    assert (done.after_seq, done.events) == (4, 5)
    for place in (10, -1):
        fault = refusal(lambda place=place: desk.export(after_seq=place))  # type: ignore[misc]
        assert fault.code == "export_after_unknown"


def test_progress_is_told_and_a_stopped_export_is_no_whole_file() -> None:
    desk = Desk(events=1_001)
    seen: list[SyncProgress] = []
    desk.export(progress=seen.append)
    assert [(p.stage, p.done, p.total) for p in seen] == [
        (SyncStage.EXPORT, done, 1_001) for done in (0, 500, 1_000)
    ]
    out = io.BytesIO()
    fault = refusal(lambda: desk.export(out, cancelled=lambda: len(out.getvalue()) > 50_000))
    assert isinstance(fault, RuleViolation)
    assert fault.code == "stick_export_stopped"
    with pytest.raises(ContractFault, match="stick_cut_short"):
        list(desk.opened(out.getvalue()).pieces())


def test_a_large_backlog_is_never_in_memory_at_once() -> None:
    desk = Desk(events=6_000, filler=2_000)
    asked: list[int] = []
    real = desk.outbox.events_after

    class Sink(io.RawIOBase):
        """Takes everything and keeps nothing."""

        def write(self, data: object) -> int:
            return len(data)  # type: ignore[arg-type]  # bytes

    def events_after(seq: int, limit: int) -> object:
        asked.append(limit)
        return real(seq, limit)

    desk.outbox.events_after = events_after  # type: ignore[assignment,method-assign]
    tracemalloc.start()
    try:
        _, done = desk.export(Sink())  # type: ignore[arg-type]  # as much of a file as is used
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert done.bytes > 12_000_000
    assert max(asked) == EVENTS_MAX
    assert peak < 6_000_000


def test_a_reply_brings_the_acknowledgement_and_what_a_sync_would_have_fetched() -> None:
    desk = Desk(events=12)
    export, _ = desk.export()

    def fill(reply: Reply) -> None:
        reply.urgent = [desk.page(Lane.URGENT, 0, FeedItem(3, "future", b"\xa0"))]
        reply.notices = [[2, "parked", "unknown_event_type"]]
        reply.content = [desk.page(Lane.CONTENT, 0, grant(5)), desk.page(Lane.CONTENT, 5, grant(6))]

    report = desk.take_over(desk.answered(export, fill))
    assert report == SyncReport(
        pushed=12, acked_seq=12, durable_seq=12, unsent=2, pulled=3, parked=1, refused=()
    )
    assert [page.lane for page in desk.outbox.pages] == [Lane.URGENT, Lane.CONTENT, Lane.CONTENT]


def test_the_same_reply_again_changes_nothing() -> None:
    desk = Desk(events=5)
    export, _ = desk.export()

    def fill(reply: Reply) -> None:
        reply.content = [desk.page(Lane.CONTENT, 0, grant(5))]

    reply = desk.answered(export, fill)
    desk.take_over(reply)
    events, acked = len(desk.outbox.events), desk.outbox.acked_seq
    report = desk.take_over(reply)
    assert (report.pushed, report.pulled) == (0, 0)
    assert (len(desk.outbox.events), desk.outbox.acked_seq) == (events, acked)


def test_pages_that_the_line_brought_meanwhile_are_passed_over() -> None:
    desk = Desk(events=2)
    export, _ = desk.export()

    def fill(reply: Reply) -> None:
        reply.content = [desk.page(Lane.CONTENT, 0, grant(1), grant(2), grant(3))]

    reply = desk.answered(export, fill)
    desk.outbox.apply_page(FeedPage(7, Lane.CONTENT, 0, (grant(1), grant(2)), more=True))
    assert desk.take_over(reply).pulled == 1
    assert len(desk.outbox.events) == 2 + 3


def test_grants_denied_are_reported_and_the_rest_is_taken_over() -> None:
    desk = Desk(events=1)
    export, _ = desk.export()
    reply = desk.answered(export, lambda reply: setattr(reply, "refused", "terminal_frozen"))
    report = desk.take_over(reply)
    assert (report.refused, report.unsent) == (((0, "terminal_frozen"),), 0)


def test_a_bad_urgent_page_is_reported_once_the_acknowledgement_is_safe() -> None:
    desk = Desk(events=3)
    export, _ = desk.export()

    def spoil(reply: Reply) -> None:
        page = FeedPage(7, Lane.URGENT, 0, (FeedItem(1, "future", b"\xa0"),), more=False)
        reply.urgent = [sign_page(page, SigningKey(b"\x66" * 32))]
        reply.content = [desk.page(Lane.CONTENT, 0, grant(1))]

    fault = refusal(lambda: desk.take_over(desk.answered(export, spoil)))
    assert fault.code == "unsigned"
    assert desk.outbox.acked_seq == 3
    assert desk.outbox.pages == []


def test_a_reply_that_leaves_a_gap_in_the_feed_is_refused_there() -> None:
    desk = Desk(events=1)
    export, _ = desk.export()

    def skip(reply: Reply) -> None:
        reply.content = [desk.page(Lane.CONTENT, 9, grant(10))]

    assert refusal(lambda: desk.take_over(desk.answered(export, skip))).code == "wrong_page"
    assert desk.outbox.cursors[Lane.CONTENT] == 0


def wrong_bank(reply: Reply) -> None:
    reply.header = replace(reply.header, bank=b"\x77" * 32)


def wrong_terminal(reply: Reply) -> None:
    reply.header = replace(reply.header, terminal=8)


def wrong_epoch(reply: Reply) -> None:
    reply.header = replace(reply.header, epoch=2)


def wrong_export(reply: Reply) -> None:
    reply.header = replace(reply.header, nonce=b"\x78" * 16)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (wrong_bank, "stick_other_bank"),
        (wrong_terminal, "stick_other_terminal"),
        (wrong_epoch, "stick_other_epoch"),
        (wrong_export, "stick_not_for_us"),
    ],
)
def test_a_reply_for_somebody_else_changes_nothing(
    change: Callable[[Reply], None], code: str
) -> None:
    desk = Desk(events=4)
    export, _ = desk.export()
    before = desk.state()
    assert refusal(lambda: desk.take_over(desk.answered(export, change))).code == code
    assert desk.state() == before


def other_nonce(desk: Desk, reply: Reply) -> Ack:
    return desk.ack(desk.office.head(7, 1), b"\x79" * 16)


def other_signer(desk: Desk, reply: Reply) -> Ack:
    return sign_ack(replace(reply.ack, key_id=b"", signature=b""), SigningKey(b"\x66" * 32))


@pytest.mark.parametrize(
    ("make", "code"), [(other_nonce, "wrong_nonce"), (other_signer, "unsigned")]
)
def test_an_acknowledgement_of_something_else_changes_nothing(
    make: Callable[[Desk, Reply], Ack], code: str
) -> None:
    desk = Desk(events=4)
    export, _ = desk.export()
    before = desk.state()

    def change(reply: Reply) -> None:
        reply.ack = make(desk, reply)
        reply.urgent = [desk.page(Lane.URGENT, 0, FeedItem(3, "future", b"\xa0"))]

    assert refusal(lambda: desk.take_over(desk.answered(export, change))).code == code
    assert desk.state() == before


@pytest.mark.parametrize("ahead", [False, True])
def test_an_acknowledgement_of_another_chain_is_a_fork_and_raises_no_mark(ahead: bool) -> None:
    desk = Desk(events=4)
    export, _ = desk.export()

    def change(reply: Reply) -> None:
        seq = 9 if ahead else 4
        reply.ack = desk.ack(Head(7, 1, seq, genesis_hash(b"another")), reply.header.nonce)
        reply.urgent = [desk.page(Lane.URGENT, 0, FeedItem(3, "future", b"\xa0"))]

    fault = refusal(lambda: desk.take_over(desk.answered(export, change)))
    assert (fault.code, fault.facts["problem"]) == ("fork_detected", "ahead" if ahead else "hash")
    assert (desk.outbox.acked_seq, desk.outbox.proofs) == (0, [])
    # The freeze that comes with it is taken over, as over the line.
    assert desk.outbox.cursors[Lane.URGENT] == 3


def test_a_reply_that_somebody_else_signed_changes_nothing() -> None:
    desk = Desk(events=4)
    export, _ = desk.export()
    key = desk.opened(export).header.answer_key
    forged = desk.written(desk.taken(export), key, SigningKey(b"\x66" * 32))
    before = desk.state()
    assert refusal(lambda: desk.take_over(forged)).code == "stick_unsigned"
    assert desk.state() == before


def test_an_older_reply_than_what_is_known_is_stale() -> None:
    desk = Desk(events=4)
    first, _ = desk.export()
    old = desk.answered(first)
    for _ in range(3):
        desk.outbox.record(facts.SHIFT_OPENED)
    second, _ = desk.export()
    desk.take_over(desk.answered(second))
    before = desk.state()
    assert refusal(lambda: desk.take_over(old)).code == "stick_stale"
    assert desk.state() == before
    assert desk.outbox.acked_seq == 7


def test_an_older_reply_is_good_as_long_as_nothing_newer_is_known() -> None:
    desk = Desk(events=4)
    first, _ = desk.export()
    old = desk.answered(first)
    desk.outbox.record()
    desk.export()
    assert (desk.take_over(old).acked_seq, desk.outbox.acked_seq) == (4, 4)


def test_a_reply_from_before_head_office_was_restored_is_stale_whatever_its_clock_says() -> None:
    desk = Desk(events=4)
    export, _ = desk.export()
    old = desk.answered(export)
    nonce = bytes(16)
    plain = Ack(7, 1, 2, desk.outbox.hash_at(1, 2) or b"", 2, 2, TIME_MS - 5, nonce)
    newer = sign_ack(plain, desk.office.ack)
    desk.outbox.accept_ack(newer, newer.encode(), ())
    assert refusal(lambda: desk.take_over(old)).code == "stick_stale"
    assert desk.outbox.acked_seq == 2


def test_head_office_that_went_back_lowers_no_mark() -> None:
    desk = Desk(events=6)
    export, _ = desk.export()
    desk.take_over(desk.answered(export))
    again, _ = desk.export()

    def restored(reply: Reply) -> None:
        head = Head(7, 1, 3, desk.outbox.hash_at(1, 3) or b"")
        plain = Ack(7, 1, 3, head.hash, 3, 2, desk.time_ms, reply.header.nonce)
        reply.ack = sign_ack(plain, desk.office.ack)

    report = desk.take_over(desk.answered(again, restored))
    assert (report.acked_seq, report.durable_seq, report.pushed) == (6, 6, 0)


def test_a_damaged_or_cut_reply_changes_nothing_however_far_it_could_be_read() -> None:
    desk = Desk(events=4)
    export, _ = desk.export()

    def fill(reply: Reply) -> None:
        reply.urgent = [desk.page(Lane.URGENT, 0, FeedItem(3, "future", b"\xa0"))]
        reply.content = [desk.page(Lane.CONTENT, 0, grant(5))]

    reply = desk.answered(export, fill)
    before = desk.state()
    assert refusal(lambda: desk.take_over(reply[:-1])).code == "stick_cut_short"
    flipped = reply[:-5] + bytes([reply[-5] ^ 4]) + reply[-4:]
    assert refusal(lambda: desk.take_over(flipped)).code == "stick_damaged"
    assert desk.state() == before
    assert desk.take_over(reply).pulled == 2


def test_a_reply_without_an_acknowledgement_or_with_two_is_none() -> None:
    desk = Desk(events=1)
    export, _ = desk.export()
    header = desk.taken(export).header
    for count in (0, 2):
        file = io.BytesIO()
        writer = StickWriter(
            file, header, desk.office.ack,
            receiver_key=desk.opened(export).header.answer_key, file_key=bytes(range(32)),
        )  # fmt: skip
        for _ in range(count):
            writer.put(Piece.ACK, desk.ack(desk.office.head(7, 1), header.nonce).encode())
        writer.finish()
        assert refusal(lambda file=file: desk.take_over(file.getvalue())).code == "malformed"  # type: ignore[misc]
    assert desk.outbox.acked_seq == 0


def test_a_terminals_own_export_is_not_a_reply() -> None:
    desk = Desk(events=1)
    export, _ = desk.export()
    assert refusal(lambda: desk.take_over(export)).code == "stick_wrong_kind"


def test_a_stopped_import_goes_on_with_the_same_file() -> None:
    desk = Desk(events=3)
    export, _ = desk.export()

    def fill(reply: Reply) -> None:
        reply.content = [desk.page(Lane.CONTENT, 0, grant(1)), desk.page(Lane.CONTENT, 1, grant(2))]

    reply = desk.answered(export, fill)
    seen: list[SyncProgress] = []
    fault = refusal(lambda: desk.take_over(reply, lambda: len(desk.outbox.pages) == 1, seen.append))
    assert fault.code == "stick_import_stopped"
    assert (desk.outbox.acked_seq, len(desk.outbox.events)) == (3, 4)
    assert {p.stage for p in seen} == {SyncStage.CHECK, SyncStage.IMPORT}
    assert all(0 < p.done <= p.total == len(reply) for p in seen)
    assert desk.take_over(reply).pulled == 1
    assert len(desk.outbox.events) == 5


def test_stopping_while_it_is_read_through_changes_nothing() -> None:
    desk = Desk(events=3)
    export, _ = desk.export()
    before = desk.state()
    fault = refusal(lambda: desk.take_over(desk.answered(export), lambda: True))
    assert fault.code == "stick_import_stopped"
    assert desk.state() == before
