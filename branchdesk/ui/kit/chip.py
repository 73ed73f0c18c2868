"""Chips: a status that is colour, icon and word together, and a tag that can be taken away."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import TargetButton, clear
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Tone

_ICON_SIDE = 16


class StatusChip(QFrame):
    """One short status."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "chip")
        speak_as(self, QAccessible.Role.StaticText)
        self.setProperty("tone", Tone.QUIET.value)
        self._picture = Picture(self)
        self._word = PlainLabel(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 12, 3)
        layout.setSpacing(6)
        layout.addWidget(self._picture)
        layout.addWidget(self._word)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def say(self, word: str, tone: Tone, look: Look, icon: str = "") -> None:
        """Show a status, with the icon of its tone unless another is given."""
        set_property(self, "tone", tone.value)
        set_property(self._word, "tone", tone.value)
        self._word.setText(word)
        self.setAccessibleName(word)
        ratio, colour = self.devicePixelRatioF(), look.tone_colour(tone)
        own = look.tone_picture(tone, _ICON_SIDE, ratio)
        named = look.icons.pixmap(icon, colour, _ICON_SIDE, ratio) if icon else own
        self._picture.setPixmap(named)


class TagRow(QWidget):
    """Tags side by side, wrapping; ``removed`` carries the value of the one taken away."""

    removed = signal_of(str)

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._layout = FlowLayout(self, MOUSE.space_s)

    def fill(self, tags: Sequence[tuple[str, str]], look: Look, *, enabled: bool = True) -> None:
        """Show (value, words) tags; the one after a removed tag keeps the focus."""
        held = self._held()
        clear(self._layout)
        for value, words in tags:
            self._layout.addWidget(self._tag(value, words, look, enabled=enabled))
        buttons = self.buttons()
        if held is not None and buttons:
            buttons[min(held, len(buttons) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def buttons(self) -> list[TargetButton]:
        """Return the buttons that take tags away, in order."""
        frames = [self._layout.itemAt(place) for place in range(self._layout.count())]
        widgets = [item.widget() for item in frames if item is not None]
        return [made for tag in widgets if tag for made in tag.findChildren(TargetButton)]

    def _held(self) -> int | None:
        buttons = self.buttons()
        return next((place for place, made in enumerate(buttons) if made.hasFocus()), None)

    def _tag(self, value: str, words: str, look: Look, *, enabled: bool) -> QFrame:
        made = QFrame(self)
        made.setProperty("kind", "tag")
        label = PlainLabel(made)
        label.setText(words)
        take = TargetButton(made, "tag", value)
        take.setIcon(look.icon("close", look.palette.muted))
        take.setIconSize(QSize(_ICON_SIDE, _ICON_SIDE))
        take.setAccessibleName(look.words.say("kit.remove", name=words))
        take.setEnabled(enabled)
        take.taken.connect(self.removed.emit)
        layout = QHBoxLayout(made)
        layout.setContentsMargins(12, 0, 2, 0)
        layout.setSpacing(4)
        layout.addWidget(label)
        layout.addWidget(take)
        return made
