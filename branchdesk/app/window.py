"""The window, started: paint first, then load and wire everything behind the first frame.

Only PySide6, the resource locator and the settings are imported before the first frame; what comes
after it is imported inside functions on purpose.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from branchdesk.devices.paths import TerminalHome, resource, terminal_home
from branchdesk.devices.settings import Language, Settings, Theme, load_settings, save_settings
from branchdesk.ui.shell.first_paint import paint_first
from branchdesk.ui.shell.settings import LAYOUTS, DeskSettings
from branchdesk.ui.shell.window import SCALE_VARIABLE, MainWindow

if TYPE_CHECKING:
    from branchdesk.app.opening import Opening
    from branchdesk.app.terminal import Terminal
    from branchdesk.ui.shell.services import DeskServices

_THEMES: Mapping[str, str] = {
    "system": "light", "light": "light", "dark": "dark", "high_contrast": "contrast",
}  # fmt: skip
_KEPT_THEMES: Mapping[str, Theme] = {
    "light": "light", "dark": "dark", "contrast": "high_contrast",
}  # fmt: skip


def run_window(
    home: TerminalHome | None = None,
    hint: tuple[str, str, str] | None = None,
    language: str = "",
) -> int:
    """Open the window on a terminal's home and stay until it is closed.

    ``language`` is ``zh``, ``en``, or "" for the one that was chosen in the window.
    ``hint`` is a staff code and PIN that a demonstration shows on its sign-in screen.
    """
    home = home or terminal_home()
    settings = load_settings(home.settings_file)
    if language:
        settings = replace(settings, language="en" if language == "en" else "zh")
    application = application_at_scale(settings)
    opened: list[Opening] = []

    def go_on(window: MainWindow) -> None:
        opened.append(open_door(window, home, settings, hint))

    desk = desk_settings(settings)
    window = paint_first(resource("resources"), desk.theme, go_on, desk.geometry)
    try:
        code = application.exec()
    finally:
        for opening in opened:
            opening.close()
        window.deleteLater()
    return code


def application_at_scale(settings: Settings) -> QCoreApplication:
    """Return the application, made at the scale that was chosen; the environment's own scale wins.

    Qt reads the scale when the application is made, so a change waits for the next start.
    """
    if settings.scale_percent != 100:
        os.environ.setdefault(SCALE_VARIABLE, str(settings.scale_percent / 100))
    return QApplication.instance() or QApplication(sys.argv[:1])


def open_door(
    window: MainWindow,
    home: TerminalHome,
    settings: Settings,
    hint: tuple[str, str, str] | None = None,
) -> "Opening":
    """Show the sign-in screen in a window that is already painted, and load the desk behind it."""
    from branchdesk.app.opening import Opening

    opening = Opening(
        window,
        home,
        desk_settings(settings),
        partial(_save_settings, home.settings_file, settings),
        hint=hint,
        on_bug=_log_bug,
    )
    opening.begin()
    return opening


def put_desk(
    window: MainWindow,
    terminal: "Terminal",
    settings: DeskSettings,
    save: Callable[[DeskSettings], object],
    *,
    hint: tuple[str, str, str] | None,
    change: "Callable[[DeskServices], DeskServices]",
) -> None:
    """Build the desk of ``terminal`` into a window; ``change`` says what is special about it."""
    from branchdesk.app.desk.services import desk_services
    from branchdesk.app.logs import log_to
    from branchdesk.devices.texts import load_texts
    from branchdesk.ui.window import build_window

    log_to(terminal.home.logs)
    build_window(
        change(desk_services(terminal, settings, save, hint)),
        load_texts(resource("resources/texts")),
        resource("resources"),
        settings,
        into=window,
        on_bug=_log_bug,
    )


def desk_settings(settings: Settings) -> DeskSettings:
    """Return this machine's settings as the window reads them."""
    layout = settings.voucher_layout if settings.voucher_layout in LAYOUTS else "a4"
    return DeskSettings(
        language=settings.language,
        theme=_THEMES[settings.theme],
        touch=settings.touch,
        layout=layout,
        talk_open=settings.talk_open,
        auto_lock_ms=settings.auto_lock_s * 1000,
        sync_every_ms=settings.sync_interval_s * 1000,
        scanner_prefix=settings.scanner_prefix,
        scanner_suffix=settings.scanner_suffix,
        scanner_port=settings.scanner_port,
        scanner_device=settings.scanner_device,
        scanner_baud=settings.scanner_baud,
        camera=settings.camera,
        sounds=settings.sounds,
        scale_percent=settings.scale_percent,
        geometry=settings.window,
        last_staff=settings.last_staff,
    )


def _save_settings(path: Path, kept: Settings, desk: DeskSettings) -> None:
    theme = kept.theme if _THEMES[kept.theme] == desk.theme else _KEPT_THEMES[desk.theme]
    language: Language = "en" if desk.language == "en" else "zh"
    changed = replace(
        kept,
        language=language,
        theme=theme,
        touch=desk.touch,
        voucher_layout=desk.layout,
        talk_open=desk.talk_open,
        auto_lock_s=desk.auto_lock_ms // 1000,
        sounds=desk.sounds,
        scale_percent=desk.scale_percent,
        window=desk.geometry,
        last_staff=desk.last_staff,
        scanner_prefix=desk.scanner_prefix,
        scanner_suffix=desk.scanner_suffix,
        scanner_port=desk.scanner_port,
        scanner_device=desk.scanner_device,
        camera=desk.camera,
    )
    save_settings(path, changed)


def _log_bug(error: Exception) -> None:
    sys.excepthook(type(error), error, error.__traceback__)
