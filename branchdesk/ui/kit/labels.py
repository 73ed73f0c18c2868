"""Text on the screen, always as plain text: Qt guesses rich text, and names come from outside."""

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from branchdesk.ui.kit.look import set_property
from branchdesk.ui.kit.words import Tone

_WRAPPED_MIN: Final = 60
# As many digits' width of a text are always shown.
_KEPT: Final = 12


class PlainLabel(QLabel):
    """A label that shows every character literally."""

    def __init__(self, parent: QWidget, role: str = "", *, wrap: bool = False) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if role:
            self.setProperty("role", role)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)

    def minimumSizeHint(self) -> QSize:
        """Let wrapped text be as narrow as its column; its height follows from the width."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _WRAPPED_MIN), hint.height()) if self.wordWrap() else hint

    def set_tone(self, tone: Tone) -> None:
        """Colour the text by what it means."""
        set_property(self, "tone", tone.value)


class Picture(QLabel):
    """A label for an icon; nothing to read, and nothing to guess."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)


class ElidedLabel(PlainLabel):
    """One line that ends in … where there is no room, but never before its first words.

    The whole text stays readable by assistive technology and as a tool tip.
    """

    def __init__(self, parent: QWidget, role: str = "") -> None:
        super().__init__(parent, role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """Show one line; the tool tip escapes it, because Qt guesses there too."""
        super().setText(text)
        self.setAccessibleName(text)
        self.setToolTip(plain_tip(text))
        self._keep_beginning()

    def changeEvent(self, event: QEvent) -> None:
        """Measure again in another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._keep_beginning()

    def _keep_beginning(self) -> None:
        metrics = self.fontMetrics()
        kept = metrics.horizontalAdvance("0" * _KEPT)
        self.setMinimumWidth(min(metrics.horizontalAdvance(self.text()), kept))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        del event
        painter = QPainter(self)
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, area.width()
        )
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(area, int(self.alignment()), shown)


def plain_tip(text: str) -> str:
    """Return a tool tip that shows ``text`` literally."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<qt>{escaped}</qt>" if text else ""


def button_text(text: str) -> str:
    """Return a text for a button or box in which ``&`` marks no shortcut."""
    return text.replace("&", "&&")
