"""When the redemption that stands is undone, the next by head office's order takes its place."""

from typing import Any

import pytest
from sqlalchemy import select, update

from branchdesk.headoffice.redemption_tables import case_decisions, redemptions
from branchdesk.headoffice.tables import cases
from branchdesk.protocol.feed import ItemKind
from branchdesk.protocol.redemption import Wish
from branchdesk.protocol.token import Token
from branchdesk.protocol.verdict import Verdict
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

GIFT, GIFT_COST = 8_800, 8_000
ALLOWANCES = 160_000 * 3


def issued(bank: TestBank, offer: str = "GIFTBOX") -> Token:
    """Return a voucher that a terminal at B003 has issued and pushed."""
    terminal = bank.terminal("B003")
    terminal.borrow()
    token = terminal.issue(terminal.register(), offer)
    terminal.push()
    return token


def twice(bank: TestBank) -> tuple[Token, SimulatedTerminal, SimulatedTerminal, bytes]:
    """Redeem one gift at B001 and then at B002; return the first redemption with them."""
    token = issued(bank)
    first, second = bank.terminal("B001"), bank.terminal("B002")
    early = first.redeem(token, "allowance")
    second.redeem(token, "allowance")
    for terminal in (first, second):
        bank.clock.now_ms += 1
        terminal.push()
    return token, first, second, early


def states(bank: TestBank) -> list[tuple[str, str]]:
    """Return outlet and state of every redemption, in head office's order."""
    statement = select(redemptions.c.outlet, redemptions.c.state)
    with bank.office.context.database.read() as connection:
        found = connection.execute(statement.order_by(redemptions.c.accepted_ms, redemptions.c.seq))
        return [(row.outlet, row.state) for row in found]


def kept_case(bank: TestBank) -> Any:
    """Return the one case there is, open or not."""
    with bank.office.context.database.read() as connection:
        return connection.execute(select(cases)).one()


def undo(bank: TestBank, terminal: SimulatedTerminal, redemption: bytes, token: Token) -> None:
    """Undo a redemption offline and push."""
    terminal.undo(redemption, token)
    assert [answer.notices for answer in terminal.push()] == [()]
    assert bank.office.audit().violations == ()


def test_the_second_stands_and_costs_nothing_once_the_first_is_undone(bank: TestBank) -> None:
    token, first, _, early = twice(bank)
    before = bank.offer("GIFTBOX")
    assert (before["loss_minor"], before["reserve_minor"]) == (GIFT, ALLOWANCES + GIFT)
    undo(bank, first, early, token)
    assert states(bank) == [("B001", "undone"), ("B002", "stands")]
    line = bank.offer("GIFTBOX")
    assert (line["honoured_minor"], line["committed_minor"]) == (
        GIFT_COST, before["committed_minor"],
    )  # fmt: skip
    # What the allowance of the second had paid is free; it fills up with its next batch.
    assert (line["loss_minor"], line["reserve_minor"]) == (0, ALLOWANCES)
    assert bank.office.cases() == []
    case = kept_case(bank)
    assert case.state == "undone"
    assert '"loss_minor": 0' in case.facts
    assert f'"redemption": "{early.hex()}"' in case.facts
    assert bank.terminal("B003").ask(Wish.REDEEM, token).verdict is Verdict.USED


def test_both_outlets_hear_of_it_and_the_first_does_not_take_it_for_good(bank: TestBank) -> None:
    token, first, second, early = twice(bank)
    undo(bank, first, early, token)
    for terminal in (first, second):
        terminal.pull()
        (outcome,) = terminal.items_of(ItemKind.OUTCOME)
        assert (outcome["decision"], outcome["liable"], outcome["loss_minor"]) == (
            "first_undone", "nobody", 0,
        )  # fmt: skip
    notices = [(n["verdict"], n["code"]) for n in second.items_of(ItemKind.NOTICE)]
    assert notices == [("effect_refused", "double_redemption"), ("resolved", "first_undone")]
    used = first.items_of(ItemKind.USED)
    assert [(item["what"], item["outlet"]) for item in used] == [("redeemed", "B002")]


@pytest.mark.parametrize(("liable", "held"), [("B002", 0), ("bank", GIFT)])
def test_a_decision_stays_on_record_and_its_charge_is_lifted(
    bank: TestBank, liable: str, held: int
) -> None:
    token, first, second, early = twice(bank)
    number = int(str(bank.office.cases()[0]["case"]))
    bank.office.resolve(number, liable, "核对监控")
    assert bank.offer("GIFTBOX")["loss_minor"] == held
    undo(bank, first, early, token)
    line = bank.offer("GIFTBOX")
    assert (line["loss_minor"], line["honoured_minor"]) == (0, GIFT_COST)
    assert kept_case(bank).state == "resolved"
    with bank.office.context.database.read() as connection:
        decided = connection.execute(select(case_decisions)).one()
    assert (decided.liable, decided.loss_minor, decided.word) == (liable, GIFT, "核对监控")
    second.pull()
    told = [(o["case"], o["decision"]) for o in second.items_of(ItemKind.OUTCOME)]
    assert told[-1] == (number, "first_undone")


