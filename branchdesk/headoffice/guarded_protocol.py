"""HTTP connections that must say what they want in time.

The server library waits for ever for the first line and headers of a request: a few hundred silent
connections would keep every terminal out. The body has its own limit in ``service``.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS_MAX: Final = 20.0


class GuardedProtocol(H11Protocol):
    """Closes a connection whose request line and headers are not there in time.

    Between requests the library's own keep-alive limit holds until the first byte of the next one.
    """

    head_seconds = HEAD_SECONDS_MAX
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library's own
        """Start the time of the first request."""
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        """Start the time of a request with its first byte, and stop it once the head is whole."""
        if self._late is None and self._awaits_head():
            self._start()
        super().data_received(data)
        if not self._awaits_head():
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._stop()
        super().connection_lost(exc)

    def _awaits_head(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _start(self) -> None:
        self._late = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        # Nothing is said to whoever does not speak; a terminal tries again by itself.
        self.transport.abort()
