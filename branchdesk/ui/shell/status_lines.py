"""Put what the desk knows into the words of the status bar and the header.

Pure: the same status gives the same words. This module must not know Qt.
"""

import datetime
from collections.abc import Mapping, Sequence

from branchdesk.application.models import (
    CampaignInForce,
    GrantLine,
    Staff,
    SyncReport,
    TerminalCondition,
    TerminalState,
)
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.clock import china_date
from branchdesk.domain.forecast import Pace, runs_out_ms
from branchdesk.errors import BranchDeskError, EnvironmentFault
from branchdesk.ui.kit.formats import age_phrase, clock_text
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.shell.services import DeskStatus
from branchdesk.ui.shell.state import (
    Banner,
    HeaderState,
    StatusBarState,
    StatusItem,
    SyncActivity,
)

# Waiting longer than this with a line would mean that something is wrong.
UNSENT_OLD_MS = 24 * 3_600_000
# An offer with so few slots left is named before it runs out.
FEW = 10
# Running out within this is worth a colour: there is still time to ask for more.
RUNS_OUT_SOON_MS = 2 * 3_600_000
# Why head office refuses a wish for grants, as far as there are words for it.
_NOT_LENT = frozenset({"terminal_frozen", "office_restored", "office_learning"})
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
            phrase("status.staff", name=staff.name, code=staff.code),
            detail=phrase(f"role.{staff.role.value}"),
        ),
        outlet=outlet_item(terminal, status.stop),
        clock=StatusItem(
            phrase(f"status.clock_{status.clock}")
            if status.clock in _CLOCK_TONES
            else phrase("status.clock_unknown"),
            _CLOCK_TONES.get(status.clock, Tone.WARNING),
        ),
        unsent=unsent_item(terminal, now_ms),
        grants=grants_item(status, names, now_ms),
        sync=sync,
        syncing=syncing,
        warnings=tuple(
            StatusItem(phrase(f"warning.{word}.short"), Tone.WARNING, phrase(f"warning.{word}"))
            for word in status.warnings
        ),
    )


def scanner_item(reason: str) -> StatusItem:
    """Say how the scanner on a serial port stands: an empty word when it is heard."""
    if not reason:
        return StatusItem(phrase("status.scanner_open"), Tone.SUCCESS)
    return StatusItem(
        phrase(f"status.scanner_{reason}"), Tone.WARNING, phrase(f"scan.port_{reason}")
    )


def unsent_item(terminal: TerminalState, now_ms: int) -> StatusItem:
    """Say how much waits to be sent and since when."""
    if terminal.unsent == 0:
        return StatusItem(phrase("status.unsent_none"), Tone.SUCCESS)
    since = terminal.unsent_since_ms
    age_ms = 0 if since is None else max(0, now_ms - since)
    tone = Tone.WARNING if age_ms > UNSENT_OLD_MS else Tone.QUIET
    return StatusItem(phrase("status.unsent", count=terminal.unsent, age=age_phrase(age_ms)), tone)


def outlet_item(terminal: TerminalState, stop: str) -> StatusItem:
    """Say where the desk stands: the van's stop where there is one, else the outlet."""
    # The name comes with the first feed; until then there is the code alone.
    key = "status.outlet" if terminal.outlet_name else "status.outlet_code"
    outlet = phrase(key, name=terminal.outlet_name, code=terminal.outlet)
    if not stop:
        return StatusItem(outlet)
    return StatusItem(phrase("status.stop", stop=stop, code=terminal.outlet), detail=outlet)


def grants_item(status: DeskStatus, names: Mapping[str, Bilingual], now_ms: int) -> StatusItem:
    """Say how many slots are left, which offer runs out first and when, or that it is unknown."""
    left = free_slots(status.grants, china_date(now_ms))
    if not left:
        return StatusItem(phrase("status.grants_none"), Tone.WARNING)
    total = sum(left.values())
    ends = {} if status.clock == "suspect" else _ends(left, status.paces, now_ms)
    soonest = min(ends, key=lambda code: (ends[code], code), default="")
    if soonest and china_date(ends[soonest]) == china_date(now_ms):
        facts = {"name": names.get(soonest, soonest), "at": clock_text(ends[soonest])}
        near = ends[soonest] - now_ms < RUNS_OUT_SOON_MS
        return StatusItem(
            phrase("status.grants_until", total=total, **facts),
            Tone.WARNING if near else Tone.QUIET,
            phrase("status.grants_until_detail", left=left[soonest], **facts),
        )
    detail = phrase("status.grants_today" if soonest else "status.grants_pace_unknown")
    code, fewest = min(left.items(), key=lambda item: (item[1], item[0]))
    if fewest <= FEW:
        words = phrase("status.grants_few", total=total, name=names.get(code, code), fewest=fewest)
        return StatusItem(words, Tone.WARNING, detail)
    key = "status.grants_lasting" if soonest else "status.grants"
    return StatusItem(phrase(key, total=total), detail=detail)


