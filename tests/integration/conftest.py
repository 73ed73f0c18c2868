"""Real stores for the integration tests: head office on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.postgres_fixture import empty_database, postgres_server
from tests.office_fixture import TestBank, new_bank

STORES = [
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a running PostgreSQL server."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with empty_database(postgres_url) as url:
        yield url


@pytest.fixture(params=STORES)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestBank]:
    """A head office with the sample campaign published, on each kind of store."""
    with ExitStack() as stack:
        url = ""
        if request.param == "postgres":
            url = stack.enter_context(empty_database(request.getfixturevalue("postgres_url")))
        bank = stack.enter_context(new_bank(tmp_path / "office", url))
        yield bank
