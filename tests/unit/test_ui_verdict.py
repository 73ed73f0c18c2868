"""Checking a voucher: what is shown of each verdict, and when the check is open."""

from dataclasses import replace
from pathlib import Path

import pytest
import qrcode
from PIL import Image

from branchdesk.application.book_records import Fate
from branchdesk.application.list_redemptions import RedemptionLine
from branchdesk.application.models import Session
from branchdesk.application.redemption_records import Undone
from branchdesk.application.undo_redemption import UndoQuestion
from branchdesk.domain.bilingual import Bilingual
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol.token import Token, read_token
from branchdesk.protocol.verdict import Judgement, Verdict
from branchdesk.ui.kit.words import Tone, phrase
from branchdesk.ui.verdict.lines import LOOKS, answer
from branchdesk.ui.verdict.presenter import VerdictPresenter
from branchdesk.ui.verdict.services import GreyPicture
from branchdesk.ui.verdict.state import RedeemField, Step, Typed, VerdictState
from tests.fakes.counter import TELLER
from tests.fakes.till import no_line
from tests.fakes.verdict_check import Check


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


def test_a_short_code_that_is_not_our_voucher_of_that_number_may_be_another_banks() -> None:
    rule = {"rule": "short_code_fingerprint"}
    found = answer(Judgement(Verdict.FORGED, None, rule), ())
    assert found.advice.key == "verdict.advice.forged_code"


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
        check.screen, check.background, replace(check.services(), verify=fail), check.screen,
        lambda: TELLER,
    )  # fmt: skip
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
    not_given = [fate.value for fate in Fate if fate is not Fate.USED]
    wanted += [f"verdict.{place}book_{fate}" for fate in not_given for place in ("", "advice.")]
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


def scanned(check: Check, text: str) -> VerdictState:
    check.verdict.check(text)
    check.run()
    return check.verdict.state


def test_a_spend_threshold_is_asked_for_and_a_lower_purchase_is_refused_beside_its_field(
    check: Check,
) -> None:
    state = scanned(check, check.token)
    assert state.redeemable is not None
    assert RedeemField.PURCHASE in state.redeemable.fields
    check.verdict.redeem(Typed(purchase="199.99"))
    assert check.verdict.state.step is Step.REDEEMING
    check.run()
    state = check.verdict.state
    assert (state.step, state.error) == (Step.ANSWER, None)
    assert state.problems[RedeemField.PURCHASE].key == "error.spend_below"
    check.verdict.redeem(Typed(purchase="２００"))
    check.run()
    assert check.verdict.state.step is Step.REDEEMED
    found = check.verdict.state.answer
    assert found is not None
    assert found.word.key == "verdict.redeemed"
    assert found.facts[0].value.facts == {"amount": "¥50"}
    again = scanned(check, check.token).answer
    assert again is not None
    assert again.verdict is Verdict.USED


@pytest.mark.parametrize("written", ["many", "-5", "1.234", "0"])
def test_what_is_no_amount_asks_nobody(check: Check, written: str) -> None:
    scanned(check, check.token)
    check.verdict.redeem(Typed(purchase=written))
    state = check.verdict.state
    assert state.problems[RedeemField.PURCHASE].key == "verdict.amount_unreadable"
    assert check.background.waiting == []


def test_what_was_wrong_with_a_code_is_said_until_it_is_typed_anew(check: Check) -> None:
    check.verdict.ask()
    check.run()
    check.verdict.check(" ")
    assert check.verdict.state.error is not None
    check.verdict.edited()
    assert (check.verdict.state.step, check.verdict.state.error) == (Step.ASKING, None)


def test_a_redemption_is_undone_with_a_reason_and_can_be_made_again(check: Check) -> None:
    scanned(check, check.token)
    check.verdict.redeem(Typed(purchase="300"))
    check.run()
    check.verdict.ask_undo()
    check.verdict.undo("  ")
    check.run()
    state = check.verdict.state
    assert (state.step, set(state.problems)) == (Step.UNDOING, {RedeemField.REASON})
    check.verdict.edited(RedeemField.REASON)
    assert check.verdict.state == replace(state, problems={})
    check.verdict.undo("1")
    check.run()
    assert check.verdict.state.problems[RedeemField.REASON].key == "error.reason_says_nothing"
    check.verdict.undo("扫错了券")
    check.run()
    assert check.verdict.state.step is Step.UNDONE
    found = scanned(check, check.token).answer
    assert found is not None
    assert found.verdict is Verdict.GOOD


