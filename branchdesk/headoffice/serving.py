"""Serve head office over TLS: one process, several on one socket, or a thread beside a window.

Workers keep nothing between requests: each opens the store for itself, and any of them answers any
request. SIGTERM finishes what is under way and stops them all.
"""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn

from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.headoffice.accept_turns import TurnListener
from branchdesk.headoffice.authority import ensure_server_certificate, host_of, usual_names
from branchdesk.headoffice.guarded_protocol import GuardedProtocol
from branchdesk.headoffice.housekeeping import Housekeeping
from branchdesk.headoffice.office import Office, open_office
from branchdesk.headoffice.service import make_app
from branchdesk.headoffice.settings import (
    SERVER_CERTIFICATE_FILE,
    SERVER_KEY_FILE,
    read_settings,
    write_settings,
)
from branchdesk.headoffice.vault import AUTHORITY, tls_password

_log = logging.getLogger(__name__)

DURABLE_COMMIT, DURABLE_BACKUP = "commit", "backup"
WORKERS_MAX: Final = 64
_BACKLOG: Final = 1_024
_CONNECTIONS_MAX: Final = 512
_KEEP_ALIVE_SECONDS: Final = 30
_STOP_SECONDS: Final = 20
_START_SECONDS: Final = 60
# A worker lost is replaced; so many lost so soon have one cause, which a restart does not cure.
RESTARTS_MAX: Final = 10
RESTARTS_SECONDS: Final = 60
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # names of wildcards


