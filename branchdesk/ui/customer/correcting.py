"""What is typed over a record: how it differs, and what of it is to be saved.

Masked fields begin empty and are left as they are when nothing is typed; the others begin as they
stand. This module must not know Qt.
"""

from dataclasses import fields, replace
from typing import Any, Final

from branchdesk.application.customer_page import Correction, CustomerPage
from branchdesk.domain.identity import DocumentType
from branchdesk.ui.customer.state import Change, CorrectionForm
from branchdesk.ui.customer.timeline import value_phrase
from branchdesk.ui.serving.person_fields import Edit, Field, tags

_TEXT_MAX: Final = 1_000
_TAGS: Final = (Field.INTERESTS, Field.NEEDS)


def begin(page: CustomerPage) -> CorrectionForm:
    """Return the form before anything was typed."""
    return CorrectionForm(
        document_type=page.document_type or DocumentType.RESIDENT_ID.value,
        channel=page.channel,
        interests="、".join(page.interests),
        needs="、".join(page.needs),
    )


def edited(form: CorrectionForm, edit: Edit) -> CorrectionForm:
    """Return the form with one field changed."""
    assert edit.field.value in {item.name for item in fields(form)}
    changed: dict[str, Any] = {edit.field.value: edit.text[:_TEXT_MAX]}
    return replace(form, **changed)


def changes(form: CorrectionForm, page: CustomerPage) -> tuple[Change, ...]:
    """Return what would change, field by field, as it is to be read before saving."""
    found = [*_typed(form, page)]
    if form.channel != page.channel:
        before, after = (value_phrase("channel", value) for value in (page.channel, form.channel))
        found.append(Change(Field.CHANNEL, before, after))
    for field, kept in zip(_TAGS, (page.interests, page.needs), strict=True):
        wanted = tuple(tags(getattr(form, field.value)))
        if wanted != kept:
            both = (value_phrase(field.value, value) for value in (kept, wanted))
            found.append(Change(field, *both))
    return tuple(found)


def _typed(form: CorrectionForm, page: CustomerPage) -> list[Change]:
    found = [
        Change(field, before, after.strip())
        for field, before, after in (
            (Field.NAME, page.name, form.name),
            (Field.PHONE, page.phone, form.phone),
        )
        if after.strip()
    ]
    number = form.document_number.strip()
    if form.without_document and page.document:
        number_change = Change(
            Field.DOCUMENT_NUMBER, page.document, value_phrase("document_number", "")
        )
        return [*found, number_change]
    if number:
        if form.document_type != page.document_type:
            kinds = (page.document_type, form.document_type)
            both = (value_phrase("document_type", kind) for kind in kinds)
            found.append(Change(Field.DOCUMENT_TYPE, *both))
        before = value_phrase("document_number", page.document)
        found.append(Change(Field.DOCUMENT_NUMBER, before, number))
    return found


def as_registration(form: CorrectionForm) -> dict[str, object]:
    """Return what is typed as somebody who registers would be read."""
    document = {"type": form.document_type, "number": form.document_number}
    return {
        "name": form.name,
        "phone": form.phone,
        "document": document if form.document_number.strip() else None,
        "channel": form.channel,
        "interests": tags(form.interests),
        "needs": tags(form.needs),
    }


def correction(form: CorrectionForm, page: CustomerPage) -> Correction:
    """Return what is to be saved: None for everything that stays."""
    changed = {change.field for change in changes(form, page)}
    removed = form.without_document and bool(page.document)
    has_number = Field.DOCUMENT_NUMBER in changed
    return Correction(
        name=form.name if Field.NAME in changed else None,
        phone=form.phone if Field.PHONE in changed else None,
        document_type=("" if removed else form.document_type) if has_number else None,
        document_number=("" if removed else form.document_number) if has_number else None,
        channel=form.channel if Field.CHANNEL in changed else None,
        interests=tuple(tags(form.interests)) if Field.INTERESTS in changed else None,
        needs=tuple(tags(form.needs)) if Field.NEEDS in changed else None,
        reason=form.reason,
    )


def correction_back(done: Correction, before: CustomerPage, reason: str) -> Correction | None:
    """Return what takes a correction back; None when it changed what is masked on the page."""
    masked = (done.name, done.phone, done.document_type, done.document_number)
    if any(value is not None for value in masked):
        return None
    return Correction(
        channel=None if done.channel is None else before.channel,
        interests=None if done.interests is None else before.interests,
        needs=None if done.needs is None else before.needs,
        reason=reason,
    )
