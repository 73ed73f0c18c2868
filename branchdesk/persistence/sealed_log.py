"""A file of sealed frames that only grows: the form of the second event file and the keys' twin.

    file    magic, 16 bytes ‖ frame …
    frame   "BDF1" ‖ length u32 ‖ SHA-256 of what is sealed, first 8 bytes ‖ sealed
    sealed  nonce 12 ‖ AES-256-GCM(key of this purpose, content)

    rest    zeros

Room is written ahead in zeros, so that waiting for the disk does not also mean waiting for the
file system to note a new size. The key is derived from the data key by HKDF-SHA256 (RFC 5869), one
purpose a key. A frame is whole or it is torn; a torn one can only be the last, written while the
power went.
"""

import contextlib
import hashlib
import io
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from branchdesk.errors import ContractFault
from branchdesk.persistence.folder import sync_folder
from branchdesk.protocol.sealing import KEY_BYTES, NONCE_BYTES, seal, unseal

MAGIC: Final = b"BRANCHDESKSEAL1\0"
FRAME_BYTES_MAX: Final = 64 << 20
_ROOM: Final = bytes(1 << 20)
_MARK: Final = b"BDF1"
_FRAME: Final = struct.Struct(">4sI8s")
_sync = getattr(os, "fdatasync", os.fsync)


def derived_key(data_key: bytes, purpose: bytes) -> bytes:
    """Return the key of one purpose; the data key itself seals nothing."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(data_key)


@dataclass(frozen=True, slots=True)
class Frame:
    """One opened frame: its content and the offset of the byte after it."""

    content: bytes
    end: int


class SealedLog:
    """One such file; ``random_bytes`` is the source of nonces."""

    def __init__(
        self, path: Path, data_key: bytes, purpose: bytes, random_bytes: Callable[[int], bytes]
    ) -> None:
        self.path = path
        self._purpose = purpose
        self._key = derived_key(data_key, purpose)
        self._random_bytes = random_bytes
        self._descriptor: int | None = None
        self._room_end = 0
        self.end = 0

    def exists(self) -> bool:
        """Say whether there is such a file with at least its magic.

        A file that cannot be read raises OSError: taken for a missing one it would be made anew.
        """
        try:
            with self.path.open("rb") as file:
                return file.read(len(MAGIC)) == MAGIC
        except FileNotFoundError:
            return False

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Yield the whole frames from offset ``start``; stops before the first that is not.

        What follows the last ``end`` is blank, torn or damaged.
        """
        with self.path.open("rb") as file:
            if not start:
                if file.read(len(MAGIC)) != MAGIC:
                    return
                start = len(MAGIC)
            file.seek(start)
            while (sealed := _read_frame(file.read)) is not None:
                try:
                    content = unseal(self._key, sealed, self._purpose)
                except ContractFault:
                    return
                start += _FRAME.size + len(sealed)
                yield Frame(content, start)

    def continues_after(self, end: int) -> bool:
        """Say whether a whole frame lies anywhere behind ``end``: damage then, not a tear."""
        with self.path.open("rb") as file:
            file.seek(end)
            rest = file.read()
        place = rest.find(_MARK)
        while place >= 0:
            if _read_frame(io.BytesIO(rest[place:]).read) is not None:
                return True
            place = rest.find(_MARK, place + 1)
        return False

    def is_blank_after(self, end: int) -> bool:
        """Say whether nothing but room lies behind ``end``."""
        with self.path.open("rb") as file:
            file.seek(end)
            return not any(rest.strip(b"\0") for rest in iter(lambda: file.read(1 << 16), b""))

    def opens(self) -> bool:
        """Say whether our key opens the first frame."""
        return self.exists() and next(self.frames(), None) is not None

    def size(self) -> int:
        """Return the file's length in bytes, 0 when there is none."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def start(self, end: int) -> None:
        """Open for appending after offset ``end``, cutting off what is torn behind it."""
        self.close()
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self.path, flags, 0o600)
        if end < len(MAGIC):
            os.ftruncate(self._descriptor, 0)
            self._write(MAGIC, 0)
            end = len(MAGIC)
        if os.fstat(self._descriptor).st_size != end:
            os.ftruncate(self._descriptor, end)
        self.end = self._room_end = end

    def append(self, contents: list[bytes]) -> None:
        """Write frames behind the last one; ``sync`` makes them durable.

        Raises OSError and leaves ``end`` where it was; what was half written is cut off again.
        """
        assert self._descriptor is not None
        data = b"".join(map(self._frame, contents))
        try:
            self._make_room(self.end + len(data))
            self._write(data, self.end)
        except OSError:
            self._cut()
            raise
        self.end += len(data)

    def sync(self) -> None:
        """Wait until everything appended is on the disk."""
        assert self._descriptor is not None
        _sync(self._descriptor)

    def rewrite(self, contents: Iterator[bytes]) -> None:
        """Replace the whole file, atomically and durably, and go on appending to the new one."""
        fresh = self.path.with_name(self.path.name + ".new")
        with fresh.open("wb") as file:
            file.write(MAGIC)
            for content in contents:
                file.write(self._frame(content))
            file.flush()
            os.fsync(file.fileno())
            end = file.tell()
        self.close()
        fresh.replace(self.path)
        sync_folder(self.path.parent)
        self.start(end)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                self._cut()
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def _make_room(self, end: int) -> None:
        # Without room the frame may still fit: a disk that is nearly full is not yet full. Frames
        # then run past the room, and zeros must never be written over them.
        self._room_end = max(self._room_end, self.end)
        with contextlib.suppress(OSError):
            while self._room_end < end:
                self._write(_ROOM, self._room_end)
                self._room_end += len(_ROOM)

    def _cut(self) -> None:
        assert self._descriptor is not None
        os.ftruncate(self._descriptor, self.end)
        self._room_end = self.end

    def _frame(self, content: bytes) -> bytes:
        sealed = seal(self._key, self._random_bytes(NONCE_BYTES), content, self._purpose)
        return _FRAME.pack(_MARK, len(sealed), _check(sealed)) + sealed

    def _write(self, data: bytes, offset: int) -> None:
        assert self._descriptor is not None
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]


def _read_frame(read: Callable[[int], bytes]) -> bytes | None:
    head = read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    mark, length, check = _FRAME.unpack(head)
    if mark != _MARK or not 0 < length <= FRAME_BYTES_MAX:
        return None
    sealed = read(length)
    return sealed if len(sealed) == length and _check(sealed) == check else None


def _check(sealed: bytes) -> bytes:
    return hashlib.sha256(sealed).digest()[:8]
