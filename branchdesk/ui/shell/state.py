"""What the shell shows, as one frozen value: status bar, header, banner, which page.

Words are phrases (a text key with facts), so that the language can change under a state. This
module must not know Qt.
"""

from dataclasses import dataclass
from enum import StrEnum

from branchdesk.application.models import SyncProgress, SyncReport
from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.kit.words import Phrase, Tone


class Page(StrEnum):
    """What fills the window: the way to join, the door, the desk behind it, the way back in."""

    ENROL = "enrol"
    SIGN_IN = "sign_in"
    DESK = "desk"
    REJOIN = "rejoin"


class Screen(StrEnum):
    """The screens of the desk, in the order of the rail."""

    COUNTER = "counter"
    CUSTOMER = "customer"
    SYNC = "sync"
    SHIFT = "shift"
    BOOKS = "books"


@dataclass(frozen=True, slots=True)
class StatusItem:
    """One cell of the status bar; ``detail`` says more of it than there is room for."""

    phrase: Phrase
    tone: Tone = Tone.QUIET
    detail: Phrase | None = None


@dataclass(frozen=True, slots=True)
class StatusBarState:
    """The status bar. It never lies: what is not known yet is said to be unknown.

    ``warnings`` are the store's own, worst first; ``scanner`` is there when one on a port is.
    """

    staff: StatusItem
    outlet: StatusItem
    clock: StatusItem
    unsent: StatusItem
    grants: StatusItem
    sync: StatusItem
    syncing: bool = False
    warnings: tuple[StatusItem, ...] = ()
    scanner: StatusItem | None = None


@dataclass(frozen=True, slots=True)
class SyncActivity:
    """What syncing does now and what came of it: wall times in milliseconds.

    ``report`` is that of the last success since the start; ``error`` that of the last attempt, None
    when it succeeded; ``stopped`` when a person ended it; ``next_ms`` is when the next attempt by
    itself is due, None when it waits for a person.
    """

    running: bool = False
    stopping: bool = False
    progress: SyncProgress | None = None
    report: SyncReport | None = None
    report_ms: int = 0
    error: Exception | None = None
    ended_ms: int | None = None
    stopped: bool = False
    next_ms: int | None = None


@dataclass(frozen=True, slots=True)
class HeaderState:
    """The campaign in force and how long its phase still runs."""

    campaign: Bilingual | None
    phase: Phrase | None


@dataclass(frozen=True, slots=True)
class Banner:
    """A line across the top that stays until its cause is gone.

    ``can_rejoin`` offers the way out of it that a code of head office opens, ``can_open_shift``
    the screen on which a shift is opened.
    """

    phrase: Phrase
    tone: Tone
    can_rejoin: bool = False
    can_open_shift: bool = False


@dataclass(frozen=True, slots=True)
class ShellState:
    """The whole frame."""

    page: Page
    status: StatusBarState
    header: HeaderState
    banner: Banner | None = None
    locked: bool = False
    screen: Screen = Screen.COUNTER
