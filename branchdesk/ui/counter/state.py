"""What the counter screen shows, as one frozen value. This module must not know Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from branchdesk.application.customer_page import ConsentStanding, MergeStanding
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import Purpose
from branchdesk.ui.counter.form import Field, FormState
from branchdesk.ui.kit.words import Note, Phrase, Tone
from branchdesk.ui.serving.finding import NO_SEARCH, Search
from branchdesk.ui.serving.offers import OfferCard
from branchdesk.ui.serving.revealing import MASKED, Revealing


class Focus(StrEnum):
    """Where the cursor should go, beyond the fields of the form."""

    NAME = "name"
    PHONE = "phone"
    DOCUMENT_TYPE = "document_type"
    DOCUMENT_NUMBER = "document_number"
    CHANNEL = "channel"
    REFERRER = "referrer"
    INTERESTS = "interests"
    NEEDS = "needs"
    CONSENTS = "consents"
    SEARCH = "search"
    FOUND = "found"
    REVEAL = "reveal"
    OFFERS = "offers"
    OFFER_SEARCH = "offer_search"
    SIGNATURE = "signature"
    SUBMIT = "submit"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class FocusRequest:
    """Ask for the cursor once; ``serial`` tells a new request from one already obeyed."""

    where: Focus
    serial: int


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One purpose with the exact text to show and the answer so far.

    ``number`` is its key while the cursor is in the consents; ``needed`` tells that nothing can be
    registered without it; ``open`` that its whole text is shown; ``about`` is which text it is
    and how the answer stands; what is ``locked`` stands already and is not taken back here.
    """

    purpose: Purpose
    text: Bilingual
    granted: bool
    number: int = 0
    needed: bool = False
    open: bool = False
    locked: bool = False
    about: Phrase = field(default_factory=lambda: Phrase("counter.consent_version"))


@dataclass(frozen=True, slots=True)
class Hint:
    """Somebody already known who may be this person; ``customer`` is empty when held elsewhere."""

    phrase: Phrase
    customer: str = ""


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One offer about to be issued."""

    code: str
    name: Bilingual
    value: Phrase


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A voucher that a customer holds or held; ``standing`` is one of VOUCHER_STANDINGS."""

    name: Bilingual
    standing: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a customer: the last visit, vouchers newest first, consents by purpose.

    ``merges`` are other records that are proposed to be the same person.
    """

    last_visit: date
    vouchers: tuple[HeldLine, ...]
    consents: Mapping[Purpose, ConsentStanding]
    merges: tuple[MergeStanding, ...] = ()


@dataclass(frozen=True, slots=True)
class TalkPage:
    """One page of the campaign's talk track, ``place`` of ``count``."""

    title: Bilingual
    text: Bilingual
    place: int
    count: int


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A registered customer who was chosen: masked, unless fields were revealed.

    ``known`` is None until the store has answered.
    """

    customer: str
    name: str
    phone: str
    document: str
    vouchers: int
    revealing: Revealing = MASKED
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One voucher that was just issued."""

    voucher: str
    name: Bilingual
    value: Phrase
    short_code: str
    expires_on: date
    number: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A voucher that was issued and is not known to be printed; ``holder`` is masked."""

    voucher: str
    number: str
    name: Bilingual
    issued_at: str
    customer: str = ""
    holder: str = ""


@dataclass(frozen=True, slots=True)
class ResultState:
    """What was done, and how its paper stands.

    ``document`` is the file, empty until there is one; ``is_open`` tells that something was asked
    to show it, so that whoever goes on says whether the paper came out.
    """

    headline: Phrase
    vouchers: tuple[VoucherLine, ...]
    print_phrase: Phrase
    print_tone: Tone
    can_print: bool
    document: str = ""
    is_open: bool = False
    trouble: Phrase | None = None


@dataclass(frozen=True, slots=True)
class CounterState:
    """The whole screen.

    ``reading`` is the purpose whose text is open; ``offers`` are those that match ``offer_query``,
    ``basket`` is whatever was chosen, shown now or not. ``handed`` are the waiting vouchers whose
    file was opened last: they are chosen together, since together they come out. ``turn`` grows
    with everybody who is served: everything begins at its top for them.
    """

    form: FormState
    consents: tuple[ConsentLine, ...] = ()
    reading: Purpose | None = None
    errors: Mapping[Field, Phrase] = field(default_factory=dict)
    hints: Mapping[Field, tuple[Hint, ...]] = field(default_factory=dict)
    person: PersonCard | None = None
    turn: int = 0
    search: Search = NO_SEARCH
    offer_query: str = ""
    offers: tuple[OfferCard, ...] = ()
    offers_note: Phrase | None = None
    basket: tuple[BasketLine, ...] = ()
    layout: str = "a4"
    submit: Phrase = field(default_factory=lambda: Phrase("counter.submit_register"))
    can_submit: bool = False
    busy: bool = False
    note: Note | None = None
    result: ResultState | None = None
    waiting: tuple[WaitingLine, ...] = ()
    voiding: WaitingLine | None = None
    handed: tuple[str, ...] = ()
    talk: TalkPage | None = None
    talk_open: bool = True
    focus: FocusRequest = FocusRequest(Focus.NAME, 0)
