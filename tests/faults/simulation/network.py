"""The wire in memory: requests reach head office, or not, or twice, or next week; so do answers.

It stands where the HTTPS transport stands: request signatures, status and media types, error
bodies are the real ones, and everything above them is the real line.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from branchdesk.application.ports import Clock
from branchdesk.errors import BranchDeskError, EnvironmentFault
from branchdesk.headoffice.office import Office
from branchdesk.protocol import codec, http
from branchdesk.protocol.feed import Lane
from branchdesk.protocol.http import Signer
from branchdesk.sync.office_line import HttpsOfficeLine
from branchdesk.sync.transport import Answer, unreachable

URL = "https://office.invalid"
_HTML = b"<html><head><title>Welcome</title></head><body>Please accept our terms</body></html>"
_FAULTS = {
    "lost_request": 4, "lost_reply": 6, "torn_reply": 3, "duplicated": 6, "late": 4, "portal": 4,
    "blank_page": 2, "old_reply": 4, "busy": 2, "cut_reply": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it left a terminal."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Network:
    """Between all terminals and head office; ``trouble`` is the share of requests that meet some.

    ``cut_off`` are the machines without a line. What is ``late`` arrives when somebody lets it, in
    any order.
    """

    office: Office
    chance: random.Random
    trouble: float = 0.0
    cut_off: set[str] = field(default_factory=set)
    late: list[Request] = field(default_factory=list)
    answered: dict[str, Answer] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)

    def exchange(self, machine: str, request: Request) -> Answer:
        """Carry a request to head office and its answer back, or fail as networks do."""
        if machine in self.cut_off:
            raise unreachable("no_line")
        if self.chance.random() >= self.trouble:
            return self._delivered(request)
        fault = self.chance.choices(list(_FAULTS), list(_FAULTS.values()))[0]
        self.met[fault] = self.met.get(fault, 0) + 1
        return self._troubled(fault, request)

    def deliver_late(self) -> None:
        """Let what is under way arrive now, out of order; nobody waits for the answers."""
        self.chance.shuffle(self.late)
        for request in self.late:
            self._delivered(request)
        self.late.clear()

    def heal(self) -> None:
        """End all trouble."""
        self.trouble = 0.0
        self.cut_off.clear()
        self.deliver_late()

    def _troubled(self, fault: str, request: Request) -> Answer:
        if fault == "late":
            self.late.append(request)
            raise unreachable("timeout")
        if fault == "lost_request":
            raise unreachable("no_line")
        if fault == "busy":
            return Answer(503, "text/plain", b"busy", 5)
        if fault == "portal":
            return Answer(200, "text/html", _HTML, None)
        if fault == "blank_page":
            return Answer(200, http.MEDIA_TYPE, b"\xa0", None)
        path = urlsplit(request.path).path
        if fault == "old_reply" and path in self.answered:
            return self.answered[path]
        answer = self._delivered(request)
        if fault == "duplicated":
            return self._delivered(request)
        if fault == "torn_reply":
            size = self.chance.randrange(len(answer.body)) if answer.body else 0
            return Answer(answer.status, answer.media_type, answer.body[:size], None)
        raise unreachable("timeout" if fault == "lost_reply" else "cut_short")

    def _delivered(self, request: Request) -> Answer:
        try:
            body = _act(self.office, request)
        except BranchDeskError as error:
            retry = isinstance(error, EnvironmentFault) and error.retryable
            status = 503 if retry else 422
            return Answer(status, http.MEDIA_TYPE, http.encode_error(error.code, error.facts), None)
        answer = Answer(200, http.MEDIA_TYPE, body, None)
        self.answered[urlsplit(request.path).path] = answer
        return answer


def _act(office: Office, request: Request) -> bytes:
    """Do what the service does with a request: verify who signed it, then ask the office."""
    who = http.verify_request(
        request.method, URL + request.path, request.headers, request.body, office.terminal_key
    )
    parts = urlsplit(request.path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == http.HEAD_PATH:
        return office.head(*who, bytes.fromhex(query["nonce"])).encode()
    if parts.path == http.EVENTS_PATH:
        return office.ingest(*who, request.body).encode()
    if parts.path == http.GRANTS_PATH:
        return office.lend(*who, http.decode_grants_wish(request.body)).encode()
    if parts.path == http.REDEMPTIONS_PATH:
        return office.redeem(*who, request.body)
    assert parts.path.startswith(http.FEED_PATH), parts.path
    lane = Lane(parts.path.removeprefix(http.FEED_PATH))
    return office.feed(*who, lane, int(query["cursor"]))


class Wire:
    """Stands in for ``HttpsTransport``: the end of the network at one machine."""

    def __init__(self, network: Network, machine: str) -> None:
        self._network, self._machine = network, machine

    def absolute(self, path: str) -> str:
        """Return the absolute address of a path; this is what a request signs."""
        return URL + path

    def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes, bytes_max: int
    ) -> Answer:
        """Send a request and return the whole answer of at most ``bytes_max``."""
        answer = self._network.exchange(self._machine, Request(method, path, headers, body))
        if len(answer.body) > bytes_max:
            raise codec.malformed("answer", "too_large", limit_bytes=bytes_max)
        return answer

    def close(self) -> None:
        """Nothing to close."""


class SimulatedLine(HttpsOfficeLine):
    """The real line to head office on a wire in memory."""

    def __init__(self, network: Network, machine: str, signer: Signer, clock: Clock) -> None:
        # The base opens sockets and TLS contexts; everything else of it is what is tried here.
        wire: Any = Wire(network, machine)
        self._transport, self._signer, self._clock = wire, signer, clock
