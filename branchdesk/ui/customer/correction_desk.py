"""Correct a record: typed over, compared, saved with a reason. This module must not know Qt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from branchdesk.application.customer_page import Correction, CustomerPage
from branchdesk.application.models import Session
from branchdesk.ui.customer import correcting
from branchdesk.ui.customer.acts import Acts, Screen
from branchdesk.ui.customer.services import CustomerServices
from branchdesk.ui.customer.state import Correcting, CorrectionForm, Focus
from branchdesk.ui.customer.timeline import CORRECT_REASONS, UNDONE
from branchdesk.ui.kit.background import Timers
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.serving.book import field_problems
from branchdesk.ui.serving.person_fields import Edit, Field
from branchdesk.ui.serving.typed import problem_of

LEAVE_WITHIN_MS: Final = 4_000
# A problem of any other field is said above the page.
_PLACES: Final = frozenset(Focus)
_REASON: Final = "reason"


class CorrectionDesk:
    """Keeps the correction that is being typed."""

    def __init__(
        self, acts: Acts, timers: Timers, services: CustomerServices, screen: Screen
    ) -> None:
        self._acts, self._timers = acts, timers
        self._services, self._screen = services, screen
        self._leaving = False

    def ask(self) -> None:
        """Open the form."""
        subject = self._acts.subject()
        if subject is None or self._screen.state.correcting is not None:
            return
        self._acts.forget_undo()
        self._leaving = False
        form = correcting.begin(subject[1])
        opened = replace(
            self._screen.state, correcting=Correcting(form), erasing=None, granting=None, note=None
        )
        self._screen.show(opened)
        self._screen.focus(Focus.NAME)

    def edit(self, edit: Edit) -> None:
        """Take one field's new text."""
        found = self._screen.state.correcting
        if found is not None:
            self._changed(correcting.edited(found.form, edit), edit.field.value)

    def entered(self, field: Field) -> None:
        """Say beneath a field, as soon as Enter is pressed in it, what cannot be right there."""
        found = self._screen.state.correcting
        if found is None:
            return
        text, form = getattr(found.form, field.value), correcting.as_registration(found.form)
        told = problem_of(field, text, form, self._screen.book)
        if told is not None:
            errors = {**found.errors, field.value: told}
            self._screen.show(replace(self._screen.state, correcting=replace(found, errors=errors)))

    def remove_document(self, is_removed: bool) -> None:
        """Have the document taken off the record, or not."""
        found = self._screen.state.correcting
        if found is not None:
            form = replace(found.form, without_document=is_removed)
            self._changed(form, "document_number")

    def choose_reason(self, reason: str) -> None:
        """Take the reason."""
        found = self._screen.state.correcting
        if found is not None:
            self._changed(replace(found.form, reason=reason), _REASON)

    def save(self) -> None:
        """Save what differs."""
        subject, found = self._acts.subject(), self._screen.state.correcting
        if subject is None or found is None:
            return
        if not found.changes:
            self._say("customer.correct.nothing")
            self._screen.focus(Focus.NAME)
        elif found.form.reason not in CORRECT_REASONS:
            self._refuse({_REASON: phrase("customer.reason_missing")})
        else:
            self._save(*subject, correcting.correction(found.form, subject[1]))

    def leave(self) -> bool:
        """Close the form; half-typed work is asked about first. Returns whether it was open."""
        found = self._screen.state.correcting
        if found is None:
            return False
        if found.changes and not self._leaving:
            self._leaving = True
            self._timers.restart("customer_leaving", LEAVE_WITHIN_MS, self._stay)
            self._say("customer.correct.leave_again")
            return True
        self._timers.cancel("customer_leaving")
        self._leaving = False
        self._screen.show(replace(self._screen.state, correcting=None, note=None))
        self._screen.focus(Focus.PAGE)
        return True

    def _changed(self, form: CorrectionForm, what: str) -> None:
        subject, found = self._acts.subject(), self._screen.state.correcting
        if subject is None or found is None:
            return
        self._leaving = False
        errors = {name: words for name, words in found.errors.items() if name != what}
        typed = Correcting(form, correcting.changes(form, subject[1]), errors)
        self._screen.show(replace(self._screen.state, correcting=typed, note=None))

    def _save(self, session: Session, page: CustomerPage, correction: Correction) -> None:
        intent = self._acts.intent_for((page.customer, correction))

        def save() -> None:
            self._services.correct(session, page.customer, correction, intent)

        back = correcting.correction_back(correction, page, UNDONE)
        self._acts.run(
            save,
            phrase("customer.correct.saved"),
            undo=None if back is None else self._taking_back(session, page, back),
            refused=self._refused_beside,
        )

    def _taking_back(
        self, session: Session, page: CustomerPage, back: Correction
    ) -> Callable[[None], Callable[[], object]]:
        return lambda _: lambda: self._save(session, page, back)

    def _refused_beside(self, error: Exception) -> bool:
        problems = field_problems(error, self._screen.book)
        found = self._screen.state.correcting
        shown = {f.value: words for f, words in problems.items() if f.value in _PLACES}
        if found is None or not shown:
            return False
        self._refuse(shown)
        return True

    def _refuse(self, errors: dict[str, Phrase]) -> None:
        found = self._screen.state.correcting
        assert found is not None
        self._screen.show(replace(self._screen.state, correcting=replace(found, errors=errors)))
        first = next(iter(errors))
        self._screen.focus(Focus.CORRECT_REASON if first == _REASON else Focus(first))

    def _say(self, key: str) -> None:
        note = Note(phrase(key), Tone.WARNING)
        self._screen.show(replace(self._screen.state, note=note))

    def _stay(self) -> None:
        self._leaving = False
        self._screen.show(replace(self._screen.state, note=None))