def free_slots(grants: Sequence[GrantLine], today: datetime.date) -> dict[str, int]:
    """Return how many slots of each offer can still be issued, by code."""
    left: dict[str, int] = {}
    for grant in grants:
        if not grant.revoked and grant.issue_until >= today:
            free = max(0, grant.slots - grant.used - grant.returned)
            left[grant.code] = left.get(grant.code, 0) + free
    return left


def _ends(left: Mapping[str, int], paces: Mapping[str, Pace], now_ms: int) -> dict[str, int]:
    """Return when each offer runs out, as far as that can be known."""
    found = {
        code: runs_out_ms(free, paces[code], now_ms) for code, free in left.items() if code in paces
    }
    return {code: end_ms for code, end_ms in found.items() if end_ms is not None}


def sync_item(activity: SyncActivity) -> StatusItem:
    """Say what syncing does, or what came of it last."""
    if activity.running:
        return StatusItem(progress_phrase(activity), Tone.INFO)
    if activity.ended_ms is None:
        return StatusItem(phrase("status.sync_never"))
    at = clock_text(activity.ended_ms)
    if activity.error is not None:
        return _failed_item(activity.error, at)
    if activity.stopped or activity.report is None:
        return StatusItem(phrase("status.sync_stopped", at=at), Tone.WARNING)
    return _report_item(activity.report, at)


def _failed_item(error: Exception, at: str) -> StatusItem:
    if isinstance(error, EnvironmentFault):
        return StatusItem(phrase("status.sync_offline", at=at), Tone.WARNING)
    words = phrase("status.sync_failed", at=at, reason=error_phrase(error))
    return StatusItem(words, Tone.DANGER)


def _report_item(report: SyncReport, at: str) -> StatusItem:
    refused, denied = sum(number > 0 for number, _ in report.refused), not_lent(report)
    if report.parked or refused:
        words = phrase("status.synced_parked", at=at, parked=report.parked, refused=refused)
        return StatusItem(words, Tone.WARNING, denied)
    if denied is not None:
        return StatusItem(phrase("status.synced_not_lent", at=at), Tone.WARNING, denied)
    words = phrase("status.synced", at=at, pushed=report.pushed, pulled=report.pulled)
    return StatusItem(words, Tone.SUCCESS)


def not_lent(report: SyncReport) -> Phrase | None:
    """Say why head office lent nothing, None when it did not refuse.

    An item that did not verify has a number; without one it is the wish for grants.
    """
    code = next((code for number, code in report.refused if not number), None)
    if code is None:
        return None
    known = code if code in _NOT_LENT else "other"
    return phrase(f"sync.not_lent.{known}", code=code)


def progress_phrase(activity: SyncActivity) -> Phrase:
    """Say how far a synchronisation has come."""
    progress = activity.progress
    if activity.stopping:
        return phrase("status.sync_stopping")
    if progress is None:
        return phrase("status.syncing")
    return phrase(
        f"status.sync_at_{progress.stage.value}", done=progress.done, total=progress.total
    )


def offline_reason(activity: SyncActivity) -> Phrase | None:
    """Return why the desk works without head office, as far as the last attempt can tell."""
    error = activity.error
    return error_phrase(error) if isinstance(error, EnvironmentFault) else None


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


def is_forgotten(activity: SyncActivity) -> bool:
    """Say whether head office was restored from a backup older than this terminal's enrolment."""
    error = activity.error
    return isinstance(error, BranchDeskError) and error.code == "terminal_forgotten"


def banner(
    status: DeskStatus | None,
    offline: Phrase | None,
    *,
    forgotten: bool = False,
    at_shift: bool = False,
) -> Banner | None:
    """Return the one line that matters most: what only joining again mends, then a suspect clock,
    then that no shift is open (except ``at_shift``, where one is asked for) or no line, or both.
    """
    if status is not None and status.terminal.condition is TerminalCondition.FROZEN:
        key = "banner.frozen" if status.terminal.fork is None else "banner.forked"
        return Banner(phrase(key), Tone.DANGER, can_rejoin=True)
    if forgotten:
        return Banner(phrase("banner.forgotten"), Tone.DANGER, can_rejoin=True)
    if status is not None and status.clock == "suspect":
        return Banner(phrase("banner.clock_suspect"), Tone.WARNING)
    if status is not None and not status.on_duty and not at_shift:
        return _off_duty(offline)
    if offline is not None:
        return Banner(phrase("banner.offline", reason=offline), Tone.WARNING)
    return None


def _off_duty(offline: Phrase | None) -> Banner:
    """Say that no shift is open, and that there is no line where that is so too."""
    if offline is None:
        return Banner(phrase("banner.off_duty"), Tone.INFO, can_open_shift=True)
    both = phrase("banner.off_duty_offline", reason=offline)
    return Banner(both, Tone.WARNING, can_open_shift=True)
