"""Joining: the one code survives people, and nobody else's keys or certificates are taken."""

import itertools
import time
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import (
    Certificate,
    EnrolmentCode,
    KeyRecord,
    KeyUse,
    decode_enrolment_code,
    open_certificate,
    open_key_record,
    sign_certificate,
    sign_key_record,
)
from branchdesk.protocol.short_code import ALPHABET
from branchdesk.protocol.signing import RecordKind, SigningKey, sign_record

ROOT, OTHER, ACK = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
CODE = EnrolmentCode("https://office.chenghu.example:8443", bytes(range(10)), bytes(range(32)))
TEXT = CODE.encode()


def _problem(text: str) -> object:
    with pytest.raises(RuleViolation) as refused:
        decode_enrolment_code(text)
    assert refused.value.code == "enrolment_code_invalid"
    return refused.value.facts["problem"]


_HOSTS = st.from_regex(
    r"\A[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z0-9]{1,8}){0,3}(:[1-9][0-9]{0,3})?\Z"
)


@given(_HOSTS, st.binary(min_size=10, max_size=10), st.binary(min_size=32, max_size=32))
def test_a_code_comes_back(host: str, token: bytes, fingerprint: bytes) -> None:
    code = EnrolmentCode(f"https://{host}", token, fingerprint)
    assert decode_enrolment_code(code.encode()) == code


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:18443",
        "https://[::1]:18443",
        "https://localhost",
        "https://office_1.bank.example/branchdesk/",
    ],
)
def test_addresses_of_every_form_come_back(url: str) -> None:
    assert decode_enrolment_code(replace(CODE, url=url).encode()).url == url


def test_a_code_is_made_of_capitals_and_digits_that_a_qr_packs_well() -> None:
    assert set(TEXT) <= set(ALPHABET)


@given(st.data())
def test_case_spaces_hyphens_and_look_alikes_are_forgiven(data: st.DataObject) -> None:
    looks = {"0": "0Oo", "1": "1IiLl"}
    choices = [looks.get(character, character + character.lower()) for character in TEXT]
    letters = data.draw(st.tuples(*map(st.sampled_from, choices)))
    typed = data.draw(st.sampled_from(["", "-", " ", " - ", "\n"])).join(letters)
    assert decode_enrolment_code(f"  {typed}\r\n") == CODE


def test_every_wrong_character_is_noticed() -> None:
    for position, character in itertools.product(range(len(TEXT)), ALPHABET):
        typed = TEXT[:position] + character + TEXT[position + 1 :]
        if typed != TEXT:
            assert _problem(typed) in {"prefix", "check", "length"}, (position, character)


def test_every_swap_of_two_characters_is_noticed() -> None:
    for first, second in itertools.combinations(range(len(TEXT)), 2):
        letters = list(TEXT)
        letters[first], letters[second] = letters[second], letters[first]
        typed = "".join(letters)
        if typed != TEXT:
            assert _problem(typed) in {"prefix", "check", "length"}, (first, second)


def test_every_missing_or_doubled_character_is_noticed() -> None:
    for position in range(len(TEXT)):
        doubled = TEXT[: position + 1] + TEXT[position:]
        for typed in (TEXT[:position] + TEXT[position + 1 :], doubled):
            assert _problem(typed) in {"prefix", "check", "length"}, position


def test_a_code_torn_at_any_length_is_refused() -> None:
    for length in range(len(TEXT)):
        assert _problem(TEXT[:length]) in {"prefix", "check", "length"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "prefix"),
        ("   ", "prefix"),
        ("HELLO", "prefix"),
        ("BD2" + TEXT[3:], "prefix"),
        ("BD1", "length"),
        ("BD1ABC", "length"),
        (TEXT + "U", "character"),
        (TEXT[:20] + "é" + TEXT[21:], "character"),
        (TEXT[:20] + "漢" + TEXT[21:], "character"),
        (TEXT[:20] + "\0" + TEXT[21:], "character"),
    ],
)
def test_what_is_wrong_is_said(text: str, problem: str) -> None:
    assert _problem(text) == problem


@given(st.text(max_size=200))
@example("\ud800")
@example("BD1" + "ß" * 40)
def test_any_text_is_refused(text: str) -> None:
    _problem(text)
    _problem("BD1" + text)


