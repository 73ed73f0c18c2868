"""What must hold between the parts of a campaign, checked once when a bundle is read.

Each rule refuses with the path of the value that breaks it. This module must not know where the
campaign came from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from branchdesk.domain.campaign_parts import PhaseKind
from branchdesk.domain.consent import Purpose
from branchdesk.domain.facts import FACT_NAMES, sample_variables
from branchdesk.domain.reading import refuse, refuse_repeats
from branchdesk.domain.rules import check_rule
from branchdesk.domain.wording import forbidden_word

if TYPE_CHECKING:
    from branchdesk.domain.bilingual import Bilingual
    from branchdesk.domain.campaign import Campaign
    from branchdesk.domain.offer import Offer


def check_campaign(campaign: Campaign) -> None:
    """Raise ``bundle_invalid`` for the first rule that the campaign breaks."""
    _check_phases(campaign)
    _check_repeats(campaign)
    _check_consent_texts(campaign)
    _check_references(campaign)
    for index, offer in enumerate(campaign.offers):
        _check_offer(campaign, offer, f"offers[{index}]")
    _check_budget(campaign)
    _check_wording(campaign)


def check_rules(campaign: Campaign) -> None:
    """Raise ``bundle_invalid`` for the first eligibility or segment rule that cannot be evaluated.

    An offer's rule may use only the facts that the offer declares as needed.
    """
    sample = sample_variables()
    for index, offer in enumerate(campaign.offers):
        check_rule(offer.eligibility, f"offers[{index}].eligibility", offer.facts_needed, sample)
    for index, segment in enumerate(campaign.segments):
        check_rule(segment.rule, f"segments[{index}].rule", FACT_NAMES, sample)


def _check_phases(campaign: Campaign) -> None:
    kinds = [phase.kind for phase in campaign.phases]
    if kinds != list(PhaseKind):
        refuse("phases", "order", expected=", ".join(PhaseKind), found=", ".join(kinds))
    for index in range(1, len(kinds)):
        before, phase = campaign.phases[index - 1 : index + 1]
        if phase.starts_on <= before.ends_on:
            refuse(
                f"phases[{index}].starts_on",
                "overlap",
                expected=f"> {before.ends_on}",
                found=phase.starts_on,
            )


def _check_repeats(campaign: Campaign) -> None:
    refuse_repeats(campaign.targets, "targets", lambda target: target.metric.value)
    refuse_repeats(campaign.segments, "segments", lambda segment: segment.code)
    refuse_repeats(campaign.tasks, "tasks", lambda task: task.code)
    refuse_repeats(campaign.point_rules, "point_rules", lambda rule: rule.code)
    refuse_repeats(campaign.materials, "materials", lambda material: material.code)
    refuse_repeats(campaign.talk_tracks, "talk_tracks", lambda track: track.code)
    refuse_repeats(campaign.partners, "partners", lambda partner: partner.code)
    refuse_repeats(campaign.outlets, "outlets", lambda outlet: outlet.code)
    refuse_repeats(campaign.staff, "staff", lambda member: member.code)
    refuse_repeats(campaign.holidays, "holidays", lambda year: str(year.year))
    refuse_repeats(campaign.offers, "offers", lambda offer: offer.code)
    refuse_repeats(campaign.consent_texts, "consent_texts", lambda text: text.purpose.value)


def _check_consent_texts(campaign: Campaign) -> None:
    there = {text.purpose for text in campaign.consent_texts}
    for purpose in Purpose:
        if purpose not in there:
            refuse("consent_texts", "missing", expected=purpose.value)


def _check_references(campaign: Campaign) -> None:
    outlets = {outlet.code for outlet in campaign.outlets}
    offers = {offer.code for offer in campaign.offers}
    tasks = {task.code for task in campaign.tasks}
    for index, member in enumerate(campaign.staff):
        _refuse_dangling(member.outlets, outlets, f"staff[{index}].outlets")
    for index, partner in enumerate(campaign.partners):
        _refuse_dangling(partner.offers, offers, f"partners[{index}].offers")
    for index, track in enumerate(campaign.talk_tracks):
        if track.offer is not None and track.offer not in offers:
            refuse(f"talk_tracks[{index}].offer", "reference", found=track.offer)
    for index, rule in enumerate(campaign.point_rules):
        if rule.task is not None and rule.task not in tasks:
            refuse(f"point_rules[{index}].task", "reference", found=rule.task)


def _refuse_dangling(codes: Iterable[str], known: Iterable[str], path: str) -> None:
    for index, code in enumerate(codes):
        if code not in known:
            refuse(f"{path}[{index}]", "reference", found=code)


def _check_offer(campaign: Campaign, offer: Offer, path: str) -> None:
    offers = {found.code for found in campaign.offers}
    if offer.substitute is not None and offer.substitute not in offers:
        refuse(f"{path}.substitute", "reference", found=offer.substitute)
    _refuse_dangling(
        offer.tasks_needed, {task.code for task in campaign.tasks}, f"{path}.tasks_needed"
    )
    _refuse_dangling(offer.facts_needed, FACT_NAMES, f"{path}.facts_needed")
    opens, closes = campaign.phases[1].starts_on, campaign.phases[2].ends_on
    if offer.issue_from < opens:
        refuse(f"{path}.issue_from", "window", expected=f"≥ {opens}", found=offer.issue_from)
    if offer.issue_until > closes:
        refuse(f"{path}.issue_until", "window", expected=f"≤ {closes}", found=offer.issue_until)
    if offer.cost_cap_minor > offer.budget_minor:
        refuse(f"{path}.cost_cap_minor", "budget", expected=f"≤ {offer.budget_minor}")


def _check_budget(campaign: Campaign) -> None:
    spent = sum(offer.budget_minor for offer in campaign.offers)
    if spent > campaign.budget.rewards_minor:
        refuse("offers", "budget", expected=f"≤ {campaign.budget.rewards_minor}", found=spent)


def _check_wording(campaign: Campaign) -> None:
    texts: list[tuple[str, Bilingual]] = [
        ("name", campaign.name),
        ("bank", campaign.bank),
        ("theme", campaign.theme),
    ]
    for index, offer in enumerate(campaign.offers):
        path = f"offers[{index}]"
        texts += [(f"{path}.name", offer.name), (f"{path}.why", offer.why)]
        texts.append((f"{path}.why_not", offer.why_not))
        texts += [(f"{path}.terms[{number}]", term) for number, term in enumerate(offer.terms)]
        texts += [
            (f"{path}.disclosures[{number}]", text) for number, text in enumerate(offer.disclosures)
        ]
    for index, material in enumerate(campaign.materials):
        texts += [(f"materials[{index}].title", material.title)]
        texts += [(f"materials[{index}].body", material.body)]
    for index, track in enumerate(campaign.talk_tracks):
        texts += [(f"talk_tracks[{index}].title", track.title)]
        texts += [(f"talk_tracks[{index}].text", track.text)]
    for path, text in texts:
        word = forbidden_word(text.zh)
        if word is not None:
            refuse(f"{path}.zh", "forbidden_word", found=word)
