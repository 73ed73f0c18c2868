"""A page of a PDF as pixels, for preview and for printers that take pictures; by pypdfium2."""

from branchdesk.documents.models import PageImage
from branchdesk.errors import ContractFault, RuleViolation

_POINTS_PER_INCH = 72


def render_page(pdf_bytes: bytes, page: int, dpi: float) -> PageImage:
    """Render page ``page``, counted from 0, at ``dpi`` pixels an inch.

    Raises ContractFault ``pdf_unreadable`` and RuleViolation ``pdf_page_missing``.
    """
    # Imported here because a window that shows no preview should not load the library.
    import pypdfium2 as pdfium  # type: ignore[import-untyped]  # the library has no types

    try:
        document = pdfium.PdfDocument(pdf_bytes)
    except pdfium.PdfiumError as error:
        raise ContractFault("pdf_unreadable") from error
    try:
        if not 0 <= page < len(document):
            raise RuleViolation("pdf_page_missing", page=page + 1, pages=len(document))
        bitmap = document[page].render(scale=dpi / _POINTS_PER_INCH, rev_byteorder=True)
        picture = bitmap.to_pil().convert("RGB")
        return PageImage(picture.width, picture.height, picture.tobytes())
    finally:
        document.close()
