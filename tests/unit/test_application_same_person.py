"""Other records of one person: found by keyed hashes, shown masked."""

from branchdesk.application.find_same_person import FindSamePerson
from branchdesk.application.models import MatchReason
from branchdesk.application.register_customer import person_hashes
from tests.fakes.counter import Counter

PASSPORT = {
    "document": {"type": "passport", "number": "E12345678"},
    "consents": ["service", "sensitive"],
}


def test_records_that_share_a_phone_or_a_document_are_found_masked() -> None:
    counter = Counter()
    mine = counter.register(**PASSPORT).customer
    by_phone = counter.register(name="李燕").customer
    by_document = counter.register(name="王明", phone="13900001111", **PASSPORT).customer
    counter.register(name="赵新", phone="13900002222")
    found = FindSamePerson(counter.store)(mine)
    assert [(line.customer, line.name, line.phone, line.why) for line in found] == [
        (by_phone, "李*", "138****8000", MatchReason.PHONE),
        (by_document, "王*", "139****1111", MatchReason.DOCUMENT),
    ]
    assert "E12345678" not in repr(found)


def test_nobody_is_the_same_as_themselves_or_as_somebody_elsewhere() -> None:
    counter = Counter()
    mine = counter.register().customer
    with counter.store.read() as reading:
        counter.store.meet_elsewhere(person_hashes(reading, "+8613800138000", None))
    assert FindSamePerson(counter.store)(mine) == ()


def test_an_unknown_customer_has_no_others() -> None:
    assert FindSamePerson(Counter().store)("nobody") == ()
