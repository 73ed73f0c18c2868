"""Put what the desk knows into the words of the status bar and the header.

Pure: the same status gives the same words. This module must not know Qt.
"""

import datetime
from collections.abc import Mapping, Sequence

from branchdesk.application.models import (
    CampaignInForce,
    GrantLine,
    Staff,
    TerminalCondition,
    TerminalState,
)
from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.kit.formats import age_phrase, china_date
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.shell.services import DeskStatus
from branchdesk.ui.shell.state import Banner, HeaderState, StatusBarState, StatusItem

# Waiting longer than this with a line would mean that something is wrong.
UNSENT_OLD_MS = 24 * 3_600_000
# An offer with so few slots left is named before it runs out.
FEW = 10
_CLOCK_TONES = {"trusted": Tone.SUCCESS, "plausible": Tone.QUIET, "suspect": Tone.WARNING}


def unknown_status() -> StatusBarState:
    """Return the status bar before anything was read: unknown is said to be unknown."""
    item = StatusItem(phrase("status.unknown"))
    return StatusBarState(item, item, item, item, item, StatusItem(phrase("status.sync_never")))


def status_bar(
    status: DeskStatus,
    staff: Staff,
    campaigns: Sequence[CampaignInForce],
    sync: StatusItem,
    now_ms: int,
    *,
    syncing: bool,
) -> StatusBarState:
    """Return the status bar of what was just read."""
    terminal = status.terminal
    names = {offer.code: offer.name for found in campaigns for offer in found.campaign.offers}
    return StatusBarState(
        staff=StatusItem(
            phrase(
                "status.staff",
                name=staff.name,
                code=staff.code,
                role=phrase(f"role.{staff.role.value}"),
            )
        ),
        outlet=StatusItem(phrase("status.outlet", name=terminal.outlet_name, code=terminal.outlet)),
        clock=StatusItem(
            phrase(f"status.clock_{status.clock}")
            if status.clock in _CLOCK_TONES
            else phrase("status.clock_unknown"),
            _CLOCK_TONES.get(status.clock, Tone.WARNING),
        ),
        unsent=unsent_item(terminal, now_ms),
        grants=grants_item(status.grants, names, china_date(now_ms)),
        sync=sync,
        syncing=syncing,
        warnings=tuple(
            StatusItem(phrase(f"warning.{word}"), Tone.WARNING) for word in status.warnings
        ),
    )


def unsent_item(terminal: TerminalState, now_ms: int) -> StatusItem:
    """Say how much waits to be sent and since when."""
    if terminal.unsent == 0:
        return StatusItem(phrase("status.unsent_none"), Tone.SUCCESS)
    since = terminal.unsent_since_ms
    age_ms = 0 if since is None else max(0, now_ms - since)
    tone = Tone.WARNING if age_ms > UNSENT_OLD_MS else Tone.QUIET
    return StatusItem(phrase("status.unsent", count=terminal.unsent, age=age_phrase(age_ms)), tone)


def grants_item(
    grants: Sequence[GrantLine], names: Mapping[str, Bilingual], today: datetime.date
) -> StatusItem:
    """Say how many slots are left in all, and which offer is about to run out."""
    left: dict[str, int] = {}
    for grant in grants:
        if grant.revoked or grant.issue_until < today:
            continue
        free = max(0, grant.slots - grant.used - grant.returned)
        left[grant.code] = left.get(grant.code, 0) + free
    if not left:
        return StatusItem(phrase("status.grants_none"), Tone.WARNING)
    total = sum(left.values())
    code, fewest = min(left.items(), key=lambda item: (item[1], item[0]))
    if fewest > FEW:
        return StatusItem(phrase("status.grants", total=total))
    name = names.get(code, code)
    return StatusItem(phrase("status.grants_few", total=total, name=name, fewest=fewest),
                      Tone.WARNING)  # fmt: skip


def header(campaigns: Sequence[CampaignInForce], today: datetime.date) -> HeaderState:
    """Return the campaign that runs today, or the first there is, with its countdown."""
    if not campaigns:
        return HeaderState(None, None)
    running = [found for found in campaigns if not found.campaign.is_expired(today)]
    campaign = (running or list(campaigns))[0].campaign
    phase = campaign.phase_on(today)
    if phase is not None:
        left = (phase.ends_on - today).days
        name = phrase(f"phase.{phase.kind.value}")
        key = "header.phase_last_day" if left == 0 else "header.phase_days"
        return HeaderState(campaign.name, phrase(key, phase=name, days=left))
    following = next((p for p in campaign.phases if p.starts_on > today), None)
    if following is None:
        return HeaderState(campaign.name, phrase("header.over"))
    days = (following.starts_on - today).days
    name = phrase(f"phase.{following.kind.value}")
    return HeaderState(campaign.name, phrase("header.phase_starts", phase=name, days=days))


def banner(status: DeskStatus | None, offline: Phrase | None) -> Banner | None:
    """Return the one line that matters most: frozen, then a suspect clock, then no line."""
    if status is not None and status.terminal.condition is TerminalCondition.FROZEN:
        return Banner(phrase("banner.frozen"), Tone.DANGER)
    if status is not None and status.clock == "suspect":
        return Banner(phrase("banner.clock_suspect"), Tone.WARNING)
    if offline is not None:
        return Banner(phrase("banner.offline", reason=offline), Tone.WARNING)
    return None
