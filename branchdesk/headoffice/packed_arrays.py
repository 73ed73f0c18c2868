"""Arrays for PostgreSQL in its binary form, packed at once.

A batch asks about hundreds of ids and hashes at a time. The driver's own lists look at one element
after the other and quote it: they cost more than the search they are for.
"""

import struct
from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy.types import UserDefinedType

_HEADER = struct.Struct(">iiIii")
_INT8 = struct.Struct(">iq")


class PackedInts(bytes):
    """A packed array of 64-bit integers."""

    __slots__ = ()


class PackedTexts(bytes):
    """A packed array of texts."""

    __slots__ = ()


class PackedBytes(bytes):
    """A packed array of byte strings."""

    __slots__ = ()


class PackedArray(UserDefinedType[bytes]):
    """What SQLAlchemy is told about a packed array: nothing, it goes to the driver as it is."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the type; no table has such a column."""
        return "ARRAY"


class _Packed(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


class _IntsDumper(_Packed):
    oid = 1016


class _TextsDumper(_Packed):
    oid = 1009


class _BytesDumper(_Packed):
    oid = 1001


def packed_array(values: Sequence[Any]) -> tuple[bytes, PackedArray]:
    """Pack one or more integers, texts or byte strings, all of one kind, with their SQL type."""
    kind = type(values[0])
    if kind is int:
        parts = [_INT8.pack(8, value) for value in values]
        return PackedInts(_array(20, parts)), PackedArray()
    encoded = values if kind is bytes else [value.encode() for value in values]
    parts = [len(value).to_bytes(4, "big") + value for value in encoded]
    if kind is bytes:
        return PackedBytes(_array(17, parts)), PackedArray()
    return PackedTexts(_array(25, parts)), PackedArray()


def _array(element_oid: int, parts: Sequence[bytes]) -> bytes:
    # One dimension, no nulls, the first index is 1 (array_send in PostgreSQL's sources).
    return _HEADER.pack(1, 0, element_oid, len(parts), 1) + b"".join(parts)


def register_arrays(connection: Connection[Any]) -> None:
    """Teach a driver connection to send packed arrays."""
    connection.adapters.register_dumper(PackedInts, _IntsDumper)
    connection.adapters.register_dumper(PackedTexts, _TextsDumper)
    connection.adapters.register_dumper(PackedBytes, _BytesDumper)
