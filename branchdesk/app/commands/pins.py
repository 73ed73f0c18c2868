"""Where a command finds PINs: in the environment, never among its words."""

import os
from typing import Final

from branchdesk.errors import RuleViolation

PIN: Final = "BRANCHDESK_PIN"
NEW_PIN: Final = "BRANCHDESK_NEW_PIN"
SECOND_PIN: Final = "BRANCHDESK_SECOND_PIN"


def pin_from(variable: str) -> str:
    """Return the PIN in an environment variable; raises RuleViolation ``pin_missing``."""
    pin = os.environ.get(variable, "")
    if not pin:
        raise RuleViolation("pin_missing", field=variable, variable=variable)
    return pin
