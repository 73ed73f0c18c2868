"""Redeeming online: judged by all that head office knows, once an intent, once a slot."""

import threading
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.office import Office
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.feed import ItemKind
from branchdesk.protocol.redemption import Answer, Request, Wish, open_answer
from branchdesk.protocol.token import Token, Voucher, holder_pseudonym, sign_voucher
from branchdesk.protocol.verdict import Verdict
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

FACE = {"PHONE10": 1_000, "SPEND200": 5_000, "GIFTBOX": 8_800, "RATE50": 5_000, "FEEFREE": 2_000}
INTENT = UUID("01936f7e-0000-7000-8000-000000000001")


def issued(
    bank: TestBank, offer: str = "FEEFREE", outlet: str = "B001"
) -> tuple[SimulatedTerminal, Token]:
    """Return a terminal that has issued and pushed one voucher, and the voucher."""
    terminal = bank.terminal(outlet)
    terminal.borrow()
    token = terminal.issue(terminal.register(), offer)
    terminal.push()
    return terminal, token


def test_a_voucher_of_policy_0_is_redeemed_online_once(bank: TestBank) -> None:
    issuer, token = issued(bank, "RATE50")
    other = bank.terminal("B002")
    seen = other.ask(Wish.VERIFY, token)
    assert (seen.verdict, seen.remaining_minor) == (Verdict.GOOD, FACE["RATE50"])
    done = other.ask(Wish.REDEEM, token, purchase_minor=30_000)
    assert (done.verdict, done.amount_minor, done.remaining_minor) == (
        Verdict.GOOD, FACE["RATE50"], 0,
    )  # fmt: skip
    again = issuer.ask(Wish.REDEEM, token)
    assert (again.verdict, again.amount_minor) == (Verdict.USED, 0)
    assert (again.facts["used_outlet"], again.facts["used_at_ms"]) == ("B002", bank.clock.now_ms)
    assert bank.offer("RATE50")["honoured_minor"] == FACE["RATE50"]
    assert bank.office.status()["redeemed"] == 1
    assert bank.office.audit().violations == ()
    issuer.pull()
    (used,) = issuer.items_of(ItemKind.USED)
    assert (used["what"], used["outlet"]) == ("redeemed", "B002")


def test_the_same_intent_gets_the_same_answer_whatever_happened_since(bank: TestBank) -> None:
    issuer, token = issued(bank)
    first = issuer.ask(Wish.REDEEM, token, intent=INTENT, amount_minor=500)
    issuer.ask(Wish.REDEEM, token, amount_minor=700)
    bank.clock.advance_days(1)
    assert issuer.ask(Wish.REDEEM, token, intent=INTENT, amount_minor=500) == first
    with pytest.raises(RuleViolation) as caught:
        issuer.ask(Wish.REDEEM, token, intent=INTENT, amount_minor=501)
    assert caught.value.code == "intent_reused"
    with pytest.raises(RuleViolation, match="intent_reused"):
        bank.terminal("B002").ask(Wish.REDEEM, token, intent=INTENT, amount_minor=500)
    assert bank.offer("FEEFREE")["honoured_minor"] == 1_200


def test_a_refusal_is_remembered_too(bank: TestBank) -> None:
    issuer, token = issued(bank, "RATE50")
    done = UUID(int=INTENT.int + 1)
    issuer.ask(Wish.REDEEM, token, intent=done)
    refused = issuer.ask(Wish.REDEEM, token, intent=INTENT)
    issuer.ask(Wish.UNDO, token, redemption=done.bytes, reason="退货")
    # Its customer was sent away: a request that was delayed on the line must not redeem now.
    assert issuer.ask(Wish.REDEEM, token, intent=INTENT) == refused
    assert bank.offer("RATE50")["honoured_minor"] == 0


def test_the_terminals_own_word_joins_what_it_had_asked_for(bank: TestBank) -> None:
    issuer, token = issued(bank, "RATE50")
    issuer.ask(Wish.REDEEM, token, intent=INTENT)
    issuer.redeem(token, "online", intent=INTENT)
    (answer,) = issuer.push()
    assert answer.notices == ()
    with bank.office.context.database.read() as connection:
        (row,) = connection.execute(select(redemptions)).all()
    assert (row.seq, row.state) == (issuer.head.seq, "stands")
    assert bank.office.cases() == []
    assert bank.office.audit().violations == ()


