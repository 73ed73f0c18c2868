"""A labelled field with room for what is wrong with it and for hints, and Enter that moves on."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look, Shown, set_property
from branchdesk.ui.kit.pieces import TargetButton, clear, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class HintLine:
    """A line under a field; with ``target`` it offers a button that names it."""

    text: str
    target: str = ""


class FieldBox(QWidget):
    """One control with its label above and its troubles below.

    ``hint_taken`` carries the target of the hint whose button was pressed; ``entered`` says that
    Enter is about to lead on from here, and asks for what is wrong to be said first.
    """

    hint_taken = signal_of(str)
    entered = Signal()

    def __init__(self, parent: QWidget, control: QLineEdit | QComboBox, name: str) -> None:
        super().__init__(parent)
        self.control = control
        control.setParent(self)
        control.setObjectName(name)
        self._label = PlainLabel(self, "label")
        self._label.setBuddy(control)
        self._picture = Picture(self)
        self._error = PlainLabel(self, "caption", wrap=True)
        self._error.set_tone(Tone.DANGER)
        self._note = PlainLabel(self, "caption", wrap=True)
        self._counter = PlainLabel(self, "caption")
        self._length_max = 0
        self._look: Look | None = None
        self._said = Shown()
        self._hints = QVBoxLayout()
        self._hints.setSpacing(0)
        self._shown: tuple[HintLine, ...] = ()
        self._lay_out()
        self._counter.hide()
        self.describe("")
        self.set_error("", None)

    def _lay_out(self) -> None:
        trouble = QHBoxLayout()
        trouble.setSpacing(6)
        trouble.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        trouble.addWidget(self._error, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._label, 1)
        top.addWidget(self._counter)
        layout.addLayout(top)
        layout.addWidget(self.control)
        layout.addWidget(self._note)
        layout.addLayout(trouble)
        layout.addLayout(self._hints)

    def name(self, text: str, placeholder: str = "") -> None:
        """Name the field in the language in force."""
        self._label.setText(text)
        self.control.setAccessibleName(text)
        if isinstance(self.control, QLineEdit):
            self.control.setPlaceholderText(placeholder)

    def describe(self, note: str) -> None:
        """Say under the field what belongs into it; an error takes the note's place."""
        self._note.setText(note)
        self._show_note()

    def count_to(self, length_max: int, look: Look) -> None:
        """Show how much of a longest length is used, and take no more."""
        control = self.control
        assert isinstance(control, QLineEdit)
        if not self._length_max:
            control.textChanged.connect(self._count)
        self._length_max, self._look = length_max, look
        control.setMaxLength(length_max)
        self._count(control.text())

    def set_error(self, text: str, look: Look | None) -> None:
        """Say beside the field what is wrong with it; nothing for an empty text."""
        if not self._said.changes(text, look):
            return
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self._picture.setVisible(bool(text))
        if text and look is not None:
            ratio = self.devicePixelRatioF()
            self._picture.setPixmap(look.tone_picture(Tone.DANGER, 16, ratio))
        self._show_note()
        self.control.setAccessibleDescription(text or self._note.text())
        set_property(self.control, "invalid", "true" if text else "false")

    def may_be_left(self) -> bool:
        """Say whether Enter may lead on: from what is known to be wrong it does not."""
        self.entered.emit()
        return not self._error.text()

    def set_hints(self, hints: Sequence[HintLine], take: str, look: Look) -> None:
        """Show hints under the field, each with a button called ``take`` when it has a target."""
        if tuple(hints) == self._shown:
            return
        self._shown = tuple(hints)
        clear(self._hints)
        for hint in hints:
            self._hints.addWidget(self._hint(hint, take, look))

    def _show_note(self) -> None:
        self._note.setVisible(bool(self._note.text()) and not self._error.text())
        if not self._error.text():
            self.control.setAccessibleDescription(self._note.text())

    def _count(self, text: str) -> None:
        look = self._look
        if look is None:
            return
        self._counter.show()
        facts = {"used": len(text), "most": self._length_max}
        self._counter.setText(look.words.say("kit.count", **facts))
        full = len(text) >= self._length_max
        self._counter.set_tone(Tone.WARNING if full else Tone.QUIET)

    def _hint(self, hint: HintLine, take: str, look: Look) -> QWidget:
        line = QWidget(self)
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        picture = Picture(line)
        picture.setPixmap(look.tone_picture(Tone.WARNING, 16, self.devicePixelRatioF()))
        layout.addWidget(picture, 0, Qt.AlignmentFlag.AlignVCenter)
        words = PlainLabel(line, "caption", wrap=True)
        words.set_tone(Tone.WARNING)
        words.setText(hint.text)
        layout.addWidget(words, 1)
        if hint.target:
            use = TargetButton(line, "link", hint.target)
            set_button(use, take, f"{take} {hint.text}")
            use.taken.connect(self.hint_taken.emit)
            layout.addWidget(use)
        return line


class EnterMovesOn(QObject):
    """Makes Enter go to the next control, as people at a counter expect."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._boxes: dict[QObject, FieldBox] = {}

    def watch(self, widget: QWidget) -> None:
        """Watch one control."""
        widget.installEventFilter(self)

    def watch_box(self, box: FieldBox) -> None:
        """Watch the control of a field that is not left by Enter while something is wrong in it."""
        self._boxes[box.control] = box
        self.watch(box.control)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn Enter into Tab on what is watched: controls where it has no meaning of its own."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in _ENTER
        ):
            box = self._boxes.get(watched)
            if box is None or box.may_be_left():
                tab = QKeyEvent(
                    QEvent.Type.KeyPress, Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier, "\t"
                )
                QApplication.sendEvent(watched, tab)
            return True
        return super().eventFilter(watched, event)


def set_choices(box: QComboBox, choices: Sequence[tuple[str, str]], chosen: str) -> None:
    """Offer (value, words) choices; emits nothing when only the words change."""
    with QSignalBlocker(box):
        box.clear()
        for value, words in choices:
            box.addItem(words, value)
        box.setCurrentIndex(max(0, box.findData(chosen)))


def show_text(edit: QLineEdit, text: str) -> None:
    """Show a text without moving the cursor when it is there already."""
    if edit.text() != text:
        edit.setText(text)


def show_choice(box: QComboBox, value: str) -> None:
    """Show a choice without announcing it as somebody's."""
    index = box.findData(value)
    if index >= 0 and index != box.currentIndex():
        with QSignalBlocker(box):
            box.setCurrentIndex(index)
