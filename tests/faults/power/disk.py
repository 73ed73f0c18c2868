"""A disk that loses its power: what may be found on it afterwards.

What was synced is there. Of everything since, a disk may have any part: each sector of 512 bytes as
it was at some moment since the last sync of its file, sizes and names as they were at some moment
of their own. A sector is never half old and half new. Folders that were made stay.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Self

SECTOR: Final = 512


@dataclass(frozen=True, slots=True)
class Change:
    """One unsynced change of a file: bytes at an offset, or a new size when there are none."""

    offset: int
    data: bytes | None

    def apply(self, content: bytearray) -> None:
        """Make the change; what lies between the end and a later offset is zeros."""
        if self.data is None:
            del content[self.offset :]
            content.extend(bytes(self.offset - len(content)))
            return
        if self.offset > len(content):
            content.extend(bytes(self.offset - len(content)))
        content[self.offset : self.offset + len(self.data)] = self.data

    def sectors(self, size_before: int) -> range:
        """Return the sectors whose bytes this writes; of a cut, the one it ends in."""
        if self.data is None:
            is_inside = self.offset % SECTOR and self.offset < size_before
            return range(self.offset // SECTOR, self.offset // SECTOR + bool(is_inside))
        return range(self.offset // SECTOR, -(-(self.offset + len(self.data)) // SECTOR))


@dataclass(slots=True, eq=False)
class File:
    """A file's bytes: as synced, as the program sees them, and how one became the other."""

    synced: bytearray = field(default_factory=bytearray)
    seen: bytearray = field(default_factory=bytearray)
    changes: list[Change] = field(default_factory=list)

    @classmethod
    def holding(cls, data: bytes) -> Self:
        """Return a file whose bytes are all synced."""
        return cls(bytearray(data), bytearray(data))

    def change(self, change: Change) -> None:
        """Let the program change it. Zeros that only lengthen it are a new size, not data."""
        data = change.data
        if data and change.offset >= len(self.seen) and not data.strip(b"\0"):
            change = Change(change.offset + len(data), None)
        change.apply(self.seen)
        self.changes.append(change)

    def sync(self) -> None:
        """Make what the program sees what is there."""
        for change in self.changes:
            change.apply(self.synced)
        self.changes.clear()


@dataclass(frozen=True, slots=True)
class Naming:
    """One change of names in a folder, whole or not at all: path to file, None for no more."""

    folder: str
    names: dict[str, File | None]


@dataclass(slots=True)
class Disk:
    """Files by path, as synced and as the program sees them, and the namings in between."""

    synced: dict[str, File] = field(default_factory=dict)
    seen: dict[str, File] = field(default_factory=dict)
    namings: list[Naming] = field(default_factory=list)

    def name(self, naming: Naming) -> None:
        """Let the program change names."""
        _rename(self.seen, naming)
        self.namings.append(naming)

    def sync_folder(self, folder: str) -> None:
        """Make the names of a folder what is there."""
        for naming in self.namings:
            if naming.folder == folder:
                _rename(self.synced, naming)
        self.namings = [naming for naming in self.namings if naming.folder != folder]

    def after_cut(self, chance: random.Random) -> dict[str, bytes]:
        """Return path and bytes of every file that is found after the power went."""
        names = dict(self.synced)
        for naming in _some(self.namings, chance):
            _rename(names, naming)
        way = chance.choice(WAYS)
        return {path: content_after_cut(file, way, chance) for path, file in names.items()}


# How much of the changes a disk got done: which changes reached each sector, and which size.
Way = Callable[[int, random.Random], "Reached"]


@dataclass(frozen=True, slots=True)
class Reached:
    """``whole`` changes are on the disk, of ``torn`` some sectors; ``size_at`` tells the size.

    With ``mixed`` every sector is at a moment of its own instead. Changes are counted from 1; 0
    is the synced state.
    """

    whole: frozenset[int]
    torn: frozenset[int]
    size_at: int
    mixed: bool = False


