"""Redemptions at head office: the first stands, every other fact is kept, and the books balance."""

from typing import Any

import pytest
from sqlalchemy import select, update

from branchdesk.errors import ContractFault
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.token import Token, sign_voucher
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

FACE = {"PHONE10": 1_000, "SPEND200": 5_000, "GIFTBOX": 8_800, "RATE50": 5_000}
GIFT_COST = 8_000


def issued(
    bank: TestBank, offer: str = "PHONE10", outlet: str = "B001"
) -> tuple[SimulatedTerminal, Token]:
    """Return a terminal that has issued and pushed one voucher, and the voucher."""
    terminal = bank.terminal(outlet)
    terminal.borrow()
    token = terminal.issue(terminal.register(), offer)
    terminal.push()
    return terminal, token


def rows(bank: TestBank) -> list[Any]:
    """Return the redemptions as they are kept, by amount and state."""
    with bank.office.context.database.read() as connection:
        return list(connection.execute(select(redemptions).order_by(redemptions.c.accepted_ms)))


def only_case(bank: TestBank) -> dict[str, Any]:
    """Return the one open case."""
    (case,) = bank.office.cases()
    return case


def told(answers: list[Any]) -> list[tuple[str, str]]:
    """Return the notices of some answers as (verdict, code)."""
    return [(notice.verdict, notice.code) for answer in answers for notice in answer.notices]


def test_a_redemption_at_home_is_honoured_and_counted(bank: TestBank) -> None:
    terminal, token = issued(bank)
    terminal.redeem(token)
    assert told(terminal.push()) == []
    assert bank.office.status()["redeemed"] == 1
    assert bank.offer("PHONE10")["honoured_minor"] == FACE["PHONE10"]
    assert bank.office.cases() == []
    assert bank.office.audit().violations == ()


def test_the_same_batch_again_honours_nothing_twice(bank: TestBank) -> None:
    terminal, token = issued(bank)
    terminal.redeem(token)
    terminal.push()
    batch = terminal.batch(0, terminal.head.seq)
    bank.office.ingest(terminal.number, 1, batch)
    assert len(rows(bank)) == 1
    assert bank.offer("PHONE10")["honoured_minor"] == FACE["PHONE10"]


def test_parts_of_a_voucher_are_honoured_up_to_its_face(bank: TestBank) -> None:
    terminal, token = issued(bank)
    for amount in (400, 600, 100):
        terminal.redeem(token, amount_minor=amount)
    assert told(terminal.push()) == [("effect_refused", "double_redemption")]
    assert [row.state for row in rows(bank)].count("stands") == 2
    assert bank.offer("PHONE10")["honoured_minor"] == FACE["PHONE10"]
    assert bank.office.audit().violations == ()


def test_a_voucher_without_parts_is_used_by_any_part(bank: TestBank) -> None:
    terminal, token = issued(bank, "SPEND200")
    terminal.redeem(token, "keeper", 1_000)
    terminal.redeem(token, "keeper", 1_000)
    assert told(terminal.push()) == [("effect_refused", "double_redemption")]
    assert bank.offer("SPEND200")["honoured_minor"] == 1_000


def test_two_terminals_offline_redeem_one_voucher_and_the_first_by_our_order_stands(
    bank: TestBank,
) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    before = bank.offer("GIFTBOX")
    first, second = bank.terminal("B002"), bank.terminal("V001")
    reserved = bank.offer("GIFTBOX")["reserve_minor"]
    late = second.redeem(token, "allowance")
    early = first.redeem(token, "allowance")
    assert told(first.push()) == []
    assert told(second.push()) == [("effect_refused", "double_redemption")]
    assert {bytes(row.redemption): row.state for row in rows(bank)} == {
        early: "stands", late: "duplicate",
    }  # fmt: skip
    case = only_case(bank)
    assert case["kind"] == "double_redemption"
    found = case["facts"]
    assert (found["first"]["outlet"], found["second"]["outlet"]) == ("B002", "V001")
    assert found["first"]["redemption"] == early.hex()
    assert (found["liable"], found["loss_minor"]) == ("V001", FACE["GIFTBOX"])
    assert (found["grant"], found["slot"]) == (token.grant.number, token.voucher.slot)
    line = bank.offer("GIFTBOX")
    assert line["honoured_minor"] == GIFT_COST
    assert line["committed_minor"] == before["committed_minor"]
    # The loss came out of the allowance, which was filled up again out of what is free.
    assert line["loss_minor"] == FACE["GIFTBOX"]
    assert line["reserve_minor"] == reserved + FACE["GIFTBOX"]
    assert bank.office.audit().violations == ()
    issuer.pull()
    (used,) = issuer.items_of(ItemKind.USED)
    assert (used["what"], used["outlet"], used["redemption"]) == ("redeemed", "B002", early)


