"""A made-up head office behind real TLS, a terminal, and the line between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from branchdesk.devices.system_clock import SystemClock
from branchdesk.protocol.signing import SigningKey
from branchdesk.sync.office_line import HttpsOfficeLine
from branchdesk.sync.synchronise import Synchronise
from branchdesk.sync.transport import Timeouts
from tests.fakes.office import MemoryOffice
from tests.fakes.outbox import MemoryOutbox
from tests.fakes.randomness import SeededRandomness
from tests.faults.certificates import Authority, make_authority, write_server_certificate
from tests.faults.tls_office import TlsOffice

# Short, so that a dead line costs a test half a second; the servers are on this machine.
TIMEOUTS = Timeouts(connect_ms=2_000, read_ms=500, write_ms=2_000, whole_answer_ms=4_000)


@dataclass(slots=True)
class World:
    """A terminal and the head office that it is enrolled at."""

    authority: Authority
    server: TlsOffice
    outbox: MemoryOutbox
    folder: Path

    @property
    def office(self) -> MemoryOffice:
        """What head office holds."""
        return self.server.office

    def held(self) -> int:
        """Return how many events head office holds of the terminal."""
        return self.office.head(7, 1).seq

    def line(
        self, url: str = "", *, check_dates: bool = True, timeouts: Timeouts = TIMEOUTS
    ) -> HttpsOfficeLine:
        """Return a line to the server, or to whatever listens at ``url``."""
        return HttpsOfficeLine(
            url or self.server.url, self.authority.pem, self.outbox.signer(), SystemClock(),
            check_dates=check_dates, timeouts=timeouts,
        )  # fmt: skip

    def synchronise(
        self, url: str = "", *, check_dates: bool = True, timeouts: Timeouts = TIMEOUTS
    ) -> None:
        """Synchronise once over a line of its own."""
        with self.line(url, check_dates=check_dates, timeouts=timeouts) as line:
            Synchronise(self.outbox, line, SystemClock(), SeededRandomness(9))()


@pytest.fixture
def authority() -> Authority:
    """Head office's own CA."""
    return make_authority()


@pytest.fixture
def world(authority: Authority, tmp_path: Path) -> Iterator[World]:
    """A terminal with 120 unsent events and a head office that answers."""
    office = MemoryOffice()
    certificate = office.admit(SigningKey(b"\x07" * 32).public_key)
    outbox = MemoryOutbox(certificate, office.ack_keys())
    for number in range(120):
        outbox.record(note=f"visitor {number} +8613800138000", filler=200)
    path = write_server_certificate(tmp_path, authority)
    with TlsOffice(path, authority.pem, office) as server:
        yield World(authority, server, outbox, tmp_path)
