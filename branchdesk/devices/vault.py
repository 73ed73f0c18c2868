"""Who can open the store: the data key wrapped for each person, first PINs, lock-out.

A try is counted on disk before it is checked, so that ending the program refunds nothing. A lock is
measured by the time since the machine started, so that no change of the wall clock shortens it. An
older copy of the file put back by somebody with the disk does refund tries; against that stands the
device's secret, without which no try can be made elsewhere.
"""

import hmac
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from branchdesk.application.ports import Clock, Randomness, Unlocked
from branchdesk.application.shift_records import TRIES_BEFORE_LOCK, StaffKey
from branchdesk.devices.device_secret import DeviceSecret, SecretKind, SecretRecord
from branchdesk.devices.durable_file import exclusively, write_durably
from branchdesk.devices.key_wrap import (
    COST_CEILING,
    COST_FLOOR,
    KEY_BYTES,
    SALT_BYTES,
    STANDARD_COST,
    Argon2Cost,
    check_value,
    stretch,
    unwrap,
    wrap,
    wrap_key,
)
from branchdesk.devices.vault_file import (
    FILE_VERSION,
    CodeWrap,
    KeysFile,
    StaffKeys,
    Wrap,
    encode_keys,
    read_keys,
)
from branchdesk.domain.pin import is_guessable
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol.sealing import NONCE_BYTES, seal_to

