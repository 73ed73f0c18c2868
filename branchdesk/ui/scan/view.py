"""One line over whatever is shown, out of everybody's way. Passive."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip
from branchdesk.ui.scan.state import ScanNote

_WIDTH: Final = 420
_FROM_BOTTOM: Final = 72


class ScanNoteView(MessageStrip):
    """Stands above the status bar, in the middle; takes neither the focus nor a click."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("scan_note")
        self.setProperty("kind", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._look: Look | None = None
        self._note: ScanNote | None = None
        over.installEventFilter(self)

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look = look
        self.render(self._note)

    def render(self, note: ScanNote | None) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a note, or nothing."""
        self._note = note
        if self._look is None:
            return
        if note is None:
            self.hide()
            return
        self.say(self._look.words.phrase(note.phrase), note.tone, self._look)
        self._place()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle when what lies below changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        over = self.parentWidget()
        assert over is not None
        height = max(self.heightForWidth(_WIDTH), self.minimumSizeHint().height())
        left, top = (over.width() - _WIDTH) // 2, over.height() - _FROM_BOTTOM - height
        self.setGeometry(left, top, _WIDTH, height)
