"""Identity documents: which kinds the desk takes, how a number is normalised, checked and masked.

A check proves that a number is well formed, never that the document is real. This module must not
know who carries the document, and never puts a number into an error.
"""

import datetime
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from branchdesk.errors import RuleViolation

_FIELD: Final = "document.number"
_RAW_LENGTH_MAX: Final = 100

# GB/T 2260: the first two digits are a province-level division. Counties change every year and a
# list of them would refuse real people, so the province is all that is checked.
_PROVINCES: Final = (
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
    *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54"),
    *("61", "62", "63", "64", "65", "71"),
)
_HMT_REGIONS: Final = ("81", "82", "83")
_EARLIEST_BIRTH: Final = datetime.date(1880, 1, 1)

_PASSPORT: Final = re.compile(r"(?=.*\d)[A-Z0-9]{6,15}")
# Home return permit (H or M, 8 digits and, on old cards, 2 for the renewal); Taiwan compatriot
# permit (8 digits, old books 10 digits and a letter).
_HMT_PERMIT: Final = re.compile(r"[HM]\d{8}(\d{2})?|\d{8}|\d{10}[A-Z]?")
_OLD_FOREIGNER: Final = re.compile(r"[A-Z]{3}\d{12}")
_USCC: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_EIGHTEEN: Final = re.compile(r"\d{17}[0-9X]")


class DocumentType(StrEnum):
    """The documents a customer may show."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    HMT_PERMIT = "hmt_permit"
    FOREIGNER_ID = "foreigner_id"
    USCC = "uscc"


@dataclass(frozen=True, slots=True)
class Document:
    """A document whose number is in its one normal spelling. The repr hides the number."""

    type: DocumentType
    number: str

    def __repr__(self) -> str:
        return f"Document(type={self.type.value!r}, number={mask_document(self.number)!r})"


def parse_document_type(text: str) -> DocumentType:
    """Return the document type named by ``text``; raise ``document_type_unknown`` otherwise."""
    try:
        return DocumentType(text)
    except ValueError:
        allowed = [kind.value for kind in DocumentType]
        raise RuleViolation(
            "document_type_unknown", field="document.type", found=text[:40], allowed=allowed
        ) from None


def normalise_document(
    type: DocumentType | str,  # noqa: A002  (the field's name on the wire and in the form)
    number: str,
    *,
    today: datetime.date | None = None,
) -> Document:
    """Return the document in its normal spelling: upper case, no separators, half-width.

    Checks GB 11643 (resident ID, residence permits), GB 32100 (firms) or the printed form of the
    permit. With ``today`` a birth date in the future is refused too.

    Raises RuleViolation ``document_type_unknown``, ``document_empty``, ``document_format``,
    ``document_old_format``, ``document_region``, ``document_birth_date``,
    ``document_check_digit`` or ``document_type_mismatch``.
    """
    kind = parse_document_type(type)
    compact = _compact(number)
    if not compact:
        raise RuleViolation("document_empty", field=_FIELD, type=kind.value)
    check = {
        DocumentType.RESIDENT_ID: _check_resident_id,
        DocumentType.PASSPORT: _check_passport,
        DocumentType.HMT_PERMIT: _check_hmt_permit,
        DocumentType.FOREIGNER_ID: _check_foreigner_id,
        DocumentType.USCC: _check_uscc,
    }[kind]
    check(compact, today)
    return Document(kind, compact)


def mask_document(number: str) -> str:
    """Hide all but the first and the last character; a number of up to three is hidden whole."""
    if len(number) <= 3:
        return "*" * len(number)
    return number[0] + "*" * (len(number) - 2) + number[-1]


def birth_date(document: Document) -> datetime.date | None:
    """Return the birth date that an 18-digit personal number carries; None for every other one."""
    if document.type is DocumentType.USCC or not _EIGHTEEN.fullmatch(document.number):
        return None
    return _birth_date(document.number)


def age_on(born: datetime.date, today: datetime.date) -> int:
    """Return full years of age; a birthday on 29 February is reached on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def gb11643_check_character(first17: str) -> str:
    """Return the check character for 17 digits (ISO 7064 MOD 11-2, GB 11643-1999)."""
    total = sum(int(digit) * pow(2, 17 - index, 11) for index, digit in enumerate(first17))
    return "10X98765432"[total % 11]


