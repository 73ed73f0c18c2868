"""A small real TLS server that speaks the contract over a head office in memory.

It checks request signatures as the real one does. ``overrides`` replace the answer to a path once
each, so that a test can be the captive portal, the torn reply or the redirect.
"""

import hashlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from branchdesk.errors import BranchDeskError, ContractFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import EnrolmentCode
from branchdesk.protocol.feed import Lane
from branchdesk.protocol.http import (
    CA_PATH,
    ENROL_FIELDS,
    ENROL_PATH,
    ENROL_PREFIX,
    EVENTS_PATH,
    FEED_PATH,
    HEAD_PATH,
    MEDIA_TYPE,
    encode_error,
    verify_request,
)
from branchdesk.protocol.signing import verifies
from tests.fakes.office import MemoryOffice

TOKEN = b"0123456789"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``sent_bytes`` cuts the body short after announcing all of it."""

    status: int = 200
    media_type: str = MEDIA_TYPE
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None


Override = Callable[[Callable[[], Reply]], Reply]


class TlsOffice:
    """Serves a ``MemoryOffice`` on loopback; use it in a ``with``."""

    def __init__(self, certificate: Path, ca_pem: bytes, office: MemoryOffice) -> None:
        self.office = office
        self.ca_pem = ca_pem
        self.overrides: dict[str, list[Override]] = {}
        self.requests: list[tuple[str, bytes]] = []
        self.used_tokens: dict[bytes, bytes] = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.context = context
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address it listens on."""
        return f"https://localhost:{self.port}"

    def code(self, fingerprint: bytes, token: bytes = TOKEN, url: str = "") -> str:
        """Return an enrolment code for this server."""
        return EnrolmentCode(url or self.url, token, fingerprint).encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """Return the reply to a request, after an override has had its say."""
        parts = urlsplit(target)
        self.requests.append((parts.path, body))

        def usual() -> Reply:
            try:
                return self._usual(method, target, headers, body)
            except BranchDeskError as error:
                status = 422 if isinstance(error, RuleViolation) else 409
                return Reply(status, body=encode_error(error.code, error.facts))

        waiting = self.overrides.get(parts.path)
        return waiting.pop(0)(usual) if waiting else usual()

    def _usual(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == CA_PATH:
            return Reply(media_type="application/x-pem-file", body=self.ca_pem)
        if parts.path == ENROL_PATH:
            return Reply(body=self._enrol(body))
        terminal, epoch = verify_request(
            method, f"{self.url}{target}", headers, body, self.office.public_key
        )
        if parts.path == HEAD_PATH:
            head = self.office.head(terminal, epoch)
            return Reply(body=self.office.acknowledge(head, bytes.fromhex(query["nonce"])))
        if parts.path == EVENTS_PATH:
            ack, notices = self.office.take(terminal, epoch, body)
            return Reply(body=codec.encode({"ack": ack, "notices": notices}))
        if parts.path.startswith(FEED_PATH):
            lane = Lane(parts.path.removeprefix(FEED_PATH))
            return Reply(body=self.office.page(terminal, lane, int(query["cursor"])))
        return Reply(body=codec.encode({"lent": self.office.lend()}))

    def _enrol(self, body: bytes) -> bytes:
        fields = codec.decode_map(body, ENROL_FIELDS, what="enrol")
        token, public_key = fields["token"], fields["public_key"]
        if not verifies(public_key, fields["proof"], ENROL_PREFIX, token + public_key):
            raise ContractFault("bad_signature", what="enrol")
        if token != TOKEN:
            raise RuleViolation("enrolment_code_unknown")
        if self.used_tokens.setdefault(token, public_key) != public_key:
            raise RuleViolation("enrolment_code_used", used_ms=1)
        return codec.encode(
            {
                "certificate": self.office.admit(public_key),
                "root_key": self.office.root.public_key,
                "keys": self.office.key_records(),
                "blind_key": hashlib.sha256(b"blind").digest(),
                "outlet_name": "示例支行",
                "outlet_address": "示例路 1 号",
            }
        )


class _Server(ThreadingHTTPServer):
    """Speaks TLS on each connection's own thread, so that a bad client holds up nobody."""

    context: ssl.SSLContext
    daemon_threads = True
    block_on_close = False

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Wrap a connection that is still there and answer it."""
        try:
            # Wrapping a connection that was reset meanwhile would leak its socket, so the first
            # byte of the handshake is awaited before.
            request.settimeout(20)
            if not request.recv(1, socket.MSG_PEEK):
                return
        except OSError:
            return
        with self.context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients break off on purpose here."""


def _handler(office: TlsOffice) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20
        wbufsize = -1  # Head and body in one piece, or each answer waits 40 ms for Nagle.

        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            reply = office.answer(method, self.path, dict(self.headers.items()), body)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.media_type)
            self.send_header("Content-Length", str(len(reply.body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: reply.sent_bytes])
            if reply.sent_bytes is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            """Say nothing."""

    return Handler
