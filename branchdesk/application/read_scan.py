"""Say what a scanned text is: a voucher, a document, an enrolment code, or nothing of ours.

Pure and quick: it looks at form and check characters only. Whether a voucher is good is decided by
``verify_voucher``, whether a document may be used by whoever takes it.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from branchdesk.domain.identity import Document, DocumentType, normalise_document
from branchdesk.errors import BranchDeskError
from branchdesk.protocol.enrolment import CODE_PREFIX, decode_enrolment_code
from branchdesk.protocol.short_code import parse_short_code
from branchdesk.protocol.token import TOKEN_DIGITS

# Nothing but a voucher has so many digits in a row: fewer than all of them is a voucher half read.
_VOUCHER_DIGITS_MIN: Final = 60
_LAST_DIGITS: Final = re.compile(r"[0-9]+(?=[^0-9]*\Z)")
_FULL_WIDTH: Final = {0xFF01 + offset: chr(0x21 + offset) for offset in range(0x5E)}

# In the order in which an 18-character number is tried: provinces, then Hong Kong, Macao and
# Taiwan residents (81–83), then foreigners (9), then firms. Their first characters keep them apart,
# and where they do not (a firm beginning with 9) the birth date and check character do.
_EIGHTEEN: Final = (
    DocumentType.RESIDENT_ID,
    DocumentType.HMT_PERMIT,
    DocumentType.FOREIGNER_ID,
    DocumentType.USCC,
)
_EIGHTEEN_LENGTH: Final = 18

# The machine-readable zone of a passport book, ICAO 9303 part 4: two lines of 44 characters.
_ZONE_LINE: Final = 44
_NAME_LINE: Final = re.compile(r"P[A-Z<][A-Z<]{3}[A-Z<]{39}")
_NUMBER_LINE: Final = re.compile(r"([A-Z0-9<]{9})([0-9])[A-Z<]{3}[0-9]{7}[MF<][0-9]{7}.{16}")


@dataclass(frozen=True, slots=True)
class VoucherScan:
    """A voucher's token or short code, as ``verify_voucher`` reads it."""

    text: str


@dataclass(frozen=True, slots=True)
class DocumentScan:
    """The number of a document, in its normal spelling; the repr hides it."""

    document: Document


@dataclass(frozen=True, slots=True)
class EnrolmentScan:
    """A code that enrols a terminal; a secret, so it is not carried on from here."""


@dataclass(frozen=True, slots=True)
class PassportNameScan:
    """The first line of a passport's machine-readable zone; the number stands on the second."""


@dataclass(frozen=True, slots=True)
class BrokenScan:
    """A code of ours that was not read whole."""


@dataclass(frozen=True, slots=True)
class OtherScan:
    """Nothing of ours: a phone number, a shop's bar code. The repr hides it."""

    text: str = field(repr=False)


Scan = VoucherScan | DocumentScan | EnrolmentScan | PassportNameScan | BrokenScan | OtherScan


def read_scan(text: str) -> Scan:
    """Return what a scanned text is; full-width characters are read as the ones they mean."""
    folded = text.translate(_FULL_WIDTH).strip()
    digits = _LAST_DIGITS.search(folded)
    if digits is not None and len(digits[0]) >= _VOUCHER_DIGITS_MIN:
        return VoucherScan(folded) if len(digits[0]) == TOKEN_DIGITS else BrokenScan()
    if folded.upper().startswith(CODE_PREFIX) and len(folded) > _ZONE_LINE:
        return EnrolmentScan() if _is_enrolment_code(folded) else BrokenScan()
    if _NAME_LINE.fullmatch(folded):
        return PassportNameScan()
    document = _eighteen(folded) if len(folded) == _EIGHTEEN_LENGTH else _passport(folded)
    if document is not None:
        return DocumentScan(document)
    return VoucherScan(folded) if _is_short_code(folded) else OtherScan(text)


def _eighteen(number: str) -> Document | None:
    for kind in _EIGHTEEN:
        try:
            return normalise_document(kind, number)
        except BranchDeskError:
            continue
    return None


def _passport(text: str) -> Document | None:
    """Return the passport whose number line this is, or ends with: readers send one line or two."""
    found = _NUMBER_LINE.fullmatch(text[-_ZONE_LINE:])
    if found is None or _zone_check_digit(found[1]) != found[2]:
        return None
    try:
        return normalise_document(DocumentType.PASSPORT, found[1].rstrip("<"))
    except BranchDeskError:
        return None


def _zone_check_digit(characters: str) -> str:
    """Return the check digit of ICAO 9303 part 3, section 4.9: weights 7, 3, 1."""
    total = sum(
        (0 if character == "<" else int(character, 36)) * (7, 3, 1)[place % 3]
        for place, character in enumerate(characters)
    )
    return str(total % 10)


def _is_enrolment_code(text: str) -> bool:
    try:
        decode_enrolment_code(text)
    except BranchDeskError:
        return False
    return True


def _is_short_code(text: str) -> bool:
    try:
        parse_short_code(text)
    except BranchDeskError:
        return False
    return True
