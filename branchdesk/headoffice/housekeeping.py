"""What a serving head office does by itself, beside its answers: close what has expired."""

import logging
import threading
from typing import Final

from branchdesk.errors import BranchDeskError
from branchdesk.headoffice.office import Office

_log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 3_600.0
_STOP_SECONDS: Final = 20


class Housekeeping:
    """A thread that works at once and then every hour, until it is stopped."""

    def __init__(self, office: Office, every_seconds: float = EVERY_SECONDS) -> None:
        self._office, self._every_seconds = office, every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def __enter__(self) -> "Housekeeping":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while True:
            try:
                closed = self._office.close_expired()
            except BranchDeskError as error:
                # The store is away or busy; nothing was changed, and an hour later is soon enough.
                _log.warning("closing expired slots failed: %s", error.code)
            else:
                _log.info("closed %d expired slots of %d grants", closed.slots, closed.grants)
            if self._stopping.wait(self._every_seconds):
                return
