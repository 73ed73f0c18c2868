"""A head office and real terminals in one process: real stores, real use cases, no socket.

Time is the machine's own, so the campaign is moved to today.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from branchdesk.app.practice.office import DirectLine, campaign_for
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Enrolment, IssuedVoucher, Rejoining, Session
from branchdesk.application.ports import Clock, OfficeLine, Outbox
from branchdesk.devices.paths import TerminalHome, resource
from branchdesk.domain.person import parse_registration
from branchdesk.headoffice.authority import read_ca
from branchdesk.headoffice.office import Office, init_office, open_office
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.sync.enrol import checked_enrolment, enrolment_request
from branchdesk.sync.transport import Timeouts
from tests.office_fixture import PASSPHRASE, URL

STAFF, PIN = "T001", "246810"


@dataclass(slots=True)
class DirectOffice:
    """Implements ``OfficeAccess`` by asking the office itself; ``office`` may be replaced."""

    office: Office

    def join(
        self, code: str, device_seed: bytes, clock: Clock, again: Rejoining | None = None
    ) -> Enrolment:
        """Exchange the code for a certificate, checked like one that came over the wire."""
        del clock
        token = decode_enrolment_code(code).token
        body = enrolment_request(token, device_seed, "test", "test", again)
        answer = self.office.enrol(body).encode()
        return checked_enrolment(answer, URL, read_ca(self.office.context.home), device_seed)

    @contextmanager
    def line(
        self,
        outbox: Outbox,
        clock: Clock,
        *,
        check_dates: bool,
        timeouts: Timeouts | None = None,
    ) -> Iterator[OfficeLine]:
        """Return a line that ends in this process."""
        del clock, check_dates, timeouts
        yield DirectLine(self.office, outbox.signer())


@dataclass(slots=True)
class DirectBank:
    """An office with the sample campaign, and terminals whose homes lie beside it."""

    folder: Path
    access: DirectOffice
    database_url: str = ""
    _served: int = 0
    _open: list[Terminal] = field(default_factory=list)

    @property
    def office(self) -> Office:
        """The office that terminals speak with now."""
        return self.access.office

    def terminal(self, name: str, outlet: str = "B001") -> Terminal:
        """Enrol a terminal, with its teller's PIN, and synchronise it."""
        terminal = self.at(name)
        terminal.enrol(self.office.enrol_code(outlet).code, STAFF, PIN)
        terminal.synchronise()
        return terminal

    def at(self, name: str) -> Terminal:
        """Return the terminal in a home, not unlocked."""
        home = TerminalHome(self.folder / name)
        terminal = Terminal(home, office=self.access)
        self._open.append(terminal)
        return terminal

    def unlocked(self, name: str) -> Terminal:
        """Return the terminal in a home, unlocked."""
        terminal = self.at(name)
        terminal.unlock_unattended()
        return terminal

    def copy(self, name: str, to: str) -> None:
        """Copy a closed terminal's home, as a backup or a thief does."""
        shutil.copytree(self.folder / name, self.folder / to)

    def put_back(self, copy: str, over: str) -> None:
        """Put a copy in the place of a closed terminal's home."""
        shutil.rmtree(self.folder / over)
        self.copy(copy, over)

    def serve(self, terminal: Terminal, offer: str = "PHONE10") -> IssuedVoucher:
        """Register somebody new and issue a voucher."""
        self._served += 1
        with terminal.store.read() as reading:
            texts = reading.campaigns()[0].campaign.consent_texts
        walk_in = {
            "name": "练小习", "phone": f"139{self._served:08d}", "channel": "counter",
            "consents": ["service"], "issue": [offer],
        }  # fmt: skip
        done = terminal.register_customer(Session(STAFF), parse_registration(walk_in, texts))
        return done.vouchers[0]

    def close(self) -> None:
        """Close everything."""
        for terminal in self._open:
            terminal.close()
        self.office.close()


def number_of(terminal: Terminal) -> int:
    """Return the number that head office knows a terminal by."""
    with terminal.store.read() as reading:
        return reading.terminal().terminal


@contextmanager
def direct_bank(folder: Path, database_url: str = "") -> Iterator[DirectBank]:
    """Found an office and publish the sample campaign, moved to today."""
    home = folder / "office"
    init_office(home, PASSPHRASE, database_url or None, URL)
    office = open_office(home, PASSPHRASE)
    today = datetime.now(UTC).date()
    office.publish(campaign_for(today, resource("resources/sample/campaign.yaml")))
    bank = DirectBank(folder, DirectOffice(office), database_url)
    try:
        yield bank
    finally:
        bank.close()
