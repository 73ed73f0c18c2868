"""Signing in, as the presenter decides it: without Qt."""

import pytest

from branchdesk.domain.campaign import Role
from branchdesk.errors import RuleViolation
from branchdesk.ui.sign_in.presenter import Entry, SignInPresenter
from branchdesk.ui.sign_in.state import Credentials, NewPin, SignInField, SignInState, Step
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.desk import ONE_TIME_CODE, PIN, FakeDesk
from tests.fakes.vault import Held


class Screen:
    """Remembers what was shown."""

    def __init__(self) -> None:
        self.shown: list[SignInState] = []

    def render(self, state: SignInState) -> None:
        self.shown.append(state)


class Door:
    """A presenter with everything around it."""

    def __init__(self, background: InlineBackground | ManualBackground | None = None) -> None:
        self.behind, self.screen, self.entered = FakeDesk(), Screen(), list[Entry]()
        self.timers = ManualTimers()
        services = self.behind.services()
        self.presenter = SignInPresenter(
            self.screen,
            background or InlineBackground(),
            services.sign_in,
            services.choose_first_pin,
            self.entered.append,
            timers=self.timers,
            staff_keys=services.staff_keys,
            now_ms=services.now_ms,
            hint=("T001", "S001", PIN),
            open_practice=lambda: None,
        )
        self.presenter.start()

    @property
    def state(self) -> SignInState:
        return self.screen.shown[-1]


@pytest.fixture
def door() -> Door:
    return Door()


def test_the_right_pin_lets_somebody_in_with_a_session(door: Door) -> None:
    door.presenter.submit(Credentials(" t001 ", PIN))
    (entry,) = door.entered
    assert (entry.session.staff, entry.session.role) == ("T001", Role.TELLER)
    assert entry.session.shift.startswith("T001-")
    assert door.state.message is None


def test_a_wrong_pin_says_how_many_tries_are_left_and_keeps_the_staff_code(door: Door) -> None:
    door.presenter.submit(Credentials("T001", "135790"))
    assert door.entered == []
    assert door.state.message is not None
    assert door.state.message.key == "error.pin_wrong"
    assert door.state.message.facts["tries_left"] == 4
    assert (door.state.staff, door.state.focus) == ("T001", SignInField.PIN)


def test_a_lock_out_is_counted_down_and_its_end_is_said(door: Door) -> None:
    door.behind.tries_left = 0
    door.presenter.submit(Credentials("T001", PIN))
    assert _message(door) == ("sign_in.locked_out", "15:00")
    serial = door.state.serial
    door.behind.clock.advance(61_000)
    door.timers.fire("lock_out")
    assert _message(door) == ("sign_in.locked_out", "13:59")
    assert door.state.serial == serial
    door.behind.clock.advance(14 * 60_000)
    door.timers.fire("lock_out")
    assert _message(door)[0] == "sign_in.lock_over"
    assert "lock_out" not in door.timers.set


def test_a_lock_of_before_is_known_when_its_owner_is_picked_and_nobody_elses_business(
    door: Door,
) -> None:
    for _ in range(5):
        with pytest.raises(RuleViolation):
            door.behind.vault.unlock("T001", "000000")
    door.presenter.leave()
    door.presenter.pick("T001")
    assert _message(door) == ("sign_in.locked_out", "15:00")
    door.presenter.pick("S001")
    assert door.state.message is None
    assert "lock_out" not in door.timers.set


def test_who_has_a_way_in_here_can_be_picked_and_the_pin_comes_next(door: Door) -> None:
    door.behind.vault.held["T002"] = Held(code="K7QM2F9C")
    door.behind.vault.held["T003"] = Held(tries=10)
    door.presenter.lock("T001")
    assert door.state.choices == ("S001", "T001", "T002")
    door.presenter.pick("S001")
    assert (door.state.staff, door.state.focus) == ("S001", SignInField.PIN)
    assert door.state.step is Step.LOCKED


def test_who_has_a_code_waiting_is_told_to_enter_it(door: Door) -> None:
    door.behind.vault.held["T002"] = Held(code="K7QM2F9C")
    door.presenter.leave()
    door.presenter.pick("T002")
    assert _message(door)[0] == "sign_in.code_waiting"
    door.presenter.pick("S001")
    assert door.state.message is None


