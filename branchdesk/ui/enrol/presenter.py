"""Drive the enrolment page: check what can be checked here, join, fetch, and lead to the door.

This module must not know Qt, and keeps neither the code nor a PIN after they were handed on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from branchdesk.errors import RuleViolation
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.ui.enrol.services import EnrolServices
from branchdesk.ui.enrol.state import EnrolField, EnrolState, EnrolStep, EnrolTyped
from branchdesk.ui.kit.background import Background, Lane
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase

# Which field a refusal belongs to, by how its code begins.
_FIELDS: Final = (
    ("enrolment_code", EnrolField.CODE),
    ("pin_", EnrolField.PIN),
    ("staff_", EnrolField.STAFF),
)


class EnrolView(Protocol):
    """The view."""

    def render(self, state: EnrolState) -> None:
        """Show a state."""


class Welcome(Protocol):
    """Hears that this terminal has joined."""

    def __call__(self, staff: str, message: Phrase, tone: Tone) -> object:
        """Show the door to ``staff`` and say how it went."""


class EnrolPresenter:
    """Drives the page; ``welcome`` hears of a terminal that has joined."""

    def __init__(
        self,
        view: EnrolView,
        background: Background,
        services: EnrolServices,
        welcome: Welcome,
        open_practice: Callable[[], object] | None = None,
    ) -> None:
        self._view, self._background = view, background
        self._services, self._welcome = services, welcome
        self._open_practice = open_practice
        self._state = EnrolState(services.kept_in, offers_practice=open_practice is not None)

    @property
    def state(self) -> EnrolState:
        """What is shown now."""
        return self._state

    def start(self) -> None:
        """Show the empty page."""
        self._view.render(self._state)

    def submit(self, typed: EnrolTyped) -> None:
        """Join with what was typed, unless it can be seen here that this cannot work."""
        if not self._state.can_join:
            return
        problem = _problem(typed)
        if problem is not None:
            self._complain(*problem)
            return
        staff = typed.staff.strip().upper()
        self._show(replace(self._state, step=EnrolStep.JOINING, errors={}, message=None))
        self._background.submit(
            Lane.NETWORK,
            lambda: self._services.join(typed.code, staff, typed.pin),
            lambda outlet: self._joined(staff, outlet),
            self._refused,
        )

    def practise(self) -> None:
        """Open practice in a window of its own; this one stays as it is."""
        if self._open_practice is not None:
            self._background.submit(
                Lane.NETWORK,
                self._open_practice,
                lambda _: self._say(phrase("practice.opened"), Tone.INFO),
                lambda error: self._say(error_phrase(error), Tone.WARNING),
            )

    def _say(self, message: Phrase, tone: Tone) -> None:
        self._show(replace(self._state, message=message, tone=tone))

    def _joined(self, staff: str, outlet: str) -> None:
        self._show(replace(self._state, step=EnrolStep.FETCHING))
        good = phrase("enrol.joined", outlet=outlet)
        self._background.submit(
            Lane.NETWORK,
            lambda: self._services.fetch(staff),
            lambda _: self._welcome(staff, good, Tone.SUCCESS),
            lambda error: self._not_fetched(staff, outlet, error),
        )

    def _not_fetched(self, staff: str, outlet: str, error: Exception) -> None:
        # The terminal has joined all the same; signing in fetches what is still missing. Somebody
        # who is not on the list that did come is told the way out by the refusal itself.
        told = error_phrase(error)
        if not (isinstance(error, RuleViolation) and error.code == "enrolled_staff_unlisted"):
            told = phrase("enrol.not_fetched", outlet=outlet, reason=told)
        self._welcome(staff, told, Tone.WARNING)

    def _refused(self, error: Exception) -> None:
        told = error_phrase(error)
        if isinstance(error, RuleViolation):
            for begins, field in _FIELDS:
                if error.code.startswith(begins):
                    self._complain(field, told)
                    return
        # The view forgot the PINs with the try; typing them again is what comes next.
        changed = replace(
            self._state, step=EnrolStep.ASKING, errors={}, message=told, tone=Tone.DANGER,
            focus=EnrolField.PIN, serial=self._state.serial + 1,
        )  # fmt: skip
        self._show(changed)

    def _complain(self, field: EnrolField, told: Phrase) -> None:
        changed = replace(
            self._state, step=EnrolStep.ASKING, errors={field: told}, message=None, focus=field,
            serial=self._state.serial + 1,
        )  # fmt: skip
        self._show(changed)

    def _show(self, state: EnrolState) -> None:
        self._state = state
        self._view.render(state)


def _problem(typed: EnrolTyped) -> tuple[EnrolField, Phrase] | None:
    """Return the first field that cannot be right, and why."""
    if not typed.code.strip():
        return EnrolField.CODE, phrase("enrol.code_missing")
    try:
        decode_enrolment_code(typed.code)
    except RuleViolation as error:
        return EnrolField.CODE, error_phrase(error)
    if not typed.staff.strip():
        return EnrolField.STAFF, phrase("sign_in.staff_missing")
    if not typed.pin:
        return EnrolField.PIN, phrase("sign_in.pin_missing")
    if typed.pin != typed.again:
        # The view clears both, so both are typed again, from the first.
        return EnrolField.PIN, phrase("sign_in.pins_differ")
    return None
