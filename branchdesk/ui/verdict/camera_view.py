"""What the camera sees, and which camera it is. Passive."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from branchdesk.ui.kit.fields import FieldBox, set_choices
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import column
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.verdict.state import CameraState

_SIZE: Final = QSize(552, 310)
_ROUND: Final = 8.0


class Preview(QWidget):
    """The newest picture, whole, on a dark ground; empty until there is one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("verdict_preview")
        speak_as(self, QAccessible.Role.Graphic)
        self.setFixedHeight(_SIZE.height())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._ground = QColor()
        self._picture = QImage()

    def sizeHint(self) -> QSize:
        """Ask for room in a camera's shape."""
        return _SIZE

    def ground(self, colour: str) -> None:
        """Take over the colour beside and before the picture."""
        self._ground = QColor(colour)
        self.update()

    def show_picture(self, picture: QImage) -> None:
        """Show another picture; a null one shows none."""
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture in the middle, as large as it fits."""
        del event
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing
        )
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), _ROUND, _ROUND)
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), self._ground)
        if not self._picture.isNull():
            keep = Qt.AspectRatioMode.KeepAspectRatio
            fitting = self._picture.size().scaled(self.size(), keep)
            area = QRectF(0, 0, fitting.width(), fitting.height())
            area.moveCenter(QRectF(self.rect()).center())
            painter.drawImage(area, self._picture)
        painter.end()


class CameraView(QWidget):
    """``chosen`` carries the id of another camera; the choice is there where there are several."""

    chosen = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._state: CameraState | None = None
        self.preview = Preview(self)
        self._note = PlainLabel(self, "body", wrap=True)
        self._problem = PlainLabel(self, "body", wrap=True)
        self._problem.set_tone(Tone.DANGER)
        self.choice = FieldBox(self, QComboBox(self), "verdict_camera_choice")
        inside = column(self, margin=0, space=12)
        for part in (self.preview, self._note, self._problem, self.choice):
            inside.addWidget(part)
        self._box.activated.connect(lambda _: self.chosen.emit(str(self._box.currentData())))
        self.hide()

    @property
    def _box(self) -> QComboBox:
        assert isinstance(self.choice.control, QComboBox), "it was made as a box of choices"
        return self.choice.control

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look = look
        self.preview.ground(look.palette.rail)
        self.preview.setAccessibleName(look.words.say("verdict.camera_preview"))
        self.choice.name(look.words.say("verdict.camera_choice"))
        self.fill(self._state)

    def fill(self, state: CameraState | None) -> None:
        """Show what is said of the camera, or nothing; what it saw goes with it."""
        self._state, look = state, self._look
        self.setVisible(state is not None)
        if state is None or state.problem is not None:
            self.preview.show_picture(QImage())
        if state is None or look is None:
            return
        self.preview.setVisible(state.problem is None)
        for label, words in ((self._note, state.note), (self._problem, state.problem)):
            label.setText("" if words is None else look.words.phrase(words))
            label.setVisible(words is not None)
        self.choice.setVisible(len(state.choices) > 1)
        set_choices(self._box, state.choices, state.chosen)

    def show_picture(self, picture: QImage) -> None:
        """Show what the camera sees now."""
        if self._state is not None and self._state.problem is None:
            self.preview.show_picture(picture)
