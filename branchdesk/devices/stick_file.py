"""The two files on a stick: written whole or not at all, read with every failure in words.

A stick is pulled out when it suits people. This module knows the disk; what a file means is its
caller's.
"""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from branchdesk.devices.durable_file import replacing
from branchdesk.errors import EnvironmentFault, os_reason


def writing_stick(path: Path) -> AbstractContextManager[BinaryIO]:
    """Give a file to write in; leaving puts it in the place of ``path``, durably, in one step.

    An exception leaves what was there before. Raises EnvironmentFault ``file_not_written``.
    """
    return replacing(path, is_private=False)


@contextmanager
def reading_stick(path: Path) -> Iterator[BinaryIO]:
    """Give a file to read; raises EnvironmentFault ``file_unreadable`` whenever it cannot be."""
    try:
        # Anything else would never end, or cannot be read twice.
        if path.exists() and not path.is_file():
            raise EnvironmentFault("file_unreadable", path=str(path), reason="not a file")
        source = _Source(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    with io.BufferedReader(source) as file:
        yield file


class _Source(io.FileIO):
    """A file whose failures are in words even inside the writing of another."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path = path

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]  # any writable buffer
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise _unreadable(self._path, error) from error


def _unreadable(path: Path, error: OSError) -> EnvironmentFault:
    reason = os_reason(error)
    return EnvironmentFault("file_unreadable", retryable=True, path=str(path), reason=reason)
