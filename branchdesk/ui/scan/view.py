"""One line over whatever is shown, on nothing that is pressed. Passive."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.clear_place import clear_place
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip
from branchdesk.ui.scan.state import ScanNote

_WIDTH: Final = 420
_FROM_BOTTOM: Final = 72
# Screens change under a line that is shown: it moves off what came to lie there.
_LOOKS_EVERY_MS: Final = 200


class ScanNoteView(MessageStrip):
    """Stands above the status bar where no button lies; takes neither the focus nor a click."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("scan_note")
        self.setProperty("kind", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._look: Look | None = None
        self._note: ScanNote | None = None
        self._looks = QTimer(self)
        self._looks.setInterval(_LOOKS_EVERY_MS)
        self._looks.timeout.connect(self._place)
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
            self._looks.stop()
            self.hide()
            return
        self.say(self._look.words.phrase(note.phrase), note.tone, self._look)
        self._place()
        self._looks.start()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay above the status bar when what lies below changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        over = self.parentWidget()
        assert over is not None
        height = max(self.heightForWidth(_WIDTH), self.minimumSizeHint().height())
        size = QSize(_WIDTH, height)
        self.setGeometry(QRect(clear_place(size, over, over.height() - _FROM_BOTTOM, self), size))
