"""Draw pages of items into a PDF: operators, shared blocks as form XObjects, codes as image masks.

A QR symbol is an inline 1-bit mask, its packed rows taken as they are. This module knows how to
draw, not what a voucher looks like.
"""

import math
import re

from branchdesk.documents.drawing import POINTS_PER_MM, Block, Box, Code, Colour, Item, Page, Rule
from branchdesk.documents.drawing import Text as TextItem
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.pdf_file import PdfFile, text_string
from branchdesk.documents.pdf_fonts import PdfFonts

# A corner of 90 degrees as one Bezier curve: how far its control points stand from the ends.
_CORNER = 0.5523
_FORMS_MAX = 2048
# One bitmap in some hundred thousand holds what a reader could take for the end of an inline image;
# that one becomes an object of its own.
_END_OF_IMAGE = re.compile(rb"(?:^|[\0\t\n\f\r ])EI(?:$|[\0\t\n\f\r ])")


class PdfInk:
    """A PDF being drawn, page by page, onto a file being written."""

    def __init__(self, file: PdfFile, folder: FontFolder, title: str, language: str) -> None:
        self._file = file
        self._fonts = PdfFonts(folder)
        self._title, self._language = title, language
        # The block is kept beside its form, so that no other block can take its identity.
        self._forms: dict[int, tuple[Block, int]] = {}
        self._objects: list[int] = []

    def page(self, page: Page) -> None:
        """Draw one page and write it."""
        height = page.height_mm * POINTS_PER_MM
        parts = []
        for placed in page.parts:
            x, y = placed.x_mm * POINTS_PER_MM, height - placed.y_mm * POINTS_PER_MM
            inside = self._form(placed.block) if placed.shared else self._items(placed.block.items)
            scale = b"%.4g" % placed.scale
            parts.append(b"q %b 0 0 %b %.2f %.2f cm\n%b\nQ" % (scale, scale, x, y, inside))
        self._file.page(b"\n".join(parts), page.width_mm * POINTS_PER_MM, height)

    def finish(self) -> None:
        """Write fonts, forms' names and the document's own entries."""
        fonts = self._fonts.write(self._file)
        forms = b"".join(b"/X%d %d 0 R" % (n, n) for n in self._objects)
        catalogue = b"/Lang(%b)/ViewerPreferences<</PrintScaling/None/DisplayDocTitle true>>"
        information = b"<</Title %b/Producer(BranchDesk)>>" % text_string(self._title)
        self._file.finish(
            b"<</Font<<%b>>/XObject<<%b>>>>" % (fonts, forms),
            catalogue % self._language.encode(),
            information,
        )

    def _form(self, block: Block) -> bytes:
        """Return the operator that draws a shared block, writing it when it is new."""
        known = self._forms.get(id(block))
        if known is None:
            if len(self._forms) >= _FORMS_MAX:
                self._forms.clear()
            # Room enough for any page; forms are drawn downwards from their origin.
            entries = b"/Type/XObject/Subtype/Form/BBox[-9 -14400 14400 9]/Resources %d 0 R"
            content = self._items(block.items)
            number = self._file.stream(content, entries % self._file.resources)
            self._forms[id(block)] = known = block, number
            self._objects.append(number)
        return b"/X%d Do" % known[1]

    def _items(self, items: tuple[Item, ...]) -> bytes:
        return b"\n".join(map(self._item, items))

    def _item(self, item: Item) -> bytes:
        match item:
            case TextItem():
                return self._text(item)
            case Code():
                return self._code(item)
            case Box():
                return _box(item)
            case Rule():
                return _rule(item)

    def _text(self, item: TextItem) -> bytes:
        x, y = item.x_mm * POINTS_PER_MM, -item.y_mm * POINTS_PER_MM
        if item.turn_deg:
            turn = math.radians(item.turn_deg)
            cos, sin = math.cos(turn), math.sin(turn)
            place = b"%.4f %.4f %.4f %.4f %.2f %.2f Tm" % (cos, sin, -sin, cos, x, y)
        else:
            place = b"%.2f %.2f Td" % (x, y)
        shown = self._fonts.show(item.text, item.weight, item.size_pt)
        return b"BT %b rg %b %b ET" % (_colour(item.colour), place, shown)

    def _code(self, item: Code) -> bytes:
        symbol, side = item.symbol, item.side_mm * POINTS_PER_MM
        x, y = item.x_mm * POINTS_PER_MM, -item.y_mm * POINTS_PER_MM - side
        place = b"q 0 g %.3f 0 0 %.3f %.2f %.2f cm" % (side, side, x, y)
        size = symbol.size_modules
        if _END_OF_IMAGE.search(symbol.bitmap):
            entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ImageMask true/Decode[1 0]"
            number = self._file.stream(symbol.bitmap, entries % (size, size))
            self._objects.append(number)
            return b"%b /X%d Do Q" % (place, number)
        return b"%b BI/W %d/H %d/IM true/D[1 0] ID %b\nEI Q" % (place, size, size, symbol.bitmap)


def _box(item: Box) -> bytes:
    parts = [b"%.4g w" % item.line_pt, _outline(item)]
    if item.fill:
        parts.insert(0, b"%b rg" % _colour(item.fill))
    if item.stroke:
        parts.insert(0, b"%b RG" % _colour(item.stroke))
    parts.append(b"B" if item.fill and item.stroke else b"f" if item.fill else b"S")
    return b" ".join(parts)


def _outline(item: Box) -> bytes:
    """Return the path of a rectangle whose corners may be round, clockwise from the top left."""
    left, top = item.x_mm * POINTS_PER_MM, -item.y_mm * POINTS_PER_MM
    width, height = item.width_mm * POINTS_PER_MM, item.height_mm * POINTS_PER_MM
    if not item.radius_mm:
        return b"%.2f %.2f %.2f %.2f re" % (left, top - height, width, height)
    radius = item.radius_mm * POINTS_PER_MM
    right, bottom, near = left + width, top - height, radius * (1 - _CORNER)
    path = b"%.2f %.2f m %.2f %.2f l" % (left + radius, top, right - radius, top)
    curve = b" %.2f %.2f %.2f %.2f %.2f %.2f c"
    path += curve % (right - near, top, right, top - near, right, top - radius)
    path += b" %.2f %.2f l" % (right, bottom + radius)
    path += curve % (right, bottom + near, right - near, bottom, right - radius, bottom)
    path += b" %.2f %.2f l" % (left + radius, bottom)
    path += curve % (left + near, bottom, left, bottom + near, left, bottom + radius)
    path += b" %.2f %.2f l" % (left, top - radius)
    return path + curve % (left, top - near, left + near, top, left + radius, top) + b" h"


def _rule(item: Rule) -> bytes:
    points = (item.x_mm, -item.y_mm, item.to_x_mm, -item.to_y_mm)
    ends = b"%.2f %.2f m %.2f %.2f l S" % tuple(at * POINTS_PER_MM for at in points)
    dash = b"[%.2f]0 d" % (item.dash_mm * POINTS_PER_MM) if item.dash_mm else b""
    pen = b"%b RG %.4g w" % (_colour(item.colour), item.line_pt)
    return b"q %b %b %b Q" % (pen, dash, ends)


def _colour(colour: Colour) -> bytes:
    return b"%.3g %.3g %.3g" % (colour.red, colour.green, colour.blue)
