"""Vouchers on paper: from the read model to the document, written whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from branchdesk.application.models import PrintedDocument
from branchdesk.application.print_book import PrintableBook
from branchdesk.application.print_shift import PrintableShift
from branchdesk.application.print_vouchers import PrintableVoucher
from branchdesk.documents.models import DocumentResult, Language, Layout, VoucherFace
from branchdesk.domain.consent import Purpose
from branchdesk.domain.running_number import running_number
from branchdesk.errors import EnvironmentFault, os_reason
from branchdesk.persistence.folder import sync_folder
from branchdesk.protocol.token import china_day, day_of

if TYPE_CHECKING:
    from branchdesk.documents.book_register import BookRegister
    from branchdesk.documents.fonts import FontFolder


class PdfPaper:
    """Implements ``Paper`` and ``ShiftPaper``: PDF files, in a folder unless a path is given.

    ``fonts`` is the folder of the bundled fonts; ``now_ms`` names files by time; ``is_practice``
    marks every voucher as worth nothing. Make one and keep it: the fonts are opened once, and what
    was measured with them is remembered.
    """

    def __init__(
        self,
        fonts: Path,
        folder: Path,
        now_ms: Callable[[], int],
        language: Language = "zh",
        *,
        is_practice: bool = False,
    ) -> None:
        self._fonts, self._folder, self._now_ms, self._language = fonts, folder, now_ms, language
        self._is_practice = is_practice

    def vouchers(
        self, vouchers: Sequence[PrintableVoucher], layout: str, path: str
    ) -> PrintedDocument:
        """Write the document beside its final name, sync it, then move it there.

        Raises EnvironmentFault ``file_unwritable`` with the path and the reason.
        """
        from branchdesk.documents.voucher_sheet import render_vouchers

        target = Path(path) if path else self._folder / f"vouchers-{self._now_ms()}.pdf"
        faces = [
            voucher_face(voucher, self._language, is_practice=self._is_practice)
            for voucher in vouchers
        ]

        def draw(file: BinaryIO) -> DocumentResult:
            return render_vouchers(
                faces, cast(Layout, layout), file, fonts=self._font_folder, language=self._language
            )

        made = write_whole(target, draw)
        return PrintedDocument(str(target), made.pages, made.bytes, made.items)

    @cached_property
    def _font_folder(self) -> "FontFolder":
        from branchdesk.documents.fonts import FontFolder

        return FontFolder(self._fonts)

    def shift(self, shift: PrintableShift, path: str) -> PrintedDocument:
        """Write the slip of a closed shift, whole or not at all; see :meth:`vouchers`."""
        from branchdesk.app.shift_slip import shift_slip
        from branchdesk.documents.labels import Labels
        from branchdesk.documents.slip import render_slip

        target = Path(path) if path else self._folder / f"shift-{self._now_ms()}.pdf"
        slip = shift_slip(shift, Labels(self._language), is_practice=self._is_practice)
        fonts = self._font_folder
        made = write_whole(
            target, lambda file: render_slip(slip, file, fonts=fonts, language=self._language)
        )
        return PrintedDocument(str(target), made.pages, made.bytes, made.items)

    def register(self, book: PrintableBook, path: str) -> PrintedDocument:
        """Write the register of a book, whole or not at all; see :meth:`vouchers`."""
        from branchdesk.documents.book_register import render_register

        target = Path(path) if path else self._folder / f"register-{self._now_ms()}.pdf"
        faces = [
            voucher_face(voucher, self._language, is_practice=self._is_practice)
            for voucher in book.vouchers
        ]
        form, fonts = book_register(book, faces, self._language), self._font_folder
        made = write_whole(
            target, lambda file: render_register(form, file, fonts=fonts, language=self._language)
        )
        return PrintedDocument(str(target), made.pages, made.bytes, made.items)


def write_whole(target: Path, draw: Callable[[BinaryIO], DocumentResult]) -> DocumentResult:
    """Let ``draw`` write beside ``target``, sync, then move it there; leave nothing if it fails."""
    with _beside(target) as partial:
        with partial.open("wb") as file:
            made = draw(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        # The name, too: printing is recorded next, and a record without its paper would mislead.
        sync_folder(target.parent)
    return made


def require_writable(target: Path) -> None:
    """Make the folder of ``target`` and try to write there; raise ``file_unwritable`` if it fails.

    For what cannot be taken back once done: the paper it ends with is made sure of first.
    """
    with _beside(target) as partial:
        partial.touch()


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a passing file's name in the folder of ``target``; raises ``file_unwritable``."""
    partial = target.parent / f".{target.name}.partial"
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
    except OSError as error:
        raise EnvironmentFault(
            "file_unwritable", retryable=True, path=str(target), reason=os_reason(error)
        ) from error
    finally:
        # Where the folder itself is none, tidying up must not hide what was the matter.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def voucher_face(
    voucher: PrintableVoucher, language: Language, *, is_practice: bool = False
) -> VoucherFace:
    """Say what paper shows of a voucher, in one language."""
    offer, campaign, terminal = voucher.offer, voucher.in_force.campaign, voucher.terminal
    outlet, record = campaign.outlet(terminal.outlet), voucher.record
    lines = (*offer.terms, *offer.disclosures)
    return VoucherFace(
        token_text=voucher.answer.token,
        short_code=voucher.answer.short_code,
        offer_name=offer.name.in_language(language),
        face_text=face_text(record.face_minor, language),
        terms=tuple(line.in_language(language) for line in lines),
        holder_name=voucher.holder_name or None,
        expires_on=record.expires_on,
        issued_on=day_of(china_day(record.issued_at_ms // 1000)),
        outlet_name=outlet.name if outlet else terminal.outlet_name,
        outlet_address=outlet.address if outlet else terminal.outlet_address,
        running_number=running_number(terminal.outlet, terminal.terminal, record.number),
        campaign_name=campaign.name.in_language(language),
        bank_name=campaign.bank.in_language(language),
        copy_number=record.copy,
        practice=is_practice,
        approval_no=offer.approval_no,
        in_book=record.is_book,
        valid_days=offer.valid_days,
    )


def book_register(
    book: PrintableBook, faces: Sequence[VoucherFace], language: Language
) -> "BookRegister":
    """Say what the register of a book shows; ``faces`` are its vouchers as printed, in order."""
    from branchdesk.documents.book_register import BookRegister, RegisterLine

    first = faces[0]
    return BookRegister(
        book=book.record.book,
        offer_name=first.offer_name,
        face_text=first.face_text,
        bank_name=first.bank_name,
        outlet_name=first.outlet_name,
        printed_on=day_of(china_day(book.record.printed_ms // 1000)),
        expires_on=first.expires_on,
        valid_days=first.valid_days,
        printed_by=book.printed_by,
        second=book.second,
        practice=first.practice,
        consent=_service_words(book, language),
        lines=tuple(RegisterLine(face.running_number, face.short_code) for face in faces),
    )


def _service_words(book: PrintableBook, language: Language) -> str:
    """Return the campaign's own words of the consent without which nobody is registered."""
    texts = book.vouchers[0].in_force.campaign.consent_texts
    asked = {text.purpose: text.text for text in texts}
    return asked[Purpose.SERVICE].in_language(language)


def face_text(face_minor: int, language: Language) -> str:
    """Return a face value as a customer reads it; nothing to pay with is 免费 (free)."""
    if face_minor:
        return f"¥{face_minor / 100:,.2f}"
    return "免费" if language == "zh" else "Free"
