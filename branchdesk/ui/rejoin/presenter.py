"""Drive the page: check what can be checked here, join again, fetch, and lead back to the desk.

This module must not know Qt, and does not keep the code after it was handed on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from branchdesk.errors import RuleViolation
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.ui.kit.background import Background, Lane
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.rejoin.services import RejoinServices
from branchdesk.ui.rejoin.state import RejoinState, RejoinStep

# How the refusals begin that speak of the code itself.
_OF_THE_CODE = "enrolment_code"


class RejoinView(Protocol):
    """The view."""

    def render(self, state: RejoinState) -> None:
        """Show a state."""


class RejoinPresenter:
    """Drives the page; ``leave`` shows the desk again, ``joined`` hears that it has changed."""

    def __init__(
        self,
        view: RejoinView,
        background: Background,
        services: RejoinServices,
        *,
        leave: Callable[[], object],
        joined: Callable[[], object],
    ) -> None:
        self._view, self._background, self._services = view, background, services
        self._leave, self._joined = leave, joined
        self.state = RejoinState()

    def open(self) -> None:
        """Come into sight: ask for a code, or show how far the one given before has come."""
        if self.state.can_leave:
            self.state = RejoinState(serial=self.state.serial)
        self._show(replace(self.state, serial=self.state.serial + 1))

    def back(self) -> None:
        """Go back to the desk, unless something is under way."""
        if self.state.can_leave:
            self._leave()

    def submit(self, code: str) -> None:
        """Join again with a code, unless it can be seen here that this cannot work."""
        if self.state.step is not RejoinStep.ASKING:
            return
        problem = _problem(code)
        if problem is not None:
            self._complain(problem)
            return
        self._show(replace(self.state, step=RejoinStep.JOINING, error=None, message=None))
        self._background.submit(
            Lane.NETWORK, lambda: self._services.join(code), self._has_joined, self._refused
        )

    def _has_joined(self, epoch: int) -> None:
        self._show(replace(self.state, step=RejoinStep.FETCHING))
        self._joined()
        self._background.submit(
            Lane.NETWORK,
            self._services.fetch,
            lambda _: self._arrived(phrase("rejoin.done", epoch=epoch), Tone.SUCCESS),
            lambda error: self._arrived(
                phrase("rejoin.not_fetched", epoch=epoch, reason=error_phrase(error)), Tone.WARNING
            ),
        )

    def _arrived(self, message: Phrase, tone: Tone) -> None:
        self._joined()
        self._show(
            replace(
                self.state, step=RejoinStep.DONE, message=message, tone=tone,
                serial=self.state.serial + 1,
            )
        )  # fmt: skip

    def _refused(self, error: Exception) -> None:
        if isinstance(error, RuleViolation) and error.code.startswith(_OF_THE_CODE):
            self._complain(error_phrase(error))
            return
        changed = replace(
            self.state, step=RejoinStep.ASKING, error=None, message=error_phrase(error),
            tone=Tone.DANGER, serial=self.state.serial + 1,
        )  # fmt: skip
        self._show(changed)

    def _complain(self, told: Phrase) -> None:
        changed = replace(
            self.state, step=RejoinStep.ASKING, error=told, message=None,
            serial=self.state.serial + 1,
        )  # fmt: skip
        self._show(changed)

    def _show(self, state: RejoinState) -> None:
        self.state = state
        self._view.render(state)


def _problem(code: str) -> Phrase | None:
    """Return why a code cannot be right, or None."""
    if not code.strip():
        return phrase("rejoin.code_missing")
    try:
        decode_enrolment_code(code)
    except RuleViolation as error:
        return error_phrase(error)
    return None
