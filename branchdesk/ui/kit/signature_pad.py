"""Draw a signature with pen, finger or mouse; who cannot draw takes paper with one key.

Strokes are kept as the domain keeps them, so they stay true when the pad changes its size.
"""

from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.domain.signature import SIDE_MAX, STROKES_MAX, Point, Stroke, fitted
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE

_HEIGHT_MIN: Final = 140
_PEN_WIDTH: Final = 2.6
_BASELINE: Final = 0.74


class SignatureSheet(QFrame):
    """What is drawn on; ``drawn`` carries all strokes after each change."""

    drawn = signal_of(tuple)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "pad")
        speak_as(self, QAccessible.Role.Canvas)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(_HEIGHT_MIN)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.hint = PlainLabel(self, "muted")
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QVBoxLayout(self)
        layout.addWidget(self.hint, 0, Qt.AlignmentFlag.AlignCenter)
        self._ink = self._line = ""
        self._strokes: tuple[Stroke, ...] = ()
        self._current: list[Point] = []

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """Everything drawn, plain enough to be kept."""
        return self._strokes

    def dress(self, look: Look) -> None:
        """Take over colours."""
        self._ink, self._line = look.palette.text, look.palette.line_strong
        self.update()

    def show_strokes(self, strokes: tuple[Stroke, ...]) -> None:
        """Show strokes without announcing them as somebody's."""
        self._strokes, self._current = strokes, []
        self.hint.setVisible(not strokes)
        self.update()

    def undo(self) -> None:
        """Take the last stroke back."""
        self._change(self._strokes[:-1])

    def clear_all(self) -> None:
        """Take every stroke back."""
        self._change(())

    def _change(self, strokes: tuple[Stroke, ...]) -> None:
        if strokes != self._strokes:
            self.show_strokes(strokes)
            self.drawn.emit(self._strokes)

    # -- drawing ---------------------------------------------------------------

    def _begin(self, place: QPointF) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if len(self._strokes) < STROKES_MAX:
            self.hint.hide()
            self._current = [self._point(place)]

    def _go_on(self, place: QPointF) -> None:
        if self._current:
            self._current.append(self._point(place))
            self.update()

    def _end(self, place: QPointF) -> None:
        if self._current:
            stroke = (*self._current, self._point(place))
            self._change(fitted((*self._strokes, stroke)))

    def _point(self, place: QPointF) -> Point:
        scale = SIDE_MAX / max(1, self.width())
        lowest = min(SIDE_MAX, round(self.height() * scale))
        x, y = round(place.x() * scale), round(place.y() * scale)
        return min(max(x, 0), SIDE_MAX), min(max(y, 0), lowest)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._begin(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a stroke."""
        self._go_on(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a stroke."""
        self._end(event.position())

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen, at the rate of the pen."""
        steps = {
            QEvent.Type.TabletPress: self._begin,
            QEvent.Type.TabletMove: self._go_on,
            QEvent.Type.TabletRelease: self._end,
        }
        step = steps.get(event.type())
        if step is not None:
            step(event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Draw with the first finger; a resting palm comes later and is ignored."""
        steps = {
            QEvent.Type.TouchBegin: self._begin,
            QEvent.Type.TouchUpdate: self._go_on,
            QEvent.Type.TouchEnd: self._end,
        }
        if not isinstance(event, QTouchEvent):
            return super().event(event)
        if event.type() == QEvent.Type.TouchCancel:
            self.show_strokes(self._strokes)
        elif event.type() in steps and event.points():
            steps[event.type()](event.points()[0].position())
        event.accept()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take back by key what was drawn by hand; Enter moves on."""
        if event.key() == Qt.Key.Key_Backspace:
            self.undo()
        elif event.key() == Qt.Key.Key_Delete:
            self.clear_all()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    # -- painting --------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame, base line and ink."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        base, side = self.height() * _BASELINE, MOUSE.space_l
        painter.setPen(QPen(QColor(self._line), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(side, base), QPointF(self.width() - side, base))
        current = (tuple(self._current),) if self._current else ()
        paint_strokes(painter, (*self._strokes, *current), QRectF(self.rect()), self._ink)


def paint_strokes(
    painter: QPainter, strokes: tuple[Stroke, ...], area: QRectF, colour: str
) -> None:
    """Paint strokes over the width of an area, in one colour, as smooth lines."""
    round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    pen = QPen(QColor(colour), _PEN_WIDTH, Qt.PenStyle.SolidLine, round_cap, round_join)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    scale = area.width() / SIDE_MAX
    for stroke in strokes:
        places = [QPointF(area.x() + x * scale, area.y() + y * scale) for x, y in stroke]
        if len(set(stroke)) == 1:
            painter.drawPoint(places[0])
            continue
        path = QPainterPath(places[0])
        for before, after in pairwise(places[1:]):
            path.quadTo(before, (before + after) / 2)
        path.lineTo(places[-1])
        painter.drawPath(path)


class SignaturePad(QWidget):
    """The sheet with Undo, Clear and paper under it.

    ``drawn`` carries the strokes after each change, ready for ``encode_signature``. ``paper`` is
    the button for whoever signs on paper instead; the owner decides what that means.
    """

    drawn = signal_of(tuple)

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.sheet = SignatureSheet(self)
        self.sheet.setObjectName(f"{name}_sheet")
        self.undo = button(self, "quiet", f"{name}_undo")
        self.clear = button(self, "quiet", f"{name}_clear")
        self.paper = button(self, "", f"{name}_paper")
        self._error = PlainLabel(self, "caption", wrap=True)
        self._error.setProperty("tone", "danger")
        self._error.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(MOUSE.space_s)
        buttons.addWidget(self.undo)
        buttons.addWidget(self.clear)
        buttons.addStretch(1)
        buttons.addWidget(self.paper)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(MOUSE.space_s)
        layout.addWidget(self.sheet, 1)
        layout.addWidget(self._error)
        layout.addLayout(buttons)
        self.undo.clicked.connect(self.sheet.undo)
        self.clear.clicked.connect(self.sheet.clear_all)
        self.sheet.drawn.connect(self._announce)
        self._allow()

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """Everything drawn, ready for ``encode_signature``."""
        return self.sheet.strokes

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        say = look.words.say
        self.sheet.dress(look)
        self.sheet.hint.setText(say("kit.signature.hint"))
        self.sheet.setAccessibleName(say("kit.signature.name"))
        self.sheet.setAccessibleDescription(say("kit.signature.description"))
        self.undo.setIcon(look.icon("undo"))
        self.clear.setIcon(look.icon("erase"))
        self.paper.setIcon(look.icon("document"))
        set_button(self.undo, say("kit.signature.undo"))
        set_button(self.clear, say("kit.signature.clear"))
        set_button(self.paper, say("kit.signature.paper"))

    def show_strokes(self, strokes: tuple[Stroke, ...]) -> None:
        """Show strokes without announcing them as somebody's."""
        self.sheet.show_strokes(strokes)
        self._allow()

    def set_error(self, text: str) -> None:
        """Say under the sheet what is wrong; nothing for an empty text."""
        self._error.setText(text)
        self._error.setVisible(bool(text))
        set_property(self.sheet, "invalid", "true" if text else "false")

    def _announce(self, strokes: tuple[Stroke, ...]) -> None:
        self.set_error("")
        self._allow()
        self.drawn.emit(strokes)

    def _allow(self) -> None:
        self.undo.setEnabled(bool(self.strokes))
        self.clear.setEnabled(bool(self.strokes))
