"""People decide: who bears a double redemption, and which terminal keeps an outlet."""

from typing import Any

import pytest
from sqlalchemy import text

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.office_people import Credentials
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.redemption import Wish
from branchdesk.protocol.token import Token
from branchdesk.protocol.verdict import Verdict
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

FACE = {"PHONE10": 1_000, "SPEND200": 5_000, "GIFTBOX": 8_800}


def issued(
    bank: TestBank, offer: str, outlet: str = "B001"
) -> tuple[SimulatedTerminal, Token]:  # fmt: skip
    """Return a terminal that has issued and pushed one voucher, and the voucher."""
    terminal = bank.terminal(outlet)
    terminal.borrow()
    token = terminal.issue(terminal.register(), offer)
    terminal.push()
    return terminal, token


def twice(bank: TestBank) -> tuple[SimulatedTerminal, SimulatedTerminal, int]:
    """Redeem one gift at two outlets; return both terminals and the case."""
    _, token = issued(bank, "GIFTBOX", "B003")
    first, second = bank.terminal("B001"), bank.terminal("B002")
    for terminal in (first, second):
        terminal.redeem(token, "allowance")
        terminal.push()
    (case,) = bank.office.cases()
    return first, second, int(str(case["case"]))


@pytest.mark.parametrize(
    ("liable", "decision", "held"),
    [("B002", "outlet_bears", 0), ("bank", "bank_bears", 8_800), ("nobody", "no_loss", 0)],
)
def test_a_case_is_decided_once_and_both_outlets_hear_of_it(
    bank: TestBank, liable: str, decision: str, held: int
) -> None:
    reserved = 160_000 * 3
    first, second, case = twice(bank)
    assert bank.offer("GIFTBOX")["reserve_minor"] == reserved + FACE["GIFTBOX"]
    done = bank.office.resolve(case, liable, "监控可见先在人民路支行领取")
    assert (done.decision, done.liable, done.loss_minor) == (decision, liable, FACE["GIFTBOX"])
    assert bank.office.cases() == []
    line = bank.offer("GIFTBOX")
    assert (line["loss_minor"], line["reserve_minor"]) == (held, reserved + held)
    for terminal in (first, second):
        terminal.pull()
        (outcome,) = terminal.items_of(ItemKind.OUTCOME)
        assert (outcome["case"], outcome["decision"], outcome["liable"]) == (case, decision, liable)
        assert outcome["facts"]["first_outlet"] == "B001"
        assert outcome["facts"]["second_outlet"] == "B002"
    with pytest.raises(RuleViolation, match="case_closed"):
        bank.office.resolve(case, "bank", "再来一次")
    assert bank.office.audit().violations == ()


def test_a_decision_needs_a_case_a_reason_and_somebody_who_can_be_liable(bank: TestBank) -> None:
    _, _, case = twice(bank)
    for wanted, act in (
        ("case_unknown", lambda: bank.office.resolve(case + 1, "bank", "原因")),
        ("liable_missing", lambda: bank.office.resolve(case, "", "原因")),
        ("reason_missing", lambda: bank.office.resolve(case, "bank", "  ")),
        ("outlet_unknown", lambda: bank.office.resolve(case, "B999", "原因")),
    ):
        with pytest.raises(RuleViolation) as caught:
            act()
        assert caught.value.code == wanted
    assert len(bank.office.cases()) == 1


def test_a_dear_case_takes_two_people(bank: TestBank) -> None:
    campaign_offer = bank.offer("GIFTBOX")
    assert campaign_offer["loss_minor"] == 0
    bank.office.add_person("H001", "周明", "135790")
    bank.office.add_person("H002", "吴静", "246801")
    _, _, case = twice(bank)
    make_dear(bank, case)
    alone = bank.office.approve(Credentials("H001", "135790"))
    with pytest.raises(RuleViolation, match="office_second_missing"):
        bank.office.resolve(case, "bank", "金额较大", alone)
    both = bank.office.approve(Credentials("H001", "135790"), Credentials("H002", "246801"))
    assert bank.office.resolve(case, "bank", "金额较大", both).loss_minor == 50_001


