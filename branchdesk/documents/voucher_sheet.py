"""Vouchers as a PDF: a sheet of cards, a full page each, or lengths of receipt roll.

The file is written page by page as vouchers arrive, so a hundred thousand cost no more memory than
a hundred. This module knows which layouts there are, not what they look like.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Protocol

from branchdesk.documents.card_layout import CardLayout
from branchdesk.documents.drawing import Page
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.labels import Labels
from branchdesk.documents.models import DocumentResult, Language, Layout, VoucherFace
from branchdesk.documents.page_layout import PageLayout
from branchdesk.documents.pdf_file import PdfFile
from branchdesk.documents.pdf_ink import PdfInk
from branchdesk.documents.receipt_layout import ReceiptLayout
from branchdesk.errors import RuleViolation


class _Layout(Protocol):
    def pages(self, faces: Iterable[VoucherFace]) -> Iterator[Page]: ...


_LAYOUTS: dict[str, Callable[[FontFolder, Labels], _Layout]] = {
    "a4": lambda fonts, labels: PageLayout(fonts, labels, width_mm=210, height_mm=297),
    "a4x8": CardLayout,
    "a5": lambda fonts, labels: PageLayout(fonts, labels, width_mm=148, height_mm=210),
    "80": lambda fonts, labels: ReceiptLayout(fonts, labels, paper_mm=80),
    "58": lambda fonts, labels: ReceiptLayout(fonts, labels, paper_mm=58),
}


def render_vouchers(
    faces: Iterable[VoucherFace],
    layout: Layout,
    out: BinaryIO,
    *,
    fonts: FontFolder,
    language: Language = "zh",
) -> DocumentResult:
    """Write vouchers to ``out`` as a PDF, in the order given.

    Raises RuleViolation ``layout_unknown``, ``language_unknown`` or ``nothing_to_print`` and
    EnvironmentFault ``font_unusable`` before anything is written; ContractFault
    ``token_text_shape`` may leave a part in ``out``, which the caller throws away.
    """
    if layout not in _LAYOUTS:
        raise RuleViolation("layout_unknown", found=layout, allowed=list(_LAYOUTS))
    labels = Labels(language)
    counted = _Counted(faces)
    pages = _LAYOUTS[layout](fonts, labels).pages(counted)
    first = next(pages, None)
    if first is None:
        raise RuleViolation("nothing_to_print")
    file = PdfFile(out)
    ink = PdfInk(file, fonts, labels("voucher.title"), "zh-CN" if language == "zh" else "en")
    for page in chain((first,), pages):
        ink.page(page)
    ink.finish()
    return DocumentResult(file.pages, file.bytes_written, counted.items)


class _Counted:
    """Passes vouchers on and counts them."""

    def __init__(self, faces: Iterable[VoucherFace]) -> None:
        self._faces = faces
        self.items = 0

    def __iter__(self) -> Iterator[VoucherFace]:
        for face in self._faces:
            self.items += 1
            yield face
