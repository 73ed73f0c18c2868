"""Give slots back that nobody used: what is not needed here may be lent elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from branchdesk.application.models import Session, TerminalCondition
from branchdesk.application.ports import Fact, Randomness, Store, Unit
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SlotsReturned:
    """What went back of one grant, and how many free slots stay."""

    grant: int
    code: str
    returned: int
    kept: int


class ReturnSlots:
    """Return the free slots of one grant, or of every grant, down to what is kept of each."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, grant: int | None = None, keep: int = 0
    ) -> tuple[SlotsReturned, ...]:
        """Return slots in one commit and say what went back; grants with nothing to give are left.

        Raises RuleViolation ``terminal_frozen``, ``grant_unknown`` or ``keep_invalid``.
        """
        if keep < 0:
            raise RuleViolation("keep_invalid", field="keep", keep=keep)
        with self._store.write(session) as unit:
            state = unit.terminal()
            if state.condition is TerminalCondition.FROZEN:
                raise RuleViolation("terminal_frozen", terminal=state.terminal)
            held = {line.grant: line.code for line in unit.grants()}
            if grant is not None and grant not in held:
                raise RuleViolation("grant_unknown", grant=grant)
            chosen = held if grant is None else {grant: held[grant]}
            done = [self._return(unit, number, code, keep) for number, code in chosen.items()]
        return tuple(one for one in done if one.returned or grant is not None)

    def _return(self, unit: Unit, grant: int, code: str, keep: int) -> SlotsReturned:
        free = unit.free_slots(grant)
        back = beyond(free, keep)
        if back:
            event_id = self._randomness.intent_id()
            unit.record(return_fact(grant, back, event_id))
        returned = count(back)
        return SlotsReturned(grant, code, returned, count(free) - returned)


def return_fact(grant: int, back: Ranges, event_id: UUID) -> Fact:
    """Return the fact that ranges of slots go back."""
    fields = {"grant": grant, "slots": [list(part) for part in back]}
    return Fact(facts.GRANT_RETURNED, event_id, fields, {"grant": grant})


def beyond(free: Sequence[tuple[int, int]], keep: int) -> Ranges:
    """Return the ranges of ``free`` after its first ``keep`` slots: issuing uses the lowest."""
    back: list[tuple[int, int]] = []
    for first, last in free:
        skipped = min(keep, last - first + 1)
        keep -= skipped
        if first + skipped <= last:
            back.append((first + skipped, last))
    return tuple(back)


def count(ranges: Sequence[tuple[int, int]]) -> int:
    """Count the slots of ranges."""
    return sum(last - first + 1 for first, last in ranges)
