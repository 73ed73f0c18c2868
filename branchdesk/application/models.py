"""What use cases take and give: who acts, what a terminal knows, what a screen or line shows.

All frozen. Nothing here knows how it is stored, drawn or sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from branchdesk.domain.campaign import Campaign, Role
from branchdesk.domain.forecast import Pace
from branchdesk.domain.offer import Offer
from branchdesk.protocol.chain import Ack, Head
from branchdesk.protocol.token import Grant


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody head office lets sign in here."""

    code: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Session:
    """Who acts now; written into every event. ``shift`` is the open shift's id, or empty."""

    staff: str
    role: Role = Role.TELLER
    shift: str = ""


class TerminalCondition(StrEnum):
    """Whether this terminal may issue."""

    ACTIVE = "active"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class ForkNotice:
    """Head office holds another history of this terminal: it was copied or set back.

    ``office_seq`` is where head office stood when this was noticed.
    """

    office_seq: int
    noticed_ms: int


@dataclass(frozen=True, slots=True)
class TerminalState:
    """Which terminal this is and where its chain stands.

    ``acked_seq`` and ``durable_seq`` are head office's signed marks; ``unsent`` counts events after
    the acknowledged one, ``unsent_since_ms`` the wall time of the oldest of them.
    """

    terminal: int
    epoch: int
    outlet: str
    outlet_name: str
    outlet_address: str
    kind: str
    condition: TerminalCondition
    office_url: str
    head: Head
    acked_seq: int
    durable_seq: int
    unsent: int
    unsent_since_ms: int | None
    # Why it is frozen, when that is not head office's decision.
    fork: ForkNotice | None = None
    # Events of earlier epochs that head office has neither signed for nor been shown.
    past_unsent: int = 0


@dataclass(frozen=True, slots=True)
class CampaignInForce:
    """A verified campaign with what head office sent beside it.

    ``numbers`` maps offer code to the token's offer number; ``holder_key`` is 32 bytes.
    """

    campaign: Campaign
    version: int
    numbers: Mapping[str, int]
    holder_key: bytes


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """A grant that slots can still be used from; ``next_slot`` is the lowest free one."""

    grant: Grant
    grant_bytes: bytes
    campaign: str
    offer_code: str
    next_slot: int
    free: int


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant as status shows it; ``used`` and ``returned`` count slots."""

    grant: int
    offer: int
    code: str
    slots: int
    used: int
    returned: int
    policy: int
    issue_until: date
    revoked: bool


class MatchReason(StrEnum):
    """Why two records may be one person."""

    PHONE = "phone"
    DOCUMENT = "document"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """Somebody already known: ``customer`` is empty when another outlet holds the record."""

    customer: str
    why: MatchReason


@dataclass(frozen=True, slots=True)
class SamePerson:
    """Another record of this outlet that shares a phone or document, masked."""

    customer: str
    name: str
    phone: str
    document: str
    why: MatchReason


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer of this outlet, in the clear; handle only inside a use case."""

    customer: str
    name: str
    phone: str
    document_type: str
    document_number: str
    channel: str
    interests: tuple[str, ...]
    needs: tuple[str, ...]
    referrer: str
    granted_purposes: tuple[str, ...]
    registered_ms: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event that concerns a customer, opened. Handle only inside a use case.

    ``personal`` is None for an event without sealed fields, and once the person was erased.
    """

    event_id: UUID
    event_type: str
    at_ms: int
    staff: str
    fields: Mapping[str, object]
    personal: Mapping[str, object] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """A proposal that ``other`` is the person of ``kept``; both records stay."""

    merge: str
    kept: str
    other: str
    at_ms: int
    staff: str
    is_undone: bool


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer as lists show them, masked."""

    customer: str
    name: str
    phone: str
    document: str
    channel: str
    registered_ms: int
    vouchers: int


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """What an intent id already led to; ``refs`` are those of its event."""

    event_id: UUID
    event_type: str
    body: bytes
    refs: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class VoucherRecord:
    """One issued voucher as this terminal keeps it.

    ``voucher_bytes`` and ``copy`` are those of its newest copy, 0 being the original; ``printed``
    counts the printings of that copy that are known to be done.
    """

    voucher: str
    intent: UUID
    customer: str
    campaign: str
    offer_code: str
    grant: int
    slot: int
    grant_bytes: bytes
    voucher_bytes: bytes
    number: int
    face_minor: int
    issued_at_ms: int
    expires_on: date
    printed: int
    revoked: bool = False
    copy: int = 0
    is_void: bool = False
    is_book: bool = False


