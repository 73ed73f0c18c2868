"""Deterministic CBOR (RFC 8949 section 4.2.1) for whatever is hashed, signed or kept as sent.

Only the plain part of CBOR is allowed: integers, byte strings, text, booleans, null, arrays and
maps with text keys. With text keys alone, the bytewise order of RFC 8949 and the length-first
order of the library's canonical mode are the same order.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import cbor2

from branchdesk.errors import ContractFault

_DEPTH_MAX = 16
_NONE: Mapping[str, type] = {}


def _refuse_tag(*_tagged: object) -> NoReturn:
    raise cbor2.CBORDecodeError("tags are not allowed")


class _NoTags(Mapping[int, Any]):
    """Stands in for the library's decoder of every tag.

    Tags must be refused while they are read: two hundred bytes of shared references (tags 28 and
    29) unfold into more values than anything could check afterwards.
    """

    def __getitem__(self, tag: int) -> Any:
        return _refuse_tag

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


_NO_TAGS = _NoTags()

# What reading or writing bytes from outside may raise.
UNREADABLE = (
    cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError
)  # fmt: skip


def encode(value: object) -> bytes:
    """Return the one deterministic encoding of ``value``."""
    return cbor2.dumps(value, canonical=True)


def loads(data: bytes) -> Any:
    """Return whatever value is in ``data``, tags refused; for :func:`decode` and its short way.

    Says nothing about the form: the caller compares. Raises one of ``UNREADABLE``.
    """
    return cbor2.loads(data, semantic_decoders=_NO_TAGS, tag_hook=_refuse_tag)


def decode(data: bytes, *, what: str, bytes_max: int = 1 << 20) -> Any:
    """Return the value in ``data``, refusing anything but its deterministic encoding.

    Raises ContractFault ``malformed`` naming ``what`` when the bytes are too many, cut short, of a
    forbidden type, or not the deterministic form.
    """
    if len(data) > bytes_max:
        raise malformed(what, "too_large", limit_bytes=bytes_max)
    try:
        value = loads(data)
        _check_plain(value, 0)
        canonical = cbor2.dumps(value, canonical=True)
    except UNREADABLE as error:
        raise malformed(what, "not_cbor") from error
    if canonical != data:
        raise malformed(what, "not_deterministic")
    return value


def decode_map(
    data: bytes,
    keys: Mapping[str, type],
    *,
    what: str,
    bytes_max: int = 1 << 20,
    optional: Mapping[str, type] = _NONE,
) -> dict[str, Any]:
    """Decode a map that has exactly ``keys``, each of the given type, integers not negative.

    Those of ``optional`` may be there besides.
    """
    value = decode(data, what=what, bytes_max=bytes_max)
    return check_map(value, keys, what=what, optional=optional)


def check_map(
    value: object, keys: Mapping[str, type], *, what: str, optional: Mapping[str, type] = _NONE
) -> dict[str, Any]:
    """Return ``value`` when it is a map with ``keys`` of the given types, and no more.

    Those of ``optional`` may be there besides.
    """
    if not isinstance(value, dict):
        raise malformed(what, "wrong_fields")
    # Most have nothing optional: the sets are made only for those that differ.
    if value.keys() != keys.keys() and value.keys() - optional.keys() != keys.keys():
        raise malformed(what, "wrong_fields")
    for name, found in value.items():
        if not _is_a(found, keys[name] if name in keys else optional[name]):
            raise malformed(what, "wrong_type", field=name)
    return value


def malformed(what: str, problem: str, **facts: object) -> ContractFault:
    """Build the fault that says which part of which message is wrong."""
    return ContractFault("malformed", what=what, problem=problem, **facts)


def _is_a(value: object, kind: type) -> bool:
    # bool is a subclass of int in Python, but a different CBOR type on the wire.
    if kind is int:
        return type(value) is int and 0 <= value < 1 << 64
    return isinstance(value, kind)


def _check_plain(value: object, depth: int) -> None:
    if depth > _DEPTH_MAX:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError("map keys are text")
            _check_plain(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, depth + 1)
    elif value is not None and type(value) not in {int, bytes, str, bool}:
        raise TypeError(f"{type(value).__name__} is not allowed")
    elif type(value) is int and not -(1 << 63) <= value < 1 << 64:
        raise OverflowError("integer out of range")
