"""Intent ids: the caller names an attempt before making it, so that a retry finds what happened."""

from uuid import UUID, uuid5

from branchdesk.application.models import IntentRecord
from branchdesk.application.ports import Randomness, Reading
from branchdesk.errors import RuleViolation

_NAMESPACE = UUID("5d1b3f52-4c0e-4a5e-9a63-6f0c2f9b7e11")


def intent_uuid(intent: str | None, terminal: int, randomness: Randomness) -> UUID:
    """Return the event id of an intent: a UUID as it is, other text by name, none as a new one."""
    if intent is None:
        return randomness.intent_id()
    try:
        return UUID(intent)
    except ValueError:
        return uuid5(_NAMESPACE, f"{terminal}:{intent}")


def part_of(intent: UUID, part: str) -> UUID:
    """Return the event id of one part of a larger intent."""
    return uuid5(intent, part)


def known_intent(reading: Reading, event_id: UUID, body: bytes) -> IntentRecord | None:
    """Return what the intent already led to.

    Raises RuleViolation ``intent_reused`` when it asked for something else then.
    """
    record = reading.intent(event_id)
    if record is not None and record.body != body:
        raise RuleViolation("intent_reused", field="intent", intent=str(event_id))
    return record
