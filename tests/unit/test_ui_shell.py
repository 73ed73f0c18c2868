"""The frame around the screens, as its presenter decides it: without Qt."""

import pytest

from branchdesk.application.models import CampaignInForce, Session
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.actions import ACTIONS, OFFER_SHORTCUTS, ActionId
from branchdesk.ui.shell.presenter import ShellPresenter
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Page, ShellState
from branchdesk.ui.sign_in.presenter import Entry
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.bank import TELLER, sample_campaign
from tests.fakes.desk import FakeDesk


class Around:
    """The view, the sign-in door and the desk that a shell presenter talks to."""

    def __init__(self) -> None:
        self.shown: list[ShellState] = []
        self.locked_for: list[str] = []
        self.started: list[Session] = []
        self.refreshed = 0
        self.hidden = 0

    def render(self, state: ShellState) -> None:
        self.shown.append(state)

    def lock(self, staff: str) -> None:
        self.locked_for.append(staff)

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        del campaigns
        self.started.append(session)

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        del campaigns
        self.refreshed += 1

    def hide(self) -> None:
        self.hidden += 1


class Shell:
    """A presenter with everything around it."""

    def __init__(
        self,
        behind: FakeDesk | None = None,
        background: InlineBackground | ManualBackground | None = None,
    ) -> None:
        self.behind, self.around, self.timers = behind or FakeDesk(), Around(), ManualTimers()
        self.presenter = ShellPresenter(
            self.around,
            background or InlineBackground(),
            self.timers,
            self.behind.services(),
            DeskSettings(),
        )
        self.presenter.join(self.around, self.around)

    def enter(self) -> "Shell":
        self.presenter.enter(Entry(Session("T001"), TELLER))
        return self

    @property
    def state(self) -> ShellState:
        return self.around.shown[-1]


@pytest.fixture
def shell() -> Shell:
    return Shell().enter()


def test_entering_opens_a_shift_and_starts_the_counter_with_it(shell: Shell) -> None:
    assert len(shell.around.started) == 1
    assert shell.around.started[0].shift.startswith("T001-")
    assert shell.state.page is Page.COUNTER


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
    presenter.join(shell.around, shell.around)
    presenter.enter(Entry(Session("T001"), TELLER))
    assert shell.state.status.unsent.phrase.key == "status.unknown"
    assert shell.state.status.sync.phrase.key == "error.store_damaged"


def _replaced(services: object, **changes: object) -> object:
    from dataclasses import replace

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
    from dataclasses import replace

    found = shell.behind.store.state.campaigns[0]
    newer = replace(found, version=found.version + 1)
    shell.behind.store.state = replace(shell.behind.store.state, campaigns=(newer,))
    shell.timers.fire("status")
    assert shell.around.refreshed == 1


def test_work_is_sent_soon_after_it_is_done(shell: Shell) -> None:
    shell.presenter.work_done()
    shell.timers.fire("sync")
    assert shell.behind.syncs == 1


def test_every_action_has_its_own_name_and_shortcut() -> None:
    shortcuts = [action.shortcut for action in ACTIONS] + list(OFFER_SHORTCUTS)
    assert len(shortcuts) == len(set(shortcuts))
    assert {action.id for action in ACTIONS} == set(ActionId)
