"""Head office over HTTPS: the ASGI application. Thin: reads, verifies the signature, calls Office.

Bodies stay raw bytes until the act that understands them; what a route takes and gives is written
in ``protocol.http``. Every failure answers with an encoded error and nothing else: no traceback, no
server name, no statement.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio.to_thread
from litestar import Litestar, Request, Response, get, post
from litestar.config.app import AppConfig
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import FromPath
from litestar.plugins import InitPlugin

from branchdesk.errors import BranchDeskError, ContractFault, EnvironmentFault, RuleViolation
from branchdesk.headoffice.authority import read_ca
from branchdesk.headoffice.failed_tries import FailedTries
from branchdesk.headoffice.office import Office
from branchdesk.protocol import codec, http
from branchdesk.protocol.batch import COMPRESSED_BYTES_MAX
from branchdesk.protocol.feed import Lane

_log = logging.getLogger(__name__)

BODY_BYTES_MAX: Final = COMPRESSED_BYTES_MAX + 1
BODY_SECONDS_MAX: Final = 60.0
RETRY_AFTER_SECONDS: Final = "5"
PEM_TYPE: Final = "application/x-pem-file"

# What an error means to HTTP; whatever is not named here is 422, or 503 when trying again may help.
_STATUS: Final = {
    "request_unsigned": 401,
    "terminal_frozen": 403,
    "office_restored": 409,
    "terminal_unknown": 401,
    "terminal_forgotten": 401,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_slow": 408,
    "gap": 409,
    "fork": 409,
    "enrolment_code_unknown": 404,
    "enrolment_code_used": 410,
    "enrolment_code_for_other": 409,
    "enrolment_code_expired": 410,
    "batch_too_large": 413,
    "enrolment_tries_too_many": 429,
}

CborRequest = Request[Any, Any, Any]
Act = Callable[[CborRequest, bytes, tuple[int, int]], bytes]


def make_app(office: Office) -> Litestar:
    """Return the application that serves ``office``."""
    routes = _Routes(office)
    return Litestar(
        route_handlers=routes.handlers(),
        exception_handlers={Exception: _answer_error},
        openapi_config=OpenAPIConfig(
            title="BranchDesk head office",
            version="1",
            description=http.__doc__,
            path="/v1/schema",
            render_plugins=[JsonRenderPlugin()],
        ),
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        plugins=[_Quiet()],
    )


class _Quiet(InitPlugin):
    """Keeps the framework from printing failures: they are answered and logged here."""

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        app_config.debug = False
        return app_config


class _Routes:
    """The requests of the contract."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._ca_pem = read_ca(office.context.home)
        self._failed_tries = FailedTries(time.monotonic)

    def handlers(self) -> list[Any]:
        """Return the route handlers, bound to this office."""

        @get(http.CA_PATH, media_type=PEM_TYPE, sync_to_thread=False)
        def give_ca() -> bytes:
            """Give the CA certificate, PEM; its SHA-256 is in every enrolment code."""
            return self._ca_pem

        @post(http.ENROL_PATH, media_type=http.MEDIA_TYPE, status_code=200)
        async def enrol(request: CborRequest) -> Response[bytes]:
            """Enrol a terminal; unsigned, the one-time token is the authority."""
            address = request.client.host if request.client else ""
            self._failed_tries.check(address)
            body = await _read_body(request)
            try:
                enrolled = await _in_thread(lambda: self._office.enrol(body))
            except (RuleViolation, ContractFault):
                self._failed_tries.note(address)
                raise
            return _cbor(enrolled.encode())

        @get(http.HEAD_PATH, media_type=http.MEDIA_TYPE)
        async def give_head(request: CborRequest) -> Response[bytes]:
            """Give our head of the caller's chain, signed over ``nonce`` (hex)."""
            return await self._signed(request, self._head)

        @post(http.EVENTS_PATH, media_type=http.MEDIA_TYPE, status_code=200)
        async def take_events(request: CborRequest) -> Response[bytes]:
            """Take a batch of events and acknowledge it."""
            return await self._signed(request, self._events)

        @get(http.FEED_PATH + "{lane:str}", media_type=http.MEDIA_TYPE)
        async def give_feed(request: CborRequest, lane: FromPath[str]) -> Response[bytes]:
            """Give the signed page of a lane after ``cursor``."""
            return await self._signed(request, self._feed)

        @post(http.GRANTS_PATH, media_type=http.MEDIA_TYPE, status_code=200)
        async def lend(request: CborRequest) -> Response[bytes]:
            """Lend what the terminal needs; the grants come down the content lane."""
            return await self._signed(request, self._lend)

        @post(http.REDEMPTIONS_PATH, media_type=http.MEDIA_TYPE, status_code=200)
        async def redeem(request: CborRequest) -> Response[bytes]:
            """Say what a voucher is worth, redeem it, or undo that; the answer is signed."""
            return await self._signed(request, self._redeem)

        return [give_ca, enrol, give_head, take_events, give_feed, lend, redeem]

    async def _signed(self, request: CborRequest, act: Act) -> Response[bytes]:
        body = await _read_body(request)

        def verify_and_act() -> bytes:
            claimed: list[tuple[int, int]] = []

            def key_of(terminal: int, epoch: int) -> bytes | None:
                claimed.append((terminal, epoch))
                return self._office.terminal_key(terminal, epoch)

            try:
                signed_by = http.verify_request(
                    request.method,
                    str(request.url),
                    dict(request.headers.items()),
                    body,
                    key_of,
                )
            except ContractFault:
                for who in claimed:
                    self._office.require_not_forgotten(*who)
                raise
            return act(request, body, signed_by)

        return _cbor(await _in_thread(verify_and_act))

    def _head(self, request: CborRequest, _body: bytes, signed_by: tuple[int, int]) -> bytes:
        try:
            nonce = bytes.fromhex(request.query_params.get("nonce", ""))
        except ValueError as error:
            raise codec.malformed("nonce", "not_hex") from error
        return self._office.head(*signed_by, nonce).encode()

    def _events(self, _request: CborRequest, body: bytes, signed_by: tuple[int, int]) -> bytes:
        return self._office.ingest(*signed_by, body).encode()

    def _feed(self, request: CborRequest, _body: bytes, signed_by: tuple[int, int]) -> bytes:
        named = request.path_params["lane"]
        if named not in Lane.__members__.values():
            raise codec.malformed("feed", "unknown_lane")
        text = request.query_params.get("cursor", "0")
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise codec.malformed("feed", "wrong_type", field="cursor")
        return self._office.feed(*signed_by, Lane(named), int(text))

    def _lend(self, _request: CborRequest, body: bytes, signed_by: tuple[int, int]) -> bytes:
        return self._office.lend(*signed_by, http.decode_grants_wish(body)).encode()

    def _redeem(self, _request: CborRequest, body: bytes, signed_by: tuple[int, int]) -> bytes:
        return self._office.redeem(*signed_by, body)


