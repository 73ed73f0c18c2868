"""A made-up bank for tests: its keys, the sample campaign, and grants under real signatures."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from branchdesk.application.models import CampaignInForce, Staff
from branchdesk.domain.campaign import Campaign, Role, parse_campaign
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import Grant, day_number, sign_grant

OFFICE_KEY: Final = SigningKey(b"the grant key of a made-up bank.")
ACK_KEY: Final = SigningKey(b"the ack key of a made-up bank...")
TERMINAL_KEY: Final = SigningKey(b"the key of a made-up terminal 12")
BLIND_KEY: Final = b"the blind key of a made-up bank."
HOLDER_KEY: Final = b"holder key of a made-up campaign"
TERMINAL: Final = 12
TELLER: Final = Staff("T001", "王小燕", Role.TELLER)
SUPERVISOR: Final = Staff("S001", "赵立新", Role.SUPERVISOR)
GRANT_KEYS: Final = {OFFICE_KEY.key_id: OFFICE_KEY.public_key}
ACK_KEYS: Final = {ACK_KEY.key_id: ACK_KEY.public_key}
_SAMPLE: Final = Path(__file__).resolve().parents[2] / "resources" / "sample" / "campaign.yaml"


@cache
def sample_campaign() -> Campaign:
    """Return the sample campaign, its rules checked."""
    return parse_campaign(yaml.safe_load(_SAMPLE.read_text(encoding="utf-8")))


def at_outlet(outlet: str) -> Campaign:
    """Return the sample campaign as a terminal at one of its outlets has it: that one first."""
    campaign = sample_campaign()
    ordered = tuple(sorted(campaign.outlets, key=lambda place: place.code != outlet))
    return replace(campaign, outlets=ordered)


def in_force(campaign: Campaign | None = None, *, holder_key: bytes = HOLDER_KEY) -> (
    CampaignInForce
):  # fmt: skip
    """Return a campaign as head office sent it; offers are numbered from 301."""
    found = campaign or sample_campaign()
    numbers = {offer.code: 301 + index for index, offer in enumerate(found.offers)}
    return CampaignInForce(found, found.version, numbers, holder_key)


def grant_of(
    offer_code: str,
    *,
    number: int,
    slots: int = 100,
    issue_from: date | None = None,
    issue_until: date | None = None,
    terminal: int = TERMINAL,
    terminal_key: SigningKey = TERMINAL_KEY,
    office_key: SigningKey = OFFICE_KEY,
    campaign: CampaignInForce | None = None,
    is_book: bool = False,
) -> Grant:
    """Return a signed grant of one of the campaign's offers; its window is the offer's."""
    found = campaign or in_force()
    offer = found.campaign.offer(offer_code)
    unsigned = Grant(
        key_id=b"",
        number=number,
        terminal=terminal,
        terminal_key=terminal_key.public_key,
        offer=found.numbers[offer_code],
        slots=slots,
        face_minor=offer.face_minor,
        issue_from=day_number(issue_from or offer.issue_from),
        issue_until=day_number(issue_until or offer.issue_until),
        policy=offer.policy,
        is_book=is_book,
    )
    return sign_grant(unsigned, office_key)
