"""What the driver's errors mean to a person: disk full, damaged, locked."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlcipher3 import dbapi2  # type: ignore[import-untyped]  # the driver ships no types

from branchdesk.errors import EnvironmentFault

_FULL: Final = 13
_IO: Final = 10
_BUSY: Final = 5
_LOCKED: Final = 6
_CORRUPT: Final = 11
_NOT_A_DATABASE: Final = 26
_READ_ONLY: Final = 8
_CANNOT_OPEN: Final = 14
_CODES: Final = {
    _BUSY: ("store_in_use", True),
    _LOCKED: ("store_in_use", True),
    _FULL: ("disk_full", True),
    _IO: ("store_io", True),
    _CORRUPT: ("store_damaged", False),
    _NOT_A_DATABASE: ("store_damaged", False),
    _READ_ONLY: ("store_unwritable", False),
    _CANNOT_OPEN: ("store_unwritable", False),
}
_FULL_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn errors of driver and system that are the machine's into EnvironmentFault.

    Ours pass unchanged.
    """
    try:
        yield
    except (DBAPIError, dbapi2.Error, OSError) as error:
        fault = environment_fault(error, path)
        if fault is None:
            raise
        raise fault from error


def environment_fault(error: BaseException, path: str) -> EnvironmentFault | None:
    """Return the fault that a driver or system error stands for, or None when it is our bug."""
    if isinstance(error, DBAPIError):
        error = error.orig or error
    if isinstance(error, OSError):
        code = "disk_full" if is_full(error) else "store_io"
        return EnvironmentFault(code, retryable=True, path=path)
    known = _CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if known is None:
        return None
    code, retryable = known
    return EnvironmentFault(code, retryable=retryable, path=path)


def is_full(error: OSError) -> bool:
    """Say whether the system refused a write for want of room."""
    return error.errno in _FULL_ERRNOS
