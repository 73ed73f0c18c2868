"""Everything the window may call, as one frozen value that the app fills in and tests fake.

The callables run on a background lane, never on the GUI thread, except those marked *light*. This
module must not know who implements them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from branchdesk.application.models import (
    CampaignInForce,
    GrantLine,
    IssuedVoucher,
    OfferLine,
    PersonMatch,
    RegisteredCustomer,
    Session,
    Staff,
    SyncProgress,
    SyncReport,
    TerminalState,
    VoucherRecord,
)
from branchdesk.application.ports import Drafts
from branchdesk.application.shift_records import StaffKey
from branchdesk.domain.forecast import Pace
from branchdesk.domain.person import Registration
from branchdesk.ui.books.services import BookServices
from branchdesk.ui.customer.services import CustomerServices
from branchdesk.ui.enrol.services import EnrolServices
from branchdesk.ui.kit.background import ignore
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.rejoin.services import RejoinServices
from branchdesk.ui.scan.services import ScannerServices
from branchdesk.ui.serving.finding import FindCustomers
from branchdesk.ui.serving.papers import PaperServices
from branchdesk.ui.serving.revealing import RevealCustomer
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shift.services import ShiftServices
from branchdesk.ui.sync.services import SyncServices
from branchdesk.ui.verdict.services import VerdictServices


class SignedIn(Protocol):
    """Who signed in, and whether a first PIN must now be chosen."""

    @property
    def session(self) -> Session:
        """The session to act with."""

    @property
    def staff(self) -> Staff:
        """The person's code, name and role."""

    @property
    def must_choose_pin(self) -> bool:
        """True after a one-time code from head office."""


class DeskStatus(Protocol):
    """What the status bar is told; ``clock`` is good, suspect or unknown."""

    @property
    def terminal(self) -> TerminalState:
        """Which terminal this is and where its chain stands."""

    @property
    def grants(self) -> tuple[GrantLine, ...]:
        """Every grant held here."""

    @property
    def clock(self) -> str:
        """The health of the clock in one word."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the store warns of, as stable words, worst first."""

    @property
    def paces(self) -> Mapping[str, Pace]:
        """How fast each offer goes in the open shift, by code."""

    @property
    def stop(self) -> str:
        """Where the shift serves, empty for the outlet itself."""

    @property
    def on_duty(self) -> bool:
        """Whether a shift is open."""


class PrintedDocument(Protocol):
    """A document that lies ready on disk."""

    @property
    def path(self) -> str:
        """Where it lies."""

    @property
    def pages(self) -> int:
        """How many pages it has."""

    @property
    def items(self) -> int:
        """How many vouchers are on them."""


class FindDuplicates(Protocol):
    """Find whom a half-typed form may already be."""

    def __call__(
        self, phone: str, document_type: str, document_number: str
    ) -> tuple[PersonMatch, ...]:
        """Return who is known, here or elsewhere; nothing for what is too short to tell."""


class ListOffers(Protocol):
    """Assess every offer for a known customer or for a form."""

    def __call__(
        self, customer: str | None, form: Mapping[str, object] | None
    ) -> tuple[OfferLine, ...]:
        """Return one line an offer."""


class NextSync(Protocol):
    """Say when the window should synchronise by itself."""

    def __call__(self, *, is_waiting: bool) -> int:
        """Return how long to wait from now, in milliseconds.

        With ``is_waiting`` (something unsent) a good line is used soon; a line that failed keeps
        its back-off, however much is waiting.
        """


class DrawVouchers(Protocol):
    """Make the printable document of some vouchers; nothing is recorded of it."""

    def __call__(self, vouchers: Sequence[str], layout: str) -> PrintedDocument:
        """Return where it lies."""


@dataclass(frozen=True, slots=True)
class DeskServices:
    """The window's whole world.

    ``staff_keys`` says who gets in here and how, before anybody has. ``enrolment`` is None once
    this terminal has joined head office.
    ``sync_now`` runs on a network lane and arranges its own store work. ``unprinted`` gives what
    was issued and is not known to be printed, oldest first. ``stop_sync`` lets the one that runs
    end after the request it is at. *Light*: ``next_sync_ms``, ``sync_progress``, ``stop_sync``,
    ``new_intent`` (a UUIDv7 as text), ``now_ms`` (Unix milliseconds), ``show_document``
    (hand a finished file to the system; False when nothing there opens it, while True says no
    more than that something was asked to). ``sign_in_hint`` is (staff code, supervisor, PIN of
    both) that a demonstration may show. ``open_practice`` opens practice in a window of its own;
    ``scanner`` is None where serial ports are left alone, as in practice beside a desk;
    ``sound`` begins the sound of a tone. In practice itself ``is_practice`` is true and
    ``start_over`` (*light*) throws everything away.
    """

    sign_in: Callable[[str, str], SignedIn]
    choose_first_pin: Callable[[Session, str], object]
    staff_keys: Callable[[], tuple[StaffKey, ...]]
    shift: ShiftServices
    enrolment: EnrolServices | None
    rejoin: RejoinServices
    lock: Callable[[], object]
    read_status: Callable[[], DeskStatus]
    campaigns: Callable[[], tuple[CampaignInForce, ...]]
    sync_now: Callable[[], SyncReport]
    next_sync_ms: NextSync
    sync_progress: Callable[[], SyncProgress | None]
    stop_sync: Callable[[], object]
    register_customer: Callable[[Session, Registration], RegisteredCustomer]
    issue_voucher: Callable[[Session, str, str, str | None], IssuedVoucher]
    find_customers: FindCustomers
    find_duplicates: FindDuplicates
    list_offers: ListOffers
    reveal_customer: RevealCustomer
    draw_vouchers: DrawVouchers
    unprinted: Callable[[], tuple[VoucherRecord, ...]]
    papers: PaperServices
    books: BookServices
    verdict: VerdictServices
    drafts: Drafts
    customer: CustomerServices
    new_intent: Callable[[], str]
    now_ms: Callable[[], int]
    show_document: Callable[[str], bool]
    save_settings: Callable[[DeskSettings], object]
    sync_screen: SyncServices
    sign_in_hint: tuple[str, str, str] | None = None
    open_practice: Callable[[], object] | None = None
    is_practice: bool = False
    sound: Callable[[Tone], object] = ignore
    scanner: ScannerServices | None = None
    start_over: Callable[[], object] | None = None
