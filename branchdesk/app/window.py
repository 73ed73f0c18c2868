"""The window, started: paint first, then load and wire everything behind the first frame.

Only PySide6, the resource locator and the settings are imported before the first frame; what comes
after it is imported inside functions on purpose.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from PySide6.QtWidgets import QApplication

from branchdesk.devices.paths import TerminalHome, resource, terminal_home
from branchdesk.devices.settings import Language, Settings, Theme, load_settings, save_settings
from branchdesk.ui.shell.first_paint import paint_first
from branchdesk.ui.shell.settings import LAYOUTS, DeskSettings
from branchdesk.ui.shell.window import MainWindow

if TYPE_CHECKING:
    from branchdesk.app.terminal import Terminal
    from branchdesk.application.models import SignedIn, SyncReport
    from branchdesk.application.ports import Reading
    from branchdesk.ui.shell.services import DeskServices

T = TypeVar("T")
P = ParamSpec("P")

_THEMES: Mapping[str, str] = {
    "system": "light", "light": "light", "dark": "dark", "high_contrast": "contrast",
}  # fmt: skip
_KEPT_THEMES: Mapping[str, Theme] = {
    "light": "light", "dark": "dark", "contrast": "high_contrast",
}  # fmt: skip


def run_window(home: TerminalHome | None = None, hint: tuple[str, str] | None = None) -> int:
    """Open the window on a terminal's home and stay until it is closed.

    ``hint`` is a staff code and PIN that a demonstration shows on its sign-in screen.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    home = home or terminal_home()
    settings = load_settings(home.settings_file)
    opened: list[Terminal] = []

    def go_on(window: MainWindow) -> None:
        opened.append(furnish(window, home, settings, hint))

    window = paint_first(resource("resources"), desk_settings(settings).theme, go_on)
    try:
        code = application.exec()
    finally:
        for terminal in opened:
            terminal.close()
        window.deleteLater()
    return code


def furnish(
    window: MainWindow,
    home: TerminalHome,
    settings: Settings,
    hint: tuple[str, str] | None = None,
) -> "Terminal":
    """Put the desk into a window that is already painted; return the terminal behind it."""
    from branchdesk.app.logs import capture_crashes, start_logging
    from branchdesk.app.terminal import Terminal
    from branchdesk.devices.texts import load_texts
    from branchdesk.ui.window import build_window

    home.prepare()
    start_logging(home.logs)
    capture_crashes(lambda kind: sys.stderr.write(f"branchdesk: {kind}; see {home.logs}\n"))
    terminal = Terminal(home)
    build_window(
        desk_services(terminal, settings, hint),
        load_texts(resource("resources/texts")),
        resource("resources"),
        desk_settings(settings),
        into=window,
        on_bug=_log_bug,
    )
    return terminal


def desk_settings(settings: Settings) -> DeskSettings:
    """Return this machine's settings as the window reads them."""
    layout = settings.voucher_layout if settings.voucher_layout in LAYOUTS else "a4"
    return DeskSettings(
        language=settings.language,
        theme=_THEMES[settings.theme],
        touch=settings.touch,
        layout=layout,
        auto_lock_ms=settings.auto_lock_s * 1000,
        sync_every_ms=settings.sync_interval_s * 1000,
    )


def desk_services(
    terminal: "Terminal", settings: Settings, hint: tuple[str, str] | None
) -> "DeskServices":
    """Name every use case that the window may call; each waits for the store's own lock."""
    from branchdesk.app.rhythm import SyncRhythm
    from branchdesk.application.list_offers import ListOffers
    from branchdesk.application.read_status import ReadStatus
    from branchdesk.application.register_customer import FindDuplicates
    from branchdesk.application.shifts import OpenShift
    from branchdesk.application.show_customers import FindCustomers, RevealCustomer
    from branchdesk.sync.background import SyncLoop
    from branchdesk.ui.shell.services import DeskServices

    def with_store(make: "Callable[[Terminal], Callable[P, T]]") -> Callable[P, T]:
        """Make a use case when it is called: the store opens with the first sign-in."""

        def call(*arguments: P.args, **named: P.kwargs) -> T:
            return make(terminal)(*arguments, **named)

        return call

    interval_ms = desk_settings(settings).sync_every_ms
    loop = SyncLoop(
        lambda: _sync(terminal), terminal.clock, terminal.randomness, interval_ms=interval_ms
    )
    rhythm = SyncRhythm(loop, terminal.clock, interval_ms=interval_ms)
    return DeskServices(
        sign_in=lambda staff, pin: _sign_in(terminal, staff, pin),
        choose_first_pin=with_store(lambda t: t.choose_pin),
        open_shift=with_store(lambda t: OpenShift(t.store, t.randomness)),
        lock=lambda: None,
        read_status=with_store(lambda t: ReadStatus(t.store)),
        campaigns=lambda: _reading(terminal, lambda reading: reading.campaigns()),
        sync_now=rhythm.sync_now,
        next_sync_ms=rhythm.next_sync_ms,
        register_customer=with_store(lambda t: t.register_customer),
        issue_voucher=with_store(lambda t: t.issue_voucher),
        find_customers=with_store(lambda t: FindCustomers(t.store)),
        find_duplicates=with_store(lambda t: FindDuplicates(t.store)),
        list_offers=with_store(lambda t: ListOffers(t.store, t.clock)),
        reveal_customer=with_store(lambda t: RevealCustomer(t.store, t.randomness)),
        print_vouchers=with_store(lambda t: t.print_vouchers),
        unprinted=lambda: _reading(terminal, lambda reading: reading.vouchers(unprinted=True)),
        drafts=_StoreDrafts(terminal),
        new_intent=lambda: str(terminal.randomness.intent_id()),
        now_ms=terminal.clock.now_ms,
        show_document=_show_document,
        save_settings=lambda desk: _save_settings(terminal.home.settings_file, settings, desk),
        sign_in_hint=hint,
    )


class _StoreDrafts:
    """Drafts of the store that is open now; before anybody signed in there are none."""

    def __init__(self, terminal: "Terminal") -> None:
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


def _sign_in(terminal: "Terminal", staff: str, pin: str) -> "SignedIn":
    from branchdesk.domain.names import pinyin_full
    from branchdesk.domain.rules import evaluate_rule

    signed_in = terminal.sign_in(staff, pin)
    # Both load large tables at their first use; here nobody waits for a key press yet.
    pinyin_full("预热")
    evaluate_rule("weekday > 0", {"weekday": 1})
    return signed_in


def _sync(terminal: "Terminal") -> "SyncReport":
    import structlog

    report = terminal.synchronise()
    structlog.get_logger().info("synchronised", pushed=report.pushed, unsent=report.unsent)
    return report


def _reading(terminal: "Terminal", ask: "Callable[[Reading], T]") -> "T":
    with terminal.store.read() as reading:
        return ask(reading)


def _show_document(path: str) -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(path))


def _save_settings(path: Path, kept: Settings, desk: DeskSettings) -> None:
    theme = kept.theme if _THEMES[kept.theme] == desk.theme else _KEPT_THEMES[desk.theme]
    language: Language = "en" if desk.language == "en" else "zh"
    changed = replace(
        kept, language=language, theme=theme, touch=desk.touch, voucher_layout=desk.layout
    )
    save_settings(path, changed)


def _log_bug(error: Exception) -> None:
    sys.excepthook(type(error), error, error.__traceback__)
