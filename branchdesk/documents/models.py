"""What the printing side reads and returns: frozen values, no I/O, no knowledge of the store.

The caller has already masked the holder, formatted the money and chosen the language of the offer.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Layout = Literal["a4", "a4x8", "a5", "80", "58"]
Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class VoucherFace:
    """Everything that is printed on one voucher.

    ``face_text`` is the value as a customer reads it ("¥10.00", "免费"); ``copy_number`` 0 is the
    original; ``expires_on`` is the last good day; ``practice`` vouchers are worth nothing;
    ``in_book`` ones are good only once their number was entered, for ``valid_days`` from the day on
    which they are handed out, and never beyond ``expires_on``.
    """

    token_text: str
    short_code: str
    offer_name: str
    face_text: str
    terms: tuple[str, ...]
    holder_name: str | None
    expires_on: date
    issued_on: date
    outlet_name: str
    outlet_address: str
    running_number: str
    campaign_name: str
    bank_name: str
    copy_number: int
    practice: bool
    approval_no: str
    in_book: bool = False
    valid_days: int = 0


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What a finished document holds: pages, size in bytes, vouchers or other items on it."""

    pages: int
    bytes: int
    items: int


@dataclass(frozen=True, slots=True)
class PageImage:
    """One rendered page: ``rgb`` holds ``height`` rows of ``width`` times three bytes."""

    width: int
    height: int
    rgb: bytes