def make_dear(bank: TestBank, case: int) -> None:
    """Let a case be about more money than one person may decide."""
    bank.office.context.database.write(
        lambda connection: connection.execute(
            text('UPDATE cases SET facts = replace(facts, :found, :put) WHERE "case" = :case'),
            {"found": '"loss_minor": 8800', "put": '"loss_minor": 50001', "case": case},
        )
    )


def test_a_case_that_is_no_redemption_is_noted_and_closed(bank: TestBank) -> None:
    terminal, token = issued(bank, "PHONE10")
    terminal.issue_slot(
        terminal.grants[token.grant.number], token.voucher.slot, terminal.register()
    )
    terminal.push()
    case = next(c for c in bank.office.cases() if c["kind"] == "slot_used")
    bank.office.resolve(int(str(case["case"])), "nobody", "两张都已收回")
    assert all(c["kind"] != "slot_used" for c in bank.office.cases())
    terminal.pull()
    assert terminal.items_of(ItemKind.OUTCOME) == []
    assert bank.office.audit().violations == ()


@pytest.mark.parametrize("liable", ["B001", "bank"])
def test_a_refused_void_costs_what_was_honoured_and_both_sides_hear_the_decision(
    bank: TestBank, liable: str
) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    other.redeem(token, "allowance")
    other.push()
    issuer.void(token)
    issuer.push()
    (case,) = bank.office.cases()
    found: Any = case["facts"]
    assert (found["loss_minor"], found["liable"]) == (FACE["GIFTBOX"], "B001")
    done = bank.office.resolve(int(str(case["case"])), liable, "柜员误作废")
    assert done.loss_minor == FACE["GIFTBOX"]
    for terminal in (issuer, other):
        terminal.pull()
        (outcome,) = terminal.items_of(ItemKind.OUTCOME)
        assert (outcome["kind"], outcome["liable"], outcome["loss_minor"]) == (
            "slot_honoured", liable, FACE["GIFTBOX"],
        )  # fmt: skip
    assert bank.office.audit().violations == ()


def test_a_loss_is_not_charged_to_an_outlet_that_had_no_part_in_it(bank: TestBank) -> None:
    _, _, case = twice(bank)
    with pytest.raises(RuleViolation) as caught:
        bank.office.resolve(case, "V001", "核对监控")
    assert (caught.value.code, caught.value.facts["involved"]) == (
        "outlet_uninvolved", ["B001", "B002", "B003"],
    )  # fmt: skip
    assert len(bank.office.cases()) == 1
    # Whose paper it was is involved, and hears that it is charged.
    assert bank.office.resolve(case, "B003", "补打的券没有收回").liable == "B003"
    issuer = bank.terminal("B003")
    issuer.pull()
    assert [outcome["liable"] for outcome in issuer.items_of(ItemKind.OUTCOME)] == ["B003"]


def verdicts(terminal: SimulatedTerminal) -> list[tuple[int, str, str]]:
    """Return what the feed says of a terminal's events, in order."""
    terminal.pull()
    notices = terminal.items_of(ItemKind.NOTICE)
    return [(notice["seq"], notice["verdict"], notice["code"]) for notice in notices]


