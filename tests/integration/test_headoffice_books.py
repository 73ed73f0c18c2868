"""Books at head office: lent apart, every number used once, and only what lies there comes free."""

from typing import Any

import pytest
from sqlalchemy import select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.redemption_tables import book_entries
from branchdesk.protocol import facts
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.redemption import Wish
from branchdesk.protocol.token import Token, china_day, day_of
from branchdesk.protocol.verdict import Verdict
from tests.office_fixture import TestBank, sample_campaign
from tests.simulated_terminal import SimulatedTerminal

COST = 1_000


def with_book(bank: TestBank, slots: int = 10) -> tuple[SimulatedTerminal, int]:
    """Return a terminal with a grant of PHONE10 for books, and the grant's number."""
    terminal = bank.terminal()
    offer = int(bank.offer("PHONE10")["offer"])
    lent = bank.office.lend_book(terminal.number, offer, slots)
    terminal.pull(Lane.CONTENT)
    return terminal, lent.grant


def printed(bank: TestBank) -> tuple[SimulatedTerminal, int, list[Token]]:
    """Return a terminal that has printed and pushed five numbers."""
    terminal, grant = with_book(bank)
    tokens = terminal.print_book(grant, 1, 5)
    terminal.push()
    return terminal, grant, tokens


def told(answers: list[Any]) -> list[tuple[str, str]]:
    """Return the notices of some answers as (verdict, code)."""
    return [(notice.verdict, notice.code) for answer in answers for notice in answer.notices]


def entered(bank: TestBank) -> list[tuple[int, str, str]]:
    """Return slot, fate and customer of every entry."""
    with bank.office.context.database.read() as connection:
        rows = connection.execute(select(book_entries).order_by(book_entries.c.slot))
        return [(row.slot, row.fate, row.customer) for row in rows]


def test_a_book_costs_budget_like_any_grant_and_is_lent_beside_the_others(bank: TestBank) -> None:
    before = bank.offer("PHONE10")["committed_minor"]
    terminal, grant = with_book(bank, 10)
    held = terminal.grants[grant].value
    assert (held.is_book, held.slots, held.terminal) == (True, 10, terminal.number)
    assert bank.offer("PHONE10")["committed_minor"] == before + 10 * COST
    terminal.borrow()
    assert terminal.free("PHONE10") > 10
    assert bank.office.audit().violations == ()


def test_what_cannot_be_lent_is_refused_and_costs_nothing(bank: TestBank) -> None:
    terminal = bank.terminal()
    offer = bank.offer("PHONE10")
    number, before = int(offer["offer"]), offer["committed_minor"]
    bank.office.budget(number, 5 * COST)
    for who, what, slots, code in (
        (terminal.number, number, 0, "book_slots_invalid"),
        (terminal.number, number, 6, "book_over_budget"),
        (terminal.number, 999, 1, "book_offer_closed"),
        (99, number, 1, "terminal_unknown"),
    ):
        with pytest.raises(RuleViolation, match=code):
            bank.office.lend_book(who, what, slots)
    bank.office.revoke_terminal(terminal.number)
    with pytest.raises(RuleViolation, match="terminal_frozen"):
        bank.office.lend_book(terminal.number, number, 1)
    assert bank.offer("PHONE10")["committed_minor"] == before


def test_printed_numbers_are_used_slots_that_cannot_come_back(bank: TestBank) -> None:
    terminal, grant, _ = printed(bank)
    terminal.give_back(grant, (4, 7))
    assert told(terminal.push()) == [("flagged", "slots_issued")]
    assert bank.office.audit().violations == ()


def test_a_book_says_nothing_of_what_the_counter_needs(bank: TestBank) -> None:
    terminal, grant, _ = printed(bank)
    assert terminal.borrow().numbers
    assert terminal.held("PHONE10").value.number != grant
    assert not terminal.borrow().numbers


