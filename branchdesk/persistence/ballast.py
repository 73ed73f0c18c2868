"""Room kept for the worst day: a file that is given up when the disk is full.

A full disk must not keep the terminal from opening, finishing and sending what it has.
"""

import contextlib
import os
import shutil
from pathlib import Path

BALLAST_BYTES = 16 << 20
_CHUNK = bytes(1 << 20)


class Ballast:
    """The ballast file of one store."""

    def __init__(self, path: Path, size_bytes: int = BALLAST_BYTES) -> None:
        self.path = path
        self._size_bytes = size_bytes

    def free_bytes(self) -> int:
        """Return what the disk has left, the ballast not counted."""
        try:
            return shutil.disk_usage(self.path.parent).free
        except OSError:
            return 0

    def is_whole(self) -> bool:
        """Say whether the file is there in full."""
        try:
            return self.path.stat().st_size == self._size_bytes
        except OSError:
            return False

    def release(self) -> bool:
        """Give the room up; say whether there was any."""
        held = self.path.exists()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        return held

    def ensure(self) -> bool:
        """Make the file again where there is room for it twice over; say whether it is there."""
        if self.is_whole():
            return True
        if self.free_bytes() < 2 * self._size_bytes:
            return False
        try:
            self._allocate()
        except OSError:
            self.release()
            return False
        return True

    def _allocate(self) -> None:
        # Written, not only promised: a sparse file would give nothing back.
        with self.path.open("wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
                return
            for _ in range(self._size_bytes // len(_CHUNK)):
                file.write(_CHUNK)
            file.truncate(self._size_bytes)
