"""One of a few, all in sight: arrow keys move the choice, as in any group of radio buttons."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QFrame, QHBoxLayout, QRadioButton, QSizePolicy, QWidget

from branchdesk.ui.kit.labels import button_text
from branchdesk.ui.kit.pieces import clear
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of


class SegmentedChoice(QFrame):
    """A row of choices; ``chosen`` carries the value that a person picked."""

    chosen = signal_of(str)

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("kind", "segments")
        speak_as(self, QAccessible.Role.Grouping)
        self._buttons: dict[str, QRadioButton] = {}
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(1, 1, 1, 1)
        self._layout.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    @property
    def buttons(self) -> tuple[QRadioButton, ...]:
        """The choices, in order."""
        return tuple(self._buttons.values())

    def value(self) -> str:
        """Return what is chosen; empty while nothing is."""
        return next((value for value, made in self._buttons.items() if made.isChecked()), "")

    def name(self, text: str, choices: Sequence[tuple[str, str]]) -> None:
        """Name the group and its (value, words) choices; what is chosen stays chosen."""
        if [value for value, _ in choices] != list(self._buttons):
            self._rebuild([value for value, _ in choices])
        self.setAccessibleName(text)
        for value, words in choices:
            made = self._buttons[value]
            made.setText(button_text(words))
            made.setAccessibleName(f"{text} {words}")

    def show_choice(self, value: str) -> None:
        """Show a choice without announcing it as somebody's."""
        made = self._buttons.get(value)
        if made is not None and not made.isChecked():
            with QSignalBlocker(made):
                made.setChecked(True)

    def _rebuild(self, values: Sequence[str]) -> None:
        before = self.value()
        clear(self._layout)
        self._buttons = {value: self._button(value) for value in values}
        for made in self._buttons.values():
            self._layout.addWidget(made)
        self.show_choice(before)

    def _button(self, value: str) -> QRadioButton:
        made = QRadioButton(self)
        made.setProperty("kind", "segment")
        made.setObjectName(f"{self.objectName()}_{value}")
        made.setCursor(Qt.CursorShape.PointingHandCursor)

        def announce(on: bool) -> None:
            if on:
                self.chosen.emit(value)

        made.toggled.connect(announce)
        return made
