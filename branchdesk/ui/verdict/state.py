"""What the verdict shows, as one frozen value. This module must not know Qt."""

from dataclasses import dataclass
from enum import StrEnum

from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.kit.words import Phrase, Tone


class Step(StrEnum):
    """Nothing shown; asking for a code; looking it up; the answer."""

    CLOSED = "closed"
    ASKING = "asking"
    CHECKING = "checking"
    ANSWER = "answer"


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
class VerdictState:
    """The whole of it.

    ``typed`` stays in the field while its code is looked up or wrong. ``serial`` grows whenever
    the cursor is to be placed anew.
    """

    step: Step = Step.CLOSED
    typed: str = ""
    error: Phrase | None = None
    answer: Answer | None = None
    serial: int = 0
