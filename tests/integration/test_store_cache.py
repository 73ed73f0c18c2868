"""The pages a store keeps in memory: few at a counter, many where a million people are searched."""

from pathlib import Path

from branchdesk.persistence.engine import Database
from tests.builders import DATA_KEY

LARGE = 65 << 20


def _cache_kib(database: Database) -> int:
    ((size,),) = database.pragma("PRAGMA cache_size")
    return -size


def test_the_cache_grows_with_the_database_and_is_large_at_its_next_opening(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    database = Database(path, DATA_KEY)
    database.pragma("CREATE TABLE filling (bytes BLOB)")
    with database.transaction():
        database.pragma(f"INSERT INTO filling VALUES (zeroblob({LARGE}))")
    small = _cache_kib(database)
    with database.transaction():
        pass
    large = _cache_kib(database)
    database.close()
    opened = Database(path, DATA_KEY)
    assert small < 8 << 10
    assert large == _cache_kib(opened) > 256 << 10
    opened.close()
