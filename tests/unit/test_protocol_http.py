"""Signed requests: whoever alters a covered part, or signs as somebody else, is refused."""

import base64
import hashlib
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec, http
from branchdesk.protocol.http import Signer, encode_error, sign_request, verify_request
from branchdesk.protocol.signing import SigningKey

URL: Final = "https://office.example:8443/v1/feed/content?cursor=7"
BODY: Final = b"a body"
NOW_MS: Final = 1_799_024_400_000
SEEDS: Final = {(12, 1): bytes(range(32)), (12, 2): bytes(32), (13, 1): b"\7" * 32}
HEADERS: Final = sign_request(Signer(12, 1, SEEDS[12, 1]), "POST", URL, BODY, now_ms=NOW_MS)


def _key_of(terminal: int, epoch: int) -> bytes | None:
    seed = SEEDS.get((terminal, epoch))
    return None if seed is None else SigningKey(seed).public_key


def _verify(
    method: str = "POST",
    url: str = URL,
    headers: dict[str, str] | None = None,
    body: bytes = BODY,
) -> tuple[int, int]:
    return verify_request(method, url, HEADERS if headers is None else headers, body, _key_of)


def _refused(
    method: str = "POST",
    url: str = URL,
    headers: dict[str, str] | None = None,
    body: bytes = BODY,
) -> None:
    with pytest.raises(ContractFault) as refused:
        _verify(method, url, headers, body)
    assert refused.value.code == "request_unsigned"


def _digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@pytest.mark.parametrize(("terminal", "epoch"), [*SEEDS])
def test_a_request_names_who_signed_it(terminal: int, epoch: int) -> None:
    headers = sign_request(
        Signer(terminal, epoch, SEEDS[terminal, epoch]), "POST", URL, BODY, now_ms=NOW_MS
    )
    assert _verify(headers=headers) == (terminal, epoch)


@given(st.binary(max_size=100), st.sampled_from(["GET", "POST"]), st.integers(0, 1 << 40))
@settings(max_examples=30)
def test_any_body_and_query_verify_as_signed(body: bytes, method: str, cursor: int) -> None:
    url = f"https://office.example/v1/feed/urgent?cursor={cursor}"
    headers = sign_request(Signer(12, 1, SEEDS[12, 1]), method, url, body, now_ms=NOW_MS)
    assert _verify(method, url, headers, body) == (12, 1)


def test_headers_are_found_in_any_case() -> None:
    assert _verify(headers={name.lower(): value for name, value in HEADERS.items()}) == (12, 1)
    assert _verify(headers={name.upper(): value for name, value in HEADERS.items()}) == (12, 1)


def test_the_digest_is_that_of_rfc_9530() -> None:
    assert HEADERS["Content-Digest"] == _digest(BODY)


@pytest.mark.parametrize("now_ms", [-5_000, 0, 1, NOW_MS, 4_102_444_800_000])
def test_no_clock_stops_an_upload(now_ms: int) -> None:
    headers = sign_request(Signer(12, 1, SEEDS[12, 1]), "POST", URL, BODY, now_ms=now_ms)
    assert _verify(headers=headers) == (12, 1)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "post", ""])
def test_another_method_is_refused(method: str) -> None:
    _refused(method=method)


@pytest.mark.parametrize(
    "url",
    [
        "https://office.example:8443/v1/feed/urgent?cursor=7",
        "https://office.example:8443/v1/feed/content/?cursor=7",
        "https://office.example:8443/V1/feed/content?cursor=7",
        "https://office.example:8443/?cursor=7",
        "https://office.example:8443/v1/feed/content?cursor=8",
        "https://office.example:8443/v1/feed/content?cursor=7&x=1",
        "https://office.example:8443/v1/feed/content",
        "https://office.example:8443/v1/feed/content?",
    ],
)
def test_another_path_or_query_is_refused(url: str) -> None:
    _refused(url=url)


