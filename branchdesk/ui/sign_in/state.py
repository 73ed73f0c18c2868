"""What the sign-in screen shows. This module must not know Qt."""

from dataclasses import dataclass
from enum import StrEnum

from branchdesk.ui.kit.words import Phrase, Tone


class Step(StrEnum):
    """Signing in, choosing a first PIN, or coming back to a locked window."""

    SIGN_IN = "sign_in"
    CHOOSE_PIN = "choose_pin"
    LOCKED = "locked"


class SignInField(StrEnum):
    """Where the cursor should be."""

    STAFF = "staff"
    PIN = "pin"
    NEW_PIN = "new_pin"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed to sign in. The repr hides the PIN."""

    staff: str
    pin: str

    def __repr__(self) -> str:
        return f"Credentials(staff={self.staff!r})"


@dataclass(frozen=True, slots=True)
class NewPin:
    """A first PIN, typed twice. The repr hides both."""

    pin: str
    again: str

    def __repr__(self) -> str:
        return "NewPin()"


@dataclass(frozen=True, slots=True)
class SignInState:
    """The whole screen. ``serial`` grows whenever fields are to be emptied and focused anew.

    ``offers_practice`` shows the way to practice mode beside the way in. ``choices`` are the staff
    codes that have a way in here; ``word`` stands in large letters while the desk pauses; ``who``
    is to choose a PIN.
    """

    step: Step = Step.SIGN_IN
    staff: str = ""
    busy: bool = False
    message: Phrase | None = None
    tone: Tone = Tone.DANGER
    hint: Phrase | None = None
    offers_practice: bool = False
    choices: tuple[str, ...] = ()
    word: str = ""
    who: str = ""
    focus: SignInField = SignInField.STAFF
    serial: int = 0
