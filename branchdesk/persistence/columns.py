"""Columns and tables as the terminal's store spells them, and the one ``metadata`` of them all."""

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()


def table(name: str, *parts: Column[object] | object, rowid: bool = True) -> Table:
    """Return a table of the store; without ``rowid`` it lies in the order of its key."""
    return Table(name, metadata, *parts, sqlite_with_rowid=rowid)  # type: ignore[arg-type]  # parts are columns and constraints, as Table takes them


def integer(name: str, **options: object) -> Column[int]:
    """Return a column of integers, never null."""
    return Column(name, Integer, nullable=False, **options)  # type: ignore[arg-type]  # options are Column's own


def key(name: str) -> Column[int]:
    """Return a column of integers that is part of the key."""
    return Column(name, Integer, primary_key=True, autoincrement=False)


def text(name: str, **options: object) -> Column[str]:
    """Return a column of text, never null."""
    return Column(name, Text, nullable=False, **options)  # type: ignore[arg-type]  # options are Column's own


def binary(name: str, **options: object) -> Column[bytes]:
    """Return a column of bytes, never null."""
    return Column(name, LargeBinary, nullable=False, **options)  # type: ignore[arg-type]  # options are Column's own
