"""The camera of this machine: what shows without one, on the real QtMultimedia if it is there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from branchdesk.devices import camera as cameras
from branchdesk.devices.camera import best_format, has_camera_part, load_camera_part
from branchdesk.errors import EnvironmentFault
from tests.fakes.camera import HEIGHT, WIDTH, frame_of
from tests.fakes.pictures import PICTURES

TEXT = "1" * 492


@pytest.fixture
def multimedia(qapp: QApplication) -> QApplication:
    """Return the application where the extra for cameras is installed and whole."""
    if not has_camera_part():
        pytest.skip("the extra for cameras is not installed here")
    try:
        load_camera_part()
    except EnvironmentFault as fault:
        pytest.skip(f"QtMultimedia does not load here: {fault.facts['reason']}")
    return qapp


def grey_image(*texts: str) -> QImage:
    frame = frame_of(*texts).tobytes()
    return QImage(frame, WIDTH, HEIGHT, WIDTH, QImage.Format.Format_Grayscale8).copy()


def test_a_frame_becomes_what_is_read_and_what_is_shown() -> None:
    from branchdesk.app.desk.camera import shot_of

    shot = shot_of(grey_image(TEXT).convertToFormat(QImage.Format.Format_RGB32))
    assert shot is not None
    assert (shot.grey.width, shot.grey.height, len(shot.grey.grey)) == (WIDTH, HEIGHT, 921_600)
    assert PICTURES.in_picture(shot.grey) == (TEXT,)
    assert isinstance(shot.preview, QImage)
    assert shot.preview.width() == 1_102
    assert shot_of(None) is None


def test_the_size_that_reads_a_voucher_without_needless_work_is_taken() -> None:
    sizes = [(640, 480, 60.0), (1920, 1080, 30.0), (1280, 720, 10.0), (1280, 720, 30.0)]
    assert best_format(sizes) == 3
    assert best_format(sizes[:2]) == 1
    assert best_format([(320, 240, 30.0), (640, 480, 15.0)]) == 1
    assert best_format([]) is None


def test_a_part_that_does_not_load_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PySide6.QtMultimedia", None)
    with pytest.raises(EnvironmentFault, match="camera_part_broken") as raised:
        load_camera_part()
    assert "QtMultimedia" in str(raised.value.facts["reason"])


def test_a_camera_that_this_user_may_not_open_is_told_from_none(tmp_path: Path) -> None:
    assert not cameras._is_kept_from_us(tmp_path)
    device = tmp_path / "video0"
    device.touch(mode=0o600)
    assert not cameras._is_kept_from_us(tmp_path)
    device.unlink()
    device.symlink_to(tmp_path / "nowhere")
    assert cameras._is_kept_from_us(tmp_path)


def test_the_desk_offers_a_camera_exactly_where_its_part_is_installed() -> None:
    from branchdesk.app.desk.camera import camera_services

    assert (camera_services() is not None) is has_camera_part()


def _hear(application: QCoreApplication, is_done: Callable[[], bool]) -> None:
    for _ in range(500):
        application.processEvents()
        if is_done():
            return
    raise AssertionError("nothing came of it")


def test_frames_of_the_sink_are_told_on_the_windows_thread_and_can_be_read(
    multimedia: QApplication,
) -> None:
    from PySide6.QtMultimedia import QVideoFrame

    seen: list[Callable[[], QImage | None]] = []
    camera = cameras.Camera(seen.append, pytest.fail)
    camera.sink.setVideoFrame(QVideoFrame())
    camera.sink.setVideoFrame(
        QVideoFrame(grey_image(TEXT).convertToFormat(QImage.Format.Format_RGB32))
    )
    assert seen == []
    _hear(multimedia, lambda: bool(seen))
    from branchdesk.app.desk.camera import shot_of

    shot = shot_of(seen[0]())
    assert shot is not None
    assert PICTURES.in_picture(shot.grey) == (TEXT,)
    camera.close()
    camera.sink.setVideoFrame(QVideoFrame(grey_image(TEXT)))
    multimedia.processEvents()
    assert len(seen) == 1


def test_a_machine_without_a_camera_says_so(multimedia: QApplication) -> None:
    del multimedia
    # Asked before one is opened: nobody's camera goes on for a test that then skips.
    if cameras.camera_devices():
        pytest.skip("a camera is plugged in: what it sees is nothing to test by")
    seen: list[object] = []
    told: list[str] = []
    camera = cameras.Camera(seen.append, told.append)
    try:
        camera.start("no such camera")
        assert (seen, told) == ([], ["absent"])
    finally:
        camera.close()
