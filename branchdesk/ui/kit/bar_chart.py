"""Bars side by side, each with its value on top."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

from branchdesk.ui.kit.chart import Axes, Chart
from branchdesk.ui.kit.look import Look

_SHARE = 0.56
_WIDTH_MAX = 56.0
_ROUND = 4.0


class BarChart(Chart):
    """Compares a few values."""

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw the bars."""
        values = [point.value for point in self.points]
        room = QRectF(self.rect()).adjusted(0, look.metrics.caption, 0, 0)
        axes = Axes(painter, look, room, max(values))
        field = axes.frame([point.label for point in self.points], self.write)
        slot = field.width() / len(values)
        width = min(_WIDTH_MAX, slot * _SHARE)
        written = [self.write(value) for value in values]
        fits = max(axes.metrics.horizontalAdvance(text) for text in written) < slot
        for place, value in enumerate(values):
            left = field.left() + slot * (place + 0.5) - width / 2
            top = axes.level(field, value)
            painter.fillPath(_bar(left, top, width, field.bottom()), QColor(look.palette.series[0]))
            if fits:
                painter.setPen(QColor(look.palette.text))
                line = axes.metrics.height()
                box = QRectF(left + width / 2 - slot / 2, top - line - 2, slot, line)
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, written[place])


def _bar(left: float, top: float, width: float, bottom: float) -> QPainterPath:
    path = QPainterPath()
    height = bottom - top
    if height > 0:
        rounding = min(_ROUND, height)
        path.moveTo(left, bottom)
        path.lineTo(left, top + rounding)
        path.quadTo(left, top, left + rounding, top)
        path.lineTo(left + width - rounding, top)
        path.quadTo(left + width, top, left + width, top + rounding)
        path.lineTo(left + width, bottom)
        path.closeSubpath()
    return path
