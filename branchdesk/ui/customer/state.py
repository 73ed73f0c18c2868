"""What the customer's page shows, as one frozen value. This module must not know Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.signature import Stroke
from branchdesk.ui.kit.words import Note, Phrase, Tone
from branchdesk.ui.serving.finding import NO_SEARCH, Search, SearchLine
from branchdesk.ui.serving.offers import OfferCard
from branchdesk.ui.serving.papers import PaperAct
from branchdesk.ui.serving.person_fields import Field
from branchdesk.ui.serving.revealing import MASKED, Revealing
from branchdesk.ui.serving.second_person import SecondField


class Focus(StrEnum):
    """Where the cursor should go; a field of the correction by its own name."""

    SEARCH = "search"
    FOUND = "found"
    PAGE = "page"
    REVEAL = "reveal"
    GRANT = "grant"
    SIGN = "sign"
    MERGE = "merge"
    UNDO = "undo"
    NAME = "name"
    PHONE = "phone"
    DOCUMENT_TYPE = "document_type"
    DOCUMENT_NUMBER = "document_number"
    CHANNEL = "channel"
    INTERESTS = "interests"
    NEEDS = "needs"
    CORRECT_REASON = "correct_reason"
    PAPER = "paper"
    PAPER_SECOND = "paper_second"
    PAPER_PIN = "paper_pin"
    ERASE_REASON = "erase_reason"
    ERASE_SECOND = "erase_second"
    ERASE_PIN = "erase_pin"


@dataclass(frozen=True, slots=True)
class FocusRequest:
    """Ask for the cursor once; ``serial`` tells a new request from one already obeyed."""

    where: Focus
    serial: int


@dataclass(frozen=True, slots=True)
class Head:
    """Who it is: masked, unless ``revealing`` shows fields in the clear.

    ``came`` says when, how and through whom the person first came.
    """

    line: SearchLine
    document_type: str
    came: tuple[Phrase, ...]
    interests: tuple[str, ...]
    needs: tuple[str, ...]
    revealing: Revealing = MASKED
    erased: bool = False


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One purpose and its last answer.

    ``text`` and ``version`` are what the campaign in force would ask with, None without one.
    ``standing`` is what was answered, ``given`` how, when, to which text and to whom.
    """

    purpose: Purpose
    standing: Phrase
    tone: Tone
    given: Phrase | None
    granted: bool
    text: Bilingual | None
    version: str


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One voucher of the person; ``acts`` are what may be done with its paper."""

    voucher: str
    number: str
    name: Bilingual
    expires_on: date
    standing: Phrase
    acts: tuple[PaperAct, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperQuestion:
    """What is to be done with a voucher is asked; once ``act`` is chosen, why.

    ``is_handed`` tells that its file was just opened, and whether it came out is asked first;
    ``second`` says why a second person is asked for, None while none is.
    """

    line: VoucherLine
    is_handed: bool = False
    act: PaperAct | None = None
    reason: str = ""
    second: Phrase | None = None
    errors: Mapping[SecondField, Phrase] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One thing that happened: at what time of the day, by whom, and what of it is to be known."""

    at: str
    staff: str
    icon: str
    title: Phrase
    details: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """What happened on one day, newest first."""

    day: date
    lines: tuple[TimelineLine, ...]


@dataclass(frozen=True, slots=True)
class SameLine:
    """Another record that shares a phone or document, masked; ``why`` names which."""

    customer: str
    name: str
    phone: str
    why: Phrase


@dataclass(frozen=True, slots=True)
class MergeLine:
    """A standing proposal that another record is the same person."""

    merge: str
    name: str
    phone: str
    standing: Phrase


@dataclass(frozen=True, slots=True)
class PageLines:
    """Everything about one person below the head."""

    consents: tuple[ConsentLine, ...] = ()
    vouchers: tuple[VoucherLine, ...] = ()
    days: tuple[TimelineDay, ...] = ()
    more: int = 0
    same: tuple[SameLine, ...] = ()
    merges: tuple[MergeLine, ...] = ()
    offers: tuple[OfferCard, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """What is typed over the record; an empty masked field is left as it is.

    The masked fields begin empty: correcting shows nobody's data in the clear.
    """

    name: str = ""
    phone: str = ""
    document_type: str = ""
    document_number: str = ""
    without_document: bool = False
    channel: str = ""
    interests: str = ""
    needs: str = ""
    reason: str = ""

    def __repr__(self) -> str:
        return f"CorrectionForm(channel={self.channel!r}, reason={self.reason!r})"


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after; both may be phrases, texts or lists of texts."""

    field: Field
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Correcting:
    """The correction that is being typed. ``errors`` are by field, or ``reason``."""

    form: CorrectionForm
    changes: tuple[Change, ...] = ()
    errors: Mapping[str, Phrase] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erasing is being asked for. ``errors`` are by ``reason``, ``second`` or ``pin``.

    ``looks_away`` grows whenever the PIN that may stand in its field is to be forgotten.
    """

    errors: Mapping[str, Phrase] = field(default_factory=dict)
    looks_away: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was typed to erase somebody; it is handed on and kept nowhere."""

    reason: str
    second: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """A purpose is granted anew, answered in this way."""

    purpose: Purpose
    how: ConsentHow
    strokes: tuple[Stroke, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Granting:
    """A purpose is being granted: how is asked, or ``signing`` waits for a drawn signature."""

    purpose: Purpose
    signing: bool = False
    error: Phrase | None = None


@dataclass(frozen=True, slots=True)
class CustomerState:
    """The whole screen; without ``head`` nobody is chosen.

    At most one of ``granting``, ``merging``, ``correcting`` and ``erasing`` is open, and ``papers``
    beside none of them but a grant or merge that was asked for after it. ``can_undo``
    offers to take back what ``note`` says was done.
    """

    search: Search = NO_SEARCH
    recent: tuple[SearchLine, ...] = ()
    head: Head | None = None
    page: PageLines = field(default_factory=PageLines)
    granting: Granting | None = None
    merging: str = ""
    papers: PaperQuestion | None = None
    correcting: Correcting | None = None
    erasing: Erasing | None = None
    note: Note | None = None
    can_undo: bool = False
    busy: bool = False
    focus: FocusRequest = FocusRequest(Focus.SEARCH, 0)
