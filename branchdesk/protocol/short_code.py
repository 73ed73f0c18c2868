"""The short code that a person types when nothing can read the QR (DESIGN section 6).

80 bits, grant number (32) ‖ slot (24) ‖ the first 24 bits of SHA-256 of the 79 voucher bytes, as 16
Crockford base-32 characters and one Luhn-mod-32 check character, printed 4-4-4-5. It proves
nothing by itself: it finds a row that is known here or at head office.
"""

import hashlib
from dataclasses import dataclass

from branchdesk.errors import RuleViolation

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS = 17
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
# Crockford's reading rules: people mistake these letters for digits.
_FOLD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class ShortCode:
    """What a short code names; ``fingerprint`` is 3 bytes."""

    grant: int
    slot: int
    fingerprint: bytes


def fingerprint(voucher_bytes: bytes) -> bytes:
    """Return the 3 bytes that tie a short code to one signed copy of a voucher."""
    return hashlib.sha256(voucher_bytes).digest()[:3]


def format_short_code(grant: int, slot: int, voucher_bytes: bytes) -> str:
    """Return the code as printed, ``XXXX-XXXX-XXXX-XXXXX``."""
    bits = grant << 48 | slot << 24 | int.from_bytes(fingerprint(voucher_bytes), "big")
    body = "".join(ALPHABET[bits >> shift & 31] for shift in range(75, -1, -5))
    code = body + check_character(body)
    return "-".join((code[:4], code[4:8], code[8:12], code[12:]))


def parse_short_code(text: str) -> ShortCode:
    """Read a typed code, forgiving case, spaces, hyphens and O/I/L.

    Raises RuleViolation ``short_code_length``, ``short_code_character``, ``short_code_check`` or
    ``short_code_slot``.
    """
    code = _upper(text.strip()).translate(_FOLD)
    for character in code:
        if character not in _VALUES:
            raise RuleViolation("short_code_character", character=character)
    if len(code) != CHARACTERS:
        raise RuleViolation("short_code_length", characters=len(code), expected=CHARACTERS)
    if check_character(code[:-1]) != code[-1]:
        raise RuleViolation("short_code_check")
    bits = 0
    for character in code[:-1]:
        bits = bits << 5 | _VALUES[character]
    slot = bits >> 24 & 0xFFFFFF
    if slot == 0:
        raise RuleViolation("short_code_slot")
    return ShortCode(bits >> 48, slot, (bits & 0xFFFFFF).to_bytes(3, "big"))


def looks_like_short_code(text: str) -> bool:
    """Say whether a typed text is meant as a short code rather than a token."""
    return len(text.strip().translate(_FOLD)) <= CHARACTERS + 8


def _upper(text: str) -> str:
    # Letters of other scripts fold into ASCII ones (ı → I, ſ → S); only ASCII may be forgiven.
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def check_character(body: str) -> str:
    """Return the Luhn-mod-32 check character of ``body``."""
    total = 0
    for position, character in enumerate(reversed(body)):
        addend = _VALUES[character] * (2 if position % 2 == 0 else 1)
        total += addend // 32 + addend % 32
    return ALPHABET[-total % 32]
