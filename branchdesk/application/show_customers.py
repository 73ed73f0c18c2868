"""Find customers, list the last ones, and reveal a field for a reason that is recorded."""

from collections.abc import Mapping, Sequence

from branchdesk.application.missing_customer import missing_customer
from branchdesk.application.models import CustomerLine, Session
from branchdesk.application.ports import Fact, Randomness, Store
from branchdesk.application.reasons import check_names_nobody, needed_reason
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts

REVEALABLE = ("name", "phone", "document_number")


class FindCustomers:
    """Search this outlet's customers by phone tail, name part, pinyin or document tail."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, query: str, limit: int = 50) -> tuple[CustomerLine, ...]:
        """Return masked lines, best match first; an empty query finds nobody."""
        words = " ".join(query.split())
        if not words:
            return ()
        with self._store.read() as reading:
            return reading.search(words, limit)


class RecentCustomers:
    """List whom somebody dealt with last at this terminal: a queue of faces, not a search."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, staff: str, limit: int) -> tuple[CustomerLine, ...]:
        """Return at most ``limit`` masked lines, newest first; whom others served is not theirs."""
        with self._store.read() as reading:
            return reading.recent_customers(staff, limit)


class RevealCustomer:
    """Show masked fields in the clear; looking is an event with a name and a time."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, customer: str, fields: Sequence[str], reason: str
    ) -> Mapping[str, str]:
        """Return the fields asked for.

        Raises RuleViolation ``customer_unknown``, ``reveal_field_unknown``,
        ``reveal_reason_missing`` or ``reason_names_person``.
        """
        unknown = [field for field in fields if field not in REVEALABLE]
        if unknown or not fields:
            raise RuleViolation("reveal_field_unknown", found=unknown, allowed=list(REVEALABLE))
        words = needed_reason(reason, RuleViolation("reveal_reason_missing", field="reason"))
        with self._store.write(session) as unit:
            person = unit.customer(customer)
            if person is None:
                raise missing_customer(unit, customer)
            check_names_nobody(words, person)
            payload = {"customer": customer, "fields": list(fields), "reason": words}
            unit.record(
                Fact(
                    facts.CUSTOMER_REVEALED,
                    self._randomness.intent_id(),
                    payload,
                    {"customer": customer},
                )
            )
            return {field: str(getattr(person, field)) for field in fields}
