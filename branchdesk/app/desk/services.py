"""The window's own services. Each waits for the store's lock, away from the window's thread.

Use cases are made when they are called: the store opens with the first sign-in.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import structlog
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from branchdesk.app.desk.books import book_services
from branchdesk.app.desk.camera import camera_services
from branchdesk.app.desk.customer import customer_services
from branchdesk.app.desk.on_store import on_store
from branchdesk.app.desk.papers import paper_services
from branchdesk.app.desk.sync import sync_services
from branchdesk.app.rhythm import SyncRhythm, SyncWatch
from branchdesk.app.terminal import Terminal
from branchdesk.application.list_offers import ListOffers
from branchdesk.application.models import SignedIn, SyncReport
from branchdesk.application.ports import Reading
from branchdesk.application.read_status import ReadStatus
from branchdesk.application.register_customer import FindDuplicates
from branchdesk.application.shifts import ShowShift
from branchdesk.application.show_customers import FindCustomers, RevealCustomer
from branchdesk.application.verify_voucher import VerifyVoucher
from branchdesk.devices.code_pictures import codes_in_grey, read_codes
from branchdesk.devices.device_secret import SecretKind, has_key_store
from branchdesk.devices.paths import resource
from branchdesk.devices.serial_scanner import Hearing, SerialScanner, serial_ports
from branchdesk.devices.sounds import Sound, SystemSounds
from branchdesk.errors import RuleViolation
from branchdesk.sync.background import SyncLoop
from branchdesk.ui.enrol.services import EnrolServices, KeptIn
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.rejoin.services import RejoinServices
from branchdesk.ui.scan.services import ListenAt, OpenScanner, ScannerServices
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shift.services import ShiftServices
from branchdesk.ui.verdict.services import PictureServices, RedeemServices, VerdictServices

T = TypeVar("T")


def desk_services(
    terminal: Terminal,
    settings: DeskSettings,
    save_settings: Callable[[DeskSettings], object],
    hint: tuple[str, str, str] | None,
) -> DeskServices:
    """Name every use case that the window may call."""
    interval_ms = settings.sync_every_ms
    watch = SyncWatch()
    loop = SyncLoop(
        lambda: _sync(terminal, watch), terminal.clock, terminal.randomness, interval_ms=interval_ms
    )
    rhythm = SyncRhythm(loop, terminal.clock, watch, interval_ms=interval_ms)
    return DeskServices(
        sign_in=lambda staff, pin: _sign_in(terminal, staff, pin),
        choose_first_pin=on_store(terminal, lambda t: t.choose_pin),
        staff_keys=lambda: tuple(map(terminal.vault.staff_key, terminal.vault.staff_codes())),
        shift=_shift_services(terminal),
        enrolment=None if terminal.is_enrolled() else _enrol_services(terminal),
        rejoin=RejoinServices(
            join=lambda code: terminal.rejoin(code).epoch, fetch=terminal.synchronise
        ),
        lock=lambda: None,
        read_status=on_store(terminal, lambda t: ReadStatus(t.store, t.clock)),
        campaigns=lambda: _reading(terminal, lambda reading: reading.campaigns()),
        sync_now=rhythm.sync_now,
        next_sync_ms=rhythm.next_sync_ms,
        sync_progress=watch.progress,
        stop_sync=watch.stop,
        register_customer=on_store(terminal, lambda t: t.register_customer),
        issue_voucher=on_store(terminal, lambda t: t.issue_voucher),
        find_customers=on_store(terminal, lambda t: FindCustomers(t.store)),
        find_duplicates=on_store(terminal, lambda t: FindDuplicates(t.store)),
        list_offers=on_store(terminal, lambda t: ListOffers(t.store, t.clock)),
        reveal_customer=on_store(terminal, lambda t: RevealCustomer(t.store, t.randomness)),
        draw_vouchers=on_store(terminal, lambda t: t.print_vouchers.draw),
        unprinted=lambda: _reading(terminal, lambda reading: reading.vouchers(unprinted=True)),
        papers=paper_services(terminal),
        books=book_services(terminal),
        verdict=_verdict_services(terminal),
        drafts=_StoreDrafts(terminal),
        customer=customer_services(terminal),
        new_intent=lambda: str(terminal.randomness.intent_id()),
        now_ms=terminal.clock.now_ms,
        show_document=_show_document,
        save_settings=save_settings,
        sync_screen=sync_services(terminal),
        sign_in_hint=hint,
        sound=_sounds(),
        scanner=ScannerServices(serial_ports, _listen_at(settings.scanner_baud)),
    )


def _listen_at(baud: int) -> ListenAt:
    def listen(
        port: str,
        device: str,
        reading: Callable[[], object],
        code: Callable[[str], object],
        stands: Callable[[str], object],
    ) -> OpenScanner:
        hearing = Hearing(reading, code, stands)
        return SerialScanner(port, hearing, device=device, baud=baud)

    return listen


def _enrol_services(terminal: Terminal) -> EnrolServices:
    def join(code: str, staff: str, pin: str) -> str:
        return terminal.enrol(code, staff, pin).outlet_name

    def fetch(staff: str) -> None:
        terminal.synchronise()
        terminal.require_listed(staff)

    return EnrolServices(join, fetch, _kept_in(terminal))


def _kept_in(terminal: Terminal) -> KeptIn:
    if terminal.secret_kind is SecretKind.PASSPHRASE:
        return KeptIn.PASSPHRASE
    return KeptIn.KEY_STORE if has_key_store() else KeptIn.NOWHERE


def _verdict_services(terminal: Terminal) -> VerdictServices:
    return VerdictServices(
        verify=on_store(terminal, lambda t: VerifyVoucher(t.store, t.clock)),
        campaigns=lambda: _reading(terminal, lambda reading: reading.campaigns()),
        redeem=_redeem_services(terminal),
        pictures=PictureServices(
            in_file=lambda path: read_codes(Path(path)),
            in_picture=lambda found: codes_in_grey(found.width, found.height, found.grey),
        ),
        recent=on_store(terminal, lambda t: t.list_redemptions),
        now_ms=terminal.clock.now_ms,
        camera=camera_services(),
    )


def _redeem_services(terminal: Terminal) -> RedeemServices:
    return RedeemServices(
        begin=on_store(terminal, lambda t: t.redeem_voucher.begin),
        settle=on_store(terminal, lambda t: t.redeem_voucher.settle),
        unanswered=on_store(terminal, lambda t: t.redeem_voucher.unanswered),
        begin_undo=on_store(terminal, lambda t: t.undo_redemption.begin),
        settle_undo=on_store(terminal, lambda t: t.undo_redemption.settle),
        undo_unanswered=on_store(terminal, lambda t: t.undo_redemption.unanswered),
        ask_office=terminal.ask_office,
        new_intent=lambda: str(terminal.randomness.intent_id()),
    )


def _shift_services(terminal: Terminal) -> ShiftServices:
    return ShiftServices(
        show=on_store(terminal, lambda t: ShowShift(t.store)),
        open=on_store(terminal, lambda t: t.open_shift),
        count=on_store(terminal, lambda t: t.count_shift),
        hand_over=on_store(terminal, lambda t: t.hand_over_shift),
        close=on_store(terminal, lambda t: t.close_shift),
        print_slip=on_store(terminal, lambda t: t.print_shift),
        list_staff=on_store(terminal, lambda t: t.list_staff),
        change_pin=on_store(terminal, lambda t: t.change_pin),
        request_pin_reset=on_store(terminal, lambda t: t.request_pin_reset),
    )


class _StoreDrafts:
    """Drafts of the store that is open now; before anybody signed in there are none."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def save(self, name: str, content: Mapping[str, object]) -> None:
        """Keep the newest content of a draft."""
        if self._terminal.is_open:
            self._terminal.store.drafts.save(name, content)

    def load(self, name: str) -> Mapping[str, object] | None:
        """Return a draft's content."""
        return self._terminal.store.drafts.load(name) if self._terminal.is_open else None

    def discard(self, name: str) -> None:
        """Forget a draft."""
        if self._terminal.is_open:
            self._terminal.store.drafts.discard(name)


