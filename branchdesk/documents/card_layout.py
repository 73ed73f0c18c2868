"""The A4 sheet of eight voucher cards, two by four, with cut marks.

A card is 105 by 74.25 mm: on the left what it is worth and its terms, on the right, behind a tear
line, the code to scan. Everything but holder, numbers and code is one block that cards share.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from branchdesk.documents.drawing import (
    ALARM,
    BRAND,
    GHOST,
    GOLD,
    LINE,
    QUIET,
    WHITE,
    Block,
    Box,
    Code,
    Item,
    Page,
    Placed,
    Rule,
    Text,
)
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.labels import Labels
from branchdesk.documents.models import VoucherFace
from branchdesk.documents.qr import encode_token
from branchdesk.documents.typesetting import Setter, Style
from branchdesk.documents.voucher_parts import (
    SharedBlocks,
    band_words,
    day_words,
    holder_words,
    printed_code,
)

_PAGE = (210.0, 297.0)
_COLUMNS, _ROWS = 2, 4
_CELL = (_PAGE[0] / _COLUMNS, _PAGE[1] / _ROWS)
_LEFT, _TOP, _RIGHT, _BOTTOM = 5.0, 5.0, 100.0, 69.25
_WIDTH, _BAND, _RADIUS = _RIGHT - _LEFT, 8.4, 2.0
_TEXT_X, _TEXT_WIDTH = 9.5, 46.5
_STUB_X, _STUB_WIDTH = 61.0, 36.0
_TEAR_X = 58.5
_CODE_SIDE, _CODE_Y = 31.5, 17.2
_CODE_X = _STUB_X + (_STUB_WIDTH - _CODE_SIDE) / 2
_HOLDER_X, _HOLDER_WIDTH = 37.5, 18.5
_META_Y, _TERMS_Y, _FOOT_Y = 38.8, 49.6, 63.4
_MARK_MM = 3.0

_LABEL = Style(6, colour=QUIET)
_CODE_STYLE = Style(8.6, "bold", align="centre")
_NUMBER = Style(6.2, colour=QUIET, align="centre")
_NOTE = Style(6, colour=QUIET, align="centre")


class CardLayout:
    """Eight cards a page."""

    def __init__(self, fonts: FontFolder, labels: Labels) -> None:
        self._set, self._labels = Setter(fonts), labels
        self._shared = SharedBlocks(lambda face: (self._common(face),))
        self._marks = Placed(0, 0, Block(tuple(_cut_marks())), shared=True)

    def pages(self, faces: Iterable[VoucherFace]) -> Iterator[Page]:
        """Yield pages of up to eight cards, filled row by row."""
        left = iter(faces)
        while cards := list(islice(left, _COLUMNS * _ROWS)):
            parts = [self._marks]
            for place, face in enumerate(cards):
                row, column = divmod(place, _COLUMNS)
                x, y = column * _CELL[0], row * _CELL[1]
                parts.append(Placed(x, y, self._shared.of(face)[0], shared=True))
                parts.append(Placed(x, y, self._own(face), shared=False))
            yield Page(*_PAGE, tuple(parts))

    def _common(self, face: VoucherFace) -> Block:
        return Block((*self._ground(face), *self._value(face), *self._meta(face)))

    def _ground(self, face: VoucherFace) -> Iterator[Item]:
        """Yield frame, band, tear line and, on practice cards, what says so."""
        band = ALARM if face.practice else BRAND
        below = _TOP + _BAND
        yield Box(_LEFT, _TOP, _WIDTH, _BAND + _RADIUS, band, None, _RADIUS)
        yield Box(_LEFT, below, _WIDTH, _RADIUS + 0.1, WHITE)
        yield Box(_LEFT, _TOP, _WIDTH, _BOTTOM - _TOP, None, band, _RADIUS, 0.6)
        yield Rule(_TEAR_X, below + 2.5, _TEAR_X, _FOOT_Y - 1.5, LINE, 0.7, 0.9)
        top, height = _TOP + 0.6, _BAND - 1.2
        name = Style(9.5, "bold", WHITE, leading=1.2)
        yield from self._set.middle(face.bank_name, (_TEXT_X, top), (47, height), name).items
        right = Style(7, colour=WHITE, align="right", leading=1.2)
        if face.practice:
            right = replace(name, align="right")
        words = self._labels("voucher.practice") if face.practice else face.campaign_name
        yield from self._set.middle(words, (59, top), (37.5, height), right).items
        if face.practice:
            words = self._labels("voucher.practice")
            ghost = self._set.line(words, 12, 60, 50, Style(27, "bold", GHOST))
            yield Text(13, 60, ghost.text, ghost.size_pt, "bold", GHOST, 26)

    def _value(self, face: VoucherFace) -> Iterator[Item]:
        """Yield the offer's name and what it is worth, the largest things on the card."""
        at = (_TEXT_X, _TOP + _BAND + 2.2)
        style = Style(12, "bold", leading=1.2)
        name = self._set.heading(face.offer_name, at, (_TEXT_WIDTH, 8.6), style)
        yield from name.items
        colour = ALARM if face.practice else BRAND
        top = name.bottom_mm + 0.2
        yield from self._set.fitted(
            (face.face_text,),
            (_TEXT_X, top),
            (_TEXT_WIDTH, _META_Y - 5.2 - top),
            Style(25, "bold", colour, leading=1.15),
        ).items
        yield Rule(_TEXT_X, _META_Y - 4.3, _TEXT_X + 9, _META_Y - 4.3, GOLD, 1.4)

    def _meta(self, face: VoucherFace) -> Iterator[Item]:
        """Yield last day, terms and the line of the outlet."""
        label, line = self._labels, self._set.line
        width = _HOLDER_X - _TEXT_X - 2
        days = day_words(face, label)
        yield line(days.last_label, _TEXT_X, _META_Y, width, _LABEL)
        day = Style(9, "bold")
        yield line(label.day(face.expires_on), _TEXT_X, _META_Y + 4.1, width, day)
        yield line(days.note, _TEXT_X, _META_Y + 7.2, _TEXT_WIDTH, Style(5.6, colour=QUIET))
        yield line(holder_words(face, label)[0], _HOLDER_X, _META_Y, _HOLDER_WIDTH, _LABEL)
        terms = Style(5.8, leading=1.42)
        box = (_TEXT_WIDTH, _FOOT_Y - 1 - _TERMS_Y)
        yield from self._set.numbered(face.terms, (_TEXT_X, _TERMS_Y), box, terms).items
        yield Rule(_LEFT + 4, _FOOT_Y, _RIGHT - 4, _FOOT_Y, LINE, 0.4)
        small = Style(5.6, colour=QUIET, leading=1.2)
        top, height = _FOOT_Y + 0.5, _BOTTOM - _FOOT_Y - 1
        where = f"{face.outlet_name}  {face.outlet_address}"
        yield from self._set.middle(where, (_TEXT_X, top), (54, height), small).items
        approval = label("voucher.approval", number=face.approval_no)
        right = replace(small, align="right")
        yield from self._set.middle(approval, (66, top), (30.5, height), right).items

    def _own(self, face: VoucherFace) -> Block:
        """Return what belongs to this voucher alone."""
        line = self._set.line
        _, holder = holder_words(face, self._labels)
        code = printed_code(face, self._labels)
        items: list[Item] = [
            *self._set.middle(
                holder, (_HOLDER_X, _META_Y + 0.3), (_HOLDER_WIDTH, 5.2), Style(9, leading=1.3)
            ).items,
            Code(_CODE_X, _CODE_Y, _CODE_SIDE, encode_token(face.token_text)),
            line(code, _STUB_X, 54.6, _STUB_WIDTH, _CODE_STYLE),
            line(face.running_number, _STUB_X, 58.2, _STUB_WIDTH, _NUMBER),
        ]
        words = band_words(face, self._labels)
        if words:
            items.append(Box(_STUB_X + 4, 59.5, _STUB_WIDTH - 8, 3.1, ALARM, None, 0.7))
            style = Style(6.2, "bold", WHITE, "centre")
            items.append(line(words, _STUB_X + 5, 61.8, _STUB_WIDTH - 10, style))
        else:
            words = self._labels("voucher.practice" if face.practice else "voucher.present")
            items.append(line(words, _STUB_X, 61.5, _STUB_WIDTH, _NOTE))
        return Block(tuple(items))


def _cut_marks() -> Iterator[Rule]:
    """Yield ticks at the edges and crosses where cards meet."""
    for row in range(_ROWS + 1):
        for column in range(_COLUMNS + 1):
            x, y = column * _CELL[0], row * _CELL[1]
            if row in (0, _ROWS) and column in (0, _COLUMNS):
                continue
            if 0 < row < _ROWS:
                yield Rule(max(0, x - _MARK_MM), y, min(_PAGE[0], x + _MARK_MM), y, QUIET, 0.3)
            if 0 < column < _COLUMNS:
                yield Rule(x, max(0, y - _MARK_MM), x, min(_PAGE[1], y + _MARK_MM), QUIET, 0.3)
