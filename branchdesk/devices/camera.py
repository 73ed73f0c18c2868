"""A camera of this machine, frame by frame.

QtMultimedia comes with the extra ``camera`` and is loaded only when somebody wants a camera: start
and memory of everybody else stay as they are. This module does not know what a frame shows.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QCameraPermission, QCoreApplication, QObject, Qt, QTimer
from PySide6.QtGui import QImage

from branchdesk.errors import EnvironmentFault

# Enough for the 61 modules of a voucher's code that fills a third of the picture, and no more.
WIDTH: Final = 1_280
RATE_MAX: Final = 30.0
# A camera that is on and sends nothing by then has its lid closed, or the system holds it back.
SILENT_MS: Final = 5_000
_DEVICES: Final = Path("/dev")


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """A camera: what tells it from others after a restart too, and what the system calls it."""

    id: str
    name: str


def has_camera_part() -> bool:
    """Say whether the extra is installed, without loading it."""
    return find_spec("PySide6.QtMultimedia") is not None


def load_camera_part() -> None:
    """Load QtMultimedia; takes a moment. Raises EnvironmentFault ``camera_part_broken``."""
    try:
        import PySide6.QtMultimedia  # noqa: F401  (loaded here, named where it is used)
    except ImportError as error:
        # On Linux a library of the system that it links to, most often.
        raise EnvironmentFault("camera_part_broken", reason=str(error)[:120]) from error


def camera_devices() -> tuple[CameraDevice, ...]:
    """Return the cameras that are plugged in, the system's default first."""
    from PySide6.QtMultimedia import QMediaDevices

    default = QMediaDevices.defaultVideoInput()
    found = sorted(QMediaDevices.videoInputs(), key=lambda device: device != default)
    return tuple(CameraDevice(_id(device), device.description()) for device in found)


def best_format(sizes: Iterable[tuple[int, int, float]]) -> int | None:
    """Return which (width, height, frames a second) to take: ``WIDTH`` wide or the next above.

    Where all are smaller, the largest; among equals the fastest up to ``RATE_MAX``.
    """

    def rank(numbered: tuple[int, tuple[int, int, float]]) -> tuple[bool, int, float]:
        _, (width, height, rate) = numbered
        is_small = width < WIDTH
        area = width * height
        return is_small, -area if is_small else area, -min(rate, RATE_MAX)

    ranked = sorted(enumerate(sizes), key=rank)
    return ranked[0][0] if ranked else None


class Camera(QObject):
    """Shows what one camera sees until it is closed; lives on the window's thread.

    ``frame`` gets each frame as a callable that makes a picture of it, None of one that cannot be
    made; that is slow, so it is called on another thread. ``failed`` gets a word, and nothing comes
    after it: ``absent``, ``forbidden``, ``busy``, ``broken``, ``silent``, ``gone``.
    """

    def __init__(
        self,
        frame: Callable[[Callable[[], QImage | None]], object],
        failed: Callable[[str], object],
    ) -> None:
        from PySide6.QtMultimedia import QVideoSink

        super().__init__()
        self._tell, self._tell_failure = frame, failed
        self._camera: Any = None
        self._session: Any = None
        self._has_seen = False
        self._is_closed = False
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.timeout.connect(lambda: self._fail("silent"))
        self.sink = QVideoSink(self)
        # Frames come on the thread of the camera.
        self.sink.videoFrameChanged.connect(self._seen, Qt.ConnectionType.QueuedConnection)

    def start(self, wanted: str) -> None:
        """Take the camera with an id, or the system's default where it is not plugged in."""
        permission = QCameraPermission()
        application = QCoreApplication.instance()
        assert application is not None, "a camera is opened from a window"
        if application.checkPermission(permission) == Qt.PermissionStatus.Undetermined:
            application.requestPermission(permission, self, lambda _: self._begin(wanted))
        else:
            self._begin(wanted)

    def _begin(self, wanted: str) -> None:
        from PySide6.QtMultimedia import QCamera, QMediaCaptureSession, QMediaDevices

        if self._is_closed:
            return
        application = QCoreApplication.instance()
        assert application is not None, "it was there at the start"
        if application.checkPermission(QCameraPermission()) == Qt.PermissionStatus.Denied:
            self._fail("forbidden")
            return
        found = {_id(device): device for device in QMediaDevices.videoInputs()}
        device = found.get(wanted, QMediaDevices.defaultVideoInput())
        if device.isNull():
            self._fail("forbidden" if _is_kept_from_us(_DEVICES) else "absent")
            return
        self._camera, self._session = QCamera(device, self), QMediaCaptureSession(self)
        formats = device.videoFormats()
        best = best_format(
            (one.resolution().width(), one.resolution().height(), one.maxFrameRate())
            for one in formats
        )
        if best is not None:
            self._camera.setCameraFormat(formats[best])
        self._camera.errorOccurred.connect(self._broke)
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self.sink)
        self._waiting.start(SILENT_MS)
        self._camera.start()

    def close(self) -> None:
        """Let the camera go at once; nothing is told any more."""
        self._is_closed = True
        self._waiting.stop()
        if self._camera is not None:
            self._camera.stop()
            self._session.setCamera(None)
            self._session.setVideoSink(None)
        self._camera = self._session = None
        self.deleteLater()

    def _seen(self, frame: Any) -> None:
        if self._is_closed or not frame.isValid():
            return
        self._has_seen = True
        self._waiting.stop()
        self._tell(lambda: _picture(frame))

    def _broke(self, _error: object, said: str) -> None:
        if self._has_seen:
            self._fail("gone")
        else:
            self._fail("busy" if "in use" in said.lower() or "busy" in said.lower() else "broken")

    def _fail(self, word: str) -> None:
        if not self._is_closed:
            self.close()
            self._tell_failure(word)


def _picture(frame: Any) -> QImage | None:
    image = frame.toImage()
    return None if image.isNull() else image


def _id(device: Any) -> str:
    return bytes(device.id()).decode("utf-8", "replace")


def _is_kept_from_us(devices: Path) -> bool:
    """Say whether Linux has a camera that this user may not open; it is not even listed then."""
    found = list(devices.glob("video[0-9]*"))
    return bool(found) and not any(os.access(device, os.R_OK | os.W_OK) for device in found)