def test_an_allowance_used_under_an_intent_that_head_office_honoured_is_one_redemption(
    bank: TestBank,
) -> None:
    _, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    other.ask(Wish.REDEEM, token, intent=INTENT)
    other.redeem(token, "allowance", intent=INTENT)
    (answer,) = other.push()
    assert answer.notices == ()
    assert bank.office.cases() == []
    assert bank.offer("GIFTBOX")["loss_minor"] == 0
    assert bank.office.audit().violations == ()


def test_a_question_about_what_was_told_already_is_answered_by_it(bank: TestBank) -> None:
    _, token = issued(bank, "GIFTBOX")
    other = bank.terminal("B002")
    other.redeem(token, "allowance", intent=INTENT)
    other.push()
    answer = other.ask(Wish.REDEEM, token, intent=INTENT)
    assert (answer.verdict, answer.amount_minor) == (Verdict.GOOD, FACE["GIFTBOX"])
    assert bank.office.status()["redeemed"] == 1


def test_what_was_redeemed_online_without_its_word_in_the_journal_is_looked_at(
    bank: TestBank,
) -> None:
    issuer, token = issued(bank, "RATE50")
    issuer.redeem(token, "online")
    issuer.push()
    assert [case["kind"] for case in bank.office.cases()] == ["redeemed_without_right"]


def test_undo_gives_back_within_the_offers_minutes(bank: TestBank) -> None:
    issuer, token = issued(bank, "RATE50")
    other = bank.terminal("B002")
    other.ask(Wish.REDEEM, token, intent=INTENT)
    undone = UUID(int=INTENT.int + 1)
    for _ in range(2):
        answer = other.ask(
            Wish.UNDO, token, intent=undone, redemption=INTENT.bytes, reason="退货"
        )  # fmt: skip
        assert (answer.verdict, answer.remaining_minor) == (Verdict.GOOD, FACE["RATE50"])
    other.redeem(token, "online", intent=INTENT)
    other.undo(INTENT.bytes, token, intent=undone)
    assert [answer.notices for answer in other.push()] == [()]
    assert bank.offer("RATE50")["honoured_minor"] == 0
    assert bank.office.audit().violations == ()
    issuer.pull()
    assert [item["what"] for item in issuer.items_of(ItemKind.USED)] == ["redeemed", "undone"]
    again = other.ask(Wish.REDEEM, token)
    assert again.verdict is Verdict.GOOD
    bank.clock.now_ms += 31 * 60_000
    with bank.office.context.database.read() as connection:
        newest = connection.execute(
            select(redemptions.c.redemption).where(redemptions.c.state == "stands")
        ).scalar_one()
    assert undo_code(other, token, bytes(newest)) == "undo_too_late"
    assert undo_code(other, token, INTENT.bytes) == "redemption_undone"
    assert undo_code(issuer, token, bytes(newest)) == "redemption_unknown"


def undo_code(terminal: SimulatedTerminal, token: Token, redemption: bytes) -> str:
    """Return why an undo is refused."""
    with pytest.raises(RuleViolation) as caught:
        terminal.ask(Wish.UNDO, token, redemption=redemption, reason="退货")
    return caught.value.code


def test_a_slot_has_one_redeemer_at_a_time(bank: TestBank) -> None:
    home, token = issued(bank, "PHONE10")
    other = bank.terminal("B002")
    away = other.ask(Wish.REDEEM, token)
    assert (away.verdict, away.facts["why"]) == (Verdict.NOT_HERE, "home")
    assert home.ask(Wish.VERIFY, token).verdict is Verdict.GOOD
    home.release(token.grant.number, (token.voucher.slot, token.voucher.slot))
    home.push()
    assert other.ask(Wish.REDEEM, token).verdict is Verdict.GOOD
    home.redeem(token)
    (answer,) = home.push()
    assert [notice.code for notice in answer.notices] == ["double_redemption"]
    (case,) = bank.office.cases()
    assert case["facts"]["liable"] == "B001"  # type: ignore[index]
    assert bank.office.audit().violations == ()


def test_the_keeper_of_the_outlet_redeems_and_head_office_only_after_it_gave_the_right_away(
    bank: TestBank,
) -> None:
    keeper = bank.terminal("B001")
    issuer, token = issued(bank, "SPEND200", "B001")
    keeper.pull()
    named, _ = keeper.keeping()
    assert (named["terminal"], named["issuers"]) == (keeper.number, [keeper.number, issuer.number])
    away = bank.terminal("B002").ask(Wish.VERIFY, token)
    assert (away.verdict, away.facts["why"]) == (Verdict.NOT_HERE, "keeper")
    keeper.redeem(token, "keeper")
    assert keeper.push()[0].notices == ()
    issuer.pull()
    assert [item["outlet"] for item in issuer.items_of(ItemKind.USED)] == ["B001"]


