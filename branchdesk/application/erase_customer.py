"""Erase a person for good: two people, a reason, and nothing left by which they could be read."""

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.missing_customer import missing_customer
from branchdesk.application.models import Session
from branchdesk.application.ports import Fact, Randomness, Store
from branchdesk.application.reasons import check_names_nobody, needed_reason
from branchdesk.application.second_person import SecondPerson
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts


class EraseCustomer:
    """Delete a person's key, rows and search terms; the ledger keeps vouchers without a person.

    Head office hears of it with the next synchronisation and tells every other holder.
    """

    def __init__(self, store: Store, second_person: SecondPerson, randomness: Randomness) -> None:
        self._store, self._second_person = store, second_person
        self._randomness = randomness

    def __call__(
        self,
        session: Session,
        customer: str,
        reason: str,
        second: str,
        second_pin: str,
        *,
        intent: str | None = None,
    ) -> None:
        """Erase; the same intent erases once.

        Raises RuleViolation ``erase_reason_missing``, ``reason_names_person``,
        ``customer_unknown``, ``customer_erased`` (already), what :class:`SecondPerson` refuses, or
        ``intent_reused``; nothing is then done.
        """
        missing = RuleViolation("erase_reason_missing", field="reason")
        words = needed_reason(reason, missing)
        # Before the PIN is tried: it must not cost a try that the customer's id was mistyped.
        self._check(customer, words, intent)
        supervisor = self._second_person(self._store, session, second, second_pin)
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            body = facts.intent_body(customer=customer, reason=words, second=supervisor.code)
            if known_intent(unit, event_id, body) is not None:
                return
            if unit.customer(customer) is None:
                raise missing_customer(unit, customer)
            fields = {
                "customer": customer, "reason": words, "second": supervisor.code,
                "intent_body": body,
            }  # fmt: skip
            refs = {"customer": customer}
            unit.record(Fact(facts.CUSTOMER_ERASED, event_id, fields, refs))

    def _check(self, customer: str, reason: str, intent: str | None) -> None:
        with self._store.read() as reading:
            event_id = intent_uuid(intent, reading.terminal().terminal, self._randomness)
            person = reading.customer(customer)
            if person is not None:
                check_names_nobody(reason, person)
            elif reading.intent(event_id) is None:
                raise missing_customer(reading, customer)
