"""The attempt: one commit that registers and issues, or issues to somebody known; then paper.

An attempt has its intents before it begins, so that trying again finds what happened. This module
must not know Qt.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from branchdesk.domain.consent import ConsentHow
from branchdesk.errors import RuleViolation
from branchdesk.ui.counter.attempt import Outcome, issue, register
from branchdesk.ui.counter.draft import Draft, DraftKeeper
from branchdesk.ui.counter.form import Field
from branchdesk.ui.counter.offering import OfferDesk
from branchdesk.ui.counter.paper import PaperDesk
from branchdesk.ui.counter.person import PersonDesk
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import CounterState, Focus
from branchdesk.ui.kit.background import Background, Lane
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.serving.book import field_problems
from branchdesk.ui.shell.services import DeskServices


class IssueDesk:
    """Runs attempts; ``intents`` are those of the one that is not known to have ended."""

    def __init__(
        self,
        background: Background,
        services: DeskServices,
        screen: Screen,
        *,
        offers: OfferDesk,
        keeper: DraftKeeper,
        paper: PaperDesk,
        person: PersonDesk,
    ) -> None:
        self._background, self._services, self._screen = background, services, screen
        self._offers, self._keeper, self._paper = offers, keeper, paper
        self._person = person
        self.intents: dict[str, str] = {}

    def submit(self) -> None:
        """Register and issue, or issue to the chosen customer, then print."""
        self._offers.once_known(self._submit)

    def _submit(self) -> None:
        screen = self._screen
        session = screen.session
        if session is None or not screen.state.can_submit:
            self._say_what_is_missing()
            return
        self._offers.stop()
        self._keeper.stop()
        draft, texts = self._attempt(), screen.book.consent_texts
        screen.show(replace(screen.state, busy=True, errors={}, note=None))
        job = (
            partial(register, self._services, session, draft, texts)
            if draft.person is None
            else partial(issue, self._services, session, draft)
        )
        self._background.submit(Lane.STORE, job, self._issued, self._refused)

    def _say_what_is_missing(self) -> None:
        """Answer a press that nothing comes of: a known person with nothing ticked."""
        state = self._screen.state
        if self._screen.is_open and state.person is not None and not state.basket:
            note = Note(phrase("counter.tick_first"), Tone.WARNING)
            self._screen.show(replace(state, note=note))
            self._screen.focus(Focus.OFFERS)

    def _attempt(self) -> Draft:
        draft = self._screen.draft()
        basket = tuple(line.code for line in self._screen.state.basket)
        for code in ("",) if draft.person is None else basket:
            self.intents.setdefault(code, self._services.new_intent())
        return replace(draft, basket=basket, intents=dict(self.intents), submitted=True)

    def _issued(self, outcome: Outcome) -> None:
        self.intents = {}
        with self._screen.together():
            self._screen.show(replace(self._screen.state, busy=False))
            self._paper.issued(outcome)
            self._screen.focus(Focus.RESULT)
        self._screen.committed()

    def _refused(self, error: Exception) -> None:
        if isinstance(error, RuleViolation) and error.code == "intent_reused":
            self.intents = {}
        screen = self._screen
        errors = field_problems(error, screen.book)
        if errors:
            note = Note(_where(errors, screen.state), Tone.DANGER)
        else:
            note = Note(screen.book.error(error), Tone.DANGER)
        screen.show(replace(screen.state, busy=False, errors=errors, note=note))
        screen.focus(_first_wrong(errors, screen.state))
        screen.changed()
        # What refused it may be news of this person, such as a consent that was withdrawn.
        self._person.freshen()
        self._offers.look_now()


def _where(errors: Mapping[Field, Phrase], state: CounterState) -> Phrase:
    """Say how many places are marked red, and on which side: each missing consent is one."""
    left = sum(field is not Field.CONSENTS for field in errors)
    if Field.CONSENTS not in errors:
        return phrase("counter.correct", count=left)
    right = max(1, _missing(state))
    if not left:
        return phrase("counter.correct_consents", count=right)
    return phrase("counter.correct_both", count=left + right, left=left, right=right)


def _first_wrong(errors: Mapping[Field, Phrase], state: CounterState) -> Focus:
    """Return where to mend first; with every needed consent given it is the signature."""
    first = next((field for field in Field if field in errors), Field.NAME)
    signs = state.form.how is ConsentHow.SIGNATURE
    if first is Field.CONSENTS and signs and not _missing(state):
        return Focus.SIGNATURE
    return Focus(first.value)


def _missing(state: CounterState) -> int:
    return sum(line.needed and not line.granted for line in state.consents)
