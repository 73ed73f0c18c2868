"""Where this terminal stands: the words of the status bar and of ``branchdesk status``."""

from branchdesk.application.models import DeskStatus
from branchdesk.application.ports import Clock, Store
from branchdesk.protocol.token import china_day


class ReadStatus:
    """Read the truth for the status bar."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(self) -> DeskStatus:
        """Return terminal, grants, clock health, warnings, paces and place as of now."""
        warnings = self._store.warnings()
        today = china_day(self._clock.now_ms() // 1000)
        with self._store.read() as reading:
            terminal, shift = reading.terminal(), reading.open_shift()
            place = "" if shift is None else shift[1]
            return DeskStatus(
                terminal=terminal,
                grants=reading.grants(),
                clock=reading.clock_state(),
                warnings=warnings,
                paces=reading.paces(today),
                stop="" if place == terminal.outlet else place,
                on_duty=shift is not None,
            )
