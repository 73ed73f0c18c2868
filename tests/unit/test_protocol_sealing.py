"""Sealed data opens for its own key and its own person, and for nothing else."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import facts, sealing

KEY, NONCE = bytes(range(32)), bytes(range(12))
PRIVATE = bytes(range(1, 33))
PUBLIC = sealing.public_seal_key(PRIVATE)


def _unsealable(key: bytes, sealed: bytes, context: bytes) -> None:
    with pytest.raises(ContractFault) as refused:
        sealing.unseal(key, sealed, context)
    assert refused.value.code == "unsealable"


@given(st.binary(max_size=100), st.binary(max_size=30))
def test_what_was_sealed_opens(plain: bytes, context: bytes) -> None:
    sealed = sealing.seal(KEY, NONCE, plain, context)
    assert sealing.unseal(KEY, sealed, context) == plain
    assert len(sealed) == 12 + len(plain) + 16


@given(st.text(max_size=20), st.text(max_size=20))
def test_another_persons_context_does_not_open(one: str, other: str) -> None:
    sealed = sealing.seal(KEY, NONCE, b"secret", sealing.person_context(one))
    if one != other:
        _unsealable(KEY, sealed, sealing.person_context(other))


@pytest.mark.parametrize("key", [bytes(32), b"", bytes(16), bytes(31), KEY[::-1]])
def test_another_key_does_not_open(key: bytes) -> None:
    _unsealable(key, sealing.seal(KEY, NONCE, b"secret", b""), b"")


def test_every_altered_or_missing_byte_does_not_open() -> None:
    whole = sealing.seal(KEY, NONCE, b"secret", b"c")
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 1
        _unsealable(KEY, bytes(data), b"c")
        _unsealable(KEY, whole[:position], b"c")


def test_personal_fields_open_for_their_customer_alone() -> None:
    personal = {
        "name": "李䶮", "phone": "+8613800138000", "document_type": "", "document_number": "",
        "interests": [], "needs": [], "hashes": [bytes(16)], "intent_body": bytes(32),
    }  # fmt: skip
    kind = facts.CUSTOMER_REGISTERED
    sealed = facts.seal_personal(kind, "C1", KEY, NONCE, **personal)
    assert facts.unseal_personal(kind, "C1", KEY, sealed) == personal
    for customer, key in (("C2", KEY), ("C1", bytes(32))):
        with pytest.raises(ContractFault) as refused:
            facts.unseal_personal(kind, customer, key, sealed)
        assert refused.value.code == "unsealable"
    assert "李".encode() not in sealed
    assert b"13800138000" not in sealed
    with pytest.raises(ContractFault):
        facts.seal_personal(kind, "C1", KEY, NONCE, **(personal | {"more": 1}))


def test_the_salt_depends_on_person_and_event() -> None:
    salts = {
        sealing.person_salt(key, event_id)
        for key, event_id in itertools.product((KEY, bytes(32)), (bytes(16), bytes(15) + b"\1"))
    }
    assert len(salts) == 4
    assert {len(salt) for salt in salts} == {32}


# To head office


@given(st.binary(max_size=100), st.binary(max_size=30))
def test_only_the_private_key_opens(plain: bytes, info: bytes) -> None:
    sealed = sealing.seal_to(PUBLIC, plain, info)
    assert sealing.open_sealed(PRIVATE, sealed, info) == plain
    for private, what in ((bytes(31) + b"\1", info), (PRIVATE, info + b"x")):
        with pytest.raises(ContractFault) as refused:
            sealing.open_sealed(private, sealed, what)
        assert refused.value.code == "unsealable"


def test_the_same_secret_never_looks_the_same() -> None:
    assert sealing.seal_to(PUBLIC, b"key", b"") != sealing.seal_to(PUBLIC, b"key", b"")


def test_every_altered_or_missing_byte_stays_shut() -> None:
    whole = sealing.seal_to(PUBLIC, b"secret", b"i")
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 1
        for broken in (bytes(data), whole[:position]):
            with pytest.raises(ContractFault) as refused:
                sealing.open_sealed(PRIVATE, broken, b"i")
            assert refused.value.code == "unsealable"


@given(st.binary(max_size=80))
def test_any_bytes_stay_shut(sealed: bytes) -> None:
    with pytest.raises(ContractFault) as refused:
        sealing.open_sealed(PRIVATE, sealed, b"")
    assert refused.value.code == "unsealable"


# Blind hashes


@given(st.lists(st.tuples(st.sampled_from(["phone", "passport", "uscc"]), st.text(max_size=12))))
def test_blind_hashes_tell_kinds_and_values_apart(people: list[tuple[str, str]]) -> None:
    hashes = {sealing.blind_hash(KEY, kind, value) for kind, value in people}
    assert len(hashes) == len(set(people))
    assert all(len(found) == 16 for found in hashes)


def test_blind_hashes_mean_nothing_without_the_key() -> None:
    assert sealing.blind_hash(KEY, "phone", "1") != sealing.blind_hash(bytes(32), "phone", "1")
    assert sealing.blind_hash(KEY, "phone", "1") == sealing.blind_hash(KEY, "phone", "1")
