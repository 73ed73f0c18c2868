"""Fonts inside a PDF: codes handed out as characters appear, subsets and text maps at the end.

Every character gets its own code, also where two share a glyph, so that copied text is exactly the
text that was printed (ISO 32000-1, 9.7 and 9.10.3). Codes above U+FFFF are mapped as UTF-16 pairs.
"""

from branchdesk.documents.fonts import FontFolder, Glyph, Typeface, Weight
from branchdesk.documents.pdf_file import PdfFile
from branchdesk.documents.truetype import TrueTypeFont

_ESCAPES = {byte: b"\\" + bytes([byte]) for byte in b"()\\"} | {0x0D: b"\\r"}
_MAP_HEAD = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
_MAP_TAIL = b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
_MAP_ROWS_MAX = 100
_SYMBOLIC = 4


class PdfFonts:
    """The fonts of one document; names are /F0, /F1 and so on."""

    def __init__(self, folder: FontFolder) -> None:
        self._fonts: dict[TrueTypeFont, _UsedFont] = {}
        self._spellings = {
            "regular": _Spelling(folder.regular, self),
            "bold": _Spelling(folder.bold, self),
        }

    def show(self, text: str, weight: Weight, size_pt: float) -> bytes:
        """Return the operators that show printable text at the current place."""
        parts: list[bytes] = []
        current, codes = -1, b""
        for font, code in map(self._spellings[weight].__getitem__, text):
            if font != current:
                if codes:
                    parts.append(b"(%b)Tj" % codes)
                parts.append(b"/F%d %.4g Tf" % (font, size_pt))
                current, codes = font, b""
            codes += code
        parts.append(b"(%b)Tj" % codes)
        return b" ".join(parts)

    def code(self, character: str, glyph: Glyph) -> tuple[int, bytes]:
        """Return the number of a character's font and its escaped two-byte code there."""
        used = self._fonts.setdefault(glyph.font, _UsedFont(len(self._fonts), glyph.font))
        return used.index, b"".join(
            _ESCAPES.get(byte, bytes([byte])) for byte in used.add(character, glyph)
        )

    def write(self, file: PdfFile) -> bytes:
        """Write every used font and return the entries of the font dictionary."""
        return b"".join(b"/F%d %d 0 R" % (f.index, f.write(file)) for f in self._fonts.values())


class _Spelling(dict[str, tuple[int, bytes]]):
    """From a character of one weight to its font and code; fills itself."""

    def __init__(self, face: Typeface, fonts: PdfFonts) -> None:
        super().__init__()
        self._face, self._fonts = face, fonts

    def __missing__(self, character: str) -> tuple[int, bytes]:
        glyph = self._face.glyphs[character]
        if glyph is None:
            raise AssertionError(character)
        self[character] = code = self._fonts.code(character, glyph)
        return code


class _UsedFont:
    """One font file in one document; code 0 stays the missing glyph."""

    def __init__(self, index: int, font: TrueTypeFont) -> None:
        self.index = index
        self._font = font
        self._characters: list[str] = []
        self._glyphs: list[Glyph] = []

    def add(self, character: str, glyph: Glyph) -> bytes:
        self._characters.append(character)
        self._glyphs.append(glyph)
        return len(self._characters).to_bytes(2, "big")

    def write(self, file: PdfFile) -> int:
        subset = self._font.subset([0, *(glyph.number for glyph in self._glyphs)])
        program = file.stream(subset, b"/Length1 %d" % len(subset))
        name = b"/%b+%b" % (self._tag(), self._font.name.encode())
        descriptor = file.write(self._descriptor(name, program))
        descendant = file.write(
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont%b/CIDToGIDMap/Identity/DW 1000"
            b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            b"/FontDescriptor %d 0 R/W[1[%b]]>>" % (name, descriptor, self._widths())
        )
        to_unicode = file.stream(self._to_unicode())
        return file.write(
            b"<</Type/Font/Subtype/Type0/BaseFont%b/Encoding/Identity-H"
            b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (name, descendant, to_unicode)
        )

    def _descriptor(self, name: bytes, program: int) -> bytes:
        scale = 1000 / self._font.units_per_em
        bounds = b" ".join(b"%d" % round(edge * scale) for edge in self._font.bounds)
        ascent, descent = round(self._font.ascent * scale), round(self._font.descent * scale)
        return (
            b"<</Type/FontDescriptor/FontName%b/Flags %d/FontBBox[%b]/ItalicAngle 0/Ascent %d"
            b"/Descent %d/CapHeight %d/StemV 80/FontFile2 %d 0 R>>"
            % (name, _SYMBOLIC, bounds, ascent, descent, ascent, program)
        )

    def _tag(self) -> bytes:
        """Return the six letters that mark a subset (9.6.4), from its number in the document."""
        return b"BRDSK" + bytes([ord("A") + self.index])

    def _widths(self) -> bytes:
        return b" ".join(b"%.4g" % glyph.advance for glyph in self._glyphs)

    def _to_unicode(self) -> bytes:
        rows = [
            b"<%04x> <%b>\n" % (code, character.encode("utf-16-be").hex().encode())
            for code, character in enumerate(self._characters, 1)
        ]
        parts = [rows[at : at + _MAP_ROWS_MAX] for at in range(0, len(rows), _MAP_ROWS_MAX)]
        body = b"".join(
            b"%d beginbfchar\n%bendbfchar\n" % (len(part), b"".join(part)) for part in parts
        )
        return _MAP_HEAD + body + _MAP_TAIL
