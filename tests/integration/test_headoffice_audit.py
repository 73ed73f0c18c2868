"""The audit names every planted corruption: one byte, in any column, of any journal."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from branchdesk.headoffice.office import Office, open_office
from branchdesk.headoffice.settings import read_settings
from branchdesk.headoffice.tables import metadata
from tests.office_fixture import PASSPHRASE, TestBank, new_bank

# Journals and projections: every column of every row of these is covered by the audit.
COVERED = [
    "events", "heads", "grants", "vouchers", "customers", "customer_hashes", "printings",
    "campaigns", "key_records", "slots_out", "usage", "consent_answers", "corrections", "erasures",
    "merges",
]  # fmt: skip
# Columns that describe and decide nothing: an outlet's name as the customer's row repeats it, and
# the moment at which a head or a return was written down.
FREE = {("customers", "outlet"), ("heads", "received_ms"), ("slots_out", "out_ms")}
CASES = [
    (table, column.name)
    for table in COVERED
    for column in metadata.tables[table].columns
    if (table, column.name) not in FREE
]


def fill(bank: TestBank) -> None:
    """Give the office a little of everything."""
    terminal = bank.terminal()
    terminal.borrow()
    for number in range(3):
        customer = terminal.register(phone=f"+861380013{number:04d}")
        terminal.print_vouchers(terminal.issue(customer))
    terminal.give_back(terminal.held("PHONE10").value.number, (50, 60))
    gone = terminal.register(phone="+8613600136000")
    terminal.answer_consent(customer, "service", granted=False)
    terminal.correct(customer, "+8613700137000", "+8613800130002")
    terminal.propose_merge(customer, gone)
    terminal.push()
    terminal.erase(gone)
    terminal.register(phone="+8613500135000")
    terminal.push()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a small office, closed, to be copied by each test."""
    home = tmp_path_factory.mktemp("audit") / "office"
    with new_bank(home) as bank:
        fill(bank)
        assert bank.office.audit().violations == ()
    return home


@pytest.fixture(scope="module")
def opened(filled: Path) -> Iterator[Office]:
    """One open office; opening costs a passphrase each time."""
    with open_office(filled, PASSPHRASE) as office:
        yield office


def changed(value: object) -> object:
    """Return a value that differs in one byte, bit or step."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"\0"
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    assert isinstance(value, int)
    return value + 1


@pytest.mark.parametrize(("table", "column"), CASES)
def test_one_changed_value_in_any_column_is_named(
    filled: Path, opened: Office, table: str, column: str
) -> None:
    with closing(sqlite3.connect(filled / "office.db", isolation_level=None)) as store:
        place = f'SELECT rowid, "{column}" FROM "{table}" ORDER BY rowid DESC LIMIT 1'
        rowid, value = store.execute(place).fetchone()
        store.execute("PRAGMA ignore_check_constraints=ON")
        write = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'
        store.execute(write, (changed(value), rowid))
        try:
            result = opened.audit()
            assert not result.ok
            assert result.violations
        finally:
            store.execute(write, (value, rowid))
    assert opened.audit().violations == ()


@pytest.mark.parametrize("column", ["envelope", "payload", "salt"])
def test_every_single_byte_of_an_event_is_covered(
    filled: Path, opened: Office, column: str
) -> None:
    with closing(sqlite3.connect(filled / "office.db", isolation_level=None)) as store:
        (data,) = store.execute(f"SELECT {column} FROM events WHERE seq = 2").fetchone()
        for place in range(0, len(data), 7):
            flipped = data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
            store.execute(f"UPDATE events SET {column} = ? WHERE seq = 2", (flipped,))
            assert not opened.audit().ok, place
        store.execute(f"UPDATE events SET {column} = ? WHERE seq = 2", (data,))
    assert opened.audit().ok


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("DELETE FROM events WHERE seq = 4", "events"),
        ("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)", "chains"),
        ("DELETE FROM vouchers WHERE slot = 1", "vouchers"),
        ("DELETE FROM customers WHERE seq = 1", "customers"),
        ("DELETE FROM printings WHERE seq = 3", "printings"),
        ("DELETE FROM slots_out", "offers"),
        ("DELETE FROM allowances", "offers"),
        ("UPDATE offers SET slots_lent = slots_lent - 1 WHERE code = 'PHONE10'", "offers"),
        ("UPDATE offers SET budget_minor = 5, ceiling_minor = 5 WHERE code = 'SALON'", "offers"),
        ("UPDATE offers SET slots_ceiling = 3 WHERE code = 'GIFTBOX'", "offers"),
        ("UPDATE epochs SET seq = seq - 1", "chains"),
        ("UPDATE terminals SET epoch = 2", "terminals"),
        ("UPDATE slots_out SET first = 1", "vouchers"),
        ("UPDATE vouchers SET slot = 9 WHERE slot = 1", "vouchers"),
        ("DELETE FROM consent_answers", "consent_answers"),
        ("DELETE FROM merges", "merges"),
        ("DELETE FROM erasures", "erasures"),
        ("UPDATE customers SET referrer = 'R1' WHERE person_key IS NULL", "customers"),
    ],
)
def test_rows_removed_or_moved_are_named(
    filled: Path, tmp_path: Path, statement: str, check: str
) -> None:
    home = tmp_path / "copy"
    shutil.copytree(filled, home)
    with closing(sqlite3.connect(home / "office.db", isolation_level=None)) as store:
        store.execute("PRAGMA ignore_check_constraints=ON")
        assert store.execute(statement).rowcount
    with open_office(home, PASSPHRASE) as office:
        result = office.audit()
    assert check in {violation.check for violation in result.violations}


@pytest.mark.postgres
def test_the_audit_sees_the_same_on_postgres(postgres_database: str, tmp_path: Path) -> None:
    with new_bank(tmp_path / "office", postgres_database) as bank:
        fill(bank)
        assert bank.office.audit().violations == ()
        url = read_settings(bank.home).database_url
        for table, column in (("events", "payload"), ("vouchers", "voucher"), ("grants", "record")):
            with psycopg.connect(url, autocommit=True) as store:
                flip = sql.SQL(
                    "UPDATE {t} SET {c} = set_byte({c}, 20, get_byte({c}, 20) # 1)"
                ).format(t=sql.Identifier(table), c=sql.Identifier(column))
                store.execute(flip)
                assert not bank.office.audit().ok
                store.execute(flip)
                assert bank.office.audit().ok
