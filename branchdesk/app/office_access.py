"""How a terminal reaches its head office: over HTTPS, unless it practises on one of its own."""

import platform
from contextlib import AbstractContextManager
from typing import Protocol

from branchdesk import __version__
from branchdesk.application.models import Enrolment, Rejoining
from branchdesk.application.ports import Clock, OfficeLine, Outbox
from branchdesk.errors import EnvironmentFault
from branchdesk.sync.transport import Timeouts

_ENROL_TRIES = 3
# Somebody stands at the counter: a slow line is no line.
AT_THE_COUNTER = Timeouts(connect_ms=4_000, read_ms=10_000, write_ms=10_000, whole_answer_ms=15_000)


class OfficeAccess(Protocol):
    """The two ways to speak with head office: joining it once, and a line afterwards."""

    def join(
        self, code: str, device_seed: bytes, clock: Clock, again: Rejoining | None = None
    ) -> Enrolment:
        """Exchange a one-time code for a certificate over the device's key.

        ``again`` says which terminal joins anew.
        """

    def line(
        self,
        outbox: Outbox,
        clock: Clock,
        *,
        check_dates: bool,
        timeouts: Timeouts | None = None,
    ) -> AbstractContextManager[OfficeLine]:
        """Return a line for one exchange; it is closed when the ``with`` ends."""


class HttpsOffice:
    """Head office where the enrolment says it is."""

    def join(
        self, code: str, device_seed: bytes, clock: Clock, again: Rejoining | None = None
    ) -> Enrolment:
        """Enrol with one key, asking again when the answer was lost: the code works only once."""
        from branchdesk.sync.enrol import enrol

        for tries_left in reversed(range(_ENROL_TRIES)):
            try:
                return enrol(
                    code, device_seed, program_name(), platform.node(), clock=clock, again=again
                )
            except EnvironmentFault as fault:
                if not (fault.retryable and tries_left):
                    raise
        raise AssertionError("the last try returns or raises")

    def line(
        self,
        outbox: Outbox,
        clock: Clock,
        *,
        check_dates: bool,
        timeouts: Timeouts | None = None,
    ) -> AbstractContextManager[OfficeLine]:
        """Return an HTTPS line with head office's CA pinned."""
        from branchdesk.sync.office_line import HttpsOfficeLine

        url, ca_pem = outbox.office()
        return HttpsOfficeLine(
            url, ca_pem, outbox.signer(), clock, check_dates=check_dates, timeouts=timeouts
        )


def program_name() -> str:
    """Return what head office is told of this program."""
    return f"branchdesk {__version__}"
