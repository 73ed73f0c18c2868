"""The engine under head office's store: SQLite for a trial, PostgreSQL for a bank.

A write is one function run in one transaction, tried again a bounded number of times when the
database asks for it. Knows tables and dialects, nothing of what the rows mean.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    any_,
    create_engine,
    event,
    literal,
    select,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.headoffice.packed_arrays import packed_array, register_arrays
from branchdesk.headoffice.settings import DATABASE_FILE

T = TypeVar("T")

_ATTEMPTS_MAX: Final = 6
_BUSY_TIMEOUT_MS: Final = 2_500
_POOL_SIZE: Final = 8
_POOL_OVERFLOW: Final = 32
_WRITES: Final = "branchdesk_writes"
# PostgreSQL asks for another try by these SQLSTATEs: serialization failure, deadlock.
_RETRY_STATES: Final = frozenset({"40001", "40P01"})


class Database:
    """A store that reads in snapshots and writes in retried transactions; safe across threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_postgres = engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection inside a read transaction that is rolled back at the end."""
        with _faults(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection that sees one moment, whatever others write meanwhile."""
        options = {"isolation_level": "REPEATABLE READ"} if self.is_postgres else {}
        with _faults(), self._engine.connect().execution_options(**options) as connection:
            yield connection

    def write(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in one write transaction and return its result after the commit.

        ``act`` may run several times and must keep nothing outside the transaction. Raises
        EnvironmentFault ``database_busy`` or ``database_unavailable``, both retryable.
        """
        for _ in range(_ATTEMPTS_MAX):
            try:
                return self._write_once(act)
            except OperationalError as error:
                if not _wants_retry(error):
                    raise _fault(error) from error
            except DBAPIError as error:
                raise _fault(error) from error
        raise EnvironmentFault("database_busy", retryable=True, attempts=_ATTEMPTS_MAX)

    def _write_once(self, act: Callable[[Connection], T]) -> T:
        with (
            self._engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            return act(connection)

    def close(self) -> None:
        """Close every connection of the pool."""
        self._engine.dispose()


def open_database(home: Path, database_url: str) -> Database:
    """Open the embedded store in ``home``, or the PostgreSQL named by the URL.

    Raises RuleViolation ``database_url_invalid`` or EnvironmentFault ``database_unavailable``.
    """
    if not database_url:
        return Database(_sqlite_engine(home / DATABASE_FILE))
    return Database(_postgres_engine(_postgres_url(database_url)))


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Sequence[Any]],
    *,
    names: Sequence[str] = (),
) -> None:
    """Insert many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

    ``rows`` hold the values of ``names`` in order; by default of every column of the table.
    """
    if not rows:
        return
    columns = list(names or [column.name for column in table.columns])
    listed = ", ".join(f'"{name}"' for name in columns)
    driver = connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name == "postgresql":
        types = [_POSTGRES_TYPES[str(table.c[name].type).split("(")[0]] for name in columns]
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN (FORMAT BINARY)') as copy,
        ):
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    # Names come from our own table definitions, never from outside.
    driver.executemany(f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})', rows)  # noqa: S608


def table_rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """Yield every row of a table in the order of its columns: COPY on PostgreSQL."""
    names = [column.name for column in table.columns]
    if connection.dialect.name != "postgresql":
        for row in connection.execution_options(yield_per=500).execute(select(table)):
            yield tuple(row)
        return
    # The transaction begins with the first statement, and COPY is none that SQLAlchemy sees.
    connection.execute(text("SELECT 1"))
    driver = connection.connection.driver_connection
    assert driver is not None
    listed = ", ".join(f'"{name}"' for name in names)
    types = [_POSTGRES_TYPES[str(column.type).split("(")[0]] for column in table.columns]
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({listed}) TO STDOUT (FORMAT BINARY)') as copy,
    ):
        copy.set_types(types)
        yield from copy.rows()


def is_among(connection: Connection, column: Column[T], values: Iterable[T]) -> ColumnElement[bool]:
    """Return the condition that ``column`` is one of ``values``, in sorted order.

    PostgreSQL gets one array: hundreds of parameters cost more to send than to search.
    """
    listed = sorted(values)  # type: ignore[type-var]  # numbers, texts or byte strings
    if listed and connection.dialect.name == "postgresql":
        return column == any_(literal(*packed_array(listed)))
    return column.in_(listed)


_POSTGRES_TYPES: Final = {
    "BIGINT": "int8",
    "TEXT": "text",
    "VARCHAR": "varchar",
    "BLOB": "bytea",
    "BOOLEAN": "bool",
}


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        # The driver must not open transactions by itself: we say BEGIN IMMEDIATE, or BEGIN.
        connect_args={
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": _BUSY_TIMEOUT_MS / 1000,
        },
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        for pragma in (
            f"busy_timeout={_BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL",
            "foreign_keys=ON", "secure_delete=ON",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A write that begins as a read can fail half-way with SQLITE_BUSY that no wait resolves.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise RuleViolation("database_url_invalid", problem="unreadable") from error
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise RuleViolation("database_url_invalid", problem="backend", found=url.drivername[:40])
    return url.set(drivername="postgresql+psycopg")


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "branchdesk"},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        register_arrays(connection)

    return engine


def _wants_retry(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    return state in _RETRY_STATES or "database is locked" in text or "database is busy" in text


def _fault(error: SQLAlchemyError) -> Exception:
    # A broken constraint or statement is our own bug; only trouble with the database is a fault.
    if isinstance(error, OperationalError) or getattr(error, "connection_invalidated", False):
        return EnvironmentFault("database_unavailable", retryable=True)
    return error


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _fault(error) from error
