"""Send each scan where it belongs, and say so when it belongs nowhere.

This module must not know Qt, nor how a scan is told from typing.
"""

from collections.abc import Callable
from typing import Final, Protocol

from branchdesk.application.read_scan import (
    BrokenScan,
    DocumentScan,
    EnrolmentScan,
    OtherScan,
    PassportNameScan,
    VoucherScan,
    read_scan,
)
from branchdesk.domain.identity import Document
from branchdesk.ui.kit.background import Timers
from branchdesk.ui.kit.words import Tone, phrase
from branchdesk.ui.scan.state import ScanNote

NOTE_FOR_MS: Final = 6_000


class ScanView(Protocol):
    """The view."""

    def render(self, note: ScanNote | None) -> None:
        """Show a note, or nothing."""


class ScanPlaces(Protocol):
    """Where scans go."""

    def check_voucher(self, text: str) -> None:
        """Say what a voucher is worth, over whatever is shown."""

    def take_document(self, document: Document) -> None:
        """Take a customer's document at the counter."""


class ScanPresenter:
    """Decides where a scan goes; nothing is taken while nobody is signed in."""

    def __init__(
        self,
        view: ScanView,
        timers: Timers,
        places: ScanPlaces,
        signed_in: Callable[[], bool],
    ) -> None:
        self._view, self._timers = view, timers
        self._places, self._signed_in = places, signed_in
        self._lost = False

    def listens(self) -> bool:
        """Whether scans are wanted now: behind the sign-in screen only PINs are typed."""
        return self._signed_in()

    def reading(self) -> None:
        """Say that a scan is being typed: a voucher takes seconds."""
        self._timers.cancel("scan")
        self._view.render(ScanNote(phrase("scan.reading"), Tone.INFO))

    def read(self, text: str) -> bool:
        """Take a scan; False when it is none of ours and belongs to whatever has the focus."""
        self._view.render(None)
        if not self._signed_in():
            return True  # The window was locked in the middle: its end is not for the PIN field.
        match read_scan(text):
            case VoucherScan(found):
                self._places.check_voucher(found)
            case DocumentScan(document):
                self._places.take_document(document)
            case EnrolmentScan():
                self.say("scan.enrolment")
            case BrokenScan():
                self.say("scan.broken")
            case PassportNameScan():
                self._view.render(ScanNote(phrase("scan.reading"), Tone.INFO))
                self._timers.restart("scan", NOTE_FOR_MS, self._quiet)
            case OtherScan():
                return False
        return True

    def arriving(self) -> None:
        """Say that a long code arrives at a serial port, while somebody is there to see it."""
        if self._signed_in():
            self.reading()
            # Noise has no end that would be read.
            self._timers.restart("scan", NOTE_FOR_MS, self._quiet)

    def scanner_stands(self, reason: str) -> None:
        """Say that the scanner on a serial port was lost, and that it is back."""
        if reason:
            self._lost = True
            self.say(f"scan.port_{reason}")
        elif self._lost:
            self._lost = False
            self.say("scan.port_back", Tone.SUCCESS)

    def unwanted(self) -> None:
        """Say that a scan is none of ours, when it could not be typed anywhere either."""
        self.say("scan.unknown")

    def say(self, key: str, tone: Tone = Tone.WARNING, **facts: object) -> None:
        """Say one line over whatever is shown, for a while."""
        self._view.render(ScanNote(phrase(key, **facts), tone))
        self._timers.restart("scan", NOTE_FOR_MS, self._quiet)

    def hush(self) -> None:
        """Take back what was said: something else is shown now."""
        self._timers.cancel("scan")
        self._quiet()

    def _quiet(self) -> None:
        self._view.render(None)
