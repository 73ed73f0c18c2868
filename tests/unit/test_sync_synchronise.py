"""The stages of a synchronisation against a head office in memory, with real signatures."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from branchdesk.application.models import SyncProgress, SyncStage
from branchdesk.errors import BranchDeskError, ContractFault, EnvironmentFault
from branchdesk.protocol.chain import Head, open_ack, sign_ack
from branchdesk.protocol.feed import Lane
from branchdesk.protocol.http import GrantsWish
from branchdesk.protocol.signing import SigningKey
from branchdesk.sync.push import QUICK_MS
from branchdesk.sync.synchronise import Synchronise
from tests.fakes.clock import ManualClock
from tests.fakes.office import MemoryLine, MemoryOffice
from tests.fakes.outbox import MemoryOutbox
from tests.fakes.randomness import SeededRandomness


class Desk:
    """A terminal, a head office and the line between them."""

    def __init__(self, events: int = 0) -> None:
        self.office = MemoryOffice()
        certificate = self.office.admit(SigningKey(b"\x07" * 32).public_key)
        self.outbox = MemoryOutbox(certificate, self.office.ack_keys())
        self.line = MemoryLine(self.office)
        self.clock = ManualClock()
        self.synchronise = Synchronise(self.outbox, self.line, self.clock, SeededRandomness(5))
        for _ in range(events):
            self.outbox.record()

    def held(self) -> int:
        """Return how many events head office holds."""
        return self.office.head(7, 1).seq


def timeout(call: Callable[[], object]) -> object:
    raise EnvironmentFault("office_unreachable", retryable=True, reason="timeout")


def lost_reply(call: Callable[[], object]) -> object:
    call()
    raise EnvironmentFault("office_unreachable", retryable=True, reason="cut_short")


def lost_reply_late(call: Callable[[], object]) -> object:
    call()
    return timeout(call)


def with_ack(change: Callable[[bytes], bytes]) -> Callable[[Callable[[], object]], object]:
    """Return a script that alters the acknowledgement of a push."""

    def script(call: Callable[[], object]) -> object:
        answer = call()
        assert isinstance(answer, tuple)
        return change(answer[0]), answer[1]

    return script


def test_everything_unsent_goes_and_the_report_says_so() -> None:
    desk = Desk(events=120)
    desk.office.queue(Lane.CONTENT, count=5)
    desk.office.queue(Lane.URGENT, count=1)
    report = desk.synchronise()
    assert (report.pushed, report.acked_seq, report.unsent, report.pulled) == (120, 120, 0, 6)
    assert (desk.held(), desk.outbox.acked_seq, desk.outbox.durable_seq) == (120, 120, 120)
    assert desk.outbox.time_ms > 0


def test_authority_is_taken_before_facts_go_and_gifts_come_last() -> None:
    desk = Desk(events=1)
    desk.synchronise()
    assert desk.line.calls == ["feed.urgent", "head", "push", "grants", "feed.content"]


def test_a_wish_for_grants_says_what_is_known_of_head_office_and_what_it_was_not_told() -> None:
    desk = Desk(events=3)
    desk.office.ho_epoch = 41
    desk.synchronise()
    earlier = MemoryOutbox(desk.office.admit(SigningKey(b"\x08" * 32).public_key, epoch=0),
                           desk.office.ack_keys())  # fmt: skip
    for _ in range(2):
        earlier.record()
    desk.outbox.earlier = (earlier,)

    def meanwhile(call: Callable[[], object]) -> object:
        answer = call()
        desk.outbox.record()
        return answer

    desk.outbox.record()
    desk.line.scripts["push"] = [meanwhile]
    desk.synchronise()
    # What the desk recorded while it was pushed goes in the same run; what an earlier epoch still
    # has does not.
    assert desk.line.wishes == [GrantsWish(41, 0), GrantsWish(41, 2)]


def test_batches_start_at_fifty_and_double_on_a_quick_line_up_to_five_hundred() -> None:
    desk = Desk(events=1_400)
    desk.synchronise()
    assert desk.line.batches == [50, 100, 200, 400, 500, 150]


def test_batches_do_not_grow_on_a_slow_line() -> None:
    desk = Desk(events=150)

    def slow(call: Callable[[], object]) -> object:
        desk.clock.advance(QUICK_MS + 1)
        return call()

    desk.line.scripts["push"] = [slow, slow, slow]
    desk.synchronise()
    assert desk.line.batches == [50, 50, 50]


def test_a_timeout_halves_the_batch_and_asks_where_head_office_stands() -> None:
    desk = Desk(events=60)
    desk.line.scripts["push"] = [timeout]
    report = desk.synchronise()
    assert desk.line.batches == [50, 25, 35]
    assert desk.line.calls.count("head") == 2
    assert (report.unsent, desk.held()) == (0, 60)


def test_a_batch_that_arrived_although_the_reply_timed_out_is_not_sent_again() -> None:
    desk = Desk(events=60)
    desk.line.scripts["push"] = [lost_reply_late]
    report = desk.synchronise()
    assert desk.line.batches == [50, 10]
    assert report.acked_seq == 60
    assert len(set(desk.office.chains[7, 1].event_ids)) == len(desk.office.chains[7, 1].event_ids)


def test_endless_timeouts_end_with_the_reason_and_nothing_marked() -> None:
    desk = Desk(events=60)
    desk.line.scripts["push"] = [timeout] * 50
    with pytest.raises(EnvironmentFault, match="office_unreachable") as caught:
        desk.synchronise()
    assert caught.value.retryable
    assert desk.line.calls.count("push") <= 6
    assert desk.outbox.acked_seq == 0


def test_a_batch_over_the_compressed_limit_is_split_before_it_leaves() -> None:
    desk = Desk()
    for _ in range(40):
        desk.outbox.record(filler=20_000)
    report = desk.synchronise()
    assert report.unsent == 0
    assert max(desk.line.batches) * 20_000 < 256 << 10


def test_a_batch_that_head_office_finds_too_large_is_halved() -> None:
    desk = Desk()
    desk.office.compressed_bytes_max = 40_000
    for _ in range(20):
        desk.outbox.record(filler=5_000)
    assert desk.synchronise().unsent == 0


def test_one_event_larger_than_any_batch_says_so_and_stays() -> None:
    desk = Desk()
    desk.outbox.record(filler=300_000)
    with pytest.raises(ContractFault, match="batch_too_large"):
        desk.synchronise()
    assert (desk.outbox.acked_seq, len(desk.outbox.events)) == (0, 1)


def test_a_lost_reply_gives_no_duplicate_on_the_next_attempt() -> None:
    desk = Desk(events=30)
    desk.line.scripts["push"] = [lost_reply]
    with pytest.raises(EnvironmentFault):
        desk.synchronise()
    assert (desk.held(), desk.outbox.acked_seq) == (30, 0)
    report = desk.synchronise()
    assert (report.pushed, report.acked_seq, desk.held()) == (0, 30, 30)


def _forged(office: MemoryOffice, data: bytes, **changes: object) -> bytes:
    ack = open_ack(data, office.ack_keys(), None)
    return sign_ack(replace(ack, **changes), office.ack).encode()  # type: ignore[arg-type]  # any field of the ack, by name


def _poisoned_acks() -> dict[str, Callable[[MemoryOffice, bytes], bytes]]:
    stranger = SigningKey(b"\x66" * 32)
    return {
        "wrong_nonce": lambda office, data: _forged(office, data, nonce=b"\0" * 16),
        "fork_detected": lambda office, data: _forged(office, data, hash=b"\1" * 32),
        "ack_short": lambda office, data: office.acknowledge(
            Head(7, 1, 0, office.chains[7, 1].hashes[0]),
            open_ack(data, office.ack_keys(), None).nonce,
        ),
        "unsigned": lambda office, data: sign_ack(
            open_ack(data, office.ack_keys(), None), stranger
        ).encode(),
        "bad_signature": lambda office, data: data.replace(
            open_ack(data, office.ack_keys(), None).hash, b"\2" * 32
        ),
        "malformed": lambda office, data: data[:-1],
    }


@pytest.mark.parametrize("code", sorted(_poisoned_acks()))
def test_an_acknowledgement_that_proves_nothing_marks_nothing(code: str) -> None:
    desk = Desk(events=10)
    poison = _poisoned_acks()[code]
    desk.line.scripts["push"] = [with_ack(lambda data: poison(desk.office, data))]
    with pytest.raises(ContractFault) as caught:
        desk.synchronise()
    assert caught.value.code == code
    assert (desk.outbox.acked_seq, desk.outbox.durable_seq) == (0, 0)
    assert desk.synchronise().acked_seq == 10


@pytest.mark.parametrize(
    "notice", [[1, "parked"], ["1", "parked", "x"], [1, "parked", 2], [True, "a", "b"]]
)
def test_malformed_notices_mark_nothing(notice: list[object]) -> None:
    desk = Desk(events=3)
    desk.office.notices = [notice]
    with pytest.raises(ContractFault, match="malformed"):
        desk.synchronise()
    assert desk.outbox.acked_seq == 0
    desk.office.notices = []
    assert desk.synchronise().unsent == 0


def test_a_parked_event_is_counted_and_blocks_nobody() -> None:
    desk = Desk(events=5)
    desk.office.notices = [[2, "parked", "unknown_event_type"]]
    report = desk.synchronise()
    assert (report.acked_seq, report.parked, report.unsent) == (5, 1, 0)


def test_a_replayed_acknowledgement_of_an_earlier_head_lowers_no_mark() -> None:
    desk = Desk(events=10)
    replays: list[object] = []

    def keep(call: Callable[[], object]) -> object:
        replays.append(call())
        return replays[-1]

    desk.line.scripts["head"] = [keep]
    desk.synchronise()
    desk.line.scripts["head"] = [lambda call: replays[0]]
    with pytest.raises(ContractFault, match="wrong_nonce"):
        desk.synchronise()
    assert desk.outbox.acked_seq == 10


def test_a_head_office_restored_from_an_old_backup_gets_everything_again() -> None:
    desk = Desk(events=30)
    desk.synchronise()
    del desk.office.chains[7, 1].hashes[11:]
    report = desk.synchronise()
    assert (report.pushed, desk.held(), desk.outbox.acked_seq) == (20, 30, 30)


def test_a_head_office_ahead_of_us_means_that_this_terminal_was_restored() -> None:
    desk = Desk(events=3)
    desk.office.chains[7, 1].hashes += [b"\1" * 32] * 5
    with pytest.raises(ContractFault, match="fork_detected") as caught:
        desk.synchronise()
    assert caught.value.facts["problem"] == "ahead"
    assert (desk.outbox.acked_seq, desk.office.forks) == (0, [(0, 1)])


def test_other_bytes_at_our_place_are_a_fork() -> None:
    desk = Desk(events=3)
    desk.office.chains[7, 1].hashes += [b"\1" * 32]
    with pytest.raises(ContractFault, match="fork_detected") as caught:
        desk.synchronise()
    assert caught.value.facts["problem"] == "hash"
    assert desk.outbox.acked_seq == 0


def test_head_office_is_shown_a_long_branch_back_to_where_it_parted() -> None:
    desk = Desk(events=1_200)
    ours = [desk.outbox.hash_at(1, seq) or b"" for seq in range(101)]
    desk.office.chains[7, 1].hashes = ours + [bytes([seq % 251]) * 32 for seq in range(1_050)]
    with pytest.raises(ContractFault, match="fork_detected"):
        desk.synchronise()
    # Back to where it parted, and from there on to its end.
    parting, branch = [(900, 900), (400, 400), (0, 101)], [(500, 500), (1_000, 1_000)]
    assert desk.office.forks == parting + branch
    assert (desk.outbox.acked_seq, desk.outbox.proofs) == (0, [])
    assert ({ack.seq for ack in desk.outbox.forks}, desk.outbox.shown_seq) == ({1_150}, 1_200)


def test_what_was_shown_of_a_branch_is_not_sent_again() -> None:
    desk = Desk(events=300)
    desk.office.chains[7, 1].hashes[101:] = [bytes([seq]) * 32 for seq in range(150)]
    desk.outbox.shown_seq = 300
    with pytest.raises(ContractFault, match="fork_detected"):
        desk.synchronise()
    assert desk.office.forks == []


def test_an_answer_to_something_else_does_not_pass_a_branch_for_shown() -> None:
    desk = Desk(events=3)
    desk.synchronise()
    earlier = desk.office.acknowledge(desk.office.head(7, 1), b"\0" * 16)
    desk.outbox.record()
    desk.office.chains[7, 1].hashes += [b"\1" * 32]
    desk.line.scripts["push"] = [lambda call: (earlier, [])]
    for _ in range(2):
        with pytest.raises(ContractFault, match="fork_detected"):
            desk.synchronise()
        shown = [desk.outbox.shown_seq]
    assert (desk.office.forks, shown) == ([(0, 4)], [4])


def test_a_restored_terminal_without_a_branch_of_its_own_shows_none() -> None:
    desk = Desk(events=300)
    desk.synchronise()
    del desk.outbox.events[200:], desk.outbox._hashes[201:]
    with pytest.raises(ContractFault, match="fork_detected") as caught:
        desk.synchronise()
    assert caught.value.facts["problem"] == "ahead"
    assert desk.office.forks == []


def test_a_line_that_breaks_while_showing_the_branch_hides_nothing() -> None:
    desk = Desk(events=3)
    desk.office.chains[7, 1].hashes += [b"\1" * 32]
    desk.line.scripts["push"] = [timeout]
    with pytest.raises(ContractFault, match="fork_detected"):
        desk.synchronise()


def test_a_granted_slot_is_acknowledged_in_the_same_synchronisation() -> None:
    desk = Desk(events=2)
    desk.office.queue(Lane.CONTENT, kind="grant")
    report = desk.synchronise()
    assert len(desk.outbox.events) == 3
    assert (report.pushed, report.unsent, desk.held()) == (3, 0, 3)


def test_a_frozen_terminal_still_sends_its_facts_and_reads_the_feed() -> None:
    desk = Desk(events=4)
    desk.office.frozen = True
    desk.office.queue(Lane.CONTENT, count=1)
    report = desk.synchronise()
    assert (report.unsent, report.pulled) == (0, 1)
    assert report.refused == ((0, "terminal_frozen"),)


def test_a_bad_urgent_page_does_not_keep_facts_from_leaving() -> None:
    desk = Desk(events=4)
    desk.line.scripts["feed.urgent"] = [lambda call: b"<html>"]
    with pytest.raises(ContractFault, match="malformed"):
        desk.synchronise()
    assert desk.outbox.acked_seq == 4
    assert "feed.content" not in desk.line.calls


def test_a_page_for_another_terminal_is_not_applied() -> None:
    desk = Desk()
    desk.office.queue(Lane.CONTENT)
    desk.line.scripts["feed.content"] = [lambda call: desk.office.page(8, Lane.CONTENT, 0)]
    with pytest.raises(ContractFault, match="wrong_page"):
        desk.synchronise()
    assert desk.outbox.pages == []


def test_a_feed_that_promises_more_and_gives_nothing_ends() -> None:
    from branchdesk.protocol.feed import FeedPage, sign_page

    desk = Desk()
    empty = sign_page(FeedPage(7, Lane.URGENT, 0, (), more=True), desk.office.ack)
    desk.line.scripts["feed.urgent"] = [lambda call: empty] * 3
    with pytest.raises(ContractFault, match="malformed"):
        desk.synchronise()
    assert desk.line.calls.count("feed.urgent") == 1


def test_no_line_marks_nothing_and_says_it_may_be_tried_again() -> None:
    desk = Desk(events=4)
    desk.line.scripts["feed.urgent"] = [timeout]
    with pytest.raises(EnvironmentFault) as caught:
        desk.synchronise()
    assert caught.value.retryable
    assert desk.outbox.acked_seq == 0


def test_a_cancelled_synchronisation_keeps_what_was_acknowledged() -> None:
    desk = Desk(events=400)
    report = desk.synchronise(cancelled=lambda: desk.held() >= 150)
    assert (report.acked_seq, report.unsent) == (150, 250)
    assert desk.synchronise().unsent == 0


def test_progress_names_the_stage_and_counts_acknowledged_events() -> None:
    desk = Desk(events=120)
    seen: list[SyncProgress] = []
    desk.synchronise(progress=seen.append)
    assert [p.done for p in seen if p.stage is SyncStage.PUSH] == [0, 50, 120]
    assert {p.total for p in seen if p.stage is SyncStage.PUSH} == {120}
    assert [p.stage for p in seen if p.stage is not SyncStage.PUSH] == [
        SyncStage.URGENT, SyncStage.HEAD, SyncStage.GRANTS, SyncStage.CONTENT,
    ]  # fmt: skip


def test_durable_may_lag_behind_the_acknowledged_mark() -> None:
    desk = Desk(events=20)
    desk.office.durable_lag = 8
    report = desk.synchronise()
    assert (report.acked_seq, report.durable_seq) == (20, 12)


def test_every_fault_is_one_of_ours() -> None:
    desk = Desk(events=1)
    desk.line.scripts["head"] = [lambda call: b""]
    with pytest.raises(BranchDeskError):
        desk.synchronise()
