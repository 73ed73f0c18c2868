"""Customers at head office after their registration: every act lands, and the audit passes."""

from typing import Any

import pytest
from sqlalchemy import Executable, Table, select

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.tables import (
    consent_answers,
    corrections,
    customer_hashes,
    customers,
    duplicates,
    erasures,
    events,
    feed_items,
    merges,
)
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.sealing import blind_hash
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

OLD, NEW = "+8613800138000", "+8613712345678"


def rows(bank: TestBank, statement: Executable) -> list[Any]:
    """Return what a query finds."""
    with bank.office.context.database.read() as connection:
        return list(connection.execute(statement).all())


def is_clean(bank: TestBank) -> None:
    """Audit the whole office."""
    assert bank.office.audit().violations == ()


def verdicts(bank: TestBank, terminal: SimulatedTerminal) -> list[tuple[str, str]]:
    """Return what became of a terminal's events, in order."""
    statement = select(events.c.verdict, events.c.code).where(events.c.terminal == terminal.number)
    return [tuple(row) for row in rows(bank, statement.order_by(events.c.seq))]


def granted(bank: TestBank, customer: str) -> dict[str, bool]:
    """Return the consent standing of a customer."""
    found: list[Any] = bank.office.customer(customer)["consents"]  # type: ignore[assignment]
    return {answer["purpose"]: answer["granted"] for answer in found}


def test_the_last_answer_to_a_purpose_is_the_standing(bank: TestBank) -> None:
    terminal = bank.terminal()
    customer = terminal.register()
    terminal.answer_consent(customer, "marketing_phone", granted=True)
    terminal.push()
    assert granted(bank, customer) == {"marketing_phone": True}

    terminal.answer_consent(customer, "service", granted=False)
    terminal.answer_consent(customer, "marketing_phone", granted=False)
    terminal.push()

    assert granted(bank, customer) == {"marketing_phone": False, "service": False}
    assert set(verdicts(bank, terminal)) == {("applied", "")}
    assert len(rows(bank, select(consent_answers))) == 3
    is_clean(bank)


def test_an_answer_about_somebody_unknown_is_kept_and_flagged(bank: TestBank) -> None:
    terminal = bank.terminal()
    customer = terminal.register(send_key=False)
    terminal.rewind(0)
    terminal.answer_consent(customer, "service", granted=False)
    terminal.push()

    assert verdicts(bank, terminal) == [("applied_flagged", "customer_unknown")]
    with pytest.raises(RuleViolation) as refused:
        bank.office.customer(customer)
    assert refused.value.code == "customer_not_here"
    is_clean(bank)


def subjects(terminal: SimulatedTerminal) -> dict[str, dict[str, Any]]:
    """Return the newest hashes and vouchers that the feed told of each stranger."""
    terminal.pull()
    return {found["subject"]: found for found in terminal.items_of(ItemKind.SUBJECT)}


def test_a_corrected_phone_counts_beside_the_old_one_everywhere(bank: TestBank) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    terminal.borrow()
    customer = terminal.register(phone=OLD)
    terminal.issue(customer)
    terminal.push()
    terminal.correct(customer, NEW, OLD)
    terminal.push()

    both = sorted(blind_hash(terminal.blind_key, "phone", phone) for phone in (OLD, NEW))
    stored = select(customer_hashes.c.hash).where(customer_hashes.c.customer == customer)
    assert sorted(bytes(row.hash) for row in rows(bank, stored)) == both
    told = subjects(other)[customer]
    assert sorted(told["hashes"]) == both
    assert len(told["issued"]["PHONE10"]) == 1
    is_clean(bank)


def test_a_correction_in_the_batch_of_its_registration_is_announced_whole(bank: TestBank) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    customer = terminal.register(phone=OLD)
    terminal.correct(customer, NEW, OLD)
    terminal.push()

    assert len(subjects(other)[customer]["hashes"]) == 2
    assert set(verdicts(bank, terminal)) == {("applied", "")}
    is_clean(bank)


def test_a_correction_onto_somebody_else_s_phone_names_the_duplicate_once(bank: TestBank) -> None:
    terminal = bank.terminal()
    first, second = terminal.register(phone=OLD), terminal.register(phone=NEW)
    terminal.push()
    terminal.correct(second, OLD, NEW)
    terminal.push()
    terminal.correct(second, "+8613600136000", OLD, NEW)
    terminal.push()

    assert verdicts(bank, terminal)[2:] == [
        ("applied_flagged", "duplicate_customer"), ("applied", ""),
    ]  # fmt: skip
    assert bank.office.customer(first)["duplicates"] == [second]
    is_clean(bank)


def test_a_correction_without_the_person_s_key_changes_no_hash(bank: TestBank) -> None:
    terminal = bank.terminal()
    customer = terminal.register(phone=OLD)
    terminal.push()
    terminal.correct(customer, NEW, OLD, send_key=False)
    terminal.push()

    assert verdicts(bank, terminal)[-1] == ("applied_flagged", "person_key_missing")
    assert len(rows(bank, select(customer_hashes))) == 1
    is_clean(bank)


def person(bank: TestBank, customer: str) -> Any:
    """Return the one row of a customer."""
    (row,) = rows(bank, select(customers).where(customers.c.customer == customer))
    return row


def holds_nothing(bank: TestBank, customer: str) -> None:
    """Check that no key, sealed field, hash or feed item of a customer is left."""
    row = person(bank, customer)
    assert (row.person_key, bytes(row.sealed), row.referrer) == (None, b"", "")
    of_customer: list[tuple[Table, Any]] = [
        (customer_hashes, customer_hashes.c.customer), (duplicates, duplicates.c.customer),
        (duplicates, duplicates.c.other),
    ]  # fmt: skip
    for table, column in of_customer:
        assert rows(bank, select(table).where(column == customer)) == []
    for row in rows(bank, select(corrections).where(corrections.c.customer == customer)):
        assert (bytes(row.sealed), bytes(row.hashes)) == (b"", b"")
    told = rows(bank, select(feed_items.c.kind).where(feed_items.c.topic == f"subject:{customer}"))
    assert [row.kind for row in told] == [ItemKind.ERASURE.value]


