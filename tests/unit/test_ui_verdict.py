"""Checking a voucher: what is shown of each verdict, and when the check is open."""

from dataclasses import replace

import pytest

from branchdesk.domain.bilingual import Bilingual
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol.token import Token, read_token
from branchdesk.protocol.verdict import Judgement, Verdict
from branchdesk.ui.kit.words import Tone, phrase
from branchdesk.ui.verdict.lines import LOOKS, answer
from branchdesk.ui.verdict.presenter import VerdictPresenter
from branchdesk.ui.verdict.services import VerdictServices
from branchdesk.ui.verdict.state import Step, VerdictState
from tests.fakes.background import ManualBackground
from tests.fakes.bank import TERMINAL
from tests.fakes.counter import Counter


class Screen:
    """Takes note of what is shown, and of when the desk was covered or uncovered."""

    def __init__(self) -> None:
        self.shown: list[VerdictState] = []
        self.changes = 0
        self.heard: list[Tone] = []

    def render(self, state: VerdictState) -> None:
        self.shown.append(state)

    def sound(self, tone: Tone) -> None:
        self.heard.append(tone)

    def covered(self) -> None:
        self.changes += 1


class Check:
    """A check over real use cases and the store in memory."""

    def __init__(self) -> None:
        self.counter = Counter("PHONE10", "SPEND200")
        self.counter.store.name_keeper(TERMINAL, TERMINAL)
        issued = self.counter.register(issue=["SPEND200"], interests=["贷款"]).vouchers[0]
        self.token, self.short_code = issued.token, issued.short_code
        self.screen, self.background = Screen(), ManualBackground()
        services = VerdictServices(self.counter.verify, self.campaigns)
        self.verdict = VerdictPresenter(self.screen, self.background, services, self.screen)

    def campaigns(self):  # type: ignore[no-untyped-def]  # the port's own type
        with self.counter.store.read() as reading:
            return reading.campaigns()


@pytest.fixture
def check() -> Check:
    return Check()


def test_a_good_voucher_names_its_offer_its_worth_and_its_days(check: Check) -> None:
    check.verdict.check(check.token)
    assert check.verdict.state.step is Step.CHECKING
    check.background.run_all()
    found = check.verdict.state.answer
    assert found is not None
    assert (found.verdict, found.tone) == (Verdict.GOOD, Tone.SUCCESS)
    shown = {line.label.key: line.value for line in found.facts}
    worth = shown["verdict.worth"].facts
    assert isinstance(worth["first"], Bilingual)
    assert worth["first"].zh == "满200元减50元购物券"
    assert worth["then"] == phrase("serving.value_spend", amount="¥50", spend="¥200")
    assert shown["verdict.issued_on"].facts == {"day": "2027-01-04"}
    assert shown["verdict.expires_on"].facts == {"day": "2027-03-05"}
    assert shown["verdict.where"].key == "verdict.where_keeper_here"


def test_the_colours_say_what_may_be_given() -> None:
    assert set(LOOKS) == set(Verdict)
    green = {verdict for verdict, (tone, _) in LOOKS.items() if tone is Tone.SUCCESS}
    assert green == {Verdict.GOOD}
    # Never by colour alone: within a colour every icon stands for something else than "good".
    assert LOOKS[Verdict.GOOD][1] not in {LOOKS[v][1] for v in Verdict if v is not Verdict.GOOD}


@pytest.mark.parametrize("verdict", [Verdict.FORGED, Verdict.UNKNOWN_ISSUER])
def test_what_a_voucher_says_of_itself_is_not_repeated_when_it_is_not_authentic(
    check: Check, verdict: Verdict
) -> None:
    found = answer(Judgement(verdict, read_token(check.token)), check.campaigns())
    assert found.facts == ()


def test_an_offer_whose_campaign_is_gone_still_has_a_worth(check: Check) -> None:
    found = answer(Judgement(Verdict.GOOD, read_token(check.token), {"here": True}), ())
    assert found.facts[0].value == phrase("serving.value", amount="¥50")


