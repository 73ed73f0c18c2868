"""What the customer's page may call. All run on the store lane. No Qt, no store."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from branchdesk.application.customer_page import Correction, CustomerPage
from branchdesk.application.models import CustomerLine, SamePerson, Session
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.serving.finding import FindCustomers
from branchdesk.ui.serving.revealing import RevealCustomer


class AnswerConsent(Protocol):
    """Record a new answer to one purpose; withdrawing is answering no, in one step."""

    def __call__(
        self,
        session: Session,
        customer: str,
        purpose: Purpose,
        *,
        granted: bool,
        how: ConsentHow,
        signature: bytes = b"",
        intent: str | None = None,
    ) -> None:
        """Record it; the page then shows the new standing."""


class EraseCustomer(Protocol):
    """Erase a person for good: two people, and a reason."""

    def __call__(
        self, session: Session, customer: str, reason: str, second: str, second_pin: str
    ) -> None:
        """Erase; raises the second person's own violations before anything is done."""


@dataclass(frozen=True, slots=True)
class CustomerServices:
    """Everything the page may ask for.

    ``recent`` takes a staff code and a most, and gives whom that person dealt with last.
    ``page`` takes a customer id and gives the whole page, ``same_person`` the records that may be
    the same person. ``reveal`` takes the session, customer,
    field names and a reason, and gives those fields in the clear. ``correct`` takes session,
    customer, correction and intent. ``propose_merge`` takes session, the customer that is kept, the
    other, and a reason, and returns the proposal's id, which ``undo_merge`` takes.
    """

    find: FindCustomers
    recent: Callable[[str, int], tuple[CustomerLine, ...]]
    page: Callable[[str], CustomerPage]
    same_person: Callable[[str], tuple[SamePerson, ...]]
    reveal: RevealCustomer
    correct: Callable[[Session, str, Correction, str | None], None]
    answer_consent: AnswerConsent
    erase: EraseCustomer
    propose_merge: Callable[[Session, str, str, str], str]
    undo_merge: Callable[[Session, str, str], None]