def test_an_undo_that_was_interrupted_and_is_tried_again_is_the_same_act(check: Check) -> None:
    tried: list[tuple[str, str | None]] = []
    begin = check.counter.undoing.begin

    def begin_undo(
        session: Session, redemption: str, reason: str, intent: str | None
    ) -> Undone | UndoQuestion:
        tried.append((reason, intent))
        return begin(session, redemption, reason, intent)

    redeem = replace(check.redeem_services(), begin_undo=begin_undo)
    check.verdict = VerdictPresenter(
        check.screen, check.background, replace(check.services(), redeem=redeem), check.screen,
        lambda: TELLER,
    )  # fmt: skip
    scanned(check, check.token)
    check.verdict.redeem(Typed(purchase="300"))
    check.run()
    check.verdict.ask_undo()
    check.counter.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    for reason in ("扫错了券", "扫错了券", "客户改主意"):
        check.verdict.undo(reason)
        check.run()
    assert check.verdict.state.step is Step.UNDONE
    first, second = tried
    assert first == second
    assert check.screen.commits == 2


def test_head_office_is_asked_where_only_it_can_say(check: Check) -> None:
    state = scanned(check, check.counter.from_elsewhere("RATE50"))
    assert state.redeemable is not None
    assert state.redeemable.is_online
    check.verdict.redeem(Typed())
    check.run()
    assert check.verdict.state.step is Step.REDEEMED
    assert len(check.counter.office.asked) == 1


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_intent(check: Check) -> None:
    scanned(check, check.counter.from_elsewhere("RATE50"))
    honest = check.counter.office.__call__

    def deaf(request: bytes) -> bytes:
        honest(request)
        raise no_line("timeout", sent=True)

    check.counter.ask = deaf  # type: ignore[method-assign]  # the line answers nobody
    lost = VerdictPresenter(
        check.screen, check.background,
        check.services(),
        check.screen, lambda: TELLER,
    )  # fmt: skip
    lost.check(check.counter.from_elsewhere("RATE50"))
    check.run()
    lost.redeem(Typed())
    check.run()
    state = lost.state
    assert state.redeemable is not None
    assert state.redeemable.is_repeat
    assert state.answer is not None
    assert state.answer.word.key == "verdict.in_doubt"
    lost.redeem(Typed())
    check.run()
    assert len({asked.intent for asked in check.counter.office.asked}) == 1


def test_what_was_begun_is_recorded_although_the_check_was_closed(check: Check) -> None:
    token = check.counter.from_elsewhere("RATE50")
    scanned(check, token)
    check.verdict.redeem(Typed())
    check.verdict.close()
    check.run()
    assert not check.verdict.is_open
    assert check.counter.verify(token).verdict is Verdict.USED


def test_a_scan_while_an_answer_is_awaited_replaces_nothing(check: Check) -> None:
    scanned(check, check.token)
    check.verdict.redeem(Typed(purchase="300"))
    check.verdict.check(check.counter.from_elsewhere("RATE50"))
    assert check.verdict.state.step is Step.REDEEMING
    check.run()
    assert check.verdict.state.step is Step.REDEEMED


def test_a_head_office_that_was_restored_asks_for_patience_and_not_for_a_line(
    check: Check,
) -> None:
    judgement = check.counter.verify(check.counter.from_elsewhere("RATE50"))
    told = replace(judgement, verdict=Verdict.NEEDS_LINE, facts={"why": "learning"})
    shown = answer(told, check.campaigns())
    assert (shown.tone, shown.advice.key) == (Tone.WARNING, "verdict.advice.learning")


def _picture(*texts: str) -> GreyPicture:
    """Return a picture with a printed code of each text, one below the other."""
    codes = []
    for text in texts:
        code = qrcode.QRCode(box_size=4)
        code.add_data(text)
        codes.append(code.make_image().get_image().convert("L"))
    sheet = Image.new("L", (600, 40 + 500 * max(1, len(codes))), 255)
    for place, code in enumerate(codes):
        sheet.paste(code, (20, 20 + 500 * place))
    return GreyPicture(sheet.width, sheet.height, sheet.tobytes())


def test_a_voucher_in_a_picture_is_checked_like_one_that_was_scanned(check: Check) -> None:
    check.verdict.look_in_picture(_picture(check.token))
    assert check.verdict.state.step is Step.READING
    check.run()
    assert check.verdict.state.answer is not None
    assert check.verdict.state.answer.verdict is Verdict.GOOD


