"""Write a PDF file front to back: objects, streams, a page tree, the cross-reference table.

Everything is written once and forgotten, so memory stays flat however many pages there are
(ISO 32000-1, 7.5). This module knows objects, not text, fonts or vouchers.
"""

import zlib
from typing import BinaryIO

_PAGES_PER_NODE = 64
# Binary bytes in a comment tell transfer programs that the file is not text.
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


class PdfFile:
    """A PDF being written to ``out``; object numbers are plain integers."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._offsets = [0]
        self._nodes: list[tuple[int, list[int]]] = []
        self._tree = self.reserve()
        self.resources = self.reserve()
        self.pages = 0
        self.bytes_written = 0
        self._put(_HEADER)

    def reserve(self) -> int:
        """Return a number for an object that is written later."""
        self._offsets.append(0)
        return len(self._offsets) - 1

    def write(self, body: bytes, number: int | None = None) -> int:
        """Write one object and return its number."""
        number = number or self.reserve()
        self._offsets[number] = self.bytes_written
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        """Write a compressed stream with further dictionary entries and return its number."""
        packed = zlib.compress(data, 6)
        head = b"<<%b/Filter/FlateDecode/Length %d>>" % (entries, len(packed))
        return self.write(b"%b\nstream\n%b\nendstream" % (head, packed))

    def page(self, content: bytes, width_pt: float, height_pt: float) -> None:
        """Write one page; its resources are the document's."""
        if self.pages % _PAGES_PER_NODE == 0:
            self._nodes.append((self.reserve(), []))
        node, kids = self._nodes[-1]
        body = self.stream(content)
        box = b"[0 0 %.2f %.2f]" % (width_pt, height_pt)
        entries = b"<</Type/Page/Parent %d 0 R/MediaBox%b/Contents %d 0 R>>"
        kids.append(self.write(entries % (node, box, body)))
        self.pages += 1

    def finish(self, resources: bytes, catalogue: bytes, information: bytes) -> None:
        """Write the shared resources, the page tree and the table of objects."""
        self.write(resources, self.resources)
        for node, kids in self._nodes:
            entries = b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>"
            self.write(entries % (self._tree, len(kids), _references(kids)), node)
        nodes = _references([node for node, _ in self._nodes])
        entries = b"<</Type/Pages/Count %d/Kids[%b]/Resources %d 0 R>>"
        self.write(entries % (self.pages, nodes, self.resources), self._tree)
        root = self.write(b"<</Type/Catalog/Pages %d 0 R%b>>" % (self._tree, catalogue))
        info = self.write(information)
        self._finish_table(root, info)

    def _finish_table(self, root: int, info: int) -> None:
        start, size = self.bytes_written, len(self._offsets)
        rows = [b"%010d 00000 n \n" % offset for offset in self._offsets[1:]]
        self._put(b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, b"".join(rows)))
        trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        self._put(trailer % (size, root, info, start))

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self.bytes_written += len(data)


def text_string(text: str) -> bytes:
    """Return a text string object, in UTF-16 with its mark (7.9.2.2)."""
    return b"<feff%b>" % text.encode("utf-16-be").hex().encode()


def _references(numbers: list[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
