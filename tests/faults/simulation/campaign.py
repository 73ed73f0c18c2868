"""A campaign small enough to run out: one offer of each redemption policy, some dozens of slots."""

from typing import Any

from tests.office_fixture import sample_campaign

OUTLETS = ("B001", "B002", "V001")
# Offer code to what a slot may cost; policies 1, 2, 3 and 0 in this order.
COSTS = {"PHONE10": 1_000, "SPEND200": 5_000, "GIFTBOX": 8_000, "SALON": 1_500}
SLOTS_IN_ALL = 60
_LEFT_OUT = ("materials", "talk_tracks", "tasks", "point_rules", "segments", "partners")


def small_campaign() -> dict[str, Any]:
    """Return the sample campaign with four offers, tight budgets and wide limits per person."""
    campaign = sample_campaign()
    campaign.update({name: [] for name in _LEFT_OUT if name in campaign})
    campaign["offers"] = [_tightened(o) for o in campaign["offers"] if o["code"] in COSTS]
    return campaign


def _tightened(offer: dict[str, Any]) -> dict[str, Any]:
    cost = COSTS[offer["code"]]
    offer |= {
        "cost_cap_minor": cost, "budget_minor": cost * SLOTS_IN_ALL, "forecast": 4,
        "per_person_limit": 1_000, "per_day_limit": 1_000, "eligibility": "", "facts_needed": [],
    }  # fmt: skip
    offer.pop("substitute", None)
    if "count" in offer:
        offer["count"] = SLOTS_IN_ALL
    if "allowance_minor" in offer:
        offer["allowance_minor"] = cost * 3
    return offer
