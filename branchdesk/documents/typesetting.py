"""Set words into places: one line shrunk to its width, or paragraphs fitted to a rectangle.

Layouts speak to this in millimetres and get items back; nothing that is set can overflow its place.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Literal

from branchdesk.documents.drawing import INK, POINTS_PER_MM, Colour, Text
from branchdesk.documents.fonts import FontFolder, Weight
from branchdesk.documents.text_flow import Fitted, balanced, fit

Align = Literal["left", "centre", "right"]
# The baseline lies this far below the middle of a line, in sizes: so Noto's ideographs are centred.
_BASELINE_DROP = 0.38
# The white space between the points of a list, in lines.
_LIST_GAP = 0.15
_SHARE = {"left": 0.0, "centre": 0.5, "right": 1.0}


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks; ``leading`` is the line height as a multiple of the size."""

    size_pt: float
    weight: Weight = "regular"
    colour: Colour = INK
    align: Align = "left"
    leading: float = 1.35


@dataclass(frozen=True, slots=True)
class Column:
    """Text that was set and the y at which it ends."""

    items: tuple[Text, ...]
    bottom_mm: float


class Setter:
    """Sets text with one folder of fonts."""

    def __init__(self, fonts: FontFolder) -> None:
        self._fonts = fonts

    def line(self, text: str, x_mm: float, y_mm: float, width_mm: float, style: Style) -> Text:
        """Set one line on the baseline ``y_mm``, smaller where it would be wider than its place."""
        face = self._fonts.typeface(style.weight)
        printable = face.printable(text)
        size, extent = style.size_pt, face.width(printable) / 1000
        room = width_mm * POINTS_PER_MM
        if extent * size > room:
            size = room / extent
        x_mm += _SHARE[style.align] * (room - extent * size) / POINTS_PER_MM
        return Text(x_mm, y_mm, printable, size, style.weight, style.colour)

    def fitted(
        self, text: tuple[str, ...], at: tuple[float, float], box: tuple[float, float], style: Style
    ) -> Column:
        """Set paragraphs from the top of a box of (width, height), smaller where they must be."""
        return self._lines(self._fit(text, box, style), at, box[0], style)

    def middle(
        self, text: str, at: tuple[float, float], box: tuple[float, float], style: Style
    ) -> Column:
        """Set a paragraph like ``fitted``, half way between the top and the bottom of its box."""
        found = self._fit((text,), box, style)
        top = at[1] + (box[1] - found.height_pt / POINTS_PER_MM) / 2
        return self._lines(found, (at[0], top), box[0], style)

    def heading(
        self, text: str, at: tuple[float, float], box: tuple[float, float], style: Style
    ) -> Column:
        """Set a heading like ``fitted``, its lines about equally long."""
        face, size = self._fonts.typeface(style.weight), self._fit((text,), box, style).size_pt
        even = balanced(text, face, size, box[0] * POINTS_PER_MM)
        found = fit((text,), face, size, even, math.inf, leading=style.leading)
        return self._lines(found, at, box[0], style)

    def numbered(
        self, text: tuple[str, ...], at: tuple[float, float], box: tuple[float, float], style: Style
    ) -> Column:
        """Set a list like ``fitted``: numbered where it has two points or more, and indented."""
        face = self._fonts.typeface(style.weight)
        marks = [f"{number}." for number in range(1, len(text) + 1)] if len(text) > 1 else []
        indent_em = max(map(face.width, marks), default=0) / 1000 + (0.35 if marks else 0)
        size, height = style.size_pt, box[1] * POINTS_PER_MM
        for _ in ("to find the size", "with the indent of that size"):
            indent = indent_em * size / POINTS_PER_MM
            width = (box[0] - indent) * POINTS_PER_MM
            found = fit(text, face, size, width, height, leading=style.leading, gap=_LIST_GAP)
            size = found.size_pt
        lines = self._lines(found, (at[0] + indent, at[1]), box[0] - indent, style)
        exact = replace(style, size_pt=size)
        numbers = tuple(
            self.line(mark, at[0], lines.items[start].y_mm, indent, exact)
            for mark, start in zip(marks, found.starts, strict=False)
        )
        return Column(numbers + lines.items, lines.bottom_mm)

    def _fit(self, text: tuple[str, ...], box: tuple[float, float], style: Style) -> Fitted:
        face = self._fonts.typeface(style.weight)
        width, height = box[0] * POINTS_PER_MM, box[1] * POINTS_PER_MM
        return fit(text, face, style.size_pt, width, height, leading=style.leading)

    def _lines(
        self, found: Fitted, at: tuple[float, float], width_mm: float, style: Style
    ) -> Column:
        """Place the lines of fitted text."""
        exact = style if found.size_pt == style.size_pt else replace(style, size_pt=found.size_pt)
        step = found.size_pt * found.leading / POINTS_PER_MM
        first = at[1] + found.size_pt * (found.leading / 2 + _BASELINE_DROP) / POINTS_PER_MM
        items = []
        for number, line in enumerate(found.lines):
            gaps = (bisect_right(found.starts, number) - 1) * found.gap
            y = first + (number + gaps) * step
            items.append(self.line(line, at[0], y, width_mm, exact))
        return Column(tuple(items), at[1] + found.height_pt / POINTS_PER_MM)