def test_an_undo_online_lets_the_next_stand_too(bank: TestBank) -> None:
    token = issued(bank)
    first, second = bank.terminal("B001"), bank.terminal("B002")
    intent = first._uuid()  # the terminal's own repeatable ids
    assert first.ask(Wish.REDEEM, token, intent=intent).verdict is Verdict.GOOD
    second.redeem(token, "allowance")
    second.push()
    done = first.ask(Wish.UNDO, token, redemption=intent.bytes, reason="退货")
    assert (done.verdict, done.remaining_minor) == (Verdict.GOOD, 0)
    assert states(bank) == [("B001", "undone"), ("B002", "stands")]
    assert bank.offer("GIFTBOX")["loss_minor"] == 0
    assert bank.office.cases() == []
    second.pull()
    assert [o["decision"] for o in second.items_of(ItemKind.OUTCOME)] == ["first_undone"]
    assert bank.office.audit().violations == ()


def test_one_after_the_other_moves_up_and_the_cases_name_who_is_first_now(bank: TestBank) -> None:
    token, first, second, early = twice(bank)
    third = bank.terminal("V001")
    third.redeem(token, "allowance")
    third.push()
    undo(bank, first, early, token)
    assert states(bank) == [("B001", "undone"), ("B002", "stands"), ("V001", "duplicate")]
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (found["first"]["outlet"], found["second"]["outlet"]) == ("B002", "V001")
    assert bank.offer("GIFTBOX")["loss_minor"] == GIFT
    undo(bank, second, bytes.fromhex(found["first"]["redemption"]), token)
    assert states(bank)[2] == ("V001", "stands")
    assert bank.office.cases() == []
    assert bank.offer("GIFTBOX")["loss_minor"] == 0


def test_parts_that_found_no_room_stand_as_far_as_there_is_room_now(bank: TestBank) -> None:
    terminal = bank.terminal("B003")
    terminal.borrow()
    token = terminal.issue(terminal.register(), "PHONE10")
    named = [terminal.redeem(token, amount_minor=amount) for amount in (600, 400, 500, 300)]
    # All in one batch: a case that ends before it was told of is closed with it.
    terminal.undo(named[0], token)
    terminal.push()
    assert [state for _, state in states(bank)] == ["undone", "stands", "stands", "duplicate"]
    assert bank.offer("PHONE10")["honoured_minor"] == 900
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert found["second"]["amount_minor"] == 300
    assert found["first"]["redemption"] == named[1].hex()
    assert bank.office.audit().violations == ()


def test_who_had_no_right_stands_and_the_case_is_about_that(bank: TestBank) -> None:
    home = bank.terminal("B003")
    home.borrow()
    token = home.issue(home.register(), "PHONE10")
    done = home.redeem(token)
    home.push()
    stranger = bank.terminal("B002")
    bank.clock.now_ms += 1
    stranger.redeem(token, "home")
    stranger.push()
    undo(bank, home, done, token)
    assert states(bank) == [("B003", "undone"), ("B002", "stands")]
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (case["kind"], found["redemption"]["outlet"], found["liable"]) == (
        "redeemed_without_right", "B002", "B002",
    )  # fmt: skip


def test_one_whose_terminal_was_frozen_meanwhile_stands_and_a_person_judges_it(
    bank: TestBank,
) -> None:
    token, first, second, early = twice(bank)
    bank.office.revoke_terminal(second.number, "遗失")
    undo(bank, first, early, token)
    assert states(bank) == [("B001", "undone"), ("B002", "stands")]
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (case["kind"], found["redemption"]["outlet"], found["liable"]) == (
        "redeemed_while_frozen", "B002", "B002",
    )  # fmt: skip
    bank.office.resolve(int(str(case["case"])), "nobody", "冻结之前兑付，查实")
    assert bank.office.cases() == []
    assert bank.office.audit().violations == ()


def test_one_that_is_undone_while_it_waits_does_not_move_up(bank: TestBank) -> None:
    token, first, second, early = twice(bank)
    late = next(row for row in _redemptions(bank) if row.state == "duplicate")
    second.undo(bytes(late.redemption), token)
    second.push()
    second.pull()
    assert second.items_of(ItemKind.NOTICE)[-1]["verdict"] == "resolved"
    undo(bank, first, early, token)
    assert states(bank) == [("B001", "undone"), ("B002", "undone")]
    assert bank.terminal("B003").ask(Wish.REDEEM, token).verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("state", "problem"), [("duplicate", "nothing_first"), ("stands", "first_not_undone")]
)
def test_the_audit_names_one_that_waits_for_nobody_or_pushed_in(
    bank: TestBank, state: str, problem: str
) -> None:
    token, first, _, early = twice(bank)
    if state == "duplicate":
        undo(bank, first, early, token)
    late = next(row for row in _redemptions(bank) if row.outlet == "B002")
    put = update(redemptions).where(redemptions.c.redemption == late.redemption)
    bank.office.context.database.write(
        lambda connection: connection.execute(put.values(state=state))
    )
    assert problem in {found.what for found in bank.office.audit().violations}


def _redemptions(bank: TestBank) -> list[Any]:
    with bank.office.context.database.read() as connection:
        return list(connection.execute(select(redemptions)))
