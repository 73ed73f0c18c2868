"""The sync screen, as its presenter decides it: without Qt."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from branchdesk.application.models import Session, SyncProgress, SyncReport, SyncStage
from branchdesk.application.redemption_records import Outcome
from branchdesk.application.waiting import RefusedItem
from branchdesk.devices.texts import load_texts
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.protocol import facts
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.words import Phrase, Tone, Words
from branchdesk.ui.shell.presenter import ShellPresenter
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Screen, ShellState
from branchdesk.ui.sign_in.presenter import Entry
from branchdesk.ui.sync import lines
from branchdesk.ui.sync.presenter import READ_EVERY_MS, SyncPresenter
from branchdesk.ui.sync.state import SyncState, Tab
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.bank import TELLER
from tests.fakes.desk import FakeDesk

ROOT: Final = Path(__file__).resolve().parents[2]
TEXTS: Final = ROOT / "resources" / "texts"
HOUR_MS: Final = 3_600_000


class SyncDesk:
    """The sync screen inside a real frame, over a desk in memory."""

    def __init__(self, background: InlineBackground | ManualBackground | None = None) -> None:
        self.behind, self.timers = FakeDesk(), ManualTimers()
        self.background = background or InlineBackground()
        self.states: list[SyncState] = []
        services = self.behind.services()
        self.shell = ShellPresenter(
            _Frame(), self.background, self.timers, services, DeskSettings()
        )
        self.screen = SyncPresenter(self, self.background, self.timers, services, self)
        self.opened: list[Screen] = []
        self.shell.join(_Door(), {Screen.COUNTER: self.screen, Screen.SYNC: self.screen},
                        self.screen.sync_changed)  # fmt: skip
        self.shell.enter(Entry(Session("T001"), TELLER))

    def render(self, state: SyncState) -> None:
        self.states.append(state)

    def work_done(self) -> None:
        self.shell.work_done()

    def voucher_layout(self) -> str:
        return "80"

    def layout_chosen(self, layout: str) -> None:
        raise AssertionError(f"{layout} is none of this screen's business")

    def open_screen(self, screen: Screen) -> None:
        self.opened.append(screen)

    def sync(self) -> None:
        self.shell.sync()

    def stop_sync(self) -> None:
        self.shell.stop_sync()

    def lock(self) -> None:
        self.shell.lock()

    @property
    def state(self) -> SyncState:
        return self.states[-1]

    def serve(self, people: int = 3) -> None:
        for number in range(people):
            self.behind.register("张伟", f"1380013{number:04d}", "PHONE10")
            self.behind.clock.advance(60_000)


class _Frame:
    def render(self, state: ShellState) -> None:
        """Show nothing; the frame has tests of its own."""

    def return_cursor(self) -> bool:
        return False


class _Door:
    def lock(self, staff: str) -> None:
        """Let nobody out."""


@pytest.fixture
def desk() -> SyncDesk:
    return SyncDesk()


def said(phrase: Phrase | None, language: str = "zh") -> str:
    assert phrase is not None
    return Words(load_texts(TEXTS), language).phrase(phrase)


def test_what_waits_is_told_with_its_age_its_size_and_its_kinds(desk: SyncDesk) -> None:
    desk.serve(3)
    desk.behind.clock.advance(2 * HOUR_MS)
    desk.screen.opened()
    waiting = desk.state.waiting
    unsent = desk.behind.store.state.head.seq
    assert said(waiting.headline) == f"{unsent} 条"
    assert "2 小时前" in said(waiting.facts[0])
    assert said(waiting.facts[1]).endswith("KB")
    counts = {said(kind.name): kind.count for kind in waiting.kinds}
    assert counts.items() >= {("领取额度", 5), ("客户登记", 3), ("发券", 3), ("开班", 1)}
    assert sum(counts.values()) == unsent
    assert waiting.tone is Tone.QUIET
    desk.behind.clock.advance(25 * HOUR_MS)
    desk.timers.fire("sync_page")
    assert desk.state.waiting.tone is Tone.WARNING


def test_after_a_success_the_marks_and_what_moved_are_told(desk: SyncDesk) -> None:
    desk.serve(1)
    desk.screen.opened()
    assert not desk.state.can_save_proof
    desk.screen.sync()
    assert desk.state.waiting.tone is Tone.SUCCESS
    seq = desk.behind.store.state.head.seq
    assert [said(phrase) for phrase in desk.state.signed] == [
        "最近签收：01-04 09:01（总行签署的时间）",
        f"总行已签收：{seq} 条中的 {seq} 条",
        f"其中已入库（不会再丢）：{seq} 条",
        "上次同步 09:01：上传 3 条，下载 2 项",
    ]
    assert desk.state.can_save_proof


def test_the_proof_is_saved_from_here_and_its_place_is_told(desk: SyncDesk) -> None:
    desk.screen.sync()
    desk.screen.opened()
    desk.screen.save_proof()
    assert desk.state.note is not None
    assert f"proof-{desk.behind.store.state.head.seq}.json" in said(desk.state.note.phrase)
    assert desk.state.note.tone is Tone.SUCCESS


def test_without_an_acknowledgement_saving_the_proof_says_what_to_do(desk: SyncDesk) -> None:
    desk.screen.opened()
    desk.screen.save_proof()
    assert desk.state.note is not None
    assert desk.state.note.phrase.key == "error.proof_missing"


def test_a_run_is_followed_and_can_be_stopped() -> None:
    desk = SyncDesk(ManualBackground())
    assert isinstance(desk.background, ManualBackground)
    desk.background.run_all()
    desk.screen.opened()
    desk.background.run_all()
    desk.screen.sync()
    assert desk.state.run is not None
    assert desk.state.next_try is None
    desk.behind.watch.tell(SyncProgress(SyncStage.PUSH, 150, 400))
    desk.timers.fire("sync_progress")
    assert desk.state.run is not None
    assert (desk.state.run.done, desk.state.run.total) == (150, 400)
    desk.screen.stop()
    assert desk.state.run.stopping
    assert desk.behind.watch.is_stopped()
    desk.behind.sync_answer = desk.behind.watch.stop
    desk.background.run_all()
    assert desk.state.run is None
    assert desk.state.trouble is not None
    assert desk.state.trouble.phrase.key == "sync.stopped"


def test_a_long_outage_says_when_it_is_tried_again_and_can_be_tried_now(desk: SyncDesk) -> None:
    answer = desk.behind.sync_answer
    desk.behind.sync_answer = EnvironmentFault("office_unreachable", reason="no_line")
    desk.screen.opened()
    keys = set()
    for _ in range(14):
        desk.screen.sync()
        keys.add(desk.state.next_try and desk.state.next_try.key)
        due_ms = desk.timers.set["sync"][0]
        soon = due_ms < 60_000
        assert desk.state.next_try is not None
        assert desk.state.next_try.key == ("sync.next.soon" if soon else "sync.next.retry")
        assert desk.state.next_try.facts["failed"] == "09:00"
    assert keys == {"sync.next.soon", "sync.next.retry"}
    # The frame's own banner says why; here it is not said twice.
    assert desk.state.trouble is None
    desk.behind.sync_answer = answer
    desk.screen.sync()
    assert desk.state.next_try.key == "sync.next.due"


def test_an_answer_that_proves_nothing_is_told_here_with_its_reason(desk: SyncDesk) -> None:
    desk.behind.sync_answer = ContractFault("ack_short", seq=3, sent_seq=9)
    desk.screen.opened()
    desk.screen.sync()
    assert desk.state.trouble is not None
    assert "只确认到第 3 条" in said(desk.state.trouble.phrase)


@pytest.mark.parametrize("worse", ["frozen", "suspect"])
def test_where_the_banner_says_something_worse_the_missing_line_is_told_here(
    desk: SyncDesk, worse: str
) -> None:
    if worse == "frozen":
        desk.behind.store.freeze()
    else:
        desk.behind.store.state = replace(desk.behind.store.state, clock_state="suspect")
    desk.behind.sync_answer = EnvironmentFault("office_unreachable", reason="no_line")
    desk.screen.opened()
    desk.screen.sync()
    assert desk.state.trouble is not None
    assert "网络不通" in said(desk.state.trouble.phrase)


def test_what_head_office_held_back_is_told_with_its_reason_and_what_to_do(
    desk: SyncDesk,
) -> None:
    desk.serve(1)
    desk.screen.sync()
    last = desk.behind.store.state.head.seq
    desk.behind.store.hold(last, "effect_refused", "slot_used")
    desk.behind.store.hold(last - 1, "flagged", "a_word_of_tomorrow")
    refused = (RefusedItem("campaign", "bad_signature"),)
    desk.behind.store.state = replace(desk.behind.store.state, refused=refused)
    desk.screen.opened()
    here, voucher, person = desk.state.answers
    assert said(here.title) == "总行发来的活动"
    assert "bad_signature" in said(here.why)
    assert said(voucher.title) == "发券 701-1 · 01-04 09:00"
    assert said(voucher.chip) == "没有生效"
    assert said(voucher.why) == "这张券的编号已经用过。"
    assert "只兑付一张" in said(voucher.advice)
    # A newer head office may say what this program does not know: its own word is shown.
    assert "a_word_of_tomorrow" in said(person.why)
    assert said(person.title).startswith("客户登记")


@pytest.mark.parametrize(
    ("code", "why", "advice"),
    [
        ("terminal_frozen", "停用本终端", "网点主管"),
        ("office_restored", "从备份恢复", "再同步一次"),
        ("office_learning", "补报", "照常可用"),
        ("a_word_of_tomorrow", "a_word_of_tomorrow", "告诉总行"),
    ],
)
def test_a_refused_wish_for_grants_is_named_with_its_reason_and_what_to_do(
    desk: SyncDesk, code: str, why: str, advice: str
) -> None:
    answer = desk.behind.sync_answer
    assert isinstance(answer, SyncReport)
    desk.behind.sync_answer = replace(answer, refused=((0, code),))
    desk.screen.opened()
    desk.screen.sync()
    (line,) = desk.state.answers
    assert (said(line.title), said(line.chip)) == ("本终端申请新额度", "总行没有出借")
    assert why in said(line.why)
    assert advice in said(line.advice)
    status = desk.shell.state.status.sync
    assert "没有给新额度" in said(status.phrase)
    assert status.detail == line.why
    desk.behind.sync_answer = answer
    desk.screen.sync()
    assert desk.state.answers == ()


def test_more_than_a_screenful_is_counted_and_not_listed(desk: SyncDesk) -> None:
    desk.serve(30)
    for seq in range(1, desk.behind.store.state.head.seq + 1):
        desk.behind.store.hold(seq, "parked", "unknown_event_type")
    desk.screen.opened()
    assert len(desk.state.answers) == 50
    assert desk.state.answers_left_out == desk.behind.store.state.head.seq - 50


def test_what_cannot_be_read_is_not_shown_from_memory(desk: SyncDesk) -> None:
    desk.screen.opened()
    assert desk.state.office is not None

    def broken() -> None:
        raise EnvironmentFault("store_damaged", path="")

    desk.screen._calls = replace(desk.screen._calls, read=broken)  # type: ignore[arg-type]  # broken on purpose
    desk.timers.fire("sync_page")
    assert desk.state.office is None
    assert desk.state.waiting.headline.key == "status.unknown"
    assert desk.state.note is not None
    assert desk.state.note.phrase.key == "error.store_damaged"


def test_the_road_check_looks_when_it_is_chosen_and_says_whether_to_leave(desk: SyncDesk) -> None:
    desk.screen.opened()
    desk.screen.choose(Tab.ROAD.value)
    road = desk.state.road
    assert road.verdict is not None
    assert road.verdict.tone is Tone.DANGER
    unsent = next(row for row in road.rows if said(row.subject) == "待上传")
    assert unsent.tone is Tone.DANGER
    assert said(unsent.advice) == "趁有网按 F5 同步，再检查一次。"
    assert "王小燕 T001" in said(road.checked)
    desk.behind.store.lend("RATE50", slots=9)
    desk.screen.sync()
    desk.screen.check_road()
    assert desk.state.road.verdict is not None
    assert desk.state.road.verdict.tone is Tone.WARNING


def test_looking_never_keeps_the_stores_own_lane(desk: SyncDesk) -> None:
    manual = SyncDesk(ManualBackground())
    assert isinstance(manual.background, ManualBackground)
    manual.background.run_all()
    manual.screen.choose(Tab.ROAD.value)
    assert [job.lane for job in manual.background.waiting] == [Lane.NETWORK]
    assert manual.state.road.is_checking


def test_the_slip_of_what_is_shown_is_printed_in_the_language_of_the_window(
    desk: SyncDesk,
) -> None:
    desk.screen.print_slip("en")
    assert desk.behind.road_slips == []
    desk.screen.choose(Tab.ROAD.value)
    desk.screen.print_slip("en")
    ((report, language),) = desk.behind.road_slips
    assert language == "en"
    assert report.staff == TELLER
    assert desk.behind.shown == ["road-check.pdf"]
    assert desk.state.note is not None
    assert desk.state.note.tone is Tone.SUCCESS
    desk.behind.has_reader = False
    desk.screen.print_slip("en")
    assert desk.state.note.phrase.key == "paper.not_opened"
    assert not desk.state.road.is_printing


def test_a_check_made_by_somebody_else_is_not_shown_to_the_next_person(desk: SyncDesk) -> None:
    desk.screen.choose(Tab.ROAD.value)
    desk.screen.start(Session("T001"), ())
    assert desk.screen.state.road.rows
    desk.screen.start(Session("S001"), ())
    assert desk.screen.state.road.rows == ()


def test_out_of_sight_nothing_is_read_and_esc_goes_back_to_the_counter(desk: SyncDesk) -> None:
    desk.screen.opened()
    assert desk.timers.set["sync_page"][0] == READ_EVERY_MS
    desk.screen.hide()
    assert "sync_page" not in desk.timers.set
    shown = len(desk.states)
    desk.shell.sync()
    assert len(desk.states) == shown
    desk.screen.back()
    assert desk.opened == [Screen.COUNTER]


def test_every_kind_of_record_has_a_name() -> None:
    words = json.loads((TEXTS / "sync_screen.json").read_text("utf-8"))
    named = {f"sync.kind.{kind.replace('.', '_')}" for kind in facts.PAYLOAD_FIELDS}
    assert named - set(words) == set()
    left_over = {key for key in words if key.startswith("sync.kind.")} - named
    assert left_over == {"sync.kind.other"}


def _codes_of_head_office() -> Iterator[str]:
    """Every word that head office gives as the reason of a verdict, from its own source."""
    said_in = re.compile(r"(?:REFUSED|FLAGGED|PARKED), \"([a-z_]+)\"")
    for path in (ROOT / "branchdesk" / "headoffice").glob("*.py"):
        yield from said_in.findall(path.read_text(encoding="utf-8"))
    yield from ("limit_person", "limit_person_day", "slot_returned", "slot_revoked")


def test_every_reason_head_office_gives_has_words_and_advice() -> None:
    words = json.loads((TEXTS / "sync_screen.json").read_text("utf-8"))
    codes = set(_codes_of_head_office())
    assert len(codes) > 15
    assert codes - lines.CODES == set()
    for code in lines.CODES:
        assert f"sync.code.{code}" in words
        assert f"sync.advice.{code}" in words


def test_every_text_of_the_screen_is_worded_in_both_languages_and_none_is_left_over() -> None:
    words = json.loads((TEXTS / "sync_screen.json").read_text("utf-8"))
    assert all(set(entry) == {"zh", "en"} and all(entry.values()) for entry in words.values())
    named, prefixes = set[str](), set[str]()
    for folder in ("ui/sync", "ui/shell", "app"):
        for path in (ROOT / "branchdesk" / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                    prefixes.add(str(node.values[0].value))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    named.add(node.value)
    keys = {text for text in named if re.fullmatch(r"(sync|road)(\.[a-z_]+)+", text)}
    assert keys - set(words) == set()
    begun = tuple(text for text in prefixes if text.startswith(("sync.", "road.")))
    assert {key for key in words if key not in keys and not key.startswith(begun)} == set()


def test_how_head_office_decided_is_told_to_who_bears_it_and_to_the_other(desk: SyncDesk) -> None:
    with desk.behind.store.read() as reading:
        ours = reading.terminal().outlet
    outcomes = (
        Outcome(9, "double_redemption", "702-4", "bank_bears", "bank", 5_000, ""),
        Outcome(12, "double_redemption", "702-1", "outlet_bears", ours, 8_850, "未核对手机尾号"),
        Outcome(14, "of_tomorrow", "702-2", "shared", ours, 1, "各半"),
    )
    state = desk.behind.store.state
    desk.behind.store.state = replace(state, told=replace(state.told, outcomes=outcomes))
    desk.screen.opened()
    newest, theirs, banks = desk.state.answers
    assert said(newest.why) == "总行已作出处理（shared）。"
    assert said(theirs.title) == "券 702-1 · 事项 12"
    assert said(theirs.why) == f"损失 88.50 元由网点 {ours} 承担。"
    assert said(theirs.advice) == "总行说明：未核对手机尾号"
    assert (theirs.tone, banks.tone) == (Tone.WARNING, Tone.SUCCESS)
    assert said(banks.advice, "en") == "Nothing is left to do."
