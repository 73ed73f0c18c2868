"""Say why a customer cannot be worked with: never registered here, or erased since."""

from branchdesk.application.ports import Reading
from branchdesk.errors import RuleViolation


def missing_customer(reading: Reading, customer: str) -> RuleViolation:
    """Return what to raise for a customer who is not there."""
    code = "customer_erased" if reading.is_erased(customer) else "customer_unknown"
    return RuleViolation(code, field="customer", customer=customer[:64])
