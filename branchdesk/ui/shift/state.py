"""What the shift screen shows. This module must not know Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.kit.words import Phrase, Tone

Words = Phrase | Bilingual


class Step(StrEnum):
    """What the right side asks for."""

    OPENING = "opening"
    OVERVIEW = "overview"
    FLOAT = "float"
    HANDING = "handing"
    CLOSING = "closing"
    CLOSED = "closed"
    PIN = "pin"


class ShiftField(StrEnum):
    """Every field of the screen; gifts have one each besides, named by their offer code."""

    PLACE = "place"
    COLLEAGUE = "colleague"
    PIN = "pin"
    WORD = "word"
    OLD_PIN = "old_pin"
    NEW_PIN = "new_pin"
    AGAIN = "again"


FIELDS: Mapping[Step, tuple[ShiftField, ...]] = {
    Step.OPENING: (ShiftField.PLACE,),
    Step.OVERVIEW: (),
    Step.FLOAT: (),
    Step.HANDING: (ShiftField.COLLEAGUE, ShiftField.PIN, ShiftField.WORD),
    Step.CLOSING: (ShiftField.WORD,),
    Step.CLOSED: (),
    Step.PIN: (ShiftField.OLD_PIN, ShiftField.NEW_PIN, ShiftField.AGAIN),
}
COUNTING = frozenset({Step.OPENING, Step.FLOAT, Step.HANDING, Step.CLOSING})
SECRET = frozenset({ShiftField.PIN, ShiftField.OLD_PIN, ShiftField.NEW_PIN, ShiftField.AGAIN})


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed when the step's button was pressed. The repr hides it: PINs are in it."""

    fields: Mapping[ShiftField, str] = field(default_factory=dict, repr=False)
    gifts: Mapping[str, str] = field(default_factory=dict)

    def text(self, wanted: ShiftField) -> str:
        """Return one field, without the space around it."""
        return self.fields.get(wanted, "").strip()


@dataclass(frozen=True, slots=True)
class ResetWish:
    """A supervisor wants a colleague's PIN reset, and says why."""

    staff: str
    reason: str


@dataclass(frozen=True, slots=True)
class GiftField:
    """One offer whose gifts are counted by hand; ``expected`` is None where nothing was counted."""

    offer_code: str
    name: Bilingual | Phrase
    expected: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A label with what it says."""

    label: Words
    value: Words
    tone: Tone = Tone.QUIET


@dataclass(frozen=True, slots=True)
class StaffRow:
    """Somebody who may sign in here; ``can_reset`` when the one at the desk may ask for it."""

    code: str
    name: str
    role: Phrase
    way: Phrase
    tone: Tone
    can_reset: bool


@dataclass(frozen=True, slots=True)
class ShiftState:
    """The whole screen. ``serial`` grows whenever fields are to be emptied and focused anew.

    ``facts`` say who, where and since when; ``work`` what was done and what is left; ``unsent``
    what head office does not have. ``notice`` says what is odd about the shift that is open,
    ``can_count`` that its gifts were never counted; ``has_slip`` that the summary of the shift
    closed last can be saved. ``errors`` are by field, or by offer code for a count.
    """

    step: Step = Step.OPENING
    busy: bool = False
    message: Phrase | None = None
    tone: Tone = Tone.INFO
    facts: tuple[Line, ...] = ()
    work: tuple[Line, ...] = ()
    unsent: tuple[Line, ...] = ()
    notice: Phrase | None = None
    can_count: bool = False
    has_slip: bool = False
    place_note: Phrase | None = None
    places: tuple[str, ...] = ()
    place_wanted: bool = False
    gifts: tuple[GiftField, ...] = ()
    colleagues: tuple[tuple[str, str], ...] = ()
    staff: tuple[StaffRow, ...] = ()
    errors: Mapping[str, Phrase] = field(default_factory=dict)
    focus: str = ""
    document: str = ""
    serial: int = 0

    @property
    def is_stuck(self) -> bool:
        """Whether the step cannot be done now: nobody is there who could take the shift over."""
        return self.step is Step.HANDING and not self.colleagues
