"""Damaged, lost, torn and foreign files: found or harmless, never wrong totals, always a way on."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from branchdesk.errors import EnvironmentFault
from branchdesk.persistence.store import SqliteStore, StoreFolder, open_store, recover_store
from branchdesk.protocol.chain import Head
from branchdesk.protocol.feed import Lane
from tests.builders import DATA_KEY, SESSION, Terminal, make_terminal, staff_item, store_folder
from tests.fakes import bank
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness

T = TypeVar("T")
FLIPS = 300
DETECTED = {"store_damaged", "store_diverged"}


@dataclass(frozen=True)
class Totals:
    """What must never be wrong."""

    head: Head
    vouchers: tuple[tuple[int, str, str], ...]
    used: tuple[int, ...]
    found: int


def _totals(store: SqliteStore) -> Totals:
    with store.read() as reading:
        return Totals(
            reading.terminal().head,
            tuple((one.number, one.voucher, one.customer) for one in reading.vouchers()),
            tuple(line.used for line in reading.grants()),
            len(reading.search("王芳", 1_000)),
        )


def _busy(tmp_path: Path, people: int = 25) -> Terminal:
    terminal = make_terminal(tmp_path)
    for number in range(people):
        terminal.register("王芳", f"+86138001380{number:02}", issue="PHONE10")
    return terminal


def _copied(source: StoreFolder, target: Path) -> StoreFolder:
    """Copy every file of a store as a power cut would leave it; the ballast is left out."""
    folder = store_folder(target)
    shutil.rmtree(target, ignore_errors=True)
    folder.make()
    for path in source.database.parent.iterdir():
        if path.is_file() and path.name.startswith(source.database.name):
            shutil.copy(path, folder.database.parent / path.name)
    for path in source.second.parent.iterdir():
        shutil.copy(path, folder.second.parent / path.name)
    return folder


def _flip(path: Path, place: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))


def _open(folder: StoreFolder) -> SqliteStore:
    return open_store(folder, DATA_KEY, ManualClock(), SeededRandomness(5))


def _tried(attempt: Callable[[], T]) -> T | EnvironmentFault:
    """Return the answer, or the fault that was raised instead."""
    try:
        return attempt()
    except EnvironmentFault as fault:
        return fault


def _recovered(folder: StoreFolder) -> SqliteStore:
    return recover_store(folder, DATA_KEY, ManualClock(), SeededRandomness(6))


def _same_facts(found: Totals, expected: Totals) -> bool:
    # A recovery adds its own event behind what was there.
    return (found.vouchers, found.used, found.found) == (
        expected.vouchers,
        expected.used,
        expected.found,
    ) and found.head.seq >= expected.head.seq


def test_a_flipped_bit_in_the_database_is_found_or_harmless(tmp_path: Path) -> None:
    terminal = _busy(tmp_path / "a")
    expected = _totals(terminal.store)
    terminal.store.close()
    places = random.Random(11)
    size = terminal.folder.database.stat().st_size
    found = 0
    folder = _copied(terminal.folder, tmp_path / "b")
    for _ in range(FLIPS):
        shutil.copy(terminal.folder.database, folder.database)
        place, bit = places.randrange(size), places.randrange(8)
        _flip(folder.database, place, bit)
        damaged = folder.database.read_bytes()
        opened = _tried(partial(_open, folder))
        if isinstance(opened, SqliteStore):
            checked = _tried(opened.check)
            found += isinstance(checked, EnvironmentFault)
            assert isinstance(checked, EnvironmentFault) or checked.ok, place
            assert _totals(opened) == expected, place
            opened.close()
            continue
        assert opened.code in DETECTED, (place, opened)
        assert opened.facts["recovery"] is True
        assert folder.database.read_bytes() == damaged, "a refusal changes nothing"
        found += 1
    assert found > FLIPS * 0.9


def test_a_flipped_bit_in_the_write_ahead_log_is_healed_from_the_second_file(
    tmp_path: Path,
) -> None:
    terminal = _busy(tmp_path / "a", people=8)
    expected = _totals(terminal.store)
    frozen = _copied(terminal.folder, tmp_path / "frozen")
    terminal.store.close()
    wal = frozen.database.with_name(frozen.database.name + "-wal")
    places = random.Random(12)
    healed = 0
    for _ in range(60):
        folder = _copied(frozen, tmp_path / "b")
        _flip(folder.database.parent / wal.name, places.randrange(wal.stat().st_size), 3)
        opened = _tried(partial(_open, folder))
        if isinstance(opened, EnvironmentFault):
            assert opened.code in DETECTED, opened
        store = opened if isinstance(opened, SqliteStore) else _recovered(folder)
        assert _same_facts(_totals(store), expected)
        assert store.check().ok
        healed += store.start_report.recovered_events > 0
        store.close()
    assert healed


@pytest.mark.parametrize("which", ["second", "keys"])
def test_a_flipped_bit_beside_the_database_changes_no_total(tmp_path: Path, which: str) -> None:
    terminal = _busy(tmp_path / "a", people=8)
    expected = _totals(terminal.store)
    terminal.store.close()
    original = getattr(terminal.folder, which)
    places = random.Random(13)
    noticed = 0
    for _ in range(80):
        folder = _copied(terminal.folder, tmp_path / "b")
        _flip(getattr(folder, which), places.randrange(original.stat().st_size), 5)
        store = _open(folder)
        assert _totals(store) == expected
        noticed += not store.check().ok or bool(store.start_report.warnings)
        store.close()
    assert noticed > 40


def test_recovery_from_a_damaged_second_file_never_shortens_history(tmp_path: Path) -> None:
    terminal = _busy(tmp_path / "a", people=8)
    expected = _totals(terminal.store)
    terminal.store.close()
    size = terminal.folder.second.stat().st_size
    places = random.Random(14)
    refused = 0
    for _ in range(60):
        folder = _copied(terminal.folder, tmp_path / "b")
        # The last frame alone is left out: it looks like one torn by a power cut.
        _flip(folder.second, places.randrange(size - 1_500), 5)
        before = folder.database.read_bytes()
        opened = _tried(partial(_recovered, folder))
        if isinstance(opened, SqliteStore):
            assert _same_facts(_totals(opened), expected)
            opened.close()
            continue
        assert opened.code in {"second_file_damaged", "store_unrecoverable", "store_key_wrong"}
        assert folder.database.read_bytes() == before
        refused += 1
    assert refused > 40


def test_a_lost_database_is_recovered_with_the_same_head(tmp_path: Path) -> None:
    terminal = _busy(tmp_path)
    terminal.feed(Lane.CONTENT, staff_item(terminal.next_item(Lane.CONTENT), bank.TELLER))
    expected = _totals(terminal.store)
    terminal.store.close()
    terminal.folder.database.unlink()
    with pytest.raises(EnvironmentFault) as caught:
        _open(terminal.folder)
    assert (caught.value.code, caught.value.facts["recovery"]) == ("store_missing", True)
    store = terminal.recover()
    assert _same_facts(_totals(store), expected)
    assert store.outbox.hash_at(1, expected.head.seq) == expected.head.hash
    assert store.outbox.head().seq == expected.head.seq + 1
    with store.read() as reading:
        assert reading.staff("T001") is not None
        assert [found.version for found in reading.campaigns()] == [1]
    assert store.check().ok
    terminal.register("李娜", "+8613900000001", issue="PHONE10")
    assert terminal.reopen().check().ok
    terminal.store.close()


def test_the_damaged_database_is_kept_aside(tmp_path: Path) -> None:
    terminal = _busy(tmp_path, people=3)
    terminal.store.close()
    damaged = b"\x00" * 4096 + terminal.folder.database.read_bytes()[4096:]
    terminal.folder.database.write_bytes(damaged)
    with pytest.raises(EnvironmentFault) as caught:
        _open(terminal.folder)
    assert (caught.value.code, caught.value.facts["recovery"]) == ("store_damaged", True)
    terminal.recover().close()
    (aside,) = terminal.folder.database.parent.glob("*.damaged-*")
    assert aside.read_bytes() == damaged


def test_a_lost_write_ahead_log_is_made_up_for_by_the_second_file(tmp_path: Path) -> None:
    terminal = _busy(tmp_path / "a", people=5)
    terminal.reopen()
    before = terminal.store.outbox.head().seq
    for number in range(4):
        terminal.register("王芳", f"+861390013800{number}", issue="PHONE10")
    expected = _totals(terminal.store)
    folder = _copied(terminal.folder, tmp_path / "b")
    terminal.store.close()
    folder.database.with_name(folder.database.name + "-wal").unlink()
    store = _open(folder)
    assert store.start_report.recovered_events == expected.head.seq - before
    assert _same_facts(_totals(store), expected)
    assert store.check().ok
    store.close()
    assert _open(folder).start_report.recovered_events == 0


def test_an_older_copy_of_the_database_catches_up(tmp_path: Path) -> None:
    terminal = _busy(tmp_path, people=5)
    terminal.store.close()
    old = terminal.folder.database.read_bytes()
    terminal.reopen()
    terminal.register("王芳", "+8613900138001", issue="PHONE10")
    expected = _totals(terminal.store)
    terminal.store.close()
    terminal.folder.database.write_bytes(old)
    store = terminal.reopen()
    assert store.start_report.recovered_events == 2
    assert _same_facts(_totals(store), expected)
    assert store.check().ok
    store.close()


def test_two_histories_are_never_merged(tmp_path: Path) -> None:
    terminal = _busy(tmp_path / "a", people=3)
    terminal.store.close()
    other = _copied(terminal.folder, tmp_path / "b")
    terminal.reopen()
    terminal.register("王芳", "+8613900138001", issue="PHONE10")
    expected = _totals(terminal.store)
    terminal.store.close()
    twin = Terminal(other, _open(other), ManualClock(), SeededRandomness(99))
    twin.register("李娜", "+8613900138002", issue="PHONE10")
    twin.register("李娜", "+8613900138003", issue="PHONE10")
    twin.store.close()
    shutil.copy(terminal.folder.second, other.second)
    shutil.copy(terminal.folder.keys, other.keys)
    before = other.database.read_bytes()
    with pytest.raises(EnvironmentFault) as caught:
        _open(other)
    assert caught.value.code == "store_diverged"
    assert other.database.read_bytes() == before

    # What its words advise: the second file's history is whole, the database is kept aside.
    found = recover_store(other, DATA_KEY, ManualClock(), SeededRandomness(98))
    assert _same_facts(_totals(found), expected)
    assert found.check().ok
    found.close()
    files = (path for path in other.database.parent.rglob("*") if path.is_file())
    aside = [path for path in files if path.read_bytes() == before]
    assert len(aside) == 1


@pytest.mark.parametrize("which", ["second", "keys"])
def test_a_lost_file_beside_the_database_is_made_again(tmp_path: Path, which: str) -> None:
    terminal = _busy(tmp_path, people=5)
    expected = _totals(terminal.store)
    terminal.store.close()
    getattr(terminal.folder, which).unlink()
    store = terminal.reopen()
    assert _totals(store) == expected
    assert store.check().ok
    assert _same_facts(_totals(terminal.recover()), expected)
    terminal.store.close()


def test_a_torn_tail_is_cut_off_and_written_again(tmp_path: Path) -> None:
    terminal = _busy(tmp_path / "a", people=2)
    terminal.store.close()
    before = terminal.folder.second.stat().st_size
    terminal.reopen()
    terminal.register("李娜", "+8613900138001", issue="PHONE10")
    expected = _totals(terminal.store)
    terminal.store.close()
    after = terminal.folder.second.stat().st_size
    for length in range(before, after, 37):
        folder = _copied(terminal.folder, tmp_path / "b")
        os.truncate(folder.second, length)
        with folder.second.open("ab") as file:
            file.write(b"\x7f" * (length % 5))
        store = _open(folder)
        assert _totals(store) == expected
        assert store.start_report.recovered_events == 0
        assert store.check().ok
        store.close()


def test_another_key_opens_nothing_and_changes_nothing(tmp_path: Path) -> None:
    terminal = _busy(tmp_path, people=3)
    terminal.store.close()
    before = _files(tmp_path)
    with pytest.raises(EnvironmentFault) as caught:
        open_store(terminal.folder, bytes(32), terminal.clock, terminal.randomness)
    assert caught.value.code == "store_key_wrong"
    with pytest.raises(EnvironmentFault) as recovering:
        recover_store(terminal.folder, bytes(32), terminal.clock, terminal.randomness)
    assert recovering.value.code == "store_key_wrong"
    assert _files(tmp_path) == before
    terminal.reopen().close()


def test_nothing_is_said_to_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    terminal = _busy(tmp_path, people=1)
    terminal.store.close()
    with pytest.raises(EnvironmentFault):
        open_store(terminal.folder, bytes(32), terminal.clock, terminal.randomness)
    _flip(terminal.folder.database, 9_000, 1)
    with pytest.raises(EnvironmentFault):
        _open(terminal.folder)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_database_that_nobody_encrypted_is_refused(tmp_path: Path) -> None:
    terminal = _busy(tmp_path, people=1)
    terminal.store.close()
    terminal.folder.database.unlink()
    plain = sqlite3.connect(terminal.folder.database)
    plain.execute("CREATE TABLE t (a)")
    plain.close()
    with pytest.raises(EnvironmentFault) as caught:
        _open(terminal.folder)
    assert caught.value.code == "store_not_encrypted"


def test_the_second_program_on_a_folder_says_so(tmp_path: Path) -> None:
    terminal = _busy(tmp_path, people=1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = "opened"
        try:
            _open(terminal.folder)
        except EnvironmentFault as fault:
            code = fault.code
        os.write(writing, code.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    assert os.read(reading, 100) == b"store_in_use"
    os.close(reading)
    with pytest.raises(EnvironmentFault) as caught:
        _recovered(terminal.folder)
    assert caught.value.code == "store_in_use"
    terminal.register("李娜", "+8613900138001", issue="PHONE10")
    assert terminal.store.check().ok
    terminal.store.close()


def test_tampering_with_rows_is_seen_by_the_check(tmp_path: Path) -> None:
    terminal = _busy(tmp_path, people=5)
    database = terminal.store._database
    for text, problem in (
        ("UPDATE grants SET used = used - 1, next_slot = 1 WHERE number = 1001", "table:grants"),
        ("DELETE FROM issue_counters", "table:issue_counters"),
        ("UPDATE customers SET phone = '+8613800000000'", "table:customers"),
        ("DELETE FROM person_keys WHERE position = (SELECT min(position) FROM person_keys)",
         "person_keys:differ"),
        ("UPDATE events SET payload = x'a0' WHERE position = 3", "chain:3"),
        ("UPDATE events SET envelope = x'a0' WHERE position = 3", "chain:3"),
        # Without its grant, what was issued from it cannot be told again.
        ("UPDATE events SET payload = x'a0' WHERE type = 'grant.accepted'", "event:9"),
    ):  # fmt: skip
        database.pragma("SAVEPOINT tampering")
        database.pragma(text)
        report = terminal.store.check()
        assert not report.ok
        assert problem in report.problems, report.problems
        database.pragma("ROLLBACK TO tampering")
        database.pragma("RELEASE tampering")
        assert terminal.store.check().ok
    terminal.store.close()


def test_a_quick_check_sees_what_was_altered_since_the_last_acknowledgement(
    tmp_path: Path,
) -> None:
    terminal = _busy(tmp_path, people=3)
    assert terminal.store.quick_check() == ()
    terminal.store._database.pragma("UPDATE events SET payload = x'a0' WHERE position = 9")
    assert terminal.store.quick_check() == ("chain:9",)
    terminal.store.close()


def test_an_altered_unsynced_event_is_refused_at_start(tmp_path: Path) -> None:
    terminal = _busy(tmp_path, people=3)
    terminal.store._database.pragma("UPDATE events SET payload = x'a0' WHERE position = 9")
    terminal.store.close()
    with pytest.raises(EnvironmentFault) as caught:
        _open(terminal.folder)
    assert (caught.value.code, caught.value.facts["event"]) == ("store_damaged", 9)
    with terminal.recover().write(SESSION) as unit:
        assert len(unit.vouchers()) == 3
    terminal.store.close()


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "ballast"
    }