def test_a_picture_with_no_code_or_with_several_says_what_to_do(check: Check) -> None:
    for texts, key in (((), "verdict.no_code"), (("A1", "B2"), "verdict.several_codes")):
        check.verdict.look_in_picture(_picture(*texts))
        check.run()
        state = check.verdict.state
        assert state.step is Step.ASKING
        assert state.error is not None
        assert state.error.key == key
        assert state.error.facts.get("count", 2) == 2


def test_a_file_that_is_no_picture_is_refused_by_its_name(check: Check, tmp_path: Path) -> None:
    (tmp_path / "minutes.docx").write_bytes(b"PK no picture")
    check.verdict.look_in_file(str(tmp_path / "minutes.docx"))
    check.run()
    error = check.verdict.state.error
    assert error is not None
    assert (error.key, error.facts["path"]) == ("error.picture_unreadable", "minutes.docx")


def redeemed(check: Check) -> str:
    """Redeem the voucher of the check; return the redemption."""
    scanned(check, check.token)
    check.verdict.redeem(Typed(purchase="300"))
    check.run()
    check.verdict.close()
    with check.counter.store.read() as reading:
        return reading.redemptions(0)[0].redemption


def test_a_redemption_is_found_again_without_its_paper_and_undone(check: Check) -> None:
    redemption = redeemed(check)
    check.verdict.ask_recent()
    assert check.verdict.state.recent is None
    check.run()
    (line,) = check.verdict.state.recent or ()
    assert (line.redemption, line.amount, line.code) == (redemption, "¥50", check.short_code)
    assert line.standing.key == "verdict.recent.until"
    check.verdict.open_recent(redemption)
    check.run()
    state = check.verdict.state
    assert (state.step, state.can_undo, state.redeemable) == (Step.ANSWER, True, None)
    assert state.answer is not None
    shown = {fact.label.key: fact.value for fact in state.answer.facts}
    assert shown["verdict.recent.now"].key == "verdict.used"
    check.verdict.ask_undo()
    check.verdict.undo("扫错了券")
    check.run()
    assert check.verdict.state.step is Step.UNDONE
    check.verdict.ask_recent()
    check.run()
    (line,) = check.verdict.state.recent or ()
    assert line.standing.key == "verdict.undone"
    again = scanned(check, check.token).answer
    assert again is not None
    assert again.verdict is Verdict.GOOD


def test_what_is_too_late_is_shown_and_offers_no_undo(check: Check) -> None:
    redemption = redeemed(check)
    check.counter.clock.advance(31 * 60_000)
    check.verdict.ask()
    check.run()
    check.verdict.open_recent(redemption)
    check.run()
    state = check.verdict.state
    assert state.answer is not None
    assert (state.can_undo, state.answer.advice.key) == (False, "verdict.recent.advice_late")
    check.verdict.ask_undo()
    assert check.verdict.state.step is Step.ANSWER


def test_one_step_back_leads_from_the_reason_over_the_redemption_to_the_list(check: Check) -> None:
    redemption = redeemed(check)
    check.verdict.ask_recent()
    check.run()
    check.verdict.open_recent(redemption)
    check.run()
    check.verdict.ask_undo()
    steps = []
    for _ in range(3):
        check.verdict.back()
        check.run()
        steps.append(check.verdict.state.step)
    assert steps == [Step.ANSWER, Step.ASKING, Step.CLOSED]


def test_what_is_typed_stays_when_the_list_arrives(check: Check) -> None:
    check.verdict.ask()
    serial = check.verdict.state.serial
    check.run()
    assert check.verdict.state.recent == ()
    assert check.verdict.state.serial == serial


def test_a_list_that_cannot_be_read_says_why_and_leaves_the_code_to_be_typed(check: Check) -> None:
    def fail() -> tuple[RedemptionLine, ...]:
        raise EnvironmentFault("store_in_use")

    verdict = VerdictPresenter(
        check.screen, check.background, replace(check.services(), recent=fail), check.screen,
        lambda: TELLER,
    )  # fmt: skip
    verdict.ask()
    check.run()
    assert (verdict.state.step, verdict.state.recent) == (Step.ASKING, None)
    assert verdict.state.error is not None
    assert verdict.state.error.key == "error.store_in_use"
