"""A page before the desk: what this is on one side, one card with what is asked on the other."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look

# Which modules of the ornament are dark: a nod to the code that is printed, readable by nothing.
_ORNAMENT = ("1110111", "1010001", "1110110", "0001011", "1011100", "0110101", "1101111")


class BrandSide(QFrame):
    """The calm side of the screen: what this is, and what it promises."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sign_in_side")
        self._accent = QColor()
        self._look: Look | None = None
        self._word = ""
        self._name = PlainLabel(self, "display", wrap=True)
        self._slogan = PlainLabel(self, "muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(64, 64, 64, 64)
        layout.setSpacing(14)
        layout.addStretch(3)
        layout.addWidget(self._name)
        layout.addWidget(self._slogan)
        layout.addStretch(2)

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look = look
        self.say(self._word)
        self._accent = QColor(look.palette.amber)
        self.update()

    def say(self, word: str) -> None:
        """Show a word in large letters, or what this is while there is none."""
        self._word = word
        if self._look is not None:
            self._name.setText(word or self._look.words.say("app.name"))
            self._slogan.setText(self._look.words.say("app.slogan"))
            self._slogan.setVisible(not word)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ornament over the frame's own colour."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        side, gap = 14.0, 5.0
        origin = QPointF(66.0, 72.0)
        for row, modules in enumerate(_ORNAMENT):
            for column, dark in enumerate(modules):
                colour = QColor(self._accent if (row, column) == (4, 2) else QColor("#FFFFFF"))
                colour.setAlphaF(1.0 if (row, column) == (4, 2) else 0.9 if dark == "1" else 0.10)
                painter.setBrush(colour)
                at = origin + QPointF(column * (side + gap), row * (side + gap))
                painter.drawRoundedRect(QRectF(at.x(), at.y(), side, side), 3.5, 3.5)


class DoorPage(QWidget):
    """``inside`` is the column of the card, ``side`` the calm side; both are the page's to fill."""

    def __init__(self, parent: QWidget, card_width: int) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.side = BrandSide(self)
        card = QFrame(self)
        card.setProperty("kind", "card")
        card.setFixedWidth(card_width)
        self.inside = QVBoxLayout(card)
        self.inside.setContentsMargins(36, 28, 36, 30)
        self.inside.setSpacing(12)
        column = QVBoxLayout()
        column.addStretch(1)
        column.addWidget(card)
        column.addStretch(1)
        # Stretches, not an alignment: an aligned item is measured as wide as its column, and its
        # wrapped text would then be cut.
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addLayout(column)
        centred.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.side, 2)
        layout.addLayout(centred, 3)
