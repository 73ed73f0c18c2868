"""QR codes in a picture or PDF that somebody has as a file: a scan that was sent, own papers.

Only QR is looked for; looking for every kind of code takes fourteen times as long.
"""

import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from branchdesk.errors import EnvironmentFault, RuleViolation

if TYPE_CHECKING:
    from PIL.Image import Image

FILE_BYTES_MAX = 64 << 20
PAGES_MAX = 200
PIXELS_MAX = 120_000_000
# 200 dots an inch: a code of 30 mm then has four to a module.
_SCALE = 200 / 72
_PDF = b"%PDF-"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")


def is_picture(path: Path) -> bool:
    """Say whether a file begins like a picture or a PDF; raises EnvironmentFault if unreadable."""
    start = _read(path, 8)
    return start.startswith((_PDF, *_PICTURES))


def read_codes(path: Path) -> tuple[str, ...]:
    """Return the text of every QR code in a picture or PDF, page by page, each once.

    Raises EnvironmentFault ``file_unreadable``; RuleViolation ``picture_unreadable``,
    ``picture_too_large`` or ``picture_without_code``.
    """
    data = _read(path, FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise RuleViolation("picture_too_large", path=path.name[:80])
    found: dict[str, None] = {}
    for image in _pages(data, path.name[:80]):
        found |= dict.fromkeys(codes_in(image))
    if not found:
        raise RuleViolation("picture_without_code", path=path.name[:80])
    return tuple(found)


def codes_in(image: "Image") -> tuple[str, ...]:
    """Return the text of every QR code in a grey picture, or in a camera's frame."""
    import zxingcpp

    only_qr = zxingcpp.barcode_formats_from_str("QRCode")
    # Looking for light codes on dark paper as well takes twice as long, and hardly any are.
    for is_thorough in (False, True):
        found = zxingcpp.read_barcodes(
            image, formats=only_qr, try_invert=is_thorough, try_rotate=is_thorough,
            try_downscale=is_thorough,
        )  # fmt: skip
        if found:
            return tuple(code.text for code in found)
    return ()


def codes_in_grey(width: int, height: int, grey: bytes) -> tuple[str, ...]:
    """Return the codes in a picture of one byte a pixel, row after row; as ``codes_in``.

    Raises RuleViolation ``picture_too_large``.
    """
    from PIL import Image

    _check_pixels(width * height, "")
    return codes_in(Image.frombytes("L", (width, height), grey))


def _pages(data: bytes, name: str) -> "Iterator[Image]":
    if data.startswith(_PDF):
        yield from _pdf_pages(data, name)
        return
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that are refused here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(data))
        with picture:
            _check_pixels(picture.width * picture.height, name)
            yield picture.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise RuleViolation("picture_unreadable", path=name) from error


def _pdf_pages(data: bytes, name: str) -> "Iterator[Image]":
    import pypdfium2 as pdfium  # type: ignore[import-untyped]  # the library has no types

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise RuleViolation("picture_unreadable", path=name) from error
    try:
        if len(document) > PAGES_MAX:
            raise RuleViolation("picture_too_large", path=name)
        for page in document:
            width, height = page.get_size()
            _check_pixels(width * height * _SCALE**2, name)
            yield page.render(scale=_SCALE, grayscale=True).to_pil()
    finally:
        document.close()


def _check_pixels(pixels: float, name: str) -> None:
    if pixels > PIXELS_MAX:
        raise RuleViolation("picture_too_large", path=name)


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(bytes_max)
    except OSError as error:
        raise EnvironmentFault("file_unreadable", path=str(path), reason=error.strerror) from error
