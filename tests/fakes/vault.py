"""A vault in memory: PINs in the clear, tries counted as the real one counts them."""

from dataclasses import dataclass, field, replace
from typing import Final

from branchdesk.application.ports import Clock, Unlocked
from branchdesk.application.shift_records import StaffKey
from branchdesk.domain.pin import is_guessable
from branchdesk.errors import RuleViolation
from tests.fakes.clock import ManualClock

DATA_KEY: Final = b"k" * 32
LOCK_MS: Final = 15 * 60_000
_LOCKS_AT, _DESTROYS_AT = 5, 10


@dataclass(frozen=True, slots=True)
class Held:
    """How one person gets in."""

    pin: str = ""
    code: str = ""
    tries: int = 0
    locked_until_ms: int = 0


@dataclass(slots=True)
class FakeVault:
    """Implements ``Vault``; ``held`` is by staff code."""

    clock: Clock = field(default_factory=ManualClock)
    held: dict[str, Held] = field(default_factory=dict)
    enrolled: bool = True

    def is_enrolled(self) -> bool:
        """Say what a test has put in ``enrolled``."""
        return self.enrolled

    def staff_codes(self) -> tuple[str, ...]:
        """Return who has a PIN or a code."""
        return tuple(sorted(who for who, held in self.held.items() if held.pin or held.code))

    def staff_key(self, staff: str) -> StaffKey:
        """Return how somebody gets in."""
        held = self.held.get(staff, Held())
        left_ms = max(0, held.locked_until_ms - self.clock.monotonic_ms())
        return StaffKey(
            staff, has_pin=bool(held.pin), has_code=bool(held.code),
            is_destroyed=held.tries >= _DESTROYS_AT, locked_ms=left_ms,
        )  # fmt: skip

    def create(self) -> bytes:
        """Return the one data key."""
        return DATA_KEY

    def set_pin(self, data_key: bytes, staff: str, pin: str) -> None:
        """Let somebody in by a PIN that nobody guesses."""
        assert data_key == DATA_KEY
        if is_guessable(pin):
            raise RuleViolation("pin_weak", field="pin")
        if pin == self.held.get(staff, Held()).pin:
            raise RuleViolation("pin_unchanged", field="pin")
        self.held[staff] = Held(pin=pin)

    def set_one_time_code(
        self, data_key: bytes, staff: str, code: str, expires_ms: int, *, is_reset: bool = False
    ) -> None:
        """Let somebody in by a code; a reset takes the PIN away."""
        assert data_key == DATA_KEY
        assert expires_ms > 0
        pin = "" if is_reset else self.held.get(staff, Held()).pin
        self.held[staff] = Held(pin=pin, code=code)

    def remove(self, staff: str) -> None:
        """Let somebody in no more."""
        self.held.pop(staff, None)

    def unlock(self, staff: str, pin: str) -> Unlocked:
        """Open for the right PIN or code; lock and destroy as the port says."""
        held = self.held.get(staff, Held())
        key = self.staff_key(staff)
        if key.is_destroyed:
            raise RuleViolation("pin_destroyed", staff=staff)
        if not (held.pin or held.code):
            raise RuleViolation("pin_unset", staff=staff)
        if key.locked_ms:
            raise _locked(staff, key.locked_ms)
        if pin in {held.pin, held.code} - {""}:
            self.held[staff] = replace(held, tries=0, locked_until_ms=0)
            return Unlocked(DATA_KEY, pin == held.code, held.tries)
        raise self._wrong(staff, replace(held, tries=held.tries + 1))

    def unlock_unattended(self) -> bytes:
        """Open without anybody."""
        return DATA_KEY

    def _wrong(self, staff: str, held: Held) -> RuleViolation:
        self.held[staff] = held
        if held.tries >= _DESTROYS_AT:
            self.held[staff] = replace(held, pin="", code="")
            return RuleViolation("pin_destroyed", staff=staff)
        if held.tries == _LOCKS_AT:
            until_ms = self.clock.monotonic_ms() + LOCK_MS
            self.held[staff] = replace(held, locked_until_ms=until_ms)
            return _locked(staff, LOCK_MS)
        problem = "before_lock" if held.tries < _LOCKS_AT else "before_destroyed"
        if not held.pin:
            problem = "code_waiting"
        left = (_LOCKS_AT if held.tries < _LOCKS_AT else _DESTROYS_AT) - held.tries
        return RuleViolation("pin_wrong", staff=staff, tries_left=left, problem=problem)


def _locked(staff: str, left_ms: int) -> RuleViolation:
    return RuleViolation(
        "pin_locked", staff=staff, minutes=-(-left_ms // 60_000), left_ms=left_ms
    )  # fmt: skip
