"""Every failure BranchDesk can name, on one screen. This module imports nothing of ours.

    BranchDeskError
    ├── RuleViolation      expected: the person can change something. Shown in place. Exit 3
    ├── EnvironmentFault   disk, printer, network, key store, clock. Retryable or not. Exit 4
    └── ContractFault      head office or a file said something invalid. Exit 5

An error carries a ``code`` and ``facts``; the words a person reads live in the text catalogue
under ``error.<code>``, in both languages, with the facts filled in. A fault of our own is *not*
in this tree: it is an ordinary exception and reaches only the crash capture.
"""

import errno
from typing import ClassVar, Final

_OS_REASONS: Final = {
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EROFS: "read_only",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.ENOENT: "not_found",
    errno.EISDIR: "is_folder",
    errno.ENOTDIR: "no_folder",
    errno.EBUSY: "in_use",
    errno.EIO: "disk_fault",
    errno.ENAMETOOLONG: "name_too_long",
}


class BranchDeskError(Exception):
    """A failure with a stable ``code`` and JSON-ready ``facts``; never carries prose."""

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        listed = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({listed})"


class RuleViolation(BranchDeskError):
    """A rule of the bank refuses this; ``facts`` name the field, the limit, what is missing."""

    exit_code = 3


class EnvironmentFault(BranchDeskError):
    """The machine or the network failed; ``retryable`` says whether trying again can help."""

    exit_code = 4

    def __init__(self, code: str, *, retryable: bool = False, **facts: object) -> None:
        super().__init__(code, **facts)
        self.retryable = retryable


class ContractFault(BranchDeskError):
    """Bytes that came from head office, a file or a peer break the agreed contract."""

    exit_code = 5


def os_reason(error: OSError) -> str:
    """Return why the system refused, as a stable word; its own sentence is in its own language.

    What has no word here keeps the system's symbol (``EMFILE``), or the kind of the error.
    """
    number = error.errno or 0
    return _OS_REASONS.get(number) or errno.errorcode.get(number) or type(error).__name__
