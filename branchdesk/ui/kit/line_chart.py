"""Values over time as a line, its last point named; a sparkline is the same without a scale."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from branchdesk.ui.kit.chart import Axes, Chart
from branchdesk.ui.kit.look import Look

_LINE = 2.2
_DOT = 3.5
_WASH = 40


class LineChart(Chart):
    """Shows how a value went."""

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw grid, line and the last value."""
        values = [point.value for point in self.points]
        room = QRectF(self.rect()).adjusted(0, look.metrics.caption, 0, 0)
        axes = Axes(painter, look, room, max(values))
        field = axes.frame([point.label for point in self.points], self.write)
        slot = field.width() / len(values)
        places = [
            QPointF(field.left() + slot * (i + 0.5), axes.level(field, value))
            for i, value in enumerate(values)
        ]
        draw_line(painter, places, field.bottom(), look.palette.series[0])
        painter.setPen(QColor(look.palette.text))
        text, line = self.write(values[-1]), axes.metrics.height()
        width = axes.metrics.horizontalAdvance(text) + 2
        left = min(places[-1].x() - width / 2, room.right() - width)
        box = QRectF(left, places[-1].y() - line - 2 * _DOT, width, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, text)


class Sparkline(Chart):
    """A line the size of a word, for a card or a table; the number stands beside it."""

    def sizeHint(self) -> QSize:
        """Be small."""
        return QSize(120, 32)

    def minimumSizeHint(self) -> QSize:
        """Be very small where there is no room."""
        return QSize(60, 24)

    def words_drawn(self) -> tuple[str, ...]:
        """Draw no words but those of the empty state."""
        return super().words_drawn() if self.is_empty() else ()

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw the line from its lowest to its highest value."""
        values = [point.value for point in self.points]
        area = QRectF(self.rect()).adjusted(_DOT + 1, _DOT + 1, -_DOT - 1, -_DOT - 1)
        low, span = min(values), max(1, max(values) - min(values))
        step = area.width() / max(1, len(values) - 1)
        places = [
            QPointF(area.left() + step * i, area.bottom() - area.height() * (value - low) / span)
            for i, value in enumerate(values)
        ]
        draw_line(painter, places, area.bottom(), look.palette.series[0])


def draw_line(painter: QPainter, places: Sequence[QPointF], bottom: float, colour: str) -> None:
    """Draw a line over a wash of its colour, with a dot at its end."""
    line = QPainterPath(places[0])
    for place in places[1:]:
        line.lineTo(place)
    wash = QPainterPath(line)
    wash.lineTo(places[-1].x(), bottom)
    wash.lineTo(places[0].x(), bottom)
    wash.closeSubpath()
    faint = QColor(colour)
    faint.setAlpha(_WASH)
    painter.fillPath(wash, faint)
    pen = QPen(QColor(colour), _LINE)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(line, pen)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(places[-1], _DOT, _DOT)
    painter.setBrush(Qt.BrushStyle.NoBrush)
