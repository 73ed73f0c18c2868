"""What assistive technology takes a composed widget for: Qt knows the roles of its own only.

A plain widget is a bare area to a screen reader, and a frame is a border, whatever they show.
"""

from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_ROLE: Final = "spoken_as"


def speak_as(widget: QWidget, role: QAccessible.Role) -> None:
    """Give a widget its role; before it is shown, for Qt asks only once."""
    widget.setProperty(_ROLE, role.value)


def install_roles() -> None:
    """Let Qt ask for the roles given by ``speak_as``. Once a process."""
    QAccessible.installFactory(_interface)


def _interface(class_name: str, asked: QObject) -> QAccessibleInterface | None:
    """Return how a widget with a role of ours is spoken of; None leaves it to Qt.

    Qt asks for each class that a widget descends from; the first answer holds.
    """
    del class_name
    role = asked.property(_ROLE)
    if role is None or not isinstance(asked, QWidget):
        return None
    return QAccessibleWidget(asked, QAccessible.Role(role))
