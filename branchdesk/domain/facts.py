"""The facts about a customer that eligibility rules may speak about, and nothing else.

A fact that is not known is ``None`` and stays out of a rule's sight: a rule then says what is
missing instead of guessing. This module must not know where facts come from.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from branchdesk.domain.consent import Purpose
from branchdesk.domain.person import Channel, DocumentType, Registration, age_on, birth_date


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What is known of a customer when an offer is assessed. ``None`` means not known.

    ``aum_minor`` is assets under management; ``idle_months`` full months since the last business;
    ``tasks_done`` and ``segments`` are codes of the campaign.
    """

    channel: Channel | None = None
    is_new_customer: bool | None = None
    is_firm: bool | None = None
    age: int | None = None
    interests: tuple[str, ...] | None = ()
    needs: tuple[str, ...] | None = ()
    consents: tuple[Purpose, ...] = ()
    aum_minor: int | None = None
    idle_months: int | None = None
    tasks_done: tuple[str, ...] = ()
    segments: tuple[str, ...] | None = None


# What only the bank's own records tell: nobody can ask for it or type it in at a terminal.
RECORD_FACTS: Final = frozenset({"aum_minor", "idle_months", "segments"})
FACT_NAMES: Final = (*(field.name for field in fields(CustomerFacts)), "weekday")


def facts_of(
    registration: Registration,
    consents: tuple[Purpose, ...],
    today: datetime.date,
    *,
    is_new_customer: bool | None = None,
) -> CustomerFacts:
    """Gather what a registration alone tells; ``consents`` are the granted purposes."""
    document = registration.document
    born = None if document is None else birth_date(document)
    return CustomerFacts(
        channel=registration.channel,
        is_new_customer=is_new_customer,
        is_firm=document is not None and document.type is DocumentType.USCC,
        age=None if born is None else age_on(born, today),
        interests=registration.interests,
        needs=registration.needs,
        consents=consents,
    )


def rule_variables(facts: CustomerFacts, today: datetime.date) -> Mapping[str, object]:
    """Return the known facts as plain values for a rule; ``weekday`` is 1 Monday to 7 Sunday."""
    variables: dict[str, object] = {"weekday": today.isoweekday()}
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, tuple):
            variables[field.name] = [str(item) for item in value]
        elif value is not None:
            variables[field.name] = str(value) if isinstance(value, str) else value
    return variables


def sample_variables() -> Mapping[str, object]:
    """Return a value of the right type for every fact, to try a rule on when it is published."""
    facts = CustomerFacts(
        channel=Channel.COUNTER,
        is_new_customer=True,
        is_firm=False,
        age=40,
        interests=("贷款",),
        needs=("贷款",),
        consents=(Purpose.SERVICE,),
        aum_minor=100_000,
        idle_months=1,
        tasks_done=("FIRST_TRANSFER",),
        segments=("NEW",),
    )
    return rule_variables(facts, datetime.date(2026, 1, 1))
