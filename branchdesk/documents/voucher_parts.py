"""What every voucher layout has in common: shared blocks and the code that is typed.

Blocks are shared by vouchers that differ only in what is a single voucher's own: holder, numbers,
copy and code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from branchdesk.documents.drawing import Block
from branchdesk.documents.labels import Labels
from branchdesk.documents.models import VoucherFace

_BLOCKS_MAX = 1024
_SHORT_CODE_CHARACTERS = 17
_shared_fields = attrgetter(
    "offer_name",
    "face_text",
    "terms",
    "expires_on",
    "issued_on",
    "outlet_name",
    "outlet_address",
    "campaign_name",
    "bank_name",
    "practice",
    "approval_no",
    "in_book",
    "valid_days",
)


class SharedBlocks:
    """Keeps the blocks of the offers seen lately, so that each is set and written once."""

    def __init__(self, build: Callable[[VoucherFace], tuple[Block, ...]]) -> None:
        self._build = build
        self._known: dict[object, tuple[Block, ...]] = {}

    def of(self, face: VoucherFace) -> tuple[Block, ...]:
        """Return the blocks of a voucher, the very same ones for every voucher like it."""
        key = _shared_fields(face)
        if key not in self._known:
            if len(self._known) >= _BLOCKS_MAX:
                self._known.clear()
            self._known[key] = self._build(face)
        return self._known[key]


def band_words(face: VoucherFace, labels: Labels) -> str:
    """Return what must not be overlooked of a voucher: that it is a copy, or from a book; or ""."""
    if face.copy_number:
        return labels("voucher.copy", number=face.copy_number)
    return labels("voucher.book") if face.in_book else ""


@dataclass(frozen=True, slots=True)
class DayWords:
    """What paper says of a voucher's days: its last one, and the one on which it was issued.

    A book's number is signed before anybody knows when it will be handed out: it names the latest
    day that there can be, how long it is good from the day of handing out, and the day of printing.
    """

    last_label: str
    note: str
    issued_label: str


def day_words(face: VoucherFace, labels: Labels) -> DayWords:
    """Return the words beside a voucher's days."""
    if not face.in_book:
        note = labels.last_day_note(face.expires_on)
        return DayWords(labels("voucher.valid_until"), note, labels("voucher.issued_on"))
    note = labels("voucher.book_days", days=face.valid_days)
    return DayWords(labels("voucher.valid_latest"), note, labels("voucher.printed_on"))


def holder_words(face: VoucherFace, labels: Labels) -> tuple[str, str]:
    """Return the label and the words of the holder's place.

    On a book's number it is where the desk writes the day on which it is handed out.
    """
    if face.in_book:
        return labels("voucher.given_on"), labels("voucher.given_blank")
    return labels("voucher.holder"), face.holder_name or labels("voucher.no_holder")


def printed_code(face: VoucherFace, labels: Labels) -> str:
    """Return the short code in groups of 4-4-4-5, however it came; in practice it says so."""
    code = face.short_code
    bare = code.replace("-", "").replace(" ", "")
    if len(bare) == _SHORT_CODE_CHARACTERS:
        code = "-".join((bare[:4], bare[4:8], bare[8:12], bare[12:]))
    return labels("voucher.practice_code", code=code) if face.practice else code
