"""PINs after the first one: change one's own, ask for a colleague's, take up head office's codes.

A forgotten PIN needs two: a supervisor of this terminal asks for a new one, head office answers
with a one-time code. A code that nobody here asked for never takes the place of a PIN.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from branchdesk.application.models import Session, Staff
from branchdesk.application.ports import Fact, Randomness, Reading, Store, Unit, Vault
from branchdesk.application.reasons import check_says_why
from branchdesk.application.shift_records import TRIES_BEFORE_LOCK, StaffKey
from branchdesk.domain.campaign import Role
from branchdesk.domain.one_line import one_line
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts

REASON_CHARACTERS_MAX = 200


class StaffWay(StrEnum):
    """How somebody stands at this terminal's door, the gravest word first."""

    RESET_WAITING = "reset_waiting"
    CODE_WAITING = "code_waiting"
    DESTROYED = "destroyed"
    LOCKED = "locked"
    PIN = "pin"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class StaffLine:
    """Somebody who may sign in here, and how; ``locked_ms`` is what is left of a lock."""

    code: str
    name: str
    role: Role
    way: StaffWay
    locked_ms: int = 0


class CodeStore(Store, Protocol):
    """A store that also keeps the one-time codes which came with the feed."""

    def pending_one_time_codes(self) -> Sequence[tuple[str, str, int]]:
        """Return (staff, one-time code, expiry in Unix ms) that the vault has not been given."""

    def one_time_codes_handed(self) -> None:
        """Note that every pending code was dealt with."""


class ChangePin:
    """Change one's own PIN, the old one first: a desk left open must not be enough."""

    def __init__(self, vault: Vault, data_key: Callable[[], bytes], store: Callable[[], Store],
                 randomness: Randomness) -> None:  # fmt: skip
        self._vault, self._data_key, self._store = vault, data_key, store
        self._randomness = randomness

    def __call__(self, session: Session, old: str, new: str) -> None:
        """Let the person in with ``new`` from now on.

        A wrong old PIN counts towards the lock-out as at a sign-in. Raises what
        :meth:`Vault.unlock` and :meth:`Vault.set_pin` refuse.
        """
        wrong_tries = self._vault.unlock(session.staff, old).wrong_tries
        self._vault.set_pin(self._data_key(), session.staff, new)
        record_pin_set(self._store(), session, self._randomness, wrong_tries)


class RequestPinReset:
    """A supervisor asks head office for a colleague's new PIN; it goes up with the next sync."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(self, session: Session, staff: str, reason: str) -> None:
        """Record the request. The colleague's PIN, if any, stays good until the code is here.

        Raises RuleViolation ``supervisor_required``, ``reset_own_pin``, ``reason_missing``,
        ``reason_says_nothing``,
        ``staff_unknown`` or ``pin_reset_waiting`` (asked for already).
        """
        why = one_line(reason, REASON_CHARACTERS_MAX)
        if session.role is not Role.SUPERVISOR:
            raise RuleViolation("supervisor_required", field="staff", staff=session.staff)
        if staff == session.staff:
            raise RuleViolation("reset_own_pin", field="staff", staff=staff)
        if not why:
            raise RuleViolation("reason_missing", field="reason")
        check_says_why(why)
        with self._store.write(session) as unit:
            if unit.staff(staff) is None:
                raise RuleViolation("staff_unknown", field="staff", staff=staff[:40])
            if any(waiting.staff == staff for waiting in unit.pin_resets()):
                raise RuleViolation("pin_reset_waiting", field="staff", staff=staff)
            unit.record(
                Fact(
                    facts.STAFF_PIN_RESET_REQUESTED,
                    self._randomness.intent_id(),
                    {"staff": staff, "reason": why},
                    {"staff": staff},
                )
            )


class TakeUpCodes:
    """Turn the one-time codes that came with the feed into ways in, once each."""

    def __init__(self, vault: Vault, data_key: Callable[[], bytes], store: CodeStore) -> None:
        self._vault, self._data_key, self._store = vault, data_key, store

    def __call__(self) -> None:
        """Let in who never had a PIN here, and who a supervisor here asked a new one for.

        Every other code is passed over: head office alone cannot open a terminal by it.
        """
        codes = self._store.pending_one_time_codes()
        if not codes:
            return
        with self._store.read() as reading:
            asked = {waiting.staff for waiting in reading.pin_resets()}
        for staff, code, expires_ms in codes:
            if staff in asked:
                self._vault.set_one_time_code(
                    self._data_key(), staff, code, expires_ms, is_reset=True
                )
            elif not _had_pin(self._vault.staff_key(staff)):
                self._vault.set_one_time_code(self._data_key(), staff, code, expires_ms)
        self._store.one_time_codes_handed()


class ListStaff:
    """List who may sign in here and how each of them stands."""

    def __init__(self, vault: Vault, store: Store) -> None:
        self._vault, self._store = vault, store

    def __call__(self) -> tuple[StaffLine, ...]:
        """Return a line a person, by code."""
        with self._store.read() as reading:
            members, asked = reading.all_staff(), _asked(reading)
        return tuple(_line(member, self._vault.staff_key(member.code), asked) for member in members)


def record_pin_set(
    store: Store, session: Session, randomness: Randomness, wrong_tries: int = 0
) -> None:
    """Record that the person has set a PIN, which is nowhere in it, and a lock-out before that."""
    fact = Fact(
        facts.STAFF_PIN_SET,
        randomness.intent_id(),
        {"staff": session.staff},
        {"staff": session.staff},
    )
    with store.write(session) as unit:
        record_lock_out(unit, session.staff, wrong_tries, randomness)
        unit.record(fact)


def record_lock_out(unit: Unit, staff: str, wrong_tries: int, randomness: Randomness) -> None:
    """Record that somebody was locked out, when so many tries before a good one were wrong."""
    if wrong_tries >= TRIES_BEFORE_LOCK:
        fields = {"staff": staff, "tries": wrong_tries}
        event_id = randomness.intent_id()
        unit.record(Fact(facts.STAFF_LOCKED_OUT, event_id, fields, {"staff": staff}))


def _had_pin(key: StaffKey) -> bool:
    return key.has_pin or key.is_destroyed


def _asked(reading: Reading) -> frozenset[str]:
    return frozenset(waiting.staff for waiting in reading.pin_resets())


def _line(member: Staff, key: StaffKey, asked: frozenset[str]) -> StaffLine:
    return StaffLine(member.code, member.name, member.role, _way(key, asked), key.locked_ms)


def _way(key: StaffKey, asked: frozenset[str]) -> StaffWay:
    if key.has_code and not key.has_pin:
        return StaffWay.CODE_WAITING
    if key.staff in asked:
        return StaffWay.RESET_WAITING
    if key.is_destroyed:
        return StaffWay.DESTROYED
    if key.locked_ms:
        return StaffWay.LOCKED
    return StaffWay.PIN if key.has_pin else StaffWay.NOTHING
