"""Put the summary of a closed shift on a slip, for the envelope with what is left over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from branchdesk.application.models import PrintedDocument, TerminalState
from branchdesk.application.ports import Store
from branchdesk.application.shifts import ClosedShift
from branchdesk.domain.bilingual import Bilingual


@dataclass(frozen=True, slots=True)
class PrintableShift:
    """Everything about a closed shift that paper shows.

    ``offer_names`` are by offer code, ``staff_names`` by staff code: of who opened it and had it.
    """

    closed: ClosedShift
    terminal: TerminalState
    offer_names: Mapping[str, Bilingual]
    staff_names: Mapping[str, str]


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
            shift = closed.shift
            people = {shift.opened_by, shift.holder}
            for handover in shift.handovers:
                people |= {handover.giver, handover.taker}
            known = [reading.staff(code) for code in sorted(people)]
            staff_names = {member.code: member.name for member in known if member is not None}
            printable = PrintableShift(closed, reading.terminal(), names, staff_names)
        return self._paper.shift(printable, path)
