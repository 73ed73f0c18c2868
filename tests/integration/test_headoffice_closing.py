"""Expired slots are closed once nobody can still come with them, and never by a timer alone."""

import threading

from branchdesk.errors import EnvironmentFault
from branchdesk.headoffice.housekeeping import Housekeeping
from branchdesk.headoffice.office import Office
from branchdesk.headoffice.results import Closed
from branchdesk.protocol.token import Token
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

GIFT_COST = 8_000
LONG_AFTER_DAYS = 500


def issued(
    bank: TestBank, offer: str, outlet: str = "B001"
) -> tuple[SimulatedTerminal, Token]:  # fmt: skip
    """Return a terminal that has issued and pushed one voucher, and the voucher."""
    terminal = bank.terminal(outlet)
    terminal.borrow()
    token = terminal.issue(terminal.register(), offer)
    terminal.push()
    return terminal, token


def speak(terminal: SimulatedTerminal) -> None:
    """Let a terminal say something and be heard."""
    terminal.sign_in()
    terminal.push()


def slots(terminal: SimulatedTerminal) -> int:
    """Return how many slots a terminal was lent."""
    return sum(held.value.slots for held in terminal.grants.values())


def test_nothing_is_closed_before_its_day(bank: TestBank) -> None:
    issued(bank, "PHONE10")
    assert bank.office.close_expired() == Closed(0, 0, ())


def test_time_alone_closes_nothing_and_says_who_has_to_be_heard(bank: TestBank) -> None:
    terminal, _ = issued(bank, "PHONE10")
    bank.clock.advance_days(LONG_AFTER_DAYS)
    assert bank.office.close_expired() == Closed(0, 0, (terminal.number,))
    line = bank.offer("PHONE10")
    assert line["slots_out"] == 0
    speak(terminal)
    assert bank.office.close_expired() == Closed(slots(terminal), 6, ())
    assert all(offer["committed_minor"] == 0 for offer in bank.office.status()["offers"])  # type: ignore[attr-defined]
    assert bank.office.close_expired() == Closed(0, 0, ())
    assert bank.office.audit().violations == ()


def test_a_redeemed_slot_is_never_closed(bank: TestBank) -> None:
    terminal, token = issued(bank, "PHONE10")
    terminal.redeem(token, amount_minor=1)
    bank.clock.advance_days(LONG_AFTER_DAYS)
    speak(terminal)
    assert bank.office.close_expired().slots == slots(terminal) - 1
    assert bank.offer("PHONE10")["committed_minor"] == 1_000
    assert bank.office.audit().violations == ()


def test_a_voucher_that_anybody_may_redeem_waits_for_everybody(bank: TestBank) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    other.redeem(token, "allowance")
    bank.clock.advance_days(LONG_AFTER_DAYS)
    speak(issuer)
    closed = bank.office.close_expired()
    assert closed.waiting_for == (other.number,)
    assert bank.offer("GIFTBOX")["committed_minor"] == GIFT_COST
    # What it did in time and tells late is honoured.
    speak(other)
    assert bank.office.cases() == []
    assert bank.offer("GIFTBOX")["honoured_minor"] == GIFT_COST
    assert bank.office.close_expired().slots == 0
    assert bank.office.audit().violations == ()


def test_a_terminal_whose_clock_has_not_passed_the_day_is_waited_for(bank: TestBank) -> None:
    terminal, _ = issued(bank, "PHONE10")
    before = bank.clock.now_ms
    terminal.sign_in()
    bank.clock.advance_days(LONG_AFTER_DAYS)
    terminal.push()
    assert before < bank.clock.now_ms
    assert bank.office.close_expired().waiting_for == (terminal.number,)


def test_a_revoked_terminal_is_not_waited_for_as_a_redeemer(bank: TestBank) -> None:
    issuer, _ = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    bank.office.revoke_terminal(other.number)
    bank.clock.advance_days(LONG_AFTER_DAYS)
    speak(issuer)
    assert bank.office.close_expired().waiting_for == ()
    assert bank.offer("GIFTBOX")["committed_minor"] == 0


def test_a_late_redemption_of_a_closed_slot_is_a_case(bank: TestBank) -> None:
    terminal, token = issued(bank, "PHONE10")
    bank.clock.advance_days(LONG_AFTER_DAYS)
    speak(terminal)
    bank.office.close_expired()
    terminal.redeem(token)
    terminal.push()
    (case,) = bank.office.cases()
    assert (case["kind"], case["facts"]["why"]) == ("redeemed_out", "closed")  # type: ignore[index]
    assert bank.offer("PHONE10")["honoured_minor"] == 0
    assert bank.office.audit().violations == ()


class _Counted(Office):
    """An office that counts how often it was asked to close, and fails the first time."""

    def __init__(self) -> None:
        self.asked, self.enough = 0, threading.Event()

    def close_expired(self) -> Closed:
        self.asked += 1
        if self.asked == 1:
            raise EnvironmentFault("database_busy", retryable=True, attempts=6)
        self.enough.set()
        return Closed(0, 0, ())


def test_a_serving_office_closes_again_and_again_and_survives_a_busy_store() -> None:
    office = _Counted()
    with Housekeeping(office, every_seconds=0.001):
        assert office.enough.wait(10)
    asked = office.asked
    assert asked >= 2
