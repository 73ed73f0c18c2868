"""The second person of an act: what was typed of them, and where a refusal of them is shown.

Their PIN passes through to the store and is kept nowhere. This module must not know Qt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from branchdesk.errors import BranchDeskError
from branchdesk.ui.kit.words import Phrase, phrase


class SecondField(StrEnum):
    """What the second person types."""

    STAFF = "second"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class SecondTyped:
    """Who stands beside an act."""

    staff: str = ""
    pin: str = field(default="", repr=False)


# Where a refusal is shown, by the field or the code of the refusal.
_PLACES: Final[Mapping[str, SecondField]] = {
    "second": SecondField.STAFF,
    "staff": SecondField.STAFF,
    "second_pin": SecondField.PIN,
    "pin": SecondField.PIN,
    "pin_wrong": SecondField.PIN,
    "pin_locked": SecondField.PIN,
}


def missing_of(typed: SecondTyped) -> dict[SecondField, Phrase]:
    """Say what of the second person is not there yet."""
    missing = {}
    if not typed.staff.strip():
        missing[SecondField.STAFF] = phrase("customer.erase.second_missing")
    if not typed.pin:
        missing[SecondField.PIN] = phrase("customer.erase.pin_missing")
    return missing


def place_of(error: Exception) -> SecondField | None:
    """Return the field that a refusal is about, None when it is not about the second person."""
    if not isinstance(error, BranchDeskError):
        return None
    return _PLACES.get(str(error.facts.get("field", ""))) or _PLACES.get(error.code)
