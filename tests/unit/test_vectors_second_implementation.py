"""The second implementation, the golden vectors and OpenSSL agree with one another."""

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

VECTORS: Final = Path(__file__).resolve().parents[1] / "vectors"
sys.path.insert(0, str(VECTORS))

import make_vectors  # noqa: E402 - the vectors' folder must be on the path first
import second_implementation as second  # noqa: E402 - the same
import second_short_code  # noqa: E402 - the same
from hostile_signatures import small_order_keys  # noqa: E402 - the same
from vector_files import TokenVector, load, token_vectors  # noqa: E402 - the same

TOKENS: Final = token_vectors()
SHORT_CODES: Final = load("short_codes.json")
GENUINE: Final = tuple(vector for vector in TOKENS if vector.fields is not None)
README: Final = (VECTORS / "README.md").read_text(encoding="utf-8")


def _named(vector: TokenVector) -> str:
    return vector.id


@pytest.mark.parametrize("vector", TOKENS, ids=_named)
def test_verdict_and_reason_are_as_written(vector: TokenVector) -> None:
    judged = second.judge(vector.text, vector.context)
    assert (judged.verdict, judged.reason) == (vector.verdict, vector.reason)


@pytest.mark.parametrize("vector", GENUINE, ids=_named)
def test_genuine_tokens_decode_to_the_written_fields(vector: TokenVector) -> None:
    token = second.read_token(vector.text)
    grant, voucher = token.grant, token.voucher
    assert vector.fields == {
        "grant": grant.number,
        "terminal": grant.terminal,
        "terminal_key": grant.terminal_key.hex(),
        "key_id": grant.key_id.hex(),
        "offer": grant.offer,
        "slots": grant.slots,
        "face_minor": grant.face_minor,
        "issue_from_day": grant.issue_from_day,
        "issue_from": str(second.date_of(grant.issue_from_day)),
        "issue_until_day": grant.issue_until_day,
        "issue_until": str(second.date_of(grant.issue_until_day)),
        "policy": grant.policy,
        "book": grant.is_book,
        "slot": voucher.slot,
        "issued_at": voucher.issued_at_s,
        "issued_at_utc": datetime.fromtimestamp(voucher.issued_at_s, UTC).isoformat(),
        "expires_day": voucher.expires_day,
        "expires_on": str(second.date_of(voucher.expires_day)),
        "holder": voucher.holder.hex(),
        "copy": voucher.copy,
    }
    assert second_short_code.short_code(token) == vector.short_code


def test_only_genuine_tokens_have_fields() -> None:
    rejected = {"forged", "unknown_issuer"}
    assert all((vector.verdict in rejected) == (vector.fields is None) for vector in TOKENS)


@pytest.mark.parametrize("row", SHORT_CODES["good"], ids=lambda row: row["id"])
def test_good_short_codes_are_read_and_printed_alike(row: dict[str, Any]) -> None:
    code = second_short_code.read_short_code(row["typed"])
    assert (code.grant_number, code.slot, code.digest.hex()) == (
        row["grant"],
        row["slot"],
        row["digest"],
    )
    assert second_short_code.format_short_code(code) == row["canonical"]


@pytest.mark.parametrize("row", SHORT_CODES["bad"], ids=lambda row: row["id"])
def test_bad_short_codes_are_refused_for_the_written_reason(row: dict[str, Any]) -> None:
    with pytest.raises(second_short_code.BadShortCodeError) as refused:
        second_short_code.read_short_code(row["typed"])
    assert refused.value.reason == row["reason"]


def test_running_the_generator_reproduces_both_files_byte_for_byte() -> None:
    tokens = (VECTORS / "tokens.json").read_bytes()
    short_codes = (VECTORS / "short_codes.json").read_bytes()
    assert make_vectors.tokens_json().encode() == tokens
    assert make_vectors.short_codes_json().encode() == short_codes


def test_there_are_enough_vectors() -> None:
    good = sum(vector.verdict == "good" for vector in TOKENS)
    assert good >= 60
    assert len(TOKENS) - good >= 240
    assert len(SHORT_CODES["good"]) >= 40
    assert len(SHORT_CODES["bad"]) >= 60


def test_every_reason_is_explained_and_every_explained_reason_is_tried() -> None:
    tried = {vector.reason for vector in TOKENS} | {row["reason"] for row in SHORT_CODES["bad"]}
    first_cells = {line.split("`")[1] for line in README.splitlines() if line.startswith("| `")}
    explained = {cell for cell in first_cells if "." not in cell}
    assert tried == explained


