"""What the sync screen may call, away from the window's thread. No Qt, no store."""

from collections.abc import Callable
from dataclasses import dataclass

from branchdesk.application.check_road import RoadReport
from branchdesk.application.read_sync import SyncPage


@dataclass(frozen=True, slots=True)
class SyncServices:
    """Everything the screen may ask for.

    ``save_proof`` saves head office's newest signature to a file and returns its path; raises
    RuleViolation ``proof_missing``. ``check_road`` takes the code of whoever looks and may take
    seconds, because it asks the system for its printers. ``print_slip`` takes a report and a
    language and returns the path of the slip.
    """

    read: Callable[[], SyncPage]
    save_proof: Callable[[], str]
    check_road: Callable[[str], RoadReport]
    print_slip: Callable[[RoadReport, str], str]