def _nothing(_count: int, _chance: random.Random) -> Reached:
    return Reached(frozenset(), frozenset(), 0)


def _everything(count: int, _chance: random.Random) -> Reached:
    return Reached(frozenset(range(1, count + 1)), frozenset(), count)


def _in_order(count: int, chance: random.Random) -> Reached:
    last = chance.randint(0, count)
    return Reached(frozenset(range(1, last)), frozenset({last}), last)


def _out_of_order(count: int, chance: random.Random) -> Reached:
    rate = chance.choice((0.2, 0.5, 0.8))
    kept = {place for place in range(1, count + 1) if chance.random() < rate}
    torn = {place for place in kept if chance.random() < 0.3}
    return Reached(frozenset(kept - torn), frozenset(torn), chance.randint(0, count))


def _each_sector_for_itself(count: int, chance: random.Random) -> Reached:
    return Reached(frozenset(), frozenset(), chance.randint(0, count), mixed=True)


WAYS: Final[tuple[Way, ...]] = (
    _nothing, _everything, _in_order, _out_of_order, _each_sector_for_itself,
)  # fmt: skip


def content_after_cut(file: File, way: Way, chance: random.Random) -> bytes:
    """Return the bytes that a file may have after the power went."""
    count = len(file.changes)
    reached = way(count, chance)
    if not count or reached.whole == frozenset(range(1, count + 1)):
        return bytes(file.seen)
    history = _History(file)
    content = bytearray(file.synced)
    for place, size in history.cuts:
        if place <= reached.size_at:
            del content[size:]
    size = history.sizes[reached.size_at]
    content.extend(bytes(max(0, size - len(content))))
    del content[size:]
    for sector, versions in history.versions.items():
        first, last = history.lifetime(sector, reached.size_at)
        able = [version for version in versions if first <= version[0] < last]
        found = _version(able, reached, chance)
        if found is not None:
            start = sector * SECTOR
            piece = found[: max(0, size - start)]
            content[start : start + len(piece)] = piece
    return bytes(content)


def _version(
    able: list[tuple[int, bytes]], reached: Reached, chance: random.Random
) -> bytes | None:
    """Return a sector as the disk has it, or None when it has none of the newer versions."""
    if reached.mixed:
        return chance.choice([None, *(version for _, version in able)])
    for place, version in reversed(able):
        if place in reached.whole or (place in reached.torn and chance.random() < 0.5):
            return version
    return None


class _History:
    """How each sector, and the size, looked after each change since the last sync."""

    def __init__(self, file: File) -> None:
        self.sizes = [len(file.synced)]
        self.cuts: list[tuple[int, int]] = []
        self.versions: dict[int, list[tuple[int, bytes]]] = {}
        content = bytearray(file.synced)
        for place, change in enumerate(file.changes, start=1):
            before = len(content)
            change.apply(content)
            self.sizes.append(len(content))
            if len(content) < before:
                self.cuts.append((place, len(content)))
            for sector in change.sectors(before):
                start = sector * SECTOR
                version = bytes(content[start : start + SECTOR])
                self.versions.setdefault(sector, []).append((place, version))

    def lifetime(self, sector: int, size_at: int) -> tuple[int, int]:
        """Return from which change to before which other one a sector is the same piece of disk.

        Cutting a file gives its sectors back; bytes from before do not come back after it.
        """
        cuts = [place for place, size in self.cuts if size < (sector + 1) * SECTOR]
        before = [place for place in cuts if place <= size_at]
        after = [place for place in cuts if place > size_at]
        return (before[-1] if before else 0, after[0] if after else len(self.sizes))


def _some(namings: list[Naming], chance: random.Random) -> Iterable[Naming]:
    """Return the namings that reached the disk: the first ones, or any."""
    if chance.random() < 0.7:
        return namings[: chance.randint(0, len(namings))]
    return [naming for naming in namings if chance.random() < 0.5]


def _rename(names: dict[str, File], naming: Naming) -> None:
    for path, file in naming.names.items():
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file
