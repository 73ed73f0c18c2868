"""Say why a customer cannot be worked with: never registered here, or erased since."""

from branchdesk.application.ports import Reading
from branchdesk.errors import RuleViolation


def missing_customer(reading: Reading, customer: str) -> RuleViolation:
    """Return what to raise for a customer who is not there."""
    named = customer[:64]
    if reading.is_erased(customer):
        return RuleViolation("customer_erased", field="customer", customer=named)
    return RuleViolation("customer_unknown", field="customer", customer=named)
