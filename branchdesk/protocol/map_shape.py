"""A short way through ``codec.decode_map`` for messages that come by the hundred.

The general way proves the deterministic form by sorting every map and encoding it again. A map
whose fields are known needs no sorting: its keys must stand in the one right order already, and
encoding it as it stands must give the very bytes that came. Whatever is not plainly of this shape
goes the general way, which accepts it or says what is wrong: both ways take exactly the same bytes.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import cbor2

from branchdesk.protocol import codec

_NESTED: Final = frozenset({dict, list})
_LEAVES: Final = frozenset({bytes, str, bool, type(None)})
# Far below the depth that the general way allows; deeper values are its business.
_DEPTH_MAX: Final = 6
_LEAST: Final = -(1 << 63)


class MapShape:
    """The fields of one kind of message, in the order in which deterministic CBOR puts them.

    A message with any of the ``optional`` fields goes the general way: they are the exception.
    """

    __slots__ = ("_fields", "_integers", "_names", "_nested", "_optional", "_types")

    def __init__(
        self, fields: Mapping[str, type], optional: Mapping[str, type] | None = None
    ) -> None:
        self._fields, self._optional = dict(fields), dict(optional or {})
        self._names = sorted(fields, key=_place)
        self._types = [fields[name] for name in self._names]
        self._integers = [name for name in self._names if fields[name] is int]
        self._nested = [name for name in self._names if fields[name] in _NESTED]

    def decode(self, data: bytes, *, what: str, bytes_max: int = 1 << 20) -> dict[str, Any]:
        """Do what ``codec.decode_map`` does with these fields, with the same faults."""
        if len(data) <= bytes_max:
            value = self._straight(data)
            if value is not None:
                return value
        return codec.decode_map(
            data, self._fields, what=what, bytes_max=bytes_max, optional=self._optional
        )

    def _straight(self, data: bytes) -> dict[str, Any] | None:
        """Return the fields, or None when the general way must judge."""
        try:
            value = codec.loads(data)
            if (
                type(value) is not dict
                or list(value) != self._names
                or list(map(type, value.values())) != self._types
            ):
                return None
            for name in self._integers:
                if value[name] < 0:
                    return None
            for name in self._nested:
                if not _is_in_order(value[name], 0):
                    return None
            return value if cbor2.dumps(value) == data else None
        except codec.UNREADABLE:
            return None


def _place(name: str) -> tuple[int, bytes]:
    # Length first, then bytewise: the encoded length of a text grows with its length in UTF-8.
    encoded = name.encode()
    return len(encoded), encoded


def _is_in_order(value: object, depth: int) -> bool:
    """Say whether a value has only what we allow, every map in order, so that it needs no sort."""
    if depth > _DEPTH_MAX:
        return False
    if isinstance(value, dict):
        if not _are_in_order(value):
            return False
        items: Iterable[object] = value.values()
    elif isinstance(value, list):
        items = value
    else:
        return False
    for item in items:
        kind = type(item)
        if kind is int:
            if item < _LEAST:  # type: ignore[operator]  # just found to be an integer
                return False
        elif kind not in _LEAVES and not _is_in_order(item, depth + 1):
            return False
    return True


def _are_in_order(names: Iterable[object]) -> bool:
    before = (-1, "")
    for name in names:
        # Of ASCII alone, the length in UTF-8 is the length; other names go the general way.
        if type(name) is not str or not name.isascii():
            return False
        place = (len(name), name)
        if place < before:
            return False
        before = place
    return True
