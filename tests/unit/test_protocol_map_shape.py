"""The short way of reading known maps takes exactly what the general way takes, byte for byte."""

import uuid
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec, facts
from branchdesk.protocol.event import _FIELDS as ENVELOPE_FIELDS
from branchdesk.protocol.event import Envelope
from branchdesk.protocol.map_shape import MapShape

_ALL = {"envelope": ENVELOPE_FIELDS, **facts.PAYLOAD_FIELDS, **facts.PERSONAL_FIELDS}
_SHAPES = {name: MapShape(fields) for name, fields in _ALL.items()}

_integers = st.integers(0, 30) | st.integers(0, (1 << 64) - 1)
_texts = st.text(max_size=30) | st.sampled_from(["", "客户", "a" * 300])
_leaves = st.none() | st.booleans() | _integers | st.integers(-(1 << 64), -1) | _texts | st.binary()
_anything = st.recursive(
    _leaves | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts | _integers, inner),
    max_leaves=12,
)
_OF = {int: _integers, bool: st.booleans(), bytes: st.binary(max_size=40), str: _texts,
       list: st.lists(_anything, max_size=4),
       dict: st.dictionaries(_texts, _anything, max_size=4)}  # fmt: skip


def _judge(read: Any, name: str, data: bytes) -> tuple[str, Any]:
    try:
        return "read", read(data, what=name, bytes_max=64 << 10)
    except ContractFault as fault:
        return "fault", (fault.code, dict(fault.facts))


def _both_agree(name: str, data: bytes) -> str:
    def generally(data: bytes, **how: Any) -> dict[str, Any]:
        return codec.decode_map(data, _ALL[name], **how)

    short, general = _judge(_SHAPES[name].decode, name, data), _judge(generally, name, data)
    assert short == general
    if short[0] == "read":
        # Equality takes True for 1 and 1.0 for 1: types are compared by the bytes.
        assert cbor2.dumps(short[1]) == cbor2.dumps(general[1]) == data
        assert list(short[1]) == list(general[1])
    return short[0]


@st.composite
def _maps(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(sorted(_ALL)))
    fields = {field: draw(_OF[kind]) for field, kind in _ALL[name].items()}
    return name, fields


@given(_maps())
def test_every_map_of_the_right_fields_is_judged_alike(made: tuple[str, dict[str, Any]]) -> None:
    name, fields = made
    _both_agree(name, cbor2.dumps(fields, canonical=True))