def test_a_novel_pasted_by_mistake_is_refused_at_once() -> None:
    started = time.perf_counter()
    assert _problem("BD1" + "0" * 20_000_000) == "length"
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "url",
    [
        "",
        "office.example",
        "http://office.example",
        "HTTP://office.example",
        "ftp://office.example",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://:8443",
        "https://office .example",
        "https://office.example\r\nHost: evil",
        "https://user:secret@office.example",
        "https://office.example?to=evil",
        "https://office.example#evil",
        "https://office.example\\@evil",
        "https://[::1",
        "https://office.example:port",
        "https://office.example:999999",
        "https://office.example:65536",
        "https://office.example:0",
        "https://[::::]",
        "https://" + "a" * 300,
    ],
)
def test_an_address_that_is_no_address_is_refused(url: str) -> None:
    assert _problem(replace(CODE, url=url).encode()) == "address"


def _text_of(body: object) -> str:
    """Make a code around any body, with a right check."""
    import hashlib

    from branchdesk.protocol import enrolment

    data = codec.encode(body)
    return "BD1" + enrolment._base32(data + hashlib.sha256(data).digest()[:2])


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        "https://a.example",
        12345678901234567890,
        ["https://a.example", bytes(10)],
        ["https://a.example", bytes(10), bytes(32), 1],
        ["https://a.example", bytes(9), bytes(32)],
        ["https://a.example", bytes(10), bytes(31)],
        ["https://a.example", "0123456789", bytes(32)],
        {"a": 1, "b": 2, "c": 3},
    ],
)
def test_a_well_checked_code_of_another_content_is_refused(body: object) -> None:
    assert _problem(_text_of(body)) in {"content", "address", "length"}


# Key records

RECORD = KeyRecord(KeyUse.GRANT, 1, OTHER.public_key, 1_700_000_000_000, 1_900_000_000_000)


@pytest.mark.parametrize("use", [*KeyUse])
def test_a_key_record_comes_back(use: KeyUse) -> None:
    record = replace(RECORD, use=use)
    found = open_key_record(sign_key_record(record, ROOT), ROOT.public_key)
    assert found == record
    assert found.key_id == OTHER.key_id


def test_a_key_record_of_another_root_is_unsigned() -> None:
    with pytest.raises(ContractFault) as refused:
        open_key_record(sign_key_record(RECORD, OTHER), ROOT.public_key)
    assert refused.value.code == "unsigned"


def test_a_root_that_lies_about_its_id_is_a_bad_signature() -> None:
    body = codec.decode(sign_key_record(RECORD, OTHER), what="key") | {"key": ROOT.key_id}
    with pytest.raises(ContractFault) as refused:
        open_key_record(codec.encode(body), ROOT.public_key)
    assert refused.value.code == "bad_signature"


def test_every_altered_byte_of_a_key_record_is_refused() -> None:
    whole = sign_key_record(RECORD, ROOT)
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 1
        with pytest.raises(ContractFault) as refused:
            open_key_record(bytes(data), ROOT.public_key)
        assert refused.value.code in {"malformed", "unsigned", "bad_signature"}, position


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"use": "anything"}, "unknown_use"),
        ({"public": bytes(31)}, "wrong_length"),
        ({"public": bytes(33)}, "wrong_length"),
        ({"alg": -1}, "wrong_type"),
        ({"from_ms": None}, "wrong_type"),
        ({"more": 1}, "wrong_fields"),
    ],
)
def test_a_signed_key_record_of_a_wrong_shape_is_malformed(
    changes: dict[str, object], problem: str
) -> None:
    good = {"use": "grant", "alg": 1, "public": bytes(32), "from_ms": 0, "until_ms": 1}
    data = sign_record(RecordKind.KEY, codec.encode(good | changes), ROOT).encode()
    with pytest.raises(ContractFault) as refused:
        open_key_record(data, ROOT.public_key)
    assert (refused.value.code, refused.value.facts["problem"]) == ("malformed", problem)


# Certificates

CERTIFICATE = Certificate(12, 1, "B001", "counter", OTHER.public_key, ROOT.public_key, 1)
ACK_KEYS = {ACK.key_id: ACK.public_key}


def test_a_certificate_comes_back() -> None:
    assert open_certificate(sign_certificate(CERTIFICATE, ACK), ACK_KEYS) == CERTIFICATE


def test_a_certificate_of_another_head_office_is_unsigned() -> None:
    for keys in ({}, {OTHER.key_id: OTHER.public_key}, {ROOT.key_id: ROOT.public_key}):
        with pytest.raises(ContractFault) as refused:
            open_certificate(sign_certificate(CERTIFICATE, ACK), keys)
        assert refused.value.code == "unsigned"


def test_every_altered_byte_of_a_certificate_is_refused() -> None:
    whole = sign_certificate(CERTIFICATE, ACK)
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 1
        with pytest.raises(ContractFault) as refused:
            open_certificate(bytes(data), ACK_KEYS)
        assert refused.value.code in {"malformed", "unsigned", "bad_signature"}, position
