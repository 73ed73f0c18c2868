"""Ask for a file with the system's own dialog, which waits without holding the window."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget


class FileQuestion(QObject):
    """One question at a time, on behalf of ``owner``; it goes when its owner is hidden.

    Behind a lock nobody would answer it.
    """

    def __init__(self, owner: QWidget, name: str) -> None:
        super().__init__(owner)
        self._owner, self._name = owner, name
        self._dialog: QFileDialog | None = None
        owner.installEventFilter(self)

    def make(
        self, title: str, filters: Sequence[str], chosen: Callable[[str], object]
    ) -> QFileDialog | None:
        """Return the question, for its asker to open; None while one is being asked already."""
        if self._dialog is not None:
            return None
        dialog = QFileDialog(self._owner, title)
        dialog.setObjectName(self._name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters(list(filters))
        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(self._asked)
        self._dialog = dialog
        return dialog

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the question along when its owner goes."""
        if event.type() == QEvent.Type.Hide and watched is self._owner and self._dialog is not None:
            self._dialog.reject()
        return super().eventFilter(watched, event)

    def _asked(self, _: int) -> None:
        self._dialog = None
        # Not every window system makes the window below the active one again, with its cursor.
        self._owner.window().activateWindow()
