"""PINs after the first one: changed by their owner, reset by two, never by head office alone."""

from collections.abc import Callable

import pytest

from branchdesk.application.models import Session
from branchdesk.application.staff_pins import (
    ChangePin,
    ListStaff,
    RequestPinReset,
    StaffWay,
    TakeUpCodes,
)
from branchdesk.domain.campaign import Role
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from tests.fakes.store import FakeStore
from tests.fakes.vault import DATA_KEY, FakeVault, Held

TELLER, SUPERVISOR = Session("T001"), Session("S001", Role.SUPERVISOR)
NEVER_MS = 1 << 42


class Outlet:
    """A terminal's store and vault; both people have a PIN."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.vault = FakeVault(self.store.clock)
        self.vault.held = {"T001": Held(pin="246810"), "S001": Held(pin="135791")}
        self.change = ChangePin(
            self.vault, lambda: DATA_KEY, lambda: self.store, self.store.randomness
        )
        self.request = RequestPinReset(self.store, self.store.randomness)
        self.take_up = TakeUpCodes(self.vault, lambda: DATA_KEY, self.store)

    def send_code(self, staff: str, code: str) -> None:
        """Let head office's code arrive and be taken up."""
        self.store.codes = ((staff, code, NEVER_MS),)
        self.take_up()

    def ways(self) -> dict[str, StaffWay]:
        return {line.code: line.way for line in ListStaff(self.vault, self.store)()}

    def events(self) -> list[tuple[str, str]]:
        envelopes = [decode_envelope(event.envelope) for event in self.store.state.events]
        return [(found.type, found.staff) for found in envelopes]


@pytest.fixture
def outlet() -> Outlet:
    return Outlet()


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def test_a_pin_is_changed_by_who_knows_the_old_one(outlet: Outlet) -> None:
    assert _refused(lambda: outlet.change(TELLER, "000000", "975310")) == "pin_wrong"
    assert _refused(lambda: outlet.change(TELLER, "246810", "246810")) == "pin_unchanged"
    assert _refused(lambda: outlet.change(TELLER, "246810", "111111")) == "pin_weak"
    assert outlet.store.state.events == ()
    outlet.change(TELLER, "246810", "975310")
    assert outlet.vault.held["T001"].pin == "975310"
    assert outlet.events() == [(facts.STAFF_PIN_SET, "T001")]
    assert all(b"975310" not in event.payload for event in outlet.store.state.events)


def test_a_lock_out_at_the_change_of_a_pin_is_recorded_with_it(outlet: Outlet) -> None:
    outlet.vault.held["T001"] = Held(pin="246810", tries=6)
    outlet.change(TELLER, "246810", "975310")
    assert outlet.events() == [(facts.STAFF_LOCKED_OUT, "T001"), (facts.STAFF_PIN_SET, "T001")]


def test_wrong_old_pins_count_towards_the_lock_out(outlet: Outlet) -> None:
    found = [_refused(lambda: outlet.change(TELLER, "000000", "975310")) for _ in range(6)]
    assert found == ["pin_wrong"] * 4 + ["pin_locked"] * 2


@pytest.mark.parametrize(
    ("session", "staff", "reason", "code"),
    [
        (TELLER, "S001", "忘记", "supervisor_required"),
        (SUPERVISOR, "S001", "忘记", "reset_own_pin"),
        (SUPERVISOR, "T001", "  ", "reason_missing"),
        (SUPERVISOR, "T001", "1", "reason_says_nothing"),
        (SUPERVISOR, "T999", "忘记", "staff_unknown"),
    ],
)
def test_only_a_supervisor_asks_for_a_colleague_and_says_why(
    outlet: Outlet, session: Session, staff: str, reason: str, code: str
) -> None:
    assert _refused(lambda: outlet.request(session, staff, reason)) == code
    assert outlet.store.state.events == ()


def test_a_request_alone_takes_nothing_away_and_is_made_once(outlet: Outlet) -> None:
    outlet.request(SUPERVISOR, "T001", " 忘记   PIN ")
    assert outlet.events() == [(facts.STAFF_PIN_RESET_REQUESTED, "S001")]
    with outlet.store.read() as reading:
        (waiting,) = reading.pin_resets()
    assert (waiting.staff, waiting.reason) == ("T001", "忘记 PIN")
    assert outlet.ways()["T001"] is StaffWay.RESET_WAITING
    assert not outlet.vault.unlock("T001", "246810").must_choose_pin
    assert _refused(lambda: outlet.request(SUPERVISOR, "T001", "again")) == "pin_reset_waiting"


def test_with_the_code_the_old_pin_is_gone_and_the_code_opens(outlet: Outlet) -> None:
    outlet.request(SUPERVISOR, "T001", "忘记")
    outlet.send_code("T001", "K7QM2F9C0X1B")
    assert _refused(lambda: outlet.vault.unlock("T001", "246810")) == "pin_wrong"
    assert outlet.vault.unlock("T001", "K7QM2F9C0X1B").must_choose_pin
    assert outlet.ways()["T001"] is StaffWay.CODE_WAITING
    assert outlet.store.codes == ()


def test_head_office_alone_cannot_put_a_code_in_the_place_of_a_pin(outlet: Outlet) -> None:
    outlet.send_code("T001", "K7QM2F9C0X1B")
    assert outlet.vault.held["T001"] == Held(pin="246810")
    assert outlet.store.codes == ()


def test_a_pin_that_was_destroyed_needs_both_as_well(outlet: Outlet) -> None:
    outlet.vault.held["T001"] = Held(tries=10)
    assert outlet.ways()["T001"] is StaffWay.DESTROYED
    outlet.send_code("T001", "K7QM2F9C0X1B")
    assert _refused(lambda: outlet.vault.unlock("T001", "K7QM2F9C0X1B")) == "pin_destroyed"
    outlet.request(SUPERVISOR, "T001", "多次输错")
    outlet.send_code("T001", "22222222222B")
    assert outlet.vault.unlock("T001", "22222222222B").must_choose_pin


def test_who_never_had_a_pin_here_needs_only_head_office(outlet: Outlet) -> None:
    del outlet.vault.held["T001"]
    assert outlet.ways()["T001"] is StaffWay.NOTHING
    outlet.send_code("T001", "K7QM2F9C0X1B")
    assert outlet.vault.unlock("T001", "K7QM2F9C0X1B").must_choose_pin
    assert outlet.ways() == {"S001": StaffWay.PIN, "T001": StaffWay.CODE_WAITING}


def test_a_lock_is_listed_with_what_is_left_of_it(outlet: Outlet) -> None:
    for _ in range(5):
        _refused(lambda: outlet.vault.unlock("T001", "000000"))
    (line,) = [
        found for found in ListStaff(outlet.vault, outlet.store)() if found.code == "T001"
    ]  # fmt: skip
    assert (line.way, line.locked_ms) == (StaffWay.LOCKED, 15 * 60_000)
