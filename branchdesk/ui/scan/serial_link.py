"""Keeps listening at the port that the settings name, and brings what is heard to the window."""

from PySide6.QtCore import QObject, Qt, Signal

from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.scan.services import OpenScanner, ScannerServices


class SerialLink(QObject):
    """``reading``, ``read`` and ``stood`` are sent on the window's own thread."""

    reading = Signal()
    read = signal_of(str)
    stood = signal_of(str)
    _began = Signal()
    _heard = signal_of(str)
    _stands = signal_of(str)

    def __init__(self, parent: QObject, services: ScannerServices) -> None:
        super().__init__(parent)
        self._services = services
        self._place = ("", "")
        self._is_closed = False
        self._scanner: OpenScanner | None = None
        queued = Qt.ConnectionType.QueuedConnection
        self._began.connect(self.reading.emit, queued)
        self._heard.connect(self._bring, queued)
        self._stands.connect(self._tell, queued)

    def follow(self, port: str, device: str) -> None:
        """Listen at this port, or to this device wherever it is; to none for an empty port."""
        if (port, device) == self._place or self._is_closed:
            return
        self._let_go()
        self._place = (port, device)
        if port:
            self._scanner = self._services.listen(
                port, device, self._began.emit, self._heard.emit, self._stands.emit
            )

    def close(self) -> None:
        """Listen no more, whatever the settings say: a window that closes still keeps them."""
        self._is_closed = True
        self._let_go()

    def _let_go(self) -> None:
        if self._scanner is not None:
            self._scanner.close()
        self._scanner, self._place = None, ("", "")

    def _bring(self, code: str) -> None:
        if self._scanner is not None:
            self.read.emit(code)

    def _tell(self, reason: str) -> None:
        if self._scanner is not None:
            self.stood.emit(reason)
