"""The shim's trace, read back as steps in the order in which the disk was asked for them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

_HEAD: Final = struct.Struct("<B3xiqII")


class Kind(IntEnum):
    """What a step does."""

    OPEN = 1
    CLOSE = 2
    WRITE = 3
    SIZE = 4
    SYNC = 5
    RENAME = 6
    UNLINK = 7
    FOLDER = 8
    MARK = 9


@dataclass(frozen=True, slots=True)
class Step:
    """One record; ``offset`` is a place or a size, ``data`` bytes or names."""

    kind: Kind
    descriptor: int
    offset: int
    flags: int
    data: bytes

    @property
    def is_made(self) -> bool:
        """Whether an open made the file."""
        return bool(self.flags & 1)

    @property
    def is_emptied(self) -> bool:
        """Whether an open emptied the file."""
        return bool(self.flags & 2)

    @property
    def names(self) -> tuple[str, ...]:
        """The paths a step is about."""
        return tuple(self.data.decode().split("\0"))


def read_trace(path: Path) -> tuple[Step, ...]:
    """Return all steps; raises ValueError for a trace that is cut short."""
    return tuple(_steps(path.read_bytes()))


def _steps(data: bytes) -> Iterator[Step]:
    place = 0
    while place < len(data):
        if len(data) - place < _HEAD.size:
            raise ValueError("the trace ends inside a record")
        kind, descriptor, offset, flags, length = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        content = data[place : place + length]
        if len(content) != length:
            raise ValueError("the trace ends inside a record")
        place += length
        yield Step(Kind(kind), descriptor, offset, flags, content)
