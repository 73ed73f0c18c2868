"""Mobile numbers: one spelling (E.164) for storing, comparing and signing, and a mask for showing.

This module must not know whose number it is.
"""

import unicodedata
from typing import Final

from branchdesk.errors import RuleViolation

_SEPARATORS: Final = frozenset("-‐‑‒–—−－().（）．/\t")
_MAINLAND_DIGITS: Final = 11
# ITU-T E.164: at most 15 digits with the country code; no country has fewer than 7 in all.
_DIGITS_MAX: Final = 15
_DIGITS_MIN: Final = 7
_RAW_LENGTH_MAX: Final = 100


def normalise_phone(text: str) -> str:
    """Return a mobile number as E.164 with its plus, such as ``+8613800138000``.

    Folds full-width digits and drops spaces, dashes and brackets. Without a plus (or 00) the number
    is a mainland mobile: 11 digits beginning 13 to 19. New prefixes are opened between two releases
    of this program, so the two digits are the whole rule. Other countries are checked against the
    numbering plans of the ``phonenumbers`` library.

    Raises RuleViolation ``phone_empty``, ``phone_character``, ``phone_length`` or
    ``phone_invalid``, each with ``field="phone"``.
    """
    if not text.strip():
        raise RuleViolation("phone_empty", field="phone")
    international, digits = _split(text)
    if international and not digits.startswith("86"):
        return _foreign(digits)
    if digits.startswith("86") and (international or len(digits) == _MAINLAND_DIGITS + 2):
        digits = digits[2:]
    return _mainland(digits)


def mask_phone(phone: str) -> str:
    """Hide the middle of an E.164 number: ``+8613800138000`` → ``138****8000``.

    Numbers of other countries keep the plus, two leading digits and the last two to four.
    """
    if phone.startswith("+86") and len(phone) == _MAINLAND_DIGITS + 3:
        return f"{phone[3:6]}****{phone[-4:]}"
    tail = 4 if len(phone) >= _MAINLAND_DIGITS else 2
    if len(phone) <= tail + 4:
        return "*" * len(phone)
    return f"{phone[:3]}****{phone[-tail:]}"


def _split(text: str) -> tuple[bool, str]:
    """Return whether the number is international, and its ASCII digits without a leading 00."""
    if len(text) > _RAW_LENGTH_MAX:
        raise _length(sum(character.isdigit() for character in text), _MAINLAND_DIGITS)
    stripped = text.strip()
    first = len(text) - len(text.lstrip()) + 1
    plus = stripped[0] in "+＋"
    digits = ""
    for position, character in enumerate(stripped[plus:], start=first + plus):
        digits += _digit(character, position)
    if not plus and digits.startswith("00"):
        return True, digits[2:]
    return plus, digits


def _digit(character: str, position: int) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    if character in _SEPARATORS or unicodedata.category(character) == "Zs":
        return ""
    raise RuleViolation(
        "phone_character",
        field="phone",
        code_point=f"U+{ord(character):04X}",
        position=position,
    )


def _mainland(digits: str) -> str:
    if len(digits) != _MAINLAND_DIGITS:
        raise _length(len(digits), _MAINLAND_DIGITS)
    if digits[0] != "1" or digits[1] < "3":
        raise RuleViolation("phone_invalid", field="phone", prefix=digits[:3])
    return f"+86{digits}"


def _foreign(digits: str) -> str:
    if not _DIGITS_MIN <= len(digits) <= _DIGITS_MAX:
        raise _length(len(digits), f"{_DIGITS_MIN}–{_DIGITS_MAX}")
    import phonenumbers  # imported late: only numbers of other countries need it

    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        raise RuleViolation("phone_invalid", field="phone", prefix=f"+{digits[:3]}") from None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(number) or written != f"+{digits}":
        raise RuleViolation("phone_invalid", field="phone", prefix=f"+{digits[:3]}")
    return written


def _length(found: int, expected: int | str) -> RuleViolation:
    return RuleViolation("phone_length", field="phone", found=found, expected=expected)
