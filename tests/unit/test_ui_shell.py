"""The frame around the screens, as its presenter decides it: without Qt."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from branchdesk.application.models import (
    CampaignInForce,
    DeskStatus,
    ForkNotice,
    Session,
    SyncProgress,
    SyncStage,
    TerminalCondition,
)
from branchdesk.application.shifts import OpenShift
from branchdesk.devices.texts import load_texts
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.sync.background import INTERVAL_MS
from branchdesk.sync.retry import RetryPolicy
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.words import Phrase, Tone, Words, phrase
from branchdesk.ui.shell.actions import ACTIONS, OFFER_SHORTCUTS, ActionId, usable
from branchdesk.ui.shell.presenter import ShellPresenter
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Page, Screen, ShellState
from branchdesk.ui.shell.status_lines import banner
from branchdesk.ui.shell.syncing import AFTER_WORK_MS
from branchdesk.ui.sign_in.presenter import Entry
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.bank import TELLER, sample_campaign
from tests.fakes.desk import FakeDesk

TEXTS: Final = Path(__file__).resolve().parents[2] / "resources" / "texts"


class Around:
    """The view, the sign-in door and the desk that a shell presenter talks to."""

    def __init__(self) -> None:
        self.shown: list[ShellState] = []
        self.locked_for: list[str] = []
        self.words: list[str] = []
        self.left = 0
        self.started: list[Session] = []
        self.refreshed = self.freshened = 0
        self.locks = self.hidden = self.opens = self.backs = self.closes = 0
        self.has_cursor = False
        self.with_cursor: list[bool] = []

    def render(self, state: ShellState) -> None:
        self.shown.append(state)

    def return_cursor(self) -> bool:
        return self.has_cursor

    def lock(self, staff: str, word: str = "") -> None:
        self.locked_for.append(staff)
        self.words.append(word)

    def leave(self) -> None:
        self.left += 1

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        del campaigns
        self.started.append(session)

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        del campaigns
        self.refreshed += 1

    def opened(self, *, has_cursor: bool = False) -> None:
        self.opens += 1
        self.with_cursor.append(has_cursor)

    def freshen(self) -> None:
        self.freshened += 1

    def hide(self, *, is_locked: bool = False) -> None:
        self.hidden += 1
        self.locks += is_locked

    def back(self) -> None:
        self.backs += 1

    def close(self) -> None:
        self.closes += 1


class Shell:
    """A presenter with everything around it."""

    def __init__(
        self,
        behind: FakeDesk | None = None,
        background: InlineBackground | ManualBackground | None = None,
        settings: DeskSettings | None = None,
    ) -> None:
        self.behind, self.around, self.timers = behind or FakeDesk(), Around(), ManualTimers()
        self.presenter = ShellPresenter(
            self.around,
            background or InlineBackground(),
            self.timers,
            self.behind.services(),
            settings or DeskSettings(),
        )
        self.presenter.join(self.around, {Screen.COUNTER: self.around})

    def enter(self, shift: str = "S1") -> "Shell":
        self.presenter.enter(Entry(Session("T001", shift=shift), TELLER))
        return self

    @property
    def state(self) -> ShellState:
        return self.around.shown[-1]


@pytest.fixture
def shell() -> Shell:
    return Shell().enter()


def test_entering_in_an_open_shift_starts_the_screens_with_it_at_the_counter(shell: Shell) -> None:
    assert {session.shift for session in shell.around.started} == {"S1"}
    assert (shell.state.page, shell.state.screen) == (Page.DESK, Screen.COUNTER)


def test_without_a_shift_opening_one_is_shown_first_and_then_the_counter() -> None:
    shell = Shell(FakeDesk(on_duty=False))
    screens = {Screen.COUNTER: shell.around, Screen.SHIFT: Around()}
    shell.presenter.join(shell.around, screens)
    shell.enter(shift="")
    assert shell.state.screen is Screen.SHIFT
    with shell.behind.store.read() as reading:
        assert reading.open_shift() is None
    shell.presenter.shift_opened(Session("T001", shift="S2"))
    assert shell.state.screen is Screen.COUNTER
    assert shell.around.started[-1].shift == "S2"


def test_a_screen_places_the_cursor_only_where_it_cannot_be_returned(shell: Shell) -> None:
    assert shell.around.with_cursor == [False]
    shell.around.has_cursor = True
    shell.presenter.lock()
    shell.enter()
    shell.presenter.open(Screen.COUNTER)
    assert shell.around.with_cursor == [False, True, True]


def test_signing_out_leaves_nobody_in_and_what_is_unsent_goes_on(shell: Shell) -> None:
    shell.presenter.work_done()
    shell.presenter.sign_out()
    assert (shell.state.page, shell.presenter.signed_in) == (Page.SIGN_IN, False)
    assert shell.around.left == 1
    assert shell.state.status.staff.phrase.key == "status.unknown"
    assert "auto_lock" not in shell.timers.set
    shell.timers.fire("sync")
    assert shell.behind.syncs == 1
    shell.presenter.sign_out()
    assert shell.around.left == 1


def test_a_pause_hands_its_word_to_the_door(shell: Shell) -> None:
    shell.presenter.lock("马上回来")
    assert (shell.around.locked_for, shell.around.words) == (["T001"], ["马上回来"])
    assert not shell.presenter.signed_in


def test_the_status_bar_says_who_where_and_what_is_left(shell: Shell) -> None:
    status = shell.state.status
    assert status.staff.phrase.facts["name"] == "王小燕"
    assert status.outlet.phrase.facts["code"] == "B001"
    assert status.grants.phrase.facts["total"] == 470
    assert status.clock.phrase.key == "status.clock_trusted"
    assert status.unsent.phrase.facts["count"] == shell.behind.store.state.head.seq


def test_a_status_that_cannot_be_read_is_called_unknown_not_remembered(shell: Shell) -> None:
    def broken() -> None:
        raise EnvironmentFault("store_damaged")

    services = shell.behind.services()
    presenter = ShellPresenter(
        shell.around,
        InlineBackground(),
        shell.timers,
        _replaced(services, read_status=broken),
        DeskSettings(),
    )
    presenter.join(shell.around, {Screen.COUNTER: shell.around})
    presenter.enter(Entry(Session("T001"), TELLER))
    assert shell.state.status.unsent.phrase.key == "status.unknown"
    assert shell.state.status.sync.phrase.key == "error.store_damaged"


def _replaced(services: object, **changes: object) -> object:
    return replace(services, **changes)  # type: ignore[type-var]  # any dataclass will do here


def test_an_offer_about_to_run_out_is_named() -> None:
    behind = FakeDesk(lent=False)
    behind.store.lend("PHONE10", number=901, slots=90)
    behind.store.lend("GIFTBOX", number=902, slots=3)
    grants = Shell(behind).enter().state.status.grants
    assert grants.tone is Tone.WARNING
    assert grants.phrase.facts["fewest"] == 3
    assert grants.phrase.facts["name"] == sample_campaign().offer("GIFTBOX").name


def test_no_grant_and_no_campaign_are_said_plainly() -> None:
    state = Shell(FakeDesk(campaigns=(), lent=False)).enter().state
    assert state.status.grants.phrase.key == "status.grants_none"
    assert state.header.campaign is None


def issue_apart(shell: Shell, offer: str, *, count: int, minutes: int) -> None:
    for _ in range(count):
        number = len(shell.behind.vouchers())
        shell.behind.register("张伟", f"1380013{number:04d}", offer)
        shell.behind.clock.advance(minutes * 60_000)


def test_the_offer_that_runs_out_first_is_named_with_its_time() -> None:
    behind = FakeDesk(lent=False)
    behind.store.lend("PHONE10", number=901, slots=400)
    behind.store.lend("GIFTBOX", number=902, slots=29)
    shell = Shell(behind).enter()
    issue_apart(shell, "PHONE10", count=6, minutes=3)
    issue_apart(shell, "GIFTBOX", count=6, minutes=12)
    shell.timers.fire("status")
    grants = shell.state.status.grants
    # Six from 09:18 in 72 minutes, 23 left: five follow the first, so 331 minutes from 10:30.
    assert grants.phrase.key == "status.grants_until"
    assert grants.phrase.facts["at"] == "16:01"
    assert grants.phrase.facts["name"] == sample_campaign().offer("GIFTBOX").name
    assert grants.tone is Tone.QUIET
    issue_apart(shell, "GIFTBOX", count=20, minutes=4)
    shell.timers.fire("status")
    assert shell.state.status.grants.tone is Tone.WARNING


def test_what_lasts_the_day_is_said_and_what_cannot_be_known_too() -> None:
    behind = FakeDesk(lent=False)
    behind.store.lend("PHONE10", number=901, slots=4_000)
    shell = Shell(behind).enter()
    assert shell.state.status.grants.phrase.key == "status.grants"
    issue_apart(shell, "PHONE10", count=6, minutes=3)
    shell.timers.fire("status")
    assert shell.state.status.grants.phrase.key == "status.grants_lasting"
    behind.store.state = replace(behind.store.state, clock_state="suspect")
    shell.timers.fire("status")
    assert shell.state.status.grants.phrase.key == "status.grants"


def test_a_van_at_a_stop_says_where_it_stands() -> None:
    behind = FakeDesk(on_duty=False)
    OpenShift(behind.store, behind.randomness)(Session("T001"), "南湖镇集市")
    outlet = Shell(behind).enter().state.status.outlet
    assert outlet.phrase.facts["stop"] == "南湖镇集市"
    assert outlet.detail is not None


def test_an_outlet_whose_name_has_not_come_yet_is_said_by_its_code_alone() -> None:
    outlet = Shell(FakeDesk(campaigns=(), lent=False)).enter().state.status.outlet
    assert Words(load_texts(TEXTS), "zh").phrase(outlet.phrase) == "网点 B001"


def test_the_header_counts_the_days_of_the_phase(shell: Shell) -> None:
    assert shell.state.header.campaign == sample_campaign().name
    assert shell.state.header.phase is not None
    assert shell.state.header.phase.facts["days"] == 361


def test_syncing_says_what_came_of_it_and_what_is_left(shell: Shell) -> None:
    shell.presenter.sync()
    assert shell.state.status.sync.phrase.key == "status.synced"
    assert shell.state.status.unsent.phrase.key == "status.unsent_none"
    assert shell.state.banner is None


def test_without_a_line_a_banner_says_so_until_a_sync_succeeds(shell: Shell) -> None:
    answer = shell.behind.sync_answer
    shell.behind.sync_answer = EnvironmentFault("office_unreachable", reason="no_line")
    shell.presenter.sync()
    assert shell.state.banner is not None
    assert shell.state.banner.phrase.key == "banner.offline"
    assert shell.state.status.unsent.phrase.key == "status.unsent"
    shell.behind.sync_answer = answer
    shell.timers.fire("sync")
    assert shell.state.banner is None


def test_an_answer_that_breaks_the_contract_is_shown_as_a_failure(shell: Shell) -> None:
    shell.behind.sync_answer = ContractFault("ack_not_ours")
    shell.presenter.sync()
    assert shell.state.status.sync.tone is Tone.DANGER
    assert shell.state.banner is None


def test_only_one_sync_runs_at_a_time_and_on_the_network_lane() -> None:
    background = ManualBackground()
    shell = Shell(background=background).enter()
    background.run_all(Lane.STORE)
    shell.presenter.sync()
    shell.presenter.sync()
    network = [waiting for waiting in background.waiting if waiting.lane is Lane.NETWORK]
    assert len(network) == 1
    assert shell.state.status.syncing


def test_a_sync_that_runs_says_how_far_it_is() -> None:
    background = ManualBackground()
    shell = Shell(background=background).enter()
    background.run_all(Lane.STORE)
    shell.presenter.sync()
    shell.behind.watch.tell(SyncProgress(SyncStage.PUSH, 150, 400))
    shell.timers.fire("sync_progress")
    assert shell.state.status.sync.phrase.key == "status.sync_at_push"
    assert shell.state.status.sync.phrase.facts == {"done": 150, "total": 400}


def test_the_screen_in_sight_reads_again_when_a_sync_has_ended() -> None:
    background = ManualBackground()
    shell = Shell(background=background).enter()
    background.run_all(Lane.STORE)
    shell.presenter.sync()
    assert shell.around.freshened == 0
    background.run_all()
    assert shell.around.freshened == 1
    shell.presenter.lock()
    shell.presenter.sync()
    background.run_all()
    assert shell.around.freshened == 1


def test_a_stopped_sync_keeps_what_was_signed_for_and_rests_before_the_next() -> None:
    background = ManualBackground()
    shell = Shell(background=background).enter()
    background.run_all(Lane.STORE)
    shell.behind.sync_answer = shell.presenter.stop_sync
    shell.presenter.sync()
    background.run_all()
    assert shell.state.status.sync.phrase.key == "status.sync_stopped"
    assert shell.state.status.unsent.phrase.key == "status.unsent"
    assert due_ms(shell) >= INTERVAL_MS


def test_a_copied_terminal_is_told_how_it_joins_again(shell: Shell) -> None:
    with shell.behind.store.read() as reading:
        state = replace(
            reading.terminal(), condition=TerminalCondition.FROZEN, fork=ForkNotice(9, 1)
        )
    said = banner(DeskStatus(state, (), "trusted"), None)
    assert said is not None
    assert (said.phrase.key, said.can_rejoin) == ("banner.forked", True)


def test_that_no_shift_is_open_hides_no_missing_line_and_is_not_said_where_one_is_asked_for(
    shell: Shell,
) -> None:
    with shell.behind.store.read() as reading:
        status = DeskStatus(reading.terminal(), (), "trusted", on_duty=False)
    offline = Phrase("error.no_line")
    alone = banner(status, None)
    assert alone is not None
    assert (alone.phrase.key, alone.tone) == ("banner.off_duty", Tone.INFO)
    said = banner(status, offline)
    assert said is not None
    assert said.phrase == phrase("banner.off_duty_offline", reason=offline)
    assert (said.tone, said.can_open_shift) == (Tone.WARNING, True)
    at_shift = banner(status, offline, at_shift=True)
    assert at_shift is not None
    assert (at_shift.phrase.key, at_shift.can_open_shift) == ("banner.offline", False)


def test_a_terminal_that_a_restored_head_office_forgot_is_told_how_it_joins_again(
    shell: Shell,
) -> None:
    shell.behind.sync_answer = ContractFault("terminal_forgotten", terminal=3, epoch=1)
    shell.presenter.sync()
    assert shell.state.banner is not None
    assert shell.state.banner.phrase.key == "banner.forgotten"
    assert shell.state.banner.can_rejoin


def test_the_way_back_in_covers_the_desk_and_leads_back_to_it(shell: Shell) -> None:
    shell.behind.store.freeze()
    shell.timers.fire("status")
    shell.presenter.leave_for_rejoining()
    assert (shell.state.page, shell.presenter.at_desk) == (Page.REJOIN, False)
    shell.presenter.return_to_desk()
    assert (shell.state.page, shell.presenter.at_desk) == (Page.DESK, True)


def test_a_lock_over_the_way_back_in_stays_when_the_joining_ends(shell: Shell) -> None:
    shell.presenter.leave_for_rejoining()
    shell.presenter.lock()
    shell.presenter.return_to_desk()
    assert (shell.state.page, shell.state.locked) == (Page.SIGN_IN, True)


def test_a_frozen_terminal_is_the_first_thing_said(shell: Shell) -> None:
    shell.behind.store.freeze()
    shell.timers.fire("status")
    assert shell.state.banner is not None
    assert shell.state.banner.phrase.key == "banner.frozen"


def test_locking_hides_the_person_before_anything_else_happens() -> None:
    background = ManualBackground()
    shell = Shell(background=background).enter()
    background.run_all()
    shell.presenter.lock()
    assert shell.around.hidden == 1
    assert shell.state.page is Page.SIGN_IN
    assert shell.around.locked_for == ["T001"]
    assert not shell.presenter.signed_in
    background.run_all()
    assert shell.behind.locks == 1


def test_the_desk_locks_itself_when_nobody_is_at_it(shell: Shell) -> None:
    shell.presenter.activity()
    shell.timers.fire("auto_lock")
    assert shell.state.locked


def test_a_locked_window_is_not_unlocked_by_moving_the_mouse(shell: Shell) -> None:
    shell.presenter.lock()
    shell.presenter.activity()
    assert "auto_lock" not in shell.timers.set


def test_a_new_campaign_reaches_the_counter(shell: Shell) -> None:
    found = shell.behind.store.state.campaigns[0]
    newer = replace(found, version=found.version + 1)
    shell.behind.store.state = replace(shell.behind.store.state, campaigns=(newer,))
    shell.timers.fire("status")
    assert shell.around.refreshed == 1


def test_work_is_sent_soon_after_it_is_done(shell: Shell) -> None:
    shell.presenter.work_done()
    shell.timers.fire("sync")
    assert shell.behind.syncs == 1


def no_line() -> EnvironmentFault:
    return EnvironmentFault("office_unreachable", retryable=True, reason="no_line")


def due_ms(shell: Shell) -> int:
    return shell.timers.set["sync"][0]


def test_after_failures_the_loop_says_when_to_try_again_and_work_does_not_shorten_it(
    shell: Shell,
) -> None:
    shell.behind.sync_answer = no_line()
    delays = []
    for _ in range(12):
        shell.presenter.sync()
        asked = shell.behind.rhythm.next_sync_ms(is_waiting=True)
        assert due_ms(shell) == max(asked, AFTER_WORK_MS)
        delays.append(due_ms(shell))
    # Exponential up to its cap: a long outage is not asked once a minute.
    assert INTERVAL_MS < max(delays) <= RetryPolicy().cap_ms
    while due_ms(shell) <= 10 * AFTER_WORK_MS:
        shell.presenter.sync()
    held_ms = due_ms(shell)
    shell.presenter.work_done()
    assert due_ms(shell) == held_ms
    shell.behind.clock.advance(1_000)
    shell.presenter.work_done()
    assert due_ms(shell) == held_ms - 1_000


def test_a_sync_by_hand_goes_at_once_whatever_the_back_off_says(shell: Shell) -> None:
    answer = shell.behind.sync_answer
    shell.behind.sync_answer = no_line()
    for _ in range(9):
        shell.presenter.sync()
    shell.behind.sync_answer = answer
    shell.presenter.sync()
    assert shell.behind.syncs == 10
    assert shell.state.status.sync.phrase.key == "status.synced"
    # The line is good again: with everything sent the ordinary rest, with work soon.
    assert INTERVAL_MS <= due_ms(shell) <= INTERVAL_MS + INTERVAL_MS // 10
    shell.behind.register("张伟", "13800138000")
    shell.presenter.work_done()
    assert due_ms(shell) == AFTER_WORK_MS


def test_what_was_committed_during_a_sync_is_sent_soon_after_it(shell: Shell) -> None:
    answer = shell.behind.sync_answer
    assert not isinstance(answer, Exception)
    shell.behind.sync_answer = replace(answer, unsent=2)
    shell.presenter.sync()
    shell.behind.register("张伟", "13800138000")
    shell.timers.fire("status")
    assert due_ms(shell) == AFTER_WORK_MS


def test_a_fault_of_our_own_while_syncing_rests_before_it_is_tried_again(shell: Shell) -> None:
    shell.behind.sync_answer = ZeroDivisionError()
    shell.presenter.sync()
    assert due_ms(shell) == INTERVAL_MS


def test_with_an_interval_of_nothing_only_a_person_synchronises() -> None:
    shell = Shell(settings=DeskSettings(sync_every_ms=0)).enter()
    shell.presenter.work_done()
    shell.presenter.sync()
    assert shell.behind.syncs == 1
    assert "sync" not in shell.timers.set


def test_what_the_store_warns_of_stands_in_the_status_bar_until_it_is_over(shell: Shell) -> None:
    assert shell.state.status.warnings == ()
    shell.behind.store.warned = ("second_file_full", "disk_nearly_full")
    shell.timers.fire("status")
    warnings = shell.state.status.warnings
    assert {warning.tone for warning in warnings} == {Tone.WARNING}
    words = Words(load_texts(TEXTS), "zh")
    assert [words.phrase(warning.phrase) for warning in warnings] == [
        "第二份流水：磁盘已满", "磁盘快满了",
    ]  # fmt: skip
    full, nearly = (words.phrase(warning.detail) for warning in warnings if warning.detail)
    assert "第二份流水所在磁盘已满" in full
    assert "磁盘空间不足" in nearly
    shell.behind.store.warned = ()
    shell.timers.fire("status")
    assert shell.state.status.warnings == ()


def test_every_action_has_its_own_name_and_shortcut() -> None:
    # F9 is the big step: it issues, redeems or finishes, by what is shown.
    for screen, covered in itertools.product(Screen, (False, True)):
        used = [
            action.shortcut
            for action in ACTIONS
            if usable(action, signed_in=True, screen=screen, covered=covered)
        ]
        used += OFFER_SHORTCUTS
        assert len(used) == len(set(used))
        assert "F9" in used
    shared = [action for action in ACTIONS if action.shortcut == "F9"]
    assert len(shared) == len(ACTIONS) - len({action.shortcut for action in ACTIONS}) + 1
    assert {action.id for action in ACTIONS} == set(ActionId)


def test_entering_and_unlocking_bring_the_screen_that_was_shown_into_sight(shell: Shell) -> None:
    assert shell.around.opens == 1
    shell.presenter.lock()
    shell.presenter.open(Screen.COUNTER)
    assert shell.around.opens == 1
    shell.enter()
    assert shell.around.opens == 2


def test_esc_goes_to_the_screen_that_is_shown(shell: Shell) -> None:
    shell.presenter.back()
    assert shell.around.backs == 1