def test_spoiled_and_returned_come_free_and_missing_stays_committed(bank: TestBank) -> None:
    terminal, grant, _ = printed(bank)
    before = bank.offer("PHONE10")["committed_minor"]
    customer = terminal.register()
    terminal.enter_book(grant, (1, "used", customer, 2500))
    terminal.enter_book(grant, (2, "spoiled", "", 0), (3, "returned", "", 0))
    terminal.enter_book(grant, (4, "missing", "", 0))
    assert told(terminal.push()) == [("flagged", "numbers_missing")]
    assert bank.offer("PHONE10")["committed_minor"] == before - 2 * COST
    assert entered(bank) == [
        (1, "used", customer), (2, "spoiled", ""), (3, "returned", ""), (4, "missing", ""),
    ]  # fmt: skip
    assert bank.office.audit().violations == ()


def test_a_number_is_entered_once(bank: TestBank) -> None:
    terminal, grant, _ = printed(bank)
    terminal.enter_book(grant, (1, "missing", "", 0))
    terminal.enter_book(grant, (1, "returned", "", 0))
    assert told(terminal.push()) == [
        ("flagged", "numbers_missing"), ("flagged", "entered_before"),
    ]  # fmt: skip
    assert entered(bank) == [(1, "missing", "")]
    assert bank.office.audit().violations == ()


def test_missing_numbers_are_one_case_with_the_face_value_at_stake(bank: TestBank) -> None:
    terminal, grant, _ = printed(bank)
    terminal.enter_book(grant, (1, "missing", "", 0), (2, "returned", "", 0), (4, "missing", "", 0))
    terminal.push()
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (case["kind"], found["count"], found["liable"]) == ("numbers_missing", 2, "B001")
    assert found["loss_minor"] == 2 * COST
    assert found["vouchers"] == [f"{grant}-1", f"{grant}-4"]
    bank.office.resolve(int(str(case["case"])), "B001", "外拓遗失")
    terminal.pull()
    (outcome,) = terminal.items_of(ItemKind.OUTCOME)
    assert (outcome["decision"], outcome["loss_minor"]) == ("outlet_bears", 2 * COST)
    assert terminal.items_of(ItemKind.NOTICE)[-1]["verdict"] == "resolved"
    assert bank.office.audit().violations == ()


def test_missing_numbers_that_are_redeemed_later_are_counted_out_and_the_last_ends_the_case(
    bank: TestBank,
) -> None:
    terminal, grant, tokens = printed(bank)
    terminal.enter_book(grant, (1, "missing", "", 0), (4, "missing", "", 0))
    terminal.push()
    done = terminal.redeem(tokens[3])
    terminal.push()
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (found["count"], found["loss_minor"], found["vouchers"]) == (1, COST, [f"{grant}-1"])
    # Undone and redeemed again it turned up once; the other one is still missing.
    terminal.undo(done, tokens[3])
    terminal.redeem(tokens[3])
    terminal.push()
    assert [one["facts"] for one in bank.office.cases()] == [found]

    terminal.redeem(tokens[0])
    terminal.push()
    assert bank.office.cases() == []
    terminal.pull()
    (outcome,) = terminal.items_of(ItemKind.OUTCOME)
    assert (outcome["decision"], outcome["liable"], outcome["loss_minor"]) == (
        "numbers_found", "nobody", 0,
    )  # fmt: skip
    assert terminal.items_of(ItemKind.NOTICE)[-1]["verdict"] == "resolved"
    assert bank.office.audit().violations == ()


def test_a_number_that_was_redeemed_before_it_is_called_missing_is_none(bank: TestBank) -> None:
    terminal, grant, tokens = printed(bank)
    terminal.redeem(tokens[0])
    terminal.enter_book(grant, (1, "missing", "", 0))
    assert ("flagged", "numbers_missing") not in told(terminal.push())
    assert bank.office.cases() == []
    assert bank.office.audit().violations == ()


def test_what_was_not_printed_or_is_out_has_no_fate(bank: TestBank) -> None:
    terminal, grant, _ = printed(bank)
    terminal.enter_book(grant, (9, "missing", "", 0))
    assert told(terminal.push()) == [("effect_refused", "slot_unissued")]
    assert entered(bank) == []
    assert bank.office.audit().violations == ()


def test_a_number_that_was_redeemed_cannot_be_said_to_lie_there(bank: TestBank) -> None:
    terminal, grant, tokens = printed(bank)
    terminal.enter_book(grant, (1, "used", terminal.register(), 2500))
    terminal.redeem(tokens[0])
    terminal.redeem(tokens[1])
    terminal.enter_book(grant, (2, "returned", "", 0))
    assert ("effect_refused", "slot_honoured") in told(terminal.push())
    assert bank.offer("PHONE10")["honoured_minor"] == 2 * COST
    assert bank.office.audit().violations == ()


