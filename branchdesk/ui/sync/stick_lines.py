"""Put an export, a reply and how far they are into phrases. Pure; no Qt."""

from pathlib import PurePath
from typing import Final

from branchdesk.application.models import (
    StickExport,
    SyncProgress,
    SyncReport,
    SyncStage,
    TerminalState,
)
from branchdesk.application.read_sync import SyncPage
from branchdesk.domain.clock import china_time
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.shell.status_lines import not_lent
from branchdesk.ui.sync.lines import size_text
from branchdesk.ui.sync.state import RunState

# Of both files; a dialog offers those first.
SUFFIX: Final = "bdsync"


def stick_waiting(page: SyncPage | None) -> Phrase | None:
    """Say what an export made now would carry; None while that is not known."""
    if page is None:
        return None
    if not page.waiting.events:
        return phrase("sync.stick.export.nothing")
    size = size_text(page.waiting.bytes)
    return phrase("sync.stick.export.some", count=page.waiting.events, size=size)


def file_name(terminal: TerminalState, now_ms: int) -> str:
    """Name an export so that files of several vans and days lie beside each other."""
    moment = china_time(now_ms)
    return f"branchdesk-{terminal.outlet}-{terminal.terminal}-{moment:%Y%m%d-%H%M}.{SUFFIX}"


def stick_run(progress: SyncProgress | None, *, is_import: bool, stopping: bool) -> RunState:
    """Say how far an export or an import has come."""
    if progress is None:
        begin = phrase("sync.stick.import.begin" if is_import else "sync.stick.export.begin")
        return RunState(begin, stopping=stopping)
    said = phrase(f"sync.stage.{progress.stage.value}")
    if progress.stage is SyncStage.EXPORT:
        return RunState(said, progress.done, progress.total, stopping)
    percent = progress.done * 100 // max(progress.total, 1)
    return RunState(said, percent, 100, stopping, "sync.stick.percent")


def exported_note(done: StickExport, path: str) -> Note:
    """Say what a file carries and what to do with it now."""
    facts = {"name": PurePath(path).name, "size": size_text(done.bytes), "count": done.events}
    if done.left:
        return Note(phrase("sync.stick.exported.left", left=done.left, **facts), Tone.WARNING)
    key = "sync.stick.exported" if done.events else "sync.stick.exported.empty"
    return Note(phrase(key, **facts), Tone.SUCCESS)


def imported_note(report: SyncReport) -> Note:
    """Say what a reply brought."""
    facts = {"up": report.pushed, "down": report.pulled, "left": report.unsent}
    # An item has a number; without one it is the wish for grants that was refused.
    items = sum(number > 0 for number, _ in report.refused)
    if items:
        return Note(phrase("sync.stick.imported.refused", count=items, **facts), Tone.WARNING)
    if report.refused:
        why = not_lent(report)
        return Note(phrase("sync.stick.imported.denied", reason=why, **facts), Tone.WARNING)
    if not report.pushed and not report.pulled:
        return Note(phrase("sync.stick.imported.nothing"), Tone.INFO)
    key = "sync.stick.imported.left" if report.unsent else "sync.stick.imported"
    return Note(phrase(key, **facts), Tone.SUCCESS)
