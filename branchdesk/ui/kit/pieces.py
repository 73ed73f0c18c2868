"""Small pieces that screens are put together from: cards, rules, buttons, message strips."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.kit.labels import Picture, PlainLabel, button_text
from branchdesk.ui.kit.look import Look, Shown, set_property
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone


def frame(parent: QWidget, kind: str, name: str = "") -> QFrame:
    """Return a frame of a kind that the style sheet knows."""
    made = QFrame(parent)
    made.setProperty("kind", kind)
    if name:
        made.setObjectName(name)
    return made


def rule(parent: QWidget) -> QFrame:
    """Return a hairline."""
    return frame(parent, "rule")


def column(owner: QWidget, margin: int = 0, space: int = 0) -> QVBoxLayout:
    """Lay a widget's children out from top to bottom."""
    layout = QVBoxLayout(owner)
    _set_up(layout, margin, space)
    return layout


def row(owner: QWidget, margin: int = 0, space: int = 0) -> QHBoxLayout:
    """Lay a widget's children out from left to right."""
    layout = QHBoxLayout(owner)
    _set_up(layout, margin, space)
    return layout


def button(parent: QWidget, kind: str = "", name: str = "") -> QPushButton:
    """Return a button; Enter presses it as well as Space."""
    made = QPushButton(parent)
    made.setAutoDefault(True)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if kind:
        made.setProperty("kind", kind)
    if name:
        made.setObjectName(name)
    return made


def fill_row(made: QPushButton) -> QPushButton:
    """Let a button be as high as the main button beside it."""
    policy = made.sizePolicy()
    policy.setVerticalPolicy(QSizePolicy.Policy.Preferred)
    made.setSizePolicy(policy)
    return made


class TargetButton(QPushButton):
    """A button that stands for one thing; ``taken`` carries its name when it is pressed."""

    taken = signal_of(str)

    def __init__(self, parent: QWidget, kind: str, target: str) -> None:
        super().__init__(parent)
        self.target = target
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty("kind", kind)
        self.clicked.connect(self._take)

    def _take(self) -> None:
        self.taken.emit(self.target)


def set_button(target: QPushButton, text: str, name: str = "") -> None:
    """Give a button its words, for the eye and for assistive technology."""
    # Qt sets the words tight against the icon; a space of the font itself keeps them apart.
    gap = " " if text and not target.icon().isNull() else ""
    target.setText(gap + button_text(text))
    target.setAccessibleName(name or text)


def clear(layout: QLayout) -> None:
    """Take every widget out of a layout and let it go."""
    while layout.count():
        item = layout.takeAt(0)
        widget = None if item is None else item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


class MessageStrip(QFrame):
    """One line with colour, icon and word; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget, *, bar: bool = False) -> None:
        super().__init__(parent)
        self.setProperty("kind", "message")
        speak_as(self, QAccessible.Role.AlertMessage)
        self.setProperty("tone", Tone.INFO.value)
        if bar:
            self.setProperty("shape", "bar")
        self._picture = Picture(self)
        self._words = PlainLabel(self, wrap=True)
        self._shown = Shown()
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(16 if bar else 12, 8, 12, 8)
        self._line.setSpacing(10)
        self._line.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        self._line.addWidget(self._words, 1)
        # Not Maximum: that would hold a long message to the height of its unwrapped guess.
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def offer(self, way: QPushButton) -> None:
        """Put a way out of what is said behind the words."""
        self._line.addWidget(way, 0, Qt.AlignmentFlag.AlignVCenter)
        self._line.setAlignment(self._picture, Qt.AlignmentFlag.AlignVCenter)

    def say(self, text: str, tone: Tone, look: Look) -> None:
        """Show a message, or hide for an empty one."""
        if self._shown.changes(text, tone, look, self.devicePixelRatioF()):
            set_property(self, "tone", tone.value)
            self._words.setText(text)
            self.setAccessibleName(text)
            self._picture.setPixmap(look.tone_picture(tone, 20, self.devicePixelRatioF()))
            set_property(self._words, "tone", tone.value)
        self.setVisible(bool(text))


def fixed(widget: QWidget, width: int) -> QWidget:
    """Give a widget a width that does not change."""
    widget.setFixedWidth(width)
    return widget


def icon_size(target: QPushButton, side: int) -> None:
    """Set the size of a button's icon."""
    target.setIconSize(QSize(side, side))


def _set_up(layout: QBoxLayout, margin: int, space: int) -> None:
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(space)
