"""The product's token, verdict and short code agree with every golden vector.

The vectors' rule words are finer than the product's in two places; ``RULE_OF`` says which rule
of the product stands for which reason. Where the offer may be redeemed is decided outside the
token, so the place's answer is handed in and only its rank among the verdicts is tested.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.errors import RuleViolation
from branchdesk.protocol import short_code
from branchdesk.protocol.signing import SigningKey, key_id
from branchdesk.protocol.token import (
    Grant,
    Voucher,
    china_day,
    day_of,
    holder_pseudonym,
    read_token,
    sign_grant,
    sign_voucher,
    token_text,
)
from branchdesk.protocol.verdict import (
    Judgement,
    Standing,
    Verdict,
    judge,
    read_and_authenticate,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vectors"))

import second_implementation as second
from vector_files import TokenVector, load, token_vectors

TOKENS: Final = token_vectors()
SHORT_CODES: Final = load("short_codes.json")
GENUINE: Final = tuple(vector for vector in TOKENS if vector.fields is not None)

RULE_OF: Final = {
    "length": "length",
    "leading_byte": "lead",
    "grant_version": "grant_version",
    "voucher_version": "voucher_version",
    "grant_algorithm": "grant_algorithm",
    "voucher_algorithm": "voucher_algorithm",
    "policy_bits": "reserved_bits",
    "slots_zero": "grant_slots",
    "window_reversed": "grant_window",
    "slot_zero": "slot_zero",
    "grant_signature": "grant_signature",
    "voucher_signature": "voucher_signature",
    "slot_above_grant": "slot_above_grant",
    "issued_before_window": "issued_outside_window",
    "issued_after_window": "issued_outside_window",
    "expires_before_issue": "expiry_range",
    "expires_too_late": "expiry_range",
}
SHORT_CODE_ERROR_OF: Final = {
    "alphabet": "short_code_character",
    "length": "short_code_length",
    "check_character": "short_code_check",
    "slot_zero": "short_code_slot",
}


def _named(vector: TokenVector) -> str:
    return vector.id


def _judge(vector: TokenVector) -> Judgement:
    context = vector.context
    keys = {key_id(key): key for key in context.grant_keys}
    authentic = read_and_authenticate(vector.text, keys)
    if authentic.verdict is not Verdict.GOOD:
        return authentic
    token = authentic.token
    assert token is not None
    revoked = {(token.grant.number, None), (token.grant.number, token.voucher.slot)}
    place = second.place_word(second.read_token(vector.text), context.place)
    standing = Standing(
        revoked=bool(context.revoked & revoked),
        void=context.void,
        used=context.used,
        newest_copy=context.newest_copy,
        activated=context.activated,
        place=None if place is None else Verdict(place),
    )
    return judge(token, standing, china_day(context.now_s), context.holder)


@pytest.mark.parametrize("vector", TOKENS, ids=_named)
def test_verdict_and_broken_rule_are_as_written(vector: TokenVector) -> None:
    judged = _judge(vector)
    assert judged.verdict.value == vector.verdict
    assert judged.facts.get("rule") == RULE_OF.get(vector.reason)


@pytest.mark.parametrize("vector", GENUINE, ids=_named)
def test_genuine_tokens_decode_to_the_written_fields(vector: TokenVector) -> None:
    token = read_token(vector.text)
    grant, voucher = token.grant, token.voucher
    assert vector.fields == {
        "grant": grant.number,
        "terminal": grant.terminal,
        "terminal_key": grant.terminal_key.hex(),
        "key_id": grant.key_id.hex(),
        "offer": grant.offer,
        "slots": grant.slots,
        "face_minor": grant.face_minor,
        "issue_from_day": grant.issue_from,
        "issue_from": day_of(grant.issue_from).isoformat(),
        "issue_until_day": grant.issue_until,
        "issue_until": day_of(grant.issue_until).isoformat(),
        "policy": grant.policy,
        "book": grant.is_book,
        "slot": voucher.slot,
        "issued_at": voucher.issued_at,
        "issued_at_utc": datetime.fromtimestamp(voucher.issued_at, UTC).isoformat(),
        "expires_day": voucher.expires,
        "expires_on": day_of(voucher.expires).isoformat(),
        "holder": voucher.holder.hex(),
        "copy": voucher.copy,
    }


@pytest.mark.parametrize("vector", GENUINE, ids=_named)
def test_genuine_tokens_encode_to_the_same_bytes_and_short_code(vector: TokenVector) -> None:
    token, written = read_token(vector.text), second.read_token(vector.text)
    assert token.grant.encode() == written.grant_bytes
    assert token.voucher.encode() == written.voucher_bytes
    printed = short_code.format_short_code(
        token.grant.number, token.voucher.slot, token.voucher.encode()
    )
    assert printed == vector.short_code


@pytest.mark.parametrize("row", SHORT_CODES["good"], ids=lambda row: row["id"])
def test_good_short_codes_are_read(row: dict[str, Any]) -> None:
    code = short_code.parse_short_code(row["typed"])
    read = (code.grant, code.slot, code.fingerprint.hex())
    assert read == (row["grant"], row["slot"], row["digest"])


@pytest.mark.parametrize("row", SHORT_CODES["bad"], ids=lambda row: row["id"])
def test_bad_short_codes_are_refused_for_the_written_reason(row: dict[str, Any]) -> None:
    with pytest.raises(RuleViolation) as refused:
        short_code.parse_short_code(row["typed"])
    assert refused.value.code == SHORT_CODE_ERROR_OF[row["reason"]]


# Both readers on tokens that are in no file

OFFICE: Final = SigningKey(b"office key for tests only, 32 by")
TERMINAL: Final = SigningKey(b"terminal key for tests only 32 b")
WHOLE_TOKEN_BITS: Final = 8 * (1 + second.GRANT_BYTES + second.VOUCHER_BYTES)


def _numbers(size: int, least: int = 0) -> st.SearchStrategy[int]:
    return st.integers(least, 256**size - 1)


@st.composite
def _product_tokens(draw: st.DrawFn) -> str:
    """Draw tokens whose terminal kept to its grant, or, half of the time, need not have."""
    honest = draw(st.booleans())
    first = draw(st.integers(0, 31_000))
    last = first + draw(st.integers(0, 400))
    slots = draw(_numbers(3, 1))
    issued_on = draw(st.integers(first, last))
    grant = Grant(
        key_id=b"",
        number=draw(_numbers(4)),
        terminal=draw(_numbers(4)),
        terminal_key=TERMINAL.public_key,
        offer=draw(_numbers(4)),
        slots=slots,
        face_minor=draw(_numbers(4)),
        issue_from=first,
        issue_until=last,
        policy=draw(st.integers(0, 3)),
        is_book=draw(st.booleans()),
    )
    issued_at = second.day_starts_at_s(issued_on) + draw(st.integers(0, 86_399))
    voucher = Voucher(
        slot=draw(st.integers(1, slots) if honest else _numbers(3, 1)),
        issued_at=issued_at if honest else draw(_numbers(4)),
        expires=draw(st.integers(issued_on, last + 366) if honest else _numbers(2)),
        holder=draw(st.binary(min_size=4, max_size=4)),
        copy=draw(_numbers(1)),
    )
    grant_bytes = sign_grant(grant, OFFICE).encode()
    text = token_text(grant_bytes, sign_voucher(voucher, grant_bytes, TERMINAL).encode())
    assert not honest or _both_verdicts(text) == ("good", "good")
    return text


def _both_verdicts(text: str) -> tuple[str, str]:
    ours = read_and_authenticate(text, {OFFICE.key_id: OFFICE.public_key}).verdict.value
    # Whatever the clock says comes after everything that can be forged.
    other = second.judge(text, second.Context((OFFICE.public_key,), now_s=0)).verdict
    return ours, "good" if other in {"not_yet", "not_activated", "expired"} else other


@given(_product_tokens())
def test_both_readers_agree_on_any_token_the_product_signs(text: str) -> None:
    ours, other = _both_verdicts(text)
    assert ours == other


@given(_product_tokens(), st.sets(st.integers(0, WHOLE_TOKEN_BITS - 1), min_size=1, max_size=4))
def test_both_readers_refuse_any_token_with_flipped_bits(text: str, bits: set[int]) -> None:
    number = int(text)
    for bit in bits:
        number ^= 1 << bit
    ours, other = _both_verdicts(str(number).zfill(second.TOKEN_DIGITS))
    assert ours == other
    assert ours in {"forged", "unknown_issuer"}


@given(st.text(max_size=600))
def test_both_readers_call_any_other_text_forged(text: str) -> None:
    assert _both_verdicts(text) == ("forged", "forged")


@given(
    st.binary(min_size=32, max_size=32),
    _numbers(4),
    _numbers(3, 1),
    st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z"),
)
def test_both_compute_the_same_holder(key: bytes, grant: int, slot: int, phone: str) -> None:
    expected = second.holder_pseudonym(key, grant, slot, phone)
    assert holder_pseudonym(key, grant, slot, phone) == expected