def test_a_decision_settles_every_event_that_its_case_is_about(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    for _ in range(3):
        terminal.issue(customer, "PHONE10")
    terminal.push()
    (case,) = bank.office.cases()
    assert case["facts"]["loss_minor"] == 2 * FACE["PHONE10"]  # type: ignore[index]
    assert verdicts(terminal) == [
        (3, "flagged", "limit_person"), (4, "flagged", "limit_person"),
    ]  # fmt: skip
    bank.office.resolve(int(str(case["case"])), "B001", "柜员多发")
    assert verdicts(terminal)[2:] == [
        (3, "resolved", "outlet_bears"), (4, "resolved", "outlet_bears"),
    ]  # fmt: skip
    assert [outcome["kind"] for outcome in terminal.items_of(ItemKind.OUTCOME)] == ["limit_person"]
    assert bank.office.audit().violations == ()


def test_an_event_with_two_cases_waits_until_both_are_decided(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    terminal.issue(customer, "PHONE10")
    terminal.push()
    bank.office.revoke_terminal(terminal.number)
    terminal.issue(customer, "PHONE10")
    terminal.push()
    first, second = (
        int(str(case["case"])) for case in bank.office.cases()
        if case["kind"] in {"issued_while_frozen", "limit_person"}
    )  # fmt: skip
    bank.office.resolve(first, "nobody", "已核对")
    assert [verdict for _, verdict, _ in verdicts(terminal)] == ["flagged"]
    bank.office.resolve(second, "nobody", "已核对")
    assert verdicts(terminal)[-1] == (3, "resolved", "no_loss")


def kept(terminal: SimulatedTerminal) -> tuple[int, bool]:
    """Return who keeps the outlet as a terminal hears it, and whether that one is to resign."""
    terminal.pull()
    named, _ = terminal.keeping()
    return named["terminal"], named["resign"]


def test_the_first_counter_terminal_keeps_its_outlet_and_a_van_has_no_keeper(
    bank: TestBank,
) -> None:
    first, second = bank.terminal("B001"), bank.terminal("B001")
    assert kept(second) == (first.number, False)
    van = bank.terminal("V001")
    van.pull()
    assert van.items_of(ItemKind.KEEPER) == []


def test_another_keeper_is_named_only_once_the_present_one_has_signed_the_right_away(
    bank: TestBank,
) -> None:
    first, second = bank.terminal("B001"), bank.terminal("B001")
    named = bank.office.name_keeper("B001", second.number)
    assert (named.terminal, named.next_terminal) == (first.number, second.number)
    assert kept(first) == (first.number, True)
    assert kept(second) == (first.number, True)
    _, item = first.keeping()
    first.resign("B001", item - 1)
    assert [notice.code for notice in first.push()[0].notices] == ["keeper_item_old"]
    assert kept(second) == (first.number, True)
    first.resign("B001", item)
    assert first.push()[0].notices == ()
    assert kept(second) == (second.number, False)
    first.resign("B001", item)
    assert [notice.code for notice in first.push()[0].notices] == ["not_keeper"]
    assert bank.office.audit().violations == ()


def test_a_revoked_keeper_is_replaced_at_once(bank: TestBank) -> None:
    first, second = bank.terminal("B001"), bank.terminal("B001")
    bank.office.revoke_terminal(first.number)
    assert bank.office.name_keeper("B001", second.number).terminal == second.number
    assert kept(second) == (second.number, False)
    first.redeem(issued(bank, "SPEND200")[1], "keeper")
    assert first.push()[0].notices[0].code == "redeemed_while_frozen"


def test_an_outlet_whose_keeper_resigned_is_served_by_head_office(bank: TestBank) -> None:
    keeper, token = issued(bank, "SPEND200")
    other = bank.terminal("B002")
    assert other.ask(Wish.VERIFY, token).verdict is Verdict.NOT_HERE
    keeper.pull()
    keeper.resign("B001", keeper.keeping()[1])
    keeper.push()
    assert other.ask(Wish.REDEEM, token).verdict is Verdict.GOOD
    assert bank.office.audit().violations == ()


@pytest.mark.parametrize(
    ("outlet", "offset", "code"),
    [("B999", 0, "outlet_unknown"), ("B001", 9, "terminal_unknown"),
     ("B002", 0, "terminal_elsewhere")],
)  # fmt: skip
def test_a_keeper_must_stand_at_its_outlet(
    bank: TestBank, outlet: str, offset: int, code: str
) -> None:
    terminal = bank.terminal("B001")
    with pytest.raises(RuleViolation) as caught:
        bank.office.name_keeper(outlet, terminal.number + offset)
    assert caught.value.code == code


def test_a_void_frees_money_at_once_only_where_its_redeemer_says_it(bank: TestBank) -> None:
    home, token = issued(bank, "PHONE10", "B002")
    before = bank.offer("PHONE10")
    home.void(token)
    assert home.push()[0].notices == ()
    line = bank.offer("PHONE10")
    assert line["committed_minor"] == before["committed_minor"] - FACE["PHONE10"]
    assert line["reserve_minor"] == before["reserve_minor"]
    home.void(token)
    home.redeem(token)
    codes = [notice.code for notice in home.push()[0].notices]
    assert codes == ["voided_before", "redeemed_out"]
    assert bank.office.audit().violations == ()


def test_a_void_where_others_could_redeem_is_told_to_all_before_its_money_is_free(
    bank: TestBank,
) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    other.pull()
    reserved = bank.offer("GIFTBOX")["reserve_minor"]
    issuer.void(token)
    issuer.push()
    assert bank.offer("GIFTBOX")["reserve_minor"] == reserved + 8_000
    other.pull(Lane.URGENT)
    told = other.items_of(ItemKind.REVOCATION)[-1]
    assert (told["number"], told["slots"]) == (
        token.grant.number, [[token.voucher.slot, token.voucher.slot]],
    )  # fmt: skip
    other.pull(Lane.URGENT)
    assert bank.offer("GIFTBOX")["reserve_minor"] == reserved
    another = issuer.issue(issuer.register(phone="+8613800138002"), "GIFTBOX")
    issuer.void(another)
    issuer.push()
    assert bank.office.audit().violations == ()


def test_a_redeemed_voucher_cannot_be_voided(bank: TestBank) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    other.redeem(token, "allowance")
    other.push()
    out = bank.offer("GIFTBOX")["slots_out"]
    issuer.void(token)
    assert [notice.code for notice in issuer.push()[0].notices] == ["slot_honoured"]
    assert bank.offer("GIFTBOX")["slots_out"] == out
    assert [case["kind"] for case in bank.office.cases()] == ["slot_honoured"]


def test_a_newer_copy_is_told_to_who_could_redeem_the_older(bank: TestBank) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    issuer.reprint(token)
    issuer.reprint(token)
    codes = [notice.code for notice in issuer.push()[0].notices]
    assert codes == ["copy_repeated"]
    other.pull()
    (copy,) = other.items_of(ItemKind.COPY)
    assert (copy["grant"], copy["slot"], copy["copy"]) == (
        token.grant.number, token.voucher.slot, 1,
    )  # fmt: skip


def test_who_has_no_right_can_give_none_away(bank: TestBank) -> None:
    _, token = issued(bank, "PHONE10")
    other = bank.terminal("B002")
    other.release(token.grant.number, (1, 3))
    codes: list[Any] = [notice.code for notice in other.push()[0].notices]
    assert codes == ["not_redeemer"]
    assert other.ask(Wish.VERIFY, token).verdict is Verdict.NOT_HERE


ALTERATIONS = (
    "UPDATE voids SET reason = 'x'",
    "UPDATE copies SET reason = 'x'",
    'UPDATE releases SET "last" = "last" + 1',
    "UPDATE redemption_undos SET reason = 'x'",
    "UPDATE redemptions SET staff = 'x' WHERE state = 'stands'",
    "UPDATE offers SET honoured_minor = honoured_minor + 1 WHERE code = 'PHONE10'",
    "UPDATE offers SET loss_minor = loss_minor + 1 WHERE code = 'SPEND200'",
    "UPDATE allowances SET lost_minor = lost_minor + 1",
    "DELETE FROM case_decisions",
    "DELETE FROM redemption_answers",
)


def test_the_audit_names_every_altered_row_of_what_became_of_vouchers(bank: TestBank) -> None:
    _, _, case = twice(bank)
    bank.office.resolve(case, "bank", "核对监控")
    home, token = issued(bank, "PHONE10", "B002")
    spoiled = home.issue(home.register(phone="+8613800138003"))
    home.reprint(spoiled)
    home.void(spoiled)
    home.release(token.grant.number, (5, 6))
    home.undo(home.redeem(token, amount_minor=100), token)
    home.ask(Wish.REDEEM, token, amount_minor=200)
    home.push()
    assert bank.office.audit().violations == ()
    found = 0
    for statement in ALTERATIONS:
        bank.office.context.database.write(lambda c, sql=statement: c.execute(text(sql)))
        now = len(bank.office.audit().violations)
        assert now > found, statement
        found = now
