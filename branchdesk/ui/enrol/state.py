"""What the enrolment page shows. This module must not know Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from branchdesk.ui.enrol.services import KeptIn
from branchdesk.ui.kit.words import Phrase, Tone


class EnrolStep(StrEnum):
    """Asking, joining head office, or fetching what it sends."""

    ASKING = "asking"
    JOINING = "joining"
    FETCHING = "fetching"


class EnrolField(StrEnum):
    """The fields, from top to bottom."""

    CODE = "code"
    STAFF = "staff"
    PIN = "pin"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class EnrolTyped:
    """What was typed. The repr hides it: the code and the PIN are secrets."""

    code: str = field(repr=False)
    staff: str
    pin: str = field(repr=False)
    again: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnrolState:
    """The whole page. ``errors`` are by field, ``message`` is about all of it.

    ``offers_practice`` shows the way to practice mode: a new machine has nothing else to try.
    """

    kept_in: KeptIn
    step: EnrolStep = EnrolStep.ASKING
    errors: Mapping[EnrolField, Phrase] = field(default_factory=dict)
    message: Phrase | None = None
    tone: Tone = Tone.DANGER
    offers_practice: bool = False
    focus: EnrolField = EnrolField.CODE
    serial: int = 0

    @property
    def can_join(self) -> bool:
        """Whether the button can be pressed."""
        return self.step is EnrolStep.ASKING and self.kept_in is not KeptIn.NOWHERE
