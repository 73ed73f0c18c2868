"""Open and close a shift: who serves where, from when to when."""

from branchdesk.application.models import Session
from branchdesk.application.ports import Fact, Randomness, Store, Unit
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol import facts


class OpenShift:
    """Open a shift at a place: the outlet itself or a van stop."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(self, session: Session, place: str = "") -> str:
        """Return the id of the shift now open; one that is open already stays.

        Raises EnvironmentFault ``disk_space_low`` when the disk has no room for a day's work.
        """
        with self._store.write(session) as unit:
            return ensure_shift(self._store, unit, session, self._randomness, place)


class CloseShift:
    """Close the open shift, naming in the record what has not reached head office."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(self, session: Session) -> int:
        """Return how many events are still unsent; raises RuleViolation ``shift_not_open``."""
        with self._store.write(session) as unit:
            shift = unit.open_shift()
            if shift is None:
                raise RuleViolation("shift_not_open")
            unsent = unit.terminal().unsent
            unit.record(
                Fact(
                    facts.SHIFT_CLOSED,
                    self._randomness.intent_id(),
                    {"shift": shift[0], "unsent": unsent},
                    {"shift": shift[0]},
                )
            )
            return unsent


def ensure_shift(
    store: Store, unit: Unit, session: Session, randomness: Randomness, place: str = ""
) -> str:
    """Return the open shift's id inside a unit of ``store``, opening one when there is none.

    Raises EnvironmentFault ``disk_space_low`` before it opens one on a disk that is nearly full; a
    shift that is open goes on, because a person is waiting and the reserve is for that.
    """
    found = unit.open_shift()
    if found is not None:
        return found[0]
    if not store.free_space_ok():
        raise EnvironmentFault("disk_space_low", retryable=True)
    event_id = randomness.intent_id()
    shift = f"{session.staff}-{event_id.hex[:12]}"
    fields = {"shift": shift, "place": " ".join(place.split())[:60] or unit.terminal().outlet}
    unit.record(Fact(facts.SHIFT_OPENED, event_id, fields, {"shift": shift}))
    return shift
