"""A forked chain: the branch's facts stand, its money waits in one case, and the audit sees all."""

from typing import Any

import pytest
from sqlalchemy import Executable, select, text, update

from branchdesk.errors import ContractFault
from branchdesk.headoffice.tables import branch_events, branch_heads, customers
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.feed import ItemKind
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

PARTED_AT = 4
LIVE = 6


def forked(bank: TestBank) -> SimulatedTerminal:
    """Return the copy of a terminal: two vouchers shared, one more pushed by each side."""
    terminal = bank.terminal()
    terminal.borrow()
    for number in range(2):
        terminal.issue(terminal.register(phone=f"+861380013{number:04d}"))
    terminal.push()
    terminal.issue(terminal.register(phone="+8613800139000"))
    terminal.push()
    terminal.rewind(PARTED_AT)
    terminal.held("PHONE10").next_slot -= 1
    terminal.issue(terminal.register(phone="+8613900139001"))
    return terminal


def show(bank: TestBank, terminal: SimulatedTerminal, after: int, upto: int) -> None:
    """Push a run of the copy's chain, which head office answers as a fork."""
    with pytest.raises(ContractFault) as caught:
        bank.office.ingest(terminal.number, 1, terminal.batch(after, upto))
    assert caught.value.code == "fork"
    assert caught.value.facts["head_seq"] == LIVE


def told(bank: TestBank) -> dict[str, Any]:
    """Return the facts of the one open case."""
    (case,) = bank.office.cases()
    assert case["kind"] == "fork"
    found = case["facts"]
    assert isinstance(found, dict)
    return found


def counts(bank: TestBank) -> tuple[object, ...]:
    """Return what the status counts, with how many branch events are kept."""
    status = bank.office.status()
    with bank.office.context.database.read() as connection:
        kept = len(connection.execute(select(branch_events.c.hash)).all())
    return status["events"], status["customers"], status["vouchers"], kept


def test_the_customers_of_both_sides_are_known_and_the_branchs_voucher_is_a_case(
    bank: TestBank,
) -> None:
    other = bank.terminal("V001")
    terminal = forked(bank)
    show(bank, terminal, 0, 6)
    assert counts(bank) == (LIVE, 4, 3, 2)
    facts_told = told(bank)
    (voucher,) = facts_told["vouchers"]
    with bank.office.context.database.read() as connection:
        row = connection.execute(select(customers).where(customers.c.branch != b"")).one()
    assert (row.customer, row.seq) == (voucher["customer"], 5)
    assert (voucher["slot"], voucher["offer"], voucher["code"]) == (3, "PHONE10", "on_branch")
    assert voucher["grant"] in terminal.grants
    assert (facts_told["from_seq"], facts_told["to_seq"], facts_told["customers"]) == (5, 6, 1)
    other.pull()
    assert row.customer in {item["subject"] for item in other.items_of(ItemKind.SUBJECT)}
    assert bank.office.audit().violations == ()


def test_the_branch_again_and_longer_adds_only_what_is_new(bank: TestBank) -> None:
    terminal = forked(bank)
    for _ in range(2):
        show(bank, terminal, 0, 6)
    assert counts(bank) == (LIVE, 4, 3, 2)
    assert told(bank)["events"] == 2
    terminal.issue(terminal.register(phone="+8613900139002"))
    for after in (2, 6):
        show(bank, terminal, after, 8)
    assert counts(bank) == (LIVE, 5, 3, 4)
    # Beyond our own head the branch goes on from what we keep of it.
    terminal.issue(terminal.register(phone="+8613900139003"))
    show(bank, terminal, 8, 10)
    assert counts(bank) == (LIVE, 6, 3, 6)
    found = told(bank)
    assert (found["events"], found["from_seq"], found["to_seq"]) == (6, 5, 10)
    assert [voucher["seq"] for voucher in found["vouchers"]] == [6, 8, 10]
    assert bank.office.audit().violations == ()


