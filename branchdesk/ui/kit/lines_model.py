"""The one base of every table: frozen lines in rows, column descriptions across."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from branchdesk.ui.kit.labels import plain_tip

L = TypeVar("L")
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Column(Generic[L]):
    """One column: the catalogue key of its title, what it shows of a line, and its side."""

    title_key: str
    text: Callable[[L], str]
    right: bool = False


class LinesModel(QAbstractTableModel, Generic[L]):
    """A table over a tuple of lines; texts only, so nothing is guessed."""

    def __init__(self, parent: QObject, columns: Sequence[Column[L]]) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._titles = tuple("" for _ in self._columns)
        self._lines: tuple[L, ...] = ()

    @property
    def lines(self) -> tuple[L, ...]:
        """The lines in their order."""
        return self._lines

    def set_lines(self, lines: Sequence[L]) -> None:
        """Show other lines."""
        if tuple(lines) == self._lines:
            return
        self.beginResetModel()
        self._lines = tuple(lines)
        self.endResetModel()

    def set_titles(self, titles: Sequence[str]) -> None:
        """Name the columns in the language in force."""
        self._titles = tuple(titles)
        last = len(self._columns) - 1
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)
        if self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, last))

    @property
    def title_keys(self) -> tuple[str, ...]:
        """The catalogue keys of the titles."""
        return tuple(column.title_key for column in self._columns)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        """Return the number of lines; a cell has no children."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        """Return the number of columns; a cell has no children."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, the whole of it as a tip, or its side."""
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return column.text(self._lines[index.row()])
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(column.text(self._lines[index.row()]))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's title."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._titles):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = self._columns[section].right
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None
