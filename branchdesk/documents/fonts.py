"""The bundled fonts: which file draws a character, how wide it is, what replaces what cannot print.

Nothing is left to the system's fonts: on a fresh machine they print Chinese as boxes, and some of
them print rare names as blanks. This module knows characters and widths, not lines or pages.
"""

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from branchdesk.documents.truetype import TrueTypeFont

Weight = Literal["regular", "bold"]
_FILES = {"regular": "NotoSansSC-Regular.ttf", "bold": "NotoSansSC-Bold.ttf"}
_RARE_FILE = "HanaMinB.ttf"
# Controls, bidi overrides, zero-width formats, surrogates, private use and line separators: shown,
# never obeyed.
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in one font; ``advance`` is in thousandths of the font size."""

    font: TrueTypeFont
    number: int
    advance: float


class _Glyphs(dict[str, Glyph | None]):
    """From characters to glyphs, filled as characters appear; None cannot be printed."""

    def __init__(self, fonts: tuple[TrueTypeFont, ...]) -> None:
        super().__init__()
        self._fonts = fonts

    def __missing__(self, character: str) -> Glyph | None:
        self[character] = found = self._find(character)
        return found

    def _find(self, character: str) -> Glyph | None:
        if unicodedata.category(character) in _UNPRINTABLE:
            return None
        for font in self._fonts:
            if number := font.glyph_of(character):
                return Glyph(font, number, font.advance(number))
        return None


class Typeface:
    """One weight with its fallback: the first of ``fonts`` that has a character draws it."""

    def __init__(self, fonts: tuple[TrueTypeFont, ...]) -> None:
        self.glyphs = _Glyphs(fonts)

    def printable(self, text: str) -> str:
        """Return text that this face can draw: white space as blanks, the rest as 〔U+XXXXX〕."""
        if all(map(self.glyphs.__getitem__, text)):
            return text
        return "".join(
            character if self.glyphs[character] else _substitute(character)
            for character in " ".join(text.split())
        )

    def width(self, text: str) -> float:
        """Return the width of printable text in thousandths of the font size."""
        return sum([glyph.advance for glyph in map(self.glyphs.__getitem__, text) if glyph])


class FontFolder:
    """The folder that holds the bundled fonts; each file is opened when it is first needed.

    Raises EnvironmentFault ``font_unusable`` when a file is missing or is not a font.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def regular(self) -> Typeface:
        """The normal weight."""
        return self._typeface("regular")

    @cached_property
    def bold(self) -> Typeface:
        """The strong weight."""
        return self._typeface("bold")

    def typeface(self, weight: Weight) -> Typeface:
        """Return a weight by its name."""
        return self.bold if weight == "bold" else self.regular

    @cached_property
    def _rare(self) -> TrueTypeFont:
        return TrueTypeFont(self.folder / _RARE_FILE)

    def _typeface(self, weight: Weight) -> Typeface:
        return Typeface((TrueTypeFont(self.folder / _FILES[weight]), self._rare))


def _substitute(character: str) -> str:
    return f"〔U+{ord(character):04X}〕"
