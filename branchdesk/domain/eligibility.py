"""Decide whether a customer may have an offer, and say why or what is missing.

The same facts give the same answer on every machine: no clock, no order of sets, no floating point.
This module must not know how facts were found or how an answer is shown.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from branchdesk.domain.campaign import Campaign, Offer, PhaseKind
from branchdesk.domain.facts import RECORD_FACTS, CustomerFacts, facts_of, rule_variables
from branchdesk.domain.rules import evaluate_rule
from branchdesk.errors import RuleViolation

__all__ = [
    "CustomerFacts",
    "Eligibility",
    "EligibilityStatus",
    "IssuedCounts",
    "Reason",
    "assess",
    "facts_of",
    "refusal",
]


class EligibilityStatus(StrEnum):
    """Eligible now; near, with something the customer can still do or say; blocked for now."""

    ELIGIBLE = "eligible"
    NEAR = "near"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class IssuedCounts:
    """How many vouchers of the offer this terminal knows of, by the person's hashes and its own."""

    person_total: int = 0
    person_today: int = 0
    terminal_today: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its text is ``eligibility.<code>`` in the catalogue, filled with ``facts``."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answer for one offer. ``reasons`` is never empty; the first one decided."""

    offer: str
    status: EligibilityStatus
    reasons: tuple[Reason, ...]

    @property
    def is_eligible(self) -> bool:
        """Whether the offer may be issued now."""
        return self.status is EligibilityStatus.ELIGIBLE


def assess(
    offer: Offer,
    facts: CustomerFacts,
    issued: IssuedCounts,
    today: datetime.date,
    available_slots: int,
    *,
    campaign: Campaign | None = None,
) -> Eligibility:
    """Assess one offer for one customer on one day.

    Checks in this order: campaign phase (when ``campaign`` is given; an offer's issue window lies
    inside the phases anyway), issue window, limits, consents, tasks and rule, free slots. All that
    blocks is listed before all that is merely missing.
    """
    blocked = [*_closed(offer, today, campaign), *_limits(offer, issued)]
    missing = [*_consents(offer, facts), *_tasks(offer, facts)]
    for reason in _rule(offer, facts, today):
        (blocked if reason.code == "not_eligible" else missing).append(reason)
    if available_slots < 1:
        blocked.append(_reason("grant_exhausted", offer, substitute=offer.substitute or ""))
    if blocked:
        return Eligibility(offer.code, EligibilityStatus.BLOCKED, (*blocked, *missing))
    if missing:
        return Eligibility(offer.code, EligibilityStatus.NEAR, tuple(missing))
    return Eligibility(offer.code, EligibilityStatus.ELIGIBLE, (_reason("eligible", offer),))


def refusal(eligibility: Eligibility) -> RuleViolation:
    """Build the violation that says why an offer may not be issued.

    Its code is that of the first reason; a missing fact or task becomes ``not_eligible`` with
    ``missing``. Never call it for an eligible customer.
    """
    assert not eligibility.is_eligible, eligibility
    first = eligibility.reasons[0]
    if first.code in {"fact_missing", "fact_elsewhere", "task_missing", "not_eligible"}:
        missing = [
            str(reason.facts["missing"])
            for reason in eligibility.reasons
            if "missing" in reason.facts
        ]
        return RuleViolation("not_eligible", offer=eligibility.offer, missing=missing)
    return RuleViolation(first.code, **first.facts)


def _reason(code: str, offer: Offer, **facts: object) -> Reason:
    return Reason(code, {"offer": offer.code, **facts})


def _closed(offer: Offer, today: datetime.date, campaign: Campaign | None) -> list[Reason]:
    phase_open = True
    if campaign is not None:
        phase = campaign.phase_on(today)
        phase_open = phase is not None and phase.kind in {PhaseKind.WARM_UP, PhaseKind.RUN}
    if phase_open and offer.is_open(today):
        return []
    return [
        _reason(
            "offer_not_open",
            offer,
            opens_on=offer.issue_from.isoformat(),
            closes_on=offer.issue_until.isoformat(),
        )
    ]


def _limits(offer: Offer, issued: IssuedCounts) -> list[Reason]:
    checks = (
        ("limit_person", offer.per_person_limit, issued.person_total),
        ("limit_person_day", offer.per_day_limit, issued.person_today),
        ("limit_terminal_day", offer.per_terminal_day_limit, issued.terminal_today),
    )
    reached = [
        _reason(code, offer, limit=limit, issued=count)
        for code, limit, count in checks
        if limit is not None and count >= limit
    ]
    # Whoever has all of a campaign is not told to come again tomorrow.
    is_final = any(reason.code == "limit_person" for reason in reached)
    return [r for r in reached if not (is_final and r.code == "limit_person_day")]


def _consents(offer: Offer, facts: CustomerFacts) -> list[Reason]:
    return [
        _reason("consent_missing", offer, purpose=purpose.value)
        for purpose in offer.consents_needed
        if purpose not in facts.consents
    ]


def _tasks(offer: Offer, facts: CustomerFacts) -> list[Reason]:
    return [
        _reason("task_missing", offer, missing=task)
        for task in offer.tasks_needed
        if task not in facts.tasks_done
    ]


def _rule(offer: Offer, facts: CustomerFacts, today: datetime.date) -> list[Reason]:
    if not offer.eligibility:
        return []
    result = evaluate_rule(offer.eligibility, rule_variables(facts, today))
    if result.holds:
        return []
    if result.holds is None:
        return [
            _reason(
                "fact_elsewhere" if name in RECORD_FACTS else "fact_missing", offer, missing=name
            )
            for name in result.missing
        ]
    return [_reason("not_eligible", offer)]


def _unknown(offer: Offer, name: str) -> Reason:
    code = "fact_elsewhere" if name in RECORD_FACTS else "fact_missing"
    return _reason(code, offer, missing=name)
