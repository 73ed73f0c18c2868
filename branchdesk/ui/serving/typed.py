"""Say at once of what was typed about a person that it cannot be right: one rule for every form.

This module must not know Qt.
"""

from collections.abc import Mapping

from branchdesk.domain.person import parse_registration
from branchdesk.errors import RuleViolation
from branchdesk.ui.kit.words import Phrase
from branchdesk.ui.serving.book import Book, field_problems
from branchdesk.ui.serving.person_fields import Field


def problem_of(field: Field, text: str, form: Mapping[str, object], book: Book) -> Phrase | None:
    """Return what cannot be right with the ``text`` of one field, None when it may be.

    ``form`` is everything typed as ``parse_registration`` reads it. An empty field is no mistake
    yet: what must be there is said when it is saved.
    """
    if not text.strip():
        return None
    try:
        parse_registration(form)
    except RuleViolation as error:
        return field_problems(error, book).get(field)
    return None
