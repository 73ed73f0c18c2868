"""The real terminal and the real head office on loopback TLS, with a bad network between them.

Store, vault, protocol, TLS, service and ledger are the ones that ship; only the line is made bad.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import SyncReport
from branchdesk.devices.paths import resource, terminal_home
from branchdesk.headoffice.campaign_file import read_campaign_file
from branchdesk.headoffice.office import Office, init_office, open_office
from branchdesk.headoffice.serving import BackgroundService
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.sync.office_line import HttpsOfficeLine
from branchdesk.sync.synchronise import Synchronise
from branchdesk.sync.transport import Timeouts
from tests.faults.proxy import Proxy

OFFICE_PASSPHRASE = "an office passphrase for tests"
PASSPHRASE = "a terminal passphrase for tests"
STAFF, PIN = "T001", "246810"
# Long enough for a busy machine to answer, short enough for the test of a dead line.
TIMEOUTS = Timeouts(connect_ms=5_000, read_ms=5_000, write_ms=5_000, whole_answer_ms=20_000)


@dataclass(slots=True)
class Bank:
    """An enrolled terminal, head office's service, and the network between them."""

    terminal: Terminal
    office: Office
    proxy: Proxy
    service_port: int

    def synchronise(self, timeouts: Timeouts = TIMEOUTS) -> SyncReport:
        """Synchronise once through the network as it is now."""
        outbox = self.terminal.store.outbox
        clock, randomness = self.terminal.clock, self.terminal.randomness
        _, ca_pem = outbox.office()
        line = HttpsOfficeLine(self.proxy.url, ca_pem, outbox.signer(), clock, timeouts=timeouts)
        with line:
            return Synchronise(outbox, line, clock, randomness)()


@contextmanager
def real_bank(folder: Path) -> Iterator[Bank]:
    """Found a head office with the sample campaign and enrol a terminal through the proxy."""
    os.environ.setdefault("BRANCHDESK_PASSPHRASE", PASSPHRASE)
    home = folder / "office"
    init_office(home, OFFICE_PASSPHRASE)
    with open_office(home, OFFICE_PASSPHRASE) as office:
        office.publish(read_campaign_file(resource("resources/sample/campaign.yaml")))
        service = BackgroundService(home, OFFICE_PASSPHRASE).start()
        try:
            with Proxy(service.port) as proxy, Terminal(terminal_home(folder / "t")) as terminal:
                code = replace(decode_enrolment_code(office.enrol_code("B001").code), url=proxy.url)
                terminal.enrol(code.encode(), STAFF, PIN)
                bank = Bank(terminal, office, proxy, service.port)
                bank.synchronise()
                yield bank
        finally:
            service.stop()