async def _in_thread(act: Callable[[], Any]) -> Any:
    return await anyio.to_thread.run_sync(act)


async def _read_body(request: CborRequest) -> bytes:
    reading: Awaitable[bytes] = request.body()
    try:
        return await asyncio.wait_for(reading, BODY_SECONDS_MAX)
    except TimeoutError as error:
        raise EnvironmentFault("request_slow", seconds=int(BODY_SECONDS_MAX)) from error


def _cbor(content: bytes) -> Response[bytes]:
    return Response(content, media_type=http.MEDIA_TYPE)


def _answer_error(_request: CborRequest, error: Exception) -> Response[bytes]:
    if isinstance(error, HTTPException):
        error = _of_framework(error)
    if not isinstance(error, BranchDeskError):
        # Our own bug: the place goes to the log, nothing of it to whoever is out there.
        _log.error("request failed", exc_info=error)
        error = EnvironmentFault("internal_error")
    headers = {}
    if isinstance(error, EnvironmentFault) and error.retryable:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    elif "retry_after_seconds" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after_seconds"])
    return Response(
        http.encode_error(error.code, error.facts),
        status_code=_status(error),
        media_type=http.MEDIA_TYPE,
        headers=headers,
    )


def _status(error: BranchDeskError) -> int:
    if isinstance(error, EnvironmentFault) and error.code not in _STATUS:
        return 503 if error.retryable else 500
    if error.facts.get("problem") == "too_large":
        return 413
    return _STATUS.get(error.code, 422)


def _of_framework(error: HTTPException) -> BranchDeskError:
    if error.status_code == 413:
        return ContractFault("batch_too_large", limit_bytes=BODY_BYTES_MAX)
    if error.status_code in {404, 405}:
        return RuleViolation("not_found" if error.status_code == 404 else "method_not_allowed")
    return codec.malformed("request", "unreadable", status=error.status_code)