def _compact(number: str) -> str:
    folded = []
    for character in number[:_RAW_LENGTH_MAX].strip():
        point = ord(character)
        if 0xFF01 <= point <= 0xFF5E:
            folded.append(chr(point - 0xFEE0))
        elif character not in " \u3000\u00a0\t-–—":
            folded.append(character)
    return "".join(folded).replace("-", "").upper()


def _check_resident_id(number: str, today: datetime.date | None) -> None:
    kind = DocumentType.RESIDENT_ID
    if re.fullmatch(r"\d{15}", number, re.ASCII):
        raise RuleViolation("document_old_format", field=_FIELD, type=kind.value)
    _check_eighteen(number, kind)
    if number.startswith(_HMT_REGIONS):
        raise _mismatch(kind, DocumentType.HMT_PERMIT)
    if number.startswith("9"):
        raise _mismatch(kind, DocumentType.FOREIGNER_ID)
    if number[:2] not in _PROVINCES:
        raise RuleViolation("document_region", field=_FIELD, type=kind.value, region=number[:2])
    _check_birth_and_digit(number, kind, today)


def _check_passport(number: str, today: datetime.date | None) -> None:
    del today
    if not _PASSPORT.fullmatch(number):
        raise _format(DocumentType.PASSPORT, len(number), "6–15")


def _check_hmt_permit(number: str, today: datetime.date | None) -> None:
    kind = DocumentType.HMT_PERMIT
    if len(number) == 18 and number.startswith(_HMT_REGIONS):
        _check_eighteen(number, kind)
        _check_birth_and_digit(number, kind, today)
    elif not re.fullmatch(_HMT_PERMIT, number) or not number.isascii():
        raise _format(kind, len(number), "8–11 / 18")


def _check_foreigner_id(number: str, today: datetime.date | None) -> None:
    kind = DocumentType.FOREIGNER_ID
    if len(number) == 18 and number.startswith("9"):
        _check_eighteen(number, kind)
        _check_birth_and_digit(number, kind, today)
    elif not _OLD_FOREIGNER.fullmatch(number) or not number.isascii():
        raise _format(kind, len(number), "15 / 18")


def _check_uscc(number: str, today: datetime.date | None) -> None:
    del today
    kind = DocumentType.USCC
    if not _USCC.fullmatch(number) or not number.isascii():
        raise _format(kind, len(number), "18")
    from stdnum.cn import uscc  # imported late: only firms need it

    if uscc.calc_check_digit(number[:17]) != number[17]:
        raise RuleViolation("document_check_digit", field=_FIELD, type=kind.value, position=18)


def _check_eighteen(number: str, kind: DocumentType) -> None:
    if not number.isascii() or not _EIGHTEEN.fullmatch(number):
        raise _format(kind, len(number), "18")


def _check_birth_and_digit(number: str, kind: DocumentType, today: datetime.date | None) -> None:
    born = _birth_date(number)
    if born is None or born < _EARLIEST_BIRTH or (today is not None and born > today):
        raise RuleViolation("document_birth_date", field=_FIELD, type=kind.value)
    if gb11643_check_character(number[:17]) != number[17]:
        raise RuleViolation("document_check_digit", field=_FIELD, type=kind.value, position=18)


def _birth_date(number: str) -> datetime.date | None:
    try:
        return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _format(kind: DocumentType, found: int, expected: str) -> RuleViolation:
    return RuleViolation(
        "document_format", field=_FIELD, type=kind.value, found=found, expected=expected
    )


def _mismatch(kind: DocumentType, expected: DocumentType) -> RuleViolation:
    return RuleViolation(
        "document_type_mismatch", field="document.type", type=kind.value, expected=expected.value
    )
