"""A thousand terminals find the line again at once; one comes back with a hundred thousand events.

Both over HTTPS into PostgreSQL on this machine, effects applied. The thousand each ask for their
head, push a small day and pull both lanes; no request may fail, and the slowest percent is named.
``TERMINALS=`` and ``EVENTS=`` make it smaller. The long backlog is of a terminal whose one grant
lasts for all of it: who never pushes is lent nothing more. It is held against COPY of the very
rows that it made into a copy of the events table with its indexes.
"""

import asyncio
import gc
import multiprocessing
import os
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from branchdesk.headoffice.authority import read_ca
from branchdesk.headoffice.settings import read_settings
from branchdesk.protocol import codec, http
from branchdesk.protocol.feed import Lane
from tests.bench.ingest import BATCH, copied_rates, day_of_work, headers_of, serve_office
from tests.integration.postgres_fixture import empty_database, postgres_server
from tests.office_fixture import TestBank, new_bank, with_offer
from tests.simulated_terminal import SimulatedTerminal

_AT_ONCE, _PEOPLE, _COPY_GOAL = 1_000, 3, 0.20


def rows() -> list[dict[str, Any]]:
    """Measure and return a row for the thousand and one for the backlog."""
    terminals = int(os.environ.get("TERMINALS", "1000"))
    events = int(os.environ.get("EVENTS", "100000"))
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server() as server,
        empty_database(server) as url,
        new_bank(Path(folder) / "office", url, _campaign(events)) as bank,
    ):
        # Before the crowd, which borrows from the same offers.
        away = day_of_work(bank, events, push_early=False)
        context = multiprocessing.get_context("spawn")
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=serve_office, args=(bank.home, sending))
        process.start()
        try:
            if not receiving.poll(90):
                raise TimeoutError("the service did not start")
            base = read_settings(bank.home).served_url
            trust = ssl.create_default_context(cadata=read_ca(bank.home).decode())
            crowd = _crowd_row(bank, base, trust, terminals)
            backlog = _backlog_row(away, base, trust, lambda: copied_rates(url))
        finally:
            process.terminate()
            process.join(60)
    return [crowd, backlog]


def _campaign(events: int) -> dict[str, Any]:
    """Return the sample with one offer of which the whole backlog's vouchers are lent at once."""
    return with_offer("PHONE10", forecast=max(300, events // 9))


def _crowd_row(bank: TestBank, base: str, trust: ssl.SSLContext, count: int) -> dict[str, Any]:
    crowd = [_returning(bank) for _ in range(count)]
    gc.collect()
    began = time.perf_counter()
    took, failed = asyncio.run(_all_return(crowd, base, trust))
    seconds = time.perf_counter() - began
    alone, _ = asyncio.run(_all_return([_returning(bank)], base, trust))
    ordered = sorted(took)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return {
        "job": f"{count:,} terminals reconnect at once, each head, push, both lanes: p99 seconds",
        "ours": {
            "p50_s": round(median(ordered), 2), "p99_s": round(p99, 2),
            "all_s": round(seconds, 1), "requests": len(took), "failed": failed,
        },
        "beside": {"one alone, a request": round(median(alone), 4)},
        "ratio": round(p99 / median(alone), 1),
        "goal": "no request fails",
        "met": failed == 0,
    }  # fmt: skip


def _returning(bank: TestBank) -> SimulatedTerminal:
    terminal = bank.terminal()
    for number in range(_PEOPLE):
        terminal.register(phone=f"+86{13_000_000_000 + terminal.number * 100 + number}")
    return terminal


async def _all_return(
    crowd: list[SimulatedTerminal], base: str, trust: ssl.SSLContext
) -> tuple[list[float], int]:
    """Let everybody come at once; return the seconds of each request and how many failed."""
    took: list[float] = []
    failed = 0
    limits = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)

    async def ask(
        client: httpx.AsyncClient, terminal: SimulatedTerminal, method: str, path: str, body: bytes
    ) -> None:
        nonlocal failed
        url = base + path
        signed = http.sign_request(terminal.signer(), method, url, body, now_ms=0)
        began = time.perf_counter()
        answer = await client.request(method, url, content=body or None, headers=signed)
        took.append(time.perf_counter() - began)
        failed += answer.status_code != 200

    async def come_back(client: httpx.AsyncClient, terminal: SimulatedTerminal) -> None:
        await ask(client, terminal, "GET", f"{http.HEAD_PATH}?nonce={bytes(16).hex()}", b"")
        batch = terminal.batch(0, terminal.head.seq)
        await ask(client, terminal, "POST", http.EVENTS_PATH, batch)
        await ask(client, terminal, "POST", http.GRANTS_PATH, codec.encode({}))
        for lane in Lane:
            await ask(client, terminal, "GET", f"{http.FEED_PATH}{lane.value}?cursor=0", b"")

    async with httpx.AsyncClient(
        verify=trust, trust_env=False, timeout=300, limits=limits
    ) as client:
        await asyncio.gather(*(come_back(client, terminal) for terminal in crowd))
    return took, failed


def _backlog_row(
    terminal: SimulatedTerminal,
    base: str,
    trust: ssl.SSLContext,
    copied: Callable[[], list[float]],
) -> dict[str, Any]:
    start = terminal.office.head(terminal.number, 1, bytes(16)).seq
    runs = [
        headers_of(terminal, base, terminal.batch(at, min(at + BATCH, terminal.head.seq)))
        for at in range(start, terminal.head.seq, BATCH)
    ]
    gc.collect()
    began = time.perf_counter()
    with httpx.Client(verify=trust, trust_env=False, timeout=300) as client:
        for url, body, headers in runs:
            answer = client.post(url, content=body, headers=headers)
            if answer.status_code != 200:
                raise ValueError(answer.content)
    rate = (terminal.head.seq - start) / (time.perf_counter() - began)
    beside = median(copied())
    drained = terminal.head.seq - start
    return {
        "job": f"a backlog of {drained:,} events of one terminal drains, events/s",
        "ours": round(rate),
        "beside": f"COPY of the rows, indexes kept, {BATCH} a commit: {beside:.0f}",
        "ratio": round(rate / beside, 3),
        "goal": f">= {_COPY_GOAL}x",
        "met": rate / beside >= _COPY_GOAL,
    }
