"""One HTTPS exchange with head office, every failure of the network turned into words.

Nothing of a request leaves before the handshake has verified head office's certificate: the
connection is made and checked first, and only then is the first byte of the request written. All
that a stranger sees is the host name. Redirects are not followed, proxies and certificates from the
environment are not used, answers are not decompressed and are cut off at a size.

This module does not know what the bytes mean.
"""

import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from branchdesk.application.ports import Clock
from branchdesk.errors import BranchDeskError, EnvironmentFault, RuleViolation
from branchdesk.protocol import codec

if TYPE_CHECKING:
    import httpx

_CERTIFICATE_PROBLEMS = {9: "not_yet_valid", 10: "expired", 62: "host", 64: "host"}
_ERRORS_DEEP_MAX = 8
# In this order: the first two are kinds of the third.
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLEOFError, "cut_short"),
    (ssl.SSLZeroReturnError, "cut_short"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "no_address"),
    (ConnectionRefusedError, "refused"),
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each part of an exchange may take; ``whole_answer_ms`` bounds a trickling body."""

    connect_ms: int = 10_000
    read_ms: int = 30_000
    write_ms: int = 30_000
    whole_answer_ms: int = 180_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole: status, media type without parameters, seconds of Retry-After."""

    status: int
    media_type: str
    body: bytes
    retry_after_s: int | None


class HttpsTransport:
    """Connections to one host; close it when done. Used by one thread at a time."""

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext,
        clock: Clock,
        *,
        timeouts: Timeouts | None = None,
        proxy_url: str = "",
    ) -> None:
        httpx = _httpx()
        if not url.lower().startswith("https://"):
            raise RuleViolation("office_address_invalid", field="url", url=url[:200])
        timeouts = timeouts or Timeouts()
        self._url = url.rstrip("/")
        self._clock = clock
        self._whole_answer_ms = timeouts.whole_answer_ms
        try:
            self._client = httpx.Client(
                verify=context,
                trust_env=False,
                follow_redirects=False,
                proxy=proxy_url or None,
                headers={"Accept-Encoding": "identity", "User-Agent": "BranchDesk"},
                timeout=httpx.Timeout(
                    connect=timeouts.connect_ms / 1000,
                    read=timeouts.read_ms / 1000,
                    write=timeouts.write_ms / 1000,
                    pool=timeouts.connect_ms / 1000,
                ),
                limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise RuleViolation(
                "office_address_invalid", field="proxy_url", url=proxy_url[:200]
            ) from error

    def absolute(self, path: str) -> str:
        """Return the absolute address of a path; this is what a request signs."""
        return self._url + path

    def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes, bytes_max: int
    ) -> Answer:
        """Send a request and return the whole answer of at most ``bytes_max``.

        Raises EnvironmentFault ``office_unreachable`` (no line, or cut short) or
        ``office_certificate``, both retryable, with ``sent`` false when nothing has left;
        ContractFault ``malformed`` when the answer is too large or encoded.
        """
        with _network_errors_in_words():
            request = self._client.build_request(
                method, self.absolute(path), headers=dict(headers), content=body or None
            )
            response = self._client.send(request, stream=True)
            try:
                return self._whole(response, bytes_max)
            finally:
                response.close()

    def close(self) -> None:
        """Close every connection; safe to call twice."""
        self._client.close()

    def _whole(self, response: "httpx.Response", bytes_max: int) -> Answer:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise codec.malformed("answer", "encoded")
        deadline_ms = self._clock.monotonic_ms() + self._whole_answer_ms
        parts: list[bytes] = []
        size = 0
        for part in response.iter_raw():
            size += len(part)
            if size > bytes_max:
                raise codec.malformed("answer", "too_large", limit_bytes=bytes_max)
            if self._clock.monotonic_ms() > deadline_ms:
                raise unreachable("timeout")
            parts.append(part)
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        retry_after = response.headers.get("retry-after", "")
        return Answer(
            response.status_code, media_type, b"".join(parts),
            int(retry_after) if retry_after.isascii() and retry_after.isdigit() else None,
        )  # fmt: skip


def unreachable(reason: str, **facts: object) -> EnvironmentFault:
    """Build the fault that says why there is no line; ``reason`` is a word of the catalogue."""
    return EnvironmentFault("office_unreachable", retryable=True, reason=reason, **facts)


def _httpx() -> "ModuleType":
    # httpx imports its command line with itself, and with that click, rich and pygments: 11 MB in
    # every window. An empty module in its place is enough for everything but that command line.
    sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
    import httpx

    return httpx


@contextmanager
def _network_errors_in_words() -> Iterator[None]:
    import httpx

    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise RuleViolation("office_address_invalid", field="url", url="") from error
    except httpx.HTTPError as error:
        raise _in_words(error) from error


def _in_words(error: "httpx.HTTPError") -> BranchDeskError:
    import httpx

    if isinstance(error, httpx.DecodingError):
        return codec.malformed("answer", "encoded")
    fault = _line_fault(error)
    before_sending = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    if isinstance(error, before_sending):
        # Whoever asked about money needs to know that head office cannot have heard it.
        fault.facts["sent"] = False
    return fault


def _line_fault(error: "httpx.HTTPError") -> EnvironmentFault:
    import httpx

    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            problem = _CERTIFICATE_PROBLEMS.get(cause.verify_code, "issuer")
            return EnvironmentFault("office_certificate", retryable=True, problem=problem)
        reason = next((word for kind, word in _CAUSES if isinstance(cause, kind)), None)
        if reason is not None:
            return unreachable(reason)
    reasons: tuple[tuple[type[Exception], str], ...] = (
        (httpx.TimeoutException, "timeout"),
        (httpx.ProxyError, "proxy"),
        (httpx.RemoteProtocolError, "cut_short"),
        (httpx.ReadError, "cut_short"),
        (httpx.WriteError, "cut_short"),
    )
    return unreachable(next((word for kind, word in reasons if isinstance(error, kind)), "no_line"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(_ERRORS_DEEP_MAX):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
