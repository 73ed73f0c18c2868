"""A desk for tests of the window: the real use cases over the store in memory.

Nothing here touches disk, network or Qt. Signing in, drafts, syncing and paper are plain fakes
that fail when told to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from branchdesk.app.rhythm import SyncRhythm, SyncWatch
from branchdesk.application.answer_consent import AnswerConsent
from branchdesk.application.check_road import CheckRoad, RoadReport
from branchdesk.application.confirm_printed import ConfirmPrinted
from branchdesk.application.correct_customer import CorrectCustomer
from branchdesk.application.enter_book import EnterBook
from branchdesk.application.erase_customer import EraseCustomer
from branchdesk.application.find_same_person import FindSamePerson
from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.list_offers import ListOffers
from branchdesk.application.list_redemptions import ListRedemptions
from branchdesk.application.merge_customers import ProposeMerge, UndoMerge
from branchdesk.application.models import (
    CampaignInForce,
    PrintedDocument,
    Proof,
    Session,
    SignedIn,
    StickExport,
    SyncReport,
    TerminalCondition,
    VoucherRecord,
)
from branchdesk.application.ports import Unlocked, Vault
from branchdesk.application.print_book import PrintBook
from branchdesk.application.print_vouchers import PrintableVoucher, PrintVouchers
from branchdesk.application.read_status import ReadStatus
from branchdesk.application.read_sync import ReadSync
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.register_customer import FindDuplicates, RegisterCustomer
from branchdesk.application.replace_voucher import ReplaceVoucher
from branchdesk.application.reprint_voucher import ReprintVoucher
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.shifts import (
    ClosedShift,
    CloseShift,
    CountShift,
    HandOverShift,
    OpenShift,
    ShowShift,
    ensure_shift,
)
from branchdesk.application.show_books import ShowBooks
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.application.show_customers import FindCustomers, RecentCustomers, RevealCustomer
from branchdesk.application.staff_pins import ChangePin, ListStaff, RequestPinReset
from branchdesk.application.undo_redemption import UndoRedemption
from branchdesk.application.verify_voucher import VerifyVoucher
from branchdesk.application.void_voucher import VoidVoucher
from branchdesk.domain.person import parse_registration
from branchdesk.domain.pin import is_guessable
from branchdesk.errors import RuleViolation
from branchdesk.protocol.chain import Ack, sign_ack
from branchdesk.sync.background import INTERVAL_MS, SyncLoop
from branchdesk.ui.books.services import BookServices
from branchdesk.ui.customer.services import CustomerServices
from branchdesk.ui.enrol.services import EnrolServices, KeptIn
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.rejoin.services import RejoinServices
from branchdesk.ui.scan.services import ScannerServices
from branchdesk.ui.serving.papers import PaperServices
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shift.services import ShiftServices
from branchdesk.ui.sync.services import SyncServices
from branchdesk.ui.verdict.services import RedeemServices, VerdictServices
from tests.fakes.bank import OFFICE_KEY, at_outlet, in_force, sample_campaign
from tests.fakes.camera import FakeCameras
from tests.fakes.clock import ManualClock
from tests.fakes.drafts import FakeDrafts
from tests.fakes.machine import FakeMachine
from tests.fakes.pictures import PICTURES
from tests.fakes.press import BookPress
from tests.fakes.randomness import SeededRandomness
from tests.fakes.redeeming_office import RedeemingOffice
from tests.fakes.store import FakeStore
from tests.fakes.vault import DATA_KEY, FakeVault, Held

PIN: Final = "246810"
ONE_TIME_CODE: Final = "RK7P-22MX"
OFFERS_LENT: Final = {"PHONE10": 120, "SPEND200": 80, "GIFTBOX": 40, "FEEFREE": 200, "SALON": 30}
DOCUMENT: Final = "11010519491231002X"


class FakePaper:
    """Implements ``Paper``; ``jam`` is raised once by the next printing."""

    def __init__(self) -> None:
        self.printed: list[tuple[tuple[str, ...], str]] = []
        self.jam: Exception | None = None

    def vouchers(
        self, vouchers: Sequence[PrintableVoucher], layout: str, path: str
    ) -> PrintedDocument:
        """Take note of what would be printed."""
        if self.jam is not None:
            jam, self.jam = self.jam, None
            raise jam
        self.printed.append((tuple(found.answer.voucher for found in vouchers), layout))
        pages = -(-len(vouchers) // 8) if layout == "a4x8" else len(vouchers)
        return PrintedDocument(path or "vouchers.pdf", pages, 1_000, len(vouchers))


class FakeDoor:
    """As much of a vault as checking a second person's PIN needs; counts what was tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def unlock(self, staff: str, pin: str) -> Unlocked:
        """Open for the right PIN; lock after five wrong ones."""
        self.tried.append(staff)
        if self.tried.count(staff) > 5:
            raise RuleViolation("pin_locked", staff=staff, minutes=15)
        if pin != PIN:
            left = 5 - self.tried.count(staff)
            raise RuleViolation("pin_wrong", reason="before_lock", staff=staff, tries_left=left)
        return Unlocked(bytes(32), must_choose_pin=False)


