"""One terminal, wired: data folder, vault, store, line to head office, and the use cases on them.

Here a terminal's concrete classes are named, and nowhere else but in the commands of head office.
"""

import threading
from collections.abc import Callable
from types import TracebackType

from branchdesk.app.office_access import AT_THE_COUNTER, HttpsOffice, OfficeAccess
from branchdesk.app.paper import PdfPaper
from branchdesk.app.paper_acts import PaperActs
from branchdesk.app.road import RoadSlips
from branchdesk.application.answer_consent import AnswerConsent
from branchdesk.application.check_road import CheckRoad
from branchdesk.application.correct_customer import CorrectCustomer
from branchdesk.application.erase_customer import EraseCustomer
from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.list_redemptions import ListRedemptions
from branchdesk.application.merge_customers import ProposeMerge, UndoMerge
from branchdesk.application.models import (
    Enrolment,
    Session,
    SignedIn,
    SyncProgress,
    SyncReport,
    TerminalState,
)
from branchdesk.application.ports import Outbox
from branchdesk.application.print_shift import PrintShift
from branchdesk.application.print_vouchers import PrintVouchers
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.register_customer import RegisterCustomer
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.shifts import CloseShift, CountShift, HandOverShift, OpenShift
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.application.sign_in import ChoosePin, SignIn
from branchdesk.application.staff_pins import (
    ChangePin,
    ListStaff,
    RequestPinReset,
    TakeUpCodes,
)
from branchdesk.application.undo_redemption import UndoRedemption
from branchdesk.application.verify_voucher import VerifyOnline, VerifyVoucher
from branchdesk.devices.device_secret import DeviceSecret, SecretKind, choose_device_secret
from branchdesk.devices.machine import SystemMachine
from branchdesk.devices.paths import TerminalHome, resource
from branchdesk.devices.system_clock import SystemClock
from branchdesk.devices.system_randomness import SystemRandomness
from branchdesk.devices.texts import load_texts
from branchdesk.devices.vault import FileVault, check_pin
from branchdesk.domain.campaign import Role
from branchdesk.domain.clock import ClockState
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.persistence.store import (
    SqliteStore,
    StoreFolder,
    create_store,
    open_store,
    recover_store,
)
from branchdesk.protocol.enrolment import KeyUse, open_key_record

UNATTENDED = Session("", Role.TELLER)


