"""Ingest at head office over HTTPS into PostgreSQL, beside COPY and beside one POST an event.

The day is real work: registrations with a person's key to open, vouchers whose signatures are
verified, printings, and now and then a revealed record. Client, service and PostgreSQL share this
machine. COPY puts the very rows that ingest made into a copy of the events table with the same
indexes, 500 a commit; it checks no chain, no signature, and touches none of the other tables.
"""

import asyncio
import gc
import multiprocessing
import ssl
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psycopg

from branchdesk.headoffice.authority import read_ca
from branchdesk.headoffice.serving import serve
from branchdesk.headoffice.settings import read_settings
from branchdesk.protocol import facts, http
from branchdesk.protocol.sealing import NONCE_BYTES, open_sealed, public_seal_key, seal_to
from branchdesk.protocol.signing import SigningKey, verifies
from tests.integration.postgres_fixture import empty_database, postgres_server
from tests.office_fixture import PASSPHRASE, TestBank, new_bank
from tests.simulated_terminal import SimulatedTerminal

BATCH, _BATCHES, _TERMINALS, _ROUNDS, _SINGLES = 500, 2, 8, 3, 60
_WORKERS = 2
_COPY_GOAL, _POST_GOAL = 0.20, 95


def rows() -> list[dict[str, Any]]:
    """Measure and return a row for COPY, one for single posts, one for the signatures alone."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server() as server,
        empty_database(server) as url,
        new_bank(Path(folder) / "office", url) as bank,
    ):
        ours, copied, single = _measure(bank, url)
    floor = _signature_floor()
    mix = f"{_TERMINALS} terminals, {_WORKERS} workers, {BATCH} a batch"
    return [
        {
            "job": f"ingest over HTTPS, PostgreSQL, events/s ({mix}; beside: COPY of its rows)",
            "ours": round(ours),
            "beside": round(copied),
            "ratio": round(ours / copied, 3),
            "goal": f">= {_COPY_GOAL}x",
            "met": ours / copied >= _COPY_GOAL,
        },
        {
            "job": f"ingest over HTTPS, PostgreSQL, events/s ({mix}; beside: one POST an event)",
            "ours": round(ours),
            "beside": round(single),
            "ratio": round(ours / single, 1),
            "goal": f">= {_POST_GOAL}x",
            "met": ours / single >= _POST_GOAL,
        },
        {
            "job": "ingest, events/s beside the bare cryptography of the same mix on one core "
            "(a third vouchers verified, a third persons' keys opened)",
            "ours": round(ours),
            "beside": round(floor),
            "ratio": round(ours / floor, 2),
            "goal": "shows what signatures leave",
            "met": True,
        },
    ]


def _measure(bank: TestBank, url: str) -> tuple[float, float, float]:
    """Return events a second of ours, of COPY, and of one POST an event; medians of the rounds."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=serve_office, args=(bank.home, sending))
    process.start()
    try:
        if not receiving.poll(90):
            raise TimeoutError("the service did not start")
        base = read_settings(bank.home).served_url
        trust = ssl.create_default_context(cadata=read_ca(bank.home).decode())
        ours, single = [], []
        for _ in range(_ROUNDS):
            ours.append(_timed_batches(bank, base, trust))
            single.append(_timed_singles(bank, base, trust))
        copied = copied_rates(url)
    finally:
        process.terminate()
        process.join(60)
    return median(ours), median(copied), median(single)


def serve_office(home: Path, pipe: Any) -> None:
    """Serve in a process of its own; the address comes through ``pipe``."""
    serve(home, PASSPHRASE, "127.0.0.1", 0, _WORKERS, on_listening=pipe.send)


def day_of_work(bank: TestBank, events: int, *, push_early: bool = True) -> SimulatedTerminal:
    """Return a terminal with ``events`` recorded; its last day, or with no push all, is unsent."""
    terminal = bank.terminal()
    while terminal.head.seq < events:
        terminal.borrow()
        _serve_people(terminal, events)
        if push_early and terminal.head.seq < events:
            terminal.push()
    return terminal