PIN_DIGITS_MIN, PIN_DIGITS_MAX = 6, 12
TRIES_BEFORE_DESTROYED = 10
LOCK_MS = 15 * 60_000
RECOVERY_INFO = b"BRANCHDESK-RECOVERY-1\0"
_TYPED_CHARACTERS_MAX = 128
_UNATTENDED = "unattended"
_CODE_FOLD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class FileVault:
    """Implements ``application.ports.Vault`` over one file; processes take turns at it."""

    def __init__(
        self,
        path: Path,
        device_secret: DeviceSecret,
        clock: Clock,
        randomness: Randomness,
        *,
        cost: Argon2Cost = STANDARD_COST,
        floor: Argon2Cost = COST_FLOOR,
    ) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".busy")
        self._source = device_secret
        self._clock = clock
        self._randomness = randomness
        self._cost = cost
        self._floor = floor
        self._device: tuple[bytes, SecretRecord] | None = None

    def is_enrolled(self) -> bool:
        """Say whether a data key exists here; a damaged file counts, it must not be replaced."""
        return self._path.exists()

    def staff_codes(self) -> tuple[str, ...]:
        """Return who has a PIN or a waiting one-time code here, by code."""
        if not self.is_enrolled():
            return ()
        file = self._read()
        return tuple(sorted(c for c, keys in file.staff.items() if keys.pin or keys.code))

    def create(self) -> bytes:
        """Return a new data key; it is kept from the first wrap on.

        Asks for the device's secret at once, so that a machine without a key store refuses here,
        before anything else was done. Raises RuleViolation ``already_enrolled``.
        """
        if self.is_enrolled():
            raise RuleViolation("already_enrolled")
        if self._device is None:
            self._device = self._source.create(self._randomness)
        return self._randomness.bytes(KEY_BYTES)

    def set_pin(self, data_key: bytes, staff: str, pin: str) -> None:
        """Let ``staff`` in with ``pin``: 6 to 12 digits, neither all the same nor a straight run.

        Uses up a waiting one-time code and forgives earlier tries. Raises RuleViolation
        ``pin_format``, ``pin_weak`` or, for the PIN in force, ``pin_unchanged``.
        """
        digits = check_pin(pin)
        with self._changing(data_key) as (file, save):
            keys = file.staff.get(staff, StaffKeys())
            secret, purpose = self._device_secret(file), _purpose("pin", staff)
            if keys.pin is not None and _opened(secret, keys.pin, digits, purpose) is not None:
                raise RuleViolation("pin_unchanged", field="pin")
            spent = keys.destroyed().spent
            wrapped = self._boxed(secret, data_key, digits, purpose)
            save(file.with_staff(staff, StaffKeys(pin=wrapped, spent=spent)))

    def staff_key(self, staff: str) -> StaffKey:
        """Return how somebody gets in here, and what is left of a lock."""
        keys = self._read().staff.get(staff) if self.is_enrolled() else None
        if keys is None:
            return StaffKey(staff)
        return StaffKey(
            staff,
            has_pin=keys.pin is not None,
            has_code=self._is_code_in_time(keys),
            is_destroyed=keys.tries >= TRIES_BEFORE_DESTROYED,
            locked_ms=max(0, self._lock_left_ms(keys)),
        )

    def set_one_time_code(
        self, data_key: bytes, staff: str, code: str, expires_ms: int, *, is_reset: bool = False
    ) -> None:
        """Let ``staff`` in with a code from head office, to choose a PIN.

        A PIN in force stays good until another is chosen, except that ``is_reset`` takes it away.
        The same code again only renews its end, and one that was used up stays so.
        """
        folded = _fold_code(code)
        mark = check_value(data_key, f"code/{staff}/{folded}")
        with self._changing(data_key) as (file, save):
            keys = file.staff.get(staff, StaffKeys())
            if hmac.compare_digest(keys.spent, mark):
                return
            if keys.code is not None and hmac.compare_digest(keys.code.mark, mark):
                renewed = replace(keys, code=replace(keys.code, expires_ms=expires_ms))
            else:
                wrapped = self._wrap(file, data_key, folded, _purpose("code", staff))
                renewed = replace(keys.forgiven(), code=CodeWrap(wrapped, expires_ms, mark))
            if is_reset:
                renewed = replace(renewed, pin=None)
            if renewed != keys:
                save(file.with_staff(staff, renewed))

    def set_recovery(self, data_key: bytes, public_seal_key: bytes) -> None:
        """Keep the data key sealed to head office, which opens it only by two people."""
        with self._changing(data_key) as (file, save):
            save(replace(file, recovery=seal_to(public_seal_key, data_key, RECOVERY_INFO)))

    def recovery(self) -> bytes | None:
        """Return the sealed data key that head office can open, or None."""
        return self._read().recovery if self.is_enrolled() else None

    def remove(self, staff: str) -> None:
        """Let ``staff`` in no more."""
        if not self.is_enrolled():
            return
        with exclusively(self._lock_path):
            file = self._read()
            if staff in file.staff:
                kept = {code: keys for code, keys in file.staff.items() if code != staff}
                self._save(replace(file, staff=kept))

    def unlock(self, staff: str, pin: str) -> Unlocked:
        """Return the data key for a PIN or a waiting one-time code.

        Raises RuleViolation ``pin_unset``, ``pin_wrong`` (with ``tries_left`` before the next
        step, and whether a one-time code waits), ``pin_locked`` (with ``minutes``),
        ``pin_destroyed`` or ``one_time_code_expired``;
        EnvironmentFault when the device's secret or the file is the trouble, no try being counted.
        """
        if not self.is_enrolled():
            raise RuleViolation("not_enrolled")
        with exclusively(self._lock_path):
            file = self._read()
            secret = self._device_secret(file)
            keys = self._admitted(file, staff)
            counted = self._count(file, staff, keys)
            found = self._open(secret, staff, counted, pin)
            if found is None:
                raise self._refused(file, staff, counted)
            self._save(file.with_staff(staff, self._renewed(secret, staff, counted, pin, found)))
            return found

    def unlock_unattended(self) -> bytes:
        """Return the data key by the passphrase alone.

        Raises RuleViolation ``staff_required`` where the device's secret lies in a key store.
        """
        if not self.is_enrolled():
            raise RuleViolation("not_enrolled")
        file = self._read()
        if file.device.kind is not SecretKind.PASSPHRASE or file.unattended is None:
            raise RuleViolation("staff_required")
        data_key = unwrap(wrap_key(self._device_secret(file)), file.unattended, _UNATTENDED)
        if data_key is None:
            raise self._damaged()
        return data_key

    # What follows changes or reads the file for the public part above.

    def _admitted(self, file: KeysFile, staff: str) -> StaffKeys:
        """Return the record of somebody who may try now, or raise why not."""
        keys = file.staff.get(staff, StaffKeys())
        if keys.tries >= TRIES_BEFORE_DESTROYED:
            if keys.pin or keys.code:  # The program was ended during the last try.
                self._save(file.with_staff(staff, keys.destroyed()))
            raise RuleViolation("pin_destroyed", staff=staff)
        if keys.pin is None and keys.code is None:
            raise RuleViolation("pin_unset", staff=staff)
        left_ms = self._lock_left_ms(keys)
        if left_ms > 0:
            raise _locked(staff, left_ms)
        if keys.pin is None and not self._is_code_in_time(keys):
            raise RuleViolation("one_time_code_expired", staff=staff)
        return keys

    def _lock_left_ms(self, keys: StaffKeys) -> int:
        if keys.locked_mono_ms is None:
            return 0
        now_ms = self._clock.monotonic_ms()
        # After a restart the monotonic time begins again; at least all of it has passed since.
        began_ms = keys.locked_mono_ms if now_ms >= keys.locked_mono_ms else 0
        return LOCK_MS - (now_ms - began_ms)

    def _is_code_in_time(self, keys: StaffKeys) -> bool:
        return keys.code is not None and self._clock.now_ms() <= keys.code.expires_ms

    def _count(self, file: KeysFile, staff: str, keys: StaffKeys) -> StaffKeys:
        """Count a try on disk, and begin the lock with the try that would earn it."""
        tries = keys.tries + 1
        locked = self._clock.monotonic_ms() if tries == TRIES_BEFORE_LOCK else None
        counted = replace(keys, tries=tries, locked_mono_ms=locked)
        self._save(file.with_staff(staff, counted))
        return counted

    def _open(self, secret: bytes, staff: str, keys: StaffKeys, typed: str) -> Unlocked | None:
        if len(typed) > _TYPED_CHARACTERS_MAX:
            return None
        if keys.pin is not None:
            found = _opened(secret, keys.pin, _fold_digits(typed), _purpose("pin", staff))
            if found is not None:
                return Unlocked(found, must_choose_pin=False, wrong_tries=keys.tries - 1)
        if keys.code is not None and self._is_code_in_time(keys):
            found = _opened(secret, keys.code.wrap, _fold_code(typed), _purpose("code", staff))
            if found is not None:
                return Unlocked(found, must_choose_pin=True, wrong_tries=keys.tries - 1)
        return None

    def _renewed(
        self, secret: bytes, staff: str, keys: StaffKeys, typed: str, found: Unlocked
    ) -> StaffKeys:
        """Return the record after a good try, its PIN stretched again if the cost has risen."""
        if found.must_choose_pin or keys.pin is None or keys.pin.cost == self._cost:
            return keys.forgiven()
        pin = self._boxed(secret, found.data_key, _fold_digits(typed), _purpose("pin", staff))
        return replace(keys.forgiven(), pin=pin)

    def _refused(self, file: KeysFile, staff: str, keys: StaffKeys) -> RuleViolation:
        """Record what a wrong try led to and return what to raise."""
        if keys.tries >= TRIES_BEFORE_DESTROYED:
            self._save(file.with_staff(staff, keys.destroyed()))
            return RuleViolation("pin_destroyed", staff=staff)
        if keys.tries == TRIES_BEFORE_LOCK:
            return _locked(staff, LOCK_MS)
        before = keys.tries < TRIES_BEFORE_LOCK
        limit = TRIES_BEFORE_LOCK if before else TRIES_BEFORE_DESTROYED
        problem = "before_lock" if before else "before_destroyed"
        if keys.pin is None:
            problem = "code_waiting"  # Somebody admitted without a PIN has a code in time.
        return RuleViolation(
            "pin_wrong", staff=staff, tries_left=limit - keys.tries, problem=problem
        )

    @contextmanager
    def _changing(self, data_key: bytes) -> Iterator[tuple[KeysFile, Callable[[KeysFile], None]]]:
        """Hold the file for a change by somebody who has the data key."""
        with exclusively(self._lock_path):
            file = self._read() if self.is_enrolled() else self._new_file(data_key)
            if not hmac.compare_digest(file.data_check, check_value(data_key, "data")):
                raise ValueError("this is not the data key of this vault")
            yield file, self._save

    def _new_file(self, data_key: bytes) -> KeysFile:
        if self._device is None:
            self._device = self._source.create(self._randomness)
        secret, record = self._device
        unattended = None
        if record.kind is SecretKind.PASSPHRASE:
            nonce = self._randomness.bytes(NONCE_BYTES)
            unattended = wrap(wrap_key(secret), data_key, nonce, _UNATTENDED)
        return KeysFile(
            FILE_VERSION, record, check_value(secret, "device"), check_value(data_key, "data"),
            unattended,
        )  # fmt: skip

    def _wrap(self, file: KeysFile, data_key: bytes, typed: str, purpose: str) -> Wrap:
        return self._boxed(self._device_secret(file), data_key, typed, purpose)

    def _boxed(self, secret: bytes, data_key: bytes, typed: str, purpose: str) -> Wrap:
        salt = self._randomness.bytes(SALT_BYTES)
        key = wrap_key(secret, stretch(typed, salt, self._cost))
        nonce = self._randomness.bytes(NONCE_BYTES)
        return Wrap(salt, self._cost, wrap(key, data_key, nonce, purpose))

    def _device_secret(self, file: KeysFile) -> bytes:
        """Return the device's secret once it is known to be the one of this file."""
        if self._device is not None and self._device[1] == file.device:
            return self._device[0]
        if self._source.kind is not file.device.kind:
            raise EnvironmentFault("device_secret_kind", problem=file.device.kind.value)
        secret = self._source.find(file.device)
        if not hmac.compare_digest(check_value(secret, "device"), file.device_check):
            wrong_phrase = file.device.kind is SecretKind.PASSPHRASE
            raise EnvironmentFault("passphrase_wrong" if wrong_phrase else "device_secret_other")
        self._device = secret, file.device
        return secret

    def _read(self) -> KeysFile:
        return read_keys(self._path, self._floor, COST_CEILING)

    def _save(self, file: KeysFile) -> None:
        write_durably(self._path, encode_keys(file))

    def _damaged(self) -> EnvironmentFault:
        return EnvironmentFault("vault_damaged", file=str(self._path), problem="form", reason="")


