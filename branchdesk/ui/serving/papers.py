"""What may be done with the paper of a voucher: by which services, and for which reasons.

This module must not know Qt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from branchdesk.application.models import IssuedVoucher, Session
from branchdesk.ui.kit.words import Note, Tone, phrase


class PaperAct(StrEnum):
    """What somebody does with one voucher."""

    PRINT = "print"
    CAME_OUT = "came_out"
    REPRINT = "reprint"
    REPLACE = "replace"
    VOID = "void"


# Paper that never came out is void for no other reason.
NOT_PRINTED: Final = "not_printed"
REASONS: Final[Mapping[PaperAct, tuple[str, ...]]] = {
    PaperAct.REPRINT: ("lost", "damaged", "jammed"),
    PaperAct.REPLACE: ("damaged", "lost"),
    PaperAct.VOID: ("mistake", "returned", "lost"),
}
ALL_REASONS: Final = (*dict.fromkeys(sum(REASONS.values(), ())), NOT_PRINTED)

# The second person's staff code and PIN, both empty where one person may.
Second = tuple[str, str]
ALONE: Final[Second] = ("", "")
ForAReason = Callable[[Session, str, str, str | None], IssuedVoucher]


@dataclass(frozen=True, slots=True)
class PaperServices:
    """The use cases, on the store lane: session, voucher, reason and intent where one is needed.

    ``replace`` and ``void`` take the second person last, and raise RuleViolation
    ``void_second_missing`` where there must be one. ``confirm_printed`` takes the layout last.
    """

    reprint: ForAReason
    replace: Callable[[Session, str, str, str | None, Second], IssuedVoucher]
    void: Callable[[Session, str, str, str | None, Second], object]
    confirm_printed: Callable[[Session, Sequence[str], str], object]


def handed_over(path: str, said: Note, *, is_open: bool) -> Note:
    """Return ``said`` of a file that was handed to the system, or that nothing there opens it."""
    return said if is_open else Note(phrase("paper.not_opened", path=path), Tone.WARNING)
