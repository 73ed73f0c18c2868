"""Sign in with a PIN; choose a first PIN after head office's one-time code."""

from collections.abc import Callable

from branchdesk.application.models import Session, SignedIn
from branchdesk.application.ports import Fact, Randomness, Store, Unlocked, Vault
from branchdesk.application.shift_records import TRIES_BEFORE_LOCK
from branchdesk.application.staff_pins import record_lock_out, record_pin_set
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts


class SignIn:
    """Unlock the store for one member of staff and say who they are.

    ``open_store`` opens the store with the data key, or returns it when it is open already.
    """

    def __init__(
        self, vault: Vault, open_store: Callable[[bytes], Store], randomness: Randomness
    ) -> None:
        self._vault, self._open_store, self._randomness = vault, open_store, randomness

    def __call__(self, staff: str, pin: str, *, recorded: bool = True) -> SignedIn:
        """Return the session; ``recorded`` writes the sign-in into the log.

        A lock-out before it is written in any case.

        Raises RuleViolation ``pin_wrong``, ``pin_locked`` or ``staff_unknown``.
        """
        unlocked = self._unlock(staff, pin)
        store = self._open_store(unlocked.data_key)
        with store.read() as reading:
            member = reading.staff(staff)
            shift = reading.open_shift()
        if member is None:
            raise RuleViolation("staff_unknown", field="staff", staff=staff[:40])
        session = Session(member.code, member.role, shift[0] if shift else "")
        self._record(store, session, unlocked.wrong_tries, signed_in=recorded)
        return SignedIn(session, member, unlocked.must_choose_pin)

    def _record(self, store: Store, session: Session, wrong_tries: int, *, signed_in: bool) -> None:
        """Record the sign-in, and before it the lock-out that somebody had to wait for.

        Nobody can write into the store while nobody is in: what was tried is told at the first good
        try, and of the one it was tried on.
        """
        if wrong_tries < TRIES_BEFORE_LOCK and not signed_in:
            return
        who = session.staff
        with store.write(session) as unit:
            record_lock_out(unit, who, wrong_tries, self._randomness)
            if signed_in:
                fields = {"staff": who, "role": session.role.value}
                event_id = self._randomness.intent_id()
                unit.record(Fact(facts.STAFF_SIGNED_IN, event_id, fields, {"staff": who}))

    def _unlock(self, staff: str, pin: str) -> Unlocked:
        try:
            return self._vault.unlock(staff, pin)
        except RuleViolation as error:
            if error.code != "pin_unset":
                raise
            # Before the store is open no list can be read: a code without a way in may be mistyped.
            raise RuleViolation(
                "staff_unknown", field="staff", staff=staff[:40], problem="no_way_in"
            ) from error


class ChoosePin:
    """Set the signed-in person's own PIN, in place of a one-time code or an older PIN."""

    def __init__(self, vault: Vault, data_key: Callable[[], bytes], store: Callable[[], Store],
                 randomness: Randomness) -> None:  # fmt: skip
        self._vault, self._data_key, self._store = vault, data_key, store
        self._randomness = randomness

    def __call__(self, session: Session, pin: str) -> None:
        """Let the person in with ``pin`` from now on; raises what :meth:`Vault.set_pin` refuses."""
        self._vault.set_pin(self._data_key(), session.staff, pin)
        record_pin_set(self._store(), session, self._randomness)
