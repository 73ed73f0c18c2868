"""Put what waits, what was signed and what was held back into phrases. Pure; no Qt."""

from dataclasses import replace
from typing import Final

from branchdesk.application.check_road import RoadLine, RoadReport, Standing
from branchdesk.application.models import SyncReport, TerminalCondition
from branchdesk.application.read_sync import SyncPage
from branchdesk.application.redemption_records import Outcome
from branchdesk.application.waiting import HeldEvent, RefusedItem, Waiting
from branchdesk.domain.clock import china_time
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol import facts
from branchdesk.protocol.feed import ItemKind
from branchdesk.ui.kit.formats import age_phrase, clock_text
from branchdesk.ui.kit.words import Note, Phrase, Tone, error_phrase, phrase
from branchdesk.ui.shell.state import SyncActivity
from branchdesk.ui.shell.status_lines import UNSENT_OLD_MS, not_lent
from branchdesk.ui.sync.state import (
    AnswerLine,
    Kind,
    RoadRow,
    RoadState,
    RunState,
    WaitingState,
)

_MINUTE_MS: Final = 60_000
_TONES: Final = {
    Standing.GREEN: Tone.SUCCESS,
    Standing.AMBER: Tone.WARNING,
    Standing.RED: Tone.DANGER,
}
_VERDICT_TONES: Final = {
    "parked": Tone.WARNING,
    "effect_refused": Tone.DANGER,
    "flagged": Tone.INFO,
}
_DECISIONS: Final = frozenset(
    {"outlet_bears", "bank_bears", "no_loss", "first_undone", "numbers_found"}
)
# The kinds of event that have a name of their own.
KINDS: Final = frozenset(facts.PAYLOAD_FIELDS)
# Why head office holds something back: each has a text of what it means and one of what to do.
CODES: Final = frozenset(
    {
        "payload_erased", "commitment_mismatch", "unknown_event_type", "unknown_event_version",
        "malformed_payload", "person_key_missing", "person_unsealable", "grant_unknown",
        "grant_of_other", "voucher_forged", "voucher_mismatch", "slot_used", "slot_returned",
        "slot_revoked", "slots_issued", "slots_returned_before", "grant_not_live",
        "issued_while_frozen", "customer_unknown", "customer_exists", "duplicate_customer",
        "event_id_repeated", "customer_erased", "supervisor_required", "staff_unknown",
        "limit_person", "limit_person_day",
        "double_redemption", "redeemed_out", "redeemed_without_right", "redeemed_while_frozen",
        "redemption_unknown", "redemption_of_other", "redemption_differs", "undone_before",
        "chain_not_live", "slot_void", "slot_closed", "slot_honoured", "slot_unissued",
        "entered_before", "numbers_missing", "spend_below",
        "grant_for_books", "grant_not_for_books",
        "voided_before", "copy_repeated", "released_before", "not_redeemer", "not_keeper",
        "keeper_item_old", "amount_over_face", "voucher_on_branch",
    }
)  # fmt: skip


def waiting_state(waiting: Waiting, now_ms: int) -> WaitingState:
    """Say how much waits, since when, how big it is, and of what kinds it is."""
    if not waiting.events:
        return WaitingState(phrase("sync.waiting.none"), Tone.SUCCESS)
    found = [phrase("sync.waiting.size", size=size_text(waiting.bytes))]
    age_ms = 0
    if waiting.since_ms is not None:
        age_ms = max(0, now_ms - waiting.since_ms)
        at = moment_text(waiting.since_ms)
        found.insert(0, phrase("sync.waiting.oldest", age=age_phrase(age_ms), at=at))
    kinds = sorted(waiting.kinds, key=lambda kind: (-kind.count, kind.event_type))
    return WaitingState(
        headline=phrase("sync.waiting.some", count=waiting.events),
        tone=Tone.WARNING if age_ms > UNSENT_OLD_MS else Tone.QUIET,
        facts=tuple(found),
        kinds=tuple(Kind(kind_phrase(kind.event_type), kind.count) for kind in kinds),
    )


def kind_phrase(event_type: str) -> Phrase:
    """Name a kind of event."""
    if event_type not in KINDS:
        return phrase("sync.kind.other")
    return phrase(f"sync.kind.{event_type.replace('.', '_')}")


def signed_phrases(page: SyncPage, activity: SyncActivity) -> tuple[Phrase, ...]:
    """Say what head office signed for, what it has for good, and what the last success moved."""
    terminal = page.terminal
    if page.signed is None:
        said = [phrase("sync.signed.never")]
    else:
        said = [
            phrase("sync.signed.at", at=moment_text(page.signed.time_ms)),
            phrase("sync.signed.marks", acked=terminal.acked_seq, total=terminal.head.seq),
            phrase("sync.signed.durable", durable=terminal.durable_seq),
        ]
    if activity.report is not None:
        report, at = activity.report, clock_text(activity.report_ms)
        moved = phrase("sync.signed.moved", at=at, up=report.pushed, down=report.pulled)
        said.append(moved)
    return tuple(said)


def run_state(activity: SyncActivity) -> RunState | None:
    """Say how far a synchronisation has come, or None while nothing runs."""
    if not activity.running:
        return None
    progress = activity.progress
    if progress is None:
        return RunState(phrase("sync.stage.start"), stopping=activity.stopping)
    said = phrase(f"sync.stage.{progress.stage.value}")
    return RunState(said, progress.done, progress.total, activity.stopping)


