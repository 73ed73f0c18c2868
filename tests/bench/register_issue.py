"""Register and issue in one commit beside the disk itself: two writes of 32 KiB, each waited for.

Ours is encrypted and durable in three files (database, second event file, keys' twin) before the
call returns. Both take turns in short rounds, each round gives one ratio, and the median counts. A
batch of pre-printed vouchers is issued 200 a commit; its rate is held against the single one.
"""

import gc
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from branchdesk.application.ports import Fact, Unit
from branchdesk.devices.system_randomness import SystemRandomness
from branchdesk.persistence.store import open_store
from branchdesk.protocol import facts
from branchdesk.protocol.token import Voucher, china_day, sign_voucher
from tests.builders import DATA_KEY, SESSION, Terminal, make_terminal

_ROUNDS, _COMMITS, _BATCH = 9, 60, 200
_WARM_UP_COMMITS = 120
_BLOCK = os.urandom(32 << 10)
_RATIO_GOAL, _BATCH_GOAL = 3.0, 15.0
_NAMES = ("王芳", "李伟", "张秀英", "刘洋", "陈静", "欧阳修远", "𠮷田花子", "阿卜杜拉·买买提")


def rows() -> list[dict[str, Any]]:
    """Measure and return one row for the single commit and one for the batch."""
    with tempfile.TemporaryDirectory() as folder:
        terminal = _terminal(Path(folder))
        with Disk(Path(folder)) as disk:
            single, batch = _measure(terminal, disk)
        assert terminal.store.check().ok, "a fast store that is wrong is no store"
        terminal.store.close()
    return [single, batch]


def _terminal(folder: Path) -> Terminal:
    """Return a store opened as the program opens it, on the machine's own randomness."""
    terminal = make_terminal(folder, slots=1_000_000)
    terminal.store.close()
    store = open_store(terminal.folder, DATA_KEY, terminal.clock, SystemRandomness())
    return replace(terminal, store=store)


class Disk:
    """The yardstick: two files that grow by 32 KiB a commit, each waited for."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT
        self._files = [os.open(folder / name, flags) for name in ("first.raw", "second.raw")]
        self._sync = getattr(os, "fdatasync", os.fsync)

    def __enter__(self) -> "Disk":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            os.close(file)

    def commit(self) -> None:
        """Write and wait, twice."""
        for file in self._files:
            os.write(file, _BLOCK)
            self._sync(file)


def _measure(terminal: Terminal, disk: Disk) -> tuple[dict[str, Any], dict[str, Any]]:
    people = iter(range(10_000_000))

    def register() -> None:
        number = next(people)
        name = _NAMES[number % len(_NAMES)]
        terminal.register(name, f"+8613{number:09}", issue="PHONE10")

    # The write-ahead log grows to its size once and is written over from then on.
    _seconds(register, _WARM_UP_COMMITS)
    ours, limit, batch = [], [], []
    for _ in range(_ROUNDS):
        limit.append(_seconds(disk.commit, _COMMITS))
        ours.append(_seconds(register, _COMMITS))
        batch.append(_seconds(lambda: _issue_batch(terminal), 1) / _BATCH)
    ratio = median(o / b for o, b in zip(ours, limit, strict=True))
    times = median(o / b for o, b in zip(ours, batch, strict=True))
    single_row = {
        "job": "register and issue in one commit, encrypted, durable, all files",
        "ours": f"{median(ours) * 1e3:.2f} ms",
        "beside": f"two writes of 32 KiB + fdatasync {median(limit) * 1e3:.2f} ms",
        "ratio": round(ratio, 2),
        "goal": f"<= {_RATIO_GOAL}",
        "met": ratio <= _RATIO_GOAL,
    }
    batch_row = {
        "job": f"pre-printed vouchers, {_BATCH} a commit",
        "ours": f"{1 / median(batch):.0f}/s",
        "beside": f"one a commit, registered, {1 / median(ours):.0f}/s",
        "ratio": round(times, 1),
        "goal": f">= {_BATCH_GOAL}",
        "met": times >= _BATCH_GOAL,
    }
    return single_row, batch_row


def _seconds(job: Callable[[], None], times: int) -> float:
    """Return the median seconds of one run."""
    took = []
    gc.collect()
    for _ in range(times):
        start = time.perf_counter()
        job()
        took.append(time.perf_counter() - start)
    return median(took)


def _issue_batch(terminal: Terminal) -> None:
    with terminal.store.write(SESSION) as unit:
        for fact in _batch_facts(terminal, unit):
            unit.record(fact)


def _batch_facts(terminal: Terminal, unit: Unit) -> list[Fact]:
    """Sign 200 vouchers for nobody in particular, the next slots of one grant."""
    issued_at = terminal.clock.now_ms() // 1000
    day = china_day(issued_at)
    opened = unit.open_grant("PHONE10", day)
    assert opened is not None
    randomness = SystemRandomness()
    number, key, grant = unit.next_number(), unit.signing_key(), opened.grant.number
    found = []
    for index in range(_BATCH):
        slot = opened.next_slot + index
        signed = sign_voucher(Voucher(slot, issued_at, day + 30), opened.grant_bytes, key)
        fields = {
            "customer": "", "grant": grant, "slot": slot, "campaign": opened.campaign,
            "offer_code": "PHONE10", "voucher": signed.encode(), "number": number + index,
            "intent_body": bytes(32),
        }  # fmt: skip
        refs: dict[str, int | str] = {"grant": grant, "slot": slot}
        event_id = randomness.intent_id()
        found.append(Fact(facts.VOUCHER_ISSUED, event_id, fields, refs))
    return found
