"""The half-typed form: its fields, how it becomes a registration, how it is kept as a draft.

Text stays as typed; what it means is decided by the domain. This module must not know Qt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.identity import DocumentType
from branchdesk.domain.person import Channel
from branchdesk.domain.signature import SIDE_MAX, Stroke
from branchdesk.ui.serving.person_fields import FIELD_OF, Edit, Field, tags

__all__ = [
    "FIELD_OF",
    "ConsentAnswer",
    "Edit",
    "Field",
    "FormState",
    "form_from_draft",
    "form_to_draft",
    "offer_mapping",
    "registration_mapping",
    "tags",
]

_TEXT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """The answer to one purpose."""

    purpose: Purpose
    granted: bool
    how: ConsentHow


@dataclass(frozen=True, slots=True)
class FormState:
    """Everything typed so far; ``how`` is the way consents are given, ``signature`` what was drawn.

    The repr shows no person.
    """

    name: str = ""
    phone: str = ""
    document_type: str = DocumentType.RESIDENT_ID.value
    document_number: str = ""
    channel: str = Channel.COUNTER.value
    referrer: str = ""
    interests: str = ""
    needs: str = ""
    consents: tuple[ConsentAnswer, ...] = ()
    how: ConsentHow = ConsentHow.VERBAL
    signature: tuple[Stroke, ...] = ()

    def __repr__(self) -> str:
        return f"FormState(channel={self.channel!r})"

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed that somebody would miss."""
        typed = (self.name, self.phone, self.document_number, self.referrer)
        more = (self.interests, self.needs)
        return not any(text.strip() for text in (*typed, *more)) and not self.consents

    def edited(self, edit: Edit) -> "FormState":
        """Return the form with one field changed."""
        assert edit.field is not Field.CONSENTS
        changed: dict[str, Any] = {edit.field.value: edit.text[:_TEXT_MAX]}
        return replace(self, **changed)

    def answered(self, answer: ConsentAnswer) -> "FormState":
        """Return the form with one purpose answered; a refusal is kept only once it was given."""
        others = tuple(a for a in self.consents if a.purpose is not answer.purpose)
        return replace(self, consents=(*others, answer), how=answer.how)

    def given(self, how: ConsentHow) -> "FormState":
        """Return the form with every answer given in this way."""
        answers = tuple(replace(answer, how=how) for answer in self.consents)
        return replace(self, consents=answers, how=how)

    def answer(self, purpose: Purpose) -> ConsentAnswer:
        """Return the answer to a purpose; not granted until somebody said otherwise."""
        for answer in self.consents:
            if answer.purpose is purpose:
                return answer
        return ConsentAnswer(purpose, granted=False, how=self.how)

    def needs_consent(self, purpose: Purpose) -> bool:
        """Tell whether this form cannot be registered without this purpose."""
        if purpose is Purpose.SENSITIVE:
            return bool(self.document_number.strip()) or self.how is ConsentHow.SIGNATURE
        return purpose is Purpose.SERVICE


def offer_mapping(form: FormState) -> dict[str, object]:
    """Return the form as offers are assessed from it: granted purposes by name."""
    mapping = _mapping(form)
    mapping["consents"] = [a.purpose.value for a in form.consents if a.granted]
    return mapping


def registration_mapping(
    form: FormState, intent: str, offers: tuple[str, ...]
) -> dict[str, object]:
    """Return the form as ``parse_registration`` reads it."""
    mapping = _mapping(form)
    mapping["consents"] = [
        {"purpose": a.purpose.value, "granted": a.granted, "how": a.how.value}
        for a in form.consents
    ]
    return {**mapping, "intent": intent, "issue": list(offers)}


def form_to_draft(form: FormState) -> dict[str, object]:
    """Return JSON-ready content of a draft."""
    content: dict[str, object] = {
        field.value: getattr(form, field.value) for field in Field if field is not Field.CONSENTS
    }
    content["consents"] = [[a.purpose.value, a.granted, a.how.value] for a in form.consents]
    content["signature"] = [list(stroke) for stroke in form.signature]
    return content


def form_from_draft(content: Mapping[str, object]) -> FormState:
    """Read a draft; what an older or newer program wrote otherwise is left out."""
    form = FormState()
    for field in Field:
        value = content.get(field.value)
        if field is not Field.CONSENTS and isinstance(value, str):
            form = form.edited(Edit(field, value))
    answers = content.get("consents")
    for item in answers if isinstance(answers, list | tuple) else ():
        answer = _answer(item)
        form = form if answer is None else form.answered(answer)
    return replace(form, signature=_strokes(content.get("signature")))


def _strokes(value: object) -> tuple[Stroke, ...]:
    try:
        strokes = tuple(
            tuple((int(x), int(y)) for x, y in stroke)
            for stroke in (value if isinstance(value, list | tuple) else ())
        )
    except (TypeError, ValueError):
        return ()
    points = [number for stroke in strokes for point in stroke for number in point]
    return strokes if all(0 <= number <= SIDE_MAX for number in points) else ()


def _answer(item: object) -> ConsentAnswer | None:
    if not isinstance(item, list | tuple) or len(item) != 3:
        return None
    purpose, granted, how = item
    if purpose not in set(Purpose) or how not in set(ConsentHow) or not isinstance(granted, bool):
        return None
    return ConsentAnswer(Purpose(purpose), granted, ConsentHow(how))


def _mapping(form: FormState) -> dict[str, object]:
    mapping: dict[str, object] = {
        "name": form.name,
        "phone": form.phone,
        "channel": form.channel,
        "interests": tags(form.interests),
        "needs": tags(form.needs),
    }
    if form.document_number.strip():
        mapping["document"] = {"type": form.document_type, "number": form.document_number}
    if form.referrer.strip():
        mapping["referrer"] = form.referrer.strip()
    return mapping
