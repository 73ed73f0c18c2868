"""A voucher on a receipt roll, 80 or 58 mm: black only, one column, as long as it needs to be.

The same layout feeds the PDF and the raster that goes to the printer, so the module size is a whole
number of the print head's dots (8 a millimetre). Rolls print 72 and 48 mm of their width.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from branchdesk.documents.drawing import (
    BLACK,
    POINTS_PER_MM,
    WHITE,
    Block,
    Box,
    Code,
    Item,
    Page,
    Placed,
    Rule,
)
from branchdesk.documents.fonts import FontFolder, Weight
from branchdesk.documents.labels import Labels
from branchdesk.documents.models import VoucherFace
from branchdesk.documents.qr import QUIET_MODULES, encode_token
from branchdesk.documents.typesetting import Align, Column, Setter, Style
from branchdesk.documents.voucher_parts import (
    SharedBlocks,
    band_words,
    day_words,
    holder_words,
    printed_code,
)

DOTS_PER_MM = 8


@dataclass(frozen=True, slots=True)
class Roll:
    """A paper: how wide it prints, how large code and text are on it."""

    printed_mm: float
    code_mm: float
    text_pt: float


ROLLS = {80: Roll(72, 50, 9.5), 58: Roll(48, 37, 8.5)}
_TOP_MM, _BOTTOM_MM = 4.0, 6.0
_LABEL_SHARE = 0.3
# Where the baseline stands in the height of a line that is set by itself.
_BASELINE = 0.74


class ReceiptLayout:
    """A length of roll for each voucher."""

    def __init__(self, fonts: FontFolder, labels: Labels, *, paper_mm: int) -> None:
        self._set, self._labels = Setter(fonts), labels
        self._paper, self._roll = paper_mm, ROLLS[paper_mm]
        self._shared = SharedBlocks(lambda face: (self._head(face), self._foot(face)))

    def pages(self, faces: Iterable[VoucherFace]) -> Iterator[Page]:
        """Yield one page for each voucher, of the paper's full width."""
        margin = (self._paper - self._roll.printed_mm) / 2
        return (self._page(face, self._paper, margin) for face in faces)

    def printed_page(self, face: VoucherFace) -> Page:
        """Return one voucher as wide as the printer prints, without the roll's margins."""
        return self._page(face, self._roll.printed_mm, 0)

    def _page(self, face: VoucherFace, width_mm: float, margin_mm: float) -> Page:
        head, foot = self._shared.of(face)
        own = self._own(face)
        tops = [_TOP_MM, _TOP_MM + head.height_mm, _TOP_MM + head.height_mm + own.height_mm]
        height = tops[-1] + foot.height_mm + _BOTTOM_MM
        parts = (
            Placed(margin_mm, tops[0], head, shared=True),
            Placed(margin_mm, tops[1], own, shared=False),
            Placed(margin_mm, tops[2], foot, shared=True),
        )
        return Page(width_mm, height, parts)

    def _head(self, face: VoucherFace) -> Block:
        """Return bank, campaign, offer and what it is worth."""
        stack, size = self._stack(), self._roll.text_pt
        stack.text(face.bank_name, _black(size * 1.35, "bold"))
        stack.text(face.campaign_name, _black(size * 0.95))
        stack.gap(1.5)
        if face.practice:
            stack.bar(self._labels("voucher.practice"), size * 1.9)
        stack.rule()
        stack.gap(1)
        stack.text(face.offer_name, _black(size * 1.6, "bold"))
        stack.text(face.face_text, _black(size * 3.4, "bold", leading=1.15))
        stack.gap(2)
        return stack.block()

    def _own(self, face: VoucherFace) -> Block:
        """Return the code and what belongs to this voucher alone."""
        symbol, stack, size = encode_token(face.token_text), self._stack(), self._roll.text_pt
        module_mm = int(self._roll.code_mm * DOTS_PER_MM) // symbol.size_modules / DOTS_PER_MM
        side = module_mm * symbol.size_modules
        # The rule above the offer's name is far enough; text stays out of the quiet zone.
        stack.gap(QUIET_MODULES * module_mm)
        stack.add(Code((self._roll.printed_mm - side) / 2, stack.y_mm, side, symbol), side)
        stack.gap(QUIET_MODULES * module_mm)
        stack.line(printed_code(face, self._labels), _black(size * 1.18, "bold"))
        stack.gap(1.5)
        words = band_words(face, self._labels)
        if words:
            stack.bar(words, size * 1.15)
        stack.rule()
        stack.gap(1)
        stack.row(*holder_words(face, self._labels))
        stack.row(self._labels("voucher.number"), face.running_number)
        return stack.block()

    def _foot(self, face: VoucherFace) -> Block:
        """Return dates, terms and the outlet."""
        stack, label, size = self._stack(), self._labels, self._roll.text_pt
        days = day_words(face, label)
        stack.row(days.issued_label, label.day(face.issued_on))
        stack.row(days.last_label, label.day(face.expires_on), "bold")
        stack.text(days.note, _black(size * 0.85, align="right"))
        stack.gap(1)
        stack.rule()
        stack.gap(1)
        if face.terms:
            stack.text(label("voucher.terms"), _black(size, "bold", "left"))
            stack.terms(face.terms, _black(size * 0.9, align="left", leading=1.45))
            stack.gap(1)
            stack.rule()
            stack.gap(1)
        stack.text(face.outlet_name, _black(size * 0.9, "bold"))
        stack.text(face.outlet_address, _black(size * 0.85))
        approval = label("voucher.approval", number=face.approval_no)
        stack.text(approval, _black(size * 0.85))
        if face.practice:
            stack.gap(1.5)
            stack.bar(label("voucher.practice"), size * 1.9)
        return stack.block()

    def _stack(self) -> "Stack":
        return Stack(self._set, self._roll)


