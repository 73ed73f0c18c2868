"""Older databases are brought up to date with everything unsent; newer ones are refused."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from branchdesk.application.models import Happening
from branchdesk.application.ports import Fact
from branchdesk.errors import EnvironmentFault
from branchdesk.persistence import migrations
from branchdesk.persistence.engine import Database
from branchdesk.persistence.schema import HEAD, create_schema
from branchdesk.persistence.store import open_store
from branchdesk.protocol import facts
from tests.builders import DATA_KEY, SESSION, Terminal, make_terminal
from tests.older_store import OLDER, make_older


def _schema(database: Database) -> set[tuple[str, str, str]]:
    rows = database.pragma(
        "SELECT type, tbl_name, coalesce(sql, '') FROM sqlite_master "
        "WHERE tbl_name <> 'alembic_version'"
    )
    return {(kind, table, "".join(sql.split())) for kind, table, sql in rows}


def _upgraded(revision: str) -> Database:
    database = Database(None, DATA_KEY)
    config = Config()
    config.set_main_option("script_location", str(migrations.migrations_folder()))
    config.attributes["connection"] = database.connection
    with database.schema_transaction():
        command.upgrade(config, revision)
    return database


def _downgraded(terminal: Terminal, revision: str) -> None:
    terminal.store.close()
    make_older(terminal.folder, revision)


def test_migrations_end_at_the_schema_of_the_tables() -> None:
    migrated, made = _upgraded("head"), Database(None, DATA_KEY)
    with made.transaction():
        create_schema(made)
    try:
        assert _schema(migrated) == _schema(made)
        assert migrated.pragma("SELECT version_num FROM alembic_version") == [(HEAD,)]
    finally:
        migrated.close()
        made.close()


@pytest.mark.parametrize("revision", OLDER)
def test_an_older_database_is_upgraded_with_its_unsent_events(
    tmp_path: Path, revision: str
) -> None:
    terminal = make_terminal(tmp_path)
    for number in range(5):
        customer = terminal.register("王芳", f"+861380013800{number}", issue="PHONE10")
    happened = _see_and_print(terminal, customer)
    opened = {"shift": "S1", "place": "一号柜"}
    with terminal.store.write(SESSION) as unit:
        unit.record(Fact(facts.SHIFT_OPENED, terminal.randomness.intent_id(), opened, {}))
    head = terminal.store.outbox.head()
    _downgraded(terminal, revision)
    store = terminal.reopen()
    assert store.start_report.migrated_from == revision
    assert store.outbox.head() == head
    assert len(store.outbox.events_after(0, 500)) == head.seq
    with store.read() as reading:
        assert reading.happenings(customer) == happened
    assert store.check().ok
    with store.read() as reading:
        shift = reading.shift("S1")
    assert shift is not None
    assert (shift.opened_by, shift.holder) == ("T001", "T001")
    store.drafts.save("counter", {"name": "王"})
    terminal.register("王芳", "+8613800138009", issue="PHONE10")
    assert store.check().ok
    store.close()


def _see_and_print(terminal: Terminal, customer: str) -> tuple[Happening, ...]:
    """Let what earlier programs knew besides happen to a customer; return all of it."""
    with terminal.store.write(SESSION) as unit:
        (voucher,) = unit.vouchers(customer=customer)
        printed = {"items": [[voucher.grant, voucher.slot, 0]], "layout": "a4"}
        revealed = {"customer": customer, "fields": ["phone"], "reason": "核对"}
        for kind, fields in (
            (facts.VOUCHER_PRINTED, printed), (facts.CUSTOMER_REVEALED, revealed),
        ):  # fmt: skip
            unit.record(Fact(kind, terminal.randomness.intent_id(), fields, {}))
        found = unit.happenings(customer)
    assert [one.event_type for one in found] == [
        facts.CUSTOMER_REVEALED, facts.VOUCHER_PRINTED, facts.VOUCHER_ISSUED,
        facts.CUSTOMER_REGISTERED,
    ]  # fmt: skip
    return found


@pytest.mark.parametrize("revision", OLDER)
def test_the_backup_before_a_migration_opens_and_holds_no_key_of_a_person(
    tmp_path: Path, revision: str
) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register("王芳", "+8613800138001", issue="PHONE10")
    events = terminal.store.check().events
    _downgraded(terminal, revision)
    terminal.reopen().close()
    (saved,) = terminal.folder.backups.glob("*.backup")
    assert saved.read_bytes()[:6] != b"SQLite"
    backup = Database(saved, DATA_KEY)
    assert backup.pragma("SELECT count(*) FROM events") == [(events,)]
    assert backup.pragma("SELECT count(*) FROM customers") == [(1,)]
    assert backup.pragma("SELECT count(*) FROM person_keys") == [(0,)]
    assert backup.pragma("PRAGMA integrity_check") == [("ok",)]
    backup.close()


def test_a_backup_is_deleted_after_a_week(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    _downgraded(terminal, OLDER[-1])
    terminal.reopen()
    terminal.clock.advance(7 * 24 * 3_600_000)
    terminal.reopen()
    assert list(terminal.folder.backups.glob("*.backup"))
    terminal.clock.advance(1)
    terminal.reopen().close()
    assert not list(terminal.folder.backups.glob("*.backup"))


def test_a_failed_migration_changes_nothing(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    _downgraded(terminal, "0001")
    broken = tmp_path / "migrations"
    (broken / "versions").mkdir(parents=True)
    source = migrations.migrations_folder()
    for name in ("env.py", "script.py.mako", "versions/0001.py"):
        (broken / name).write_text((source / name).read_text(encoding="utf-8"), encoding="utf-8")
    script = (source / "versions" / "0002.py").read_text(encoding="utf-8")
    spoilt = script.replace("CREATE INDEX vouchers_unprinted ON", "CREATE INDEX broken ON nothing")
    (broken / "versions" / "0002.py").write_text(spoilt, encoding="utf-8")
    with pytest.raises(Exception, match="nothing"):
        open_store(terminal.folder, DATA_KEY, terminal.clock, terminal.randomness, broken)
    database = Database(terminal.folder.database, DATA_KEY)
    assert database.pragma("SELECT version_num FROM alembic_version") == [("0001",)]
    assert not database.pragma("SELECT 1 FROM sqlite_master WHERE name = 'drafts'")
    database.close()
    store = terminal.reopen()
    assert store.start_report.migrated_from == "0001"
    store.close()


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register()
    terminal.store.close()
    database = Database(terminal.folder.database, DATA_KEY)
    with database.transaction():
        database.pragma("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = _files(tmp_path)
    with pytest.raises(EnvironmentFault) as caught:
        open_store(terminal.folder, DATA_KEY, terminal.clock, terminal.randomness)
    assert caught.value.code == "store_newer"
    assert caught.value.facts == {"found": "9999", "supported": HEAD}
    assert _files(tmp_path) == before


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "ballast"
    }