def serve(
    office_home: Path,
    passphrase: str,
    host: str = "127.0.0.1",
    port: int = 8443,
    workers: int = 1,
    *,
    durable: str = DURABLE_COMMIT,
    on_listening: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until SIGTERM or SIGINT; ``on_listening`` gets the address once it is open.

    ``port`` 0 takes a free one. ``durable`` says what acknowledgements call durable: what is
    committed, or what the last finished backup covers. Raises RuleViolation ``workers_invalid``
    or ``durable_unknown``; EnvironmentFault ``address_in_use`` and what :func:`open_office` raises.
    """
    if not 1 <= workers <= WORKERS_MAX:
        raise RuleViolation("workers_invalid", workers=workers, limit=WORKERS_MAX)
    if durable not in {DURABLE_COMMIT, DURABLE_BACKUP}:
        raise RuleViolation("durable_unknown", found=durable[:40])
    listener, url = _prepare(office_home, passphrase, host, port)
    # Threads beside as many workers as processors would only take turns.
    threads = max(1, (os.cpu_count() or 1) // workers)

    def announce() -> None:
        on_listening(url)

    with listener:
        if workers == 1:
            _serve_here(_Opening(office_home, passphrase, durable, threads), listener, announce)
        else:
            _Workers(_Opening(office_home, passphrase, durable, threads), listener).run(
                workers, announce
            )


class BackgroundService:
    """A service on a thread of this process, for the demo and the tests; stop it when done."""

    def __init__(
        self, office_home: Path, passphrase: str, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._listener, self.url = _prepare(office_home, passphrase, host, port)
        self.port: int = self._listener.getsockname()[1]
        try:
            self.office = open_office(office_home, passphrase)
            self._server = _Server(_config(self.office), lambda: None)
        except BaseException:
            self._listener.close()
            raise
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="headoffice", daemon=True
        )

    def start(self) -> "BackgroundService":
        """Start serving and return once it listens; raises EnvironmentFault ``service_dead``."""
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise EnvironmentFault("service_dead")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Finish what is under way, stop serving, close the office."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._listener.close()
        self.office.close()


def _prepare(home: Path, passphrase: str, host: str, port: int) -> tuple[socket.socket, str]:
    """Open the listener, see to the certificate for its name, and note the address."""
    settings = read_settings(home)
    with open_office(home, passphrase) as office:
        names = usual_names(host, host_of(settings.url))
        vault = office.context.vault
        ensure_server_certificate(
            home, vault.secret(AUTHORITY), tls_password(vault), names, office.context.clock_ms()
        )
    listener = _listen(host, port)
    shown = _WILDCARDS.get(host, host)
    shown = f"[{shown}]" if ":" in shown else shown
    url = f"https://{shown}:{listener.getsockname()[1]}"
    if settings.served_url != url:
        write_settings(home, settings.served_at(url))
    return listener, settings.url or url


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it sees it; a
    # socket made with 0 costs every answer 40 ms of delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise EnvironmentFault("address_in_use", host=host, port=port) from error
    return listener


def _config(office: Office) -> uvicorn.Config:
    home, vault = office.context.home, office.context.vault
    return uvicorn.Config(
        make_app(office),
        http=GuardedProtocol,
        ssl_certfile=str(home / SERVER_CERTIFICATE_FILE),
        ssl_keyfile=str(home / SERVER_KEY_FILE),
        ssl_keyfile_password=tls_password(vault),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        # How many connections a worker accepts at a time; with more, the first one to wake takes
        # every terminal that waits and leaves the other workers idle. The socket's own queue is
        # set back to its length once serving has begun.
        backlog=1,
        limit_concurrency=_CONNECTIONS_MAX,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
        lifespan="off",
        ws="none",
        interface="asgi3",
    )


@dataclass(frozen=True, slots=True)
class _Opening:
    """How each worker opens the office for itself; crosses to a new process as it is."""

    home: Path
    passphrase: str
    durable: str
    threads: int

    def office(self) -> Office:
        by_backup = self.durable == DURABLE_BACKUP
        context = open_office(self.home, self.passphrase).context
        return Office(replace(context, durable_by_backup=by_backup, threads=self.threads))


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # The library raises the signal again after a graceful stop, which would turn a clean end
        # into a death by signal; here the stop is the answer to it.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for listener in sockets or ():
            listener.listen(_BACKLOG)
        if self.started:
            self._on_ready()


def _serve_here(
    opening: _Opening,
    listener: socket.socket,
    on_ready: Callable[[], None],
    *,
    keeps_house: bool = True,
) -> None:
    with opening.office() as office, ExitStack() as beside:
        # What is loaded by now stays for good; a batch's objects are many and short-lived, and
        # should not have the collector walk the whole program every few requests.
        gc.collect()
        gc.freeze()
        if keeps_house:
            beside.enter_context(Housekeeping(office))
        _Server(_config(office), on_ready).run(sockets=[listener])


class RestartLimit:
    """Allows ``RESTARTS_MAX`` restarts within any ``RESTARTS_SECONDS``."""

    def __init__(self) -> None:
        self._restarts: deque[float] = deque(maxlen=RESTARTS_MAX)

    def allow(self, now_seconds: float) -> bool:
        """Say whether a restart may happen now, and count it if so."""
        is_full = len(self._restarts) == RESTARTS_MAX
        if is_full and now_seconds - self._restarts[0] < RESTARTS_SECONDS:
            return False
        self._restarts.append(now_seconds)
        return True


class _Workers:
    """Several processes on one listening socket; the parent starts, replaces and stops them."""

    def __init__(self, opening: _Opening, listener: socket.socket) -> None:
        self._opening, self._listener = opening, listener
        self._turn = multiprocessing.get_context("spawn").Value("i", 0)
        self._stopping = threading.Event()
        self._running: dict[int, SpawnProcess] = {}
        # Kept open: a worker says there that it is ready.
        self._pipes: dict[int, Connection] = {}
        self._restarts = RestartLimit()

    def run(self, count: int, on_ready: Callable[[], None]) -> None:
        """Serve until told to stop; raises EnvironmentFault ``worker_died`` if none stay up."""
        previous = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            for place in range(count):
                self._start(place, count)
            up = all(self._comes_up(pipe) for pipe in self._pipes.values())
            if up and not self._stopping.is_set():
                on_ready()
                self._keep_up(count)
            died = not self._stopping.is_set()
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)
        if died:
            raise EnvironmentFault("worker_died")

    def _keep_up(self, count: int) -> None:
        """Replace each worker that dies, until told to stop or too many died too soon."""
        while True:
            wait([process.sentinel for process in self._running.values()])
            for place, process in list(self._running.items()):
                if self._stopping.is_set() or (
                    not process.is_alive() and not self._restarts.allow(time.monotonic())
                ):
                    return
                if not process.is_alive():
                    _log.warning("worker %d ended with %s; replaced", place, process.exitcode)
                    self._pipes[place].close()
                    self._start(place, count)

    def _start(self, place: int, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        receiving, sending = context.Pipe(duplex=False)
        arguments = (self._opening, self._listener, (self._turn, place, count), sending)
        process = context.Process(target=_work, args=arguments, name="headoffice-worker")
        process.start()
        sending.close()
        self._running[place] = process
        self._pipes[place] = receiving

    def _comes_up(self, pipe: Connection) -> bool:
        try:
            return pipe.poll(_START_SECONDS) and pipe.recv() == "ready"
        except EOFError:
            return False

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()
        for process in self._running.values():
            process.terminate()

    def _stop_all(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.join(_STOP_SECONDS + 5)
            if process.is_alive():
                process.kill()
                process.join()


def _work(
    opening: _Opening,
    listener: socket.socket,
    turns: "tuple[Synchronized[int], int, int]",
    ready: Connection,
) -> None:
    # An interrupt from the keyboard reaches the whole group; only the parent acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shared = TurnListener(listener, *turns)
    # One of them is enough, and the first is always there.
    is_first = turns[1] == 0
    _serve_here(opening, shared, lambda: ready.send("ready"), keeps_house=is_first)
