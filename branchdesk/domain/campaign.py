"""A campaign as one value: read strictly from a bundle, checked as a whole, asked about its days.

What is accepted here is what every terminal may rely on without checking again. This module must
not know how a bundle is signed, stored or carried.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, StrEnum

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.campaign_parts import (
    Budget,
    HolidayYear,
    Material,
    MaterialKind,
    Metric,
    Outlet,
    OutletKind,
    Partner,
    Phase,
    PhaseKind,
    PointRule,
    PointTrigger,
    Role,
    Segment,
    StaffMember,
    TalkTrack,
    Target,
    Task,
    parse_budget,
    parse_consent_text,
    parse_holiday_year,
    parse_material,
    parse_outlet,
    parse_partner,
    parse_phase,
    parse_point_rule,
    parse_segment,
    parse_staff_member,
    parse_talk_track,
    parse_target,
    parse_task,
)
from branchdesk.domain.campaign_rules import check_campaign, check_rules
from branchdesk.domain.consent import ConsentText, Purpose
from branchdesk.domain.offer import Offer, OfferKind, RedemptionPolicy, parse_offer
from branchdesk.domain.reading import Reader
from branchdesk.errors import RuleViolation

__all__ = [
    "Bilingual",
    "Budget",
    "Campaign",
    "ConsentText",
    "DayKind",
    "HolidayYear",
    "Material",
    "MaterialKind",
    "Metric",
    "Offer",
    "OfferKind",
    "Outlet",
    "OutletKind",
    "Partner",
    "Phase",
    "PhaseKind",
    "PointRule",
    "PointTrigger",
    "RedemptionPolicy",
    "Role",
    "Segment",
    "StaffMember",
    "TalkTrack",
    "Target",
    "Task",
    "campaign_to_mapping",
    "parse_campaign",
]


class DayKind(StrEnum):
    """What sort of day a date is; ``unknown`` when the calendar does not say for certain."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Campaign:
    """One version of one campaign."""

    code: str
    version: int
    name: Bilingual
    bank: Bilingual
    theme: Bilingual
    phases: tuple[Phase, ...]
    targets: tuple[Target, ...]
    budget: Budget
    segments: tuple[Segment, ...]
    tasks: tuple[Task, ...]
    point_rules: tuple[PointRule, ...]
    materials: tuple[Material, ...]
    talk_tracks: tuple[TalkTrack, ...]
    partners: tuple[Partner, ...]
    outlets: tuple[Outlet, ...]
    staff: tuple[StaffMember, ...]
    consent_texts: tuple[ConsentText, ...]
    holidays: tuple[HolidayYear, ...]
    offers: tuple[Offer, ...]

    def phase_on(self, day: datetime.date) -> Phase | None:
        """Return the phase that ``day`` falls in, if any."""
        return next((p for p in self.phases if p.starts_on <= day <= p.ends_on), None)

    def is_expired(self, day: datetime.date) -> bool:
        """Tell whether the campaign is over: ``day`` is after the last day of its last phase."""
        return day > self.phases[-1].ends_on

    def offer(self, code: str) -> Offer:
        """Return the offer with this code; raise RuleViolation ``offer_unknown`` otherwise."""
        for offer in self.offers:
            if offer.code == code:
                return offer
        raise RuleViolation("offer_unknown", offer=code[:40])

    def outlet(self, code: str) -> Outlet | None:
        """Return the outlet with this code."""
        return next((outlet for outlet in self.outlets if outlet.code == code), None)

    def staff_member(self, code: str) -> StaffMember | None:
        """Return the member of staff with this code."""
        return next((member for member in self.staff if member.code == code), None)

    def consent_text(self, purpose: Purpose) -> ConsentText:
        """Return the words that ask for ``purpose``; a campaign always has all of them."""
        return next(text for text in self.consent_texts if text.purpose is purpose)

    def day_kind(self, day: datetime.date) -> DayKind:
        """Tell what sort of day ``day`` is.

        A year that is missing or not announced in full answers ``unknown`` for every day that a
        make-up rule could still change: nothing is guessed.
        """
        year = next((found for found in self.holidays if found.year == day.year), None)
        if year is not None and day in year.holidays:
            return DayKind.HOLIDAY
        if year is None or not year.complete:
            return DayKind.UNKNOWN
        if day in year.workdays or day.isoweekday() <= 5:
            return DayKind.WORKDAY
        return DayKind.WEEKEND


def parse_campaign(mapping: Mapping[str, object], *, rules_checked: bool = False) -> Campaign:
    """Read a campaign from a bundle's mapping; dates may be dates or ISO texts.

    Pass ``rules_checked`` only for a bundle that this program has accepted before: compiling the
    rules again would load the rule engine (half a second) at every start.

    Raises ContractFault ``bundle_invalid`` with ``path``, ``problem``, ``expected`` and ``found``
    for the first thing that is wrong: types, ranges, unknown keys, repeats, references to what
    is not there, dates out of order, rules that do not compile, offers that cost more than their
    share of the budget.
    """
    reader = Reader(mapping, "")
    campaign = Campaign(
        code=reader.code("code"),
        version=reader.integer("version", 1, 2**31),
        name=reader.bilingual("name"),
        bank=reader.bilingual("bank"),
        theme=reader.bilingual("theme"),
        phases=reader.items("phases", parse_phase, least=4),
        targets=reader.items("targets", parse_target),
        budget=parse_budget(reader.take("budget"), reader.at("budget")),
        segments=reader.items("segments", parse_segment),
        tasks=reader.items("tasks", parse_task),
        point_rules=reader.items("point_rules", parse_point_rule),
        materials=reader.items("materials", parse_material),
        talk_tracks=reader.items("talk_tracks", parse_talk_track),
        partners=reader.items("partners", parse_partner),
        outlets=reader.items("outlets", parse_outlet, least=1),
        staff=reader.items("staff", parse_staff_member, least=1),
        consent_texts=reader.items("consent_texts", parse_consent_text),
        holidays=reader.items("holidays", parse_holiday_year),
        offers=reader.items("offers", parse_offer, least=1),
    )
    reader.finish()
    check_campaign(campaign)
    if not rules_checked:
        check_rules(campaign)
    return campaign


def campaign_to_mapping(campaign: Campaign) -> dict[str, object]:
    """Return the mapping that ``parse_campaign`` reads back to an equal campaign.

    Holds only JSON types: texts, integers, booleans, lists, mappings, None; dates are ISO 8601.
    """
    return {field.name: _plain(getattr(campaign, field.name)) for field in fields(campaign)}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