def _serve_people(terminal: SimulatedTerminal, events: int) -> None:
    codes = ["PHONE10", "SPEND200", "GIFTBOX", "RATE50", "FEEFREE", "SALON"]
    for number in range(events):
        code = next((code for code in codes if terminal.free(code)), None)
        if code is None or terminal.head.seq >= events:
            return
        phone = f"+86{13_000_000_000 + terminal.number * 1_000_000 + number}"
        customer = terminal.register(phone=phone)
        terminal.print_vouchers(terminal.issue(customer, code))
        if number % 10 == 0:
            terminal.record(
                facts.CUSTOMER_REVEALED, customer=customer, fields=["phone"], reason="复核"
            )


def headers_of(
    terminal: SimulatedTerminal, base: str, body: bytes
) -> tuple[str, bytes, dict[str, str]]:
    """Return the address, the batch and the headers that sign it."""
    url = base + http.EVENTS_PATH
    return url, body, http.sign_request(terminal.signer(), "POST", url, body, now_ms=0)


def _timed_batches(bank: TestBank, base: str, trust: ssl.SSLContext) -> float:
    """Push whole batches from several terminals at once; return events a second."""
    days = [day_of_work(bank, BATCH * _BATCHES) for _ in range(_TERMINALS)]
    runs = []
    for terminal in days:
        start = terminal.office.head(terminal.number, 1, bytes(16)).seq
        places = range(start, terminal.head.seq, BATCH)
        runs.append([
            headers_of(terminal, base, terminal.batch(at, min(at + BATCH, terminal.head.seq)))
            for at in places
        ])  # fmt: skip
    events = sum(t.head.seq for t in days) - sum(
        t.office.head(t.number, 1, bytes(16)).seq for t in days
    )
    seconds = asyncio.run(_post_all(runs, trust))
    return events / seconds


async def _post_all(
    runs: Sequence[Sequence[tuple[str, bytes, dict[str, str]]]], trust: ssl.SSLContext
) -> float:
    async def post_run(run: Sequence[tuple[str, bytes, dict[str, str]]]) -> None:
        async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=60) as client:
            for url, body, headers in run:
                answer = await client.post(url, content=body, headers=headers)
                if answer.status_code != 200:
                    raise ValueError(answer.content)

    gc.collect()
    began = time.perf_counter()
    await asyncio.gather(*(post_run(run) for run in runs))
    return time.perf_counter() - began


def _timed_singles(bank: TestBank, base: str, trust: ssl.SSLContext) -> float:
    """Push the same kinds of event, each in a request and a commit of its own."""
    terminal = bank.terminal()
    terminal.borrow()
    _serve_people(terminal, _SINGLES)
    run = [
        headers_of(terminal, base, terminal.batch(seq, seq + 1)) for seq in range(terminal.head.seq)
    ]
    return terminal.head.seq / asyncio.run(_post_all([run], trust))


def copied_rates(url: str) -> list[float]:
    """COPY the rows that ingest made into a fresh table with the same columns and indexes."""
    rates = []
    with psycopg.connect(url) as store:
        kept = store.execute("SELECT * FROM events ORDER BY terminal, epoch, seq").fetchall()
        for _ in range(_ROUNDS):
            store.execute("CREATE TABLE events_copy (LIKE events INCLUDING ALL)")
            store.commit()
            gc.collect()
            began = time.perf_counter()
            for at in range(0, len(kept), BATCH):
                with store.cursor().copy("COPY events_copy FROM STDIN") as copy:
                    for row in kept[at : at + BATCH]:
                        copy.write_row(row)
                store.commit()
            rates.append(len(kept) / (time.perf_counter() - began))
            store.execute("DROP TABLE events_copy")
            store.commit()
    return rates


def _signature_floor() -> float:
    """Return events a second if nothing but the mix's signatures and keys were worked on."""
    key, secret = SigningKey(bytes(range(32))), bytes(range(32))
    signature = key.sign(b"P", b"m" * 47)
    sealed = seal_to(public_seal_key(secret), bytes(32), b"i" * NONCE_BYTES)
    began = time.perf_counter()
    for _ in range(500):
        verifies(key.public_key, signature, b"P", b"m" * 47)
        open_sealed(secret, sealed, b"i" * NONCE_BYTES)
    # A customer is 3.1 events: a registration, a voucher, a printing, now and then a reveal.
    return 3.1 * 500 / (time.perf_counter() - began)
