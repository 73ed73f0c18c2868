"""Columns as head office's tables spell them, and the one ``metadata`` of them all."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Text

metadata = MetaData()


def big(
    name: str, *, key: bool = False, null: bool = False, default: int | None = None
) -> Column[int]:
    """Return a column of 64-bit integers."""
    # Every number is allotted by us under a lock; the database must never invent one.
    given = None if default is None else str(default)
    return Column(
        name, BigInteger, primary_key=key, nullable=null, autoincrement=False, server_default=given
    )


def text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    """Return a column of text."""
    return Column(name, Text, primary_key=key, nullable=null)


def binary(name: str, *, key: bool = False, null: bool = False) -> Column[bytes]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, primary_key=key, nullable=null)