def test_verdicts_come_in_the_contracts_order(bank: TestBank) -> None:
    issuer, token = issued(bank)
    newer = issuer.reprint(token)
    issuer.push()
    old = issuer.ask(Wish.VERIFY, token)
    assert (old.verdict, old.facts["newest_copy"]) == (Verdict.SUPERSEDED, 1)
    assert issuer.ask(Wish.VERIFY, newer).verdict is Verdict.GOOD
    bank.clock.advance_days(500)
    assert issuer.ask(Wish.VERIFY, newer).verdict is Verdict.EXPIRED
    issuer.void(token)
    issuer.push()
    assert issuer.ask(Wish.VERIFY, newer).verdict is Verdict.VOID
    forged = Token(token.grant, Voucher(9, token.voucher.issued_at, token.voucher.expires))
    assert issuer.ask(Wish.VERIFY, forged).verdict is Verdict.FORGED


def test_a_short_code_is_answered_with_the_token_where_its_voucher_is_known(
    bank: TestBank,
) -> None:
    issuer, token = issued(bank, "RATE50")
    other = bank.terminal("B002")
    answer = other.ask(Wish.REDEEM, token, short=True)
    assert (answer.verdict, answer.token) == (
        Verdict.GOOD, token.grant.encode() + token.voucher.encode(),
    )  # fmt: skip
    unsent = issuer.issue(issuer.register(phone="+8613800138009"), "RATE50")
    with pytest.raises(RuleViolation, match="voucher_unreported"):
        other.ask(Wish.VERIFY, unsent, short=True)
    assert other.ask(Wish.VERIFY, unsent).verdict is Verdict.GOOD


def test_only_the_holders_phone_opens_a_voucher_that_is_somebodys(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    held = terminal.held("FEEFREE")
    terminal.pull()
    (campaign,) = terminal.items_of(ItemKind.CAMPAIGN)
    phone = "+8613800138000"
    pseudonym = holder_pseudonym(campaign["holder_key"], held.value.number, 1, phone)
    plain = terminal.issue(terminal.register(phone=phone), "FEEFREE").voucher
    token = Token(
        held.value,
        sign_voucher(
            Voucher(1, plain.issued_at, plain.expires, pseudonym), held.record, terminal.key
        ),
    )
    wrong = terminal.ask(Wish.VERIFY, token, phone="+8613800138001")
    assert wrong.verdict is Verdict.HOLDER_MISMATCH
    assert terminal.ask(Wish.VERIFY, token, phone=phone).verdict is Verdict.GOOD


def test_amounts_obey_the_offer(bank: TestBank) -> None:
    issuer, token = issued(bank)
    whole, _ = issued(bank, "RATE50", "B002")
    gift = whole.issue(whole.register(phone="+8613800138008"), "RATE50")
    with pytest.raises(RuleViolation, match="partial_not_allowed"):
        whole.ask(Wish.REDEEM, gift, amount_minor=1)
    issuer.ask(Wish.REDEEM, token, amount_minor=1_500)
    with pytest.raises(RuleViolation) as caught:
        issuer.ask(Wish.REDEEM, token, amount_minor=501)
    assert caught.value.facts["remaining_minor"] == 500
    assert issuer.ask(Wish.REDEEM, token).amount_minor == 500
    assert bank.office.audit().violations == ()


def test_a_frozen_terminal_is_answered_nothing(bank: TestBank) -> None:
    issuer, token = issued(bank)
    bank.office.revoke_terminal(issuer.number)
    with pytest.raises(RuleViolation, match="terminal_frozen"):
        issuer.ask(Wish.REDEEM, token)


def test_a_frozen_terminal_hears_the_answer_that_was_lost_before_the_freeze(
    bank: TestBank,
) -> None:
    issuer, token = issued(bank, "RATE50")
    first = issuer.ask(Wish.REDEEM, token, intent=INTENT)
    bank.office.revoke_terminal(issuer.number)
    assert issuer.ask(Wish.REDEEM, token, intent=INTENT) == first
    assert bank.offer("RATE50")["honoured_minor"] == FACE["RATE50"]
    assert bank.office.audit().violations == ()


def test_a_request_about_another_voucher_than_it_shows_is_refused(bank: TestBank) -> None:
    issuer, token = issued(bank)
    shown = token.grant.encode() + token.voucher.encode()
    request = Request(Wish.VERIFY, INTENT, token.grant.number, 9, bytes(16), "T001", shown)
    with pytest.raises(ContractFault, match="malformed"):
        bank.office.redeem(issuer.number, 1, request.encode())


def at_once(acts: Iterable[Any]) -> list[Any]:
    """Run some acts on threads of their own, started together; return their results in order."""
    listed = list(acts)
    results: list[Any] = [None] * len(listed)
    barrier = threading.Barrier(len(listed))

    def work(place: int) -> None:
        barrier.wait()
        try:
            results[place] = listed[place]()
        except Exception as error:  # the test looks at whatever happened
            results[place] = error

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(listed))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_workers_asked_at_once_honour_a_slot_once(bank: TestBank) -> None:
    issuer, token = issued(bank, "RATE50")
    terminals = [bank.terminal(outlet) for outlet in ("B001", "B002", "B003", "V001")]
    for terminal in terminals:
        terminal.office = bank.another_office()
    answers = at_once(
        [lambda t=terminal: t.ask(Wish.REDEEM, token) for terminal in terminals]
    )  # fmt: skip
    assert all(isinstance(answer, Answer) for answer in answers), answers
    verdicts = sorted(answer.verdict for answer in answers)
    assert verdicts == [Verdict.GOOD, Verdict.USED, Verdict.USED, Verdict.USED]
    assert bank.offer("RATE50")["honoured_minor"] == FACE["RATE50"]
    assert issuer.number not in {terminal.number for terminal in terminals}
    assert bank.office.audit().violations == ()


