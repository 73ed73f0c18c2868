"""Put the summary of a closed shift on a slip, for the envelope with what is left over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from branchdesk.application.models import PrintedDocument, Staff, TerminalState
from branchdesk.application.ports import Store
from branchdesk.application.shifts import ClosedShift
from branchdesk.domain.bilingual import Bilingual


@dataclass(frozen=True, slots=True)
class PrintableShift:
    """Everything about a closed shift that paper shows; ``offer_names`` are by offer code."""

    closed: ClosedShift
    terminal: TerminalState
    offer_names: Mapping[str, Bilingual]
    holder: Staff | None


class ShiftPaper(Protocol):
    """Where slips are made: durable when it returns."""

    def shift(self, shift: PrintableShift, path: str) -> PrintedDocument:
        """Write the slip to a file; an empty ``path`` lets the adapter choose one."""


class PrintShift:
    """Make the slip of a shift that has just been closed."""

    def __init__(self, store: Store, paper: ShiftPaper) -> None:
        self._store, self._paper = store, paper

    def __call__(self, closed: ClosedShift, path: str = "") -> PrintedDocument:
        """Return where the slip lies; raises EnvironmentFault when it cannot be written."""
        with self._store.read() as reading:
            names = {
                offer.code: offer.name
                for found in reading.campaigns()
                for offer in found.campaign.offers
            }
            printable = PrintableShift(
                closed, reading.terminal(), names, reading.staff(closed.shift.holder)
            )
        return self._paper.shift(printable, path)
