"""Put the window together: views, presenters, actions and look, from callables it is given.

The only module of the window that names every part. It must not know how services work inside.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from branchdesk.application.models import CustomerLine, Session
from branchdesk.domain.identity import Document
from branchdesk.ui.counter.wiring import build_counter
from branchdesk.ui.customer.wiring import build_customer
from branchdesk.ui.door import Door
from branchdesk.ui.enrol.view import EnrolView
from branchdesk.ui.enrol.wiring import build_enrol
from branchdesk.ui.help.pages import FIRST, PAGES
from branchdesk.ui.help.wiring import build_help
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.dispatcher import QtBackground, QtTimers
from branchdesk.ui.kit.look import Dressed, Look, ScreenView
from branchdesk.ui.kit.words import Phrase, Texts, Tone
from branchdesk.ui.scan.wedge import Framing
from branchdesk.ui.scan.wiring import build_scan
from branchdesk.ui.settings.wiring import build_settings
from branchdesk.ui.shell.action_set import ActionSet
from branchdesk.ui.shell.actions import OPENERS, ActionId
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
    wardrobe = Wardrobe(window, texts, resources, title)
    background = QtBackground(window, on_bug)
    timers = QtTimers(window)
    door = Door(window, services, wardrobe, settings, background=background, timers=timers)
    Desk(window, door, services, resources, settings).open()
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
        settings: DeskSettings,
    ) -> None:
        super().__init__(window)
        self.window, self.services, self.settings = window, services, settings
        self.door, self._wardrobe = door, door.wardrobe
        background, timers = door.background, door.timers
        self._background = background
        self.shell_view = ShellView(window)
        self.shortcuts = ShortcutSheet(window)
        self.help_view, self.help = build_help(
            self.shell_view, background, resources / "help", settings.language, self.shortcuts.open
        )
        self.settings_view, self.preferences = build_settings(
            self.shell_view, self._change, settings, window.scale_max
        )
        self.actions = ActionSet(window)
        self.shell = ShellPresenter(self, background, timers, services, settings)
        around = Surroundings(background, timers, services, self, settings)
        self.sign_in_view, self.sign_in = door.view, door.presenter
        door.lead_to(self.enter, self.sound)
        self.enrol_view: EnrolView | None = None
        if services.enrolment is not None:
            self.enrol_view, self.enrol = build_enrol(
                self.shell_view,
                background,
                services.enrolment,
                self.welcome,
                services.open_practice,
            )
        self._build_screens(around)
        self.practice_band = self._practice_band() if services.is_practice else None
        over = self.shell_view.desk
        self.verdict_view, self.verdict = build_verdict(over, background, services.verdict, self)
        framing = Framing(settings.scanner_prefix, settings.scanner_suffix)
        self.scan_view, self.scan = build_scan(
            window, over, timers, self, lambda: self.shell.signed_in, framing
        )
        self.shell.join(self.sign_in, self._presenters, self.sync_screen.sync_changed)
        self._connect_screens()
        self._connect_actions()

    def _build_screens(self, around: Surroundings) -> None:
        """Build every screen of the desk; the rail finds them by name."""
        self.counter_view, self.counter = build_counter(self.shell_view, around)
        self.customer_view, self.customer = build_customer(self.shell_view, around)
        self.sync_view, self.sync_screen = build_sync(self.shell_view, around)
        self.shift_view, self.shift = build_shift(self.shell_view, around)
        self._views: dict[Screen, ScreenView] = {
            Screen.COUNTER: self.counter_view,
            Screen.CUSTOMER: self.customer_view,
            Screen.SYNC: self.sync_view,
            Screen.SHIFT: self.shift_view,
        }
        self._presenters: dict[Screen, ScreenPresenter] = {
            Screen.COUNTER: self.counter,
            Screen.CUSTOMER: self.customer,
            Screen.SYNC: self.sync_screen,
            Screen.SHIFT: self.shift,
        }

    def open(self) -> None:
        """Dress everything and stand behind the door; what is being typed there goes on."""
        typing = self.window.focusWidget()
        self.shell_view.add(self.sign_in_view, self._views, self.enrol_view)
        self._dress()
        self.render(self.shell.state)
        self.window.install(self.shell_view)
        if typing is not None:
            typing.setFocus(Qt.FocusReason.OtherFocusReason)
        self.door.start()
        if self.enrol_view is not None:
            self.enrol.start()

    # -- what screens ask of the window --------------------------------------

    def render(self, state: ShellState) -> None:
        """Show the shell's state and allow what it allows."""
        self.shell_view.render(state)
        if not self.shell.signed_in:
            self.verdict.close()
        self.covered()

    def covered(self) -> None:
        """Allow what can be used now, also while the check of a voucher is open."""
        self.actions.allow(
            signed_in=self.shell.signed_in,
            screen=self.shell.state.screen,
            covered=self.verdict.is_open,
        )

    def check_voucher(self, text: str) -> None:
        """Say what a scanned voucher is worth, over whatever is shown."""
        self.shortcuts.close()
        self.verdict.check(text)

    def take_document(self, document: Document) -> None:
        """Take a scanned document to the counter."""
        self.shortcuts.close()
        self.verdict.close()
        self._at_counter(partial(self.counter.scan_document, document.type, document.number))

    def work_done(self) -> None:
        """Something was committed: read the status again and send it when there is a line."""
        self.shell.work_done()

    def open_screen(self, screen: Screen) -> None:
        """Show a screen of the desk."""
        self.shell.open(screen)

    def show_customer(self, customer: str) -> None:
        """Show a customer's page."""
        self.customer.choose(customer)
        self.shell.open(Screen.CUSTOMER)

    def serve_customer(self, line: CustomerLine) -> None:
        """Go on with a customer at the counter."""
        self.shell.open(Screen.COUNTER)
        self.counter.serve(line)

    def customer_changed(self, customer: str, line: CustomerLine | None) -> None:
        """Show a customer at the counter as they are now."""
        self.counter.person_changed(customer, line)

    def sync(self) -> None:
        """Synchronise now."""
        self.shell.sync()

    def stop_sync(self) -> None:
        """Let the synchronisation that runs end; what was signed for stays."""
        self.shell.stop_sync()

    def lock(self) -> None:
        """Hide everything behind the PIN."""
        self.shell.lock()

    def sound(self, tone: Tone) -> None:
        """Let the result of an act be heard, unless sounds are off; nobody waits for it."""
        if self.settings.sounds:
            self._background.submit(Lane.NETWORK, partial(self.services.sound, tone))

    def shift_opened(self, session: Session) -> None:
        """Go on in the shift that is open now."""
        self.shell.shift_opened(session)

    def hand_over(self, entry: Entry) -> None:
        """Somebody else is at the desk now, and goes on serving."""
        self.enter(entry)
        self.shell.open(Screen.COUNTER)

    def sign_out(self) -> None:
        """Leave the desk for the door."""
        self.shell.sign_out()

    def pause(self, word: str) -> None:
        """Lock the desk and show a word to whoever comes by."""
        self.shell.lock(word)

    def welcome(self, staff: str, message: Phrase, tone: Tone) -> None:
        """Show the door to who has joined this terminal to head office."""
        self.shell.enrolled()
        self.sign_in.welcome(staff, message, tone)

    def enter(self, entry: Entry) -> None:
        """Let somebody in, and remember their staff code for the next time."""
        if entry.staff.code != self.settings.last_staff:
            self._set(replace(self.settings, last_staff=entry.staff.code))
        self.shell.enter(entry)

    def layout_chosen(self, layout: str) -> None:
        """Remember the layout that vouchers are printed in."""
        self._set(replace(self.settings, layout=layout))

    def talk_shown(self, *, is_open: bool) -> None:
        """Remember whether the talk track stands beside the form."""
        self._set(replace(self.settings, talk_open=is_open))

    # -- help ----------------------------------------------------------------

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
        self.help.open(wanted if wanted in PAGES else FIRST)

    def back(self) -> None:
        """Step back by one: out of a panel when the cursor is there, else out of the check of a
        voucher, else on the screen.
        """
        if self.help_view.has_focus():
            self.help.close()
        elif self.settings_view.has_focus():
            self.preferences.close()
        elif self.verdict.is_open:
            self.verdict.close()
        else:
            self.shell.back()

    # -- look and language ---------------------------------------------------

    def switch_language(self) -> None:
        """Speak the other language from now on."""
        self._change(replace(self.settings, language=self.settings.next_language()))

    def switch_theme(self) -> None:
        """Wear the next theme from now on."""
        self._change(replace(self.settings, theme=self.settings.next_theme()))

    def switch_touch(self) -> None:
        """Make controls larger for fingers, or smaller again."""
        self._change(replace(self.settings, touch=not self.settings.touch))

    def switch_sounds(self) -> None:
        """Turn sounds off, or on again; turning them on is heard."""
        self._change(replace(self.settings, sounds=not self.settings.sounds))
        self.sound(Tone.SUCCESS)

    def toggle_settings(self) -> None:
        """Open the settings, or close them from inside."""
        if self.preferences.state.is_open and self.settings_view.has_focus():
            self.preferences.close()
        else:
            self.preferences.open()

    def look(self) -> Look:
        """Return the look that the settings ask for."""
        return self._wardrobe.look(self.settings)

    def _change(self, settings: DeskSettings) -> None:
        """Make settings those of the window: heard, seen and kept from now on."""
        before = self.settings
        self._set(settings)
        if (before.language, before.theme, before.touch) != (
            settings.language, settings.theme, settings.touch
        ):  # fmt: skip
            self.help.speak(settings.language)
            self._dress()

    def _set(self, settings: DeskSettings) -> None:
        self.settings = settings
        self.shell.apply_settings(settings)
        self.preferences.take_over(settings)
        self._background.submit(
            Lane.STORE,
            partial(self.services.save_settings, settings),
            failed=self.preferences.not_saved,
        )

    def _keep_geometry(self) -> None:
        self._set(replace(self.settings, geometry=self.window.geometry_text()))

    def _dress(self) -> None:
        views: list[Dressed] = [
            self.shell_view,
            self.sign_in_view,
            *self._views.values(),
            self.verdict_view,
            self.scan_view,
            self.help_view,
            self.settings_view,
            self.shortcuts,
        ]
        if self.practice_band is not None:
            views.append(self.practice_band)
        if self.enrol_view is not None:
            views.append(self.enrol_view)
        self._wardrobe.dress(self.settings, views)
        self.actions.dress(self.look())

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
        # A synchronisation that runs would keep the window's threads until its next request.
        self.window.closing.connect(self.services.stop_sync)
        self.window.active.connect(self.shell.activity)
        self.window.closing.connect(self._keep_geometry)
        for presenter in self._presenters.values():
            self.window.closing.connect(presenter.close)

    def _connect_actions(self) -> None:
        does: dict[ActionId, Callable[[], object]] = {
            ActionId.HELP: self.open_help,
            ActionId.SHORTCUTS: self.shortcuts.open,
            ActionId.NEXT_PERSON: partial(self._at_counter, self.counter.next_person),
            ActionId.FIND: self._find,
            ActionId.FIND_OFFER: self.counter.find_offer,
            ActionId.TALK: self.counter.talk.fold,
            ActionId.SYNC: self.shell.sync,
            ActionId.PRINT_WAITING: partial(self._at_counter, self.counter.print_waiting),
            ActionId.SUBMIT: self.counter.submit,
            ActionId.SERVE: self.customer.serve,
            ActionId.UNDO: self.customer.acts.undo,
            ActionId.CHECK_VOUCHER: self.verdict.ask,
            ActionId.BACK: self.back,
            ActionId.LOCK: self.shell.lock,
            ActionId.LANGUAGE: self.switch_language,
            ActionId.THEME: self.switch_theme,
            ActionId.TOUCH: self.switch_touch,
            ActionId.SETTINGS: self.toggle_settings,
            ActionId.SOUNDS: self.switch_sounds,
            ActionId.SCALE: self.preferences.next_scale,
            ActionId.QUIT: self.window.close,
        }
        for wanted, call in does.items():
            self.actions.connect_to(wanted, call)
        self.actions.connect_offers(self.counter.toggle_number)
        for wanted, made in self.shell_view.header.buttons.items():
            made.clicked.connect(self.actions.actions[wanted].trigger)
        for screen, opener in OPENERS.items():
            self.actions.connect_to(opener, partial(self._open, screen))
            self.shell_view.rail.buttons[screen].clicked.connect(
                self.actions.actions[opener].trigger
            )

    def _open(self, screen: Screen) -> None:
        if screen is Screen.CUSTOMER and self.shell.state.screen is Screen.COUNTER:
            self.counter.show_page()
        else:
            self.shell.open(screen)

    def _find(self) -> None:
        if self.shell.state.screen is Screen.CUSTOMER:
            self.customer.find()
        else:
            self._at_counter(self.counter.find)

    def _at_counter(self, act: Callable[[], object]) -> None:
        if self.shell.state.screen is not Screen.COUNTER:
            self.shell.open(Screen.COUNTER)
        act()
