"""Do one thing at a time on the store lane, say what came of it, and offer to take it back.

This module must not know Qt or what is done.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeVar

from branchdesk.application.customer_page import CustomerPage
from branchdesk.application.models import Session
from branchdesk.errors import RuleViolation
from branchdesk.ui.customer.state import CustomerState, Focus
from branchdesk.ui.kit.background import Background, Lane, Timers
from branchdesk.ui.kit.words import Note, Phrase, Tone
from branchdesk.ui.serving.book import Book

UNDO_MS: Final = 10_000

T = TypeVar("T")


class Screen(Protocol):
    """The page that acts are done on."""

    state: CustomerState

    @property
    def session(self) -> Session | None:
        """Who acts now."""

    @property
    def page(self) -> CustomerPage | None:
        """Whom it is done to, as last read."""

    @property
    def book(self) -> Book:
        """The campaigns in force, by name."""

    def show(self, state: CustomerState) -> None:
        """Show a state."""

    def focus(self, where: Focus) -> None:
        """Put the cursor somewhere."""

    def committed(self) -> None:
        """Something was written: read the page again."""

    def note_fault(self, error: Exception) -> None:
        """Say that something did not work."""


class Acts:
    """Runs acts for the desks of the page; one is open at a time."""

    def __init__(
        self,
        background: Background,
        timers: Timers,
        new_intent: Callable[[], str],
        screen: Screen,
    ) -> None:
        self._background, self._timers, self._new_intent = background, timers, new_intent
        self._screen = screen
        self._undo: Callable[[], object] | None = None
        self._wish: tuple[object, str] | None = None

    def subject(self) -> tuple[Session, CustomerPage] | None:
        """Return who acts on whom, when anything may be done now."""
        session, page = self._screen.session, self._screen.page
        if session is None or page is None or page.erased or self._screen.state.busy:
            return None
        return session, page

    def intent_for(self, wish: object) -> str:
        """Return the intent of a wish; asked for again after a failure, it is the same."""
        if self._wish is None or self._wish[0] != wish:
            self._wish = (wish, self._new_intent())
        return self._wish[1]

    def run(
        self,
        job: Callable[[], T],
        said: Phrase,
        *,
        undo: Callable[[T], Callable[[], object] | None] | None = None,
        then: Callable[[T], object] | None = None,
        refused: Callable[[Exception], bool] | None = None,
    ) -> None:
        """Do ``job``; then say ``said`` and offer what ``undo`` makes of its answer.

        ``then`` gets the answer when all is said. ``refused`` returns whether it has said by
        itself, beside its cause, why it did not work.
        """
        self.forget_undo()
        self._screen.show(replace(self._screen.state, busy=True, note=None))
        self._background.submit(
            Lane.STORE, job, partial(self._done, said, undo, then), partial(self._failed, refused)
        )

    def undo(self) -> None:
        """Take back what was done last, while that is offered."""
        undo = self._undo
        if undo is not None and not self._screen.state.busy:
            undo()

    def forget_undo(self) -> None:
        """Offer no more to take anything back."""
        self._timers.cancel("customer_undo")
        self._undo = None
        if self._screen.state.can_undo:
            self._screen.show(replace(self._screen.state, note=None, can_undo=False))

    def _done(
        self,
        said: Phrase,
        undo: Callable[[T], Callable[[], object] | None] | None,
        then: Callable[[T], object] | None,
        result: T,
    ) -> None:
        self._wish = None
        self._undo = None if undo is None else undo(result)
        shown = replace(
            self._screen.state,
            busy=False,
            granting=None,
            merging="",
            papers=None,
            correcting=None,
            erasing=None,
            note=Note(said, Tone.SUCCESS),
            can_undo=self._undo is not None,
        )
        self._screen.show(shown)
        if self._undo is not None:
            self._timers.restart("customer_undo", UNDO_MS, self.forget_undo)
        self._screen.committed()
        if then is not None:
            then(result)

    def _failed(self, refused: Callable[[Exception], bool] | None, error: Exception) -> None:
        if isinstance(error, RuleViolation) and error.code == "intent_reused":
            self._wish = None
        self._screen.show(replace(self._screen.state, busy=False))
        if refused is None or not refused(error):
            self._screen.note_fault(error)
