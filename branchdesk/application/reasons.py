"""The reason somebody gives for an act: needed, short, and about nobody by name.

A reason lies in the log for as long as the log does. Whoever is erased must not live on in the
reasons that were given about them.
"""

from typing import Final

from branchdesk.application.models import CustomerRecord
from branchdesk.domain.one_line import one_line
from branchdesk.errors import RuleViolation

REASON_LENGTH_MAX: Final = 100
FIELD: Final = "reason"
# Eight digits in a row of a phone are that phone; four are on every list.
_DIGITS_TELLING: Final = 8
_LETTERS_MIN: Final = 2


def needed_reason(reason: str, missing: RuleViolation) -> str:
    """Return the reason on one line; raise ``missing``, or RuleViolation ``reason_too_long`` or
    ``reason_says_nothing``.
    """
    words = one_line(reason, len(reason))
    if not words:
        raise missing
    check_says_why(words)
    if len(words) > REASON_LENGTH_MAX:
        # Cut short, the log would hold a reason that nobody gave.
        raise RuleViolation(
            "reason_too_long", field=FIELD, limit=REASON_LENGTH_MAX, count=len(words)
        )
    return words


def check_says_why(reason: str, field: str = FIELD) -> None:
    """Raise RuleViolation ``reason_says_nothing`` unless a reason has two letters in it.

    "1" or "..." answers nobody who reads the log; one Chinese word has two characters.
    """
    if sum(map(str.isalpha, reason)) < _LETTERS_MIN:
        raise RuleViolation("reason_says_nothing", field=field, least=_LETTERS_MIN)


def check_names_nobody(reason: str, *people: CustomerRecord) -> None:
    """Raise RuleViolation ``reason_names_person`` when the reason has a name, phone or document."""
    digits = "".join(filter(str.isdecimal, reason))
    folded = reason.casefold()
    for person in people:
        is_named = len(person.name) > 1 and person.name.casefold() in folded
        is_phone = person.phone[-_DIGITS_TELLING:] in digits
        number = person.document_number.casefold()
        if is_named or is_phone or (number and number in folded):
            raise RuleViolation("reason_names_person", field=FIELD)
