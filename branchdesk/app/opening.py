"""Open a window on a terminal: the door at once, the desk behind it as soon as it is loaded.

Whoever starts the program types their code while store, cryptography and screens load on the store
lane. What is asked of the bank before then waits there. Light on purpose: what is heavy is imported
where it is used.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from branchdesk.devices.paths import TerminalHome, resource
from branchdesk.devices.system_clock import SystemClock
from branchdesk.devices.texts import load_texts
from branchdesk.ui.door import Door
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.dispatcher import QtBackground, QtTimers
from branchdesk.ui.shell.first_paint import say_when_usable
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.wardrobe import Wardrobe

if TYPE_CHECKING:
    from branchdesk.app.terminal import Terminal
    from branchdesk.application.models import Session
    from branchdesk.application.shift_records import StaffKey
    from branchdesk.ui.shell.services import DeskServices, SignedIn
    from branchdesk.ui.window import Desk


@dataclass(frozen=True, slots=True)
class _DoorServices:
    """What the door asks for; all but ``now_ms`` waits until the bank is loaded."""

    sign_in: "Callable[[str, str], SignedIn]"
    choose_first_pin: "Callable[[Session, str], object]"
    staff_keys: "Callable[[], tuple[StaffKey, ...]]"
    now_ms: Callable[[], int]
    sign_in_hint: tuple[str, str, str] | None
    open_practice: Callable[[], object] | None


class Opening:
    """A window that opens on a terminal's home; ``desk`` and ``terminal`` come when loaded."""

    def __init__(
        self,
        window: MainWindow,
        home: TerminalHome,
        settings: DeskSettings,
        save_settings: Callable[[DeskSettings], object],
        *,
        hint: tuple[str, str, str] | None,
        on_bug: Callable[[Exception], object],
    ) -> None:
        self._window, self._home, self._hint = window, home, hint
        self._settings, self._save_settings = settings, save_settings
        self._loaded: Future[DeskServices] = Future()
        self._terminal: Terminal | None = None
        self.desk: Desk | None = None
        self._background = QtBackground(window, on_bug)
        texts = load_texts(resource("resources/texts"))
        self._door = Door(
            window,
            self._door_services(),
            Wardrobe(window, texts, resource("resources"), settings),
            background=self._background,
            timers=QtTimers(window),
        )

    @property
    def terminal(self) -> "Terminal":
        """The terminal behind the desk; only once it is loaded."""
        assert self._terminal is not None, "there is a terminal once the desk is there"
        return self._terminal

    def begin(self) -> None:
        """Show the door and load what is behind it."""
        # First in the lane: what the door asks there waits for it.
        self._background.submit(Lane.STORE, self._load, self._build, self._failed)
        if self._home.keys_file.exists():
            # A machine that joined no bank yet is asked for its code instead, by the desk.
            self._door.open()
            say_when_usable(self._window)

    def close(self) -> None:
        """End the background work and close the store."""
        self._background.close()
        if self._terminal is not None:
            self._terminal.close()

    def _door_services(self) -> _DoorServices:
        loaded, home = self._loaded, self._home

        def open_practice() -> None:
            from branchdesk.app.practice.launch import open_practice

            open_practice(home)

        return _DoorServices(
            sign_in=lambda staff, pin: loaded.result().sign_in(staff, pin),
            choose_first_pin=lambda session, pin: loaded.result().choose_first_pin(session, pin),
            staff_keys=lambda: loaded.result().staff_keys(),
            now_ms=SystemClock().now_ms,
            sign_in_hint=self._hint,
            open_practice=open_practice,
        )

    def _load(self) -> "Terminal":
        from branchdesk.app.logs import log_to

        log_to(self._home.logs)
        # Only loaded here, so that the window's own thread finds them ready.
        import branchdesk.app.desk.services
        import branchdesk.ui.window  # noqa: F401
        from branchdesk.app.terminal import Terminal
        from branchdesk.domain.names import pinyin_full
        from branchdesk.domain.rules import evaluate_rule

        # Both load large tables at their first use; while the PIN is typed nobody waits for them.
        pinyin_full("预热")
        evaluate_rule("weekday > 0", {"weekday": 1})
        self._home.prepare()
        return Terminal(self._home)

    def _build(self, terminal: "Terminal") -> None:
        from branchdesk.app.desk.services import desk_services
        from branchdesk.ui.window import Desk

        self._terminal = terminal
        services = desk_services(terminal, self._settings, self._save_settings, self._hint)
        services = replace(services, open_practice=self._door.services.open_practice)
        self.desk = Desk(self._window, self._door, services, resource("resources"))
        self.desk.open()
        # After the desk's own slot: its draft is given to the lane before the lane closes.
        self._window.closing.connect(self._background.close)
        self._loaded.set_result(services)

    def _failed(self, error: Exception) -> None:
        self._loaded.set_exception(error)
        self._door.presenter.tell(error)
