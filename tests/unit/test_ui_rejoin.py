"""Joining again, as its presenter decides it: without Qt."""

import pytest

from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.protocol.enrolment import EnrolmentCode
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.rejoin.presenter import RejoinPresenter
from branchdesk.ui.rejoin.state import RejoinState, RejoinStep
from tests.fakes.background import InlineBackground, ManualBackground
from tests.fakes.desk import FakeDesk

CODE = EnrolmentCode("https://office.example:8443", bytes(10), bytes(32)).encode()


class Page:
    """A presenter with everything around it."""

    def __init__(self, background: InlineBackground | ManualBackground | None = None) -> None:
        self.behind = FakeDesk()
        self.behind.store.freeze()
        self.shown: list[RejoinState] = []
        self.told: list[str] = []
        self.background = background or InlineBackground()
        self.presenter = RejoinPresenter(
            self,
            self.background,
            self.behind.services().rejoin,
            leave=lambda: self.told.append("left"),
            joined=lambda: self.told.append("joined"),
        )
        self.presenter.open()

    def render(self, state: RejoinState) -> None:
        self.shown.append(state)

    @property
    def state(self) -> RejoinState:
        return self.shown[-1]


def test_a_good_code_joins_sends_what_was_left_and_says_which_epoch_begins() -> None:
    page = Page()
    page.presenter.submit(CODE)
    assert page.behind.joined == [(CODE, "")]
    assert [state.step for state in page.shown] == [
        RejoinStep.ASKING, RejoinStep.JOINING, RejoinStep.FETCHING, RejoinStep.DONE
    ]  # fmt: skip
    assert page.state.message is not None
    assert (page.state.message.key, page.state.message.facts) == ("rejoin.done", {"epoch": 2})
    assert page.state.tone is Tone.SUCCESS
    assert isinstance(page.background, InlineBackground)
    assert page.background.lanes == [Lane.NETWORK, Lane.NETWORK]
    # The desk reads anew that it may issue again, before the fetch and after it.
    assert page.told == ["joined", "joined"]
    page.presenter.back()
    assert page.told[-1] == "left"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (" ", "rejoin.code_missing"),
        ("hello", "error.enrolment_code_invalid"),
        (CODE[:-2], "error.enrolment_code_invalid"),
    ],
)
def test_what_cannot_be_a_code_is_said_beside_it_and_asks_nobody(typed: str, key: str) -> None:
    page = Page()
    page.presenter.submit(typed)
    assert page.state.error is not None
    assert page.state.error.key == key
    assert page.behind.joined == []


@pytest.mark.parametrize(
    ("fault", "beside"),
    [
        (RuleViolation("enrolment_code_for_other", terminal=3), True),
        (RuleViolation("enrolment_code_used", used_ms=0), True),
        (EnvironmentFault("office_unreachable", problem="no_line"), False),
        (ContractFault("enrolment_foreign", problem="epoch"), False),
        (ContractFault("captive_portal", problem="page", status=200), False),
    ],
)
def test_a_refusal_is_said_where_it_belongs_and_can_be_tried_again(
    fault: Exception, beside: bool
) -> None:
    page = Page()
    page.behind.join_fault = fault
    before = page.state.serial
    page.presenter.submit(CODE)
    assert (page.state.step, page.state.serial) == (RejoinStep.ASKING, before + 1)
    assert (page.state.error is not None) is beside
    assert (page.state.message is not None) is not beside
    page.behind.join_fault = None
    page.presenter.submit(CODE)
    assert page.state.step is RejoinStep.DONE
    assert page.state.error is None


def test_a_line_that_breaks_after_joining_is_no_failure_and_says_what_is_still_to_come() -> None:
    page = Page()
    page.behind.fetch_fault = EnvironmentFault("office_unreachable", problem="timeout")
    page.presenter.submit(CODE)
    assert page.state.step is RejoinStep.DONE
    assert page.state.message is not None
    assert (page.state.message.key, page.state.tone) == ("rejoin.not_fetched", Tone.WARNING)


def test_nobody_leaves_or_tries_twice_while_a_code_is_on_its_way() -> None:
    background = ManualBackground()
    page = Page(background)
    page.presenter.submit(CODE)
    page.presenter.submit(CODE)
    page.presenter.back()
    page.presenter.open()
    assert page.state.step is RejoinStep.JOINING
    background.run_all()
    assert page.behind.joined == [(CODE, "")]
    assert "left" not in page.told


def test_opened_again_it_asks_again() -> None:
    page = Page()
    page.presenter.submit(CODE)
    page.presenter.open()
    assert page.state.step is RejoinStep.ASKING
    assert page.state.message is None
