"""Read a TrueType file lazily and cut a subset of it for embedding in a PDF.

Only what printing needs: characters to glyphs, advances, outlines (OpenType 1.9: cmap format 12,
glyf, loca, hmtx). The file is mapped, not read, so a 30 MB fallback font costs nothing
until a rare character asks for it. This module knows no text and no PDF.
"""

import mmap
import struct
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from branchdesk.errors import EnvironmentFault

_COPIED_TABLES = ("cvt ", "fpgm", "prep")
# Flags of a composite glyph's part, and how many bytes of scale follow it.
_WORDS, _MORE = 0x1, 0x20
_SCALE_BYTES = ((0x8, 2), (0x40, 4), (0x80, 8))


class TrueTypeFont:
    """One font file; glyph numbers are the file's own.

    Raises EnvironmentFault ``font_unusable`` when the file is missing or is not such a font.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._tables = self._directory()
            head, hhea = self._table("head"), self._table("hhea")
            self.units_per_em = int.from_bytes(head[18:20], "big")
            self.bounds: tuple[int, ...] = struct.unpack(">4h", head[36:44])
            self.ascent, self.descent = struct.unpack(">2h", hhea[4:8])
            self.glyph_count = int.from_bytes(self._table("maxp")[4:6], "big")
            self._glyf = self._tables["glyf"][0]
        except (OSError, ValueError, struct.error, KeyError) as error:
            raise EnvironmentFault("font_unusable", file=path.name) from error
        self._long_offsets = head[50:52] == b"\0\1"
        self._metrics_count = int.from_bytes(hhea[34:36], "big")

    def close(self) -> None:
        """Unmap the file."""
        self._data.close()

    def glyph_of(self, character: str) -> int:
        """Return the glyph of a character; 0 when there is none or when its outline is empty.

        Some fonts map rare characters to nothing at all, which would print a name with a hole.
        """
        code = ord(character)
        starts, ends, glyphs = self._characters
        at = bisect_right(starts, code) - 1
        if at < 0 or code > ends[at]:
            return 0
        glyph = glyphs[at] + code - starts[at]
        blank = self._is_empty(glyph) and not character.isspace()
        return 0 if blank or glyph >= self.glyph_count else glyph

    def advance(self, glyph: int) -> float:
        """Return how far a glyph moves the pen, in thousandths of the font size."""
        number = min(glyph, self._metrics_count - 1)
        at = self._tables["hmtx"][0] + 4 * number
        return int.from_bytes(self._data[at : at + 2], "big") * 1000 / self.units_per_em

    def subset(self, glyphs: Iterable[int]) -> bytes:
        """Return a font file whose glyph n is the n-th of ``glyphs``; the first should be 0.

        Parts of composite glyphs are appended behind them.
        """
        wanted = list(glyphs)
        places = {glyph: number for number, glyph in reversed(list(enumerate(wanted)))}
        outlines: list[bytes] = []
        while len(outlines) < len(wanted):
            outlines.append(self._renumbered(self._outline(wanted[len(outlines)]), wanted, places))
        return _font_file(self._subset_tables(wanted, outlines))

    def _subset_tables(self, wanted: list[int], outlines: list[bytes]) -> dict[str, bytes]:
        offsets = [0]
        padded = [outline + bytes(-len(outline) % 4) for outline in outlines]
        for outline in padded:
            offsets.append(offsets[-1] + len(outline))
        count = struct.pack(">H", len(wanted))
        head, hhea, maxp = (bytearray(self._table(tag)) for tag in ("head", "hhea", "maxp"))
        head[8:12], head[50:52], hhea[34:36], maxp[4:6] = bytes(4), b"\0\1", count, count
        tables = {tag: self._table(tag) for tag in _COPIED_TABLES if tag in self._tables}
        return tables | {
            "head": bytes(head),
            "hhea": bytes(hhea),
            "maxp": bytes(maxp),
            "hmtx": b"".join(map(self._metrics, wanted)),
            "loca": struct.pack(f">{len(offsets)}L", *offsets),
            "glyf": b"".join(padded),
        }

    def _directory(self) -> dict[str, tuple[int, int]]:
        if self._data[:4] not in (b"\0\1\0\0", b"true"):
            raise ValueError(self.name)
        count = int.from_bytes(self._data[4:6], "big")
        records = struct.iter_unpack(">4s4xLL", self._data[12 : 12 + 16 * count])
        tables = {tag.decode("latin-1"): (start, size) for tag, start, size in records}
        if any(start + size > len(self._data) for start, size in tables.values()):
            raise ValueError(self.name)
        return tables

    def _table(self, tag: str) -> bytes:
        start, size = self._tables[tag]
        return self._data[start : start + size]

    @cached_property
    def _characters(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Return runs of characters: first, last, glyph of the first."""
        cmap = self._table("cmap")
        count = int.from_bytes(cmap[2:4], "big")
        for _, _, offset in struct.iter_unpack(">HHL", cmap[4 : 4 + 8 * count]):
            if cmap[offset : offset + 2] == b"\0\x0c":
                size = int.from_bytes(cmap[offset + 12 : offset + 16], "big")
                groups = struct.iter_unpack(">LLL", cmap[offset + 16 : offset + 16 + 12 * size])
                first, last, glyph = zip(*groups, strict=True)
                return first, last, glyph
        # Without a table for all of Unicode (format 12) a font is of no use for names.
        raise EnvironmentFault("font_unusable", file=self.path.name)

    def _span(self, glyph: int) -> tuple[int, int]:
        start = self._tables["loca"][0]
        if self._long_offsets:
            at = start + 4 * glyph
            first, last = struct.unpack(">2L", self._data[at : at + 8])
            return first, last
        at = start + 2 * glyph
        first, last = struct.unpack(">2H", self._data[at : at + 4])
        return first * 2, last * 2

    def _is_empty(self, glyph: int) -> bool:
        first, last = self._span(glyph)
        return first == last

    def _outline(self, glyph: int) -> bytes:
        first, last = self._span(glyph)
        return self._data[self._glyf + first : self._glyf + last]

    def _metrics(self, glyph: int) -> bytes:
        start = self._tables["hmtx"][0]
        last = self._metrics_count - 1
        if glyph <= last:
            return self._data[start + 4 * glyph : start + 4 * glyph + 4]
        bearing = start + 4 * self._metrics_count + 2 * (glyph - last - 1)
        advance = self._data[start + 4 * last : start + 4 * last + 2]
        return advance + self._data[bearing : bearing + 2]

    @staticmethod
    def _renumbered(outline: bytes, wanted: list[int], places: dict[int, int]) -> bytes:
        """Point the parts of a composite glyph at their new numbers, adding them to ``wanted``."""
        if not outline or outline[0] < 0x80:
            return outline
        changed, at, flags = bytearray(outline), 10, _MORE
        while flags & _MORE:
            flags, part = struct.unpack(">2H", outline[at : at + 4])
            if part not in places:
                places[part] = len(wanted)
                wanted.append(part)
            changed[at + 2 : at + 4] = struct.pack(">H", places[part])
            at += 8 if flags & _WORDS else 6
            at += next((size for flag, size in _SCALE_BYTES if flags & flag), 0)
        return bytes(changed)


def _font_file(tables: dict[str, bytes]) -> bytes:
    """Lay tables out as a font file, with its checksums."""
    count = len(tables)
    power = count.bit_length() - 1
    search = 16 << power
    header = struct.pack(">4s4H", b"\0\1\0\0", count, search, power, 16 * count - search)
    records, body = [], b""
    for tag, table in sorted(tables.items()):
        start = 12 + 16 * count + len(body)
        records.append(struct.pack(">4sLLL", tag.encode(), _checksum(table), start, len(table)))
        body += table + bytes(-len(table) % 4)
    file = bytearray(header + b"".join(records) + body)
    adjustment = (0xB1B0AFBA - _checksum(file)) & 0xFFFFFFFF
    at = file.index(tables["head"]) + 8
    file[at : at + 4] = struct.pack(">L", adjustment)
    return bytes(file)


def _checksum(table: bytes | bytearray) -> int:
    """Return the sum of a table's 32-bit words, as the format defines it."""
    padded = bytes(table) + bytes(-len(table) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}L", padded))
    return total & 0xFFFFFFFF
