"""One offer of a campaign: what it is worth, who may have it, how often, and where it is good.

Money is in minor units. This module must not know which slots are lent to whom; it says the limits
that such lending obeys.
"""

import datetime
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import Purpose
from branchdesk.domain.reading import Reader, read_bilingual, refuse, refuse_repeats

# The voucher token carries the face value in four bytes and expiry within 366 days of issue until.
MINOR_MAX: Final = 2**32 - 1
BUDGET_MINOR_MAX: Final = 2**53
VALID_DAYS_MAX: Final = 366
COUNT_MAX: Final = 2**31
# How long a redemption may be undone where the offer does not say; a day at most.
UNDO_MINUTES: Final = 30
UNDO_MINUTES_MAX: Final = 1440
# Above this face value a voucher is voided by two people where the offer does not say otherwise.
VOID_ALONE_MINOR: Final = 50_000


class OfferKind(StrEnum):
    """What kind of benefit an offer is."""

    PHONE_CREDIT = "phone_credit"
    SPEND_AND_SAVE = "spend_and_save"
    GIFT = "gift"
    RATE_COUPON = "rate_coupon"
    FEE_WAIVER = "fee_waiver"
    EVENT = "event"


class RedemptionPolicy(IntEnum):
    """Who may redeem: head office; the issuing terminal; the outlet's keeper; anyone, bounded."""

    ONLINE = 0
    HOME = 1
    KEEPER = 2
    ALLOWANCE = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer as published. Limits of ``None`` are no limits; dates include both ends."""

    code: str
    kind: OfferKind
    name: Bilingual
    face_minor: int
    cost_cap_minor: int
    budget_minor: int
    count: int | None
    policy: RedemptionPolicy
    allowance_minor: int
    issue_from: datetime.date
    issue_until: datetime.date
    valid_days: int
    per_person_limit: int | None
    per_day_limit: int | None
    per_terminal_day_limit: int | None
    forecast: int
    min_spend_minor: int | None
    partial_use: bool
    eligibility: str
    facts_needed: tuple[str, ...]
    tasks_needed: tuple[str, ...]
    consents_needed: tuple[Purpose, ...]
    why: Bilingual
    why_not: Bilingual
    terms: tuple[Bilingual, ...]
    disclosures: tuple[Bilingual, ...]
    substitute: str | None
    stock_item: str | None
    approval_no: str
    undo_minutes: int = UNDO_MINUTES
    void_alone_minor: int = VOID_ALONE_MINOR

    def is_open(self, day: datetime.date) -> bool:
        """Tell whether vouchers of this offer may be issued on ``day``."""
        return self.issue_from <= day <= self.issue_until

    def expires_on(self, issued_on: datetime.date) -> datetime.date:
        """Return the last good day of a voucher issued on ``issued_on``."""
        return issued_on + datetime.timedelta(days=self.valid_days)


def parse_offer(value: object, path: str) -> Offer:
    """Read one offer of a bundle; raises ``bundle_invalid`` with the exact path."""
    reader = Reader(value, path)
    offer = Offer(
        code=reader.code("code"),
        kind=reader.choice("kind", OfferKind),
        name=reader.bilingual("name"),
        face_minor=reader.integer("face_minor", 1, MINOR_MAX),
        cost_cap_minor=reader.integer("cost_cap_minor", 1, MINOR_MAX),
        budget_minor=reader.integer("budget_minor", 0, BUDGET_MINOR_MAX),
        count=reader.optional("count", lambda key: reader.integer(key, 1, COUNT_MAX), None),
        policy=RedemptionPolicy(reader.integer("policy", 0, 3)),
        allowance_minor=reader.optional(
            "allowance_minor", lambda key: reader.integer(key, 0, BUDGET_MINOR_MAX), 0
        ),
        issue_from=reader.date("issue_from"),
        issue_until=reader.date("issue_until"),
        valid_days=reader.integer("valid_days", 0, VALID_DAYS_MAX),
        per_person_limit=_limit(reader, "per_person_limit"),
        per_day_limit=_limit(reader, "per_day_limit"),
        per_terminal_day_limit=_limit(reader, "per_terminal_day_limit"),
        forecast=reader.integer("forecast", 1, 1_000_000),
        min_spend_minor=reader.optional(
            "min_spend_minor", lambda key: reader.integer(key, 1, MINOR_MAX), None
        ),
        partial_use=reader.optional("partial_use", reader.boolean, default=False),
        eligibility=reader.optional("eligibility", lambda key: reader.text(key, empty=True), ""),
        facts_needed=_facts(reader),
        tasks_needed=reader.optional("tasks_needed", reader.codes, ()),
        consents_needed=_purposes(reader),
        why=reader.bilingual("why"),
        why_not=reader.bilingual("why_not"),
        terms=reader.items("terms", read_bilingual, least=1),
        disclosures=reader.optional(
            "disclosures", lambda key: reader.items(key, read_bilingual), ()
        ),
        substitute=reader.optional("substitute", reader.code, None),
        stock_item=reader.optional("stock_item", reader.code, None),
        approval_no=reader.text("approval_no"),
        undo_minutes=reader.optional(
            "undo_minutes", lambda key: reader.integer(key, 0, UNDO_MINUTES_MAX), UNDO_MINUTES
        ),
        void_alone_minor=reader.optional(
            "void_alone_minor", lambda key: reader.integer(key, 0, MINOR_MAX), VOID_ALONE_MINOR
        ),
    )
    reader.finish()
    _check_offer(offer, reader)
    return offer


def _limit(reader: Reader, key: str) -> int | None:
    return reader.optional(key, lambda found: reader.integer(found, 1, COUNT_MAX), None)


def _facts(reader: Reader) -> tuple[str, ...]:
    def read(value: object, path: str) -> str:
        if not isinstance(value, str):
            refuse(path, "type", expected="text", found=type(value).__name__)
        return value

    names = reader.optional("facts_needed", lambda key: reader.items(key, read), ())
    refuse_repeats(names, reader.at("facts_needed"), str)
    return names


def _purposes(reader: Reader) -> tuple[Purpose, ...]:
    def read(value: object, path: str) -> Purpose:
        return Reader({"purpose": value}, path).choice("purpose", Purpose)

    return reader.optional(
        "consents_needed", lambda key: reader.items(key, read), (Purpose.SERVICE,)
    )


def _check_offer(offer: Offer, reader: Reader) -> None:
    if offer.issue_from > offer.issue_until:
        refuse(reader.at("issue_until"), "order", expected=f"≥ {offer.issue_from}")
    if (offer.allowance_minor > 0) != (offer.policy is RedemptionPolicy.ALLOWANCE):
        refuse(reader.at("allowance_minor"), "allowance_policy", found=offer.allowance_minor)
    if offer.kind is OfferKind.RATE_COUPON and not offer.disclosures:
        refuse(reader.at("disclosures"), "missing")
    if offer.substitute == offer.code:
        refuse(reader.at("substitute"), "reference", found=offer.substitute)