def test_an_allowance_is_told_at_enrolment_and_settled_by_every_batch(bank: TestBank) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    other.pull()
    (allowance,) = other.items_of(ItemKind.ALLOWANCE)
    assert (allowance["amount_minor"], allowance["epoch"], allowance["through_seq"]) == (
        160_000, 1, 0,
    )  # fmt: skip
    other.redeem(token, "allowance")
    other.push()
    other.pull()
    settled = other.items_of(ItemKind.ALLOWANCE)[-1]
    assert (settled["amount_minor"], settled["through_seq"]) == (160_000, other.head.seq)
    assert issuer.items_of(ItemKind.ALLOWANCE)[0]["offer"] == allowance["offer"]


def test_a_full_budget_does_not_fill_an_allowance_up_again(bank: TestBank) -> None:
    _, token = issued(bank, "GIFTBOX")
    first, second = bank.terminal("B002"), bank.terminal("B003")
    line = bank.offer("GIFTBOX")
    bank.office.budget(int(line["offer"]), line["committed_minor"] + line["reserve_minor"])
    reserved = bank.offer("GIFTBOX")["reserve_minor"]
    first.redeem(token, "allowance")
    second.redeem(token, "allowance")
    first.push()
    second.push()
    second.pull()
    assert second.items_of(ItemKind.ALLOWANCE)[-1]["amount_minor"] == 160_000 - FACE["GIFTBOX"]
    assert bank.offer("GIFTBOX")["reserve_minor"] == reserved
    assert only_case(bank)["facts"]["over_budget"] is False
    assert bank.office.audit().violations == ()


def test_what_voids_hold_back_fills_no_allowance_up_though_the_budget_is_full(
    bank: TestBank,
) -> None:
    issuer, token = issued(bank, "GIFTBOX")
    spoiled = [
        issuer.issue(issuer.register(phone=f"+861380013800{last}"), "GIFTBOX") for last in (2, 3)
    ]
    first = bank.terminal("B002")
    first.redeem(token, "allowance")
    first.push()
    line = bank.offer("GIFTBOX")
    full = line["committed_minor"] + line["reserve_minor"]
    bank.office.budget(int(line["offer"]), full)
    issuer.redeem(token, "allowance")
    for voucher in spoiled:
        issuer.void(voucher)
    # One batch takes from the allowance and frees more than that: others may still redeem it.
    assert told(issuer.push()) == [("effect_refused", "double_redemption")]
    held = bank.offer("GIFTBOX")
    assert held["committed_minor"] == line["committed_minor"] - 2 * GIFT_COST
    assert held["reserve_minor"] == line["reserve_minor"] + 2 * GIFT_COST
    assert only_case(bank)["facts"]["over_budget"] is False
    issuer.pull()
    left = 160_000 - FACE["GIFTBOX"]
    assert issuer.items_of(ItemKind.ALLOWANCE)[-1]["amount_minor"] == left
    assert bank.office.audit().violations == ()
    # Once they have heard of it the money is free, and the next redemption fills up from it.
    for _ in range(2):
        first.pull(Lane.URGENT)
    assert bank.offer("GIFTBOX")["reserve_minor"] == line["reserve_minor"]
    issuer.redeem(issuer.issue(issuer.register(phone="+8613800138004"), "GIFTBOX"), "allowance")
    issuer.push()
    issuer.pull()
    assert issuer.items_of(ItemKind.ALLOWANCE)[-1]["amount_minor"] == 160_000
    assert bank.offer("GIFTBOX")["reserve_minor"] == line["reserve_minor"] + FACE["GIFTBOX"]
    assert bank.office.audit().violations == ()


def test_a_loss_beyond_budget_and_allowance_is_said(bank: TestBank) -> None:
    terminal, token = issued(bank)
    line = bank.offer("PHONE10")
    bank.office.budget(int(line["offer"]), line["committed_minor"])
    terminal.redeem(token)
    terminal.redeem(token)
    terminal.push()
    found = only_case(bank)["facts"]
    assert (found["loss_minor"], found["over_budget"]) == (FACE["PHONE10"], True)
    line = bank.offer("PHONE10")
    assert (line["loss_minor"], line["reserve_minor"]) == (0, 0)
    assert bank.office.audit().violations == ()


