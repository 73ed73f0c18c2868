"""Trouble with the database under ingest: a retryable fault, nothing half done, then success."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from branchdesk.errors import EnvironmentFault
from branchdesk.headoffice.database import Database
from branchdesk.headoffice.settings import read_settings
from tests.integration.postgres_fixture import empty_database, postgres_server
from tests.office_fixture import new_bank


@pytest.mark.postgres
def test_a_connection_cut_by_the_server_is_a_retryable_fault_and_the_next_try_works(
    tmp_path: Path,
) -> None:
    with (
        postgres_server() as server,
        empty_database(server) as url,
        new_bank(tmp_path / "office", url) as bank,
    ):
        terminal = bank.terminal()
        terminal.register()
        batch = terminal.batch(0, 1)

        def cut(connection: object) -> None:
            assert hasattr(connection, "execute")
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            connection.execute(text("INSERT INTO outlets VALUES ('X', 'X', 'X', 'counter')"))
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))
            connection.execute(text("SELECT 1"))

        with pytest.raises(EnvironmentFault) as caught:
            bank.office.context.database.write(cut)
        assert (caught.value.code, caught.value.retryable) == ("database_unavailable", True)
        bank.office.ingest(terminal.number, 1, batch)
        assert bank.office.status()["events"] == 1
        with pytest.raises(Exception, match="outlet_unknown"):
            bank.office.enrol_code("X")


@pytest.mark.postgres
def test_a_deadlock_is_tried_again_and_both_writers_finish(tmp_path: Path) -> None:
    with (
        postgres_server() as server,
        empty_database(server) as url,
        new_bank(tmp_path / "office", url) as bank,
    ):
        database = bank.office.context.database
        meet = threading.Barrier(2)
        attempts: list[str] = []

        def lock_both(first: str, second: str) -> None:
            def act(connection: object) -> None:
                assert hasattr(connection, "execute")
                attempts.append(first)
                take = text("SELECT value FROM counters WHERE name = :name FOR UPDATE")
                connection.execute(take, {"name": first})
                if len(attempts) <= 2:
                    meet.wait()
                connection.execute(take, {"name": second})

            database.write(act)

        threads = [
            threading.Thread(target=lock_both, args=pair)
            for pair in (("grant", "feed"), ("feed", "grant"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert len(attempts) == 3


def test_a_store_locked_by_somebody_else_is_busy_and_then_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("branchdesk.headoffice.database._BUSY_TIMEOUT_MS", 20)
    with new_bank(tmp_path / "office") as bank:
        terminal = bank.terminal()
        terminal.register()
        batch = terminal.batch(0, 1)
        store = sqlite3.connect(bank.home / "office.db", isolation_level=None)
        with closing(store):
            store.execute("BEGIN IMMEDIATE")
            with pytest.raises(EnvironmentFault) as caught:
                bank.office.ingest(terminal.number, 1, batch)
            assert (caught.value.code, caught.value.retryable) == ("database_busy", True)
            # Reading goes on beside a writer.
            assert bank.office.status()["events"] == 0
            store.execute("ROLLBACK")
        bank.office.ingest(terminal.number, 1, batch)
        assert bank.office.status()["events"] == 1


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with new_bank(tmp_path / "office") as bank:
        database: Database = bank.office.context.database

        def half(connection: object) -> None:
            assert hasattr(connection, "execute")
            connection.execute(text("INSERT INTO outlets VALUES ('X', 'X', 'X', 'counter')"))
            connection.execute(text("INSERT INTO nowhere VALUES (1)"))

        with pytest.raises((EnvironmentFault, OperationalError)):
            database.write(half)
        with database.read() as connection:
            found = connection.execute(text("SELECT count(*) FROM outlets WHERE code = 'X'"))
            assert found.scalar_one() == 0
        assert read_settings(bank.home).database_url == ""
