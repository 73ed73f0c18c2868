"""The main window before anything heavy is loaded: it paints a calm frame, then takes content.

Only PySide6 and the token table are imported here, because the first paint waits for this module.
"""

import os
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QByteArray, QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from branchdesk.ui.kit.tokens import MOUSE, PALETTES, Palette

# Qt's own; read once, when the application is made.
SCALE_VARIABLE = "QT_SCALE_FACTOR"
SIZE = QSize(1366, 768)
SIZE_MIN = QSize(1180, 680)


@cache
def _signs_of_a_person() -> "frozenset[QEvent.Type]":
    # Made at the first event after the first frame: the enumeration of event types is long, and
    # naming one of them costs as much as a tenth of the start.
    kinds = QEvent.Type
    return frozenset({kinds.KeyPress, kinds.MouseButtonPress, kinds.Wheel, kinds.TouchBegin})


class FirstFrame(QWidget):
    """The sign-in screen's outline: side panel, card, nothing to read yet."""

    painted = Signal()

    def __init__(self, parent: QWidget, palette: Palette) -> None:
        super().__init__(parent)
        self._palette = palette
        self._done = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint in a few strokes; announce the first time."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._palette.canvas))
        side = self.width() * 4 // 9
        painter.fillRect(0, 0, side, self.height(), QColor(self._palette.rail))
        card = QRectF(side + (self.width() - side - 420) / 2, self.height() / 2 - 210, 420, 420)
        painter.setPen(QColor(self._palette.line))
        painter.setBrush(QColor(self._palette.surface))
        painter.drawRoundedRect(card, MOUSE.radius_card, MOUSE.radius_card)
        painter.end()
        if not self._done:
            self._done = True
            self.painted.emit()


class MainWindow(QMainWindow):
    """The window of the desk; ``active`` announces a person at it, ``closing`` its end."""

    active = Signal()
    closing = Signal()

    def __init__(self, theme: str = "light", geometry: str = "") -> None:
        super().__init__()
        self.setObjectName("main")
        self.setWindowTitle("BranchDesk 网点活动终端")
        self.setMinimumSize(SIZE_MIN)
        self.resize(SIZE)
        if geometry:
            # Qt brings a window back onto a screen that exists; what it cannot read it leaves.
            self.restoreGeometry(QByteArray.fromBase64(QByteArray(geometry.encode())))
        self.first = FirstFrame(self, PALETTES[theme])
        self.setCentralWidget(self.first)

    def after_first_paint(self, call: Callable[[], object]) -> None:
        """Call once the first frame is on the screen and the event loop is free again."""
        self.first.painted.connect(lambda: QTimer.singleShot(0, self, call))

    def fit_to_screen(self) -> None:
        """Bring the whole window, frame and all, onto its screen, as far as its least size lets it.

        It may be kept from a larger screen or another scale; the frame is known once it is shown.
        """
        if self.isMaximized() or self.isFullScreen():
            return
        room = self.screen().availableGeometry()
        frame = self.frameGeometry().size() - self.size()
        self.resize(self.size().boundedTo(room.size() - frame))
        outer = self.frameGeometry()
        left = max(room.left(), min(outer.left(), room.right() + 1 - outer.width()))
        top = max(room.top(), min(outer.top(), room.bottom() + 1 - outer.height()))
        self.move(left, top)

    def geometry_text(self) -> str:
        """Return place, size, screen and whether it is maximised, to be restored by."""
        return str(self.saveGeometry().toBase64().toStdString())

    def scale_max(self) -> int:
        """Return the largest scale, in percent, at which the window still fits its screen."""
        room, factor = self.screen().availableSize(), float(os.environ.get(SCALE_VARIABLE, "1"))
        fits = min(room.width() / SIZE_MIN.width(), room.height() / SIZE_MIN.height())
        return int(fits * factor * 100)

    def install(self, content: QWidget) -> None:
        """Put content in the place of what was there; only the first frame is thrown away."""
        if self.centralWidget() is not self.first:
            # The door: it moves into the desk, and must not be deleted with its old place.
            self.takeCentralWidget()
        self.setCentralWidget(content)
        # The layout would show it later, and a window that becomes active before then finds nothing
        # that can take the cursor.
        content.show()
        content.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def showEvent(self, event: QShowEvent) -> None:
        """Listen to the native window: input passes there first, and little else does."""
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that somebody is at the desk; never keep an event from anyone."""
        if event.type() in _signs_of_a_person():
            self.active.emit()
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Announce the end before the window goes."""
        self.closing.emit()
        super().closeEvent(event)