def test_a_voucher_of_elsewhere_names_the_terminal_to_go_to(check: Check) -> None:
    token = read_token(check.token)
    moved = Token(replace(token.grant, terminal=13), token.voucher)
    found = answer(Judgement(Verdict.NOT_HERE, moved, {"here": False}), check.campaigns())
    assert found.advice.facts["terminal"] == 13


def test_a_short_code_that_nobody_here_knows_asks_for_the_picture() -> None:
    found = answer(Judgement(Verdict.NEEDS_LINE, None, {"grant": 5, "slot": 1}), ())
    assert found.advice.key == "verdict.advice.needs_line_code"


def test_a_code_that_was_copied_in_part_is_not_called_forged(check: Check) -> None:
    check.verdict.check(check.token[:-5])
    check.background.run_all()
    state = check.verdict.state
    assert (state.step, state.typed) == (Step.ASKING, check.token[:-5])
    assert state.error is not None
    assert state.error.key == "verdict.incomplete"


def test_a_code_of_the_right_length_that_does_not_verify_is_called_forged(check: Check) -> None:
    broken = check.token[:-1] + ("1" if check.token[-1] != "1" else "2")
    check.verdict.check(broken)
    check.background.run_all()
    found = check.verdict.state.answer
    assert found is not None
    assert found.verdict is Verdict.FORGED


def test_a_store_that_fails_is_said_beside_the_code(check: Check) -> None:
    def fail(text: str) -> Judgement:
        raise EnvironmentFault("store_in_use")

    verdict = VerdictPresenter(
        check.screen, check.background, VerdictServices(fail, check.campaigns), check.screen
    )
    verdict.check(check.token)
    check.background.run_all()
    assert verdict.state.step is Step.ASKING
    assert verdict.state.error is not None
    assert verdict.state.error.key == "error.store_in_use"


def test_an_answer_that_comes_after_closing_opens_nothing(check: Check) -> None:
    check.verdict.check(check.token)
    check.verdict.close()
    check.background.run_all()
    assert not check.verdict.is_open
    assert check.screen.shown[-1].step is Step.CLOSED


def test_only_the_newest_of_two_scans_is_answered(check: Check) -> None:
    check.verdict.check(check.short_code)
    check.verdict.check(check.token[:-5])
    check.background.run_all()
    assert [state.step for state in check.screen.shown] == [
        Step.CHECKING,
        Step.CHECKING,
        Step.ASKING,
    ]


def test_the_desk_is_told_once_when_it_is_covered_and_once_when_it_is_not(check: Check) -> None:
    check.verdict.ask()
    check.verdict.check(check.token)
    check.background.run_all()
    assert check.screen.changes == 1
    check.verdict.close()
    check.verdict.close()
    assert check.screen.changes == 2


def test_every_verdict_and_place_has_words_in_both_languages() -> None:
    import json
    from pathlib import Path

    from branchdesk.domain.offer import RedemptionPolicy

    texts = json.loads(
        (Path(__file__).parents[2] / "resources/texts/verdict.json").read_text(encoding="utf-8")
    )
    wanted = [f"verdict.{verdict.value}" for verdict in Verdict]
    wanted += [f"verdict.advice.{verdict.value}" for verdict in Verdict]
    wanted += [f"verdict.where_{policy.name.lower()}" for policy in RedemptionPolicy]
    for key in wanted:
        assert texts[key]["zh"], key
        assert texts[key]["en"], key
    for language in ("zh", "en"):
        words = [texts[f"verdict.{verdict.value}"][language] for verdict in Verdict]
        assert len(set(words)) == len(words), "each verdict has a word of its own"


def test_a_good_voucher_and_a_mistyped_code_can_be_told_apart_by_ear() -> None:
    check = Check()
    check.verdict.check(check.token)
    check.background.run_all()
    check.verdict.check("0000-0000-0000-00000")
    check.background.run_all()
    assert check.screen.heard == [Tone.SUCCESS, Tone.DANGER]
