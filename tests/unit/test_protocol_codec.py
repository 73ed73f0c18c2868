"""The codec refuses everything but the one deterministic encoding, and always in the same words."""

import struct
import time
from typing import Any

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec

_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.binary(max_size=40)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


def _problem(data: bytes, **limits: int) -> object:
    with pytest.raises(ContractFault) as refused:
        codec.decode(data, what="thing", **limits)
    assert refused.value.code == "malformed"
    assert refused.value.facts["what"] == "thing"
    return refused.value.facts["problem"]


def _head(major: int, number: int) -> bytes:
    """Write the shortest head of RFC 8949 section 3, without the library."""
    if number < 24:
        return bytes([major << 5 | number])
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if number < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise AssertionError(number)


def _by_hand(value: Any) -> bytes:
    """Encode by RFC 8949 section 4.2.1: shortest heads, keys in bytewise order of their bytes."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(_by_hand, value))
    pairs = sorted((_by_hand(key), _by_hand(item)) for key, item in value.items())
    return _head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


def _shared_reference_bomb(levels: int, width: int) -> bytes:
    """Return lists that each repeat the one before ``width`` times, by reference (tags 28, 29)."""
    first = b"\xd8\x1c\x81\x00"
    rest = (
        b"\xd8\x1c" + bytes([0x80 + width]) + (b"\xd8\x1d" + bytes([level])) * width
        for level in range(levels - 1)
    )
    return bytes([0x80 + levels]) + first + b"".join(rest)


def _string_reference_bomb(times: int) -> bytes:
    """Return one long text that is repeated by reference (tags 256 and 25)."""
    body = _head(4, times + 1) + _head(2, 60_000) + bytes(60_000) + b"\xd8\x19\x00" * times
    return b"\xd9\x01\x00" + body


@given(_PLAIN)
def test_a_plain_value_comes_back_as_it_was(value: Any) -> None:
    if _depth(value) <= 16:
        assert codec.decode(codec.encode(value), what="thing") == value


@given(_PLAIN)
def test_the_encoding_is_that_of_the_standard(value: Any) -> None:
    assert codec.encode(value) == _by_hand(value)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, (dict, list)) else 0


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\xd8\x1e\x82\x01\x00")
@example(b"\xd8\x23\x61(")
@example(b"\xa1\x81\x00\x00")
def test_any_bytes_are_read_or_refused_but_never_crash(data: bytes) -> None:
    try:
        value = codec.decode(data, what="thing")
    except ContractFault:
        assert _problem(data) in {"not_cbor", "not_deterministic"}
    else:
        assert codec.encode(value) == data


@given(_PLAIN, st.data())
def test_a_torn_value_is_refused(value: Any, data: st.DataObject) -> None:
    whole = codec.encode(value)
    torn = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert _problem(torn) == "not_cbor"


@given(_PLAIN, st.binary(min_size=1, max_size=8))
def test_bytes_after_the_value_are_refused(value: Any, tail: bytes) -> None:
    _problem(codec.encode(value) + tail)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a key twice", "a2616101616102"),
        ("keys out of order", "a2616201616101"),
        ("longer key first", "a26261610161620 2".replace(" ", "")),
        ("indefinite map", "bf616101ff"),
        ("indefinite list", "9f01ff"),
        ("indefinite bytes", "5f4100ff"),
        ("indefinite text", "7f6161ff"),
        ("integer in two bytes", "1800"),
        ("integer in three bytes", "190017"),
        ("integer in five bytes", "1a000000ff"),
        ("integer in nine bytes", "1b00000000ffffffff"),
        ("long length of bytes", "580161"),
        ("long length of text", "780161"),
        ("long length of a list", "980100"),
        ("long length of a map", "b801616100"),
        ("float", "fb3ff0000000000000"),
        ("half float", "f93c00"),
        ("not a number", "f97e00"),
        ("undefined", "f7"),
        ("simple value", "e0"),
        ("simple value in two bytes", "f8ff"),
        ("integer key", "a10102"),
        ("byte string key", "a1416102"),
        ("list as key", "a1810000"),
        ("negative beyond 63 bits", "3b8000000000000000"),
        ("date", "c074323031332d30332d32315432303a30343a30305a"),
        ("time", "c11a514b67b0"),
        ("bignum", "c249010000000000000000"),
        ("small bignum", "c24101"),
        ("decimal", "c48221196ab3"),
        ("rational by zero", "d81e820100"),
        ("regular expression", "d8236128"),
        ("cyclic list", "d81c81d81d00"),
        ("set", "d9010281 01".replace(" ", "")),
        ("self-described", "d9d9f700"),
        ("unknown tag", "d9ffff00"),
        ("bad UTF-8", "61ff"),
        ("surrogate in UTF-8", "63eda080"),
        ("break alone", "ff"),
        ("reserved head", "1c"),
    ],
)
def test_what_is_not_deterministic_and_plain_is_refused(name: str, data: str) -> None:
    assert _problem(bytes.fromhex(data)) in {"not_cbor", "not_deterministic"}, name


@pytest.mark.parametrize("head", ["5b", "7b", "9b", "bb"])
@pytest.mark.parametrize("length", [1 << 20, 1 << 32, (1 << 63) - 1, (1 << 64) - 1])
def test_a_huge_declared_length_is_refused(head: str, length: int) -> None:
    assert _problem(bytes.fromhex(head) + struct.pack(">Q", length)) == "not_cbor"


@pytest.mark.parametrize("depth", [17, 100, 401, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert _problem(b"\x81" * depth + b"\x00") == "not_cbor"
    assert _problem(b"\xa1\x60" * depth + b"\x00") == "not_cbor"
    assert _problem(b"\xc6" * depth + b"\x00") == "not_cbor"


def test_sixteen_levels_are_enough_for_us() -> None:
    data = b"\x81" * 16 + b"\x00"
    assert codec.encode(codec.decode(data, what="thing")) == data


@pytest.mark.parametrize(
    "bomb",
    [_shared_reference_bomb(15, 20), _string_reference_bomb(100_000)],
    ids=["shared values", "shared strings"],
)
def test_references_are_refused_before_they_unfold(bomb: bytes) -> None:
    started = time.perf_counter()
    assert _problem(bomb) == "not_cbor"
    # Unfolded, the first takes millennia and the second six gigabytes.
    assert time.perf_counter() - started < 5


@given(st.integers(0, (1 << 64) - 1), _PLAIN)
def test_every_tag_is_refused(tag: int, value: Any) -> None:
    tagged = _head(6, tag) + codec.encode(value)
    assert _problem(tagged) == "not_cbor"
    assert _problem(b"\x81" + tagged) == "not_cbor"


@given(st.integers(0, 1 << 16))
def test_every_tag_that_the_library_knows_is_refused(tag: int) -> None:
    inners: list[object] = [0, "1", b"1", [0, 1], {}, None]
    for inner in inners:
        assert _problem(_head(6, tag) + codec.encode(inner)) == "not_cbor"


def test_too_many_bytes_are_refused_unread() -> None:
    assert _problem(b"\xff" * 11, bytes_max=10) == "too_large"
    assert codec.decode(codec.encode(bytes(8)), what="thing", bytes_max=9) == bytes(8)
    assert _problem(codec.encode(bytes(9)), bytes_max=9) == "too_large"


_SHAPE = {"n": int, "b": bytes, "t": str, "l": list, "m": dict, "y": bool}
_GOOD: dict[str, object] = {"n": 0, "b": b"", "t": "", "l": [], "m": {}, "y": False}


def test_a_map_with_exactly_its_fields_is_read() -> None:
    assert codec.decode_map(codec.encode(_GOOD), _SHAPE, what="thing") == _GOOD


@pytest.mark.parametrize("changed", [*({k: ...} for k in _GOOD), {"more": 1}, {"": 1}])
def test_a_field_too_few_or_too_many_is_refused(changed: dict[str, object]) -> None:
    fields = {k: v for k, v in (_GOOD | changed).items() if v is not ...}
    with pytest.raises(ContractFault) as refused:
        codec.decode_map(codec.encode(fields), _SHAPE, what="thing")
    assert refused.value.facts["problem"] == "wrong_fields"


_OF_ANOTHER_TYPE: dict[str, list[object]] = {
    "n": [-1, True, False, None, "1", b"1", []],
    "y": [0, 1, None, "true"],
    "b": ["", None, 0, []],
    "t": [b"", None, 0, []],
    "l": [{}, None, "", b""],
    "m": [[], None, "", b""],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in _OF_ANOTHER_TYPE.items() for value in values],
)
def test_a_field_of_another_type_is_named(name: str, value: object) -> None:
    with pytest.raises(ContractFault) as refused:
        codec.decode_map(codec.encode(_GOOD | {name: value}), _SHAPE, what="thing")
    assert refused.value.facts == {"what": "thing", "problem": "wrong_type", "field": name}


@pytest.mark.parametrize("value", [[], 0, None, "n", b"n", True])
def test_what_is_no_map_is_refused(value: object) -> None:
    with pytest.raises(ContractFault) as refused:
        codec.decode_map(cbor2.dumps(value, canonical=True), _SHAPE, what="thing")
    assert refused.value.facts["problem"] == "wrong_fields"
