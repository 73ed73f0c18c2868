"""What every chart shares: title, ground, scale, the words for who cannot see it.

Charts take finished words and whole numbers of nought or more. They must not know what is counted.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.roles import speak_as

GRID_LINES: Final = 4
_STEP_TENTHS: Final = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100)
_GAP: Final = 8.0
_HEIGHT_MIN: Final = 140


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One value and what it is called."""

    label: str
    value: int


class Chart(QWidget):
    """Draws itself from ``points``; says the same by its accessible description."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        speak_as(self, QAccessible.Role.Chart)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(_HEIGHT_MIN)
        self.look: Look | None = None
        self.points: tuple[ChartPoint, ...] = ()
        self.write: Callable[[int], str] = str
        self._empty = ""

    def fill(
        self,
        look: Look,
        title: str,
        points: Sequence[ChartPoint],
        empty: str,
        write: Callable[[int], str] = "{:,}".format,
    ) -> None:
        """Show points; ``empty`` is said when there are none, ``write`` writes a value."""
        self.look, self.points, self.write = look, tuple(points), write
        self._empty = empty
        self.setAccessibleName(title)
        listed = "; ".join(f"{point.label} {write(point.value)}" for point in self.points)
        self.setAccessibleDescription(listed or empty)
        self.update()

    def words_drawn(self) -> tuple[str, ...]:
        """Return every text that the chart may draw."""
        if self.is_empty():
            return (self._empty,)
        labels = tuple(point.label for point in self.points)
        return (*labels, *(self.write(point.value) for point in self.points))

    def is_empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not self.points

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chart, or say that there is nothing to draw."""
        del event
        look = self.look
        if look is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.chart_font(look))
        if self.is_empty():
            painter.setPen(QColor(look.palette.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._empty)
        else:
            self.draw(painter, look)
        painter.end()

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw the points."""
        raise NotImplementedError

    def chart_font(self, look: Look) -> QFont:
        """Return the font of labels."""
        font = QFont(self.font())
        font.setPixelSize(look.metrics.caption)
        return font


class Axes:
    """The field of a chart with a scale at its left and labels under it."""

    def __init__(self, painter: QPainter, look: Look, size: QRectF, highest: int) -> None:
        self._painter, self._look = painter, look
        self.metrics = QFontMetricsF(painter.font())
        self.top = nice_top(highest)
        self._size = size

    def frame(self, labels: Sequence[str], write: Callable[[int], str]) -> QRectF:
        """Draw grid, scale and labels; return the field between them."""
        painter, palette = self._painter, self._look.palette
        steps = [self.top // GRID_LINES * i for i in range(GRID_LINES + 1)]
        left = max(self.metrics.horizontalAdvance(write(step)) for step in steps) + _GAP
        line = self.metrics.height()
        field = self._size.adjusted(left, line / 2 + 2, -2, -(line + _GAP))
        for step in steps:
            level = self.level(field, step)
            painter.setPen(QPen(QColor(palette.line), 1))
            painter.drawLine(QPointF(field.left(), level), QPointF(field.right(), level))
            painter.setPen(QColor(palette.muted))
            place = QRectF(self._size.left(), level - line / 2, left - _GAP, line)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, side, write(step))
        self._name(field, labels)
        return field

    def level(self, field: QRectF, value: float) -> float:
        """Return the height of a value on the screen."""
        return field.bottom() - field.height() * value / self.top

    def _name(self, field: QRectF, labels: Sequence[str]) -> None:
        slot = field.width() / max(1, len(labels))
        widest = max(self.metrics.horizontalAdvance(label) for label in labels) + _GAP
        # Labels that would touch are left out evenly; all are in the description.
        every = max(1, math.ceil(widest / slot))
        for place, label in enumerate(labels):
            if place % every == 0:
                width = max(widest, slot)
                left = field.left() + slot * (place + 0.5) - width / 2
                left = min(left, self._size.right() - width)
                box = QRectF(left, field.bottom() + _GAP, width, self.metrics.height())
                self._painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, label)


def nice_top(highest: int) -> int:
    """Return the end of a scale: at least the highest value, in four steps that people count in."""
    needed = max(1, math.ceil(highest / GRID_LINES))
    power = int("1" + "0" * (len(str(needed)) - 1))
    steps = [power * tenths // 10 for tenths in _STEP_TENTHS if power * tenths % 10 == 0]
    return GRID_LINES * next(step for step in steps if step >= needed)
