"""Where a store lies, and the lock that lets one process in.

SQLite's own exclusive lock is taken late and says little; a lock file of ours is taken first, so
that the second program can say for certain what is the matter. The system lets go of it when the
process dies, however it dies.
"""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from branchdesk.errors import EnvironmentFault


@dataclass(frozen=True, slots=True)
class StoreFolder:
    """The files of one store. ``second`` is the second event file, in a folder of its own.

    Beside ``second`` lies the twin of the person keys. ``ballast`` is given up on a full disk and
    should lie on the disk of the database.
    """

    database: Path
    second: Path
    backups: Path
    ballast: Path

    @property
    def keys(self) -> Path:
        """The rewritable twin of the person keys, beside the second event file."""
        return self.second.with_name(self.second.name + ".keys")

    @property
    def questions(self) -> Path:
        """What head office was asked and never answered, beside the second event file."""
        return self.second.with_name(self.second.name + ".questions")

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.database.with_name(self.database.name + ".lock")

    def make(self) -> None:
        """Make the folders, readable by this user alone."""
        for path in (self.database, self.second, self.ballast):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.backups.mkdir(mode=0o700, parents=True, exist_ok=True)


class FolderLock:
    """Held by the one process that has the store open."""

    def __init__(self, path: Path) -> None:
        """Take the lock or raise EnvironmentFault ``store_in_use``."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        try:
            self._descriptor: int | None = os.open(path, flags, 0o600)
        except OSError as error:
            raise EnvironmentFault("store_unwritable", path=str(path.parent)) from error
        try:
            _lock(self._descriptor)
        except OSError as error:
            self.release()
            raise EnvironmentFault(
                "store_in_use", retryable=True, folder=str(path.parent)
            ) from error

    def release(self) -> None:
        """Let the next process in; safe to call twice."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):
                os.close(descriptor)


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:

    def _lock(descriptor: int) -> None:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in ``folder`` survive a power cut, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_set_aside(path: Path) -> None:
    """Delete the copies of a file that were kept as evidence of damage; raises OSError."""
    for aside in path.parent.glob(f"{path.name}.damaged-*"):
        aside.unlink()
