"""Limits a person are checked again at head office, over all terminals; what was printed stands."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from branchdesk.headoffice.office import open_office
from branchdesk.headoffice.results import IngestAnswer
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.sealing import blind_hash
from branchdesk.protocol.token import Token
from tests.office_fixture import PASSPHRASE, TestBank, with_offer
from tests.simulated_terminal import SimulatedTerminal

PHONE = "+8613800138000"
TODAY = 2_497


def _at_counter(
    bank: TestBank, offer: str, *, times: int = 1, outlet: str = "B001", **person: Any
) -> tuple[SimulatedTerminal, str, list[Token]]:
    """Return an offline terminal with one person registered and served, nothing pushed."""
    terminal = bank.terminal(outlet)
    terminal.borrow()
    customer = terminal.register(phone=person.pop("phone", PHONE), **person)
    return terminal, customer, [terminal.issue(customer, offer) for _ in range(times)]


def _told(*answers: IngestAnswer) -> list[tuple[str, str]]:
    return [(notice.verdict, notice.code) for answer in answers for notice in answer.notices]


def test_the_second_voucher_of_one_phone_at_two_terminals_stands_and_becomes_a_case(
    bank: TestBank,
) -> None:
    first, who, (earlier,) = _at_counter(bank, "PHONE10")
    second, other, (later,) = _at_counter(bank, "PHONE10", outlet="B002")
    assert _told(*first.push()) == []
    assert _told(*second.push()) == [("flagged", "duplicate_customer"), ("flagged", "limit_person")]

    status = bank.office.status()
    assert (status["vouchers"], status["open_cases"]) == (2, 1)
    (case,) = bank.office.cases()
    ids = [f"{token.grant.number}-{token.voucher.slot}" for token in (earlier, later)]
    assert (case["kind"], case["terminal"]) == ("limit_person", str(second.number))
    assert case["facts"] == {
        "customer": other, "customers": sorted([who, other]), "grant": later.grant.number,
        "issued": 1, "limit": 1, "offer": "PHONE10", "slot": later.voucher.slot,
        "terminals": [str(first.number), str(second.number)], "vouchers": ids,
        "voucher": ids[1], "seqs": [2], "liable": "B002", "loss_minor": 1_000,
    }  # fmt: skip
    assert bank.office.audit().violations == ()


def test_the_terminal_is_told_which_limit_and_how_many(bank: TestBank) -> None:
    first, _, _ = _at_counter(bank, "PHONE10")
    second, _, _ = _at_counter(bank, "PHONE10", outlet="B002")
    first.push()
    second.push()
    second.pull(Lane.CONTENT)
    told = [n for n in second.items_of(ItemKind.NOTICE) if n["code"] == "limit_person"]
    assert [(n["seq"], n["verdict"], n["facts"]) for n in told] == [
        (2, "flagged", {"offer": "PHONE10", "limit": 1, "issued": 1})
    ]
    first.pull(Lane.CONTENT)
    assert first.items_of(ItemKind.NOTICE) == []


def test_who_arrives_first_stands_whoever_printed_first(bank: TestBank) -> None:
    first, _, _ = _at_counter(bank, "PHONE10")
    bank.clock.advance_days(0.01)
    second, _, _ = _at_counter(bank, "PHONE10", outlet="B002")
    assert _told(*second.push()) == []
    assert ("flagged", "limit_person") in _told(*first.push())
    assert [case["terminal"] for case in bank.office.cases()] == [str(first.number)]


def test_a_day_has_its_own_limit(bank: TestBank) -> None:
    first, _, _ = _at_counter(bank, "SPEND200", times=2)
    second, other, _ = _at_counter(bank, "SPEND200", outlet="B002")
    first.push()
    assert _told(*second.push())[1:] == [("flagged", "limit_person_day")]
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (found["limit"], found["issued"], len(found["vouchers"])) == (2, 2, 3)

    bank.clock.advance_days(1)
    second.issue(other, "SPEND200")
    second.issue(other, "SPEND200")
    assert _told(*second.push()) == [("flagged", "limit_person")]


def test_a_document_shown_twice_is_one_person_under_two_phones(bank: TestBank) -> None:
    document = "11010519491231002X"
    first, _, _ = _at_counter(bank, "PHONE10", document=document)
    second, _, _ = _at_counter(bank, "PHONE10", phone="+8613900139000", document=document)
    first.push()
    assert ("flagged", "limit_person") in _told(*second.push())


def test_different_people_are_not_held_against_each_other(bank: TestBank) -> None:
    first, _, _ = _at_counter(bank, "PHONE10")
    second, _, _ = _at_counter(bank, "PHONE10", phone="+8613900139000")
    third, _, _ = _at_counter(bank, "RATE50")
    assert _told(*first.push(), *second.push(), *third.push()) == [
        ("flagged", "duplicate_customer")
    ]
    assert bank.office.cases() == []


def test_vouchers_of_one_batch_count_in_its_order(bank: TestBank) -> None:
    terminal, _, _ = _at_counter(bank, "PHONE10")
    again = terminal.register(phone=PHONE)
    terminal.issue(again, "PHONE10")
    terminal.issue(again, "PHONE10")
    (answer,) = terminal.push()
    assert [(n.seq, n.code) for n in answer.notices] == [
        (3, "duplicate_customer"), (4, "limit_person"), (5, "limit_person"),
    ]  # fmt: skip
    # One person, one case: from the first voucher beyond the limit, with all that followed.
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (case["seq"], found["issued"], len(found["vouchers"])) == (4, 2, 3)


def test_a_person_whose_key_never_arrived_is_counted_by_record(bank: TestBank) -> None:
    terminal, _, _ = _at_counter(bank, "PHONE10", times=2, send_key=False)
    assert _told(*terminal.push()) == [
        ("flagged", "person_key_missing"), ("flagged", "limit_person"),
    ]  # fmt: skip


def test_a_voucher_flagged_for_something_else_is_a_case_of_its_limit_besides(
    bank: TestBank,
) -> None:
    first, _, _ = _at_counter(bank, "PHONE10")
    second, _, _ = _at_counter(bank, "PHONE10", outlet="B002")
    first.push()
    bank.office.revoke_terminal(second.number)
    assert ("flagged", "issued_while_frozen") in _told(*second.push())
    assert {"issued_while_frozen", "limit_person"} <= {c["kind"] for c in bank.office.cases()}


def test_the_same_batch_again_gives_the_same_answer_and_no_second_case(bank: TestBank) -> None:
    first, _, _ = _at_counter(bank, "PHONE10")
    second, _, _ = _at_counter(bank, "PHONE10", outlet="B002")
    first.push()
    batch = second.batch(0, second.head.seq)
    answers = {bank.office.ingest(second.number, 1, batch).encode() for _ in range(3)}
    assert len(answers) == 1
    assert bank.office.status()["open_cases"] == 1


def test_of_two_batches_at_the_same_moment_one_is_the_second(bank: TestBank) -> None:
    offices = [bank.office, bank.another_office()]
    barrier = Barrier(2)

    def push(office: Any, terminal: SimulatedTerminal) -> list[tuple[str, str]]:
        batch = terminal.batch(0, terminal.head.seq)
        barrier.wait(30)
        return _told(office.ingest(terminal.number, 1, batch))

    with ThreadPoolExecutor(2) as threads:
        for number in range(5):
            phone = f"+861380013{number:04d}"
            both = [
                _at_counter(bank, "PHONE10", outlet=o, phone=phone)[0] for o in ("B001", "B002")
            ]
            told = [found for part in threads.map(push, offices, both) for found in part]
            assert [code for _, code in told].count("limit_person") == 1
    assert bank.office.status()["open_cases"] == 5
    assert bank.office.audit().violations == ()


@pytest.mark.parametrize("limit", [2, None])
def test_a_new_version_of_the_campaign_brings_its_limits(bank: TestBank, limit: int | None) -> None:
    bank.office.publish(with_offer("PHONE10", per_person_limit=limit, per_day_limit=None))
    first, _, _ = _at_counter(bank, "PHONE10")
    second, _, _ = _at_counter(bank, "PHONE10", outlet="B002")
    first.push()
    assert _told(*second.push()) == [("flagged", "duplicate_customer")]


def test_the_hashes_are_those_that_terminals_count_by(bank: TestBank) -> None:
    terminal, customer, _ = _at_counter(bank, "PHONE10")
    terminal.push()
    with bank.office.context.database.read() as connection:
        stored = connection.execute(text("SELECT hash, customer FROM customer_hashes")).all()
    assert [(bytes(row.hash), row.customer) for row in stored] == [
        (blind_hash(terminal.blind_key, "phone", PHONE), customer)
    ]


def test_an_older_store_takes_the_limits_from_its_campaigns(bank: TestBank) -> None:
    home: Path = bank.home
    with bank.office.context.database.read() as connection:
        before = connection.execute(text(_LIMITS)).all()
    assert {("PHONE10", 1, 1, None), ("SPEND200", 4, 2, 20_000)} <= {tuple(row) for row in before}

    def age(connection: Any) -> None:
        for table, names in _LATER_COLUMNS.items():
            for name in names:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {name}"))
        connection.execute(text("ALTER TABLE vouchers ADD COLUMN honoured_minor BIGINT DEFAULT 0"))
        for table in _LATER_TABLES:
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = 'ho0001'"))

    bank.office.context.database.write(age)
    with (
        open_office(home, PASSPHRASE, bank.clock) as office,
        office.context.database.read() as connection,
    ):
        assert connection.execute(text(_LIMITS)).all() == before


# What the migrations after the one under test make.
_LATER_TABLES = (
    "consent_answers", "corrections", "erasures", "merges", "redemptions", "redemption_answers",
    "redemption_undos", "releases", "voids", "copies", "book_entries", "keepers", "case_decisions",
    "office_people", "office_acts", "awaited_terminals",
)  # fmt: skip
_LATER_COLUMNS = {
    "offers": (
        "per_person_limit", "per_day_limit", "loss_minor", "loss_slots", "undo_minutes",
        "partial_use", "min_spend_minor",
    ),
    "allowances": ("epoch", "through_seq", "lost_minor"),
}  # fmt: skip
_LIMITS = "SELECT code, per_person_limit, per_day_limit, min_spend_minor FROM offers ORDER BY code"


def test_who_was_entered_from_a_book_counts_and_is_told_to_the_others(bank: TestBank) -> None:
    terminal = bank.terminal()
    bank.office.lend_book(terminal.number, int(bank.offer("PHONE10")["offer"]), 5)
    terminal.pull()
    (grant,) = terminal.grants
    terminal.print_book(grant, 1, 2)
    who = terminal.register(phone=PHONE)
    terminal.enter_book(grant, (1, "used", who, TODAY), (2, "used", who, TODAY))
    assert _told(*terminal.push()) == [("flagged", "limit_person")]
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (found["vouchers"], found["loss_minor"]) == ([f"{grant}-1", f"{grant}-2"], 1_000)

    other, _, _ = _at_counter(bank, "PHONE10", outlet="B002")
    other.pull(Lane.CONTENT)
    told = [item["issued"] for item in other.items_of(ItemKind.SUBJECT)]
    assert told == [{"PHONE10": [TODAY, TODAY]}]
    assert ("flagged", "limit_person") in _told(*other.push())
    found = bank.office.cases()[1]["facts"]
    assert found["issued"] == 2
    assert bank.office.audit().violations == ()
