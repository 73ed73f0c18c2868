"""The enrolment page, as its presenter decides it: without Qt."""

import pytest

from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.protocol.enrolment import EnrolmentCode
from branchdesk.ui.enrol.presenter import EnrolPresenter
from branchdesk.ui.enrol.services import KeptIn
from branchdesk.ui.enrol.state import EnrolField, EnrolState, EnrolStep, EnrolTyped
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.words import Phrase, Tone
from tests.fakes.background import InlineBackground, ManualBackground
from tests.fakes.desk import PIN, FakeDesk

CODE = EnrolmentCode("https://office.example:8443", bytes(10), bytes(32)).encode()
GOOD = EnrolTyped(CODE, " t001 ", PIN, PIN)


class Page:
    """A presenter with everything around it."""

    def __init__(
        self,
        behind: FakeDesk | None = None,
        background: InlineBackground | ManualBackground | None = None,
    ) -> None:
        self.behind = behind or FakeDesk(enrolled=False, on_duty=False)
        self.shown: list[EnrolState] = []
        self.welcomed: list[tuple[str, Phrase, Tone]] = []
        self.background = background or InlineBackground()
        services = self.behind.services()
        assert services.enrolment is not None
        self.presenter = EnrolPresenter(
            self, self.background, services.enrolment, self._welcome, services.open_practice
        )
        self.presenter.start()

    def render(self, state: EnrolState) -> None:
        self.shown.append(state)

    def _welcome(self, staff: str, message: Phrase, tone: Tone) -> None:
        self.welcomed.append((staff, message, tone))

    @property
    def state(self) -> EnrolState:
        return self.shown[-1]


def test_a_good_code_joins_fetches_and_leads_to_the_door() -> None:
    page = Page()
    page.presenter.submit(GOOD)
    assert page.behind.joined == [(CODE, "T001")]
    ((staff, message, tone),) = page.welcomed
    assert (staff, message.key, tone) == ("T001", "enrol.joined", Tone.SUCCESS)
    steps = [state.step for state in page.shown]
    assert steps == [EnrolStep.ASKING, EnrolStep.JOINING, EnrolStep.FETCHING]
    assert isinstance(page.background, InlineBackground)
    assert page.background.lanes == [Lane.NETWORK, Lane.NETWORK]


@pytest.mark.parametrize(
    ("typed", "field", "key"),
    [
        (EnrolTyped(" ", "T001", PIN, PIN), EnrolField.CODE, "enrol.code_missing"),
        (EnrolTyped("hello", "T001", PIN, PIN), EnrolField.CODE, "error.enrolment_code_invalid"),
        (EnrolTyped(CODE[:-2], "T001", PIN, PIN), EnrolField.CODE,
         "error.enrolment_code_invalid"),
        (EnrolTyped(CODE, "", PIN, PIN), EnrolField.STAFF, "sign_in.staff_missing"),
        (EnrolTyped(CODE, "T001", "", ""), EnrolField.PIN, "sign_in.pin_missing"),
        (EnrolTyped(CODE, "T001", PIN, "246811"), EnrolField.PIN, "sign_in.pins_differ"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_said_beside_it_and_uses_no_code_up(
    typed: EnrolTyped, field: EnrolField, key: str
) -> None:
    page = Page()
    page.presenter.submit(typed)
    assert {name: told.key for name, told in page.state.errors.items()} == {field: key}
    assert (page.state.focus, page.behind.joined) == (field, [])


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        (RuleViolation("enrolment_code_expired", expires_ms=0), EnrolField.CODE),
        (RuleViolation("enrolment_code_used", used_ms=0), EnrolField.CODE),
        (RuleViolation("pin_weak", field="pin"), EnrolField.PIN),
        (RuleViolation("staff_unknown", staff="T001"), EnrolField.STAFF),
        (EnvironmentFault("office_unreachable", problem="no_line"), None),
        (EnvironmentFault("office_certificate", problem="expired"), None),
        (ContractFault("office_certificate_mismatch"), None),
        (ContractFault("captive_portal", problem="page", status=200), None),
    ],
)
def test_a_refusal_is_said_where_it_belongs_and_can_be_tried_again(
    fault: Exception, field: EnrolField | None
) -> None:
    page = Page()
    page.behind.join_fault = fault
    page.presenter.submit(GOOD)
    assert page.state.can_join
    assert (page.state.focus, page.state.serial) == (field or EnrolField.PIN, 1)
    assert page.welcomed == []
    if field is None:
        assert page.state.message is not None
        assert page.state.errors == {}
    else:
        assert set(page.state.errors) == {field}
    page.behind.join_fault = None
    page.presenter.submit(GOOD)
    assert len(page.welcomed) == 1


def test_a_line_that_breaks_after_joining_still_leads_to_the_door_and_says_so() -> None:
    page = Page()
    page.behind.fetch_fault = EnvironmentFault("office_unreachable", problem="timeout")
    page.presenter.submit(GOOD)
    ((_, message, tone),) = page.welcomed
    assert (message.key, tone) == ("enrol.not_fetched", Tone.WARNING)


def test_somebody_not_on_the_list_hears_that_the_terminal_joined_and_the_way_out() -> None:
    page = Page()
    page.behind.fetch_fault = RuleViolation("enrolled_staff_unlisted", staff="T001")
    page.presenter.submit(GOOD)
    ((_, message, tone),) = page.welcomed
    assert (message.key, tone) == ("error.enrolled_staff_unlisted", Tone.WARNING)
    assert message.facts["staff"] == "T001"


def test_without_a_place_for_the_key_nothing_is_tried() -> None:
    behind = FakeDesk(enrolled=False, on_duty=False)
    behind.kept_in = KeptIn.NOWHERE
    page = Page(behind)
    page.presenter.submit(GOOD)
    assert behind.joined == []


def test_pressing_twice_joins_once() -> None:
    background = ManualBackground()
    page = Page(background=background)
    page.presenter.submit(GOOD)
    page.presenter.submit(GOOD)
    assert len(background.waiting) == 1


def test_neither_code_nor_pin_is_shown_in_a_repr() -> None:
    assert PIN not in repr(GOOD)
    assert CODE not in repr(GOOD)


def test_a_new_machine_can_practise_before_it_has_joined() -> None:
    page = Page()
    assert page.state.offers_practice
    page.presenter.practise()
    assert page.behind.practices == ["opened"]
    assert page.state.message is not None
    assert (page.state.message.key, page.state.tone) == ("practice.opened", Tone.INFO)
    page.behind.practice_fault = RuleViolation("practice_open")
    page.presenter.practise()
    assert page.state.message.key == "error.practice_open"
    assert page.state.can_join
