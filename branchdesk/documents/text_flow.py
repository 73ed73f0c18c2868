"""Break Chinese and Latin text into lines, and find the size at which it fits its place.

Line breaking follows the Chinese habit (GB/T 15834, W3C clreq): between any two ideographs, never
before closing punctuation, never after opening punctuation, never inside a word or a number unless
the word alone is wider than the line. Sizes are points, widths and heights points too.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from branchdesk.documents.fonts import Typeface

_NOT_FIRST = frozenset("，。、；：？！）》〉」』】〕”’…—～·,.;:?!)]}%‰℃°")
_NOT_LAST = frozenset("（《〈「『【〔“‘([{¥￥$#№")
_IDEOGRAPHS_FROM = "\u2e80"
_SHRINK = 0.95
# What every voucher of a sheet says is asked for with each of them; names and numbers only once.
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines that fit their place at ``size_pt``; ``leading`` is a multiple of the size.

    ``starts`` are the lines with which paragraphs begin, ``gap`` is the white space before each but
    the first, in lines.
    """

    lines: tuple[str, ...]
    starts: tuple[int, ...]
    size_pt: float
    leading: float
    gap: float

    @property
    def height_pt(self) -> float:
        """Return the height of all lines."""
        lines = len(self.lines) + self.gap * max(0, len(self.starts) - 1)
        return lines * self.size_pt * self.leading


@lru_cache(maxsize=_REMEMBERED)
def wrap(text: str, face: Typeface, size_pt: float, width_pt: float) -> tuple[str, ...]:
    """Return the lines of one paragraph; at least one line, none wider than ``width_pt``."""
    room = width_pt * 1000 / size_pt
    printable = face.printable(text).strip()
    if face.width(printable) <= room:
        return (printable,)
    lines, line, used = [], "", 0.0
    for piece in _pieces(printable, face, room):
        extent = face.width(piece)
        if line and used + face.width(piece.rstrip()) > room:
            lines.append(line.rstrip())
            line, used = "", 0.0
            piece = piece.lstrip()  # noqa: PLW2901 - a line never begins with the blank that broke it
            extent = face.width(piece)
        line, used = line + piece, used + extent
    return (*lines, line.rstrip())


@lru_cache(maxsize=_REMEMBERED)
def fit(
    paragraphs: tuple[str, ...],
    face: Typeface,
    size_pt: float,
    width_pt: float,
    height_pt: float,
    *,
    leading: float = 1.35,
    gap: float = 0,
) -> Fitted:
    """Wrap paragraphs at ``size_pt`` or, where they do not fit the height, at a smaller size.

    Text is never cut: the size shrinks for as long as it takes.
    """
    # No arrangement holds more text than the area does: very long text begins where it could fit.
    extent = sum(face.width(face.printable(text)) for text in paragraphs) / 1000
    if extent * leading * size_pt**2 > width_pt * height_pt:
        size_pt = math.sqrt(width_pt * height_pt / (extent * leading))
    while True:
        lines: list[str] = []
        starts: list[int] = []
        for text in paragraphs:
            starts.append(len(lines))
            lines += wrap(text, face, size_pt, width_pt)
        found = Fitted(tuple(lines), tuple(starts), size_pt, leading, gap)
        if found.height_pt <= height_pt:
            return found
        size_pt *= _SHRINK


def balanced(text: str, face: Typeface, size_pt: float, width_pt: float) -> float:
    """Return the least width on which a heading takes no more lines than on ``width_pt``."""
    count = len(wrap(text, face, size_pt, width_pt))
    if count == 1:
        return width_pt
    narrow, wide = width_pt / count, width_pt
    for _ in range(8):
        middle = (narrow + wide) / 2
        if len(wrap(text, face, size_pt, middle)) <= count:
            wide = middle
        else:
            narrow = middle
    return wide


def _pieces(text: str, face: Typeface, room: float) -> Iterator[str]:
    """Yield what must stay on one line; only a piece wider than a whole line is cut."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or _may_break(text[at - 1], text[at]):
            yield from _cut(text[start:at], face, room)
            start = at


def _may_break(before: str, after: str) -> bool:
    if before in _NOT_LAST or after in _NOT_FIRST or after == " ":
        return False
    return before == " " or before >= _IDEOGRAPHS_FROM or after >= _IDEOGRAPHS_FROM


def _cut(piece: str, face: Typeface, room: float) -> Iterator[str]:
    """Cut a piece that no line can hold, character by character."""
    if face.width(piece.rstrip()) <= room:
        yield piece
        return
    start, used = 0, 0.0
    for at, character in enumerate(piece):
        extent = face.width(character)
        if at > start and used + extent > room:
            yield piece[start:at]
            start, used = at, 0.0
        used += extent
    yield piece[start:]
