"""Signatures: one purpose each. What was signed for one thing is never accepted for another."""

import hashlib
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import chain, codec, enrolment, event, http, signing, token
from branchdesk.protocol.signing import RecordKind, SigningKey, open_record, sign_record, verifies

KEY, OTHER = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
KEYS = {KEY.key_id: KEY.public_key}
RECORD_PREFIXES = tuple(f"BRANCHDESK-{kind.value}-1\0".encode() for kind in RecordKind)
PREFIXES = (
    chain.HEAD_PREFIX,
    chain.ACK_PREFIX,
    token.GRANT_PREFIX,
    token.VOUCHER_PREFIX,
    http.ENROL_PREFIX,
    *RECORD_PREFIXES,
)
HASH_PREFIXES = (event.EVENT_PREFIX, event.GENESIS_PREFIX)


def test_no_prefix_begins_another_so_no_message_can_move() -> None:
    for one, other in itertools.permutations((*PREFIXES, *HASH_PREFIXES), 2):
        assert not one.startswith(other)
    assert all(prefix.endswith(b"\0") for prefix in (*PREFIXES, *HASH_PREFIXES))
    assert all(prefix.count(b"\0") == 1 for prefix in (*PREFIXES, *HASH_PREFIXES))


@given(st.binary(max_size=100), st.sampled_from(list(itertools.permutations(PREFIXES, 2))))
def test_a_signature_for_one_purpose_serves_no_other(
    message: bytes, purposes: tuple[bytes, bytes]
) -> None:
    signature = KEY.sign(purposes[0], message)
    assert verifies(KEY.public_key, signature, purposes[0], message)
    assert not verifies(KEY.public_key, signature, purposes[1], message)


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=70))
def test_any_key_signature_and_message_give_an_answer(key: bytes, message: bytes, s: bytes) -> None:
    assert verifies(key, s, chain.HEAD_PREFIX, message) is False


@pytest.mark.parametrize("kind", [*RecordKind])
def test_a_record_comes_back(kind: RecordKind) -> None:
    record = sign_record(kind, b"a body", KEY)
    assert open_record(record.encode(), kind, KEYS) == record
    assert verifies(
        KEY.public_key, record.signature, f"BRANCHDESK-{kind.value}-1\0".encode(), b"a body"
    )


@pytest.mark.parametrize(("made", "asked"), [*itertools.permutations(RecordKind, 2)])
def test_a_record_of_another_kind_is_unsigned(made: RecordKind, asked: RecordKind) -> None:
    data = sign_record(made, b"a body", KEY).encode()
    with pytest.raises(ContractFault) as refused:
        open_record(data, asked, KEYS)
    assert refused.value.code == "unsigned"
    renamed = codec.decode(data, what="record") | {"kind": asked.value}
    with pytest.raises(ContractFault) as refused:
        open_record(codec.encode(renamed), asked, KEYS)
    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: r | {"key": b""}, "unsigned"),
        (lambda r: r | {"key": OTHER.key_id}, "unsigned"),
        (lambda r: r | {"body": b"another"}, "bad_signature"),
        (lambda r: r | {"sig": bytes(64)}, "bad_signature"),
        (lambda r: r | {"sig": b""}, "bad_signature"),
        (lambda r: r | {"sig": r["sig"] + b"\0"}, "bad_signature"),
        (lambda r: r | {"sig": OTHER.sign(b"BRANCHDESK-KEY-1\0", r["body"])}, "bad_signature"),
        (lambda r: r | {"kind": "FEED"}, "unsigned"),
        (lambda r: r | {"kind": 1}, "malformed"),
        (lambda r: r | {"more": 1}, "malformed"),
        (lambda r: {"kind": "KEY"}, "malformed"),
    ],
)
def test_an_altered_record_is_refused(
    change: Callable[[dict[str, object]], dict[str, object]], code: str
) -> None:
    fields = codec.decode(sign_record(RecordKind.KEY, b"a body", KEY).encode(), what="record")
    with pytest.raises(ContractFault) as refused:
        open_record(codec.encode(change(fields)), RecordKind.KEY, KEYS)
    assert refused.value.code == code
    assert refused.value.facts["what"] == "key"


def test_every_key_of_small_order_proves_nothing() -> None:
    y_values = (0, 1, 2**255 - 20, *(_order_8()))
    for y, sign, excess in itertools.product(y_values, (0, 1), (0, 2**255 - 19)):
        if y + excess >= 2**255:
            continue
        key = (y + excess | sign << 255).to_bytes(32, "little")
        assert signing.is_weak_key(key)
        # With R the neutral element and S zero, half of all messages verify under such a key.
        forged = (1).to_bytes(32, "little") + bytes(32)
        for n in range(16):
            assert not verifies(key, forged, chain.HEAD_PREFIX, bytes([n]))


def _order_8() -> tuple[int, int]:
    """Return the y coordinates of the points of order eight, from d·y⁴ + 2·y² − 1 = 0."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p
    for sign in (1, -1):
        square = (sign * _root(1 + d) - 1) * pow(d, -1, p) % p
        if pow(square, (p - 1) // 2, p) == 1:
            return _root(square), p - _root(square)
    raise AssertionError("the curve has points of order eight")


def _root(square: int) -> int:
    p = 2**255 - 19
    root = pow(square, (p + 3) // 8, p)
    return root if root * root % p == square % p else root * pow(2, (p - 1) // 4, p) % p


def test_honest_keys_are_not_weak_and_ids_are_the_start_of_their_hash() -> None:
    for n in range(32):
        key = SigningKey(bytes([n]) * 32)
        assert not signing.is_weak_key(key.public_key)
        assert key.key_id == hashlib.sha256(key.public_key).digest()[:4]
        assert SigningKey(key.seed()).public_key == key.public_key


def test_the_certificate_of_a_terminal_is_no_key_record() -> None:
    certificate = enrolment.Certificate(12, 1, "B001", "counter", bytes(32), bytes(32), 0)
    data = enrolment.sign_certificate(certificate, KEY)
    with pytest.raises(ContractFault) as refused:
        enrolment.open_key_record(data, KEY.public_key)
    assert refused.value.code == "unsigned"
