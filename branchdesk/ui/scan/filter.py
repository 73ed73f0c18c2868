"""Listens to every key of a window and its dialogs, and keeps a scanner's from the focus.

It goes with the focus and sees keys before the control that has it: field, choice, open list,
table, button. While a hidden text (a PIN) has the focus, nothing is heard.
"""

from typing import Final, Protocol

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from branchdesk.ui.scan.focus_memory import PutBack, holds_text, is_secret, remember
from branchdesk.ui.scan.wedge import ENDS, QUIET_MS, Framing, Key, Wedge

_NOT_TYPED: Final = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_FULL_WIDTH_DIGITS: Final = frozenset(chr(0xFF10 + digit) for digit in range(10))
_KEYS: Final = {"\r": Qt.Key.Key_Return, "\n": Qt.Key.Key_Enter, "\t": Qt.Key.Key_Tab}


class ScanReader(Protocol):
    """What becomes of a scan."""

    def listens(self) -> bool:
        """Whether scans are wanted now."""

    def reading(self) -> None:
        """A scan was recognised and is still being typed."""

    def read(self, text: str) -> bool:
        """Take a scan; False when it is none of ours and belongs to whatever has the focus."""

    def unwanted(self) -> None:
        """What is none of ours could not be typed either: nothing with the focus takes text."""


class KeyClock:
    """Times on the platform's scale, also for input that carries none."""

    def __init__(self) -> None:
        self._since = QElapsedTimer()
        self._since.start()
        self._offset_ms = 0

    def stamped(self, stamp_ms: int) -> int:
        """Take the platform's own time of an event."""
        self._offset_ms = stamp_ms - self._since.elapsed()
        return stamp_ms

    def now_ms(self) -> int:
        """Return the time for something that just came in."""
        return self._since.elapsed() + self._offset_ms


class ScanFilter(QObject):
    """Hands scans to a reader; everything else goes where it always went."""

    def __init__(self, window: QWidget, reader: ScanReader, framing: Framing) -> None:
        super().__init__(window)
        self._window, self._reader = window, reader
        self._framing = framing.printable()
        self._frame = framing.prefix + framing.suffix
        self._wedge = Wedge(framing)
        self._clock = KeyClock()
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self._ended)
        self._at: QWidget | None = None
        self._put_back: PutBack | None = None
        self._silenced: QWidget | None = None
        # Where keys go while nothing has the focus.
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    def take(self, code: str) -> None:
        """Take a code that came whole and not by keys: from a scanner on a serial port."""
        focus = QApplication.focusWidget()
        self._at = None if focus is not None and is_secret(focus) else focus
        text = self._framing.bare(code)
        if self._reader.listens():
            if not self._reader.read(text):
                self._type(text, "\r")
        elif self._at is not None and holds_text(self._at):
            # Before anybody is in: the code that enrols a terminal.
            self._type(text, "\r")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the keys of a scan from everybody else."""
        if isinstance(event, QKeyEvent | QInputMethodEvent) and isinstance(watched, QWidget):
            # What a control leaves alone comes to its window a second time.
            if watched is self._window and QApplication.focusWidget() is not None:
                return False
            if isinstance(event, QInputMethodEvent):
                return self._composed(watched, event)
            if event.type() == QEvent.Type.KeyPress:
                return self._pressed(watched, event)
            return event.type() == QEvent.Type.KeyRelease and self._wedge.is_reading
        return super().eventFilter(watched, event)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and isValid(old) and old is not self._window:
            old.removeEventFilter(self)
        if not self._wedge.is_reading:
            self._wedge.forget()
        if new is not None and self._is_ours(new):
            new.installEventFilter(self)

    def _is_ours(self, widget: QWidget) -> bool:
        found: QObject | None = widget
        while found is not None and found is not self._window:
            found = found.parent()
        return found is not None

    def _pressed(self, at: QWidget, event: QKeyEvent) -> bool:
        text, stamp_ms = event.text(), event.timestamp()
        if not stamp_ms:
            return False  # Made by a program, not pressed.
        if self._wedge.is_reading:
            return not self._is_typed(event) or self._heard(at, text, self._clock.stamped(stamp_ms))
        if not text:
            return False  # Shift alone says nothing: a scanner presses it as well.
        if not self._is_typed(event) or not self._listens(at):
            self._wedge.forget()
            return False
        return self._heard(at, text, self._clock.stamped(stamp_ms))

    def _is_typed(self, event: QKeyEvent) -> bool:
        text = event.text()
        if len(text) != 1 or event.isAutoRepeat() or event.modifiers() & _NOT_TYPED:
            return False
        return text.isprintable() or text in ENDS or text in self._frame

    def _composed(self, at: QWidget, event: QInputMethodEvent) -> bool:
        """Hear full-width digits, which an input method commits one by one."""
        committed = event.commitString()
        if committed in _FULL_WIDTH_DIGITS:
            if self._wedge.is_reading or self._listens(at):
                return self._heard(at, committed, self._clock.now_ms())
        elif committed and not self._wedge.is_reading:
            self._wedge.forget()
        return self._wedge.is_reading

    def _listens(self, at: QWidget) -> bool:
        return self._reader.listens() and not is_secret(at)

    def _heard(self, at: QWidget, character: str, at_ms: int) -> bool:
        """Act on one character and tell whether it is kept from the focus."""
        found = self._wedge.key(character, at_ms)
        if found is Key.STARTS:
            self._at, self._put_back = at, remember(at)
        elif found is Key.RECOGNISED:
            self._recognised()
        elif found is Key.ENDS:
            self._ended(character)
        if self._wedge.is_reading:
            self._quiet.start()
        if found is Key.FOLLOWS:
            # The one character that acts: it would press a button or answer for a customer.
            return character == " " and not holds_text(at)
        return found is not Key.STARTS

    def _recognised(self) -> None:
        QGuiApplication.inputMethod().reset()
        if self._put_back is not None:
            self._put_back()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            # Not now: this key is still on its way through the list's own window.
            QTimer.singleShot(0, popup, popup.close)
        focus = QApplication.focusWidget()
        if focus is not None and focus.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled):
            # Letters (an identity number ends in X) would be composed instead of read.
            focus.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
            self._silenced = focus
        self._reader.reading()

    def _ended(self, end: str = "") -> None:
        self._quiet.stop()
        text, self._put_back = self._wedge.take(), None
        if self._silenced is not None and isValid(self._silenced):
            self._silenced.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, True)
        self._silenced = None
        if not self._reader.read(text):
            self._type(text, end)

    def _type(self, text: str, end: str) -> None:
        focus = QApplication.focusWidget()
        if focus is None or focus is not self._at or not holds_text(focus):
            self._reader.unwanted()
            return
        typed = QInputMethodEvent()
        typed.setCommitString(text)
        QApplication.sendEvent(focus, typed)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) if end else ():
            key = QKeyEvent(kind, _KEYS[end], Qt.KeyboardModifier.NoModifier, end)
            QApplication.sendEvent(focus, key)
