"""Who acts at head office: anybody until somebody is named, then people by their PINs."""

import pytest
from sqlalchemy import select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.office_people import LOCK_MS, TRIES_BEFORE_LOCK, Credentials
from branchdesk.headoffice.tables import office_acts, office_people
from tests.office_fixture import TestBank

ONE, TWO = Credentials("H001", "135791"), Credentials("H002", "864200")


def named(bank: TestBank) -> TestBank:
    bank.office.add_person("H001", "周行长", ONE.pin)
    bank.office.add_person("H002", "吴复核", TWO.pin)
    return bank


def refusal(
    bank: TestBank, first: Credentials | None, second: Credentials | None = None,
    *, by_two: bool = True,
) -> str:  # fmt: skip
    with pytest.raises(RuleViolation) as caught:
        bank.office.approve(first, second, by_two=by_two)
    return caught.value.code


def test_before_anybody_is_named_one_works_alone_and_it_shows(bank: TestBank) -> None:
    assert bank.office.approve(None, by_two=True).is_alone


def test_two_people_are_two_different_people_with_their_own_pins(bank: TestBank) -> None:
    named(bank)
    wrong = Credentials("H002", "135791")

    assert refusal(bank, None) == "office_person_missing"
    assert refusal(bank, ONE) == "office_second_missing"
    assert refusal(bank, ONE, ONE) == "office_second_same"
    assert refusal(bank, ONE, wrong) == "office_pin_wrong"
    assert refusal(bank, Credentials("H009", "1"), TWO) == "office_person_unknown"
    approval = bank.office.approve(ONE, TWO, by_two=True)
    assert (approval.staff, approval.second, approval.is_alone) == ("H001", "H002", False)
    assert bank.office.approve(ONE).second == ""


def test_a_revocation_names_both_in_a_journal(bank: TestBank) -> None:
    terminal = named(bank).terminal()
    approval = bank.office.approve(ONE, TWO, by_two=True)
    bank.office.revoke_terminal(terminal.number, "失窃", approval)
    with bank.office.context.database.read() as connection:
        row = connection.execute(select(office_acts)).one()

    assert (row.what, row.subject, row.reason) == ("freeze_terminal", str(terminal.number), "失窃")
    assert (row.staff, row.second, row.done_ms) == ("H001", "H002", bank.clock())


def test_wrong_pins_lock_for_a_while_and_the_pin_itself_is_nowhere(bank: TestBank) -> None:
    named(bank)
    wrong = Credentials("H001", "000000")
    tries = [refusal(bank, wrong, by_two=False) for _ in range(TRIES_BEFORE_LOCK)]
    while_locked = refusal(bank, ONE, by_two=False)
    bank.clock.now_ms += LOCK_MS

    assert tries == ["office_pin_wrong"] * TRIES_BEFORE_LOCK
    assert while_locked == "office_person_locked"
    assert bank.office.approve(ONE).staff == "H001"
    with bank.office.context.database.read() as connection:
        kept = connection.execute(select(office_people.c.pin)).scalars().all()
    assert all(ONE.pin.encode() not in bytes(pin) for pin in kept)


def test_a_name_is_given_once(bank: TestBank) -> None:
    named(bank)
    with pytest.raises(RuleViolation) as caught:
        bank.office.add_person("H001", "别人", "975310")
    assert caught.value.code == "office_person_exists"
    assert [person["code"] for person in bank.office.people()] == ["H001", "H002"]
