"""Synchronising by file: the terminal's two use cases on files of this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import StickExport, SyncProgress, SyncReport
from branchdesk.devices.stick_file import reading_stick, writing_stick
from branchdesk.errors import RuleViolation
from branchdesk.protocol.stick import FAMILY
from branchdesk.sync.export_stick import ExportStick
from branchdesk.sync.import_reply import ImportReply

_ASK_AGAIN_S: Final = 0.2

Tell = Callable[[SyncProgress], None]
IsStopped = Callable[[], bool]


def export_to_stick(
    terminal: Terminal,
    path: Path,
    tell: Tell,
    is_stopped: IsStopped,
    after_seq: int | None = None,
) -> StickExport:
    """Write what head office has not signed for to ``path``, whole or not at all.

    Raises what :class:`ExportStick` raises, RuleViolation ``file_in_the_way``, and
    EnvironmentFault ``file_not_written``.
    """
    refuse_other_file(path)
    export = ExportStick(terminal.store.outbox, terminal.randomness)
    with writing_stick(path) as file:
        return export(file, tell, is_stopped, after_seq=after_seq)


def import_from_stick(
    terminal: Terminal, path: Path, tell: Tell, is_stopped: IsStopped
) -> SyncReport:
    """Take over head office's reply in ``path``; waits until no synchronisation runs.

    Raises what :class:`ImportReply` raises, and EnvironmentFault ``file_unreadable``.
    """
    with reading_stick(path) as file, _alone(terminal, is_stopped):
        report = ImportReply(terminal.store.outbox, tell, is_stopped)(file)
    terminal.let_in_new_staff()
    return report


def refuse_other_file(path: Path) -> None:
    """Raise RuleViolation ``file_in_the_way`` when something that is no sync file stands there."""
    if not path.exists():
        return
    with reading_stick(path) as file:
        start = file.read(len(FAMILY))
    # One that was cut short, or is empty, was to become one of ours.
    if not FAMILY.startswith(start):
        raise RuleViolation("file_in_the_way", path=path.name[:80])


@contextmanager
def _alone(terminal: Terminal, is_stopped: IsStopped) -> Iterator[None]:
    """Wait until no synchronisation runs; a bad line may keep one for minutes."""
    while not terminal.exchanging.acquire(timeout=_ASK_AGAIN_S):
        if is_stopped():
            raise RuleViolation("stick_import_stopped")
    try:
        yield
    finally:
        terminal.exchanging.release()
