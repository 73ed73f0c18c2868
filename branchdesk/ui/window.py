"""Put the window together: views, presenters, actions and look, from callables it is given.

The only module of the window that names every part. It must not know how services work inside.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from branchdesk.ui.counter.presenter import CounterPresenter
from branchdesk.ui.counter.view import CounterView
from branchdesk.ui.kit.background import Background, Timers
from branchdesk.ui.kit.dispatcher import QtBackground, QtTimers
from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.look import Look, qt_palette
from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.tokens import PALETTES, metrics
from branchdesk.ui.kit.words import Texts, Words
from branchdesk.ui.shell.action_set import ActionSet
from branchdesk.ui.shell.actions import ActionId
from branchdesk.ui.shell.help_view import HelpView
from branchdesk.ui.shell.presenter import ShellPresenter
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import ShellState
from branchdesk.ui.shell.view import ShellView
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.sign_in.presenter import SignInPresenter
from branchdesk.ui.sign_in.view import SignInView


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
    background = QtBackground(window, on_bug)
    Desk(window, background, QtTimers(window), services, texts, resources, settings).open()
    # Connected after the desk's own slot: its draft is given to the lane before the lane closes.
    window.closing.connect(background.close)
    return window


class Desk(QObject):
    """The wired window; tests build it over fakes of background and timers."""

    def __init__(  # noqa: PLR0917  (wiring: each part is named once, here)
        self,
        window: MainWindow,
        background: Background,
        timers: Timers,
        services: DeskServices,
        texts: Texts,
        resources: Path,
        settings: DeskSettings,
    ) -> None:
        super().__init__(window)
        self.window, self.services, self.settings = window, services, settings
        self._texts = texts
        self._icons = IconSet(resources / "icons")
        self.shell_view = ShellView(window)
        self.sign_in_view = SignInView(self.shell_view)
        self.counter_view = CounterView(self.shell_view)
        self.shell_view.add(self.sign_in_view, self.counter_view)
        self.help = HelpView(window)
        self.actions = ActionSet(window)
        self.shell = ShellPresenter(self, background, timers, services, settings)
        self.sign_in = SignInPresenter(
            self.sign_in_view,
            background,
            services.sign_in,
            services.choose_first_pin,
            self.shell.enter,
            hint=services.sign_in_hint,
        )
        self.counter = CounterPresenter(
            self.counter_view, background, timers, services, self, layout=settings.layout
        )
        self.shell.join(self.sign_in, self.counter)
        self._connect_screens()
        self._connect_actions()

    def open(self) -> None:
        """Dress everything, show the sign-in screen, and take the window's place."""
        self._dress()
        self.render(self.shell.state)
        self.window.install(self.shell_view)
        self.sign_in.start()

    # -- what presenters ask of the window -----------------------------------

    def render(self, state: ShellState) -> None:
        """Show the shell's state and allow what it allows."""
        self.shell_view.render(state)
        self.actions.allow(signed_in=self.shell.signed_in)

    def work_done(self) -> None:
        """Something was committed at the counter."""
        self.shell.work_done()

    def layout_chosen(self, layout: str) -> None:
        """Remember the layout that vouchers are printed in."""
        self._set(replace(self.settings, layout=layout))

    # -- look and language ---------------------------------------------------

    def switch_language(self) -> None:
        """Speak the other language from now on."""
        self._set(replace(self.settings, language=self.settings.next_language()))
        self._dress()

    def switch_theme(self) -> None:
        """Wear the next theme from now on."""
        self._set(replace(self.settings, theme=self.settings.next_theme()))
        self._dress()

    def switch_touch(self) -> None:
        """Make controls larger for fingers, or smaller again."""
        self._set(replace(self.settings, touch=not self.settings.touch))
        self._dress()

    def look(self) -> Look:
        """Return the look that the settings ask for."""
        words = Words(self._texts, self.settings.language)
        palette = PALETTES[self.settings.theme]
        return Look(words, palette, metrics(touch=self.settings.touch), self._icons)

    def _set(self, settings: DeskSettings) -> None:
        self.settings = settings
        self.shell.apply_settings(settings)
        self.services.save_settings(settings)

    def _dress(self) -> None:
        look = self.look()
        folder = self._icons.folder.as_posix()
        self.window.setPalette(qt_palette(look.palette))
        self.window.setStyleSheet(style_sheet(look.palette, look.metrics, folder))
        self.window.setWindowTitle(look.words.say("app.name"))
        for view in (self.shell_view, self.sign_in_view, self.counter_view, self.help):
            view.dress(look)
        self.actions.dress(look)

    # -- connections ---------------------------------------------------------

    def _connect_screens(self) -> None:
        self.sign_in_view.submitted.connect(self.sign_in.submit)
        self.sign_in_view.chosen.connect(self.sign_in.choose_pin)
        self.shell_view.sync_wanted.connect(self.shell.sync)
        self.window.active.connect(self.shell.activity)
        self.window.closing.connect(self.counter.close)
        view, counter = self.counter_view, self.counter
        view.form.edited.connect(counter.edit)
        view.form.adopted.connect(counter.choose)
        view.consents.answered.connect(counter.answer)
        view.search.typed.connect(counter.search)
        view.search.chosen.connect(counter.choose)
        view.person.reveal.clicked.connect(counter.ask_reveal)
        view.person.reveal_for.connect(counter.reveal)
        view.person.let_go.clicked.connect(counter.let_go)
        view.offers.ticked.connect(counter.toggle)
        view.basket.removed.connect(counter.toggle)
        view.basket.layout_chosen.connect(counter.choose_layout)
        view.basket.submit.clicked.connect(counter.submit)
        view.waiting.print.clicked.connect(counter.print_waiting)
        view.result.print_again.clicked.connect(counter.print_again)
        view.result.open.clicked.connect(counter.open_document)
        view.result.next.clicked.connect(counter.next_person)

    def _connect_actions(self) -> None:
        does: dict[ActionId, Callable[[], object]] = {
            ActionId.HELP: self.help.open,
            ActionId.NEXT_PERSON: self.counter.next_person,
            ActionId.FIND: self.counter.find,
            ActionId.SYNC: self.shell.sync,
            ActionId.PRINT_WAITING: self.counter.print_waiting,
            ActionId.SUBMIT: self.counter.submit,
            ActionId.BACK: self.counter.back,
            ActionId.LOCK: self.shell.lock,
            ActionId.LANGUAGE: self.switch_language,
            ActionId.THEME: self.switch_theme,
            ActionId.TOUCH: self.switch_touch,
            ActionId.QUIT: self.window.close,
        }
        for wanted, call in does.items():
            self.actions.connect_to(wanted, call)
        self.actions.connect_offers(self.counter.toggle_number)
        for wanted, made in self.shell_view.header.buttons.items():
            made.clicked.connect(self.actions.actions[wanted].trigger)
