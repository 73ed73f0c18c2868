"""One encrypted connection: SQLCipher under SQLAlchemy Core, opened so that paper can be trusted.

WAL with ``synchronous=FULL``: with NORMAL a power cut loses commits whose vouchers are printed.
``locking_mode=EXCLUSIVE``: one process, and a full disk can still be opened after a restart.
Statements are built by SQLAlchemy Core, compiled once, and run on the driver's own cursor: the
desk's main commit has some twenty of them, and Core's per-call cost would triple it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql import ClauseElement
from sqlcipher3 import dbapi2  # type: ignore[import-untyped]  # the driver ships no types

from branchdesk.errors import EnvironmentFault
from branchdesk.persistence.faults import translated

DATA_KEY_BYTES = 32
# The cache is for a store that an index of a million people makes large: there a page that is not
# in it costs more than the search that wants it. The pages of a counter's own store are found in
# the system's cache as soon, and would only be kept twice.
_LARGE_PAGES = (64 << 20) // 4096
_CACHE_KIB, _CACHE_LARGE_KIB = 4 << 10, 384 << 10
_PLAIN_HEADER = b"SQLite format 3\0"
_DIALECT = sqlite.dialect(paramstyle="named")

Row = tuple[Any, ...]
Parameters = Mapping[str, object]


class Sql:
    """A Core statement, compiled at its first use to text and the constants written in it."""

    __slots__ = ("_build", "_constants", "_text")

    def __init__(self, build: Callable[[], ClauseElement]) -> None:
        self._build = build
        self._text = ""
        self._constants: Parameters = {}

    def bound(self, parameters: Parameters | None) -> tuple[str, Parameters]:
        """Return the text with named parameters, and all of their values."""
        if not self._text:
            compiled = self._build().compile(dialect=_DIALECT)
            self._text = str(compiled)
            found: Parameters = compiled.params or {}
            self._constants = {k: v for k, v in found.items() if v is not None}
        if not self._constants:
            return self._text, parameters or {}
        return self._text, {**self._constants, **(parameters or {})}


class Database:
    """The open database. One thread at a time; the store sees to that."""

    def __init__(self, path: Path | None, data_key: bytes) -> None:
        """Open ``path``, or a database in memory. Raises EnvironmentFault."""
        assert len(data_key) == DATA_KEY_BYTES
        self.path = path
        self._name = ":memory:" if path is None else str(path)
        self._engine = _engine(self._name, data_key)
        with translated(self._name):
            self.connection: Connection = self._engine.connect()
            driver: Any = self.connection.connection.driver_connection
            self._driver = driver
            self._is_large = False
            self._fit_cache()
        # One cursor for all that returns nothing: making one costs as much as a small statement.
        self._cursor = driver.cursor()

    def run(self, sql: Sql, parameters: Parameters | None = None) -> None:
        """Run one statement that returns no rows."""
        self._cursor.execute(*sql.bound(parameters))

    def run_many(self, sql: Sql, rows: Iterable[Parameters]) -> None:
        """Run one statement, without constants of its own, for each of ``rows``."""
        text, constants = sql.bound(None)
        assert not constants
        self._cursor.executemany(text, rows)

    def row(self, sql: Sql, parameters: Parameters | None = None) -> Row | None:
        """Return the first row, or None."""
        found: Row | None = self._driver.execute(*sql.bound(parameters)).fetchone()
        return found

    def rows(self, sql: Sql, parameters: Parameters | None = None) -> list[Row]:
        """Return all rows."""
        found: list[Row] = self._driver.execute(*sql.bound(parameters)).fetchall()
        return found

    def pragma(self, text: str) -> list[Row]:
        """Run a PRAGMA (or another fixed text) and return its rows."""
        found: list[Row] = self._driver.execute(text).fetchall()
        return found

    def attach(self, text: str, path: str) -> None:
        """Run an ATTACH whose one parameter is the file."""
        self._driver.execute(text, (path,))

    def clear_old_pages(self) -> None:
        """Fold the write-ahead log into the database and empty it; raises EnvironmentFault.

        What was deleted is overwritten in the database itself (``secure_delete``); the log still
        has the pages as they were before.
        """
        with translated(self._name):
            self._driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit on leaving, roll back on an exception; ``BEGIN IMMEDIATE``.

        By the driver, like the statements: SQLAlchemy's own begin and commit cost as much as five
        of them.
        """
        with translated(self._name):
            # Before it begins: nothing that fails here may look like a commit that failed.
            self._fit_cache()
            self._driver.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._driver.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back by itself already.
                if self._driver.in_transaction:
                    self._driver.execute("ROLLBACK")
                raise

    @contextmanager
    def schema_transaction(self) -> Iterator[Connection]:
        """Open a transaction of SQLAlchemy's, for making tables and for Alembic."""
        with translated(self._name), self.connection.begin():
            yield self.connection

    def _fit_cache(self) -> None:
        if self._is_large:
            return
        ((pages,),) = self._driver.execute("PRAGMA page_count").fetchall()
        self._is_large = pages > _LARGE_PAGES
        if self._is_large:
            self._driver.execute(f"PRAGMA cache_size = -{_CACHE_LARGE_KIB}").fetchall()

    def close(self) -> None:
        """Fold the write-ahead log into the database and let go of the file."""
        self._cursor.close()
        self.connection.close()
        self._engine.dispose()


def _engine(name: str, data_key: bytes) -> Engine:
    def connect() -> Any:
        driver = dbapi2.connect(name, isolation_level=None, check_same_thread=False, timeout=0)
        try:
            _prepare(driver, data_key, in_memory=name == ":memory:")
        except BaseException:
            driver.close()
            raise
        return driver

    engine = create_engine("sqlite+pysqlite://", creator=connect, module=dbapi2,
                           poolclass=StaticPool)  # fmt: skip

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _prepare(driver: Any, data_key: bytes, *, in_memory: bool) -> None:
    # SQLCipher tells wrong keys to stderr; the exception says it already.
    driver.execute("PRAGMA cipher_log_level = NONE")
    if not in_memory:
        driver.execute(f"PRAGMA key = \"x'{data_key.hex()}'\"")
    if not driver.execute("PRAGMA cipher_version").fetchone():
        raise EnvironmentFault("store_not_encrypted")
    for pragma in (
        "locking_mode = EXCLUSIVE",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "temp_store = MEMORY",
        f"cache_size = -{_CACHE_KIB}",
        "trusted_schema = OFF",
    ):
        driver.execute(f"PRAGMA {pragma}").fetchall()


def is_plain(path: Path) -> bool:
    """Say whether the file is an SQLite database that nobody encrypted."""
    with path.open("rb") as file:
        return file.read(len(_PLAIN_HEADER)) == _PLAIN_HEADER
