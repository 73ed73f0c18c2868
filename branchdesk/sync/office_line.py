"""The wire to head office over HTTPS: signed requests out, checked answers back.

It implements the ``OfficeLine`` port. What an acknowledgement or a feed page proves is checked by
whoever asked, against the chain and the keys.
"""

import ssl
from types import TracebackType
from typing import Any, Self

from branchdesk.application.ports import Clock
from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.feed import PAGE_BYTES_MAX, Lane
from branchdesk.protocol.http import (
    EVENTS_FIELDS,
    EVENTS_PATH,
    FEED_PATH,
    GRANTS_FIELDS,
    GRANTS_PATH,
    HEAD_PATH,
    REDEMPTIONS_PATH,
    GrantsWish,
    Signer,
    sign_request,
)
from branchdesk.sync.answers import good_body
from branchdesk.sync.tls import pinned_context
from branchdesk.sync.transport import HttpsTransport, Timeouts

_SMALL_BYTES_MAX = 64 << 10
_EVENTS_BYTES_MAX = 1 << 20
_FEED_BYTES_MAX = PAGE_BYTES_MAX + _SMALL_BYTES_MAX


class HttpsOfficeLine:
    """Implements ``application.ports.OfficeLine``; use it in a ``with``, or close it.

    ``check_dates`` is false while the clock is suspect: the pinned chain and the host name are
    still checked, the dates of the certificates are not.
    """

    def __init__(
        self,
        url: str,
        ca_pem: bytes,
        signer: Signer,
        clock: Clock,
        *,
        check_dates: bool = True,
        timeouts: Timeouts | None = None,
        proxy_url: str = "",
    ) -> None:
        context: ssl.SSLContext = pinned_context(ca_pem, check_dates=check_dates)
        self._transport = HttpsTransport(
            url, context, clock, timeouts=timeouts, proxy_url=proxy_url
        )
        self._signer = signer
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._transport.close()

    def head(self, nonce: bytes) -> bytes:
        """Ask for head office's head of our chain: an encoded acknowledgement."""
        return self._ask("GET", f"{HEAD_PATH}?nonce={nonce.hex()}", b"", _SMALL_BYTES_MAX)

    def push(self, batch: bytes) -> tuple[bytes, list[list[object]]]:
        """Send a batch; return the encoded acknowledgement and the notices."""
        body = self._ask("POST", EVENTS_PATH, batch, _EVENTS_BYTES_MAX)
        fields: dict[str, Any] = codec.decode_map(body, EVENTS_FIELDS, what="events_answer")
        if not all(isinstance(notice, list) for notice in fields["notices"]):
            raise codec.malformed("events_answer", "wrong_type", field="notices")
        return fields["ack"], fields["notices"]

    def feed(self, lane: Lane, cursor: int) -> bytes:
        """Ask for a feed page, signed."""
        path = f"{FEED_PATH}{lane.value}?cursor={cursor}"
        return self._ask("GET", path, b"", _FEED_BYTES_MAX)

    def ask_grants(self, wish: GrantsWish) -> int:
        """Ask for grants to be lent; return how many slots were."""
        body = self._ask("POST", GRANTS_PATH, wish.encode(), _SMALL_BYTES_MAX)
        return int(codec.decode_map(body, GRANTS_FIELDS, what="grants_answer")["lent"])

    def redeem(self, request: bytes) -> bytes:
        """Ask about one voucher; return head office's signed answer."""
        return self._ask("POST", REDEMPTIONS_PATH, request, _SMALL_BYTES_MAX)

    def _ask(self, method: str, path: str, body: bytes, bytes_max: int) -> bytes:
        headers = sign_request(
            self._signer, method, self._transport.absolute(path), body,
            now_ms=self._clock.now_ms(),
        )  # fmt: skip
        answer = self._transport.exchange(
            method, path, headers=headers, body=body, bytes_max=bytes_max
        )
        found = good_body(answer)
        if not found:
            raise ContractFault("malformed", what="answer", problem="empty")
        return found
