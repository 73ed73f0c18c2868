"""Parts of a whole as a ring, with the total inside and every part named beside it."""

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from branchdesk.ui.kit.chart import Chart
from branchdesk.ui.kit.look import Look

_THICK: Final = 0.26
_FULL: Final = 360 * 16
_SWATCH: Final = 10.0
_GAP: Final = 10.0


class DonutChart(Chart):
    """Shows at most as many parts as there are series colours; give the rest as one part."""

    def is_empty(self) -> bool:
        """A whole of nothing has no parts."""
        return sum(point.value for point in self.points) == 0

    def words_drawn(self) -> tuple[str, ...]:
        """Return the labels, the values with their shares, and the total."""
        if self.is_empty():
            return super().words_drawn()
        return (*super().words_drawn(), self.write(self._total()), "%")

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw the ring, the total and the names."""
        assert len(self.points) <= len(look.palette.series)
        side = float(min(self.height(), self.width() * 2 // 5)) - 2
        ring = QRectF(1, (self.height() - side) / 2, side, side)
        self._draw_ring(painter, look, ring)
        self._draw_total(painter, look, ring)
        self._draw_names(painter, look, ring.right() + 2 * _GAP)

    def _total(self) -> int:
        return sum(point.value for point in self.points)

    def _draw_ring(self, painter: QPainter, look: Look, ring: QRectF) -> None:
        thick = ring.width() * _THICK / 2
        inner = ring.adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2)
        begin, total, gone = 90 * 16, self._total(), 0
        parts = [point for point in self.points if point.value]
        gap = 24 if len(parts) > 1 else 0
        for point in parts:
            start = _FULL * gone // total
            gone += point.value
            sweep = _FULL * gone // total - start
            colour = QColor(look.palette.series[self.points.index(point)])
            painter.setPen(QPen(colour, thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawArc(inner, begin - start, -max(16, sweep - gap))

    def _draw_total(self, painter: QPainter, look: Look, ring: QRectF) -> None:
        font = QFont(painter.font())
        text, room = self.write(self._total()), ring.width() * (1 - _THICK) - 2 * _GAP
        for size in range(look.metrics.headline, look.metrics.caption - 1, -1):
            font.setPixelSize(size)
            if QFontMetricsF(font).horizontalAdvance(text) <= room:
                break
        font.setBold(True)
        before = painter.font()
        painter.setFont(font)
        painter.setPen(QColor(look.palette.text))
        painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, text)
        painter.setFont(before)

    def _draw_names(self, painter: QPainter, look: Look, left: float) -> None:
        metrics = QFontMetricsF(painter.font())
        line = metrics.height() + _GAP
        top = (self.height() - line * len(self.points)) / 2
        for place, point in enumerate(self.points):
            row = QRectF(left, top + line * place, self.width() - left, line)
            swatch = QRectF(left, row.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.palette.series[place]))
            painter.drawRoundedRect(swatch, 2, 2)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            share = f"{self.write(point.value)}  {100 * point.value / self._total():.0f}%"
            painter.setPen(QColor(look.palette.text))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(row, right, share)
            room = row.width() - metrics.horizontalAdvance(share) - _SWATCH - 2 * _GAP
            name = metrics.elidedText(point.label, Qt.TextElideMode.ElideRight, room)
            painter.setPen(QColor(look.palette.muted))
            box = row.adjusted(_SWATCH + _GAP, 0, 0, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
