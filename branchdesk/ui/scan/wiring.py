"""Listen to a window's keys for scans, and say where they go."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.background import Timers
from branchdesk.ui.scan.filter import ScanFilter
from branchdesk.ui.scan.presenter import ScanPlaces, ScanPresenter
from branchdesk.ui.scan.view import ScanNoteView
from branchdesk.ui.scan.wedge import Framing


def build_scan(  # noqa: PLR0917  (wiring: each part is named once, here)
    window: QWidget,
    over: QWidget,
    timers: Timers,
    places: ScanPlaces,
    signed_in: Callable[[], bool],
    framing: Framing,
) -> tuple[ScanNoteView, ScanPresenter]:
    """Return the note that hangs over the desk and what decides where scans go."""
    view = ScanNoteView(over)
    scan = ScanPresenter(view, timers, places, signed_in)
    ScanFilter(window, scan, framing)
    return view, scan
