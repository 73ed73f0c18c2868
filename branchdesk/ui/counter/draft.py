"""What is kept of the counter through a power cut, and when it is written.

A draft carries the intents of an attempt that may have happened, so that trying again after a
crash finds what was done. This module must not know Qt.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from branchdesk.application.ports import Drafts
from branchdesk.ui.counter.form import FormState, form_from_draft, form_to_draft
from branchdesk.ui.kit.background import Background, Lane, Timers
from branchdesk.ui.kit.words import Note, Tone, phrase
from branchdesk.ui.serving.finding import SearchLine

NAME: Final = "counter"
SAVE_AFTER_MS: Final = 400


@dataclass(frozen=True, slots=True)
class Draft:
    """The form, the chosen customer (masked), the basket, and the intents used so far.

    ``intents`` maps an offer code to its intent; the empty code is the registration's own.
    ``submitted`` says that an attempt was begun whose outcome is not known; ``staff`` is the code
    of whoever filled it in last, empty where an older program kept it.
    """

    form: FormState = field(default_factory=FormState)
    person: SearchLine | None = None
    basket: tuple[str, ...] = ()
    intents: Mapping[str, str] = field(default_factory=dict)
    submitted: bool = False
    staff: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to keep."""
        return self.form.is_blank and self.person is None

    def taken_over(self, staff: str) -> "Draft":
        """Return it for whoever goes on: what a customer agreed to, they agreed to with another."""
        if staff == self.staff:
            return self
        return replace(self, form=replace(self.form, consents=(), signature=()))

    def note(self, staff: str) -> Note:
        """Say whose unfinished work this is to whoever goes on with it."""
        tone = Tone.WARNING if self.submitted else Tone.INFO
        if self.staff in ("", staff):
            key = "counter.draft_submitted" if self.submitted else "counter.draft_restored"
            return Note(phrase(key), tone)
        what = "submitted" if self.submitted else "form" if self.person is None else "person"
        return Note(phrase(f"counter.draft_of_other_{what}", code=self.staff), Tone.WARNING)


def to_content(draft: Draft) -> dict[str, object]:
    """Return JSON-ready content."""
    person = draft.person
    return {
        "form": form_to_draft(draft.form),
        "person": None
        if person is None
        else [person.customer, person.name, person.phone, person.document, person.vouchers],
        "basket": list(draft.basket),
        "intents": dict(draft.intents),
        "submitted": draft.submitted,
        "staff": draft.staff,
    }


def from_content(content: Mapping[str, object]) -> Draft:
    """Read content; what another version wrote otherwise is left out."""
    form, basket, intents = content.get("form"), content.get("basket"), content.get("intents")
    return Draft(
        form_from_draft(form) if isinstance(form, Mapping) else FormState(),
        _person(content.get("person")),
        tuple(str(code) for code in basket) if isinstance(basket, list | tuple) else (),
        {str(key): str(value) for key, value in intents.items()}
        if isinstance(intents, Mapping)
        else {},
        content.get("submitted") is True,
        str(content.get("staff", "")),
    )


def _person(value: object) -> SearchLine | None:
    if not isinstance(value, list | tuple) or len(value) != 5:
        return None
    customer, name, phone, document, vouchers = value
    if not isinstance(vouchers, int):
        return None
    return SearchLine(str(customer), str(name), str(phone), str(document), vouchers)


class DraftKeeper:
    """Writes the draft a moment after the last change, on the store lane."""

    def __init__(
        self,
        drafts: Drafts,
        background: Background,
        timers: Timers,
        failed: Callable[[Exception], object],
    ) -> None:
        self._drafts, self._background = drafts, background
        self._timers, self._failed = timers, failed

    def load(self, done: Callable[[Draft | None], object]) -> None:
        """Read what was kept."""
        drafts = self._drafts

        def read() -> Draft | None:
            content = drafts.load(NAME)
            return None if content is None else from_content(content)

        self._background.submit(Lane.STORE, read, done, self._failed)

    def changed(self, draft: Draft) -> None:
        """Keep ``draft`` once nothing changes for a moment."""
        self._timers.restart("draft", SAVE_AFTER_MS, lambda: self._write(draft))

    def flush(self, draft: Draft) -> None:
        """Keep ``draft`` without waiting: the window closes."""
        self.stop()
        self._write(draft)

    def stop(self) -> None:
        """Write nothing more of what was announced: an attempt writes its own."""
        self._timers.cancel("draft")

    def forget(self) -> None:
        """Drop what was kept."""
        self.stop()
        drafts = self._drafts
        self._background.submit(Lane.STORE, lambda: drafts.discard(NAME), failed=self._failed)

    def _write(self, draft: Draft) -> None:
        drafts = self._drafts
        if draft.is_blank:
            self.forget()
            return
        content = to_content(draft)
        self._background.submit(Lane.STORE, lambda: drafts.save(NAME, content), failed=self._failed)
