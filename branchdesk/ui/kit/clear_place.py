"""Where something that is only said may lie over a screen: on nothing that people press or type in.

This module must not know any screen.
"""

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget

# Tried from the bottom up: the middle, then left of it, then right.
_SHARES: Final = (0.5, 0.3, 0.7)
_STEP: Final = 12
_PRESSED: Final = (QAbstractButton, QLineEdit, QComboBox)


def clear_place(size: QSize, over: QWidget, lowest: int, besides: QWidget) -> QPoint:
    """Return where ``besides`` may lie over ``over``, as low as ``lowest`` allows for its bottom.

    Where nothing is free it is the middle at the bottom: then what is said matters more.
    """
    taken = [*_taken(over, besides)]
    places = [*_places(size, over, lowest)]
    for place in places:
        if not any(QRect(place, size).intersects(rect) for rect in taken):
            return place
    return places[0]


def _places(size: QSize, over: QWidget, lowest: int) -> Iterator[QPoint]:
    for top in range(max(0, lowest - size.height()), -1, -_STEP):
        for share in _SHARES:
            yield QPoint(round(over.width() * share) - size.width() // 2, top)


def _taken(over: QWidget, besides: QWidget) -> Iterator[QRect]:
    """Yield the part in sight of everything over which nothing may lie."""
    for kind in _PRESSED:
        for control in over.findChildren(kind):
            if control.isVisible() and not besides.isAncestorOf(control):
                # Not the region in sight: what lies over it now is what is about to move.
                in_sight = _in_sight(control, over)
                if not in_sight.isEmpty():
                    yield in_sight


def _in_sight(control: QWidget, over: QWidget) -> QRect:
    """Return the part of a control that its parents show: a scrolled column shows a part of it."""
    rect = QRect(control.mapTo(over, QPoint(0, 0)), control.size())
    parent = control.parentWidget()
    while parent is not None and parent is not over:
        rect &= QRect(parent.mapTo(over, QPoint(0, 0)), parent.size())
        parent = parent.parentWidget()
    return rect
