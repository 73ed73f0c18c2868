"""The register of a voucher book: a form with every number, to be filled in by hand.

A4 across, as many pages as the numbers need. Words of the book come in finished; the form's own
are here. What was ticked and written is entered later by two people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Final

from branchdesk.documents.drawing import (
    ALARM,
    BRAND,
    INK,
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
from branchdesk.documents.labels import Labels
from branchdesk.documents.models import DocumentResult, Language
from branchdesk.documents.pdf_file import PdfFile
from branchdesk.documents.pdf_ink import PdfInk
from branchdesk.documents.typesetting import Setter, Style

_PAPER: Final = (297.0, 210.0)
_LEFT, _RIGHT, _TOP = 12.0, 285.0, 14.0
_HEAD_Y, _ROW, _ROWS = 38.0, 8.2, 16
_HEAD_ROW: Final = 9.0
_CONSENT_Y, _CONSENT_HEIGHT = 179.4, 8.0
_FOOT_Y: Final = 196.0
# Each column's name and width; together they are the width of the form.
_COLUMNS: Final = (
    ("place", 10.0), ("number", 35.0), ("code", 43.0), ("fate", 66.0), ("day", 20.0),
    ("name", 28.0), ("phone", 31.0), ("signature", 22.0), ("clerk", 18.0),
)  # fmt: skip
_FATES: Final = ("used", "spoiled", "returned", "missing")
_TICK: Final = 3.2


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One number of the book as printed on its voucher, with the code that is typed."""

    number: str
    short_code: str


@dataclass(frozen=True, slots=True)
class BookRegister:
    """Everything on the form; ``practice`` books are worth nothing.

    ``consent`` is what a customer agrees to by signing: name and phone are registered from here.
    """

    book: str
    offer_name: str
    face_text: str
    bank_name: str
    outlet_name: str
    printed_on: date
    expires_on: date
    valid_days: int
    printed_by: str
    second: str
    practice: bool
    consent: str
    lines: tuple[RegisterLine, ...]


def render_register(
    register: BookRegister, out: BinaryIO, *, fonts: FontFolder, language: Language = "zh"
) -> DocumentResult:
    """Write the form to ``out`` as a PDF.

    Raises EnvironmentFault ``font_unusable`` before anything is written.
    """
    labels = Labels(language)
    form = _Form(Setter(fonts), labels, register)
    file = PdfFile(out)
    ink = PdfInk(file, fonts, labels("register.title"), "zh-CN" if language == "zh" else "en")
    for page in form.pages():
        ink.page(page)
    ink.finish()
    return DocumentResult(file.pages, file.bytes_written, len(register.lines))


