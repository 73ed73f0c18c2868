"""Every case about money is said to people in their language, from the facts that it really has."""

import io
import re
from pathlib import Path
from typing import Any

import pytest

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.office_cases import case_in_words
from branchdesk.devices.texts import load_texts
from branchdesk.errors import ContractFault
from branchdesk.headoffice.case_news import FORK, NUMBERS_MISSING, SLOT_HONOURED
from branchdesk.headoffice.honouring import REDEMPTION_CASES
from branchdesk.headoffice.limit_checks import LIMIT_PERSON, LIMIT_PERSON_DAY
from branchdesk.protocol.token import Token
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal

TEXTS = load_texts(Path(__file__).parents[2] / "resources" / "texts")
RAW = re.compile(r"\b[a-z]+_[a-z_]+\b|[{}]|None")
HAN = re.compile(r"[一-鿿]")
SAID = REDEMPTION_CASES | {LIMIT_PERSON, LIMIT_PERSON_DAY, NUMBERS_MISSING, SLOT_HONOURED, FORK}


def at_counter(bank: TestBank, outlet: str = "B001") -> SimulatedTerminal:
    """Return a terminal that has borrowed."""
    terminal = bank.terminal(outlet)
    terminal.borrow()
    return terminal


def given(terminal: SimulatedTerminal, offer: str) -> Token:
    """Issue to somebody new and push."""
    number = terminal.number * 1_000 + terminal.head.seq
    token = terminal.issue(terminal.register(phone=f"+86139{number:08d}"), offer)
    terminal.push()
    return token


def redeemed_twice(bank: TestBank) -> None:
    """Redeem a gift at two outlets; then its issuer voids it."""
    issuer = at_counter(bank, "B003")
    token = given(issuer, "GIFTBOX")
    for outlet in ("B001", "B002"):
        other = bank.terminal(outlet)
        other.redeem(token, "allowance")
        other.push()
    issuer.void(token)
    issuer.push()


def redeemed_wrongly(bank: TestBank) -> None:
    """Redeem below the threshold, without the right, when revoked, and at a frozen terminal."""
    keeper = at_counter(bank)
    keeper.redeem(given(keeper, "SPEND200"), "keeper", purchase_minor=1)
    home, other = at_counter(bank, "B002"), bank.terminal("B003")
    other.redeem(given(home, "PHONE10"), "home")
    revoked = given(home, "FEEFREE")
    slot = home.issue_slot(
        home.grants[revoked.grant.number], revoked.voucher.slot + 1, home.register()
    )
    bank.office.revoke_grant(revoked.grant.number)
    other.redeem(slot, "home")
    late = given(home, "PHONE10")
    for terminal in (keeper, other):
        terminal.push()
    bank.office.revoke_terminal(home.number)
    home.redeem(late)
    home.push()


def beyond_limits(bank: TestBank) -> None:
    """Issue more than a person may have, in all and on a day."""
    terminal = at_counter(bank)
    customer = terminal.register(phone="+8613800138077")
    for offer, times in (("PHONE10", 2), ("SPEND200", 3)):
        for _ in range(times):
            terminal.issue(customer, offer)
    terminal.push()


def missing_numbers(bank: TestBank) -> None:
    """Miss numbers of a book."""
    terminal = bank.terminal()
    bank.office.lend_book(terminal.number, int(bank.offer("PHONE10")["offer"]), 5)
    terminal.pull()
    (grant,) = terminal.grants
    terminal.print_book(grant, 1, 3)
    terminal.enter_book(grant, (1, "missing", "", 0), (2, "missing", "", 0))
    terminal.push()


def two_histories(bank: TestBank) -> None:
    """Show head office what a copy of a terminal did meanwhile."""
    terminal = at_counter(bank)
    token = given(terminal, "GIFTBOX")
    shared = terminal.head.seq
    terminal.sign_in()
    terminal.push()
    terminal.rewind(shared)
    terminal.undo(terminal.redeem(token, "allowance"), token)
    terminal.void(token)
    terminal.release(token.grant.number, (1, 2))
    with pytest.raises(ContractFault, match="fork"):
        bank.office.ingest(terminal.number, 1, terminal.batch(shared, terminal.head.seq))


def test_every_case_about_money_is_told_in_words(bank: TestBank) -> None:
    for happen in (redeemed_wrongly, redeemed_twice, beyond_limits, missing_numbers, two_histories):
        happen(bank)
    found: list[dict[str, Any]] = bank.office.cases()
    assert {case["kind"] for case in found} >= SAID
    for language in ("zh", "en"):
        answers = Answers(False, language, TEXTS, io.StringIO(), io.StringIO())
        for case in found:
            if case["kind"] not in SAID:
                continue
            told = str(case_in_words(answers, case)["told"])
            assert RAW.findall(told) == [], told
            assert bool(HAN.search(told)) == (language == "zh"), told
    assert bank.office.audit().violations == ()
