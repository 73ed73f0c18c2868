"""Two people for one act: the second is somebody else, a supervisor, and proves it by their PIN."""

from branchdesk.application.models import Session, Staff
from branchdesk.application.ports import Randomness, Store, Vault
from branchdesk.application.shift_records import TRIES_BEFORE_LOCK
from branchdesk.application.staff_pins import record_lock_out
from branchdesk.domain.campaign import Role
from branchdesk.errors import RuleViolation

FIELD, PIN_FIELD = "second", "second_pin"


class SecondPerson:
    """Check the second person of an act that one alone may not do.

    Call it before the act opens its unit of work: a PIN takes a moment to check, and meanwhile the
    store serves others.
    """

    def __init__(self, vault: Vault, randomness: Randomness) -> None:
        self._vault, self._randomness = vault, randomness

    def __call__(self, store: Store, session: Session, staff: str, pin: str) -> Staff:
        """Return the second person, who stands beside the one of ``session``.

        A wrong PIN counts towards the lock-out as at a sign-in; who may not be the second person is
        told so before a PIN is tried. Raises RuleViolation ``staff_required`` (nobody acts),
        ``second_person_missing``, ``second_person_same``, ``staff_unknown``,
        ``second_person_not_supervisor``, ``second_pin_unchosen`` (a one-time code is not a PIN of
        one's own), or what :meth:`Vault.unlock` refuses.
        """
        if not session.staff:
            raise RuleViolation("staff_required")
        code = staff.strip()
        if not code:
            raise RuleViolation("second_person_missing", field=FIELD)
        if code == session.staff:
            raise RuleViolation("second_person_same", field=FIELD, staff=code)
        with store.read() as reading:
            member = reading.staff(code)
        if member is None:
            raise RuleViolation("staff_unknown", field=FIELD, staff=code[:40])
        if member.role is not Role.SUPERVISOR:
            raise RuleViolation("second_person_not_supervisor", field=FIELD, staff=code)
        unlocked = self._vault.unlock(code, pin)
        if unlocked.wrong_tries >= TRIES_BEFORE_LOCK:
            with store.write(session) as unit:
                record_lock_out(unit, code, unlocked.wrong_tries, self._randomness)
        if unlocked.must_choose_pin:
            raise RuleViolation("second_pin_unchosen", field=PIN_FIELD, staff=code)
        return member
