"""What the customer's page may call, each on the store that is open then."""

from branchdesk.app.desk.on_store import on_store
from branchdesk.app.terminal import Terminal
from branchdesk.application.find_same_person import FindSamePerson
from branchdesk.application.show_customers import FindCustomers, RecentCustomers, RevealCustomer
from branchdesk.ui.customer.services import CustomerServices


def customer_services(terminal: Terminal) -> CustomerServices:
    """Name every use case that the customer's page may call."""
    return CustomerServices(
        find=on_store(terminal, lambda t: FindCustomers(t.store)),
        recent=on_store(terminal, lambda t: RecentCustomers(t.store)),
        page=on_store(terminal, lambda t: t.show_customer_page),
        same_person=on_store(terminal, lambda t: FindSamePerson(t.store)),
        reveal=on_store(terminal, lambda t: RevealCustomer(t.store, t.randomness)),
        correct=on_store(terminal, lambda t: t.correct_customer),
        answer_consent=on_store(terminal, lambda t: t.answer_consent),
        erase=on_store(terminal, lambda t: t.erase_customer),
        propose_merge=on_store(terminal, lambda t: t.propose_merge),
        undo_merge=on_store(terminal, lambda t: t.undo_merge),
    )