@pytest.mark.parametrize("body", [b"", b"a bodY", b"a body ", b"a bod"])
def test_another_body_is_refused(body: bytes) -> None:
    _refused(body=body)
    # With the digest put right, the digest itself is no longer what was signed.
    _refused(body=body, headers=HEADERS | {"Content-Digest": _digest(body)})


@pytest.mark.parametrize("name", ["Content-Digest", "Signature", "Signature-Input"])
def test_each_of_the_three_headers_must_be_there(name: str) -> None:
    _refused(headers={key: value for key, value in HEADERS.items() if key != name})
    _refused(headers=HEADERS | {name: ""})


def test_without_headers_nobody_has_signed() -> None:
    _refused(headers={})


@pytest.mark.parametrize("name", ["t13.1", "t12.2", "t14.1", "t12", "12.1", "t12.1 ", "", "t٣.1"])
def test_the_signature_of_one_terminal_is_not_that_of_another(name: str) -> None:
    renamed = HEADERS["Signature-Input"].replace('"t12.1"', f'"{name}"')
    _refused(headers=HEADERS | {"Signature-Input": renamed})


def test_a_terminal_that_signs_as_another_is_refused() -> None:
    _refused(headers=sign_request(Signer(12, 1, SEEDS[13, 1]), "POST", URL, BODY, now_ms=NOW_MS))


def test_an_unknown_terminal_is_refused() -> None:
    _refused(headers=sign_request(Signer(99, 1, SEEDS[12, 1]), "POST", URL, BODY, now_ms=NOW_MS))


@pytest.mark.parametrize("left_out", ["@method", "@path", "@query", "content-digest"])
def test_a_signature_that_covers_less_is_refused(
    left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [part for part in ("@method", "@path", "@query") if part != left_out]
    monkeypatch.setattr(http, "_COVERED", tuple(parts))
    body = b"" if left_out == "content-digest" else BODY
    headers = sign_request(Signer(12, 1, SEEDS[12, 1]), "POST", URL, body, now_ms=NOW_MS)
    if left_out == "content-digest":
        covered = headers["Signature-Input"].replace(' "content-digest"', "")
        headers |= {"Signature-Input": covered}
    monkeypatch.undo()
    _refused(headers=headers, body=body)


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_every_altered_bit_of_the_signature_is_refused(bit: int) -> None:
    label, _, coded = HEADERS["Signature"].partition("=:")
    raw = bytearray(base64.b64decode(coded.removesuffix(":")))
    raw[bit // 8] ^= 1 << bit % 8
    altered = f"{label}=:{base64.b64encode(raw).decode()}:"
    _refused(headers=HEADERS | {"Signature": altered})


_ODD = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)


@given(st.sampled_from(["Content-Digest", "Signature", "Signature-Input"]), _ODD)
@settings(max_examples=200)
def test_any_header_is_refused_but_never_crashes(name: str, value: str) -> None:
    _refused(headers=HEADERS | {name: value})
    _refused(headers=HEADERS | {name: "pyhms=" + value})


@pytest.mark.parametrize("url", ["", "nonsense", "https://[::1", "https://office.example"])
def test_a_broken_address_is_refused(url: str) -> None:
    _refused(url=url)


@pytest.mark.parametrize("key", [b"", b"short", b"\xff" * 32])
def test_a_key_that_is_no_key_verifies_nothing(key: bytes) -> None:
    with pytest.raises(ContractFault):
        verify_request("POST", URL, HEADERS, BODY, lambda terminal, epoch: key)


def test_an_error_carries_its_code_and_plain_facts() -> None:
    body = encode_error("chain_broken", {"seq": 7, "why": "gap", "of": {"a": 1}, "x": None})
    fields = codec.decode_map(body, http.ERROR_FIELDS, what="error")
    assert fields["error"] == "chain_broken"
    assert fields["facts"] == {"seq": 7, "why": "gap", "of": "{'a': 1}", "x": "None"}
