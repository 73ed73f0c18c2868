"""The status bar: who, where, clock, what waits, what is left, warnings, the last sync."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from branchdesk.ui.kit.labels import ElidedLabel, Picture, PlainLabel, plain_tip
from branchdesk.ui.kit.look import Look, Shown, set_property
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.actions import BY_ID, ActionId
from branchdesk.ui.shell.state import Screen, StatusBarState, StatusItem

# Each cell with its icon, and the screen that says more of it where there is one.
_CELLS: Final[tuple[tuple[str, str, Screen | None], ...]] = (
    ("staff", "person", None),
    ("outlet", "place", None),
    ("clock", "clock", Screen.SYNC),
    ("unsent", "upload", Screen.SYNC),
    ("grants", "ticket", Screen.SYNC),
)
_ICON = 16
# An offer's name may be of any length: whole where it is usual, and what stands before it always.
_CELL_MAX, _CELL_KEPT = 360, 270


class StatusCell(QWidget):
    """One fact: an icon and words in the colour of its tone.

    Where there is less room, the end of the words gives way and stays readable as a tool tip.
    """

    def __init__(self, parent: QWidget, icon: str) -> None:
        super().__init__(parent)
        speak_as(self, QAccessible.Role.StaticText)
        self._icon = icon
        self._picture = Picture(self)
        self._words = ElidedLabel(self, "label")
        self._words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._shown = Shown()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._picture)
        layout.addWidget(self._words)

    def fill(self, item: StatusItem, look: Look) -> None:
        """Show a fact; what there is no room for stays readable as a tool tip."""
        if not self._shown.changes(item, look, self.devicePixelRatioF()):
            return
        words = look.words.phrase(item.phrase)
        detail = "" if item.detail is None else look.words.phrase(item.detail)
        self._words.setText(words)
        self._words.set_tone(item.tone)
        self.setToolTip(plain_tip(f"{words} {detail}".strip()))
        self.setAccessibleName(f"{words} {detail}".strip())
        colour = look.tone_colour(item.tone)
        pixels = look.icons.pixmap(self._icon, colour, _ICON, self.devicePixelRatioF())
        self._picture.setPixmap(pixels)


class StatusButton(QPushButton):
    """One fact that opens the screen which says more of it; ``asked`` carries that screen.

    It is as wide as its words, up to a limit and where there is room, and else ends in ….
    """

    asked = signal_of(Screen)

    def __init__(self, parent: QWidget, icon: str, screen: Screen) -> None:
        super().__init__(parent)
        self._icon, self._screen = icon, screen
        self._words = self._said = self._drawn = ""
        self._shown = Shown()
        self.setObjectName(f"status_{icon}")
        self.setProperty("kind", "status")
        self.setProperty("cell", "true")
        self.setAutoDefault(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._ask)

    def fill(self, item: StatusItem, look: Look) -> None:
        """Show a fact; what there is no room for stays readable as a tool tip."""
        if not self._shown.changes(item, look):
            return
        words = look.words.phrase(item.phrase)
        detail = "" if item.detail is None else look.words.phrase(item.detail)
        self.setIcon(look.icon(self._icon, look.tone_colour(item.tone), _ICON))
        set_property(self, "tone", item.tone.value)
        self.ensurePolished()
        self._words, self._said = words, f"{words} {detail}".strip()
        self.setToolTip(plain_tip(self._said))
        self._draw()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Ask for the room of all the words, as far as others can spare it."""
        return self._size(min(self._advance(self._words), _CELL_MAX))

    def minimumSizeHint(self) -> QSize:
        """Keep the room of the words that matter."""
        return self._size(min(self._advance(self._words), _CELL_KEPT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many of the words as fit."""
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        room = max(_CELL_KEPT, self.width() - self._size(0).width())
        self._drawn = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        set_button(self, self._drawn, self._said)

    def _size(self, words_width: int) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width() - self._advance(self._drawn) + words_width, hint.height())

    def _advance(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)

    def _ask(self) -> None:
        self.asked.emit(self._screen)


class WarningChip(QFrame):
    """What the store warns of, in a box of its own; not there when there is nothing to say.

    The first has its room and the others are counted; all stand in the tool tip, with what to do.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "message")
        speak_as(self, QAccessible.Role.AlertMessage)
        self.setProperty("tone", Tone.WARNING.value)
        self._picture = Picture(self)
        self._words = PlainLabel(self, "label")
        self._shown = Shown()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(6)
        layout.addWidget(self._picture)
        layout.addWidget(self._words)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.hide()

    def fill(self, items: tuple[StatusItem, ...], look: Look) -> None:
        """Show every warning, worst first."""
        if not self._shown.changes(items, look, self.devicePixelRatioF()):
            return
        self.setVisible(bool(items))
        first = "".join(look.words.phrase(item.phrase) for item in items[:1])
        more = f" +{len(items) - 1}" if len(items) > 1 else ""
        self._words.setText(first + more)
        whole = " ".join(look.words.phrase(item.detail) for item in items if item.detail)
        self.setToolTip(plain_tip(whole))
        self.setAccessibleName(whole)
        colour = look.tone_colour(Tone.WARNING)
        pixels = look.icons.pixmap("warning", colour, 16, self.devicePixelRatioF())
        self._picture.setPixmap(pixels)


class StatusBarView(QFrame):
    """The bar along the bottom; its right end says what syncing did and syncs when pressed."""

    sync_wanted = Signal()
    asked = signal_of(Screen)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.cells = {name: self._cell(icon, screen) for name, icon, screen in _CELLS}
        self.scanner = StatusCell(self, "scanner")
        self.scanner.hide()
        self.warning = WarningChip(self)
        self._said = ElidedLabel(self, "label")
        self._said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.sync = button(self, "status", "sync")
        self.sync.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sync.clicked.connect(self.sync_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(8)
        for cell in self.cells.values():
            # Figures and warnings keep their room; names give way.
            cell.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
            layout.addWidget(cell)
        layout.addWidget(self.scanner)
        layout.addStretch(1)
        layout.addWidget(self.warning)
        layout.addWidget(self._said, 1000)
        layout.addWidget(self.sync)

    def _cell(self, icon: str, screen: Screen | None) -> StatusCell | StatusButton:
        if screen is None:
            return StatusCell(self, icon)
        made = StatusButton(self, icon, screen)
        made.asked.connect(self.asked.emit)
        return made

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
        self.scanner.setVisible(state.scanner is not None)
        if state.scanner is not None:
            self.scanner.fill(state.scanner, look)
        self.warning.fill(state.warnings, look)
        # A warning matters more than how the last synchronisation went, which F5 says again.
        self._said.setVisible(state.syncing or not state.warnings)
        self._said.setText(look.words.phrase(state.sync.phrase))
        self._said.set_tone(state.sync.tone)
        self.sync.setEnabled(not state.syncing)
