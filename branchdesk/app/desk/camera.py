"""The camera of the window, where its extra is installed: frames made ready for the screen."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from branchdesk.devices.camera import Camera, camera_devices, has_camera_part, load_camera_part
from branchdesk.ui.verdict.grey import grey_of
from branchdesk.ui.verdict.services import CameraServices, OpenCamera, Shot

# What is shown is no larger, so that drawing it costs the window's thread next to nothing.
_SHOWN = QSize(1_104, 620)


def camera_services() -> CameraServices | None:
    """Return what the window may ask of cameras, None where their part is not installed."""
    if not has_camera_part():
        return None
    return CameraServices(load=load_camera_part, choices=camera_devices, open=_open)


def shot_of(image: QImage | None) -> Shot | None:
    """Return a frame in grey and as it is shown."""
    if image is None:
        return None
    shown = image
    if image.width() > _SHOWN.width() or image.height() > _SHOWN.height():
        shown = image.scaled(_SHOWN, Qt.AspectRatioMode.KeepAspectRatio)
    return Shot(grey_of(image), shown)


def _open(
    wanted: str,
    frame: Callable[[Callable[[], Shot | None]], object],
    failed: Callable[[str], object],
) -> OpenCamera:
    camera = Camera(lambda picture: frame(lambda: shot_of(picture())), failed)
    camera.start(wanted)
    return camera