def test_a_branch_shown_from_its_end_is_one_case_too(bank: TestBank) -> None:
    terminal = forked(bank)
    show(bank, terminal, 5, 6)
    assert counts(bank) == (LIVE, 3, 3, 1)
    assert bank.office.audit().violations == ()
    show(bank, terminal, 0, 5)
    assert counts(bank) == (LIVE, 4, 3, 2)
    assert (told(bank)["events"], told(bank)["from_seq"]) == (2, 5)
    assert bank.office.audit().violations == ()


def test_two_branches_of_one_chain_are_two_cases(bank: TestBank) -> None:
    terminal = forked(bank)
    show(bank, terminal, 0, 6)
    terminal.rewind(PARTED_AT)
    terminal.register(phone="+8613900139009")
    show(bank, terminal, 0, 5)
    assert counts(bank) == (LIVE, 5, 3, 3)
    assert [case["kind"] for case in bank.office.cases()] == ["fork", "fork"]
    assert bank.office.audit().violations == ()


def test_a_voucher_that_the_chain_holds_byte_for_byte_is_not_in_the_case(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    terminal.issue(customer)
    terminal.push()
    again = terminal.log[1]
    terminal.rewind(1)
    terminal.sign_in()
    repeat(terminal, again, customer)
    with pytest.raises(ContractFault, match="fork"):
        bank.office.ingest(terminal.number, 1, terminal.batch(0, 3))
    assert told(bank)["vouchers"] == []
    assert counts(bank) == (2, 1, 1, 2)
    assert bank.office.audit().violations == ()


def repeat(terminal: SimulatedTerminal, event: SentEvent, customer: str) -> None:
    """Record an event's payload again under a new id, after another event."""
    assert decode_envelope(event.envelope).type == facts.VOUCHER_ISSUED
    assert customer.encode() in event.payload
    terminal.append(facts.VOUCHER_ISSUED, event.payload)


def test_a_return_on_a_branch_frees_nothing_and_is_named(bank: TestBank) -> None:
    terminal = forked(bank)
    number = terminal.held("PHONE10").value.number
    terminal.give_back(number, (8, 9))
    before = bank.office.status()["offers"]
    show(bank, terminal, 0, 7)
    assert bank.office.status()["offers"] == before
    (named,) = told(bank)["returns"]
    assert (named["grant"], named["slots"]) == (number, [[8, 9]])


def test_one_changed_value_of_a_branch_is_named(bank: TestBank) -> None:
    show(bank, forked(bank), 0, 6)
    for table in (branch_events, branch_heads):
        for column in table.columns:
            # The row is found again by a column that the change leaves alone.
            by = table.c.seq if column.name != "seq" else table.c.hash
            with bank.office.context.database.read() as connection:
                statement = select(column, by).order_by(table.c.seq.desc())
                value, place = connection.execute(statement.limit(1)).one()
            put = update(table).where(by == place)
            act(bank, put.values({column.name: flipped(value)}))
            assert not bank.office.audit().ok, column
            act(bank, put.values({column.name: value}))
    assert bank.office.audit().violations == ()


def act(bank: TestBank, statement: Executable) -> None:
    """Run a statement behind head office's back."""
    bank.office.context.database.write(lambda connection: connection.execute(statement))


def flipped(value: object) -> object:
    """Return a value that differs in one bit or step."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, str):
        return value + "x"
    assert isinstance(value, int)
    return value + 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM branch_events WHERE seq = 5",
        "DELETE FROM branch_events WHERE seq = 6",
        "DELETE FROM branch_heads",
        "DELETE FROM customers WHERE length(branch) > 0",
        "DELETE FROM cases",
    ],
)
def test_a_row_taken_from_a_branch_is_named(bank: TestBank, statement: str) -> None:
    show(bank, forked(bank), 0, 6)
    assert bank.office.audit().ok
    act(bank, text(statement))
    assert not bank.office.audit().ok
