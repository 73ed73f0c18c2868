"""What the sync screen shows, as one frozen value. Phrases, not words; no Qt."""

from dataclasses import dataclass, field
from enum import StrEnum

from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase


class Tab(StrEnum):
    """What the right half shows."""

    ANSWERS = "answers"
    ROAD = "road"
    STICK = "stick"


@dataclass(frozen=True, slots=True)
class Kind:
    """How many events of one kind wait."""

    name: Phrase
    count: int


@dataclass(frozen=True, slots=True)
class WaitingState:
    """What has not reached head office; ``facts`` say how old and how big it is."""

    headline: Phrase
    tone: Tone
    facts: tuple[Phrase, ...] = ()
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class RunState:
    """A synchronisation that runs: its stage, and events signed for of those to send.

    ``count_key`` is the text that says how far it is.
    """

    said: Phrase
    done: int = 0
    total: int = 0
    stopping: bool = False
    count_key: str = "sync.progress_count"


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One thing that head office held back or decided, or that did not verify here."""

    title: Phrase
    chip: Phrase
    tone: Tone
    why: Phrase
    advice: Phrase


@dataclass(frozen=True, slots=True)
class RoadRow:
    """One thing the road check looked at; ``advice`` is None when it is in order."""

    subject: Phrase
    value: Phrase
    advice: Phrase | None
    tone: Tone


@dataclass(frozen=True, slots=True)
class RoadState:
    """The road check: its lines, and whether the van may leave. Empty before the first check."""

    verdict: Note | None = None
    checked: Phrase | None = None
    rows: tuple[RoadRow, ...] = ()
    is_checking: bool = False
    is_printing: bool = False


@dataclass(frozen=True, slots=True)
class StickState:
    """Synchronising by file: what would go, and the export or import that runs.

    ``file_name`` is what an export made now would be called.
    """

    waiting: Phrase | None = None
    file_name: str = ""
    run: RunState | None = None


@dataclass(frozen=True, slots=True)
class SyncState:
    """The whole screen.

    ``run`` is None while nothing runs. ``trouble`` says why the last attempt failed.
    ``focus`` is a number that grows when the cursor is to be placed.
    """

    office: Phrase | None = None
    waiting: WaitingState = WaitingState(phrase("status.unknown"), Tone.QUIET)
    run: RunState | None = None
    next_try: Phrase | None = None
    trouble: Note | None = None
    signed: tuple[Phrase, ...] = ()
    can_save_proof: bool = False
    note: Note | None = None
    tab: Tab = Tab.ANSWERS
    answers: tuple[AnswerLine, ...] = ()
    answers_left_out: int = 0
    road: RoadState = field(default_factory=RoadState)
    stick: StickState = field(default_factory=StickState)
    focus: int = 0
