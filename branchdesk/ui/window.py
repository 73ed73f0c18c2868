"""Put the window together: views, presenters, actions and look, from callables it is given.

The only module of the window that names every part. It must not know how services work inside.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from branchdesk.domain.identity import Document
from branchdesk.ui.acts import connect_actions
from branchdesk.ui.books.wiring import build_books
from branchdesk.ui.counter.wiring import build_counter
from branchdesk.ui.customer.wiring import build_customer
from branchdesk.ui.door import Door
from branchdesk.ui.enrol.view import EnrolView
from branchdesk.ui.enrol.wiring import build_enrol
from branchdesk.ui.help.pages import FIRST, PAGES
from branchdesk.ui.help.wiring import build_help
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.dispatcher import QtBackground, QtTimers
from branchdesk.ui.kit.look import ScreenView
from branchdesk.ui.kit.words import Phrase, Texts, Tone
from branchdesk.ui.neighbourhood import Neighbourhood
from branchdesk.ui.rejoin.wiring import build_rejoin
from branchdesk.ui.scan.wedge import Framing
from branchdesk.ui.scan.wiring import build_scan
from branchdesk.ui.settings.wiring import build_settings
from branchdesk.ui.shell.action_set import ActionSet
from branchdesk.ui.shell.practice_band import PracticeBand
from branchdesk.ui.shell.presenter import ShellPresenter
from branchdesk.ui.shell.screens import ScreenPresenter, Surroundings
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.shortcut_sheet import ShortcutSheet
from branchdesk.ui.shell.state import Page, Screen, ShellState
from branchdesk.ui.shell.view import ShellView
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.shift.wiring import build_shift
from branchdesk.ui.sign_in.presenter import Entry
from branchdesk.ui.sync.state import Tab
from branchdesk.ui.sync.wiring import build_sync
from branchdesk.ui.verdict.wiring import build_verdict
from branchdesk.ui.wardrobe import Wardrobe


def build_window(
    services: DeskServices,
    texts: Texts,
    resources: Path,
    settings: DeskSettings,
    *,
    into: MainWindow | None = None,
    on_bug: Callable[[Exception], object] | None = None,
) -> MainWindow:
    """Return the finished window, in ``into`` when a first frame is already shown.

    An application with the bundled fonts must exist (``first_paint.prepare``). ``on_bug`` hears
    exceptions outside our error tree. Closing the window ends its background work.
    """
    window = into or MainWindow(settings.theme)
    title = "practice.name" if services.is_practice else "app.name"
    wardrobe = Wardrobe(window, texts, resources, settings, title)
    background = QtBackground(window, on_bug)
    timers = QtTimers(window)
    door = Door(window, services, wardrobe, background=background, timers=timers)
    Desk(window, door, services, resources).open()
    # Connected after the desk's own slot: its draft is given to the lane before the lane closes.
    window.closing.connect(background.close)
    return window


class Desk(QObject):
    """The wired window; tests build it over fakes of background and timers."""

    def __init__(
        self,
        window: MainWindow,
        door: Door,
        services: DeskServices,
        resources: Path,
    ) -> None:
        super().__init__(window)
        self.window, self.services = window, services
        self.door, self.wardrobe = door, door.wardrobe
        background, timers = door.background, door.timers
        self._background, settings = background, door.wardrobe.settings
        self._shown: object = None
        self.shell_view = ShellView(window)
        self.shortcuts = ShortcutSheet(window)
        self.help_view, self.help = build_help(
            self.shell_view, background, resources / "help", settings.language, self.shortcuts.open
        )
        self.settings_view, self.preferences = build_settings(
            self.shell_view, self.wardrobe.change, settings, window.scale_max,
            background=background, scanner=services.scanner,
        )  # fmt: skip
        self.actions = ActionSet(window)
        self.shell = ShellPresenter(self, background, timers, services, settings)
        self.neighbours = Neighbourhood(self)
        around = Surroundings(background, timers, services, self.neighbours, settings)
        self.sign_in_view, self.sign_in = door.view, door.presenter
        door.lead_to(self.enter, self.neighbours.sound)
        self.enrol_view: EnrolView | None = None
        if services.enrolment is not None:
            self.enrol_view, self.enrol = build_enrol(
                self.shell_view,
                background,
                services.enrolment,
                self.welcome,
                services.open_practice,
            )
        self.rejoin_view, self.rejoin = build_rejoin(
            self.shell_view,
            background,
            services.rejoin,
            leave=self.shell.return_to_desk,
            joined=self.shell.work_done,
        )
        self._build_screens(around)
        self.practice_band = self._practice_band() if services.is_practice else None
        over = self.shell_view.desk
        self.verdict_view, self.verdict = build_verdict(
            over, background, services.verdict, self.neighbours, lambda: self.shell.session
        )
        framing = Framing(settings.scanner_prefix, settings.scanner_suffix)
        self.scan_view, self.scan, self.serial = build_scan(
            window, over, timers, self, lambda: self.shell.at_desk, framing, services.scanner
        )
        self.shell.join(self.sign_in, self._presenters, self.sync_screen.sync_changed)
        self._connect_screens()
        self._hang()
        connect_actions(self)

    def _build_screens(self, around: Surroundings) -> None:
        """Build every screen of the desk; the rail finds them by name."""
        self.counter_view, self.counter = build_counter(self.shell_view, around)
        self.customer_view, self.customer = build_customer(self.shell_view, around)
        self.sync_view, self.sync_screen = build_sync(self.shell_view, around)
        self.shift_view, self.shift = build_shift(self.shell_view, around)
        self.books_view, self.books = build_books(self.shell_view, around)
        self._views: dict[Screen, ScreenView] = {
            Screen.COUNTER: self.counter_view,
            Screen.CUSTOMER: self.customer_view,
            Screen.SYNC: self.sync_view,
            Screen.SHIFT: self.shift_view,
            Screen.BOOKS: self.books_view,
        }
        self._presenters: dict[Screen, ScreenPresenter] = {
            Screen.COUNTER: self.counter,
            Screen.CUSTOMER: self.customer,
            Screen.SYNC: self.sync_screen,
            Screen.SHIFT: self.shift,
            Screen.BOOKS: self.books,
        }

    def open(self) -> None:
        """Dress everything and stand behind the door; what is being typed there goes on."""
        typing = self.window.focusWidget()
        self.shell_view.add(self.sign_in_view, self._views, self.rejoin_view, self.enrol_view)
        self.wardrobe.dress()
        self.render(self.shell.state)
        self.window.install(self.shell_view)
        if typing is not None:
            typing.setFocus(Qt.FocusReason.OtherFocusReason)
        self.door.start()
        if self.enrol_view is not None:
            self.enrol.start()

    # -- what is shown --------------------------------------------------------

    def render(self, state: ShellState) -> None:
        """Show the shell's state and allow what it allows."""
        self.shell_view.render(state)
        if not self.shell.at_desk:
            self.verdict.close()
        self.covered()

    def return_cursor(self) -> bool:
        """Put the cursor back where it was on the screen shown; False when that is not there."""
        return self.shell_view.return_cursor()

    def covered(self) -> None:
        """Allow what can be used now, also while the check of a voucher is open; what was said
        over something else goes.
        """
        shown = (self.shell.state.page, self.shell.state.screen, self.verdict.is_open)
        if shown != self._shown:
            self._shown = shown
            self.scan.hush()
        self.actions.allow(
            signed_in=self.shell.at_desk,
            screen=self.shell.state.screen,
            covered=self.verdict.is_open,
        )

    def check_voucher(self, text: str) -> None:
        """Say what a scanned voucher is worth, over whatever is shown; a number of an open register
        is entered there.
        """
        self.shortcuts.close()
        is_register = self.shell.state.screen is Screen.BOOKS and not self.verdict.is_open
        if is_register and self.books.scan(text):
            return
        self.verdict.check(text)

    def take_document(self, document: Document) -> None:
        """Take a scanned document to the counter."""
        self.shortcuts.close()
        self.verdict.close()
        self.at_counter(partial(self.counter.scan_document, document.type, document.number))

    def welcome(self, staff: str, message: Phrase, tone: Tone) -> None:
        """Show the door to who has joined this terminal to head office."""
        self.shell.enrolled()
        self.sign_in.welcome(staff, message, tone)

    def join_again(self) -> None:
        """Show the page on which this terminal joins head office again."""
        self.shell.leave_for_rejoining()
        self.rejoin.open()

    def enter(self, entry: Entry) -> None:
        """Let somebody in, and remember their staff code for the next time."""
        settings = self.wardrobe.settings
        if entry.staff.code != settings.last_staff:
            self.wardrobe.change(replace(settings, last_staff=entry.staff.code))
        self.shell.enter(entry)

    # -- panels beside the work ------------------------------------------------

    def open_help(self) -> None:
        """Open the help at the page of what is shown, or close it from inside."""
        if self.help.state.is_open and self.help_view.has_focus():
            self.help.close()
            return
        state = self.shell.state
        if self.verdict.is_open:
            self.help.open("verdict")
            return
        wanted = state.screen.value if state.page is Page.DESK else Page.SIGN_IN.value
        if wanted == Screen.SYNC.value and self.sync_screen.state.tab is Tab.ROAD:
            wanted = "offline"
        self.help.open(wanted if wanted in PAGES else FIRST)

    def toggle_settings(self) -> None:
        """Open the settings, or close them from inside."""
        if self.preferences.state.is_open and self.settings_view.has_focus():
            self.preferences.close()
        else:
            self.preferences.open()

    def back(self) -> None:
        """Step back by one: out of a panel when the cursor is there, else out of the check of a
        voucher, else on the screen.
        """
        if self.help_view.has_focus():
            self.help.close()
        elif self.settings_view.has_focus():
            self.preferences.close()
        elif self.verdict.is_open:
            self.verdict.back()
        else:
            self.shell.back()

    def finish(self) -> None:
        """Press the button that finishes what is shown; say so where nothing waits for that."""
        over = self.verdict_view if self.verdict.is_open else self._views[self.shell.state.screen]
        shown = [made for made in over.finishers() if made.isVisible()]
        if shown:
            shown[0].click()
        else:
            self.scan.say("desk.nothing_to_finish", Tone.INFO)

    def answer_idle(self, key: str) -> None:
        """Say of a key that means nothing here what to do first, or where it does."""
        wanted = "desk.esc_first" if self.verdict.is_open else "desk.key_idle"
        self.scan.say(wanted, Tone.INFO, pressed=key)

    def _hang(self) -> None:
        """Say what is dressed, and who hears of changed settings."""
        self.wardrobe.hang(self.shell_view, *self._views.values())
        self.wardrobe.hang(self.verdict_view, self.scan_view, self.rejoin_view)
        self.wardrobe.hang(self.help_view, self.settings_view, self.shortcuts, self.actions)
        for sometimes in (self.practice_band, self.enrol_view):
            if sometimes is not None:
                self.wardrobe.hang(sometimes)
        self.wardrobe.tell(self.shell.apply_settings, self.preferences.take_over, self._save)
        self.wardrobe.tell(lambda settings: self.help.speak(settings.language))
        if self.serial is not None:
            self.wardrobe.tell(self._follow_port)

    def _follow_port(self, settings: DeskSettings) -> None:
        assert self.serial is not None, "told of settings only where there is one"
        if not settings.scanner_port:
            self.shell.scanner_stands(None)
        self.serial.follow(settings.scanner_port, settings.scanner_device)

    def _save(self, settings: DeskSettings) -> None:
        self._background.submit(
            Lane.STORE,
            partial(self.services.save_settings, settings),
            failed=self.preferences.not_saved,
        )

    def _practice_band(self) -> PracticeBand:
        band = PracticeBand(self.shell_view)
        self.shell_view.put_above(band)
        if self.services.start_over is not None:
            band.start_over_wanted.connect(self.services.start_over)
        return band

    # -- connections ---------------------------------------------------------

    def _connect_screens(self) -> None:
        self.shell_view.sync_wanted.connect(self.shell.sync)
        self.shell_view.status.asked.connect(self.shell.open)
        self.shell_view.rejoin_wanted.connect(self.join_again)
        self.shell_view.shift_wanted.connect(partial(self.shell.open, Screen.SHIFT))
        if self.serial is not None:
            self.serial.stood.connect(self.preferences.scanner_stands)
            self.serial.stood.connect(self.shell.scanner_stands)
            self.serial.read.connect(lambda _: self.window.active.emit())
            chosen = self.wardrobe.settings
            self.serial.follow(chosen.scanner_port, chosen.scanner_device)
            self.window.closing.connect(self.serial.close)
        # A synchronisation that runs would keep the window's threads until its next request.
        self.window.closing.connect(self.services.stop_sync)
        self.window.active.connect(self.shell.activity)
        self.window.closing.connect(self.wardrobe.keep_geometry)
        for presenter in self._presenters.values():
            self.window.closing.connect(presenter.close)

    def at_counter(self, act: Callable[[], object]) -> None:
        """Act at the counter, which is shown first."""
        if self.shell.state.screen is not Screen.COUNTER:
            self.shell.open(Screen.COUNTER)
        act()
