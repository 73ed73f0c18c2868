"""The slip of a road check: one A5 page that goes into the van's folder, signed by hand.

The words come from outside, already in the language of the page; only what every slip says is here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from branchdesk.documents.drawing import (
    ALARM,
    BRAND,
    GOLD,
    LINE,
    QUIET,
    TINT,
    WHITE,
    Block,
    Box,
    Colour,
    Item,
    Page,
    Placed,
    Rule,
    Text,
)
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.labels import Labels
from branchdesk.documents.models import DocumentResult, Language
from branchdesk.documents.pdf_file import PdfFile
from branchdesk.documents.pdf_ink import PdfInk
from branchdesk.documents.typesetting import Setter, Style

Mark = Literal["green", "amber", "red"]

_PAPER = (148.0, 210.0)
_LEFT, _RIGHT, _TOP = 12.0, 136.0, 12.0
_WIDTH = _RIGHT - _LEFT
_BAND = 21.0
_LINES_Y, _FOOT_Y = 57.0, 178.0
_MARK, _SUBJECT_X, _VALUE_X = 4.2, 21.0, 54.0
_SUBJECT_WIDTH = _VALUE_X - _SUBJECT_X - 2
_VALUE_WIDTH = _RIGHT - _VALUE_X
_ROW_MAX = 10.5
_GREEN = Colour(0.04, 0.45, 0.29)
_COLOURS: dict[str, Colour] = {"green": _GREEN, "amber": GOLD, "red": ALARM}
# A drawn mark and not only a colour: slips are copied in black and white.
_SIGNS: dict[str, str] = {"green": "√", "amber": "!", "red": "×"}


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One thing that was looked at, in words; ``advice`` is empty when there is nothing to do."""

    mark: Mark
    subject: str
    value: str
    advice: str


@dataclass(frozen=True, slots=True)
class RoadSlip:
    """Everything on one slip; ``verdict`` is whether the van may leave, ``mark`` its colour."""

    mark: Mark
    verdict: str
    place: str
    checked_at: str
    checked_by: str
    practice: bool
    lines: tuple[SlipLine, ...]


def render_road_slip(
    slip: RoadSlip, out: BinaryIO, *, fonts: FontFolder, language: Language
) -> DocumentResult:
    """Write the slip to ``out`` as a PDF of one page."""
    labels = Labels(language)
    layout = _Layout(Setter(fonts), labels)
    file = PdfFile(out)
    ink = PdfInk(file, fonts, labels("road_slip.title"), "zh-CN" if language == "zh" else "en")
    block = Block(tuple(layout.items(slip)))
    ink.page(Page(*_PAPER, (Placed(0, 0, block, shared=False),)))
    ink.finish()
    return DocumentResult(file.pages, file.bytes_written, len(slip.lines))


class _Layout:
    def __init__(self, setter: Setter, labels: Labels) -> None:
        self._set, self._labels = setter, labels

    def items(self, slip: RoadSlip) -> Iterator[Item]:
        """Yield the page from top to bottom."""
        yield from self._head(slip)
        step = min(_ROW_MAX, (_FOOT_Y - 3 - _LINES_Y) / max(1, len(slip.lines)))
        for number, line in enumerate(slip.lines):
            yield from self._line(line, _LINES_Y + number * step, step)
        yield from self._foot(slip)

    def _head(self, slip: RoadSlip) -> Iterator[Item]:
        title, words = Style(15, "bold", BRAND), self._labels("road_slip.title")
        if slip.practice:
            title, words = Style(15, "bold", ALARM), self._labels("voucher.practice")
        yield self._set.line(words, _LEFT, 18.5, 60, title)
        place = Style(9.5, colour=QUIET, align="right")
        yield self._set.line(slip.place, _LEFT + 62, 18.5, _WIDTH - 62, place)
        yield Box(_LEFT, 23, _WIDTH, _BAND, _COLOURS[slip.mark], None, 2.5)
        style = Style(20, "bold", WHITE, "centre")
        yield from self._set.middle(slip.verdict, (_LEFT + 4, 23), (_WIDTH - 8, _BAND), style).items
        note = Style(9, colour=QUIET)
        yield self._set.line(self._labels("road_slip.note"), _LEFT, 51.5, _WIDTH, note)

    def _line(self, line: SlipLine, top: float, step: float) -> Iterator[Item]:
        middle, colour = top + step / 2, _COLOURS[line.mark]
        if line.mark != "green":
            yield Box(_LEFT, top + 0.4, _WIDTH, step - 0.8, TINT, None, 1)
        yield Box(_LEFT + 1.5, middle - _MARK / 2, _MARK, _MARK, colour, None, 0.8)
        sign = Style(9, "bold", WHITE, "centre")
        yield from self._set.middle(
            _SIGNS[line.mark], (_LEFT + 1.5, middle - _MARK / 2), (_MARK, _MARK), sign
        ).items
        subject = Style(9.5, "bold")
        box = (_SUBJECT_WIDTH, step)
        yield from self._set.middle(line.subject, (_SUBJECT_X, top), box, subject).items
        yield from self._value(line, top, step)
        yield Rule(_LEFT, top + step, _RIGHT, top + step, LINE, 0.3)

    def _value(self, line: SlipLine, top: float, step: float) -> tuple[Text, ...]:
        at, value = (_VALUE_X, top), Style(9.5)
        if not line.advice:
            return self._set.middle(line.value, at, (_VALUE_WIDTH, step), value).items
        half = step / 2
        said = self._set.middle(line.value, at, (_VALUE_WIDTH, half + 0.6), value).items
        todo = Style(7.5, colour=QUIET, leading=1.15)
        below = (_VALUE_X, top + half + 0.2)
        return said + self._set.middle(line.advice, below, (_VALUE_WIDTH, half - 0.4), todo).items

    def _foot(self, slip: RoadSlip) -> Iterator[Item]:
        name, label = Style(10), Style(8, colour=QUIET)
        third = _WIDTH / 3
        for place, (key, text) in enumerate(
            (("checked_by", slip.checked_by), ("checked_at", slip.checked_at), ("signature", ""))
        ):
            x = _LEFT + place * third
            yield self._set.line(self._labels(f"road_slip.{key}"), x, 185, third - 4, label)
            yield self._set.line(text, x, 191.5, third - 4, name)
            yield Rule(x, 194, x + third - 4, 194, LINE, 0.5)
