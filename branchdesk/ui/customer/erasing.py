"""Erase a person for good: a reason and a second person. This module must not know Qt.

The second person's PIN passes through to the store and is kept nowhere.
"""

from dataclasses import replace
from typing import Final

from branchdesk.errors import BranchDeskError
from branchdesk.ui.customer.acts import Acts, Screen
from branchdesk.ui.customer.services import CustomerServices
from branchdesk.ui.customer.state import Erasing, Erasure, Focus
from branchdesk.ui.customer.timeline import ERASE_REASONS
from branchdesk.ui.kit.words import Phrase, phrase
from branchdesk.ui.serving.second_person import SecondTyped, missing_of, place_of

_FOCUS: Final = {
    "reason": Focus.ERASE_REASON,
    "second": Focus.ERASE_SECOND,
    "pin": Focus.ERASE_PIN,
}


class EraseDesk:
    """Asks, checks that everything was given, and hands it to the store."""

    def __init__(self, acts: Acts, services: CustomerServices, screen: Screen) -> None:
        self._acts, self._services, self._screen = acts, services, screen

    def ask(self) -> None:
        """Say what erasing means, and ask for a reason and the second person."""
        if self._acts.subject() is None:
            return
        self._acts.forget_undo()
        opened = replace(self._screen.state, erasing=Erasing(), correcting=None, note=None)
        self._screen.show(opened)
        self._screen.focus(Focus.ERASE_REASON)

    def erase(self, erasure: Erasure) -> None:
        """Erase, when everything was given."""
        subject = self._acts.subject()
        if subject is None or self._screen.state.erasing is None:
            return
        missing = _missing(erasure)
        if missing:
            self._refuse(missing)
            return
        session, page = subject

        def erase() -> None:
            self._services.erase(
                session, page.customer, erasure.reason, erasure.second, erasure.pin
            )

        self._acts.run(erase, phrase("customer.erase.done"), refused=self._refused_beside)

    def forget_pin(self) -> None:
        """Keep what was chosen while another screen is shown, but no PIN."""
        erasing = self._screen.state.erasing
        if erasing is not None:
            away = replace(erasing, looks_away=erasing.looks_away + 1)
            self._screen.show(replace(self._screen.state, erasing=away))

    def leave(self) -> None:
        """Erase nobody."""
        self._screen.show(replace(self._screen.state, erasing=None))
        self._screen.focus(Focus.PAGE)

    def _refused_beside(self, error: Exception) -> bool:
        if not isinstance(error, BranchDeskError):
            return False
        place = "reason" if error.facts.get("field") == "reason" else place_of(error)
        if place is None or self._screen.state.erasing is None:
            return False
        self._refuse({place: self._screen.book.error(error)})
        return True

    def _refuse(self, errors: dict[str, Phrase]) -> None:
        erasing = self._screen.state.erasing or Erasing()
        shown = replace(self._screen.state, erasing=replace(erasing, errors=errors))
        self._screen.show(shown)
        self._screen.focus(_FOCUS[next(iter(errors))])


def _missing(erasure: Erasure) -> dict[str, Phrase]:
    missing: dict[str, Phrase] = {}
    if erasure.reason not in ERASE_REASONS:
        missing["reason"] = phrase("customer.reason_missing")
    beside = missing_of(SecondTyped(erasure.second, erasure.pin))
    return missing | {place.value: told for place, told in beside.items()}
