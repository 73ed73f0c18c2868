"""What a layout says and a renderer draws: text, boxes, rules and codes at places in millimetres.

The origin is the top left corner and y grows downwards; text sizes are points. A block that many
vouchers share is one object, so that a PDF writes it once. No renderer, no voucher is known here.
"""

from dataclasses import dataclass

from branchdesk.documents.fonts import Weight
from branchdesk.documents.qr import QrSymbol

POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green and blue from 0 to 1."""

    red: float
    green: float
    blue: float


INK = Colour(0.11, 0.13, 0.17)
QUIET = Colour(0.40, 0.43, 0.49)
LINE = Colour(0.78, 0.81, 0.85)
TINT = Colour(0.945, 0.955, 0.97)
BRAND = Colour(0.07, 0.22, 0.40)
GOLD = Colour(0.72, 0.53, 0.20)
ALARM = Colour(0.75, 0.10, 0.12)
GHOST = Colour(0.93, 0.80, 0.80)
WHITE = Colour(1, 1, 1)
BLACK = Colour(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Text:
    """One line; ``x_mm`` is its left end, ``y_mm`` its baseline, ``turn_deg`` anticlockwise."""

    x_mm: float
    y_mm: float
    text: str
    size_pt: float
    weight: Weight = "regular"
    colour: Colour = INK
    turn_deg: float = 0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or outlined, with round corners of ``radius_mm``."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    fill: Colour | None = None
    stroke: Colour | None = None
    radius_mm: float = 0
    line_pt: float = 0.5


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, dashed by equal steps of ``dash_mm`` where that is not zero."""

    x_mm: float
    y_mm: float
    to_x_mm: float
    to_y_mm: float
    colour: Colour = LINE
    line_pt: float = 0.5
    dash_mm: float = 0


@dataclass(frozen=True, slots=True)
class Code:
    """A QR symbol; the side is that of its modules, the quiet zone is left by the layout."""

    x_mm: float
    y_mm: float
    side_mm: float
    symbol: QrSymbol


Item = Text | Box | Rule | Code


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Items that belong together; two blocks are the same only when they are one object."""

    items: tuple[Item, ...]
    height_mm: float = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A block on a page, perhaps scaled; ``shared`` ones are kept as one object of the document."""

    x_mm: float
    y_mm: float
    block: Block
    shared: bool
    scale: float = 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page or one length of receipt roll."""

    width_mm: float
    height_mm: float
    parts: tuple[Placed, ...]
