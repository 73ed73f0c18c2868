"""The key file as it rests: JSON, versioned, checked on reading. Holds no secret in the clear.

This module knows the form of the file; who may open what is the vault's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from branchdesk.devices.device_secret import SecretRecord
from branchdesk.devices.key_wrap import Argon2Cost
from branchdesk.errors import EnvironmentFault, os_reason

FILE_VERSION = 1
_BYTES_MAX = 4 << 20
_BOX_BYTES = 12 + 32 + 16


@dataclass(frozen=True, slots=True)
class Wrap:
    """The data key under a typed secret: salt and cost of the stretching, and the box."""

    salt: bytes
    cost: Argon2Cost
    box: bytes


@dataclass(frozen=True, slots=True)
class CodeWrap:
    """The data key under a one-time code; ``mark`` recognises the code when it comes again."""

    wrap: Wrap
    expires_ms: int
    mark: bytes


@dataclass(frozen=True, slots=True)
class StaffKeys:
    """How one person gets in, and the tries made since the last good one.

    ``locked_mono_ms`` is the monotonic time at which the lock began; ``spent`` the mark of the last
    one-time code that was used up or destroyed.
    """

    pin: Wrap | None = None
    code: CodeWrap | None = None
    tries: int = 0
    locked_mono_ms: int | None = None
    spent: bytes = b""

    def destroyed(self) -> "StaffKeys":
        """Return the record without any way in."""
        spent = self.spent if self.code is None else self.code.mark
        return replace(self, pin=None, code=None, locked_mono_ms=None, spent=spent)

    def forgiven(self) -> "StaffKeys":
        """Return the record with no tries counted."""
        return replace(self, tries=0, locked_mono_ms=None)


@dataclass(frozen=True, slots=True)
class KeysFile:
    """The whole file. ``device_check`` and ``data_check`` recognise the right secrets."""

    version: int
    device: SecretRecord
    device_check: bytes
    data_check: bytes
    unattended: bytes | None = None
    recovery: bytes | None = None
    staff: Mapping[str, StaffKeys] = field(default_factory=dict)

    def with_staff(self, code: str, keys: StaffKeys) -> "KeysFile":
        """Return the file with one person's record replaced."""
        return replace(self, staff={**self.staff, code: keys})


def encode_keys(file: KeysFile) -> bytes:
    """Return the bytes of the file, readable by eye."""
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def read_keys(path: Path, least: Argon2Cost, most: Argon2Cost) -> KeysFile:
    """Read the key file.

    Raises EnvironmentFault ``vault_damaged`` (not readable, wrong form, parameters out of bounds)
    or ``vault_newer`` (made by a newer program).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(
            "vault_damaged", file=str(path), problem="unreadable", reason=os_reason(error)
        ) from error
    _check_version(data, path)
    try:
        file = msgspec.json.decode(data, type=KeysFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, "form") from error
    _check_parameters(file, path, least, most)
    return file


def _check_version(data: bytes, path: Path) -> None:
    if len(data) > _BYTES_MAX:
        raise _damaged(path, "too_large")
    try:
        parts = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        version = msgspec.json.decode(parts["version"], type=int)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
        raise _damaged(path, "form") from error
    if version > FILE_VERSION:
        raise EnvironmentFault(
            "vault_newer", file=str(path), version=version, known_version=FILE_VERSION
        )
    if version != FILE_VERSION:
        raise _damaged(path, "version")


def _check_parameters(file: KeysFile, path: Path, least: Argon2Cost, most: Argon2Cost) -> None:
    wraps = [keys.pin for keys in file.staff.values() if keys.pin is not None]
    wraps += [keys.code.wrap for keys in file.staff.values() if keys.code is not None]
    costs = [file.device.cost, *(wrap.cost for wrap in wraps)]
    if not all(cost.is_within(least, most) for cost in costs):
        raise _damaged(path, "parameters")
    if any(len(wrap.box) != _BOX_BYTES or len(wrap.salt) < 8 for wrap in wraps):
        raise _damaged(path, "form")
    if any(keys.tries < 0 for keys in file.staff.values()):
        raise _damaged(path, "form")


def _damaged(path: Path, problem: str) -> EnvironmentFault:
    return EnvironmentFault("vault_damaged", file=str(path), problem=problem, reason="")