def test_one_intent_asked_twice_at_once_is_one_redemption(bank: TestBank) -> None:
    issuer, token = issued(bank)
    request = Request(
        Wish.REDEEM, INTENT, token.grant.number, token.voucher.slot, bytes(16), "T001",
        token.grant.encode() + token.voucher.encode(), amount_minor=700,
    ).encode()  # fmt: skip
    keys = issuer.public_keys(KeyUse.ACK)

    def ask(office: Office) -> Answer:
        return open_answer(office.redeem(issuer.number, 1, request), request, keys)

    offices = [bank.another_office() for _ in range(3)]
    answers = at_once([lambda o=office: ask(o) for office in offices])
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].amount_minor == 700
    assert bank.offer("FEEFREE")["honoured_minor"] == 700


def test_ingest_and_online_at_once_honour_a_slot_once(bank: TestBank) -> None:
    _, token = issued(bank, "GIFTBOX")
    offline, online = bank.terminal("B002"), bank.terminal("B003")
    offline.redeem(token, "allowance")
    offline.office, online.office = bank.another_office(), bank.another_office()
    pushed, answer = at_once([offline.push, lambda: online.ask(Wish.REDEEM, token)])
    codes = [notice.code for notice in pushed[0].notices]
    assert (answer.verdict, codes) in (
        (Verdict.GOOD, ["double_redemption"]), (Verdict.USED, []),
    )  # fmt: skip
    assert bank.offer("GIFTBOX")["honoured_minor"] == 8_000
    assert bank.office.audit().violations == ()


def test_an_altered_answer_is_named_by_the_audit(bank: TestBank) -> None:
    issuer, token = issued(bank)
    issuer.ask(Wish.REDEEM, token)
    bank.office.context.database.write(
        lambda connection: connection.execute(
            text("UPDATE redemption_answers SET answered_ms = answered_ms + 1")
        )
    )
    assert not bank.office.audit().ok


@pytest.mark.parametrize(("purchase_minor", "code"), [(0, "purchase_missing"), (1, "spend_below")])
def test_a_purchase_below_the_threshold_is_refused_before_anything_is_written(
    bank: TestBank, purchase_minor: int, code: str
) -> None:
    terminal, token = issued(bank, "SPEND200")
    with pytest.raises(RuleViolation) as caught:
        terminal.ask(Wish.REDEEM, token, purchase_minor=purchase_minor)
    assert (caught.value.code, caught.value.facts["min_spend_minor"]) == (code, 20_000)
    assert bank.offer("SPEND200")["honoured_minor"] == 0
    assert terminal.ask(Wish.REDEEM, token, purchase_minor=20_000).verdict is Verdict.GOOD
    assert bank.office.audit().violations == ()
