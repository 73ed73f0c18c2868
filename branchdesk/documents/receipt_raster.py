"""A voucher as a 1-bit picture for receipt printers, drawn with our own font.

Text mode would print garbage: printers have neither our rare characters nor, often, Chinese at all.
The layout is the one of the PDF roll; here its millimetres become dots. This module knows no
printer and no command of one.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from branchdesk.documents.drawing import POINTS_PER_MM, WHITE, Box, Code, Colour, Item, Rule, Text
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.labels import Labels
from branchdesk.documents.models import Language, VoucherFace
from branchdesk.documents.receipt_layout import DOTS_PER_MM, ROLLS, ReceiptLayout
from branchdesk.errors import RuleViolation

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_PAPERS = {int(roll.printed_mm * DOTS_PER_MM): paper for paper, roll in ROLLS.items()}


def render_receipt(
    face: VoucherFace, width_dots: int, fonts: FontFolder, language: Language = "zh"
) -> "Image.Image":
    """Draw one voucher as a picture of mode "1", 576 (80 mm) or 384 (58 mm) dots wide.

    Raises RuleViolation ``receipt_width``, ContractFault ``token_text_shape``.
    """
    # Imported here because a window that prints nothing should not load Pillow.
    from PIL import Image

    if width_dots not in _PAPERS:
        known = ", ".join(map(str, _PAPERS))
        raise RuleViolation("receipt_width", width_dots=width_dots, known=known)
    layout = ReceiptLayout(fonts, Labels(language), paper_mm=_PAPERS[width_dots])
    page = layout.printed_page(face)
    picture = Image.new("1", (width_dots, round(page.height_mm * DOTS_PER_MM)), 1)
    pen = _Pen(picture, fonts)
    for part in page.parts:
        for item in part.block.items:
            pen.draw(item, part.x_mm, part.y_mm)
    return picture


class _Pen:
    """Draws items onto one picture; ``x_mm`` and ``y_mm`` are the corner of their block."""

    def __init__(self, picture: "Image.Image", fonts: FontFolder) -> None:
        from PIL import ImageDraw

        self._picture, self._fonts = picture, fonts
        self._ink: ImageDraw.ImageDraw = ImageDraw.Draw(picture)

    def draw(self, item: Item, x_mm: float, y_mm: float) -> None:
        match item:
            case Text():
                self._text(item, x_mm, y_mm)
            case Box():
                left, top = _dots(x_mm + item.x_mm), _dots(y_mm + item.y_mm)
                right, bottom = left + _dots(item.width_mm), top + _dots(item.height_mm)
                self._ink.rectangle((left, top, right - 1, bottom - 1), fill=_bit(item.fill))
            case Code():
                self._code(item, x_mm, y_mm)
            case Rule():
                self._rule(item, x_mm, y_mm)

    def _text(self, item: Text, x_mm: float, y_mm: float) -> None:
        """Draw character by character at our own advances, so that lines end where they should."""
        size = item.size_pt / POINTS_PER_MM * DOTS_PER_MM
        pen, baseline = (x_mm + item.x_mm) * DOTS_PER_MM, _dots(y_mm + item.y_mm)
        glyphs = self._fonts.typeface(item.weight).glyphs
        for character in item.text:
            glyph = glyphs[character]
            if glyph is None:
                continue
            font = _font(glyph.font.path, round(size))
            place = (round(pen), baseline)
            self._ink.text(place, character, _bit(item.colour), font, anchor="ls")
            pen += glyph.advance * size / 1000

    def _code(self, item: Code, x_mm: float, y_mm: float) -> None:
        """Paste the symbol, each module the same whole number of dots."""
        from PIL import Image

        size = item.symbol.size_modules
        modules = Image.frombytes("1", (size, size), bytes(b ^ 0xFF for b in item.symbol.bitmap))
        side = round(item.side_mm * DOTS_PER_MM)
        scaled = modules.resize((side, side), Image.Resampling.NEAREST)
        self._picture.paste(scaled, (_dots(x_mm + item.x_mm), _dots(y_mm + item.y_mm)))

    def _rule(self, item: Rule, x_mm: float, y_mm: float) -> None:
        """Draw a level line in dashes."""
        y, thick = _dots(y_mm + item.y_mm), max(1, round(item.line_pt / POINTS_PER_MM * 8))
        start, end = _dots(x_mm + item.x_mm), _dots(x_mm + item.to_x_mm)
        step = _dots(item.dash_mm) or end - start
        for left in range(start, end, 2 * step):
            right = min(left + step, end)
            self._ink.rectangle((left, y, right - 1, y + thick - 1), fill=_bit(item.colour))


def _dots(length_mm: float) -> int:
    return round(length_mm * DOTS_PER_MM)


def _bit(colour: Colour | None) -> int:
    """Return 1 for white; everything else prints."""
    return 1 if colour == WHITE else 0


@lru_cache(maxsize=64)
def _font(path: Path, size_dots: int) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(path), size_dots, layout_engine=ImageFont.Layout.BASIC)
