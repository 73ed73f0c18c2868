"""Cameras for tests: nothing is seen until a test says what; frames as a camera gives them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy
import qrcode
from PIL import Image

from branchdesk.ui.verdict.services import CameraServices, GreyPicture, Shot

WIDTH, HEIGHT = 1_280, 720
# Where the corners of a paper lie that somebody holds askew before a lens, clockwise from the left
# top: it leans back and to one side, and fills half of the height.
_CORNERS = ((430, 150), (830, 190), (800, 600), (390, 540))


@dataclass(frozen=True, slots=True)
class FakeCamera:
    """A camera that is plugged in."""

    id: str
    name: str


class FakeCameras:
    """Implements the camera's port; at most one is open, and a test shows it frames."""

    def __init__(self, *plugged: FakeCamera) -> None:
        self.plugged: Sequence[FakeCamera] = plugged or (
            FakeCamera("/dev/video0", "集成摄像头"), FakeCamera("/dev/video2", "USB 摄像头"),
        )  # fmt: skip
        self.at: str | None = None
        self.opened: list[str] = []
        self.load_fault: Exception | None = None
        self.refusal = ""
        self._frame: Callable[[Callable[[], Shot | None]], object]
        self._failed: Callable[[str], object]

    def services(self) -> CameraServices:
        """Return the port."""
        return CameraServices(self._load, lambda: self.plugged, self._open)

    def _load(self) -> None:
        if self.load_fault is not None:
            raise self.load_fault

    def _open(
        self,
        wanted: str,
        frame: Callable[[Callable[[], Shot | None]], object],
        failed: Callable[[str], object],
    ) -> "FakeCameras":
        self._frame, self._failed = frame, failed
        self.opened.append(wanted)
        if self.refusal:
            failed(self.refusal)
        else:
            self.at = wanted
        return self

    def close(self) -> None:
        """Let it go."""
        self.at = None

    def see(self, shot: Shot | None) -> None:
        """Let the camera see something."""
        self._frame(lambda: shot)

    def fail(self, word: str) -> None:
        """Let the camera fail while it looks."""
        self.at = None
        self._failed(word)


def frame_of(*texts: str) -> Image.Image:
    """Return a grey frame of 1280 × 720 with papers held askew before the lens, side by side."""
    frame = Image.effect_noise((WIDTH, HEIGHT), 24).point(lambda grey: grey // 2 + 40)
    for place, text in enumerate(texts):
        aside = (place - (len(texts) - 1) / 2) * 460
        corners = [(x + aside, y) for x, y in _CORNERS]
        paper = _paper(text)
        warp = _warp(corners, paper.size)
        perspective = Image.Transform.PERSPECTIVE
        laid = paper.transform((WIDTH, HEIGHT), perspective, warp, Image.Resampling.BICUBIC)
        whole = Image.new("L", paper.size, 255)
        frame.paste(laid, mask=whole.transform((WIDTH, HEIGHT), perspective, warp))
    return frame


def grey_frame(*texts: str) -> GreyPicture:
    """Return such a frame as whoever reads codes gets it."""
    return GreyPicture(WIDTH, HEIGHT, frame_of(*texts).tobytes())


def shot_of(*texts: str) -> Shot:
    """Return such a frame as a camera's port gives it, with nothing to be shown."""
    return Shot(grey_frame(*texts), None)


def _paper(text: str) -> Image.Image:
    code = qrcode.QRCode(box_size=6, border=4)
    code.add_data(text)
    return code.make_image().get_image().convert("L").point(lambda grey: grey * 3 // 4 + 30)


def _warp(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> list[float]:
    """Return Pillow's eight numbers that lay a paper's corners on these."""
    wide, high = size
    sources = ((0, 0), (wide, 0), (wide, high), (0, high))
    rows, wanted = list[list[float]](), list[float]()
    for (x, y), (u, v) in zip(corners, sources, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return [float(number) for number in numpy.linalg.solve(rows, wanted)]