def _sign_in(terminal: Terminal, staff: str, pin: str) -> SignedIn:
    try:
        return terminal.sign_in(staff, pin)
    except RuleViolation as violation:
        if violation.code != "staff_unknown" or not _knows_nobody(terminal):
            raise
    terminal.synchronise()
    return terminal.sign_in(staff, pin)


def _knows_nobody(terminal: Terminal) -> bool:
    """Say whether no one with a PIN here is on the list: the line broke right after joining."""
    listed = {member.code for member in _reading(terminal, lambda reading: reading.all_staff())}
    return not listed.intersection(terminal.vault.staff_codes())


def _sync(terminal: Terminal, watch: SyncWatch) -> SyncReport:
    report = terminal.synchronise(watch.tell, watch.is_stopped)
    structlog.get_logger().info("synchronised", pushed=report.pushed, unsent=report.unsent)
    return report


def _reading(terminal: Terminal, ask: Callable[[Reading], T]) -> T:
    with terminal.store.read() as reading:
        return ask(reading)


def _sounds() -> Callable[[Tone], None]:
    player = SystemSounds(resource("resources/sounds"))
    heard = {
        Tone.SUCCESS: Sound.GOOD,
        Tone.WARNING: Sound.ATTENTION,
        Tone.DANGER: Sound.ERROR,
    }

    def sound(tone: Tone) -> None:
        if tone in heard:
            player.play(heard[tone])

    return sound


def _show_document(path: str) -> bool:
    # False is certain: no program was found. True is not: on Linux a launcher was started, and
    # whether it found a reader it tells nobody.
    return QDesktopServices.openUrl(QUrl.fromLocalFile(path))