def check_pin(pin: str) -> str:
    """Return the digits of an acceptable PIN; raises RuleViolation ``pin_format``, ``pin_weak``."""
    digits = _fold_digits(pin)
    is_format = digits.isascii() and digits.isdigit()
    if not is_format or not PIN_DIGITS_MIN <= len(digits) <= PIN_DIGITS_MAX:
        raise RuleViolation(
            "pin_format", field="pin", digits_min=PIN_DIGITS_MIN, digits_max=PIN_DIGITS_MAX
        )
    if is_guessable(digits):
        raise RuleViolation("pin_weak", field="pin")
    return digits


def _locked(staff: str, left_ms: int) -> RuleViolation:
    minutes = -(-left_ms // 60_000)
    return RuleViolation("pin_locked", staff=staff, minutes=minutes, left_ms=left_ms)


def _opened(secret: bytes, wrapped: Wrap, typed: str, purpose: str) -> bytes | None:
    key = wrap_key(secret, stretch(typed, wrapped.salt, wrapped.cost))
    return unwrap(key, wrapped.box, purpose)


def _fold_digits(typed: str) -> str:
    # An input method that stands on full width types １２３; a person sees the same digits.
    return unicodedata.normalize("NFKC", typed).strip()


def _fold_code(typed: str) -> str:
    return _fold_digits(typed).upper().translate(_CODE_FOLD)


def _purpose(what: str, staff: str) -> str:
    return f"{what}/{staff}"