class Stack:
    """Items set one below the other, all of them black."""

    def __init__(self, setter: Setter, roll: Roll) -> None:
        self._set, self._roll, self._width = setter, roll, roll.printed_mm
        self._items: list[Item] = []
        self.y_mm = 0.0

    def block(self) -> Block:
        """Return what was stacked."""
        return Block(tuple(self._items), self.y_mm)

    def add(self, item: Item, height_mm: float) -> None:
        """Add an item that was placed at ``y_mm``."""
        self._items.append(item)
        self.y_mm += height_mm

    def gap(self, height_mm: float) -> None:
        """Leave white space."""
        self.y_mm += height_mm

    def text(self, text: str, style: Style) -> None:
        """Add text over the whole width, on as many lines as it takes."""
        self._column(self._set.heading(text, (0, self.y_mm), (self._width, math.inf), style))

    def terms(self, terms: tuple[str, ...], style: Style) -> None:
        """Add a numbered list."""
        self._column(self._set.numbered(terms, (0, self.y_mm), (self._width, math.inf), style))

    def line(self, text: str, style: Style) -> None:
        """Add text on one line, smaller where it would not fit."""
        height = style.size_pt * style.leading / POINTS_PER_MM
        baseline = self.y_mm + height * _BASELINE
        self.add(self._set.line(text, 0, baseline, self._width, style), height)

    def row(
        self, label: str, value: str, weight: Weight = "regular", label_share: float = _LABEL_SHARE
    ) -> None:
        """Add a label on the left and its value, which may take several lines, on the right."""
        start, size, y = self._width * label_share, self._roll.text_pt, self.y_mm
        box = (start, math.inf), (self._width - start, math.inf)
        name = self._set.fitted((label,), (0, y), box[0], _black(size, align="left"))
        self._column(name)
        told = self._set.fitted((value,), (start, y), box[1], _black(size, weight, "right"))
        self._column(told)
        self.y_mm = max(name.bottom_mm, told.bottom_mm)

    def rule(self) -> None:
        """Add a dashed line."""
        y = self.y_mm + 0.5
        self.add(Rule(0, y, self._width, y, BLACK, 0.7, 1), 1)

    def bar(self, text: str, size_pt: float) -> None:
        """Add white words on a black bar: what must not be overlooked."""
        width, height = self._width, size_pt * 1.6 / POINTS_PER_MM
        self._items.append(Box(0, self.y_mm, width, height, BLACK))
        style = Style(size_pt, "bold", WHITE, "centre")
        baseline = self.y_mm + height * _BASELINE
        self.add(self._set.line(text, 2, baseline, width - 4, style), height + 1.5)

    def _column(self, column: Column) -> None:
        self._items.extend(column.items)
        self.y_mm = column.bottom_mm


def _black(
    size_pt: float, weight: Weight = "regular", align: Align = "centre", leading: float = 1.4
) -> Style:
    return Style(size_pt, weight, BLACK, align, leading)
