"""What use cases need from the machine and the store, as plain nouns. Adapters implement these.

One write path: a use case opens ``Store.write``, decides by domain rules on what the unit of work
reads, records facts, and leaves. Leaving commits events, projections and counters together, then
syncs the second event file; an exception leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from branchdesk.application.book_ports import BookReading
from branchdesk.application.models import (
    CampaignInForce,
    CheckReport,
    CustomerLine,
    CustomerRecord,
    FeedOutcome,
    GrantLine,
    Happening,
    IntentRecord,
    MergeRecord,
    Notice,
    OpenGrant,
    PersonMatch,
    Proof,
    Session,
    SignedMarks,
    Staff,
    TerminalState,
    VoucherRecord,
)
from branchdesk.application.redemption_ports import RedemptionReading
from branchdesk.application.shift_records import PinReset, ShiftRecord, StaffKey
from branchdesk.application.waiting import HeldEvent, RefusedItem, Waiting
from branchdesk.domain.eligibility import IssuedCounts
from branchdesk.domain.forecast import Pace
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.chain import Ack, Head
from branchdesk.protocol.feed import FeedPage, Lane
from branchdesk.protocol.http import GrantsWish, Signer
from branchdesk.protocol.signing import SigningKey


class Clock(Protocol):
    """The machine's clocks. ``boot_id`` is 16 bytes, new at each start of the machine."""

    def now_ms(self) -> int:
        """Return Unix milliseconds of the wall clock."""

    def monotonic_ms(self) -> int:
        """Return milliseconds that never go back within one boot."""

    def boot_id(self) -> bytes:
        """Return the 16 bytes that name this boot."""

    def utc_offset(self) -> str:
        """Return the local offset as ``+08:00``."""


