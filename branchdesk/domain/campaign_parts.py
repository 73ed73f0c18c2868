"""The parts a campaign is made of, except its offers: phases, budget, people, places, words.

Values and how each is read from a bundle. This module must not know how the parts relate to each
other; ``campaign`` checks that.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import ConsentText, Purpose
from branchdesk.domain.offer import BUDGET_MINOR_MAX
from branchdesk.domain.reading import Reader, read_date, refuse


class PhaseKind(StrEnum):
    """The four phases of a campaign: 筹备, 预热, 执行, 收尾."""

    PREPARE = "prepare"
    WARM_UP = "warm_up"
    RUN = "run"
    CLOSE = "close"


class Metric(StrEnum):
    """What a campaign target counts."""

    NEW_CUSTOMERS = "new_customers"
    BUSINESS_VOLUME_MINOR = "business_volume_minor"
    ACTIVE_CUSTOMERS = "active_customers"
    VOUCHERS_REDEEMED = "vouchers_redeemed"


class OutletKind(StrEnum):
    """A counter in a branch or a service van."""

    COUNTER = "counter"
    VAN = "van"


class Role(StrEnum):
    """What a member of staff may do at a terminal."""

    TELLER = "teller"
    SUPERVISOR = "supervisor"


class PointTrigger(StrEnum):
    """What earns points."""

    DEPOSIT = "deposit"
    SPENDING = "spending"
    TASK = "task"
    REFERRAL = "referral"
    CHECK_IN = "check_in"


class MaterialKind(StrEnum):
    """What can be printed for a campaign."""

    FLYER = "flyer"
    POSTER = "poster"
    COUNTDOWN_POSTER = "countdown_poster"
    TABLE_CARD = "table_card"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase with its first and last day."""

    kind: PhaseKind
    starts_on: datetime.date
    ends_on: datetime.date


@dataclass(frozen=True, slots=True)
class Target:
    """A number to reach by the end of the campaign."""

    metric: Metric
    value: int


@dataclass(frozen=True, slots=True)
class Budget:
    """The whole budget and how many per cent of it go where; the three shares make 100."""

    total_minor: int
    promotion_percent: int
    rewards_percent: int
    operations_percent: int

    @property
    def rewards_minor(self) -> int:
        """What all offers together may cost, rounded down to a minor unit."""
        return self.total_minor * self.rewards_percent // 100


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of customers, described by a CEL rule over the declared facts."""

    code: str
    name: Bilingual
    rule: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something a customer does to earn a reward, such as a first transfer."""

    code: str
    name: Bilingual


@dataclass(frozen=True, slots=True)
class PointRule:
    """How many points a trigger earns; ``per_minor`` is the amount that earns them once."""

    code: str
    name: Bilingual
    trigger: PointTrigger
    points: int
    per_minor: int | None
    task: str | None


@dataclass(frozen=True, slots=True)
class Material:
    """An approved text that may be printed until its approval lapses."""

    code: str
    kind: MaterialKind
    title: Bilingual
    body: Bilingual
    approval_no: str
    approved_until: datetime.date


@dataclass(frozen=True, slots=True)
class TalkTrack:
    """What staff may say (话术), for one offer or for all."""

    code: str
    title: Bilingual
    text: Bilingual
    offer: str | None


@dataclass(frozen=True, slots=True)
class Partner:
    """A merchant that takes part and the offers it accepts."""

    code: str
    name: Bilingual
    address: str
    phone: str
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A branch counter or a van that takes part."""

    code: str
    name: str
    address: str
    kind: OutletKind
    phone: str


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person who works at one or more outlets. PINs never travel in a bundle."""

    code: str
    name: str
    role: Role
    outlets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """One year's public holidays and make-up working days.

    ``complete`` is false while the government has not announced the year's make-up days: then only
    the statutory holidays are known, and whoever asks is warned.
    """

    year: int
    complete: bool
    holidays: tuple[datetime.date, ...]
    workdays: tuple[datetime.date, ...]


def parse_phase(value: object, path: str) -> Phase:
    """Read a phase; its last day may not lie before its first."""
    reader = Reader(value, path)
    phase = Phase(
        reader.choice("kind", PhaseKind), reader.date("starts_on"), reader.date("ends_on")
    )
    reader.finish()
    if phase.ends_on < phase.starts_on:
        refuse(reader.at("ends_on"), "order", expected=f"≥ {phase.starts_on}", found=phase.ends_on)
    return phase


