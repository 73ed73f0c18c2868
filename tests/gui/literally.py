"""What a window says, read back letter by letter, wherever it says it."""

import html
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from tests.gui.inspection import visible


def shown(root: QWidget) -> list[str]:
    """Return every text that can be seen, as it is seen; nothing may be left to Qt's guesses."""
    return [
        *_labels(root),
        *_buttons(root),
        *_cells(root),
        *(edit.text() for edit in visible(root, QLineEdit)),
        *(box.itemText(place) for box in visible(root, QComboBox) for place in range(box.count())),
    ]


def spoken(root: QWidget) -> list[str]:
    """Return every name and description for assistive technology."""
    widgets = [root, *visible(root, QWidget)]
    return [text for one in widgets for text in (one.accessibleName(), one.accessibleDescription())]


def tips(root: QWidget) -> list[str]:
    """Return every tool tip as it is read; what is rich text has escaped what it says."""
    found = [one.toolTip() for one in root.findChildren(QWidget)]
    for table in visible(root, QAbstractItemView):
        found += _data(table, Qt.ItemDataRole.ToolTipRole)
    return [_read(tip) for tip in found if tip]


def _labels(root: QWidget) -> Iterator[str]:
    for label in visible(root, QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText, label.text()
        yield label.text()


def _buttons(root: QWidget) -> Iterator[str]:
    for button in visible(root, QAbstractButton):
        # Two are one that is seen; one alone is none, and underlines what follows.
        assert "&" not in button.text().replace("&&", ""), button.text()
        yield button.text().replace("&&", "&").strip()


def _cells(root: QWidget) -> Iterator[str]:
    for table in visible(root, QAbstractItemView):
        yield from _data(table, Qt.ItemDataRole.DisplayRole)


def _data(table: QAbstractItemView, role: Qt.ItemDataRole) -> list[str]:
    model = table.model()
    if model is None:
        return []
    root = table.rootIndex()
    return [
        str(model.index(row, column, root).data(role) or "")
        for row in range(model.rowCount(root))
        for column in range(model.columnCount(root) if table.inherits("QTableView") else 1)
    ]


def _read(tip: str) -> str:
    bare = tip.removeprefix("<qt>").removesuffix("</qt>")
    # What does not say that it is rich text must not be taken for it.
    assert "<" not in bare, tip
    return html.unescape(bare) if tip.startswith("<qt>") else tip
