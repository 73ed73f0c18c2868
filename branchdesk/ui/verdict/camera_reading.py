"""Look for a voucher with a camera: one frame after the other, read on a lane, until one is found.

A frame that comes while another is read is dropped, so that nothing ever waits in line. This module
must not know Qt.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from branchdesk.application.read_scan import VoucherScan, read_scan
from branchdesk.ui.kit.background import Background, Lane
from branchdesk.ui.kit.words import error_phrase, phrase
from branchdesk.ui.verdict.services import CameraServices, OpenCamera, PictureServices, Shot
from branchdesk.ui.verdict.state import CameraState

_Seen = tuple[Shot, tuple[str, ...]]


class CameraReading:
    """One camera at a time.

    ``shown`` gets what is to be said, ``preview`` what the camera sees, ``found`` a voucher's text;
    by then the camera is let go.
    """

    def __init__(
        self,
        background: Background,
        camera: CameraServices,
        pictures: PictureServices,
        *,
        shown: Callable[[CameraState], object],
        preview: Callable[[object], object],
        found: Callable[[str], object],
    ) -> None:
        self._background, self._services, self._pictures = background, camera, pictures
        self._shown, self._preview, self._found = shown, preview, found
        self._open: OpenCamera | None = None
        self._turn = 0
        self._is_reading = False
        self._state = CameraState()

    def start(self, wanted: str) -> None:
        """Look with the camera of this id, or with the system's own where there is none such."""
        self.stop()
        turn = self._turn
        # The choices stay meanwhile, under the cursor of whoever has just made one.
        opening = phrase("verdict.camera_opening")
        self._tell(CameraState(self._state.choices, wanted, note=opening))
        self._background.submit(
            Lane.NETWORK, self._services.load, lambda _: self._begin(turn, wanted),
            lambda error: self._fault(turn, error),
        )  # fmt: skip

    def stop(self) -> None:
        """Let the camera go; what is still being read is heard no more."""
        self._turn += 1
        self._is_reading = False
        if self._open is not None:
            self._open.close()
        self._open = None

    def _begin(self, turn: int, wanted: str) -> None:
        if turn != self._turn:
            return
        choices = tuple((one.id, one.name) for one in self._services.choices())
        chosen = wanted if wanted in dict(choices) else next((one for one, _ in choices), "")
        self._tell(replace(self._state, choices=choices, chosen=chosen))
        opened = self._services.open(
            chosen, lambda frame: self._frame(turn, frame), lambda word: self._failed(turn, word)
        )
        if turn == self._turn and self._state.problem is None:
            self._open = opened

    def _frame(self, turn: int, frame: Callable[[], Shot | None]) -> None:
        if turn != self._turn or self._is_reading:
            return
        self._is_reading = True
        read = self._pictures.in_picture

        def look() -> _Seen | None:
            shot = frame()
            return None if shot is None else (shot, read(shot.grey))

        self._background.submit(
            Lane.NETWORK, look, lambda seen: self._look_at(turn, seen),
            lambda error: self._fault(turn, error),
        )  # fmt: skip

    def _look_at(self, turn: int, seen: _Seen | None) -> None:
        if turn != self._turn:
            return
        self._is_reading = False
        if seen is None:
            return
        shot, codes = seen
        self._preview(shot.preview)
        scans = map(read_scan, dict.fromkeys(codes))
        vouchers = [scan.text for scan in scans if isinstance(scan, VoucherScan)]
        if len(vouchers) == 1:
            self.stop()
            self._found(vouchers[0])
        else:
            self._say(vouchers, codes)

    def _say(self, vouchers: Sequence[str], codes: Sequence[str]) -> None:
        if vouchers:
            note = phrase("verdict.camera_several", count=len(vouchers))
        else:
            note = phrase("verdict.camera_other" if codes else "verdict.camera_aim")
        if note != self._state.note:
            self._tell(replace(self._state, note=note))

    def _failed(self, turn: int, word: str) -> None:
        if turn == self._turn:
            self._open = None
            self._tell(replace(self._state, note=None, problem=phrase(f"verdict.camera_{word}")))

    def _fault(self, turn: int, error: Exception) -> None:
        if turn == self._turn:
            self.stop()
            self._tell(replace(self._state, note=None, problem=error_phrase(error)))

    def _tell(self, state: CameraState) -> None:
        self._state = state
        self._shown(state)