def test_nothing_is_issued_from_a_book_s_grant_nor_a_book_from_another(bank: TestBank) -> None:
    terminal, grant = with_book(bank)
    terminal.issue(terminal.register(), grant=grant)
    assert ("effect_refused", "grant_for_books") in told(terminal.push())
    terminal.borrow()
    other = terminal.held("PHONE10").value.number
    terminal.print_book(other, 1, 2)
    assert told(terminal.push()) == [("effect_refused", "grant_not_for_books")]
    assert bank.office.audit().violations == ()


def test_a_book_is_what_its_terminal_signed(bank: TestBank) -> None:
    terminal, grant = with_book(bank)
    terminal.print_book(grant, 1, 2)
    payload = facts.decode_payload(facts.BOOK_PRINTED, terminal.log[-1].payload)
    forged = bytearray(payload["vouchers"][0])
    forged[-1] ^= 1
    for change in (
        {"vouchers": [bytes(forged)], "last": 1},
        {"vouchers": payload["vouchers"][::-1]},
        {"last": 9},
    ):
        terminal.record(facts.BOOK_PRINTED, **{**payload, **change})
    codes = [code for _, code in told(terminal.push())]
    assert codes == ["voucher_forged", "voucher_mismatch", "voucher_mismatch"]
    terminal.record(facts.BOOK_PRINTED, **payload)
    assert told(terminal.push()) == [("effect_refused", "slot_used")]
    assert bank.office.audit().violations == ()


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [[1, "burnt", "", 0]],
        [[0, "missing", "", 0]],
        [[1, "missing", "", 0], [1, "returned", "", 0]],
        [[1, "missing", ""]],
        [[1, "missing", "a\0", 0]],
        ["1"],
    ],
)
def test_entries_that_are_none_have_no_effect(bank: TestBank, entries: list[object]) -> None:
    terminal, grant, _ = printed(bank)
    terminal.record(
        facts.BOOK_ENTERED, book="x", grant=grant, entries=entries, second="S001",
        intent_body=bytes(32),
    )  # fmt: skip
    assert told(terminal.push()) == [("effect_refused", "malformed_payload")]
    assert bank.office.audit().violations == ()


def test_a_frozen_terminal_frees_nothing(bank: TestBank) -> None:
    terminal, grant, _ = printed(bank)
    bank.office.revoke_terminal(terminal.number)
    before = bank.offer("PHONE10")["committed_minor"]
    terminal.enter_book(grant, (1, "returned", "", 0))
    assert told(terminal.push()) == [("effect_refused", "chain_not_live")]
    assert bank.offer("PHONE10")["committed_minor"] == before


def test_a_replacement_is_no_breach_of_the_persons_limit(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    first = terminal.issue(customer)
    terminal.void(first)
    terminal.issue(customer)
    assert told(terminal.push()) == []
    terminal.issue(customer)
    assert told(terminal.push()) == [("flagged", "limit_person")]
    assert bank.office.audit().violations == ()


def test_head_office_counts_a_number_s_days_from_the_day_it_was_given(bank: TestBank) -> None:
    terminal, grant, tokens = printed(bank)
    given = china_day(bank.clock.now_ms // 1000)
    terminal.enter_book(grant, (1, "used", terminal.register(), given), (2, "returned", "", 0))
    terminal.push()
    offers: Any = sample_campaign()["offers"]
    days = next(offer["valid_days"] for offer in offers if offer["code"] == "PHONE10")
    assert given + days < tokens[0].voucher.expires
    seen = terminal.ask(Wish.VERIFY, tokens[0])
    assert (seen.verdict, seen.facts["expires_on"]) == (
        Verdict.GOOD, day_of(given + days).isoformat(),
    )  # fmt: skip
    handed_back = terminal.ask(Wish.VERIFY, tokens[1])
    assert (handed_back.verdict, handed_back.facts) == (Verdict.VOID, {"fate": "returned"})
    bank.clock.advance_days(days + 1)
    assert terminal.ask(Wish.REDEEM, tokens[0]).verdict == Verdict.EXPIRED
