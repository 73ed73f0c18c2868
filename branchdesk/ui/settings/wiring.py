"""Build the settings panel and connect what is changed on it."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.background import Background
from branchdesk.ui.scan.services import ScannerServices
from branchdesk.ui.settings.presenter import SettingsPresenter
from branchdesk.ui.settings.view import SettingsView
from branchdesk.ui.shell.settings import DeskSettings


def build_settings(
    over: QWidget,
    apply: Callable[[DeskSettings], object],
    settings: DeskSettings,
    scale_max: Callable[[], int],
    *,
    background: Background,
    scanner: ScannerServices | None,
) -> tuple[SettingsView, SettingsPresenter]:
    """Return the connected panel, over the right of ``over``."""
    view = SettingsView(over)
    preferences = SettingsPresenter(
        view, apply, settings, scale_max, background=background, scanner=scanner
    )
    view.changed.connect(preferences.change)
    view.closed.connect(preferences.close)
    return view, preferences
