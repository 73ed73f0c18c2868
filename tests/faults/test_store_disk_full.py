"""A full disk: a voucher is wholly there or not at all, and work goes on once there is room."""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from branchdesk.errors import EnvironmentFault
from branchdesk.persistence.ballast import BALLAST_BYTES
from branchdesk.persistence.store import StoreFolder, create_store, open_store
from branchdesk.protocol.feed import Lane
from tests.builders import (
    DATA_KEY,
    Terminal,
    campaign_item,
    enrolment,
    grant_item,
    make_terminal,
)
from tests.fakes import bank
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness

DISK_BYTES = 96 << 20
SMALL_BYTES = 6 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 96 MiB of its own."""
    yield from _mounted(tmp_path / "disk", DISK_BYTES)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MiB of its own."""
    yield from _mounted(tmp_path / "small", SMALL_BYTES)


def _mounted(folder: Path, size: int) -> Iterator[Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _terminal(folder: StoreFolder) -> Terminal:
    clock, randomness = ManualClock(), SeededRandomness(3)
    store = create_store(folder, DATA_KEY, enrolment(clock.now_ms()), clock, randomness)
    terminal = Terminal(folder, store, clock, randomness)
    grant = bank.grant_of("PHONE10", number=1, slots=100_000)
    assert not terminal.feed(
        Lane.CONTENT, campaign_item(1), grant_item(2, grant, "PHONE10")
    ).refused
    return terminal


def _folder(main: Path, second: Path) -> StoreFolder:
    return StoreFolder(main / "store.db", second / "events.log", main / "backups", main / "ballast")


def _fill(path: Path) -> Path:
    """Write until the disk has no room for one more page."""
    filler = path / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return filler


def _used(terminal: Terminal) -> int:
    with terminal.store.read() as reading:
        assert len(reading.vouchers()) == reading.grants()[0].used
        return reading.grants()[0].used


def _issue_until_full(terminal: Terminal, start: int) -> tuple[int, EnvironmentFault]:
    for number in range(start, start + 50_000):
        try:
            terminal.register("王芳", f"+86138{number:08}", issue="PHONE10")
        except EnvironmentFault as fault:
            return number - start, fault
    raise AssertionError("the disk never filled up")


def test_on_a_full_disk_a_voucher_is_there_or_not_and_work_goes_on(
    disk: Path, tmp_path: Path
) -> None:
    terminal = _terminal(_folder(disk, tmp_path / "second"))
    filler = _fill(disk)
    before = _used(terminal)
    issued, fault = _issue_until_full(terminal, 0)
    assert (fault.code, fault.retryable) == ("disk_full", True)
    assert fault.facts["reserve_released"] is True
    assert _used(terminal) == before + issued
    more, again = _issue_until_full(terminal, 100_000)
    assert more > 0, "the reserve gives room for the work in hand"
    assert again.code == "disk_full"
    assert _used(terminal) == before + issued + more
    assert not terminal.store.free_space_ok()
    assert "disk_nearly_full" in terminal.store.warnings()
    terminal.reopen()
    assert _used(terminal) == before + issued + more
    filler.unlink()
    terminal.register("王芳", "+8613900000000", issue="PHONE10")
    assert terminal.folder.ballast.stat().st_size == BALLAST_BYTES
    assert terminal.store.warnings() == ()
    report = terminal.store.check()
    assert report.ok, report.problems
    terminal.store.close()


def test_a_full_second_disk_delays_nothing_and_is_completed_later(
    small_disk: Path, tmp_path: Path
) -> None:
    terminal = _terminal(_folder(tmp_path / "main", small_disk))
    filler = _fill(small_disk)
    for number in range(700):
        terminal.register("王芳", f"+86138{number:08}", issue="PHONE10")
    assert "second_file_full" in terminal.store.warnings()
    assert _used(terminal) == 700
    assert not terminal.store.check().ok
    terminal.reopen()
    assert "second_file_full" in terminal.store.start_report.warnings
    filler.unlink()
    terminal.register("王芳", "+8613900000000", issue="PHONE10")
    assert terminal.store.warnings() == ()
    assert terminal.store.check().ok
    terminal.store.close()


def test_a_store_is_not_half_made_on_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    folder = _folder(small_disk, small_disk / "second")
    clock, randomness = ManualClock(), SeededRandomness(3)
    filler = _fill(small_disk)
    answer = enrolment(clock.now_ms())
    with pytest.raises(EnvironmentFault) as caught:
        create_store(folder, DATA_KEY, answer, clock, randomness)
    assert caught.value.code == "disk_full"
    assert not folder.database.exists()
    filler.unlink()
    store = create_store(folder, DATA_KEY, answer, clock, randomness)
    assert store.check().ok
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and resource limits")
def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path, slots=100_000)
    terminal.store.close()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = "nothing"
        try:
            limit = terminal.folder.database.stat().st_size + (1 << 20)
            terminal.folder.ballast.unlink()
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            terminal.store = open_store(
                terminal.folder, DATA_KEY, terminal.clock, SeededRandomness(9)
            )
            issued, fault = _issue_until_full(terminal, 0)
            assert _used(terminal) == issued
            code = f"{fault.code} {issued}"
        finally:
            os.write(writing, code.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    code, count = os.read(reading, 100).decode().split()
    os.close(reading)
    assert code in {"store_io", "disk_full"}
    terminal.reopen()
    assert _used(terminal) == int(count) > 0
    terminal.register("王芳", "+8613900000000", issue="PHONE10")
    assert terminal.store.check().ok
    terminal.store.close()
