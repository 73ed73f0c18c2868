"""What may never be seen on a screen: cut or shortened words, missing glyphs, unplanned colours.

Works on any shown widget, so that tests and the gallery look for the same things.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QTableView,
    QWidget,
)

from branchdesk.documents.truetype import TrueTypeFont
from branchdesk.ui.kit.chart import Chart
from branchdesk.ui.kit.labels import ElidedLabel, plain_tip
from branchdesk.ui.kit.tokens import TEXT_PAIRS, Palette
from branchdesk.ui.shell.status_bar import StatusButton
from tests.gui.conftest import RESOURCES

_FONTS = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "HanaMinB.ttf")
_COMBO_CHROME = 46
_EDIT_CHROME = 26
_EDIT_ICON = 28
# Counting every pixel of every text takes a third of the time; every third tells the same.
_PIXEL_STEP = 3
_COLOURS_MAX = 60
_CELL_CHROME = 20
_FRAME = 5
_LINE_MIN = 24
# How far a thin stroke's strongest pixel may be from its colour, over all three channels.
_BLURRED = 90


def visible(root: QWidget, kind: type) -> list:
    """Return the widgets of a kind that can be seen in or over ``root``."""
    return [found for found in root.findChildren(kind) if found.isVisible()]


def cut(label: QLabel) -> bool:
    """Tell whether a label shows less than its text."""
    area = label.contentsRect()
    flags = int(label.alignment()) | (Qt.TextFlag.TextWordWrap if label.wordWrap() else 0)
    needed = QFontMetrics(label.font()).boundingRect(
        QRect(0, 0, area.width(), 0), flags, label.text()
    )
    return needed.width() > area.width() + 1 or needed.height() > area.height() + 1


def findings(root: QWidget, palette: Palette) -> list[str]:
    """Return everything wrong with what is shown, in words."""
    return [*shortened(root), *outside(root), *without_glyph(root), *unplanned(root, palette)]


def shortened(root: QWidget) -> Iterator[str]:
    """Name every text that has less room than it needs."""
    for label in visible(root, QLabel):
        if isinstance(label, ElidedLabel):
            if label.width() < label.minimumWidth() or label.toolTip() == label.text():
                yield f"shortened: {label.text()!r}"
        elif label.text() and cut(label):
            yield f"cut: {label.text()!r}"
    for kind in (QPushButton, QCheckBox, QRadioButton):
        for found in visible(root, kind):
            if found.text() and found.width() < found.sizeHint().width() and not _explained(found):
                yield f"cut: {found.text()!r}"
    for box in visible(root, QComboBox):
        choices = [box.itemText(place) for place in range(box.count())]
        cut_ones = [text for text in choices if _too_wide(box, text, _COMBO_CHROME)]
        yield from (f"cut when chosen: {text!r}" for text in cut_ones)
    for edit in visible(root, QLineEdit):
        chrome = _EDIT_CHROME + _EDIT_ICON * len(edit.actions())
        if not edit.text() and _too_wide(edit, edit.placeholderText(), chrome):
            yield f"cut: {edit.placeholderText()!r}"
    for table in visible(root, QTableView):
        yield from _shortened_cells(table)


def _explained(button: QAbstractButton) -> bool:
    """Tell whether it is a cell of the status bar whose tool tip has every word it stands for."""
    return (
        isinstance(button, StatusButton)
        and button.width() >= button.minimumSizeHint().width()
        and button.toolTip() == plain_tip(button.accessibleName())
    )


def outside(root: QWidget) -> Iterator[str]:
    """Name every label or button that lies partly outside what holds it."""
    for found in [*visible(root, QLabel), *visible(root, QPushButton)]:
        parent = found.parentWidget()
        if found.text() and parent and not parent.rect().contains(found.geometry()):
            yield f"outside: {found.text()!r}"


def hardly_scrolling(root: QWidget) -> Iterator[str]:
    """Name every area that lacks less than a line: what is cut there is cut by the layout."""
    for area in visible(root, QScrollArea):
        lacking = area.verticalScrollBar().maximum()
        if 0 < lacking < _LINE_MIN:
            yield f"lacks {lacking} px: {type(area.parentWidget()).__name__}"


def without_glyph(root: QWidget) -> Iterator[str]:
    """Name every character shown that none of the bundled fonts can draw."""
    for text in words_shown(root):
        missing = {letter for letter in text if letter.isprintable() and not _drawable(letter)}
        if missing - {" "}:
            yield f"no glyph: {sorted(missing)} in {text!r}"


def words_shown(root: QWidget) -> Iterator[str]:
    """Return every text that can be seen."""
    for kind in (QLabel, QAbstractButton):
        yield from (found.text() for found in visible(root, kind))
    for edit in visible(root, QLineEdit):
        yield edit.displayText() or edit.placeholderText()
    for box in visible(root, QComboBox):
        yield from (box.itemText(place) for place in range(box.count()))
    for table in visible(root, QTableView):
        yield from (text for _, text in _cells(table))
    for chart in visible(root, Chart):
        yield from chart.words_drawn()


def unplanned(root: QWidget, palette: Palette) -> Iterator[str]:
    """Name every text whose colour on its ground is not a pair of the token table."""
    planned = {
        (_hex(getattr(palette, text)), _hex(getattr(palette, ground)))
        for text, ground in TEXT_PAIRS
    }
    image = root.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    kinds = (QLabel, QPushButton, QCheckBox, QRadioButton, QLineEdit, QComboBox)
    covers = [cover for cover in visible(root, QWidget) if cover.property("covers")]
    for found in (widget for kind in kinds for widget in visible(root, kind)):
        if any(lies_below(found, cover) for cover in covers):
            continue
        text = found.currentText() if isinstance(found, QComboBox) else found.text()
        colours = _colours(image, root, found) if text else []
        if not colours:
            continue
        ink = found.palette().color(found.foregroundRole()).name()
        if isinstance(found, QRadioButton) and found.isChecked():
            # The palette holds the colour of the unchecked state only; the picture does not lie.
            inks = [one for one, ground in planned if ground == colours[0]]
            strongest = max(colours, key=lambda colour: _distance(colour, colours[0]))
            ink = next((one for one in inks if _distance(one, strongest) < _BLURRED), strongest)
        if (ink, colours[0]) not in planned:
            yield f"unplanned colours: {ink} on {colours[0]}: {text!r}"


def lies_below(found: QWidget, cover: QWidget) -> bool:
    """Tell whether a widget is shaded by one that was laid over the whole of its parent."""
    parent = cover.parentWidget()
    return bool(parent and parent.isAncestorOf(found)) and not cover.isAncestorOf(found)


def _colours(image: QImage, root: QWidget, found: QWidget) -> list[str]:
    """Return the colours painted where a widget can be seen, the most frequent first."""
    frame = 0 if isinstance(found, QLabel) else _FRAME
    seen = found.visibleRegion().boundingRect().adjusted(frame, frame, -frame, -frame)
    if seen.isEmpty():
        return []
    ratio = image.devicePixelRatio()
    corner = found.mapTo(root, seen.topLeft())
    place = QRect(
        round(corner.x() * ratio), round(corner.y() * ratio),
        round(seen.width() * ratio), round(seen.height() * ratio),
    )  # fmt: skip
    part = image.copy(place.intersected(image.rect()))
    counts = Counter(part.constBits().cast("I")[::_PIXEL_STEP])
    return [QColor.fromRgb(pixel).name() for pixel, _ in counts.most_common(_COLOURS_MAX)]


def _distance(one: str, other: str) -> int:
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return sum(abs(first - second) for first, second in pairs)


def _hex(colour: str) -> str:
    return colour.lower()


def _too_wide(widget: QWidget, text: str, chrome: int) -> bool:
    return QFontMetrics(widget.font()).horizontalAdvance(text) + chrome > widget.width()


def _cells(table: QTableView) -> Iterator[tuple[int, str]]:
    model = table.model()
    for column in range(model.columnCount()):
        yield column, str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(model.rowCount()):
            yield column, str(model.data(model.index(row, column)) or "")


def _shortened_cells(table: QTableView) -> Iterator[str]:
    metrics, header = QFontMetrics(table.font()), table.horizontalHeader()
    for column, text in _cells(table):
        # Only the one column that takes the rest may shorten, and its tip says the whole.
        if header.sectionResizeMode(column) == QHeaderView.ResizeMode.Stretch:
            continue
        if metrics.horizontalAdvance(text) + _CELL_CHROME > table.columnWidth(column):
            yield f"cut cell: {text!r}"


@cache
def _fonts() -> tuple[TrueTypeFont, ...]:
    return tuple(TrueTypeFont(RESOURCES / "fonts" / name) for name in _FONTS)


@cache
def _drawable(letter: str) -> bool:
    return letter.isspace() or any(font.glyph_of(letter) for font in _fonts())
