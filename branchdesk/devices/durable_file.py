"""Files that are either the old or the new whole, whatever happens in between.

This module knows bytes and the disk; what a file means is its caller's.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from branchdesk.errors import EnvironmentFault, os_reason

_PRIVATE = 0o600
_SHARED = 0o666
# What file systems of sticks say of a folder that cannot be synced.
_NO_SUCH_CALL = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})


def write_durably(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` in one step that survives a power cut; only its owner reads it.

    Raises EnvironmentFault ``file_not_written``; the old content then stands.
    """
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path, *, is_private: bool = True) -> Iterator[BinaryIO]:
    """Give a file to write in; leaving puts it in the place of ``path``, durably, in one step.

    An exception leaves what was there before. A file that is not ``is_private`` is for others too,
    and may lie where no owners are known, as on a stick. Raises EnvironmentFault
    ``file_not_written``.
    """
    temporary = path.with_name(path.name + ".new")
    try:
        mode = _PRIVATE if is_private else _SHARED
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                if os.name == "posix" and is_private:
                    os.fchmod(file.fileno(), _PRIVATE)  # A leftover may have had a wider mode.
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise _not_written(path, error) from error


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` against every other process until leaving; waits for its turn."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE)
    except OSError as error:
        raise _not_written(path, error) from error
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _not_written(path: Path, error: OSError) -> EnvironmentFault:
    reason = os_reason(error)
    return EnvironmentFault(
        "file_not_written", retryable=True, file=path.name, folder=str(path.parent),
        problem=reason, reason=reason,
    )  # fmt: skip


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once its folder is; Windows has no such call and needs none.
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    # Closing the descriptor, or the death of the process, lets go of either lock.
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
