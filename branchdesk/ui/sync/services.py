"""What the sync screen may call, away from the window's thread. No Qt, no store."""

from collections.abc import Callable
from dataclasses import dataclass

from branchdesk.application.check_road import RoadReport
from branchdesk.application.models import StickExport, SyncProgress, SyncReport
from branchdesk.application.read_sync import SyncPage


@dataclass(frozen=True, slots=True)
class SyncServices:
    """Everything the screen may ask for.

    ``save_proof`` saves head office's newest signature to a file and returns its path; raises
    RuleViolation ``proof_missing``. ``check_road`` takes the code of whoever looks and may take
    seconds, because it asks the system for its printers. ``print_slip`` takes a report and a
    language and returns the path of the slip.

    ``export_stick`` and ``import_reply`` take the path of a file and may take minutes; *light*:
    ``stick_progress`` says how far the one that runs is, ``stop_stick`` lets it end.
    """

    read: Callable[[], SyncPage]
    save_proof: Callable[[], str]
    check_road: Callable[[str], RoadReport]
    print_slip: Callable[[RoadReport, str], str]
    export_stick: Callable[[str], StickExport]
    import_reply: Callable[[str], SyncReport]
    stick_progress: Callable[[], SyncProgress | None]
    stop_stick: Callable[[], object]