@given(_maps(), st.data())
def test_another_order_or_form_is_judged_alike(
    made: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    name, fields = made
    shuffled = dict(data.draw(st.permutations(sorted(fields.items()))))
    _both_agree(name, cbor2.dumps(shuffled))
    _both_agree(name, cbor2.dumps(shuffled, canonical=True, indefinite_containers=True))


@given(_maps(), st.data())
def test_wrong_fields_and_types_are_judged_alike(
    made: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    name, fields = made
    field = data.draw(st.sampled_from(sorted(fields)))
    changed = {**fields, field: data.draw(_anything)}
    _both_agree(name, cbor2.dumps(changed, canonical=True))
    _both_agree(name, cbor2.dumps({k: v for k, v in fields.items() if k != field}, canonical=True))
    _both_agree(name, cbor2.dumps({**fields, data.draw(_texts): 0}, canonical=True))


@settings(max_examples=300)
@given(_maps(), st.data())
def test_altered_bytes_are_judged_alike(
    made: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    name, fields = made
    whole = bytearray(cbor2.dumps(fields, canonical=True))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        match data.draw(st.sampled_from(["change", "drop", "add", "cut"])):
            case "change":
                whole[at] = data.draw(st.integers(0, 255))
            case "drop" if len(whole) > 1:
                del whole[at]
            case "add":
                whole[at:at] = data.draw(st.binary(min_size=1, max_size=9))
            case _:
                del whole[at + 1 :]
    _both_agree(name, bytes(whole))


@given(st.binary(max_size=200))
def test_noise_is_judged_alike(data: bytes) -> None:
    for name in ("envelope", facts.VOUCHER_ISSUED, facts.CUSTOMER_REGISTERED):
        _both_agree(name, data)


def _envelope(**refs: Any) -> bytes:
    return Envelope(
        7, 1, 1234, bytes(32), uuid.UUID(int=7), facts.VOUCHER_ISSUED, 1, "B001", "T001",
        1_790_000_000_000, "+08:00", bytes(16), 5, "trusted", refs, bytes(32),
    ).encode()  # fmt: skip


def test_every_single_altered_byte_of_an_envelope_is_judged_alike() -> None:
    whole = _envelope(grant=1_000_001, slot=17)
    judged = set()
    for at in range(len(whole)):
        for value in {0, 0x17, 0x18, 0x5F, 0x7F, 0x9F, 0xBF, 0xC1, 0xD8, 0xFB, 0xFF,
                      whole[at] ^ 1, whole[at] ^ 0x20, whole[at] ^ 0x80}:  # fmt: skip
            judged.add(_both_agree("envelope", whole[:at] + bytes([value]) + whole[at + 1 :]))
    assert judged == {"read", "fault"}


@pytest.mark.parametrize(
    ("right", "longer"),
    [
        (b"hterminal\x07", b"hterminal\x18\x07"),
        (b"cseq\x19\x04\xd2", b"cseq\x1a\x00\x00\x04\xd2"),
        (b"eepoch\x01", b"x\x05epoch\x01"),
        (b"foutletdB001", b"foutletx\x04B001"),
        (b"foutletdB001", b"foutlet\x7fdB001\xff"),
        (b"drefs\xa0", b"drefs\xbf\xff"),
        (b"drefs\xa0", b"drefs\xa1aa\xf9\x3c\x00"),
        (b"drefs\xa0", b"drefs\xd8\x1c\xa0"),
        (b"drefs\xa0", b"drefs\xa2abaaaa\x01"),
        (b"drefs\xa0", b"drefs\xa2aa\x01aa\x01"),
        (b"drefs\xa0", b"drefs\xa2bab\x01aa\x01"),
        (b"hterminal\x07", b"hterminal\xf5"),
        (b"hterminal\x07", b"hterminal\x20"),
        (b"\xb1", b"\xb8\x11"),
    ],
)
def test_a_form_that_is_not_the_deterministic_one_is_refused(right: bytes, longer: bytes) -> None:
    whole = _envelope()
    altered = whole.replace(right if right != b"\xb1" else whole[:1], longer, 1)
    assert altered != whole
    assert _both_agree("envelope", whole) == "read"
    assert _both_agree("envelope", altered) == "fault"


def test_the_usual_message_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the general way was taken")

    monkeypatch.setattr(codec, "decode_map", refuse)
    shape = MapShape(ENVELOPE_FIELDS)
    assert shape.decode(_envelope(grant=1, slot=2), what="envelope")["refs"] == {
        "slot": 2, "grant": 1
    }  # fmt: skip


def test_what_is_optional_may_be_there_and_nothing_else() -> None:
    fields = {"customer": str, "hashes": list}
    shape = MapShape(fields, {"signatures": dict})
    plain = {"customer": "C1", "hashes": []}
    for good in (plain, plain | {"signatures": {"service": b"drawn"}}):
        assert shape.decode(cbor2.dumps(good, canonical=True), what="person") == good
    for bad in (
        plain | {"signatures": []},
        plain | {"other": {}},
        {"customer": "C1", "signatures": {}},
    ):
        with pytest.raises(ContractFault):
            shape.decode(cbor2.dumps(bad, canonical=True), what="person")
    with pytest.raises(ContractFault):
        # A program that knows no such field refuses it: it would not know what it lets through.
        MapShape(fields).decode(
            cbor2.dumps(plain | {"signatures": {}}, canonical=True), what="person"
        )


def test_trailing_bytes_and_too_many_bytes_are_refused() -> None:
    assert _both_agree("envelope", _envelope() + b"\x00") == "fault"
    assert _both_agree("envelope", _envelope(note="x" * 70_000)) == "fault"
