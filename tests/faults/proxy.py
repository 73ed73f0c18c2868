"""A TCP proxy on loopback that makes the network bad: opaque bytes, so it works over TLS too.

The seven ways are those of Toxiproxy: latency, bandwidth, slow close, timeout, reset, slicing,
truncation. Everything is bounded: connections, bytes and the life of a connection.
"""

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CONNECTIONS_MAX = 200
BYTES_MAX = 64 << 20
LIFE_MAX_S = 30.0
_CHUNK = 16 << 10
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on with no time: close() sends a reset.


@dataclass(frozen=True, slots=True)
class Badness:
    """What happens to the bytes of one direction; nothing by default.

    The three ``after`` limits count the bytes of one connection: ``truncate`` closes in good order,
    ``reset`` breaks off, ``hang`` keeps the connection open and passes nothing more.
    """

    latency_ms: int = 0
    bytes_per_s: int = 0
    slice_bytes: int = 0
    slow_close_ms: int = 0
    truncate_after: int | None = None
    reset_after: int | None = None
    hang_after: int | None = None


class Proxy:
    """Listens on a free port and passes bytes to ``upstream_port``; use it in a ``with``.

    ``up`` (to the server) and ``down`` may be set at any time and hold for later bytes.
    """

    def __init__(self, upstream_port: int) -> None:
        self.up = Badness()
        self.down = Badness()
        self.refuse = False
        self.connections = 0
        self.bytes_up = 0
        self.port = 0
        self._upstream_port = upstream_port
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="bad-network", daemon=True)

    @property
    def url(self) -> str:
        """The address to dial in place of the server's."""
        return f"https://localhost:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            async with asyncio.timeout(LIFE_MAX_S):
                await self._join(reader, writer)
        except (TimeoutError, OSError, asyncio.CancelledError):
            pass  # The life of a connection ends here, however it ends.
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refuse or self.connections > CONNECTIONS_MAX:
            # CPython loses the socket of a client whose connection was reset before it was wrapped
            # in TLS, and whichever test runs next hears of it; so the first byte is awaited.
            await reader.read(1)
            _reset(writer)
            return
        upstream, towards = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, towards, writer, is_up=True))
                both.create_task(self._pass(upstream, writer, towards, is_up=False))
        except* OSError:
            pass  # One side broke off; both are closed below.
        finally:
            towards.transport.abort()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
        *,
        is_up: bool,
    ) -> None:
        passed = 0
        while data := await reader.read(_CHUNK):
            badness = self.up if is_up else self.down
            limits = (badness.truncate_after, badness.reset_after, badness.hang_after)
            room = min((limit - passed for limit in limits if limit is not None), default=len(data))
            for piece in _pieces(data[: max(room, 0)], badness.slice_bytes):
                await asyncio.sleep(_pause_s(badness, len(piece)))
                writer.write(piece)
                await writer.drain()
                passed += len(piece)
                self.bytes_up += len(piece) if is_up else 0
            if len(data) > room or passed > BYTES_MAX:
                await self._give_up(badness, writer, other)
                return
        badness = self.up if is_up else self.down
        await asyncio.sleep(badness.slow_close_ms / 1000)
        if writer.can_write_eof():
            writer.write_eof()

    async def _give_up(
        self, badness: Badness, writer: asyncio.StreamWriter, other: asyncio.StreamWriter
    ) -> None:
        if badness.hang_after is not None:
            await asyncio.sleep(LIFE_MAX_S)
        for end in (writer, other):
            if badness.reset_after is None:
                end.close()
            else:
                _reset(end)


def _pieces(data: bytes, slice_bytes: int) -> list[bytes]:
    step = slice_bytes or max(len(data), 1)
    return [data[start : start + step] for start in range(0, len(data), step)]


def _pause_s(badness: Badness, count: int) -> float:
    transfer_s = count / badness.bytes_per_s if badness.bytes_per_s else 0.0
    return badness.latency_ms / 1000 + transfer_s


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
