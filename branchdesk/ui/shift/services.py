"""What the shift screen may call; each runs on the store lane."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from branchdesk.application.models import PrintedDocument, Session, SignedIn
from branchdesk.application.shifts import ClosedShift, ShiftOverview
from branchdesk.application.staff_pins import StaffLine


@dataclass(frozen=True, slots=True)
class ShiftServices:
    """The use cases of a shift; counts are by offer code, words say why a count differs."""

    show: Callable[[], ShiftOverview]
    open: Callable[[Session, str, Mapping[str, int]], str]
    count: Callable[[Session, Mapping[str, int]], str]
    hand_over: Callable[[Session, str, str, Mapping[str, int], str], SignedIn]
    close: Callable[[Session, Mapping[str, int], str], ClosedShift]
    print_slip: Callable[[ClosedShift], PrintedDocument]
    list_staff: Callable[[], tuple[StaffLine, ...]]
    change_pin: Callable[[Session, str, str], object]
    request_pin_reset: Callable[[Session, str, str], object]