def test_a_pause_shows_its_word_until_somebody_is_in(door: Door) -> None:
    door.presenter.lock("T001", "马上回来")
    assert (door.state.word, door.state.step) == ("马上回来", Step.LOCKED)
    door.presenter.submit(Credentials("T001", "000000"))
    assert door.state.word == "马上回来"
    door.presenter.submit(Credentials("T001", PIN))
    assert door.state.word == ""


def _message(door: Door) -> tuple[str, object]:
    assert door.state.message is not None
    return door.state.message.key, door.state.message.facts.get("left")


def test_an_unknown_staff_code_is_asked_for_again(door: Door) -> None:
    door.presenter.submit(Credentials("T999", PIN))
    assert door.state.focus is SignInField.STAFF


@pytest.mark.parametrize(
    ("typed", "key", "focus"),
    [
        (Credentials("  ", PIN), "sign_in.staff_missing", SignInField.STAFF),
        (Credentials("T001", ""), "sign_in.pin_missing", SignInField.PIN),
    ],
)
def test_nothing_is_asked_before_both_fields_are_filled(
    door: Door, typed: Credentials, key: str, focus: SignInField
) -> None:
    door.presenter.submit(typed)
    assert door.state.message is not None
    assert (door.state.message.key, door.state.focus) == (key, focus)
    assert door.behind.tries_left == 5


def test_a_one_time_code_leads_to_choosing_a_pin_before_anybody_is_let_in(door: Door) -> None:
    door.behind.first_time = True
    door.presenter.submit(Credentials("T001", ONE_TIME_CODE))
    assert (door.entered, door.state.step) == ([], Step.CHOOSE_PIN)
    door.presenter.choose_pin(NewPin("294715", "294716"))
    assert door.state.message is not None
    assert door.state.message.key == "sign_in.pins_differ"
    door.presenter.choose_pin(NewPin("111111", "111111"))
    assert door.state.message is not None
    assert door.state.message.key == "error.pin_weak"
    door.presenter.choose_pin(NewPin("294715", "294715"))
    assert door.behind.chosen_pin == "294715"
    assert len(door.entered) == 1


def test_the_page_on_which_a_pin_is_chosen_says_whose_and_is_left_again(door: Door) -> None:
    door.behind.first_time = True
    door.presenter.back()
    assert door.state.step is Step.SIGN_IN
    door.presenter.submit(Credentials("T001", ONE_TIME_CODE))
    assert door.state.who == "王小燕 T001"
    door.presenter.back()
    assert (door.state.step, door.state.focus) == (Step.SIGN_IN, SignInField.PIN)
    door.presenter.choose_pin(NewPin("294715", "294715"))
    assert (door.behind.chosen_pin, door.entered) == ("", [])


def test_that_practice_has_opened_is_said_for_a_while_or_until_one_types() -> None:
    door = Door()
    for end in (lambda: door.timers.fire("practice_opened"), door.presenter.typed):
        door.presenter.practise()
        assert _message(door)[0] == "practice.opened"
        end()
        assert door.state.message is None


def test_typing_takes_no_other_message_away(door: Door) -> None:
    door.presenter.submit(Credentials("T001", "135790"))
    door.presenter.typed()
    assert _message(door)[0] == "error.pin_wrong"


def test_pressing_twice_asks_once() -> None:
    background = ManualBackground()
    door = Door(background)
    background.run_all()
    door.presenter.submit(Credentials("T001", PIN))
    door.presenter.submit(Credentials("T001", PIN))
    assert len(background.waiting) == 1
    assert door.state.busy


def test_an_answer_that_comes_after_locking_lets_nobody_in() -> None:
    background = ManualBackground()
    door = Door(background)
    door.presenter.submit(Credentials("T001", PIN))
    door.presenter.lock("T001")
    background.run_all()
    assert door.entered == []
    assert door.state.step is Step.LOCKED


def test_no_pin_is_kept_in_a_state_or_shown_in_a_repr(door: Door) -> None:
    door.presenter.submit(Credentials("T001", "135790"))
    assert "135790" not in repr(door.screen.shown)
    assert "135790" not in repr(Credentials("T001", "135790"))
    assert "294715" not in repr(NewPin("294715", "294715"))