def test_no_flipped_bit_of_a_token_is_ever_good() -> None:
    genuine = next(vector for vector in TOKENS if vector.id == "good-plain")
    number = int(second.digits_of(genuine.text))
    verdicts = set()
    for bit in range(8 * (1 + second.GRANT_BYTES + second.VOUCHER_BYTES)):
        text = str(number ^ 1 << bit).zfill(second.TOKEN_DIGITS)
        verdicts.add(second.judge(text, genuine.context).verdict)
    assert verdicts == {"forged", "unknown_issuer"}


def test_every_small_order_key_is_recognised_and_no_ordinary_one_is() -> None:
    assert all(second.has_small_order(key) for _, key, _ in small_order_keys())
    signing = [key for key in load("tokens.json")["keys"].values() if key["test_only_seed"]]
    assert len(signing) == 5
    assert not any(second.has_small_order(bytes.fromhex(key["public"])) for key in signing)


# OpenSSL, a third voice that shares no code with either reader


@pytest.fixture(scope="module")
def openssl() -> str:
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("openssl is not installed: install it, it checks the vectors' signatures")
    return program


def _openssl_accepts(
    openssl: str, folder: Path, public_key: bytes, signature: bytes, message: bytes
) -> bool:
    ed25519_spki = bytes.fromhex("302a300506032b6570032100")  # RFC 8410 section 4
    for name, content in (
        ("key.der", ed25519_spki + public_key),
        ("signature", signature),
        ("message", message),
    ):
        (folder / name).write_bytes(content)
    command = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
    command += ["-inkey", "key.der", "-sigfile", "signature", "-in", "message"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    answer = done.stdout + done.stderr
    assert "Signature Verified Successfully" in answer or "Verification Failure" in answer, answer
    return done.returncode == 0


@pytest.mark.parametrize("vector", GENUINE[:: max(1, len(GENUINE) // 12)], ids=_named)
def test_openssl_accepts_both_signatures_of_genuine_tokens(
    vector: TokenVector, openssl: str, tmp_path: Path
) -> None:
    token = second.read_token(vector.text)
    grant_key = next(
        key for key in vector.context.grant_keys if second.key_id_of(key) == token.grant.key_id
    )
    message = second.grant_message(token.grant_bytes)
    assert _openssl_accepts(openssl, tmp_path, grant_key, token.grant.signature, message)
    message = second.voucher_message(token.grant_bytes, token.voucher_bytes)
    signature = token.voucher.signature
    assert _openssl_accepts(openssl, tmp_path, token.grant.terminal_key, signature, message)


@pytest.mark.parametrize(
    "name",
    [
        "flip-voucher-slot-last-bit",
        "flip-voucher-signature-s-last-bit",
        "voucher-signs-grant-domain",
        "voucher-signed-by-terminal-2",
        "swap-grant-higher-face",
        "ed25519-voucher-s-plus-l",
        "ed25519-voucher-r-with-torsion",
    ],
)
def test_openssl_refuses_the_voucher_signature_too(name: str, openssl: str, tmp_path: Path) -> None:
    vector = next(vector for vector in TOKENS if vector.id == name)
    token = second.read_token(vector.text)
    message = second.voucher_message(token.grant_bytes, token.voucher_bytes)
    key, signature = token.grant.terminal_key, token.voucher.signature
    assert not _openssl_accepts(openssl, tmp_path, key, signature, message)


def test_a_library_alone_would_take_a_keyless_signature(openssl: str, tmp_path: Path) -> None:
    """Show why small-order keys are refused by rule: the bare equation calls this one good."""
    name = "ed25519-terminal-key-small-order-multiple-0"
    vector = next(vector for vector in TOKENS if vector.id == name)
    token = second.read_token(vector.text)
    message = second.voucher_message(token.grant_bytes, token.voucher_bytes)
    key, signature = token.grant.terminal_key, token.voucher.signature
    assert _openssl_accepts(openssl, tmp_path, key, signature, message)
    assert second.judge(vector.text, vector.context).reason == "voucher_signature"


def test_a_place_with_nothing_known_needs_the_line() -> None:
    vector = next(vector for vector in TOKENS if vector.id == "good-policy-3")
    nowhere = replace(vector.context, place=second.Place(terminal=0, online=False))
    assert second.judge(vector.text, nowhere).verdict == "needs_line"