class _Form:
    def __init__(self, setter: Setter, labels: Labels, register: BookRegister) -> None:
        self._set, self._labels, self._register = setter, labels, register

    def pages(self) -> Iterator[Page]:
        """Yield a page for every sixteen numbers."""
        lines = self._register.lines
        count = max(1, -(-len(lines) // _ROWS))
        for place in range(count):
            first = place * _ROWS
            items = [*self._head(place + 1, count), *self._columns()]
            for row, line in enumerate(lines[first : first + _ROWS]):
                items += self._row(first + row + 1, row, line)
            items += self._foot()
            block = Block(tuple(items))
            yield Page(*_PAPER, (Placed(0, 0, block, shared=False),))

    def _head(self, page: int, pages: int) -> Iterator[Item]:
        told, label = self._register, self._labels
        title = Style(15, "bold", ALARM if told.practice else BRAND)
        words = label("voucher.practice") if told.practice else label("register.title")
        yield self._set.line(words, _LEFT, _TOP + 4, 120, title)
        right = Style(9, colour=QUIET, align="right")
        where = f"{told.bank_name}  {told.outlet_name}"
        yield self._set.line(where, 150, _TOP + 4, _RIGHT - 150, right)
        offer = f"{told.offer_name}  {told.face_text}"
        yield self._set.line(offer, _LEFT, _TOP + 11, 130, Style(10.5, "bold"))
        book = label("register.book", book=told.book, count=len(told.lines))
        yield self._set.line(book, 150, _TOP + 11, _RIGHT - 150, Style(9.5, align="right"))
        days = label(
            "register.days",
            printed=label.day(told.printed_on),
            expires=label.day(told.expires_on),
            days=told.valid_days,
            staff=told.printed_by,
            second=told.second,
        )
        yield self._set.line(days, _LEFT, _TOP + 17, 212, Style(9, colour=QUIET))
        number = label("register.page", page=page, pages=pages)
        yield self._set.line(number, 230, _TOP + 17, _RIGHT - 230, right)

    def _columns(self) -> Iterator[Item]:
        yield Box(_LEFT, _HEAD_Y, _RIGHT - _LEFT, _HEAD_ROW, TINT)
        style = Style(9, "bold", align="centre", leading=1.2)
        for name, x, width in _places():
            words = self._labels(f"register.{name}")
            box = (width - 2, _HEAD_ROW)
            yield from self._set.middle(words, (x + 1, _HEAD_Y), box, style).items
        yield from self._lines()

    def _lines(self) -> Iterator[Item]:
        """Yield the rules of the table; an unused row has none, so nothing can be added."""
        top, bottom = _HEAD_Y, _HEAD_Y + _HEAD_ROW
        for _, x, _width in _places():
            yield Rule(x, top, x, bottom, LINE, 0.4)
        yield Rule(_RIGHT, top, _RIGHT, bottom, LINE, 0.4)
        yield Rule(_LEFT, top, _RIGHT, top, QUIET, 0.6)
        yield Rule(_LEFT, bottom, _RIGHT, bottom, QUIET, 0.6)

    def _row(self, place: int, row: int, line: RegisterLine) -> Iterator[Item]:
        top = _HEAD_Y + _HEAD_ROW + row * _ROW
        base, bottom = top + 5.3, top + _ROW
        printed = {"place": str(place), "number": line.number, "code": line.short_code}
        centre = Style(9.5, align="centre")
        for name, x, width in _places():
            if name in printed:
                yield self._set.line(printed[name], x + 1, base, width - 2, centre)
            elif name == "fate":
                yield from self._ticks(x, top, width)
            yield Rule(x, top, x, bottom, LINE, 0.4)
        yield Rule(_RIGHT, top, _RIGHT, bottom, LINE, 0.4)
        yield Rule(_LEFT, bottom, _RIGHT, bottom, LINE, 0.4)

    def _ticks(self, x: float, top: float, width: float) -> Iterator[Item]:
        step = (width - 3) / len(_FATES)
        style = Style(7.8)
        for place, fate in enumerate(_FATES):
            left = x + 2 + place * step
            yield Box(left, top + (_ROW - _TICK) / 2, _TICK, _TICK, None, INK, 0, 0.5)
            words = self._labels(f"register.{fate}")
            yield self._set.line(words, left + _TICK + 0.8, top + 5.2, step - _TICK - 1.4, style)

    def _foot(self) -> Iterator[Item]:
        signed = self._labels("register.consent", text=self._register.consent)
        box = (_RIGHT - _LEFT, _CONSENT_HEIGHT)
        yield from self._set.fitted((signed,), (_LEFT, _CONSENT_Y), box, Style(7.5)).items
        note = Style(8.5, colour=QUIET)
        yield self._set.line(self._labels("register.note"), _LEFT, 191, _RIGHT - _LEFT, note)
        third = (_RIGHT - _LEFT) / 3
        for place, name in enumerate(("kept_by", "entered_by", "checked_by")):
            x = _LEFT + place * third
            words = self._labels(f"register.{name}")
            yield self._set.line(words, x, _FOOT_Y + 5, 26, Style(9, colour=QUIET))
            yield Rule(x + 27, _FOOT_Y + 6, x + third - 6, _FOOT_Y + 6, LINE, 0.5)


def _places() -> Iterator[tuple[str, float, float]]:
    """Yield each column's name, left edge and width."""
    x = _LEFT
    for name, width in _COLUMNS:
        yield name, x, width
        x += width


assert abs(sum(width for _, width in _COLUMNS) - (_RIGHT - _LEFT)) < 1e-6  # a hair
