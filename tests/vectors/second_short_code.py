"""The second implementation's short codes: what a person types when a QR cannot be read.

Like ``second_implementation.py`` it must not know the product.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from second_implementation import Token

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_CODE_SYMBOLS: Final = 17
_FOLD: Final = str.maketrans("OIL", "011", "- ")


class BadShortCodeError(Exception):
    """A typed code cannot be one of ours: ``reason`` is the exact rule."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ShortCode:
    """What a typed code says: whose slot, and the first 3 bytes of the voucher's hash."""

    grant_number: int
    slot: int
    digest: bytes


def short_code(token: Token) -> str:
    """Return the printed short code of a token."""
    digest = hashlib.sha256(token.voucher_bytes).digest()[:3]
    return format_short_code(ShortCode(token.grant.number, token.voucher.slot, digest))


def format_short_code(code: ShortCode) -> str:
    """Return 16 symbols and a check symbol as 4-4-4-5."""
    value = code.grant_number << 48 | code.slot << 24 | int.from_bytes(code.digest, "big")
    symbols = [value >> 5 * place & 31 for place in reversed(range(16))]
    text = "".join(CROCKFORD[symbol] for symbol in [*symbols, luhn_mod_32(symbols)])
    return "-".join((text[:4], text[4:8], text[8:12], text[12:]))


def read_short_code(typed: str) -> ShortCode:
    """Decode a typed code: any case, hyphens and spaces anywhere, O as 0, I and L as 1."""
    folded = typed.upper().translate(_FOLD)
    if not typed.isascii() or any(symbol not in CROCKFORD for symbol in folded):
        raise BadShortCodeError("alphabet")
    if len(folded) != SHORT_CODE_SYMBOLS:
        raise BadShortCodeError("length")
    symbols = [CROCKFORD.index(symbol) for symbol in folded]
    if luhn_mod_32(symbols[:-1]) != symbols[-1]:
        raise BadShortCodeError("check_character")
    value = 0
    for symbol in symbols[:-1]:
        value = value << 5 | symbol
    slot = value >> 24 & 0xFFFFFF
    if slot == 0:
        raise BadShortCodeError("slot_zero")
    return ShortCode(value >> 48, slot, (value & 0xFFFFFF).to_bytes(3, "big"))


def luhn_mod_32(symbols: list[int]) -> int:
    """Return the check symbol: double every other one from the right, add base-32 digit sums."""
    total = 0
    for index, symbol in enumerate(reversed(symbols)):
        weighted = symbol * 2 if index % 2 == 0 else symbol
        total += weighted // 32 + weighted % 32
    return -total % 32
