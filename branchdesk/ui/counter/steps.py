"""Where Enter leads: from one thing that must be asked to the next, past all that may be left out.

Tab still visits everything in the order of the eye.
"""

from collections.abc import Callable
from weakref import WeakKeyDictionary

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class EnterLeads(QObject):
    """Gives Enter a meaning on controls that have none of their own."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        # Offers and consents come and go: whoever is gone leads nowhere.
        self._ways: WeakKeyDictionary[QObject, Callable[[], object]] = WeakKeyDictionary()

    def lead(self, control: QWidget, way: Callable[[], object]) -> None:
        """Take this way when Enter is pressed on a control."""
        if control not in self._ways:
            control.installEventFilter(self)
        self._ways[control] = way

    def lead_to(self, control: QWidget, following: QWidget) -> None:
        """Go from one control to another when Enter is pressed."""
        self.lead(control, lambda: following.setFocus(Qt.FocusReason.TabFocusReason))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the way of what is watched."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in ENTER
            and watched in self._ways
        ):
            self._ways[watched]()
            return True
        return super().eventFilter(watched, event)