class Randomness(Protocol):
    """Where keys, salts and ids come from."""

    def bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes."""

    def intent_id(self) -> UUID:
        """Return a new UUIDv7 (RFC 9562)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event about to be recorded: its type, its payload fields, whom and what it concerns.

    ``personal`` fields are sealed by the store under the key of ``customer`` and added to the
    payload as ``sealed``; a first fact about a customer makes that key.
    """

    event_type: str
    event_id: UUID
    fields: Mapping[str, object]
    refs: Mapping[str, int | str]
    customer: str = ""
    personal: Mapping[str, object] | None = None


class Reading(BookReading, RedemptionReading, Protocol):
    """What may be read inside a unit of work or a query. Never returns a live row."""

    def terminal(self) -> TerminalState:
        """Return which terminal this is and where it stands."""

    def staff(self, code: str) -> Staff | None:
        """Return an active member of staff."""

    def all_staff(self) -> tuple[Staff, ...]:
        """Return everybody who may sign in here, by code."""

    def campaigns(self) -> tuple[CampaignInForce, ...]:
        """Return the campaigns in force, newest version of each."""

    def blind_key(self) -> bytes:
        """Return the 32-byte key of ``sealing.blind_hash``."""

    def people_like(self, hashes: Sequence[bytes]) -> tuple[PersonMatch, ...]:
        """Return who has one of the keyed hashes, here or elsewhere."""

    def customer(self, customer: str) -> CustomerRecord | None:
        """Return a customer of this outlet in the clear."""

    def is_erased(self, customer: str) -> bool:
        """Say whether a customer was erased, here or by head office's word."""

    def recent_customers(self, staff: str, limit: int) -> tuple[CustomerLine, ...]:
        """Return whom ``staff`` dealt with last, newest first, masked, as the newest events say."""

    def happenings(self, customer: str) -> tuple[Happening, ...]:
        """Return every event of this terminal that concerns a customer, newest first."""

    def merge(self, merge: str) -> MergeRecord | None:
        """Return one proposal of a merge."""

    def merges(self, customer: str) -> tuple[MergeRecord, ...]:
        """Return the proposals that name a customer and were not undone, oldest first."""

    def issued(self, hashes: Sequence[bytes], offer_code: str, day: int) -> IssuedCounts:
        """Count vouchers of an offer issued to anyone with these hashes, here or elsewhere.

        ``day`` is today's day number, for the counts of one day.
        """

    def open_grant(self, offer_code: str, day: int) -> OpenGrant | None:
        """Return the grant to use next: inside its window, not revoked, the earliest to end."""

    def grants(self) -> tuple[GrantLine, ...]:
        """Return every grant held here to issue from; those for books are not among them."""

    def free_slots(self, grant: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges of a grant's slots neither used nor out; none of an ended epoch's."""

    def next_number(self) -> int:
        """Return the running number that the next voucher of this terminal prints."""

    def intent(self, event_id: UUID) -> IntentRecord | None:
        """Return what an intent already led to."""

    def voucher(self, voucher: str) -> VoucherRecord | None:
        """Return one voucher issued here, by its id ``grant-slot``."""

    def vouchers(
        self, *, intents: Sequence[UUID] = (), customer: str = "", unprinted: bool = False
    ) -> tuple[VoucherRecord, ...]:
        """Return vouchers issued here in order of number, narrowed by what is given.

        ``unprinted`` are those whose newest copy is not known to be on paper, void ones left out,
        and those redeemed since that copy was signed: their paper was evidently out.
        """

    def search(self, query: str, limit: int) -> tuple[CustomerLine, ...]:
        """Find customers by phone tail, part of a name, pinyin initials or document tail."""

    def grant_keys(self) -> dict[bytes, bytes]:
        """Return head office's grant keys, id to public key, earlier ones included."""

    def ack_keys(self) -> dict[bytes, bytes]:
        """Return head office's acknowledgement keys, id to public key."""

    def clock_state(self) -> str:
        """Return the clock's health in a word: trusted, plausible or suspect."""

    def earliest_ms(self) -> int:
        """Return the earliest Unix ms that it can be, by signed time and what passed since."""

    def open_shift(self) -> tuple[str, str] | None:
        """Return (shift id, place) of the open shift."""

    def paces(self, day: int) -> Mapping[str, Pace]:
        """Return the pace of each offer in the open shift on one day; without a shift, none.

        ``day`` is a day number; an offer of which nothing was issued is not named.
        """

    def issued_by_day(self, first_day: int) -> Mapping[str, Mapping[int, int]]:
        """Count what was issued here, by offer code and day number, from ``first_day`` on."""

    def waiting(self) -> Waiting:
        """Return what head office has not signed for."""

    def held(self) -> tuple[HeldEvent, ...]:
        """Return what head office parked, refused the effect of, or flagged, the newest first.

        What it has settled since is not among it.
        """

    def refused_items(self) -> tuple[RefusedItem, ...]:
        """Return what came with the feed, did not verify here, and is still wanted."""

    def clock_drift_ms(self) -> int | None:
        """Return how far the wall clock is ahead of signed time; None when nothing can tell."""

    def shift(self, shift: str) -> ShiftRecord | None:
        """Return one shift with what was done and counted in it."""

    def places(self, limit: int) -> tuple[str, ...]:
        """Return where shifts were opened last, newest first, each place once."""

    def pin_resets(self) -> tuple[PinReset, ...]:
        """Return who waits for a new PIN, by staff code."""


class Unit(Reading, Protocol):
    """A unit of work: everything recorded commits together or not at all."""

    def record(self, fact: Fact) -> int:
        """Append the event, apply its projections, and return its sequence number."""

    def signing_key(self) -> SigningKey:
        """Return the terminal's own key."""

    def signing_key_of(self, public_key: bytes) -> SigningKey | None:
        """Return the key of that public key if this terminal has it, or had before it rejoined."""


class Store(Protocol):
    """The terminal's one durable place."""

    def write(self, session: Session) -> AbstractContextManager[Unit]:
        """Open a unit of work for ``session``; commit on leaving, roll back on an exception."""

    def read(self) -> AbstractContextManager[Reading]:
        """Open a consistent view."""

    def check(self) -> CheckReport:
        """Compare the store with its log: chain, commitments, projections, second file."""

    def proof(self) -> Proof | None:
        """Return the newest signed acknowledgement, or None before the first."""

    def quick_check(self) -> tuple[str, ...]:
        """Check pages and the chain of the unsent tail; return what is wrong, in stable words."""

    def free_bytes(self) -> int:
        """Return what the disk has left, the store's own reserve not counted."""

    def free_space_ok(self) -> bool:
        """Say whether a shift may open: the disk has room for a day's work and its reserve."""

    def warnings(self) -> tuple[str, ...]:
        """Return what a person should know now, as stable words; text ``warning.<word>``."""

    def close(self) -> None:
        """Release the store; safe to call twice."""


@dataclass(frozen=True, slots=True)
class Power:
    """What the machine runs on; ``battery_percent`` is None where there is no battery."""

    battery_percent: int | None
    on_mains: bool


class Machine(Protocol):
    """What lies around the program on the machine it runs on."""

    def printers(self) -> tuple[str, ...]:
        """Return the names of the system's printers; none when there are none or nobody can say."""

    def power(self) -> Power | None:
        """Return what the machine runs on, or None when it does not say."""


class Drafts(Protocol):
    """Half-typed forms, kept through power cuts; not history, so no events."""

    def save(self, name: str, content: Mapping[str, object]) -> None:
        """Keep the newest content of a draft, durably."""

    def load(self, name: str) -> Mapping[str, object] | None:
        """Return a draft's content."""

    def discard(self, name: str) -> None:
        """Forget a draft."""


class Outbox(Protocol):
    """The store as the sync lane sees it: what to send, what came back."""

    def signer(self) -> Signer:
        """Return who signs requests."""

    def office(self) -> tuple[str, bytes]:
        """Return head office's address and the CA (PEM) that its certificate must chain to."""

    def head(self) -> Head:
        """Return our own last event."""

    def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Return our hash at a place in the chain; seq 0 is the genesis hash; None if not ours."""

    def events_after(self, seq: int, limit: int) -> tuple[SentEvent, ...]:
        """Return at most ``limit`` events of the live epoch after ``seq``, in order."""

    def sealed_keys(self, events: Sequence[SentEvent]) -> Mapping[str, bytes]:
        """Return the keys of the persons in ``events``, sealed to head office's seal key."""

    def sign_head(self, head: Head) -> bytes:
        """Sign a head of our own chain."""

    def ack_keys(self) -> dict[bytes, bytes]:
        """Return head office's acknowledgement keys, id to public key."""

    def root_key(self) -> bytes:
        """Return head office's root key, which names the bank."""

    def seal_key(self) -> bytes:
        """Return head office's newest seal key; what is sealed to it only head office opens."""

    def marks(self) -> SignedMarks:
        """Return how far head office's signed word reaches."""

    def accept_ack(self, ack: Ack, ack_bytes: bytes, notices: Sequence[Notice]) -> None:
        """Raise the acknowledged and durable marks and the time mark; never lower any of them."""

    def past(self) -> "tuple[Outbox, ...]":
        """Return the earlier epochs of which something is still to send, oldest first."""

    def note_fork(self, ack: Ack, ack_bytes: bytes) -> int:
        """Keep head office's word that it holds another history; nothing is issued after this.

        Return up to which event it was shown our branch before.
        """

    def note_shown(self, epoch: int, seq: int) -> None:
        """Note that head office was shown our branch of an epoch up to ``seq``."""

    def cursor(self, lane: Lane) -> int:
        """Return the cursor to ask a lane of the feed with.

        A campaign, grant or key that was refused is asked for again once a synchronisation, until
        a good copy of it came or it is no longer offered.
        """

    def apply_page(self, page: FeedPage) -> FeedOutcome:
        """Verify and apply a page whole, item by item in one transaction, and move the cursor.

        A campaign or grant that does not verify is refused and reported; the last good one stays,
        and the items after it are applied. What was applied before changes nothing, so that a page
        may begin earlier than the cursor; one that begins later leaves a gap and is refused.
        """

    def parked(self) -> int:
        """Count the events that head office has parked or whose effect it refused."""


class Vault(Protocol):
    """Who can open the store: wraps of the data key, first PINs, lock-out. Files, not the store.

    The data key is random, 32 bytes. It is wrapped for each member of staff under the device's
    secret and Argon2id of the PIN, and once for head office's recovery key.
    """

    def is_enrolled(self) -> bool:
        """Say whether a data key exists here."""

    def staff_codes(self) -> tuple[str, ...]:
        """Return who has a PIN (or a waiting one-time code) here."""

    def create(self) -> bytes:
        """Make a data key and return it; nothing is kept until somebody is let in by a wrap."""

    def set_pin(self, data_key: bytes, staff: str, pin: str) -> None:
        """Let ``staff`` in with ``pin``.

        Raises RuleViolation ``pin_weak``, ``pin_format`` or ``pin_unchanged``.
        """

    def staff_key(self, staff: str) -> StaffKey:
        """Return how somebody gets in here."""

    def set_one_time_code(
        self, data_key: bytes, staff: str, code: str, expires_ms: int, *, is_reset: bool = False
    ) -> None:
        """Let ``staff`` in once with a code from head office, to choose a PIN.

        A PIN in force stays good until another is chosen, except that ``is_reset`` takes it away.
        """

    def remove(self, staff: str) -> None:
        """Let ``staff`` in no more."""

    def unlock(self, staff: str, pin: str) -> "Unlocked":
        """Return the data key, or raise RuleViolation ``pin_wrong``, ``pin_locked``, ``pin_unset``.

        Five wrong tries lock for fifteen minutes, ten destroy the wrap.
        """

    def unlock_unattended(self) -> bytes:
        """Return the data key by the passphrase alone.

        Raises RuleViolation ``staff_required`` when this terminal uses a key store instead.
        """


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The data key, whether a first PIN must now be chosen, and the wrong tries before this one."""

    data_key: bytes = field(repr=False)
    must_choose_pin: bool
    wrong_tries: int = 0


class OfficeLine(Protocol):
    """The wire to head office. Raises EnvironmentFault (no line, retryable) or ContractFault."""

    def head(self, nonce: bytes) -> bytes:
        """Ask for head office's head of our chain: an encoded acknowledgement."""

    def push(self, batch: bytes) -> tuple[bytes, list[list[object]]]:
        """Send a batch; return the encoded acknowledgement and the notices."""

    def feed(self, lane: Lane, cursor: int) -> bytes:
        """Ask for a feed page, signed."""

    def ask_grants(self, wish: GrantsWish) -> int:
        """Ask for grants to be lent; return how many slots were."""

    def redeem(self, request: bytes) -> bytes:
        """Ask about one voucher, as ``protocol.redemption`` has it; return the signed answer."""
