"""One voucher a page, on A4 or A5: a certificate with a large value, a large code, room for terms.

Everything is laid out in A4 millimetres and scaled to the paper.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from branchdesk.documents.drawing import (
    ALARM,
    BRAND,
    GHOST,
    GOLD,
    LINE,
    QUIET,
    TINT,
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

_A4_WIDTH = 210.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 15.0, 15.0, 195.0, 282.0
_WIDTH, _BAND, _RADIUS = _RIGHT - _LEFT, 23.0, 4.0
_X, _END = 27.0, 183.0
_COLUMN = 80.0
_PANEL_X, _PANEL_Y, _PANEL_WIDTH, _PANEL_HEIGHT = 115.0, 52.0, 68.0, 105.5
_CODE_SIDE, _QUIET = 54.0, 4.2
_CODE_X = _PANEL_X + (_PANEL_WIDTH - _CODE_SIDE) / 2
_CODE_Y = _PANEL_Y + 7 + _QUIET
_META_Y, _HOLDER_Y, _ISSUED_Y = 113.0, 134.5, 150.5
_TERMS_Y, _FOOT_Y = 174.0, 264.0

_LABEL = Style(9.5, colour=QUIET)
_NOTE = Style(9, colour=QUIET, align="centre")


class PageLayout:
    """A page for each voucher."""

    def __init__(
        self, fonts: FontFolder, labels: Labels, *, width_mm: float, height_mm: float
    ) -> None:
        self._set, self._labels = Setter(fonts), labels
        self._paper = (width_mm, height_mm)
        self._shared = SharedBlocks(lambda face: (self._common(face),))

    def pages(self, faces: Iterable[VoucherFace]) -> Iterator[Page]:
        """Yield one page for each voucher."""
        scale = self._paper[0] / _A4_WIDTH
        for face in faces:
            common = Placed(0, 0, self._shared.of(face)[0], shared=True, scale=scale)
            own = Placed(0, 0, self._own(face), shared=False, scale=scale)
            yield Page(*self._paper, (common, own))

    def _common(self, face: VoucherFace) -> Block:
        parts = (self._ground, self._value, self._meta, self._terms)
        return Block(tuple(item for part in parts for item in part(face)))

    def _ground(self, face: VoucherFace) -> Iterator[Item]:
        """Yield frame, band, the panel of the code and, on practice vouchers, what says so."""
        band = ALARM if face.practice else BRAND
        below, top = _TOP + _BAND, _TOP + 3
        yield Box(_LEFT, _TOP, _WIDTH, _BAND + _RADIUS, band, None, _RADIUS)
        yield Box(_LEFT, below, _WIDTH, _RADIUS + 0.2, WHITE)
        yield Box(_LEFT, _TOP, _WIDTH, _BOTTOM - _TOP, None, band, _RADIUS, 0.9)
        yield Box(_PANEL_X, _PANEL_Y, _PANEL_WIDTH, _PANEL_HEIGHT, TINT, None, 3)
        white = _CODE_SIDE + 2 * _QUIET
        yield Box(_CODE_X - _QUIET, _CODE_Y - _QUIET, white, white, WHITE, None, 1.5)
        name = Style(20, "bold", WHITE, leading=1.2)
        yield from self._set.middle(face.bank_name, (_X, top), (86, _BAND - 6), name).items
        words, style = face.campaign_name, Style(12, colour=WHITE, align="right")
        if face.practice:
            words, style = self._labels("voucher.practice"), replace(name, align="right")
            ghost = self._set.line(words, 0, 0, 150, Style(64, "bold", GHOST))
            yield Text(42, 245, ghost.text, ghost.size_pt, "bold", GHOST, 26)
        yield from self._set.middle(words, (118, top), (65, _BAND - 6), style).items

    def _value(self, face: VoucherFace) -> Iterator[Item]:
        """Yield the offer's name and what it is worth."""
        title = Style(11, "bold", GOLD)
        yield self._set.line(self._labels("voucher.kind"), _X, 56.5, _COLUMN, title)
        style = Style(25, "bold", leading=1.25)
        name = self._set.heading(face.offer_name, (_X, 59.5), (_COLUMN, 23), style)
        yield from name.items
        colour = ALARM if face.practice else BRAND
        top = name.bottom_mm + 1
        box = (_COLUMN, _META_Y - 12 - top)
        style = Style(58, "bold", colour, leading=1.15)
        worth = self._set.fitted((face.face_text,), (_X, top), box, style)
        yield from worth.items
        yield Rule(_X, worth.bottom_mm + 2.5, _X + 18, worth.bottom_mm + 2.5, GOLD, 2.4)

    def _meta(self, face: VoucherFace) -> Iterator[Item]:
        """Yield the dates and the label of the holder."""
        label, line = self._labels, self._set.line
        days, day = day_words(face, label), label.day(face.expires_on)
        yield line(days.last_label, _X, _META_Y, _COLUMN, _LABEL)
        yield line(day, _X, _META_Y + 7.2, _COLUMN, Style(16, "bold"))
        yield line(days.note, _X, _META_Y + 12.2, _COLUMN, Style(9, colour=QUIET))
        yield line(holder_words(face, label)[0], _X, _HOLDER_Y, _COLUMN, _LABEL)
        yield line(days.issued_label, _X, _ISSUED_Y, _COLUMN, _LABEL)
        yield line(label.day(face.issued_on), _X, _ISSUED_Y + 6, _COLUMN, Style(12))

    def _terms(self, face: VoucherFace) -> Iterator[Item]:
        """Yield the terms and the line of the outlet."""
        label, line, width = self._labels, self._set.line, _END - _X
        yield Rule(_X, _TERMS_Y - 6.5, _END, _TERMS_Y - 6.5, LINE, 0.7)
        yield line(label("voucher.terms"), _X, _TERMS_Y + 2.5, width, Style(12, "bold"))
        box = (width, _FOOT_Y - _TERMS_Y - 11)
        style = Style(12, leading=1.75)
        yield from self._set.numbered(face.terms, (_X, _TERMS_Y + 7), box, style).items
        yield Rule(_X, _FOOT_Y, _END, _FOOT_Y, LINE, 0.7)
        small = Style(9.5, colour=QUIET, leading=1.2)
        yield line(face.outlet_name, _X, _FOOT_Y + 6.2, 100, Style(9.5, "bold"))
        address, at = (face.outlet_address,), (_X, _FOOT_Y + 7.8)
        yield from self._set.fitted(address, at, (100, 8.2), small).items
        approval = label("voucher.approval", number=face.approval_no)
        right = Style(9.5, colour=QUIET, align="right")
        yield line(approval, 130, _FOOT_Y + 11.2, _END - 130, right)
        if face.practice:
            yield line(face.campaign_name, 130, _FOOT_Y + 6.2, _END - 130, right)

    def _own(self, face: VoucherFace) -> Block:
        """Return what belongs to this voucher alone."""
        line, inside = self._set.line, (_PANEL_X + 4, _PANEL_WIDTH - 8)
        _, holder = holder_words(face, self._labels)
        below = _CODE_Y + _CODE_SIDE + _QUIET
        code = Style(13.5, "bold", align="centre")
        items: list[Item] = [
            *self._set.middle(
                holder, (_X, _HOLDER_Y + 1.3), (_COLUMN, 8.4), Style(14, leading=1.3)
            ).items,
            Code(_CODE_X, _CODE_Y, _CODE_SIDE, encode_token(face.token_text)),
            line(printed_code(face, self._labels), inside[0], below + 10, inside[1], code),
            line(face.running_number, inside[0], below + 17.5, inside[1], _NOTE),
        ]
        words = band_words(face, self._labels)
        if words:
            items.append(Box(_PANEL_X + 12, below + 21.5, _PANEL_WIDTH - 24, 6.4, ALARM, None, 1.4))
            style = Style(10.5, "bold", WHITE, "centre")
            items.append(line(words, _PANEL_X + 13, below + 26.1, _PANEL_WIDTH - 26, style))
        else:
            words = self._labels("voucher.practice" if face.practice else "voucher.present")
            items.append(line(words, inside[0], below + 25.5, inside[1], _NOTE))
        return Block(tuple(items))
