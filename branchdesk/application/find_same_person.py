"""Find other records that may be the same person: they share a phone or a document."""

from branchdesk.application.models import CustomerRecord, PersonMatch, SamePerson
from branchdesk.application.ports import Reading, Store
from branchdesk.domain.identity import mask_document
from branchdesk.domain.names import mask_name
from branchdesk.domain.phones import mask_phone


class FindSamePerson:
    """Compare by keyed hashes only; nothing is shown in the clear."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, customer: str) -> tuple[SamePerson, ...]:
        """Return the other records of this outlet, masked, each once; none for an unknown one."""
        with self._store.read() as reading:
            record = reading.customer(customer)
            if record is None or not record.hashes:
                return ()
            matches = reading.people_like(record.hashes)
            others = {match.customer: match for match in matches if match.customer}
            others.pop(customer, None)
            found = [_masked(reading, match) for match in others.values()]
            return tuple(line for line in found if line is not None)


def _masked(reading: Reading, match: PersonMatch) -> SamePerson | None:
    record: CustomerRecord | None = reading.customer(match.customer)
    if record is None:
        return None
    return SamePerson(
        match.customer,
        mask_name(record.name),
        mask_phone(record.phone),
        mask_document(record.document_number),
        match.why,
    )
