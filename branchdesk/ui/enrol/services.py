"""What the enrolment page may call; both run on the network lane."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class KeptIn(StrEnum):
    """Where this machine would keep its secret."""

    KEY_STORE = "key_store"
    PASSPHRASE = "passphrase"  # noqa: S105  # A word, no secret.
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class EnrolServices:
    """``join`` takes the code, a staff code and a PIN and gives the outlet's name.

    ``fetch`` brings the campaign, the staff and the first grants; it may be tried again. It takes
    the staff code and raises RuleViolation ``enrolled_staff_unlisted`` when the list lacks it.
    """

    join: Callable[[str, str, str], str]
    fetch: Callable[[str], object]
    kept_in: KeptIn
