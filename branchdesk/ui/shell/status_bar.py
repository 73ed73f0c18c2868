"""The status bar: who, where, clock, what waits, what is left, warnings, the last sync."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from branchdesk.ui.kit.labels import ElidedLabel, Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.actions import BY_ID, ActionId
from branchdesk.ui.shell.state import StatusBarState, StatusItem

_CELLS = (
    ("staff", "person"),
    ("outlet", "place"),
    ("clock", "clock"),
    ("unsent", "upload"),
    ("grants", "ticket"),
)


class StatusCell(QWidget):
    """One fact: an icon and words in the colour of its tone."""

    def __init__(self, parent: QWidget, icon: str) -> None:
        super().__init__(parent)
        self._icon = icon
        self._picture = Picture(self)
        self._words = PlainLabel(self, "label")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._picture)
        layout.addWidget(self._words)

    def fill(self, item: StatusItem, look: Look) -> None:
        """Show a fact."""
        words = look.words.phrase(item.phrase)
        self._words.setText(words)
        self._words.set_tone(item.tone)
        self.setAccessibleName(words)
        colour = look.tone_colour(item.tone)
        self._picture.setPixmap(look.icons.pixmap(self._icon, colour, 16, self.devicePixelRatioF()))


class WarningChip(QFrame):
    """What the store warns of, in a box of its own; not there when there is nothing to say.

    Long words give way to the cells beside it and stay readable as a tool tip.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "message")
        self.setProperty("tone", Tone.WARNING.value)
        self._picture = Picture(self)
        self._words = ElidedLabel(self, "label")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(6)
        layout.addWidget(self._picture)
        layout.addWidget(self._words, 1)
        self.hide()

    def fill(self, items: tuple[StatusItem, ...], look: Look) -> None:
        """Show every warning, worst first."""
        self.setVisible(bool(items))
        words = " ".join(look.words.phrase(item.phrase) for item in items)
        self._words.setText(words)
        self.setAccessibleName(words)
        colour = look.tone_colour(Tone.WARNING)
        pixels = look.icons.pixmap("warning", colour, 16, self.devicePixelRatioF())
        self._picture.setPixmap(pixels)


class StatusBarView(QFrame):
    """The bar along the bottom; its right end says what syncing did and syncs when pressed."""

    sync_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.cells = {name: StatusCell(self, icon) for name, icon in _CELLS}
        self.warning = WarningChip(self)
        self._said = ElidedLabel(self, "label")
        self._said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.sync = button(self, "status", "sync")
        self.sync.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sync.clicked.connect(self.sync_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(12)
        for cell in self.cells.values():
            cell.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
            layout.addWidget(cell)
        layout.addWidget(self.warning, 3)
        layout.addWidget(self._said, 1)
        layout.addWidget(self.sync)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self.setFixedHeight(look.metrics.status)
        action = BY_ID[ActionId.SYNC]
        name = look.words.say(action.text_key)
        self.sync.setIcon(look.icon(action.icon, look.palette.focus, 16))
        set_button(self.sync, f"{name} ({action.shortcut})", name)

    def fill(self, state: StatusBarState, look: Look) -> None:
        """Show the truth as last read."""
        for name, cell in self.cells.items():
            cell.fill(getattr(state, name), look)
        self.warning.fill(state.warnings, look)
        self._said.setText(look.words.phrase(state.sync.phrase))
        self._said.set_tone(state.sync.tone)
        self.sync.setEnabled(not state.syncing)