def parse_target(value: object, path: str) -> Target:
    """Read a target."""
    reader = Reader(value, path)
    target = Target(reader.choice("metric", Metric), reader.integer("value", 1, 2**53))
    reader.finish()
    return target


def parse_budget(value: object, path: str) -> Budget:
    """Read the budget; without shares it is split 40/35/25."""
    reader = Reader(value, path)

    def share(key: str, default: int) -> int:
        return reader.optional(key, lambda found: reader.integer(found, 0, 100), default)

    budget = Budget(
        reader.integer("total_minor", 1, BUDGET_MINOR_MAX),
        share("promotion_percent", 40),
        share("rewards_percent", 35),
        share("operations_percent", 25),
    )
    reader.finish()
    total = budget.promotion_percent + budget.rewards_percent + budget.operations_percent
    if total != 100:
        refuse(path, "split", expected=100, found=total)
    return budget


def parse_segment(value: object, path: str) -> Segment:
    """Read a segment."""
    reader = Reader(value, path)
    segment = Segment(reader.code("code"), reader.bilingual("name"), reader.text("rule"))
    reader.finish()
    return segment


def parse_task(value: object, path: str) -> Task:
    """Read a task."""
    reader = Reader(value, path)
    task = Task(reader.code("code"), reader.bilingual("name"))
    reader.finish()
    return task


def parse_point_rule(value: object, path: str) -> PointRule:
    """Read a point rule."""
    reader = Reader(value, path)
    rule = PointRule(
        reader.code("code"),
        reader.bilingual("name"),
        reader.choice("trigger", PointTrigger),
        reader.integer("points", 1, 1_000_000),
        reader.optional("per_minor", lambda key: reader.integer(key, 1, BUDGET_MINOR_MAX), None),
        reader.optional("task", reader.code, None),
    )
    reader.finish()
    return rule


def parse_material(value: object, path: str) -> Material:
    """Read a material."""
    reader = Reader(value, path)
    material = Material(
        reader.code("code"),
        reader.choice("kind", MaterialKind),
        reader.bilingual("title"),
        reader.bilingual("body"),
        reader.text("approval_no"),
        reader.date("approved_until"),
    )
    reader.finish()
    return material


def parse_talk_track(value: object, path: str) -> TalkTrack:
    """Read a talk track."""
    reader = Reader(value, path)
    track = TalkTrack(
        reader.code("code"),
        reader.bilingual("title"),
        reader.bilingual("text"),
        reader.optional("offer", reader.code, None),
    )
    reader.finish()
    return track


def parse_partner(value: object, path: str) -> Partner:
    """Read a partner."""
    reader = Reader(value, path)
    partner = Partner(
        reader.code("code"),
        reader.bilingual("name"),
        reader.text("address"),
        reader.text("phone"),
        reader.optional("offers", reader.codes, ()),
    )
    reader.finish()
    return partner


def parse_outlet(value: object, path: str) -> Outlet:
    """Read an outlet."""
    reader = Reader(value, path)
    outlet = Outlet(
        reader.code("code"),
        reader.text("name"),
        reader.text("address"),
        reader.choice("kind", OutletKind),
        reader.text("phone"),
    )
    reader.finish()
    return outlet


def parse_staff_member(value: object, path: str) -> StaffMember:
    """Read a member of staff, who belongs to at least one outlet."""
    reader = Reader(value, path)
    member = StaffMember(
        reader.code("code"),
        reader.text("name"),
        reader.choice("role", Role),
        reader.codes("outlets"),
    )
    reader.finish()
    if not member.outlets:
        refuse(reader.at("outlets"), "empty")
    return member


def parse_consent_text(value: object, path: str) -> ConsentText:
    """Read one version of one consent text."""
    reader = Reader(value, path)
    text = ConsentText(
        reader.choice("purpose", Purpose), reader.text("version"), reader.bilingual("text")
    )
    reader.finish()
    return text


def parse_holiday_year(value: object, path: str) -> HolidayYear:
    """Read one year of the holiday calendar; every day must lie in that year."""
    reader = Reader(value, path)
    year = HolidayYear(
        reader.integer("year", 2020, 2199),
        reader.boolean("complete"),
        reader.items("holidays", read_date),
        reader.items("workdays", read_date),
    )
    reader.finish()
    for key, days in (("holidays", year.holidays), ("workdays", year.workdays)):
        for index, day in enumerate(days):
            if day.year != year.year:
                refuse(f"{reader.at(key)}[{index}]", "year", expected=year.year, found=day)
    both = sorted(set(year.holidays) & set(year.workdays))
    if both:
        refuse(reader.at("workdays"), "duplicate", found=both[0])
    return year
