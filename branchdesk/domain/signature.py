"""A drawn signature as strokes, and as the few bytes that are sealed and kept.

A point is two whole numbers from 0 to ``SIDE_MAX``: both axes are divided by the width of what was
drawn on, so the shape stays true whatever the screen. This module must not know how a signature is
drawn, sealed or shown.

The bytes: version 1; the number of strokes; then for each stroke the number of its points, the
first point as it is, and every other as its distance from the one before. Numbers are base-128,
low part first, as short as can be; distances are folded first (0, -1, 1, -2 … become 0, 1, 2, 3 …).
Equal strokes have equal bytes, and other bytes are refused.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from branchdesk.errors import ContractFault, RuleViolation

Point = tuple[int, int]
Stroke = tuple[Point, ...]

FIELD: Final = "signature"
SIDE_MAX: Final = 4_095
STROKES_MAX: Final = 64
POINTS_MAX: Final = 1_500
BYTES_MAX: Final = 4_096
# Less ink than this is a slip of the hand: a fiftieth of the width, all strokes together.
INK_MIN: Final = SIDE_MAX // 50
_VERSION: Final = 1
_SEVEN_BITS: Final = 0x7F
_VARINT_BYTES_MAX: Final = 3


def encode_signature(strokes: Sequence[Stroke]) -> bytes:
    """Return a signature as bytes, at most ``BYTES_MAX`` of them.

    Raises RuleViolation ``signature_empty`` when next to nothing was drawn and
    ``signature_too_long`` when it does not fit, each with ``field="signature"``.
    """
    drawn = [_without_rests(stroke) for stroke in strokes if stroke]
    if sum(_length(stroke) for stroke in drawn) < INK_MIN:
        raise RuleViolation("signature_empty", field=FIELD)
    data = bytes(_written(drawn))
    points = sum(len(stroke) for stroke in drawn)
    if len(drawn) > STROKES_MAX or points > POINTS_MAX or len(data) > BYTES_MAX:
        raise RuleViolation("signature_too_long", field=FIELD)
    return data


def decode_signature(data: bytes) -> tuple[Stroke, ...]:
    """Return the strokes of a signature.

    Raises ContractFault ``signature_unreadable`` for bytes that ``encode_signature`` does not make.
    """
    try:
        strokes = _read(data)
        same = encode_signature(strokes) == data
    except (IndexError, ValueError, RuleViolation) as error:
        raise ContractFault("signature_unreadable") from error
    if not same:
        raise ContractFault("signature_unreadable")
    return strokes


def simplify(stroke: Stroke, tolerance: int) -> Stroke:
    """Return a stroke without the points that lie within ``tolerance`` of the line between others.

    Ramer 1972; Douglas and Peucker 1973.
    """
    keep, spans = {0, len(stroke) - 1}, [(0, len(stroke) - 1)]
    while spans:
        first, last = spans.pop()
        between = range(first + 1, last)
        if not between:
            continue
        away, at = max((_away(stroke[i], stroke[first], stroke[last]), i) for i in between)
        if away > tolerance * tolerance:
            keep.add(at)
            spans += [(first, at), (at, last)]
    return tuple(stroke[i] for i in sorted(keep) if i >= 0)


def fitted(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Return strokes made plain enough to fit, as true to what was drawn as there is room for.

    The last strokes go when there are more than ``STROKES_MAX``: nobody signs with that many.
    """
    kept = tuple(stroke for stroke in strokes if stroke)[:STROKES_MAX]
    tolerance = 2
    while True:
        plain = tuple(simplify(stroke, tolerance) for stroke in kept)
        points = sum(len(stroke) for stroke in plain)
        if points <= POINTS_MAX and len(bytes(_written(plain))) <= BYTES_MAX:
            return plain
        tolerance *= 2


def _without_rests(stroke: Stroke) -> Stroke:
    return tuple(p for i, p in enumerate(stroke) if i == 0 or p != stroke[i - 1])


def _length(stroke: Stroke) -> float:
    return sum(math.dist(one, other) for one, other in pairwise(stroke))


def _away(point: Point, first: Point, last: Point) -> float:
    """Return the square of a point's distance from the piece of line between two others."""
    (x, y), (left, top), (right, bottom) = point, first, last
    across, down = right - left, bottom - top
    square = across * across + down * down
    along = ((x - left) * across + (y - top) * down) / square if square else 0.0
    along = min(1.0, max(0.0, along))
    return float((x - left - along * across) ** 2 + (y - top - along * down) ** 2)


def _written(strokes: Sequence[Stroke]) -> Iterator[int]:
    yield _VERSION
    yield from _number(len(strokes))
    for stroke in strokes:
        yield from _number(len(stroke))
        before = (0, 0)
        for place, (x, y) in enumerate(stroke):
            if not (0 <= x <= SIDE_MAX and 0 <= y <= SIDE_MAX):
                raise ValueError(f"not a point: {x}, {y}")
            for value, last in ((x, before[0]), (y, before[1])):
                yield from _number(_folded(value - last) if place else value)
            before = (x, y)


def _read(data: bytes) -> tuple[Stroke, ...]:
    if len(data) > BYTES_MAX or data[0] != _VERSION:
        raise ValueError("not a signature")
    count, at = _number_at(data, 1)
    strokes = []
    for _ in range(min(count, STROKES_MAX + 1)):
        points, at = _number_at(data, at)
        stroke: list[Point] = []
        for place in range(min(points, POINTS_MAX + 1)):
            x, at = _number_at(data, at)
            y, at = _number_at(data, at)
            last = stroke[-1] if stroke else (0, 0)
            stroke.append((last[0] + _unfolded(x), last[1] + _unfolded(y)) if place else (x, y))
        strokes.append(tuple(stroke))
    return tuple(strokes)


def _folded(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


def _unfolded(value: int) -> int:
    return value // 2 if value % 2 == 0 else -(value // 2) - 1


def _number(value: int) -> Iterator[int]:
    while value > _SEVEN_BITS:
        yield value & _SEVEN_BITS | 0x80
        value >>= 7
    yield value


def _number_at(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_VARINT_BYTES_MAX):
        byte = data[at + place]
        value |= (byte & _SEVEN_BITS) << (7 * place)
        if byte <= _SEVEN_BITS:
            return value, at + place + 1
    raise ValueError("a number is too long")
