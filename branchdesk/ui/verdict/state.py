"""What the verdict shows, as one frozen value. This module must not know Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.kit.words import Phrase, Tone


class Step(StrEnum):
    """Where the check of one voucher is: ``ASKING`` asks for a code, ``CAMERA`` looks for one,
    ``READING`` reads a picture.
    """

    CLOSED = "closed"
    ASKING = "asking"
    CAMERA = "camera"
    READING = "reading"
    CHECKING = "checking"
    ANSWER = "answer"
    REDEEMING = "redeeming"
    REDEEMED = "redeemed"
    UNDOING = "undoing"
    UNDONE = "undone"


class RedeemField(StrEnum):
    """What can be filled in to redeem a voucher, or to undo that."""

    PURCHASE = "purchase"
    USE = "use"
    PHONE = "phone"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class FactLine:
    """One thing that the voucher says of itself."""

    label: Phrase
    value: Phrase


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict in colour, icon and word, what to tell the customer, and what it rests on.

    ``facts`` are empty for what is not authentic: its own claims are worth nothing.
    """

    verdict: Verdict
    tone: Tone
    icon: str
    word: Phrase
    advice: Phrase
    facts: tuple[FactLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Redeemable:
    """How a voucher can be redeemed: what is asked for, and whether head office has to answer."""

    fields: tuple[RedeemField, ...] = ()
    is_online: bool = False
    is_repeat: bool = False
    """The same question again: its answer never came."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed to redeem, as text."""

    purchase: str = ""
    use: str = ""
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecentLine:
    """One redemption of the day; ``standing`` says whether and until when it can be undone."""

    redemption: str
    at: str
    offer: Phrase
    amount: str
    code: str
    holder: str
    staff: str
    standing: Phrase


@dataclass(frozen=True, slots=True)
class CameraState:
    """What is shown while a camera looks: which there are by id and name, and which looks.

    ``note`` says what it sees or waits for; ``problem`` why it does not look, and what to do.
    """

    choices: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    note: Phrase | None = None
    problem: Phrase | None = None


@dataclass(frozen=True, slots=True)
class VerdictState:
    """The whole of it.

    ``typed`` stays in the field while its code is looked up or wrong. ``problems`` stand beside
    their fields, ``error`` beside the code, or above the buttons when it belongs to no field.
    ``serial`` grows whenever the cursor is to be placed anew.
    ``recent`` is what was redeemed here today, the newest first, None until that is known;
    ``at_recent`` wants the cursor there. ``is_recent`` when one of them is shown.
    """

    step: Step = Step.CLOSED
    typed: str = ""
    error: Phrase | None = None
    answer: Answer | None = None
    serial: int = 0
    redeemable: Redeemable | None = None
    problems: Mapping[RedeemField, Phrase] = field(default_factory=dict)
    can_undo: bool = False
    recent: tuple[RecentLine, ...] | None = None
    at_recent: bool = False
    is_recent: bool = False
    camera: CameraState = field(default_factory=CameraState)