@dataclass(frozen=True, slots=True)
class IssuedVoucher:
    """The answer to an issue or reprint: what the command line prints and the desk shows."""

    voucher: str
    intent: str
    customer: str
    offer_code: str
    grant: int
    slot: int
    short_code: str
    token: str
    face_minor: int
    expires_on: date
    number: str
    copy: int = 0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has just signed in; ``must_choose_pin`` after a one-time code."""

    session: Session
    staff: Staff
    must_choose_pin: bool


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """A file of vouchers that is wholly on disk, and what it holds."""

    path: str
    pages: int
    bytes: int
    items: int


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """Where this terminal stands, for the status bar and the command line; ``clock`` is a word.

    ``warnings`` are the store's stable words, worst first. ``paces`` are those of the open shift
    by offer code; ``stop`` is the place where it serves, empty for the outlet itself;
    ``on_duty`` says whether a shift is open.
    """

    terminal: TerminalState
    grants: tuple[GrantLine, ...]
    clock: str
    warnings: tuple[str, ...] = ()
    paces: Mapping[str, Pace] = field(default_factory=dict)
    stop: str = ""
    on_duty: bool = True


@dataclass(frozen=True, slots=True)
class RegisteredCustomer:
    """The answer to a registration, with the vouchers issued in the same commit."""

    customer: str
    intent: str
    duplicates: tuple[PersonMatch, ...]
    vouchers: tuple[IssuedVoucher, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An offer for one person: ``status`` eligible | near | blocked, with reasons to read out.

    ``reasons`` are (code, facts) for the text catalogue; ``offer`` gives name, terms, face value.
    """

    offer: Offer
    status: str
    reasons: tuple[tuple[str, Mapping[str, object]], ...]
    free_slots: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What head office said of one event: parked, effect refused, flagged."""

    epoch: int
    seq: int
    verdict: str
    code: str


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """What a feed page changed here; ``refused`` are (item number, error code)."""

    applied: int
    refused: tuple[tuple[int, str], ...] = ()


class SyncStage(StrEnum):
    """Where a synchronisation is."""

    URGENT = "urgent"
    HEAD = "head"
    PUSH = "push"
    GRANTS = "grants"
    CONTENT = "content"
    EXPORT = "export"
    """Writing a file for head office."""
    CHECK = "check"
    """Reading a reply through before anything of it is believed."""
    IMPORT = "import"
    """Taking a reply over."""


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a synchronisation has come: the stage, events acknowledged, events to send.

    Of a file, ``EXPORT`` counts events written, ``CHECK`` and ``IMPORT`` bytes read.
    """

    stage: SyncStage
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class SyncReport:
    """One synchronisation in numbers, as the command line prints it."""

    pushed: int
    acked_seq: int
    durable_seq: int
    unsent: int
    pulled: int
    parked: int
    refused: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SignedMarks:
    """How far head office's signed word reaches; ``ack`` is the newest, or None before any."""

    acked_seq: int
    durable_seq: int
    ack: Ack | None


@dataclass(frozen=True, slots=True)
class StickExport:
    """A file for head office: the events after ``after_seq``, up to ``seq``.

    ``left`` counts those that did not fit any more, for the next file.
    """

    after_seq: int
    seq: int
    events: int
    bytes: int
    left: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The store against its log; ``problems`` name what differs, in stable words."""

    ok: bool
    events: int
    projections_equal: bool
    chain_ok: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """The newest signed acknowledgement with what it covers, checkable by anyone."""

    ack: Ack
    ack_bytes: bytes
    ack_key: bytes
    key_record: bytes
    root_key: bytes


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What head office answered to an enrolment, all of it needed to make the store.

    ``certificate`` and ``keys`` are signed bytes; ``device_seed`` is this terminal's private key.
    """

    url: str
    ca_pem: bytes
    certificate: bytes
    root_key: bytes
    keys: tuple[bytes, ...]
    blind_key: bytes
    outlet_name: str
    outlet_address: str
    device_seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rejoining:
    """Which terminal joins again under a new epoch, with its signed certificates so far."""

    terminal: int
    certificates: tuple[bytes, ...]
