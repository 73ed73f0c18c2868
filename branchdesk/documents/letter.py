"""A letter of head office on A4: what happened, a table of figures, what to do, two signatures.

Words come in finished and in the language of the page. Must not know what the letter is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from branchdesk.documents.drawing import (
    BRAND,
    LINE,
    QUIET,
    TINT,
    Block,
    Box,
    Item,
    Page,
    Placed,
    Rule,
)
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.models import DocumentResult, Language
from branchdesk.documents.pdf_file import PdfFile
from branchdesk.documents.pdf_ink import PdfInk
from branchdesk.documents.typesetting import Setter, Style

_PAPER: Final = (210.0, 297.0)
_LEFT, _RIGHT, _TOP, _END = 22.0, 188.0, 22.0, 262.0
_WIDTH: Final = _RIGHT - _LEFT
_ROW, _PARAGRAPH_GAP = 8.0, 4.0
# Rows of the table that one page has room for, whatever the text around them.
ROWS_MAX: Final = 14


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything in one letter; ``rows`` have as many cells as ``columns``, the first is wider."""

    title: str
    place: str
    to: str
    before: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: str
    after: tuple[str, ...]
    signatures: tuple[str, ...]


def render_letter(
    letter: Letter, out: BinaryIO, *, fonts: FontFolder, language: Language
) -> DocumentResult:
    """Write the letter to ``out`` as a PDF; more rows than fit go on further pages."""
    file = PdfFile(out)
    ink = PdfInk(file, fonts, letter.title, "zh-CN" if language == "zh" else "en")
    setter = Setter(fonts)
    chunks = [
        letter.rows[start : start + ROWS_MAX] for start in range(0, len(letter.rows), ROWS_MAX)
    ] or [()]
    for number, rows in enumerate(chunks):
        page = _Page(setter, letter, is_last=number == len(chunks) - 1)
        block = Block(tuple(page.items(rows)))
        ink.page(Page(*_PAPER, (Placed(0, 0, block, shared=False),)))
    ink.finish()
    return DocumentResult(file.pages, file.bytes_written, len(letter.rows))


class _Page:
    """One page, set from top to bottom."""

    def __init__(self, setter: Setter, letter: Letter, *, is_last: bool) -> None:
        self._set, self._letter, self._is_last = setter, letter, is_last
        self._y = _TOP

    def items(self, rows: tuple[tuple[str, ...], ...]) -> Iterator[Item]:
        """Yield what stands on the page."""
        letter = self._letter
        yield self._set.line(letter.title, _LEFT, self._y + 4, 110, Style(18, "bold", BRAND))
        right = Style(9, colour=QUIET, align="right")
        yield self._set.line(letter.place, _LEFT + 112, self._y + 4, _WIDTH - 112, right)
        self._y += 16
        yield self._set.line(letter.to, _LEFT, self._y, _WIDTH, Style(12, "bold"))
        self._y += 8
        yield from self._paragraphs(letter.before)
        yield from self._table(rows)
        if self._is_last:
            yield self._set.line(letter.total, _LEFT, self._y, _WIDTH, Style(12, "bold"))
            self._y += 9
            yield from self._paragraphs(letter.after)
            yield from self._signatures()

    def _paragraphs(self, texts: tuple[str, ...]) -> Iterator[Item]:
        style = Style(10.5, leading=1.45)
        for text in texts:
            column = self._set.fitted((text,), (_LEFT, self._y), (_WIDTH, 40.0), style)
            yield from column.items
            self._y = column.bottom_mm + _PARAGRAPH_GAP

    def _table(self, rows: tuple[tuple[str, ...], ...]) -> Iterator[Item]:
        yield Box(_LEFT, self._y, _WIDTH, _ROW, TINT, None, 1)
        yield from self._cells(self._letter.columns, Style(9, "bold", QUIET))
        for row in rows:
            yield from self._cells(row, Style(10))
            yield Rule(_LEFT, self._y, _RIGHT, self._y, LINE, 0.3)
        self._y += 8

    def _cells(self, cells: tuple[str, ...], style: Style) -> Iterator[Item]:
        wide = _WIDTH * 0.3
        step = (_WIDTH - wide) / max(1, len(cells) - 1)
        for place, text in enumerate(cells):
            x, width = (_LEFT + 2, wide - 4) if not place else (_LEFT + wide + (place - 1) * step,
                                                               step - 2)  # fmt: skip
            look = replace(style, align="right") if place else style
            yield self._set.line(text, x, self._y + _ROW * 0.66, width, look)
        self._y += _ROW

    def _signatures(self) -> Iterator[Item]:
        each = _WIDTH / max(1, len(self._letter.signatures))
        for place, label in enumerate(self._letter.signatures):
            x = _LEFT + place * each
            yield self._set.line(label, x, _END, each - 8, Style(9, colour=QUIET))
            yield Rule(x, _END + 12, x + each - 8, _END + 12, LINE, 0.5)
