"""Listen to a window's keys and to a serial port for scans, and say where they go."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.background import Timers
from branchdesk.ui.scan.filter import ScanFilter
from branchdesk.ui.scan.presenter import ScanPlaces, ScanPresenter
from branchdesk.ui.scan.serial_link import SerialLink
from branchdesk.ui.scan.services import ScannerServices
from branchdesk.ui.scan.view import ScanNoteView
from branchdesk.ui.scan.wedge import Framing


def build_scan(  # noqa: PLR0917  (wiring: each part is named once, here)
    window: QWidget,
    over: QWidget,
    timers: Timers,
    places: ScanPlaces,
    signed_in: Callable[[], bool],
    framing: Framing,
    scanner: ScannerServices | None,
) -> tuple[ScanNoteView, ScanPresenter, SerialLink | None]:
    """Return the note that hangs over the desk, what decides where scans go, and the port."""
    view = ScanNoteView(over)
    scan = ScanPresenter(view, timers, places, signed_in)
    keys = ScanFilter(window, scan, framing)
    if scanner is None:
        return view, scan, None
    link = SerialLink(window, scanner)
    link.reading.connect(scan.arriving)
    link.read.connect(keys.take)
    link.stood.connect(scan.scanner_stands)
    return view, scan, link
