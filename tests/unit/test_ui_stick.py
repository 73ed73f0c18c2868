"""Synchronising by file on the sync screen, as its presenter decides it: without Qt."""

import re

import pytest

from branchdesk.application.models import StickExport, SyncProgress, SyncReport, SyncStage
from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.sync.state import Tab
from branchdesk.ui.sync.stick_lines import exported_note
from tests.fakes.background import ManualBackground
from tests.unit.test_ui_sync import SyncDesk, said


@pytest.fixture
def desk() -> SyncDesk:
    desk = SyncDesk()
    desk.screen.opened()
    desk.screen.choose(Tab.STICK.value)
    return desk


@pytest.fixture
def manual() -> SyncDesk:
    desk = SyncDesk(ManualBackground())
    _run(desk)
    desk.screen.opened()
    _run(desk)
    return desk


def _run(desk: SyncDesk) -> None:
    assert isinstance(desk.background, ManualBackground)
    desk.background.run_all()


def note(desk: SyncDesk, language: str = "zh") -> str:
    assert desk.state.note is not None
    return said(desk.state.note.phrase, language)


def test_it_says_what_would_go_and_names_the_file_by_outlet_and_moment(desk: SyncDesk) -> None:
    unsent = desk.behind.store.state.head.seq
    assert f"{unsent} 条待上传" in said(desk.state.stick.waiting)
    assert re.fullmatch(r"branchdesk-B001-\d+-\d{8}-\d{4}\.bdsync", desk.state.stick.file_name)
    desk.screen.sync()
    assert said(desk.state.stick.waiting).startswith("没有待上传的记录")


def test_an_export_says_what_it_carries_and_changes_nothing(desk: SyncDesk) -> None:
    unsent = desk.behind.store.state.head.seq
    desk.screen.stick.export("/media/stick/van.bdsync")
    assert desk.behind.sticks == ["/media/stick/van.bdsync"]
    assert note(desk) == f"已写好 van.bdsync：{unsent} 条，38 KB。请安全弹出 U 盘，送到总行。"
    assert desk.state.note is not None
    assert desk.state.note.tone is Tone.SUCCESS
    assert desk.behind.store.state.acked_seq == 0
    desk.behind.stick_left = 12
    desk.screen.stick.export("full.bdsync")
    assert "还有 12 条" in note(desk)
    assert desk.state.note.tone is Tone.WARNING
    empty = exported_note(StickExport(9, 9, 0, 400, 0), "van.bdsync")
    assert "nothing was waiting" in said(empty.phrase, "en")


def test_a_reply_is_what_a_synchronisation_would_have_been(desk: SyncDesk) -> None:
    desk.serve(2)
    desk.screen.stick.take_over("reply.bdsync")
    assert desk.behind.store.state.acked_seq == desk.behind.store.state.head.seq
    assert said(desk.state.waiting.headline) == "全部已上传"
    assert desk.state.can_save_proof
    assert note(desk).endswith("全部已上传。")
    # The frame's own status was read again too.
    assert desk.shell.state.status.unsent is not None


@pytest.mark.parametrize(
    ("report", "words", "tone"),
    [
        (SyncReport(23, 23, 23, 2, 7, 0), "之后新增的 2 条下次再带。", Tone.SUCCESS),
        (SyncReport(0, 23, 23, 0, 0, 0), "没有变化", Tone.INFO),
        (SyncReport(5, 5, 5, 0, 1, 0, ((0, "terminal_frozen"),)), "没有给新额度", Tone.WARNING),
        (SyncReport(5, 5, 5, 0, 1, 0, ((7, "forged"),)), "另有 1 项没有通过", Tone.WARNING),
    ],
)
def test_what_a_reply_brought_is_said(
    desk: SyncDesk, report: SyncReport, words: str, tone: Tone
) -> None:
    desk.behind.stick_answer = report
    desk.screen.stick.take_over("reply.bdsync")
    assert words in note(desk)
    assert desk.state.note is not None
    assert desk.state.note.tone is tone


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_is_said_in_words_and_the_next_file_may_be_tried(
    desk: SyncDesk, language: str
) -> None:
    desk.behind.stick_answer = ContractFault("stick_other_terminal", terminal=9, own=3)
    desk.screen.stick.take_over("reply.bdsync")
    assert "9" in note(desk, language)
    assert desk.state.note is not None
    assert desk.state.note.tone is Tone.DANGER
    desk.behind.stick_answer = None
    desk.screen.stick.take_over("another.bdsync")
    assert desk.state.note.tone is Tone.SUCCESS


def test_what_a_file_did_not_do_is_no_news_after_a_synchronisation(desk: SyncDesk) -> None:
    desk.behind.stick_answer = ContractFault("stick_other_terminal", terminal=9, own=3)
    desk.screen.stick.take_over("reply.bdsync")
    synced = desk.behind.sync_answer
    desk.behind.sync_answer = EnvironmentFault("office_unreachable")
    desk.screen.sync()
    assert desk.state.note is not None
    desk.behind.sync_answer = synced
    desk.screen.sync()
    assert desk.state.note is None


def test_it_runs_beside_the_stores_lane_once_at_a_time_and_can_be_followed_and_stopped(
    manual: SyncDesk,
) -> None:
    assert isinstance(manual.background, ManualBackground)
    manual.screen.stick.export("one.bdsync")
    manual.screen.stick.take_over("two.bdsync")
    assert [job.lane for job in manual.background.waiting] == [Lane.NETWORK]
    run = manual.state.stick.run
    assert run is not None
    assert said(run.said) == "正在准备导出…"
    manual.behind.stick_watch.tell(SyncProgress(SyncStage.EXPORT, 500, 31_200))
    manual.timers.fire("stick")
    run = manual.state.stick.run
    assert run is not None
    assert (run.done, run.total, run.count_key) == (500, 31_200, "sync.progress_count")
    manual.screen.stick.stop()
    assert manual.behind.stick_watch.is_stopped()
    assert manual.state.stick.run is not None
    assert manual.state.stick.run.stopping
    manual.behind.stick_answer = RuleViolation("stick_export_stopped")
    _run(manual)
    assert manual.state.stick.run is None
    assert manual.state.note is not None
    assert manual.state.note.tone is Tone.INFO
    assert manual.behind.sticks == ["one.bdsync"]
    assert "stick" not in manual.timers.set


def test_bytes_are_shown_as_a_share_of_the_file(manual: SyncDesk) -> None:
    manual.screen.stick.take_over("reply.bdsync")
    manual.behind.stick_watch.tell(SyncProgress(SyncStage.CHECK, 3_000_000, 12_000_000))
    manual.timers.fire("stick")
    run = manual.state.stick.run
    assert run is not None
    assert (said(run.said), run.done, run.total) == ("正在核对回执…", 25, 100)
    assert run.count_key == "sync.stick.percent"


def test_an_import_goes_on_out_of_sight_and_is_told_when_it_is_back(manual: SyncDesk) -> None:
    manual.screen.stick.take_over("reply.bdsync")
    manual.screen.hide()
    _run(manual)
    manual.screen.opened()
    _run(manual)
    assert manual.state.stick.run is None
    assert said(manual.state.waiting.headline) == "全部已上传"
