"""What checking a voucher may call; both run on the store lane. No Qt, no store."""

from collections.abc import Callable
from dataclasses import dataclass

from branchdesk.application.models import CampaignInForce
from branchdesk.protocol.verdict import Judgement


@dataclass(frozen=True, slots=True)
class VerdictServices:
    """``verify`` takes a token's text or a short code; ``campaigns`` know the offers' names."""

    verify: Callable[[str], Judgement]
    campaigns: Callable[[], tuple[CampaignInForce, ...]]