def test_a_loss_that_an_allowance_paid_fits_however_far_the_budget_was_cut(bank: TestBank) -> None:
    _, token = issued(bank, "GIFTBOX")
    first, second = bank.terminal("B002"), bank.terminal("B003")
    line = bank.offer("GIFTBOX")
    bank.office.budget(int(line["offer"]), line["committed_minor"] // 2)
    for terminal in (first, second):
        terminal.redeem(token, "allowance")
        terminal.push()
    assert only_case(bank)["facts"]["over_budget"] is False
    assert bank.offer("GIFTBOX")["loss_minor"] == FACE["GIFTBOX"]
    assert bank.office.audit().violations == ()


@pytest.mark.parametrize("purchase_minor", [0, 19_999])
def test_a_redemption_below_the_threshold_stands_and_is_looked_at(
    bank: TestBank, purchase_minor: int
) -> None:
    terminal, token = issued(bank, "SPEND200")
    terminal.redeem(token, "keeper", purchase_minor=purchase_minor)
    assert told(terminal.push()) == [("flagged", "spend_below")]
    case = only_case(bank)
    found = case["facts"]
    assert (case["kind"], found["min_spend_minor"], found["purchase_minor"]) == (
        "spend_below", 20_000, purchase_minor,
    )  # fmt: skip
    assert (found["loss_minor"], found["liable"]) == (FACE["SPEND200"], "B001")
    assert bank.offer("SPEND200")["honoured_minor"] == FACE["SPEND200"]
    assert bank.office.audit().violations == ()
    terminal.undo(bytes.fromhex(found["redemption"]["redemption"]), token)
    terminal.push()
    assert bank.office.cases() == []


def test_a_redemption_without_the_right_stands_and_its_outlet_is_liable(bank: TestBank) -> None:
    home, token = issued(bank)
    stranger = bank.terminal("B002")
    stranger.redeem(token, "home")
    assert told(stranger.push()) == [("flagged", "redeemed_without_right")]
    home.redeem(token)
    assert told(home.push()) == [("effect_refused", "double_redemption")]
    kinds = {case["kind"]: case["facts"] for case in bank.office.cases()}  # type: ignore[index]
    assert kinds["redeemed_without_right"]["redeemer"] == str(home.number)
    assert kinds["double_redemption"]["liable"] == "B002"
    assert bank.office.audit().violations == ()


def test_a_voucher_redeemed_before_its_issue_is_known_cannot_come_back(bank: TestBank) -> None:
    issuer = bank.terminal()
    issuer.borrow()
    token = issuer.issue(issuer.register(), "GIFTBOX")
    other = bank.terminal("B002")
    other.redeem(token, "allowance")
    other.push()
    bank.office.revoke_grant(token.grant.number)
    assert bank.office.audit().violations == ()
    out = bank.offer("GIFTBOX")["slots_out"]
    assert out == token.grant.slots - 1
    issuer.push()
    assert bank.office.audit().violations == ()


def test_a_return_that_names_a_redeemed_slot_leaves_that_slot_out(bank: TestBank) -> None:
    issuer = bank.terminal()
    issuer.borrow()
    held = issuer.held("GIFTBOX")
    token = issuer.issue(issuer.register(), "GIFTBOX")
    other = bank.terminal("B002")
    other.redeem(token, "allowance")
    other.push()
    issuer.rewind(0)
    issuer.give_back(held.value.number, (1, held.value.slots))
    assert told(issuer.push()) == [("flagged", "slots_issued")]
    assert bank.offer("GIFTBOX")["slots_out"] == held.value.slots - 1
    assert bank.office.audit().violations == ()


def test_a_revoked_slot_is_not_honoured_and_the_loss_is_a_case(bank: TestBank) -> None:
    issuer = bank.terminal()
    issuer.borrow()
    token = issuer.issue(issuer.register())
    bank.office.revoke_grant(token.grant.number)
    issuer.redeem(token)
    notices = told(issuer.push())
    assert ("effect_refused", "redeemed_out") in notices
    case = next(c for c in bank.office.cases() if c["kind"] == "redeemed_out")
    assert case["facts"]["why"] == "revoked"  # type: ignore[index]
    assert bank.offer("PHONE10")["honoured_minor"] == 0
    assert bank.office.audit().violations == ()


def test_undoing_makes_the_voucher_good_again(bank: TestBank) -> None:
    terminal, token = issued(bank)
    terminal.undo(terminal.redeem(token), token)
    terminal.redeem(token)
    assert told(terminal.push()) == []
    assert sorted(row.state for row in rows(bank)) == ["stands", "undone"]
    assert bank.offer("PHONE10")["honoured_minor"] == FACE["PHONE10"]
    assert bank.office.audit().violations == ()


def test_undoing_the_second_of_two_takes_its_loss_and_its_case_away(bank: TestBank) -> None:
    _, token = issued(bank, "GIFTBOX")
    first, second = bank.terminal("B002"), bank.terminal("B003")
    reserved = bank.offer("GIFTBOX")["reserve_minor"]
    first.redeem(token, "allowance")
    first.push()
    late = second.redeem(token, "allowance")
    second.push()
    assert len(bank.office.cases()) == 1
    second.undo(late, token)
    second.undo(late, token)
    assert told(second.push()) == [("flagged", "undone_before")]
    assert bank.office.cases() == []
    line = bank.offer("GIFTBOX")
    assert (line["loss_minor"], line["reserve_minor"]) == (0, reserved)
    assert line["honoured_minor"] == GIFT_COST
    assert bank.office.audit().violations == ()


def test_only_the_terminal_that_redeemed_may_undo(bank: TestBank) -> None:
    terminal, token = issued(bank)
    done = terminal.redeem(token)
    terminal.push()
    other = bank.terminal("B002")
    other.undo(done, token)
    other.undo(bytes(16), token)
    assert told(other.push()) == [
        ("effect_refused", "redemption_of_other"), ("effect_refused", "redemption_unknown"),
    ]  # fmt: skip
    assert bank.offer("PHONE10")["honoured_minor"] == FACE["PHONE10"]


def test_a_forged_voucher_and_an_amount_above_the_face_have_no_effect(bank: TestBank) -> None:
    terminal, token = issued(bank)
    other = bank.terminal("B002")
    forged = Token(token.grant, other_signature(token, other))
    other.redeem(forged)
    other.redeem(token, amount_minor=FACE["PHONE10"] + 1)
    other.redeem(token, "nobody")
    assert [code for _, code in told(other.push())] == [
        "voucher_forged", "amount_over_face", "malformed_payload",
    ]  # fmt: skip
    assert rows(bank) == []
    assert [case["kind"] for case in bank.office.cases()] == ["voucher_forged", "amount_over_face"]
    assert terminal.number != other.number
    assert bank.office.audit().violations == ()


def other_signature(token: Token, forger: SimulatedTerminal) -> Any:
    """Return the voucher signed by somebody else."""
    return sign_voucher(token.voucher, token.grant.encode(), forger.key)


def test_a_frozen_terminals_redemption_stands_once_and_is_looked_at(bank: TestBank) -> None:
    terminal, token = issued(bank)
    terminal.redeem(token)
    bank.office.revoke_terminal(terminal.number)
    assert told(terminal.push()) == [("flagged", "redeemed_while_frozen")]
    done = bytes(rows(bank)[0].redemption)
    terminal.undo(done, token)
    assert told(terminal.push()) == [("effect_refused", "chain_not_live")]
    assert bank.offer("PHONE10")["honoured_minor"] == FACE["PHONE10"]
    assert bank.office.audit().violations == ()


def test_a_redemption_on_a_branch_is_named_in_its_case_and_changes_no_money(
    bank: TestBank,
) -> None:
    terminal, token = issued(bank)
    shared = terminal.head.seq
    terminal.sign_in()
    terminal.push()
    terminal.rewind(shared)
    done = terminal.redeem(token, amount_minor=300)
    terminal.undo(done, token)
    terminal.void(token)
    terminal.release(token.grant.number, (1, 2))
    with pytest.raises(ContractFault, match="fork"):
        bank.office.ingest(terminal.number, 1, terminal.batch(shared, terminal.head.seq))
    found = only_case(bank)["facts"]
    (redeemed,) = found["redemptions"]
    assert (redeemed["grant"], redeemed["slot"]) == (token.grant.number, token.voucher.slot)
    assert (redeemed["amount_minor"], redeemed["code"]) == (300, "on_branch")
    assert [len(found[word]) for word in ("undos", "voids", "releases")] == [1, 1, 1]
    assert rows(bank) == []
    assert bank.offer("PHONE10")["honoured_minor"] == 0
    assert bank.office.audit().violations == ()


def test_a_changed_redemption_is_named(bank: TestBank) -> None:
    terminal, token = issued(bank)
    terminal.undo(terminal.redeem(token), token)
    terminal.redeem(token)
    terminal.push()
    for column in redemptions.columns:
        by = redemptions.c.seq if column.name != "seq" else redemptions.c.redemption
        with bank.office.context.database.read() as connection:
            statement = select(column, by).order_by(redemptions.c.seq).limit(1)
            value, place = connection.execute(statement).one()
        put = update(redemptions).where(by == place)
        write = bank.office.context.database.write
        write(lambda c, put=put, v=value, n=column.name: c.execute(put.values({n: altered(v)})))
        assert not bank.office.audit().ok, column.name
        write(lambda c, put=put, v=value, n=column.name: c.execute(put.values({n: v})))
    assert bank.office.audit().violations == ()


def altered(value: object) -> object:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    if isinstance(value, str):
        return value + "x"
    assert isinstance(value, int)
    return value + 1
