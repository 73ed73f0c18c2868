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


def needed_reason(reason: str, missing: RuleViolation) -> str:
    """Return the reason on one line; raise ``missing``, or RuleViolation ``reason_too_long``."""
    words = one_line(reason, len(reason))
    if not words:
        raise missing
    if len(words) > REASON_LENGTH_MAX:
        # Cut short, the log would hold a reason that nobody gave.
        raise RuleViolation(
            "reason_too_long", field=FIELD, limit=REASON_LENGTH_MAX, count=len(words)
        )
    return words


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
