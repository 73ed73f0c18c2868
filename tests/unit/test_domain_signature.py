"""Signatures: what is drawn comes back, what nobody drew is refused, and nothing is too large."""

import math
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from branchdesk.domain.signature import (
    BYTES_MAX,
    POINTS_MAX,
    SIDE_MAX,
    STROKES_MAX,
    Stroke,
    decode_signature,
    encode_signature,
    fitted,
    simplify,
)
from branchdesk.errors import ContractFault, RuleViolation

points = st.tuples(st.integers(0, SIDE_MAX), st.integers(0, SIDE_MAX))
strokes = st.lists(st.lists(points, min_size=1, max_size=40).map(tuple), max_size=12)
LINE: Stroke = ((0, 0), (SIDE_MAX, SIDE_MAX))


def read(data: bytes) -> tuple[Stroke, ...] | None:
    """Return the strokes, or nothing where the bytes are refused; any other error fails."""
    try:
        return decode_signature(data)
    except ContractFault:
        return None


def test_other_bytes_are_refused_by_their_code() -> None:
    with pytest.raises(ContractFault) as refused:
        decode_signature(encode_signature([LINE]) + b"\0")
    assert refused.value.code == "signature_unreadable"
    assert read(b"") is None


def curve(count: int, waves: int = 3) -> Stroke:
    """Return a wave from left to right."""
    step = SIDE_MAX / (count - 1)
    return tuple(
        (round(i * step), 600 + round(400 * math.sin(waves * math.tau * i / count)))
        for i in range(count)
    )


def test_the_bytes_of_a_small_signature_are_these() -> None:
    signature = (((100, 200), (101, 199), (301, 199)), ((5, 5),))
    assert encode_signature(signature).hex(" ") == "01 02 03 64 c8 01 02 01 90 03 00 01 05 05"
    assert decode_signature(encode_signature(signature)) == signature


@given(strokes)
def test_what_was_drawn_comes_back_without_the_rests(drawn: list[Stroke]) -> None:
    drawn.append(LINE)
    back = decode_signature(encode_signature(drawn))
    assert len(back) == len(drawn)
    for stroke, kept in zip(drawn, back, strict=True):
        assert kept == tuple(p for i, p in enumerate(stroke) if i == 0 or p != stroke[i - 1])


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x01")
@example(b"\x02" + encode_signature([LINE])[1:])
@example(encode_signature([LINE]) + b"\0")
@example(bytes.fromhex("01 81 00 02 00 00 ff 3f ff 3f"))
def test_bytes_are_read_in_one_way_or_refused(data: bytes) -> None:
    found = read(data)
    assert found is None or encode_signature(found) == data


@pytest.mark.parametrize("at", range(10))
def test_a_changed_byte_never_gives_the_same_signature(at: int) -> None:
    data = bytearray(encode_signature([LINE]))
    data[at % len(data)] ^= 0x40
    assert read(bytes(data)) != (LINE,)


@pytest.mark.parametrize("drawn", [[], [()], [((7, 7),)], [((0, 0), (30, 30))]])
def test_a_slip_of_the_hand_is_no_signature(drawn: list[Stroke]) -> None:
    with pytest.raises(RuleViolation) as refused:
        encode_signature(drawn)
    assert (refused.value.code, refused.value.facts) == ("signature_empty", {"field": "signature"})


@pytest.mark.parametrize(
    "drawn",
    [[LINE] * (STROKES_MAX + 1), [curve(POINTS_MAX + 1)], [LINE * 700]],
    ids=["strokes", "points", "bytes"],
)
def test_more_than_fits_is_refused_and_fitted_before(drawn: list[Stroke]) -> None:
    with pytest.raises(RuleViolation) as refused:
        encode_signature(drawn)
    assert refused.value.code == "signature_too_long"
    assert len(encode_signature(fitted(drawn))) <= BYTES_MAX


def test_a_long_signature_is_made_plainer_only_as_far_as_there_is_need() -> None:
    wild = [curve(4_000, waves=40) for _ in range(3)]
    plain = fitted(wild)
    assert len(encode_signature(plain)) <= BYTES_MAX
    assert sum(len(stroke) for stroke in plain) > POINTS_MAX // 4
    assert fitted([LINE]) == (LINE,)


@given(st.lists(points, min_size=1, max_size=60).map(tuple), st.integers(1, 200))
def test_a_plainer_stroke_keeps_its_ends_and_stays_near(stroke: Stroke, tolerance: int) -> None:
    plain = simplify(stroke, tolerance)
    assert (plain[0], plain[-1]) == (stroke[0], stroke[-1])
    assert set(plain) <= set(stroke)
    for x, y in stroke:
        assert min(_from_piece((x, y), a, b) for a, b in _pieces(plain)) <= tolerance + 0.5


def _pieces(stroke: Stroke) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return list(pairwise(stroke)) or [(stroke[0], stroke[0])]


def _from_piece(point: tuple[int, int], first: tuple[int, int], last: tuple[int, int]) -> float:
    steps = [k / 200 for k in range(201)]
    spots = [
        (first[0] + s * (last[0] - first[0]), first[1] + s * (last[1] - first[1])) for s in steps
    ]
    coarse = math.dist(first, last) / 400
    return min(math.dist(point, spot) for spot in spots) - coarse
