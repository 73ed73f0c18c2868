"""What the page shows. This module must not know Qt."""

from dataclasses import dataclass
from enum import StrEnum

from branchdesk.ui.kit.words import Phrase, Tone


class RejoinStep(StrEnum):
    """Asking for the code, joining, fetching what head office sends, or arrived."""

    ASKING = "asking"
    JOINING = "joining"
    FETCHING = "fetching"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RejoinState:
    """The whole page. ``error`` is about the code, ``message`` about all of it.

    ``serial`` grows whenever the cursor is to be placed anew.
    """

    step: RejoinStep = RejoinStep.ASKING
    error: Phrase | None = None
    message: Phrase | None = None
    tone: Tone = Tone.DANGER
    serial: int = 0

    @property
    def can_leave(self) -> bool:
        """Whether going back to the desk would leave nothing half done."""
        return self.step in {RejoinStep.ASKING, RejoinStep.DONE}