def test_an_erased_person_leaves_the_ledger_and_every_holder_hears_of_it(bank: TestBank) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    terminal.borrow()
    customer, twin = terminal.register(phone=OLD), terminal.register(phone=OLD)
    terminal.issue(customer)
    terminal.answer_consent(customer, "marketing_phone", granted=True)
    terminal.correct(customer, NEW, OLD)
    terminal.push()
    assert subjects(other)[customer]
    assert person(bank, customer).person_key is not None

    terminal.erase(customer)
    terminal.push()

    holds_nothing(bank, customer)
    shown = bank.office.customer(customer)
    assert (shown["erased"], shown["vouchers"], shown["duplicates"]) == (True, 1, [])
    assert bank.office.customer(twin)["duplicates"] == []
    for hearing in (terminal, other):
        hearing.pull(Lane.URGENT)
        assert hearing.items_of(ItemKind.ERASURE) == [{"customer": customer}]
    late = bank.terminal("B003")
    assert customer not in subjects(late)
    assert bank.office.status()["vouchers"] == 1
    is_clean(bank)


def test_a_person_erased_before_anything_was_sent_is_never_known(bank: TestBank) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    terminal.borrow()
    customer = terminal.register()
    terminal.issue(customer)
    terminal.erase(customer)
    terminal.push()

    assert verdicts(bank, terminal)[0] == ("applied_flagged", "payload_erased")
    other.pull(Lane.URGENT)
    assert other.items_of(ItemKind.ERASURE) == [{"customer": customer}]
    assert rows(bank, select(customers)) == []
    is_clean(bank)


def test_registered_and_erased_in_one_batch_is_erased(bank: TestBank) -> None:
    terminal = bank.terminal()
    customer = terminal.register(phone=OLD)
    key = terminal.person_keys[customer]
    sealed = terminal.sealed_keys[customer]
    salts = list(terminal.log)
    terminal.erase(customer)
    # As sent by a program that could still open the person when it sent the batch.
    terminal.log[: len(salts)] = salts
    terminal.person_keys[customer], terminal.sealed_keys[customer] = key, sealed
    terminal.push()

    holds_nothing(bank, customer)
    is_clean(bank)


def test_a_copy_cannot_bring_an_erased_person_back(bank: TestBank) -> None:
    terminal = bank.terminal()
    customer = terminal.register(phone=OLD)
    key, sealed = terminal.person_keys[customer], terminal.sealed_keys[customer]
    terminal.push()
    terminal.erase(customer)
    terminal.push()
    terminal.rewind(1)
    terminal.person_keys[customer], terminal.sealed_keys[customer] = key, sealed
    terminal.correct(customer, NEW, OLD)
    with pytest.raises(ContractFault) as forked:
        bank.office.ingest(terminal.number, 1, terminal.batch(1, 2))
    assert forked.value.code == "fork"

    holds_nothing(bank, customer)
    is_clean(bank)


def test_what_a_copy_says_of_consent_and_erasure_stands(bank: TestBank) -> None:
    terminal = bank.terminal()
    customer, second = terminal.register(phone=OLD), terminal.register(phone=NEW)
    terminal.push()
    terminal.sign_in()
    terminal.push()
    terminal.rewind(2)
    terminal.answer_consent(customer, "service", granted=False)
    terminal.erase(second)
    with pytest.raises(ContractFault):
        bank.office.ingest(terminal.number, 1, terminal.batch(2, 4))

    assert granted(bank, customer) == {"service": False}
    holds_nothing(bank, second)
    assert len(rows(bank, select(erasures))) == 1
    is_clean(bank)


def test_a_proposed_merge_is_shown_until_it_is_undone(bank: TestBank) -> None:
    terminal = bank.terminal()
    kept, other = terminal.register(phone=OLD), terminal.register(phone=NEW)
    terminal.propose_merge(kept, other)
    terminal.push()

    proposal = {"merge": "M1", "kept": kept, "other": other}
    for customer in (kept, other):
        assert bank.office.customer(customer)["merges"] == [proposal]
    (case,) = bank.office.cases()
    assert (case["kind"], case["facts"]) == ("merge_proposed", proposal)

    terminal.undo_merge(kept, other)
    terminal.push()

    assert bank.office.customer(kept)["merges"] == []
    assert bank.office.cases() == []
    assert len(rows(bank, select(merges))) == 2
    is_clean(bank)


def test_proposed_and_undone_in_one_batch_leaves_no_case(bank: TestBank) -> None:
    terminal = bank.terminal()
    kept, other = terminal.register(phone=OLD), terminal.register(phone=NEW)
    terminal.propose_merge(kept, other)
    terminal.undo_merge(kept, other)
    terminal.push()

    assert bank.office.cases() == []
    is_clean(bank)


def test_the_same_batch_again_changes_nothing(bank: TestBank) -> None:
    terminal = bank.terminal()
    customer = terminal.register(phone=OLD)
    terminal.correct(customer, NEW, OLD)
    terminal.answer_consent(customer, "service", granted=False)
    whole = terminal.batch(0, 3)
    first = bank.office.ingest(terminal.number, 1, whole)
    assert bank.office.ingest(terminal.number, 1, whole).notices == first.notices
    assert len(rows(bank, select(corrections))) == len(rows(bank, select(consent_answers))) == 1
    is_clean(bank)