class Terminal:
    """A terminal's data folder, enrolled or not, and its store once somebody has unlocked it.

    Practice gives a ``secret`` and an ``office`` of its own; everybody else has the device's.
    """

    def __init__(
        self,
        home: TerminalHome,
        *,
        secret: DeviceSecret | None = None,
        office: OfficeAccess | None = None,
        is_practice: bool = False,
    ) -> None:
        self.home = home
        self.is_practice = is_practice
        # Over the line or from a stick: what comes from head office comes one page at a time.
        self.exchanging = threading.Lock()
        self.clock = SystemClock()
        self.randomness = SystemRandomness()
        self._office = office or HttpsOffice()
        self._secret = secret or choose_device_secret()
        self.vault = FileVault(home.keys_file, self._secret, self.clock, self.randomness)
        self._store: SqliteStore | None = None
        self._data_key = b""
        self._paper = PdfPaper(
            resource("resources/fonts"),
            home.print_folder,
            self.clock.now_ms,
            is_practice=is_practice,
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and forget the data key."""
        if self._store is not None:
            self._store.close()
        self._store, self._data_key = None, b""

    @property
    def store(self) -> SqliteStore:
        """The open store; only after an unlock."""
        assert self._store is not None, "the store is open only after an unlock"
        return self._store

    @property
    def secret_kind(self) -> SecretKind:
        """Where the device's secret comes from."""
        return self._secret.kind

    @property
    def is_open(self) -> bool:
        """Whether somebody has unlocked the store."""
        return self._store is not None

    def data_key(self) -> bytes:
        """Return the data key of the open store."""
        assert self._data_key, "the data key is known only after an unlock"
        return self._data_key

    def sign_in(self, staff: str, pin: str, *, recorded: bool = True) -> SignedIn:
        """Unlock the store for somebody; see :class:`SignIn` for what it refuses."""
        self.require_enrolled()
        return SignIn(self.vault, self.open_store, self.randomness)(staff, pin, recorded=recorded)

    def unlock_unattended(self) -> None:
        """Unlock by the passphrase alone; raises RuleViolation ``staff_required`` without one."""
        self.require_enrolled()
        self.open_store(self.vault.unlock_unattended())

    def require_enrolled(self) -> None:
        """Raise RuleViolation ``not_enrolled`` before head office knows this terminal."""
        if not self.is_enrolled():
            raise RuleViolation("not_enrolled", home=str(self.home.root))

    def is_enrolled(self) -> bool:
        """Say whether this home was enrolled: it has keys and a store, or what recovers one."""
        kept = self.home.database.exists() or self.home.second_file.exists()
        return self.vault.is_enrolled() and kept

    def open_store(self, data_key: bytes) -> SqliteStore:
        """Open the store, or return it when it is open already."""
        if self._store is None:
            self._store = open_store(
                self._folder(),
                data_key,
                self.clock,
                self.randomness,
                resource("migrations/terminal"),
            )
            self._data_key = data_key
        return self._store

    def recover(self, data_key: bytes) -> SqliteStore:
        """Rebuild a lost or damaged database from the second event file, and open it."""
        self._store = recover_store(self._folder(), data_key, self.clock, self.randomness)
        self._data_key = data_key
        return self._store

    def enrol(self, code: str, staff: str, pin: str) -> TerminalState:
        """Join head office by its one code and, with ``staff``, set that person's first PIN.

        Raises RuleViolation ``already_enrolled``, ``staff_required`` (no passphrase and nobody to
        let in), the PIN's and the code's violations, and the line's faults. What can be refused
        without using up the code is refused first.
        """
        if self.is_enrolled():
            raise RuleViolation("already_enrolled", home=str(self.home.root))
        if staff:
            check_pin(pin)
        elif self._secret.kind is not SecretKind.PASSPHRASE:
            raise RuleViolation("staff_required")
        self.home.prepare()
        self._put_aside_unused_keys()
        data_key = self.vault.create()
        enrolment = self._office.join(code, self.randomness.bytes(32), self.clock)
        self.vault.set_recovery(data_key, _seal_key(enrolment))
        if staff:
            self.vault.set_pin(data_key, staff, pin)
        self._store = create_store(self._folder(), data_key, enrolment, self.clock, self.randomness)
        self._data_key = data_key
        with self.store.read() as reading:
            return reading.terminal()

    def rejoin(self, code: str) -> TerminalState:
        """Join again as the same terminal, under its next epoch and with a new device key.

        The code is one that two people of head office made for this terminal. Customers, vouchers,
        PINs and what was not sent yet stay. Raises what the code, the line and
        :meth:`SqliteStore.begin_epoch` refuse.
        """
        # An answer to the old epoch must not come in under the new one.
        with self.exchanging:
            again, seed = self.store.rejoining(), self.randomness.bytes(32)
            self.store.begin_epoch(self._office.join(code, seed, self.clock, again))
        with self.store.read() as reading:
            return reading.terminal()

    def synchronise(
        self,
        progress: Callable[[SyncProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> SyncReport:
        """Bring everything to head office and fetch what it sends, all on this thread.

        ``progress`` is told how far it is and ``cancelled`` is asked between requests.
        """
        report = self.exchange(self.store.outbox, self.clock_state(), progress, cancelled)
        self.let_in_new_staff()
        return report

    def require_listed(self, staff: str) -> None:
        """Raise RuleViolation ``enrolled_staff_unlisted`` when head office's list lacks ``staff``.

        Before a campaign came there is no list to judge by. The wrap of somebody unlisted stays:
        beside a key store it is all that opens the store until a listed person is let in.
        """
        with self.store.read() as reading:
            if reading.campaigns() and reading.staff(staff) is None:
                raise RuleViolation("enrolled_staff_unlisted", field="staff", staff=staff[:40])

    def clock_state(self) -> str:
        """Return the health of the clock as the store judges it."""
        with self.store.read() as reading:
            return reading.clock_state()

    def exchange(
        self,
        outbox: Outbox,
        clock_state: str,
        progress: Callable[[SyncProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> SyncReport:
        """Speak with head office; touches the store through ``outbox`` alone."""
        from branchdesk.sync.past_epochs import send_past
        from branchdesk.sync.synchronise import Synchronise

        # A dead clock battery must not stop upload: the chain is still pinned, without its dates.
        in_time = clock_state != ClockState.SUSPECT
        with self.exchanging:
            for past in outbox.past():
                # Older facts first: the newer ones speak of the people in them.
                with self._office.line(past, self.clock, check_dates=in_time) as line:
                    send_past(past, line, self.clock, self.randomness, cancelled)
        office = self._office.line(outbox, self.clock, check_dates=in_time)
        with self.exchanging, office as line:
            exchange = Synchronise(outbox, line, self.clock, self.randomness)
            return exchange(progress, cancelled)

    def ask_office(self, request: bytes) -> bytes:
        """Ask head office about one voucher, while its holder waits; return the signed answer."""
        in_time = self.clock_state() != ClockState.SUSPECT
        outbox = self.store.outbox
        with self._office.line(
            outbox, self.clock, check_dates=in_time, timeouts=AT_THE_COUNTER
        ) as line:
            return line.redeem(request)

    def let_in_new_staff(self) -> None:
        """Turn the one-time codes that came with the feed into wraps, once each."""
        TakeUpCodes(self.vault, self.data_key, self.store)()

    @property
    def register_customer(self) -> RegisterCustomer:
        """The use case on the open store."""
        return RegisterCustomer(self.store, self.clock, self.randomness)

    @property
    def issue_voucher(self) -> IssueVoucher:
        """The use case on the open store."""
        return IssueVoucher(self.store, self.clock, self.randomness)

    @property
    def verify_voucher(self) -> VerifyVoucher:
        """The use case on the open store."""
        return VerifyVoucher(self.store, self.clock)

    @property
    def verify_online(self) -> VerifyOnline:
        """The use case on the open store, and the line to head office."""
        return VerifyOnline(self.store, self.clock, self.randomness, self.ask_office)

    @property
    def redeem_voucher(self) -> RedeemVoucher:
        """The use case on the open store, and the line to head office."""
        return RedeemVoucher(
            self.store, self.store.drafts, self.clock, self.randomness, self.ask_office
        )

    @property
    def undo_redemption(self) -> UndoRedemption:
        """The use case on the open store, and the line to head office."""
        return UndoRedemption(
            self.store, self.store.drafts, self.clock, self.randomness, self.ask_office
        )

    @property
    def list_redemptions(self) -> ListRedemptions:
        """The use case on the open store."""
        return ListRedemptions(self.store, self.clock)

    @property
    def papers(self) -> PaperActs:
        """What is done with the papers of vouchers that were issued, on the open store."""
        return PaperActs(self.store, self._paper, self.second_person, self.clock, self.randomness)

    @property
    def print_vouchers(self) -> PrintVouchers:
        """The use case on the open store, printing to PDF."""
        return PrintVouchers(self.store, self._paper, self.randomness)

    @property
    def show_customer_page(self) -> ShowCustomerPage:
        """The use case on the open store."""
        return ShowCustomerPage(self.store, self.clock)

    @property
    def check_road(self) -> CheckRoad:
        """The use case on the open store and this machine."""
        return CheckRoad(self.store, self.clock, SystemMachine(), self.vault.staff_codes)

    @property
    def road_slips(self) -> RoadSlips:
        """Where road checks are printed."""
        return RoadSlips(
            resource("resources/fonts"),
            self.home.print_folder,
            lambda: load_texts(resource("resources/texts")),
            is_practice=self.is_practice,
        )

    @property
    def second_person(self) -> SecondPerson:
        """The check of a second person, against this terminal's PINs."""
        return SecondPerson(self.vault, self.randomness)

    @property
    def answer_consent(self) -> AnswerConsent:
        """The use case on the open store."""
        return AnswerConsent(self.store, self.randomness)

    @property
    def correct_customer(self) -> CorrectCustomer:
        """The use case on the open store."""
        return CorrectCustomer(self.store, self.randomness)

    @property
    def erase_customer(self) -> EraseCustomer:
        """The use case on the open store, the second person checked here."""
        return EraseCustomer(self.store, self.second_person, self.randomness)

    @property
    def propose_merge(self) -> ProposeMerge:
        """The use case on the open store."""
        return ProposeMerge(self.store, self.randomness)

    @property
    def undo_merge(self) -> UndoMerge:
        """The use case on the open store."""
        return UndoMerge(self.store, self.randomness)

    @property
    def choose_pin(self) -> ChoosePin:
        """The use case on the open store."""
        return ChoosePin(self.vault, self.data_key, lambda: self.store, self.randomness)

    @property
    def change_pin(self) -> ChangePin:
        """The use case on the open store."""
        return ChangePin(self.vault, self.data_key, lambda: self.store, self.randomness)

    @property
    def open_shift(self) -> OpenShift:
        """The use case on the open store."""
        return OpenShift(self.store, self.randomness)

    @property
    def count_shift(self) -> CountShift:
        """The use case on the open store."""
        return CountShift(self.store, self.randomness)

    @property
    def hand_over_shift(self) -> HandOverShift:
        """The use case on the open store."""
        return HandOverShift(self.vault, self.store, self.randomness)

    @property
    def close_shift(self) -> CloseShift:
        """The use case on the open store."""
        return CloseShift(self.store, self.randomness)

    @property
    def print_shift(self) -> PrintShift:
        """The use case on the open store, printing to PDF."""
        return PrintShift(self.store, self._paper)

    @property
    def list_staff(self) -> ListStaff:
        """The use case on the open store."""
        return ListStaff(self.vault, self.store)

    @property
    def request_pin_reset(self) -> RequestPinReset:
        """The use case on the open store."""
        return RequestPinReset(self.store, self.randomness)

    def _put_aside_unused_keys(self) -> None:
        """Keep, under another name, keys of an enrolment that ended before it made a store."""
        if self.vault.is_enrolled():
            kept = self.home.keys_file
            kept.replace(kept.with_name(f"{kept.name}.unused-{self.clock.now_ms()}"))

    def _folder(self) -> StoreFolder:
        home = self.home
        return StoreFolder(home.database, home.second_file, home.backups, home.ballast)


def _seal_key(enrolment: Enrolment) -> bytes:
    """Return head office's seal key; the recovery wrap of the data key is made to it."""
    for data in enrolment.keys:
        record = open_key_record(data, enrolment.root_key)
        if record.use is KeyUse.SEAL:
            return record.public_key
    raise ContractFault("malformed", what="enrolment", problem="wrong_fields", field="keys")
