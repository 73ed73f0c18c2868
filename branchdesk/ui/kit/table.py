"""A quiet table for lines: one row at a time, Enter opens it."""

from typing import Any

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from branchdesk.ui.kit.lines_model import LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.signals import signal_of


class LinesTable(QTableView):
    """Shows a ``LinesModel``; ``opened`` carries the number of the row that was taken."""

    opened = signal_of(int)

    def __init__(self, parent: QWidget, model: LinesModel[Any], stretch: int) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(self._open)

    def dress(self, look: Look) -> None:
        """Take over titles and row height."""
        self.verticalHeader().setDefaultSectionSize(look.metrics.row)
        model = self.model()
        assert isinstance(model, LinesModel)
        model.set_titles([look.words.say(key) for key in model.title_keys])

    def go_in(self) -> None:
        """Put the cursor on the first row."""
        self.setFocus(Qt.FocusReason.TabFocusReason)
        self.selectRow(0)

    def fit(self, rows_max: int) -> None:
        """Be as high as the rows there are, up to a number of them; less where room is short."""
        rows = min(rows_max, max(1, self.model().rowCount()))
        self.setMinimumHeight(self._height(1))
        self.setMaximumHeight(self._height(rows))

    def sizeHint(self) -> QSize:
        """Ask for the most that is allowed."""
        return QSize(super().sizeHint().width(), self.maximumHeight())

    def _height(self, rows: int) -> int:
        header = self.horizontalHeader().sizeHint().height()
        # The ring around it is two pixels wide at either side, be it seen or not.
        return header + rows * self.verticalHeader().defaultSectionSize() + 4

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the current row on Enter."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.row())
