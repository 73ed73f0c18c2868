"""What checking and redeeming a voucher may call. No Qt, no store.

All run on the store lane, but for ``ask_office``, which waits for the network, and pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
class VerdictServices:
    """``verify`` takes a token's text or a short code; ``campaigns`` know the offers' names.

    ``recent`` lists what was redeemed here today, the newest first. *Light*: ``now_ms``.
    """

    verify: Callable[[str], Judgement]
    campaigns: Callable[[], tuple[CampaignInForce, ...]]
    redeem: RedeemServices
    pictures: PictureServices
    recent: Callable[[], tuple[RedemptionLine, ...]]
    now_ms: Callable[[], int]
