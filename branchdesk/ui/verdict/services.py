"""What checking and redeeming a voucher may call. No Qt, no store.

All run on the store lane, but for ``ask_office``, which waits for the network, and pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from branchdesk.application.list_redemptions import RedemptionLine
from branchdesk.application.models import CampaignInForce, Session
from branchdesk.application.redeem_voucher import Question
from branchdesk.application.redemption_records import Redeemed, Redeeming, Undone
from branchdesk.application.undo_redemption import UndoQuestion
from branchdesk.errors import BranchDeskError
from branchdesk.protocol.verdict import Judgement


@dataclass(frozen=True, slots=True)
class RedeemServices:
    """The steps of redeeming and of undoing; a question goes to head office in between."""

    begin: Callable[[Session, Redeeming, str], Redeemed | Question]
    settle: Callable[[Session, Question, bytes], Redeemed]
    unanswered: Callable[[Session, Question, BranchDeskError], Redeemed]
    begin_undo: Callable[[Session, str, str, str], Undone | UndoQuestion]
    settle_undo: Callable[[Session, UndoQuestion, bytes], Undone]
    undo_unanswered: Callable[[UndoQuestion, BranchDeskError], Undone]
    ask_office: Callable[[bytes], bytes]
    new_intent: Callable[[], str]


@dataclass(frozen=True, slots=True)
class GreyPicture:
    """A picture of one byte a pixel, row after row."""

    width: int
    height: int
    grey: bytes


@dataclass(frozen=True, slots=True)
class PictureServices:
    """Read every code in a picture or PDF by its path, or in a picture; on a lane of its own."""

    in_file: Callable[[str], tuple[str, ...]]
    in_picture: Callable[[GreyPicture], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of a camera: in grey to be read, and as the view shows it, opaque to all others."""

    grey: GreyPicture
    preview: object


class CameraChoice(Protocol):
    """A camera of this machine."""

    @property
    def id(self) -> str:
        """What it is opened by."""

    @property
    def name(self) -> str:
        """What the system calls it."""


class OpenCamera(Protocol):
    """A camera that is on."""

    def close(self) -> None:
        """Let it go; nothing is told any more."""


@dataclass(frozen=True, slots=True)
class CameraServices:
    """``load`` is slow and comes first; the others are *light* and belong to the window's thread.

    ``open`` takes an id, who gets each frame (made on a lane; None when it cannot be), and who
    hears a word when there is no camera: absent, forbidden, busy, broken, silent or gone.
    """

    load: Callable[[], object]
    choices: Callable[[], Sequence[CameraChoice]]
    open: Callable[
        [str, Callable[[Callable[[], Shot | None]], object], Callable[[str], object]], OpenCamera
    ]


@dataclass(frozen=True, slots=True)
class VerdictServices:
    """``verify`` takes a token's text or a short code; ``campaigns`` know the offers' names.

    ``recent`` lists what was redeemed here today, the newest first. *Light*: ``now_ms``.
    ``camera`` is None where the extra for cameras is not installed.
    """

    verify: Callable[[str], Judgement]
    campaigns: Callable[[], tuple[CampaignInForce, ...]]
    redeem: RedeemServices
    pictures: PictureServices
    recent: Callable[[], tuple[RedemptionLine, ...]]
    now_ms: Callable[[], int]
    camera: CameraServices | None = None
