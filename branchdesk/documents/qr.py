"""QR symbols: a fast encoder for voucher tokens, ``qrcode`` for any other text, PNG pictures.

A token's text is [upper-case prefix] ‖ 492 decimal digits: version 10-M, or 11-M with a prefix of
more than ten characters. Its bits go through precomputed tables (``qr_tables``). This module knows
the shape of the text, not what the digits mean.
"""

import io
import re
from dataclasses import dataclass
from functools import lru_cache

from branchdesk.documents.qr_tables import data_codewords, symbol_tables
from branchdesk.errors import ContractFault, RuleViolation

TOKEN_DIGITS = 492
QUIET_MODULES = 4
# The digits are as good as random (they end in signatures), so no mask is better than another.
TOKEN_MASK = 3
MASKS = 8

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_SHAPE = re.compile(rf"(|.*[^0-9])([0-9]{{{TOKEN_DIGITS}}})", re.DOTALL)
_GROUPS = {f"{value:03d}": f"{value:010b}" for value in range(1000)}
_split = re.compile("...").findall
# Mode indicator 0001 and a 12-bit count (versions 10 to 26), ISO/IEC 18004:2015, table 3.
_NUMERIC_HEAD = f"{0b0001:04b}{TOKEN_DIGITS:012b}"


@dataclass(frozen=True, slots=True)
class QrSymbol:
    """A square of modules without its quiet zone.

    ``bitmap`` holds the rows from the top, each padded to whole bytes, the leftmost module in the
    highest bit; a set bit is dark.
    """

    size_modules: int
    bitmap: bytes

    @property
    def row_bytes(self) -> int:
        """Return the bytes of one packed row."""
        return (self.size_modules + 7) // 8

    def is_dark(self, row: int, column: int) -> bool:
        """Tell whether one module is dark."""
        return bool(self.bitmap[row * self.row_bytes + column // 8] & 0x80 >> column % 8)


def encode_token(text: str, mask: int = TOKEN_MASK) -> QrSymbol:
    """Encode a voucher token's text as version 10-M or 11-M.

    A prefix that alphanumeric mode cannot hold, or too long for 11-M, goes through
    ``encode_text``. Raises ContractFault ``token_text_shape`` when the text does not end in exactly
    492 digits.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ContractFault("token_text_shape", characters=len(text), digits=TOKEN_DIGITS)
    prefix, digits = shape.groups()
    head = _prefix_bits(prefix)
    if head is None:
        return encode_text(text)
    body = "".join(map(_GROUPS.__getitem__, _split(digits)))
    bits = f"{head}{_NUMERIC_HEAD}{body}"
    version = next((v for v in (10, 11) if len(bits) <= 8 * data_codewords(v)), None)
    if version is None:
        return encode_text(text)
    tables = symbol_tables(version, mask)
    return QrSymbol(tables.size_modules, tables.bitmap(_filled(bits, data_codewords(version))))


def encode_text(text: str) -> QrSymbol:
    """Encode any text at level M in the smallest version, by the ``qrcode`` library.

    Raises RuleViolation ``qr_text_too_long`` when no version holds it, ``qr_text_unreadable`` when
    it holds half a character (a lone surrogate).
    """
    # Imported here because nobody else should pay for it; the library has no type stubs.
    from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]
    from qrcode.exceptions import DataOverflowError  # type: ignore[import-untyped]
    from qrcode.main import QRCode  # type: ignore[import-untyped]

    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise RuleViolation("qr_text_unreadable", position=error.start + 1) from error
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(content, optimize=20)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise RuleViolation("qr_text_too_long", characters=len(text)) from error
    rows = code.get_matrix()
    return QrSymbol(len(rows), b"".join(map(_packed, rows)))


def to_png(symbol: QrSymbol, scale: int, quiet: int = QUIET_MODULES) -> bytes:
    """Draw a 1-bit PNG, ``scale`` pixels a module and ``quiet`` white modules around."""
    from PIL import Image

    size = symbol.size_modules
    inverted = bytes(byte ^ 0xFF for byte in symbol.bitmap)
    modules = Image.frombytes("1", (size, size), inverted)
    side = (size + 2 * quiet) * scale
    picture = Image.new("1", (side, side), 1)
    picture.paste(
        modules.resize((size * scale,) * 2, Image.Resampling.NEAREST), (quiet * scale,) * 2
    )
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@lru_cache(maxsize=64)
def _prefix_bits(prefix: str) -> str | None:
    """Return an alphanumeric segment for a prefix, nothing for none, None if it cannot hold it."""
    if not prefix:
        return ""
    if not set(prefix) <= set(_ALPHANUMERIC) or len(prefix) >= 1 << 11:
        return None
    values = [_ALPHANUMERIC.index(character) for character in prefix]
    pairs = [f"{45 * a + b:011b}" for a, b in zip(values[::2], values[1::2], strict=False)]
    odd = f"{values[-1]:06b}" if len(values) % 2 else ""
    return f"{0b0010:04b}{len(prefix):011b}{''.join(pairs)}{odd}"


def _filled(bits: str, codewords: int) -> bytes:
    """Terminate the bits and fill them up with the padding codewords (7.4.10)."""
    room = 8 * codewords - len(bits)
    bits += "0" * min(4, room)
    bits += "0" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return data + (b"\xec\x11" * codewords)[: codewords - len(data)]


def _packed(row: list[bool]) -> bytes:
    """Pack one row of modules into whole bytes."""
    size = (len(row) + 7) // 8
    bits = "".join("1" if dark else "0" for dark in row).ljust(8 * size, "0")
    return int(bits, 2).to_bytes(size, "big")
