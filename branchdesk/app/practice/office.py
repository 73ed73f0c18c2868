"""The made-up head office of practice: the real one's rules on a store of its own, in this process.

A terminal that practises asks it directly, by the same signed bytes that would travel the wire; no
port is opened and nothing leaves the computer.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from branchdesk.app.office_access import program_name
from branchdesk.application.models import Enrolment, Rejoining
from branchdesk.application.ports import Clock, OfficeLine, Outbox
from branchdesk.headoffice.authority import read_ca
from branchdesk.headoffice.campaign_file import read_campaign_file
from branchdesk.headoffice.office import Office, init_office, open_office
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.protocol.feed import Lane
from branchdesk.protocol.http import GrantsWish, Signer
from branchdesk.sync.enrol import checked_enrolment, enrolment_request
from branchdesk.sync.transport import Timeouts

# Never resolved: the name stands for head office in the enrolment code and nowhere else.
URL: Final = "https://practice.invalid"
_MACHINE: Final = "practice"
_DATED: Final = frozenset({"starts_on", "ends_on", "issue_from", "issue_until", "approved_until"})


class PracticeOffice:
    """Implements ``OfficeAccess`` on a head office in this process; found it before use."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._opened: Office | None = None
        self._ca_pem = b""

    @property
    def _office(self) -> Office:
        assert self._opened is not None, "an office is founded before it is asked"
        return self._opened

    def found(self, campaign: Mapping[str, object], outlet: str) -> str:
        """Found it, publish the campaign, and return a code that enrols a terminal at ``outlet``.

        Its passphrase is forgotten at once: the store is opened once and never again.
        """
        passphrase = secrets.token_hex(24)
        init_office(self._home, passphrase, url=URL)
        self._opened = open_office(self._home, passphrase)
        self._ca_pem = read_ca(self._home)
        self._opened.publish(campaign)
        return self._opened.enrol_code(outlet).code

    def close(self) -> None:
        """Close its store, if it was founded."""
        if self._opened is not None:
            self._opened.close()

    def join(
        self, code: str, device_seed: bytes, clock: Clock, again: Rejoining | None = None
    ) -> Enrolment:
        """Exchange the code for a certificate, checked like one that came over the wire."""
        del clock
        token = decode_enrolment_code(code).token
        request = enrolment_request(token, device_seed, program_name(), _MACHINE, again)
        answer = self._office.enrol(request).encode()
        return checked_enrolment(answer, URL, self._ca_pem, device_seed)

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
        yield DirectLine(self._office, outbox.signer())


class DirectLine:
    """Implements ``OfficeLine`` by asking the office itself."""

    def __init__(self, office: Office, signer: Signer) -> None:
        self._office, self._who = office, (signer.terminal, signer.epoch)

    def head(self, nonce: bytes) -> bytes:
        """Return head office's signed head of our chain."""
        return self._office.head(*self._who, nonce).encode()

    def push(self, batch: bytes) -> tuple[bytes, list[list[object]]]:
        """Hand over a batch; return the acknowledgement and the notices."""
        answer = self._office.ingest(*self._who, batch)
        notices: list[list[object]] = [[n.seq, n.verdict, n.code] for n in answer.notices]
        return answer.ack.encode(), notices

    def feed(self, lane: Lane, cursor: int) -> bytes:
        """Return a feed page, signed."""
        return self._office.feed(*self._who, lane, cursor)

    def ask_grants(self, wish: GrantsWish) -> int:
        """Be lent what is needed; return how many grants that were."""
        return len(self._office.lend(*self._who, wish).numbers)

    def redeem(self, request: bytes) -> bytes:
        """Ask about one voucher; return the signed answer."""
        return self._office.redeem(*self._who, request)


def campaign_for(today: date, path: Path) -> dict[str, object]:
    """Read the sample campaign and, where its run is over or not begun, move it to ``today``.

    Phases, offers and approvals move together; the calendar of holidays stays where it is.
    """
    campaign = read_campaign_file(path)
    phases = campaign["phases"]
    assert isinstance(phases, list), "the sample campaign has phases"
    run = next(phase for phase in phases if phase["kind"] == "run")
    if run["starts_on"] <= today <= run["ends_on"]:
        return campaign
    moved = _moved(campaign, today - run["starts_on"])
    assert isinstance(moved, dict), "what was a mapping stays one"
    return moved


def _moved(value: object, by: timedelta) -> object:
    if isinstance(value, Mapping):
        return {
            name: item + by if name in _DATED and isinstance(item, date) else _moved(item, by)
            for name, item in value.items()
        }
    return [_moved(item, by) for item in value] if isinstance(value, list) else value
