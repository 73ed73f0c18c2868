"""A slip of receipt roll for the bank's own people: a title, labelled lines, a place to sign.

Black only, 80 mm, as long as it needs to be. Words come in finished; nothing here knows what a
shift is.
"""

from dataclasses import dataclass
from typing import BinaryIO, Final

from branchdesk.documents.drawing import BLACK, Page, Placed
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.models import DocumentResult, Language
from branchdesk.documents.pdf_file import PdfFile
from branchdesk.documents.pdf_ink import PdfInk
from branchdesk.documents.receipt_layout import ROLLS, Stack
from branchdesk.documents.typesetting import Setter, Style

_PAPER_MM: Final = 80
_TOP_MM, _BOTTOM_MM, _SIGNATURE_MM = 4.0, 6.0, 12.0


@dataclass(frozen=True, slots=True)
class SlipSection:
    """Lines of (label, value) under a heading; ``note`` stands below them."""

    heading: str
    rows: tuple[tuple[str, str], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """A whole slip; ``signatures`` are whose names are signed at its end.

    ``band`` stands white on black at its head and foot: what must not be overlooked.
    """

    title: str
    subtitle: str
    sections: tuple[SlipSection, ...]
    signatures: tuple[str, ...] = ()
    band: str = ""


def render_slip(
    slip: Slip, out: BinaryIO, *, fonts: FontFolder, language: Language = "zh"
) -> DocumentResult:
    """Write a slip to ``out`` as a PDF of one page.

    Raises EnvironmentFault ``font_unusable`` before anything is written.
    """
    page = _page(slip, fonts)
    file = PdfFile(out)
    ink = PdfInk(file, fonts, slip.title, "zh-CN" if language == "zh" else "en")
    ink.page(page)
    ink.finish()
    return DocumentResult(file.pages, file.bytes_written, 1)


def _page(slip: Slip, fonts: FontFolder) -> Page:
    roll = ROLLS[_PAPER_MM]
    stack, size = Stack(Setter(fonts), roll), roll.text_pt
    if slip.band:
        stack.bar(slip.band, size * 1.9)
    stack.text(slip.title, Style(size * 1.6, "bold", BLACK, "centre", 1.4))
    stack.text(slip.subtitle, Style(size, "regular", BLACK, "centre", 1.4))
    for section in slip.sections:
        stack.gap(1.5)
        stack.rule()
        stack.gap(1)
        stack.text(section.heading, Style(size, "bold", BLACK, "left", 1.5))
        for label, value in section.rows:
            stack.row(label, value, label_share=0.5)
        if section.note:
            stack.text(section.note, Style(size * 0.9, "regular", BLACK, "left", 1.45))
    for name in slip.signatures:
        stack.gap(_SIGNATURE_MM)
        stack.rule()
        stack.text(name, Style(size * 0.85, "regular", BLACK, "left", 1.4))
    if slip.band:
        stack.gap(1.5)
        stack.bar(slip.band, size * 1.9)
    block = stack.block()
    margin = (_PAPER_MM - roll.printed_mm) / 2
    height = _TOP_MM + block.height_mm + _BOTTOM_MM
    return Page(_PAPER_MM, height, (Placed(margin, _TOP_MM, block, shared=False),))
