"""Verifying: by token or short code, known or not, here or elsewhere, offline."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.application.models import IssuedVoucher
from branchdesk.errors import RuleViolation
from branchdesk.protocol.short_code import ALPHABET, format_short_code
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import (
    Grant,
    Voucher,
    day_number,
    sign_voucher,
    token_text,
)
from branchdesk.protocol.verdict import Verdict
from tests.fakes.bank import OFFICE_KEY, TERMINAL, grant_of
from tests.fakes.counter import DAY_MS, Counter

ELSEWHERE = SigningKey(b"the key of another terminal, 13.")


def _issued(offer: str = "PHONE10") -> tuple[Counter, IssuedVoucher]:
    counter = Counter(offer)
    answer = counter.register(issue=[offer], interests=["贷款"])
    return counter, answer.vouchers[0]


def _token(grant: Grant, issued_at: int, key: SigningKey, slot: int = 1) -> str:
    voucher = Voucher(slot, issued_at, day_number(date(2027, 3, 1)))
    signed = sign_voucher(voucher, grant.encode(), key)
    return token_text(grant.encode(), signed.encode())


def _from_elsewhere(counter: Counter, offer: str, office_key: SigningKey = OFFICE_KEY) -> str:
    grant = grant_of(
        offer, number=90_001, terminal=13, terminal_key=ELSEWHERE, office_key=office_key
    )
    return _token(grant, counter.clock.now_ms() // 1000, ELSEWHERE)


@pytest.mark.parametrize(
    ("offer", "verdict"),
    [
        ("PHONE10", Verdict.GOOD),
        ("SPEND200", Verdict.GOOD),
        ("GIFTBOX", Verdict.GOOD),
        ("SALON", Verdict.NEEDS_LINE),
    ],
)
def test_a_voucher_of_this_terminal_by_its_policy(offer: str, verdict: Verdict) -> None:
    counter, answer = _issued(offer)
    counter.store.name_keeper(TERMINAL, TERMINAL)
    counter.store.allow("GIFTBOX", 8_800)
    for text in (answer.token, answer.short_code, answer.short_code.lower().replace("-", " ")):
        found = counter.verify(text)
        assert found.verdict is verdict
        assert found.facts["grant"] == answer.grant
        assert found.facts["slot"] == answer.slot
        assert found.facts["here"] is True
        assert found.facts["expires_on"] == answer.expires_on.isoformat()
        assert found.facts["face_minor"] == answer.face_minor


@pytest.mark.parametrize(
    ("offer", "verdict"),
    [
        ("PHONE10", Verdict.NOT_HERE),
        ("SPEND200", Verdict.NOT_HERE),
        ("GIFTBOX", Verdict.GOOD),
        ("SALON", Verdict.NEEDS_LINE),
    ],
)
def test_a_voucher_of_another_terminal_by_its_policy(offer: str, verdict: Verdict) -> None:
    counter = Counter()
    counter.store.allow("GIFTBOX", 8_800)
    found = counter.verify(_from_elsewhere(counter, offer))
    assert found.verdict is verdict
    assert found.facts["here"] is False
    assert found.facts["terminal"] == 13


def test_another_bank_is_an_unknown_issuer() -> None:
    counter = Counter()
    stranger = SigningKey(b"the grant key of another bank...")
    found = counter.verify(_from_elsewhere(counter, "PHONE10", stranger))
    assert found.verdict is Verdict.UNKNOWN_ISSUER


def test_a_voucher_that_its_terminal_did_not_sign_is_forged() -> None:
    counter = Counter()
    grant = grant_of("PHONE10", number=90_001, terminal=13, terminal_key=ELSEWHERE)
    found = counter.verify(_token(grant, counter.clock.now_ms() // 1000, OFFICE_KEY))
    assert (found.verdict, found.facts["rule"]) == (Verdict.FORGED, "voucher_signature")


@given(st.integers(0, 491), st.integers(1, 9))
def test_every_altered_digit_is_forged_or_of_an_unknown_issuer(at: int, step: int) -> None:
    counter, answer = _ALTERED
    digits = answer.token
    altered = digits[:at] + str((int(digits[at]) + step) % 10) + digits[at + 1 :]
    assert counter.verify(altered).verdict in {Verdict.FORGED, Verdict.UNKNOWN_ISSUER}


_ALTERED = _issued()


def test_a_revoked_grant_is_said_before_anything_else() -> None:
    counter, answer = _issued("SALON")
    counter.store.revoke(answer.grant)
    counter.clock.advance(400 * DAY_MS)
    assert counter.verify(answer.token).verdict is Verdict.REVOKED
    assert counter.verify(answer.short_code).verdict is Verdict.REVOKED


def test_the_last_good_day_ends_at_midnight_in_china() -> None:
    counter, answer = _issued()
    last_second = (day_number(answer.expires_on) + 18_262 + 1) * 86_400 - 8 * 3_600 - 1
    counter.clock.set_wall(last_second * 1000 + 999)
    assert counter.verify(answer.token).verdict is Verdict.GOOD
    counter.clock.advance(1)
    assert counter.verify(answer.token).verdict is Verdict.EXPIRED
    counter.clock.set_wall(counter.clock.now_ms() - 200 * DAY_MS)
    assert counter.verify(answer.token).verdict is Verdict.NOT_YET


# Short codes


def test_a_short_code_of_another_terminal_needs_the_line() -> None:
    counter = Counter()
    found = counter.verify(format_short_code(90_001, 7, b"voucher"))
    assert found.verdict is Verdict.NEEDS_LINE
    assert (found.facts["grant"], found.facts["slot"]) == (90_001, 7)


def test_a_short_code_with_another_fingerprint_is_forged() -> None:
    counter, answer = _issued()
    other = format_short_code(answer.grant, answer.slot, b"another voucher of the same slot")
    found = counter.verify(other)
    assert (found.verdict, found.facts["rule"]) == (Verdict.FORGED, "short_code_fingerprint")


def test_every_mistyped_character_is_noticed_at_once() -> None:
    counter, answer = _issued()
    typed = answer.short_code.replace("-", "")
    for at in range(len(typed)):
        for character in ALPHABET.replace(typed[at], ""):
            with pytest.raises(RuleViolation) as refused:
                counter.verify(typed[:at] + character + typed[at + 1 :])
            assert refused.value.code in {"short_code_check", "short_code_slot"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "short_code_length"),
        ("1234", "short_code_length"),
        ("U" * 17, "short_code_character"),
        ("0" * 17, "short_code_slot"),
        ("请看这里", "short_code_character"),
    ],
)
def test_what_is_no_short_code_is_said(text: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        Counter().verify(text)
    assert refused.value.code == code


@given(st.text(max_size=700))
def test_any_text_gets_a_verdict_or_a_reason(text: str) -> None:
    try:
        verdict = _ALTERED[0].verify(text).verdict
    except RuleViolation as refused:
        reason = refused.code
    else:
        assert verdict in {Verdict.FORGED, Verdict.NEEDS_LINE}
        return
    assert reason.startswith("short_code_")


def test_looking_writes_nothing() -> None:
    counter, answer = _issued()
    before = counter.store.state
    counter.verify(answer.token)
    counter.verify(answer.short_code)
    assert counter.store.state is before


def test_a_voucher_outlives_its_campaign_on_this_terminal() -> None:
    counter, answer = _issued()
    counter.store.state = replace(counter.store.state, campaigns=())
    assert counter.verify(answer.token).verdict is Verdict.GOOD
