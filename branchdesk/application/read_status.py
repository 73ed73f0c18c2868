"""Where this terminal stands: the words of the status bar and of ``branchdesk status``."""

from branchdesk.application.models import DeskStatus
from branchdesk.application.ports import Store


class ReadStatus:
    """Read the truth for the status bar."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self) -> DeskStatus:
        """Return terminal, grants, clock health and the store's warnings as of now."""
        warnings = self._store.warnings()
        with self._store.read() as reading:
            return DeskStatus(reading.terminal(), reading.grants(), reading.clock_state(), warnings)
