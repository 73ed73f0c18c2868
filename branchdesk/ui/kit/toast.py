"""What was just done, said at the bottom for a while, with a way to undo it."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.background import Timers
from branchdesk.ui.kit.clear_place import clear_place
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Phrase, Tone

SHOWN_MS: Final = 6_000
SHOWN_WITH_UNDO_MS: Final = 10_000
TOASTS_MAX: Final = 3
_WIDTH: Final = 420


@dataclass(frozen=True, slots=True)
class Toast:
    """Something to say for a while; ``undo`` names what its Undo button takes back."""

    said: Phrase
    tone: Tone = Tone.SUCCESS
    undo: str = ""


class ToastCard(QFrame):
    """One toast. ``held`` tells whether somebody is at it, ``gone`` that it is over."""

    held = signal_of(bool)
    gone = signal_of(str)
    undone = signal_of(str)

    def __init__(self, parent: QWidget, toast: Toast) -> None:
        super().__init__(parent)
        self.toast = toast
        self.setProperty("kind", "toast")
        speak_as(self, QAccessible.Role.Notification)
        self.setProperty("tone", toast.tone.value)
        self._picture = Picture(self)
        self._words = PlainLabel(self, wrap=True)
        self.undo = TargetButton(self, "link", toast.undo)
        self.dismiss = TargetButton(self, "tag", "dismiss")
        self.undo.setVisible(bool(toast.undo))
        self.undo.taken.connect(self.undone.emit)
        self.dismiss.taken.connect(self.gone.emit)
        for control in (self.undo, self.dismiss):
            control.installEventFilter(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(MOUSE.space_l, MOUSE.space_s, MOUSE.space_s, MOUSE.space_s)
        layout.setSpacing(MOUSE.space_s)
        layout.addWidget(self._picture)
        layout.addWidget(self._words, 1)
        layout.addWidget(self.undo)
        layout.addWidget(self.dismiss)

    def dress(self, look: Look) -> None:
        """Say it in the language in force."""
        said = look.words.phrase(self.toast.said)
        self._words.setText(said)
        self.setAccessibleName(said)
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(look.tone_picture(self.toast.tone, 20, ratio))
        undo = look.words.say("kit.undo")
        set_button(self.undo, undo, f"{undo} {said}")
        self.dismiss.setIcon(look.icon("close", look.palette.muted))
        self.dismiss.setAccessibleName(look.words.say("kit.dismiss"))

    def is_held(self) -> bool:
        """Tell whether the pointer or the focus is on it."""
        return self.underMouse() or self.undo.hasFocus() or self.dismiss.hasFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the focus coming and going."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.held.emit(event.type() == QEvent.Type.FocusIn)
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Notice the pointer coming."""
        self.held.emit(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Notice the pointer going."""
        self.held.emit(self.undo.hasFocus() or self.dismiss.hasFocus())
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go away on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.gone.emit("dismiss")
            return
        super().keyPressEvent(event)


class ToastStack(QWidget):
    """Toasts one above the other low in ``parent``, over nothing in it that is pressed.

    A toast goes after its time, which stands still while somebody is at it. The oldest makes room.
    ``undone`` carries what its Undo button takes back.
    """

    undone = signal_of(str)

    def __init__(self, parent: QWidget, timers: Timers) -> None:
        super().__init__(parent)
        self.setObjectName("toasts")
        self._timers = timers
        self._look: Look | None = None
        self._made = 0
        self._cards: dict[str, ToastCard] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(MOUSE.space_s)
        parent.installEventFilter(self)
        self.hide()

    @property
    def cards(self) -> tuple[ToastCard, ...]:
        """What is shown now, oldest first."""
        return tuple(self._cards.values())

    def dress(self, look: Look) -> None:
        """Say everything in the language in force."""
        self._look = look
        for card in self._cards.values():
            card.dress(look)
        self._settle()

    def say(self, toast: Toast) -> None:
        """Show a toast and read it out to assistive technology."""
        self._made += 1
        name = f"toast.{self._made}"
        card = ToastCard(self, toast)
        self._cards[name] = card
        self._layout.addWidget(card)
        card.held.connect(lambda held: self._hold(name, held))
        card.gone.connect(lambda _: self._drop(name))
        card.undone.connect(lambda undo: self._undo(name, undo))
        if self._look is not None:
            card.dress(self._look)
        while len(self._cards) > TOASTS_MAX:
            self._drop(next(iter(self._cards)))
        self._start(name)
        self._settle()
        announcement = QAccessibleAnnouncementEvent(self, card.accessibleName())
        QAccessible.updateAccessibility(announcement)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the bottom when the parent changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def _start(self, name: str) -> None:
        card = self._cards[name]
        shown_ms = SHOWN_WITH_UNDO_MS if card.toast.undo else SHOWN_MS
        self._timers.restart(name, shown_ms, lambda: self._drop(name))

    def _hold(self, name: str, held: bool) -> None:
        if name not in self._cards:
            return
        if held:
            self._timers.cancel(name)
        else:
            self._start(name)

    def _undo(self, name: str, undo: str) -> None:
        self._drop(name)
        self.undone.emit(undo)

    def _drop(self, name: str) -> None:
        self._timers.cancel(name)
        card = self._cards.pop(name, None)
        if card is not None:
            card.hide()
            self._layout.removeWidget(card)
            card.deleteLater()
            self._settle()

    def _settle(self) -> None:
        over = self.parentWidget()
        if over is None or not self._cards:
            self.hide()
            return
        width = min(_WIDTH, over.width() - 2 * MOUSE.space_l)
        self.setFixedWidth(width)
        self._layout.activate()
        height = max(self._layout.heightForWidth(width), self._layout.minimumSize().height())
        size = QSize(width, height)
        place = clear_place(size, over, over.height() - MOUSE.space_xl, self)
        self.setGeometry(QRect(place, size))
        self.raise_()
        self.show()