def next_phrase(activity: SyncActivity, now_ms: int) -> Phrase:
    """Say when the next attempt by itself is due; a minute is as exact as anybody reads."""
    if activity.next_ms is None:
        return phrase("sync.next.by_hand")
    at = clock_text(activity.next_ms)
    if activity.error is None or activity.ended_ms is None:
        return phrase("sync.next.due", at=at)
    key = "sync.next.retry" if activity.next_ms - now_ms >= _MINUTE_MS else "sync.next.soon"
    return phrase(key, at=at, failed=clock_text(activity.ended_ms))


def trouble(activity: SyncActivity, page: SyncPage | None) -> Note | None:
    """Say why the last attempt did not work, or that a person ended it.

    That there is no line is said by the frame's banner, unless something worse has its place.
    """
    no_line = isinstance(activity.error, EnvironmentFault)
    if activity.running or activity.ended_ms is None or (no_line and not _is_worse(page)):
        return None
    at = clock_text(activity.ended_ms)
    if activity.error is not None:
        reason = error_phrase(activity.error)
        return Note(phrase("sync.failed", at=at, reason=reason), Tone.WARNING)
    if activity.stopped:
        return Note(phrase("sync.stopped", at=at), Tone.INFO)
    return None


def _is_worse(page: SyncPage | None) -> bool:
    """Say whether the terminal is frozen or its clock suspect, which the banner says instead."""
    if page is None:
        return False
    return page.terminal.condition is TerminalCondition.FROZEN or page.clock == "suspect"


def answer_lines(page: SyncPage, report: SyncReport | None) -> tuple[AnswerLine, ...]:
    """List a wish for grants that was refused, what did not verify here, what head office held
    back, and what it decided since.

    The newest come first in each; ``report`` is that of the last synchronisation.
    """
    ours = page.terminal.outlet
    decided = (_decided_line(outcome, ours) for outcome in page.decided)
    return (
        *_wish_lines(report),
        *map(_refused_line, page.refused),
        *map(_held_line, page.held),
        *decided,
    )


def _wish_lines(report: SyncReport | None) -> tuple[AnswerLine, ...]:
    why = None if report is None else not_lent(report)
    if why is None:
        return ()
    return (
        AnswerLine(
            title=phrase("sync.not_lent.title"),
            chip=phrase("sync.verdict.not_lent"),
            tone=Tone.WARNING,
            why=why,
            advice=replace(why, key=f"{why.key}.do"),
        ),
    )


def _held_line(held: HeldEvent) -> AnswerLine:
    known = held.code in CODES
    at = "—" if held.at_ms is None else moment_text(held.at_ms)
    return AnswerLine(
        title=phrase(
            "sync.held.title" if "voucher" not in held.refs else "sync.held.voucher",
            kind=kind_phrase(held.event_type), at=at, seq=held.seq,
            voucher=held.refs.get("voucher", ""),
        ),
        chip=phrase(f"sync.verdict.{held.verdict}"),
        tone=_VERDICT_TONES.get(held.verdict, Tone.WARNING),
        why=phrase(f"sync.code.{held.code}" if known else "sync.code.other", code=held.code),
        advice=phrase(f"sync.advice.{held.code}" if known else "sync.advice.other"),
    )  # fmt: skip


def _decided_line(outcome: Outcome, ours: str) -> AnswerLine:
    known = outcome.decision in _DECISIONS
    return AnswerLine(
        title=phrase("sync.decided.title", voucher=outcome.voucher, case=outcome.case),
        chip=phrase("sync.verdict.decided"),
        tone=Tone.WARNING if outcome.liable == ours else Tone.SUCCESS,
        why=phrase(
            f"sync.decided.{outcome.decision if known else 'other'}",
            outlet=outcome.liable, loss_minor=outcome.loss_minor, decision=outcome.decision,
        ),
        advice=phrase("sync.decided.reason" if outcome.reason else "sync.decided.done",
                      reason=outcome.reason),
    )  # fmt: skip


def _refused_line(refused: RefusedItem) -> AnswerLine:
    known = refused.kind in ItemKind.__members__.values()
    return AnswerLine(
        title=phrase(f"sync.item.{refused.kind}" if known else "sync.item.other"),
        chip=phrase("sync.verdict.here"),
        tone=Tone.DANGER,
        why=phrase("sync.item.why", code=refused.code),
        advice=phrase("sync.item.do"),
    )


def road_state(report: RoadReport) -> RoadState:
    """Say what the road check found."""
    by = "" if report.staff is None else f"{report.staff.name} {report.staff.code}"
    return RoadState(
        verdict=_verdict(report),
        checked=phrase("road.checked", at=moment_text(report.checked_ms), by=by),
        rows=tuple(map(_road_row, report.lines)),
    )


def _verdict(report: RoadReport) -> Note:
    red, amber = report.count(Standing.RED), report.count(Standing.AMBER)
    if red:
        return Note(phrase("road.verdict.stay", red=red, amber=amber), Tone.DANGER)
    if amber:
        return Note(phrase("road.verdict.watch", red=red, amber=amber), Tone.WARNING)
    return Note(phrase("road.verdict.go", red=red, amber=amber), Tone.SUCCESS)


def _road_row(line: RoadLine) -> RoadRow:
    key = f"road.{line.subject}.{line.word}"
    return RoadRow(
        subject=phrase(f"road.{line.subject}"),
        value=Phrase(key, line.facts),
        advice=None if line.standing is Standing.GREEN else Phrase(f"{key}.do", line.facts),
        tone=_TONES[line.standing],
    )


def moment_text(ms: int) -> str:
    """Write month, day, hour and minute in UTC+8 of a wall time."""
    return china_time(ms).strftime("%m-%d %H:%M")


def size_text(size_bytes: int) -> str:
    """Write a size in the unit that fits."""
    if size_bytes < 1 << 20:
        return f"{max(1, round(size_bytes / 1024))} KB"
    return f"{size_bytes / (1 << 20):.1f} MB"