@dataclass(frozen=True, slots=True)
class FakePort:
    """A serial port."""

    name: str
    description: str
    device: str = ""


class FakeScanners:
    """Serial ports, and the scanner at the one that is listened at."""

    def __init__(self) -> None:
        self.ports: tuple[FakePort, ...] = (
            FakePort("COM3", "USB 串行设备"),
            FakePort("COM7", "Honeywell 1900", "0c2e:0b61:S1900"),
        )
        self.at = self.device = ""
        self._told: tuple[Callable[[], object], Callable[[str], object], Callable[[str], object]]

    def listen(
        self,
        port: str,
        device: str,
        reading: Callable[[], object],
        code: Callable[[str], object],
        stands: Callable[[str], object],
    ) -> "FakeScanners":
        """Begin at a port."""
        self.at, self.device, self._told = port, device, (reading, code, stands)
        return self

    def close(self) -> None:
        """Listen no more."""
        self.at = ""

    def read(self, code: str) -> None:
        """Read a code, as the scanner's thread tells it."""
        self._told[0]()
        self._told[1](code)

    def stand(self, reason: str) -> None:
        """Say how the port stands."""
        self._told[2](reason)


class FakeDesk:
    """Everything behind the window, with what a test may look at or break."""

    def __init__(
        self,
        *,
        campaigns: Sequence[CampaignInForce] | None = None,
        lent: bool = True,
        on_duty: bool = True,
        outlet: str = "",
        enrolled: bool = True,
    ) -> None:
        self.clock = ManualClock()
        self.randomness = SeededRandomness(11)
        if outlet:
            campaigns = (in_force(at_outlet(outlet)),)
        self.store = FakeStore(self.clock, self.randomness, campaigns=campaigns)
        for number, (offer, slots) in enumerate(OFFERS_LENT.items() if lent else (), start=701):
            self.store.lend(offer, number=number, slots=slots)
        if on_duty:
            # Somebody has opened a shift already: signing in leads to where the work is.
            with self.store.write(Session("T001")) as unit:
                ensure_shift(self.store, unit, Session("T001"), self.randomness)
        known = {"T001": Held(pin=PIN), "S001": Held(pin=PIN)}
        self.vault = FakeVault(self.clock, known if enrolled else {})
        self.slips: list[ClosedShift] = []
        self.redeeming_office = RedeemingOffice(self.clock.now_ms())
        self.line_fault: Exception | None = None
        self.drafts, self.paper, self.door = FakeDrafts(), FakePaper(), FakeDoor()
        self.press = BookPress()
        self.tries_left = 5
        self.sign_in_fault: Exception | None = None
        self.enrolled, self.kept_in = enrolled, KeptIn.KEY_STORE
        self.joined: list[tuple[str, str]] = []
        self.join_fault: Exception | None = None
        self.fetch_fault: Exception | None = None
        self.first_time = False
        self.chosen_pin = ""
        self.locks = 0
        self.shown: list[str] = []
        self.has_reader = True
        self.settings: DeskSettings | None = None
        # A callable runs in the midst of the synchronisation, which then leaves everything unsent.
        self.sync_answer: SyncReport | Exception | Callable[[], object] = SyncReport(
            3, 3, 3, 0, 2, 0
        )
        self.syncs = 0
        self.watch = SyncWatch()
        self.loop = SyncLoop(self._sync, self.clock, SeededRandomness(5))
        self.rhythm = SyncRhythm(self.loop, self.clock, self.watch, interval_ms=INTERVAL_MS)
        self.sticks: list[str] = []
        # None: an import brings what a synchronisation would have.
        self.stick_answer: SyncReport | Exception | None = None
        self.stick_left, self.stick_watch = 0, SyncWatch()
        self.hint: tuple[str, str, str] | None = None
        self.machine, self.with_pin = FakeMachine(), ("S001", "T001")
        self.road_slips: list[tuple[RoadReport, str]] = []
        self.is_practice = False
        self.heard: list[Tone] = []
        self.settings_fault: Exception | None = None
        self.practices: list[str] = []
        self.scanners = FakeScanners()
        self.cameras: FakeCameras | None = FakeCameras()
        self.practice_fault: Exception | None = None

    def services(self) -> DeskServices:
        """Return the services of this desk."""
        store, clock, randomness = self.store, self.clock, self.randomness
        return DeskServices(
            sign_in=self._sign_in,
            choose_first_pin=self._choose_first_pin,
            staff_keys=lambda: tuple(map(self.vault.staff_key, self.vault.staff_codes())),
            shift=self._shift_services(),
            enrolment=None if self.enrolled else self._enrol_services(),
            rejoin=RejoinServices(join=self._rejoin, fetch=self._fetch),
            lock=self._lock,
            read_status=ReadStatus(store, clock),
            campaigns=self._campaigns,
            sync_now=self.rhythm.sync_now,
            next_sync_ms=self.rhythm.next_sync_ms,
            sync_progress=self.watch.progress,
            stop_sync=self.watch.stop,
            register_customer=RegisterCustomer(store, clock, randomness),
            issue_voucher=IssueVoucher(store, clock, randomness),
            find_customers=FindCustomers(store),
            find_duplicates=FindDuplicates(store),
            list_offers=ListOffers(store, clock),
            reveal_customer=RevealCustomer(store, randomness),
            draw_vouchers=PrintVouchers(store, self.paper, randomness).draw,
            unprinted=self._unprinted,
            verdict=self._verdict_services(),
            papers=self.paper_services(),
            books=self.book_services(),
            drafts=self.drafts,
            new_intent=lambda: str(randomness.intent_id()),
            now_ms=clock.now_ms,
            show_document=self.show_document,
            save_settings=self._save_settings,
            sync_screen=self._sync_services(),
            sign_in_hint=self.hint,
            customer=self.customer_services(),
            open_practice=None if self.is_practice else self._open_practice,
            is_practice=self.is_practice,
            sound=self.heard.append,
            start_over=lambda: self.practices.append("start_over"),
            scanner=ScannerServices(lambda: self.scanners.ports, self.scanners.listen),
        )

    def _sync_services(self) -> SyncServices:
        check_road = CheckRoad(self.store, self.clock, self.machine, lambda: self.with_pin)
        return SyncServices(
            read=ReadSync(self.store),
            save_proof=self._save_proof,
            check_road=check_road,
            print_slip=self._print_slip,
            export_stick=self._export_stick,
            import_reply=self._import_reply,
            stick_progress=self.stick_watch.progress,
            stop_stick=self.stick_watch.stop,
        )

    def _export_stick(self, path: str) -> StickExport:
        self.sticks.append(path)
        if isinstance(self.stick_answer, Exception):
            raise self.stick_answer
        state = self.store.state
        count = state.head.seq - state.acked_seq
        return StickExport(state.acked_seq, state.head.seq, count, 38_912, self.stick_left)

    def _import_reply(self, path: str) -> SyncReport:
        self.sticks.append(path)
        if isinstance(self.stick_answer, Exception):
            raise self.stick_answer
        return self.stick_answer or self._sync()

    def show_document(self, path: str) -> bool:
        """Take note of what is handed to the system, and say whether anything there opens it."""
        self.shown.append(path)
        return self.has_reader

    def paper_services(self) -> PaperServices:
        """Return what may be done with papers."""
        vault: Vault = self.door  # type: ignore[assignment]  # checking a PIN unlocks, no more
        second = SecondPerson(vault, self.randomness)
        replacing = ReplaceVoucher(self.store, second, self.clock, self.randomness)
        voiding = VoidVoucher(self.store, second, self.randomness)
        return PaperServices(
            ReprintVoucher(self.store, self.randomness),
            lambda session, voucher, reason, intent, second: replacing(
                session, voucher, reason, intent=intent, second=second[0], second_pin=second[1]
            ),
            lambda session, voucher, reason, intent, second: voiding(
                session, voucher, reason, intent=intent, second=second[0], second_pin=second[1]
            ),
            ConfirmPrinted(self.store, self.randomness),
        )

    def book_services(self) -> BookServices:
        """Return what the screen of books may call."""
        vault: Vault = self.door  # type: ignore[assignment]  # checking a PIN unlocks, no more
        second = SecondPerson(vault, self.randomness)
        printing = PrintBook(self.store, self.press, second, self.clock, self.randomness)
        entering = EnterBook(self.store, self.clock, self.randomness)
        paths = ("book.pdf", "register.pdf")
        return BookServices(
            show=ShowBooks(self.store, self.clock),
            make=lambda session, wish, pair: printing(
                session, wish.offer, wish.count, pair, paths,
                layout=wish.layout, intent=wish.intent, is_handed_on=True,
            ),
            print=lambda session, book, pair, layout: printing.again(
                session, book, pair, paths, layout=layout, is_handed_on=True
            ),
            came_out=printing.came_out,
            print_register=lambda book: printing.register_again(book, paths[1]),
            check=entering.check,
            given_before=entering.given_before,
            second=lambda session, staff, pin: second(self.store, session, staff, pin),
            enter=entering,
        )  # fmt: skip

    def customer_services(self) -> CustomerServices:
        """Return what the customer's page may call."""
        store, clock, randomness = self.store, self.clock, self.randomness
        vault: Vault = self.door  # type: ignore[assignment]  # checking a PIN unlocks, no more
        return CustomerServices(
            find=FindCustomers(store),
            recent=RecentCustomers(store),
            page=ShowCustomerPage(store, clock),
            same_person=FindSamePerson(store),
            reveal=RevealCustomer(store, randomness),
            correct=CorrectCustomer(store, randomness),
            answer_consent=AnswerConsent(store, randomness),
            erase=EraseCustomer(store, SecondPerson(vault, randomness), randomness),
            propose_merge=ProposeMerge(store, randomness),
            undo_merge=UndoMerge(store, randomness),
        )

    def register(self, name: str, phone: str, *offers: str, document: str = "") -> str:
        """Register somebody before the test begins; their vouchers are not printed."""
        mapping: dict[str, object] = {
            "name": name,
            "phone": phone,
            "channel": "counter",
            "consents": ["service", "sensitive"],
            "issue": list(offers),
        }
        if document:
            mapping["document"] = {"type": "resident_id", "number": document}
        registration = parse_registration(mapping, sample_campaign().consent_texts)
        use_case = RegisterCustomer(self.store, self.clock, self.randomness)
        return use_case(Session("T001"), registration).customer

    def vouchers(self) -> tuple[VoucherRecord, ...]:
        """Return everything issued."""
        with self.store.read() as reading:
            return reading.vouchers()

    def _sign_in(self, staff: str, pin: str) -> SignedIn:
        if self.sign_in_fault is not None:
            raise self.sign_in_fault
        with self.store.read() as reading:
            member = reading.staff(staff)
        if member is None:
            raise RuleViolation("staff_unknown", field="staff", staff=staff)
        if self.tries_left == 0:
            raise RuleViolation("pin_locked", staff=staff, minutes=15, left_ms=15 * 60_000)
        if pin != (ONE_TIME_CODE if self.first_time else PIN):
            self.tries_left -= 1
            raise RuleViolation("pin_wrong", reason="before_lock", tries_left=self.tries_left)
        with self.store.read() as reading:
            found = reading.open_shift()
        shift = "" if found is None else found[0]
        return SignedIn(Session(member.code, member.role, shift), member, self.first_time)

    def _enrol_services(self) -> EnrolServices:
        def join(code: str, staff: str, pin: str) -> str:
            if self.join_fault is not None:
                raise self.join_fault
            self.joined.append((code, staff))
            self.vault.set_pin(DATA_KEY, staff, pin)
            return "澄湖银行人民路支行"

        return EnrolServices(join, lambda _: self._fetch(), self.kept_in)

    def _fetch(self) -> None:
        if self.fetch_fault is not None:
            raise self.fetch_fault

    def _rejoin(self, code: str) -> int:
        if self.join_fault is not None:
            raise self.join_fault
        self.joined.append((code, ""))
        state = self.store.state
        epoch = state.head.epoch + 1
        self.store.state = replace(
            state, condition=TerminalCondition.ACTIVE, fork=None,
            head=replace(state.head, epoch=epoch),
        )  # fmt: skip
        return epoch

    def _verdict_services(self) -> VerdictServices:
        return VerdictServices(
            verify=VerifyVoucher(self.store, self.clock),
            campaigns=self._campaigns,
            redeem=self._redeem_services(),
            pictures=PICTURES,
            recent=ListRedemptions(self.store, self.clock),
            now_ms=self.clock.now_ms,
            camera=None if self.cameras is None else self.cameras.services(),
        )

    def _redeem_services(self) -> RedeemServices:
        parts = (self.store, self.drafts, self.clock, self.randomness, self._ask_office)
        redeem, undo = RedeemVoucher(*parts), UndoRedemption(*parts)
        return RedeemServices(
            begin=redeem.begin, settle=redeem.settle, unanswered=redeem.unanswered,
            begin_undo=undo.begin, settle_undo=undo.settle, undo_unanswered=undo.unanswered,
            ask_office=self._ask_office, new_intent=lambda: str(self.randomness.intent_id()),
        )  # fmt: skip

    def _ask_office(self, request: bytes) -> bytes:
        if self.line_fault is not None:
            raise self.line_fault
        return self.redeeming_office(request)

    def _shift_services(self) -> ShiftServices:
        store, randomness, vault = self.store, self.randomness, self.vault
        return ShiftServices(
            show=ShowShift(store),
            open=OpenShift(store, randomness),
            count=CountShift(store, randomness),
            hand_over=HandOverShift(vault, store, randomness),
            close=CloseShift(store, randomness),
            print_slip=self._print_shift,
            list_staff=ListStaff(vault, store),
            change_pin=ChangePin(vault, lambda: DATA_KEY, lambda: store, randomness),
            request_pin_reset=RequestPinReset(store, randomness),
        )

    def _print_shift(self, closed: ClosedShift) -> PrintedDocument:
        if self.paper.jam is not None:
            jam, self.paper.jam = self.paper.jam, None
            raise jam
        self.slips.append(closed)
        return PrintedDocument("shift.pdf", 1, 1_000, 1)

    def _choose_first_pin(self, session: Session, pin: str) -> None:
        del session
        if is_guessable(pin):
            raise RuleViolation("pin_weak", field="pin")
        self.chosen_pin, self.first_time = pin, False

    def _lock(self) -> None:
        self.locks += 1

    def _campaigns(self) -> tuple[CampaignInForce, ...]:
        with self.store.read() as reading:
            return reading.campaigns()

    def _unprinted(self) -> tuple[VoucherRecord, ...]:
        with self.store.read() as reading:
            return reading.vouchers(unprinted=True)

    def _save_proof(self) -> str:
        proof = self.store.proof()
        if proof is None:
            raise RuleViolation("proof_missing")
        return f"proof-{proof.ack.seq}.json"

    def _print_slip(self, report: RoadReport, language: str) -> str:
        self.road_slips.append((report, language))
        return "road-check.pdf"

    def _open_practice(self) -> None:
        if self.practice_fault is not None:
            raise self.practice_fault
        self.practices.append("opened")

    def _sync(self) -> SyncReport:
        self.syncs += 1
        if isinstance(self.sync_answer, Exception):
            raise self.sync_answer
        if not isinstance(self.sync_answer, SyncReport):
            self.sync_answer()
            state = self.store.state
            unsent = state.head.seq - state.acked_seq
            return SyncReport(0, state.acked_seq, state.durable_seq, unsent, 0, 0)
        seq = self.store.state.head.seq
        self.store.acknowledge(seq, seq)
        self.store.newest_proof = self._proof()
        return replace(self.sync_answer, acked_seq=seq)

    def _proof(self) -> Proof:
        head = self.store.state.head
        plain = Ack(
            head.terminal, head.epoch, head.seq, head.hash, head.seq, 1, self.clock.now_ms(),
            bytes(16),
        )  # fmt: skip
        ack = sign_ack(plain, OFFICE_KEY)
        return Proof(ack, ack.encode(), OFFICE_KEY.public_key, b"", b"")

    def _save_settings(self, settings: DeskSettings) -> None:
        if self.settings_fault is not None:
            raise self.settings_fault
        self.settings = settings
