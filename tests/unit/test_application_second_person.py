"""The second person of an act: who may be one, and what a wrong PIN costs."""

from dataclasses import dataclass, field

import pytest

from branchdesk.application.models import Session, Staff
from branchdesk.application.ports import Unlocked, Vault
from branchdesk.application.second_person import SecondPerson
from branchdesk.domain.campaign import Role
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from tests.fakes.bank import SUPERVISOR, TELLER
from tests.fakes.randomness import SeededRandomness
from tests.fakes.store import FakeStore

SECOND = Staff("S002", "孙一鸣", Role.SUPERVISOR)
ACTING = Session(TELLER.code)


@dataclass
class Door:
    """As much of a vault as checking a PIN needs; counts what was tried."""

    pins: dict[str, str]
    unchosen: frozenset[str] = frozenset()
    wrong_tries: int = 0
    tried: list[str] = field(default_factory=list)

    def unlock(self, staff: str, pin: str) -> Unlocked:
        """Open for the right PIN; lock after five wrong ones."""
        self.tried.append(staff)
        if self.tried.count(staff) > 5:
            raise RuleViolation("pin_locked", staff=staff, minutes=15)
        if self.pins.get(staff) != pin:
            raise RuleViolation("pin_wrong", staff=staff, tries_left=5 - self.tried.count(staff))
        return Unlocked(bytes(32), staff in self.unchosen, self.wrong_tries)


def _check(door: Door) -> SecondPerson:
    vault: Vault = door  # type: ignore[assignment]  # checking a PIN unlocks and nothing else
    return SecondPerson(vault, SeededRandomness(5))


def _store() -> FakeStore:
    return FakeStore(staff=(TELLER, SUPERVISOR, SECOND))


def _code(door: Door, session: Session, staff: str, pin: str) -> str:
    with pytest.raises(RuleViolation) as refused:
        _check(door)(_store(), session, staff, pin)
    return refused.value.code


def test_another_supervisor_with_the_right_pin_is_the_second_person() -> None:
    door = Door({"S001": "246810"})

    assert _check(door)(_store(), ACTING, " S001 ", "246810") == SUPERVISOR


def test_a_lock_out_of_the_second_person_is_recorded_by_who_sat_there() -> None:
    store = _store()
    _check(Door({"S001": "246810"}))(store, ACTING, "S001", "246810")
    assert store.state.events == ()
    _check(Door({"S001": "246810"}, wrong_tries=6))(store, ACTING, "S001", "246810")
    (event,) = store.state.events
    told = decode_envelope(event.envelope)
    assert (told.type, told.staff, told.refs) == (
        facts.STAFF_LOCKED_OUT, ACTING.staff, {"staff": "S001"},
    )  # fmt: skip
    assert facts.decode_payload(told.type, event.payload) == {"staff": "S001", "tries": 6}


def test_a_supervisor_who_acts_needs_another_supervisor() -> None:
    door = Door({"S001": "246810", "S002": "135791"})
    acting = Session("S001", Role.SUPERVISOR)

    assert _code(door, acting, "S001", "246810") == "second_person_same"
    assert _check(door)(_store(), acting, "S002", "135791") == SECOND


@pytest.mark.parametrize(
    ("staff", "code"),
    [
        ("", "second_person_missing"),
        ("  ", "second_person_missing"),
        ("T001", "second_person_same"),
        ("T001 ", "second_person_same"),
        ("S999", "staff_unknown"),
        ("s001", "staff_unknown"),
    ],
)
def test_who_cannot_be_the_second_person_is_told_before_a_pin_is_tried(
    staff: str, code: str
) -> None:
    door = Door({"T001": "246810", "S001": "246810"})

    assert _code(door, ACTING, staff, "246810") == code
    assert door.tried == []


def test_a_teller_is_no_second_person() -> None:
    door = Door({"T001": "246810"})

    assert _code(door, Session("S001"), "T001", "246810") == "second_person_not_supervisor"
    assert door.tried == []


def test_nobody_acting_has_no_second_person() -> None:
    assert _code(Door({"S001": "246810"}), Session(""), "S001", "246810") == "staff_required"


def test_wrong_pins_of_the_second_person_count_towards_the_lock() -> None:
    door = Door({"S001": "246810"})

    found = [_code(door, ACTING, "S001", "000000") for _ in range(6)]

    assert found == ["pin_wrong"] * 5 + ["pin_locked"]


def test_a_one_time_code_is_not_a_pin() -> None:
    door = Door({"S001": "ABCD-EFGH"}, frozenset({"S001"}))

    assert _code(door, ACTING, "S001", "ABCD-EFGH") == "second_pin_unchosen"
