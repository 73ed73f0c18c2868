"""Envelopes come back as written, and whatever is not an envelope is refused by name."""

from dataclasses import fields as fields_of
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec, facts
from branchdesk.protocol.event import Envelope, commitment, decode_envelope, event_hash

PLAIN = Envelope(
    terminal=12,
    epoch=1,
    seq=3,
    prev_hash=bytes(32),
    event_id=UUID(int=7),
    type="voucher.issued",
    type_ver=1,
    outlet="B001",
    staff="T001",
    wall_utc_ms=1_799_024_400_000,
    tz="+08:00",
    boot_id=bytes(16),
    mono_ms=1_000,
    clock_state="trusted",
    refs={"grant": 7, "voucher": "7-1"},
    payload_commit=bytes(32),
)

_NUMBERS = st.integers(0, (1 << 64) - 1)
_WORDS = st.text(max_size=20)
_ENVELOPES = st.builds(
    Envelope,
    terminal=_NUMBERS,
    epoch=_NUMBERS,
    seq=_NUMBERS,
    prev_hash=st.binary(min_size=32, max_size=32),
    event_id=st.uuids(),
    type=_WORDS,
    type_ver=_NUMBERS,
    outlet=_WORDS,
    staff=_WORDS,
    wall_utc_ms=_NUMBERS,
    tz=_WORDS,
    boot_id=st.binary(max_size=16),
    mono_ms=_NUMBERS,
    clock_state=_WORDS,
    refs=st.dictionaries(_WORDS, _WORDS | st.integers(-(1 << 63), (1 << 64) - 1), max_size=6),
    payload_commit=st.binary(min_size=32, max_size=32),
)


def _fields(envelope: Envelope) -> dict[str, object]:
    """Return the map on the wire, from the value's own fields."""
    named = {field.name: getattr(envelope, field.name) for field in fields_of(envelope)}
    return {**named, "env_ver": 1, "event_id": envelope.event_id.bytes}


def _refused(data: bytes) -> dict[str, object]:
    with pytest.raises(ContractFault) as refused:
        decode_envelope(data)
    assert refused.value.code == "malformed"
    assert refused.value.facts["what"] == "envelope"
    return refused.value.facts


@given(_ENVELOPES)
def test_an_envelope_comes_back_as_written(envelope: Envelope) -> None:
    data = envelope.encode()
    assert decode_envelope(data) == envelope
    assert decode_envelope(data).encode() == data


@given(st.integers(0, 8 * len(PLAIN.encode()) - 1))
def test_any_flipped_bit_changes_the_hash_and_is_read_or_refused(bit: int) -> None:
    data = bytearray(PLAIN.encode())
    data[bit // 8] ^= 1 << bit % 8
    assert event_hash(bytes(data)) != event_hash(PLAIN.encode())
    try:
        found = decode_envelope(bytes(data))
    except ContractFault:
        return
    assert found != PLAIN


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    _refused(data)


@pytest.mark.parametrize("name", [*_fields(PLAIN)])
def test_every_field_must_be_there(name: str) -> None:
    fields = _fields(PLAIN)
    del fields[name]
    assert _refused(codec.encode(fields))["problem"] == "wrong_fields"


@pytest.mark.parametrize("name", [*_fields(PLAIN)])
def test_no_field_may_be_null(name: str) -> None:
    facts_found = _refused(codec.encode(_fields(PLAIN) | {name: None}))
    assert (facts_found["problem"], facts_found["field"]) == ("wrong_type", name)


@pytest.mark.parametrize("name", ["terminal", "epoch", "seq", "wall_utc_ms", "mono_ms", "type_ver"])
@pytest.mark.parametrize("value", [-1, True])
def test_numbers_are_neither_negative_nor_boolean(name: str, value: object) -> None:
    assert _refused(codec.encode(_fields(PLAIN) | {name: value}))["field"] == name


@pytest.mark.parametrize(
    ("name", "length"),
    [(name, n) for name in ("prev_hash", "payload_commit") for n in (0, 31, 33)]
    + [("event_id", 0), ("event_id", 15), ("event_id", 17)],
)
def test_lengths_are_exact(name: str, length: int) -> None:
    found = _refused(codec.encode(_fields(PLAIN) | {name: bytes(length)}))
    assert (found["problem"], found["field"]) == ("wrong_length", name)


@pytest.mark.parametrize("version", [0, 2, 1 << 63])
def test_another_envelope_version_is_named(version: int) -> None:
    found = _refused(codec.encode(_fields(PLAIN) | {"env_ver": version}))
    assert found["problem"] == "unknown_version"


@pytest.mark.parametrize("value", [True, None, b"1", [], {}, 1.5])
def test_refs_hold_numbers_and_texts_only(value: object) -> None:
    found = _refused(codec.encode(_fields(PLAIN) | {"refs": {"slot": value}}))
    assert found["problem"] in {"wrong_type", "not_cbor"}


def test_an_envelope_over_64_kib_is_refused() -> None:
    fits = replace(PLAIN, staff="T" * 60_000)
    assert decode_envelope(fits.encode()) == fits
    assert _refused(replace(PLAIN, staff="T" * 65_536).encode())["problem"] == "too_large"


def test_unknown_kinds_and_versions_are_envelopes_all_the_same() -> None:
    strange = replace(PLAIN, type="weather.noted", type_ver=99)
    assert decode_envelope(strange.encode()) == strange


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_the_commitment_binds_the_payload(one: bytes, other: bytes) -> None:
    salt = bytes(range(32))
    assert (commitment(salt, one) == commitment(salt, other)) == (one == other)


@given(st.binary(max_size=64), st.binary(min_size=32, max_size=32))
def test_the_commitment_hides_behind_the_salt(payload: bytes, salt: bytes) -> None:
    assert commitment(salt, payload) != commitment(bytes(32), payload) or salt == bytes(32)


# Payloads

_SAMPLES: dict[type, object] = {int: 1, bool: True, str: "x", bytes: b"x", list: [], dict: {}}


@pytest.mark.parametrize("kind", [*facts.PAYLOAD_FIELDS])
def test_payloads_come_back_and_strangers_are_refused(kind: str) -> None:
    good = {name: _SAMPLES[of] for name, of in facts.PAYLOAD_FIELDS[kind].items()}
    payload = facts.encode_payload(kind, **good)
    assert facts.decode_payload(kind, payload) == good
    for wrong in (good | {"more": 1}, {k: v for k, v in good.items() if k != next(iter(good))}):
        with pytest.raises(ContractFault) as refused:
            facts.encode_payload(kind, **wrong)
        assert refused.value.facts == {"what": kind, "problem": "wrong_fields"}
        with pytest.raises(ContractFault) as refused:
            facts.decode_payload(kind, codec.encode(wrong))
        assert refused.value.facts == {"what": kind, "problem": "wrong_fields"}


def test_an_unknown_kind_of_event_is_named() -> None:
    with pytest.raises(ContractFault) as refused:
        facts.decode_payload("weather.noted", codec.encode({}))
    assert (refused.value.code, refused.value.facts) == (
        "unknown_event_type",
        {"type": "weather.noted"},
    )


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9) | st.text(max_size=3)))
def test_the_same_wish_has_the_same_body_whatever_the_order(wish: dict[str, object]) -> None:
    turned = dict(reversed(wish.items()))
    assert facts.intent_body(**wish) == facts.intent_body(**turned)
    assert facts.intent_body(**wish, c=1) != facts.intent_body(**wish)
