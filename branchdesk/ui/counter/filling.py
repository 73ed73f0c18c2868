"""What is written into the form: typed, ticked, or read by a scanner.

This module must not know Qt.
"""

from collections.abc import Callable
from dataclasses import replace

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.identity import DocumentType
from branchdesk.domain.signature import Stroke
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field, FormState, offer_mapping
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import Focus
from branchdesk.ui.kit.words import Note, Tone, phrase
from branchdesk.ui.serving.typed import problem_of


class FormDesk:
    """Keeps the form; ``changed`` hears of every change to it."""

    def __init__(self, screen: Screen, changed: Callable[[], object]) -> None:
        self._screen, self._changed = screen, changed
        self._scanned = ""

    def edit(self, edit: Edit) -> None:
        """Take one field's new text."""
        if self._screen.is_open:
            self._put(self._screen.state.form.edited(edit), edit.field)

    def entered(self, field: Field) -> None:
        """Say beneath a field, as soon as Enter is pressed in it, what cannot be right there."""
        state = self._screen.state
        text, form = getattr(state.form, field.value), offer_mapping(state.form)
        told = problem_of(field, text, form, self._screen.book)
        if told is not None and self._screen.is_open:
            self._screen.show(replace(state, errors={**state.errors, field: told}))

    def answer(self, answer: ConsentAnswer) -> None:
        """Take the answer to one purpose."""
        if self._screen.is_open:
            self._put(self._screen.state.form.answered(answer), Field.CONSENTS)

    def choose_how(self, how: ConsentHow) -> None:
        """Take down in which way consents are given."""
        form = self._screen.state.form
        if self._screen.is_open and how is not form.how:
            self._put(form.given(how), Field.CONSENTS)
            if how is ConsentHow.SIGNATURE:
                self._screen.focus(Focus.SIGNATURE)

    def sign(self, strokes: tuple[Stroke, ...]) -> None:
        """Take what was drawn so far."""
        if self._screen.is_open:
            signed = replace(self._screen.state.form, signature=strokes)
            self._put(signed, Field.CONSENTS)

    def read_out(self, purpose: Purpose) -> None:
        """Open the whole text of one purpose, or close it again."""
        state = self._screen.state
        reading = None if purpose is state.reading else purpose
        self._screen.show(replace(state, reading=reading))

    def scan_document(self, type: DocumentType, number: str, name: str = "") -> None:  # noqa: A002  (the field's name)
        """Take over a document that was scanned, unless somebody else is being served.

        ``name`` is what the document says, empty where it says none that can be read; a name that
        is there already stays. A number that was typed gives way to the document itself.
        """
        state, form = self._screen.state, self._screen.state.form
        if not self._screen.is_open:
            return
        if state.person is not None:
            self._note("counter.scan_serving")
        elif form.document_number.strip() not in {"", number} and self._is_scanned:
            self._note("counter.scan_kept")
        else:
            self._scanned, typed = number, form.document_number.strip()
            read = replace(form, document_type=type.value, document_number=number)
            named = read if form.name.strip() or not name else replace(read, name=name)
            self._put(named, Field.DOCUMENT_NUMBER)
            if typed not in {"", number}:
                self._note("counter.scan_replaced", Tone.INFO)

    @property
    def _is_scanned(self) -> bool:
        return self._screen.state.form.document_number.strip() == self._scanned

    def _note(self, key: str, tone: Tone = Tone.WARNING) -> None:
        note = Note(phrase(key), tone)
        self._screen.show(replace(self._screen.state, note=note))

    def _put(self, form: FormState, field: Field) -> None:
        state = self._screen.state
        errors = {name: words for name, words in state.errors.items() if name is not field}
        self._screen.show(replace(state, form=form, errors=errors, note=None))
        self._changed()
