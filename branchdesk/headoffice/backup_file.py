"""The form of a backup: sealed frames that can be neither read, changed, reordered nor cut short.

    magic ‖ salt 16 ‖ nonce prefix 7 ‖ frame …      frame = length u32 ‖ AES-256-GCM of CBOR
    nonce = prefix ‖ frame number u32 ‖ 1 for the last frame, else 0

The key is stretched from the office's passphrase by Argon2id, as for its key file. Must not know
what the frames mean.
"""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.headoffice.vault import stretch_passphrase
from branchdesk.protocol import codec

MAGIC: Final = b"BRANCHDESK-OFFICE-BACKUP-1\n"
FRAME_BYTES_MAX: Final = 64 << 20
_SALT_BYTES, _PREFIX_BYTES, _TAG_BYTES = 16, 7, 16
_LENGTH = struct.Struct(">I")
_COUNTER = struct.Struct(">IB")


class BackupWriter:
    """Writes frames to an open file; the last one says that the file is whole."""

    def __init__(self, file: BinaryIO, passphrase: str, randomness: Callable[[int], bytes]) -> None:
        salt, self._prefix = randomness(_SALT_BYTES), randomness(_PREFIX_BYTES)
        self._file, self._frames = file, 0
        self._box = AESGCM(stretch_passphrase(passphrase, salt))
        file.write(MAGIC + salt + self._prefix)

    def put(self, value: object, *, is_last: bool = False) -> None:
        """Write one frame."""
        nonce = self._prefix + _COUNTER.pack(self._frames, is_last)
        sealed = self._box.encrypt(nonce, codec.encode(value), MAGIC)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._frames += 1


def read_frames(path: Path, passphrase: str) -> Iterator[Any]:
    """Yield the value of every frame, and end only where the file says that it is whole.

    Raises EnvironmentFault ``backup_unreadable`` (no such file, no access) or
    ``wrong_office_passphrase``; ContractFault ``backup_damaged`` with the ``problem``: foreign,
    frame, cut_short or trailing.
    """
    try:
        with path.open("rb") as file:
            yield from _frames(file, passphrase)
    except OSError as error:
        raise EnvironmentFault(
            "backup_unreadable", path=str(path), reason=error.strerror or ""
        ) from error


def _frames(file: BinaryIO, passphrase: str) -> Iterator[Any]:
    head = file.read(len(MAGIC) + _SALT_BYTES + _PREFIX_BYTES)
    salted = head[len(MAGIC) :]
    if not head.startswith(MAGIC) or len(salted) < _SALT_BYTES + _PREFIX_BYTES:
        raise ContractFault("backup_damaged", problem="foreign")
    box = AESGCM(stretch_passphrase(passphrase, salted[:_SALT_BYTES]))
    prefix, number, is_last = salted[_SALT_BYTES:], 0, False
    while not is_last:
        sealed = _sealed(file)
        plain, is_last = _opened(box, prefix, number, sealed)
        yield codec.decode(plain, what="backup", bytes_max=FRAME_BYTES_MAX)
        number += 1
    if file.read(1):
        raise ContractFault("backup_damaged", problem="trailing")


def _sealed(file: BinaryIO) -> bytes:
    length = file.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        raise ContractFault("backup_damaged", problem="cut_short")
    (size,) = _LENGTH.unpack(length)
    if not _TAG_BYTES < size <= FRAME_BYTES_MAX:
        raise ContractFault("backup_damaged", problem="frame")
    sealed = file.read(size)
    if len(sealed) < size:
        raise ContractFault("backup_damaged", problem="cut_short")
    return sealed


def _opened(box: AESGCM, prefix: bytes, number: int, sealed: bytes) -> tuple[bytes, bool]:
    for is_last in (False, True):
        try:
            return box.decrypt(prefix + _COUNTER.pack(number, is_last), sealed, MAGIC), is_last
        except InvalidTag:
            continue
    if number == 0:
        # Another passphrase and a damaged first frame look the same; the first is far likelier.
        raise EnvironmentFault("wrong_office_passphrase")
    raise ContractFault("backup_damaged", problem="frame")


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that appears under ``path`` only once it is whole and on the disk.

    Only its owner may read it. Raises EnvironmentFault ``backup_unwritable``.
    """
    temporary = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise EnvironmentFault(
            "backup_unwritable", path=str(path), reason=error.strerror or ""
        ) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
