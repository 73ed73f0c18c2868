"""Revealing, signing in, the list of offers and the status: who did what, and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from branchdesk.application.list_offers import ListOffers
from branchdesk.application.models import Session, Staff
from branchdesk.application.ports import Unlocked
from branchdesk.application.read_status import ReadStatus
from branchdesk.application.register_customer import person_hashes
from branchdesk.application.shift_records import StaffKey
from branchdesk.application.shifts import OpenShift
from branchdesk.application.show_customers import REVEALABLE, FindCustomers, RevealCustomer
from branchdesk.application.sign_in import ChoosePin, SignIn
from branchdesk.domain.campaign import Role
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from tests.fakes.counter import TELLER, Counter

SHOWN = {
    "document": {"type": "passport", "number": "E12345678"},
    "consents": ["service", "sensitive"],
}


def _refused(act: Callable[[], object]) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value


def _last(counter: Counter) -> tuple[str, str, dict[str, object]]:
    event = counter.store.state.events[-1]
    envelope = decode_envelope(event.envelope)
    return envelope.type, envelope.staff, facts.decode_payload(envelope.type, event.payload)


# Finding and revealing


def test_people_are_found_and_shown_masked() -> None:
    counter = Counter("PHONE10")
    customer = counter.register(**SHOWN, issue=["PHONE10"]).customer
    find = FindCustomers(counter.store)
    for query in ("8000", "李", "5678", " 李䶮 "):
        (line,) = find(query)
        assert (line.customer, line.name, line.phone) == (customer, "李*", "138****8000")
        assert line.document == "E*******8"
        assert line.vouchers == 1
    assert find("") == find("   ") == find("0000") == ()


def test_seeing_needs_a_reason_and_is_recorded() -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer
    reveal = RevealCustomer(counter.store, counter.randomness)
    found = reveal(TELLER, customer, ["phone", "document_number"], "  客户  来电核对 ")
    assert found == {"phone": "+8613800138000", "document_number": "E12345678"}
    assert _last(counter) == (
        facts.CUSTOMER_REVEALED,
        "T001",
        {
            "customer": customer,
            "fields": ["phone", "document_number"],
            "reason": "客户 来电核对",
        },
    )


@pytest.mark.parametrize(
    ("customer", "fields", "reason", "code"),
    [
        ("", ["phone"], "", "reveal_reason_missing"),
        ("", ["phone"], " \n\t ", "reveal_reason_missing"),
        ("", [], "核对", "reveal_field_unknown"),
        ("", ["hashes"], "核对", "reveal_field_unknown"),
        ("", ["phone", "customer"], "核对", "reveal_field_unknown"),
        ("", ["__class__"], "核对", "reveal_field_unknown"),
        ("C404", ["phone"], "核对", "customer_unknown"),
    ],
)
def test_what_may_not_be_seen_is_not_recorded_either(
    customer: str, fields: list[str], reason: str, code: str
) -> None:
    counter = Counter()
    known = counter.register().customer
    before = counter.store.state
    reveal = RevealCustomer(counter.store, counter.randomness)
    assert _refused(lambda: reveal(TELLER, customer or known, fields, reason)).code == code
    assert counter.store.state is before


def test_nothing_is_seen_when_it_cannot_be_recorded() -> None:
    counter = Counter()
    customer = counter.register().customer
    counter.store.fail_commit = OSError("disk full")
    reveal = RevealCustomer(counter.store, counter.randomness)
    with pytest.raises(OSError, match="disk full"):
        reveal(TELLER, customer, REVEALABLE, "核对")


# Signing in


@dataclass
class OneDoor:
    """As much of the ``Vault`` port as signing in uses: one person with one PIN or code."""

    staff: str = "T001"
    pin: str = "246810"
    must_choose: bool = False
    wrong_tries: int = 0
    pins_set: list[tuple[bytes, str, str]] = field(default_factory=list)

    def unlock(self, staff: str, pin: str) -> Unlocked:
        """Open for the one, refuse everybody else."""
        if staff != self.staff:
            raise RuleViolation("pin_unset", staff=staff)
        if pin != self.pin:
            raise RuleViolation("pin_wrong", tries_left=4)
        return Unlocked(b"k" * 32, self.must_choose, self.wrong_tries)

    def set_pin(self, data_key: bytes, staff: str, pin: str) -> None:
        """Remember, or refuse a weak one."""
        if len(set(pin)) == 1:
            raise RuleViolation("pin_weak")
        self.pins_set.append((data_key, staff, pin))

    def is_enrolled(self) -> bool:
        """Say that a key exists."""
        return True

    def staff_codes(self) -> tuple[str, ...]:
        """Return the one."""
        return (self.staff,)

    def create(self) -> bytes:
        """Refuse: nobody makes a key here."""
        raise AssertionError

    def staff_key(self, staff: str) -> StaffKey:
        """Refuse: nobody is listed here."""
        raise AssertionError

    def set_one_time_code(
        self, data_key: bytes, staff: str, code: str, expires_ms: int, *, is_reset: bool = False
    ) -> None:
        """Refuse: codes come with the feed."""
        raise AssertionError

    def remove(self, staff: str) -> None:
        """Refuse: nobody leaves here."""
        raise AssertionError

    def unlock_unattended(self) -> bytes:
        """Refuse: somebody is at the desk."""
        raise RuleViolation("staff_required")


def _sign_in(counter: Counter, door: OneDoor) -> tuple[SignIn, list[bytes]]:
    opened: list[bytes] = []

    def open_store(data_key: bytes) -> object:
        opened.append(data_key)
        return counter.store

    return SignIn(door, open_store, counter.randomness), opened  # type: ignore[arg-type]  # the fake store is the port


def test_signing_in_opens_the_store_and_is_recorded() -> None:
    counter = Counter()
    sign_in, opened = _sign_in(counter, OneDoor())
    found = sign_in("T001", "246810")
    assert opened == [b"k" * 32]
    assert found.session == Session("T001", Role.TELLER, "")
    assert found.staff == Staff("T001", "王小燕", Role.TELLER)
    assert not found.must_choose_pin
    assert _last(counter) == (facts.STAFF_SIGNED_IN, "T001", {"staff": "T001", "role": "teller"})


def test_a_lock_out_is_recorded_at_the_first_good_try_with_what_was_tried() -> None:
    counter = Counter()
    for tries, is_recorded in ((4, True), (7, True), (5, False)):
        _sign_in(counter, OneDoor(wrong_tries=tries))[0]("T001", "246810", recorded=is_recorded)
    told = [decode_envelope(event.envelope) for event in counter.store.state.events]
    assert [event.type for event in told] == [
        facts.STAFF_SIGNED_IN, facts.STAFF_LOCKED_OUT, facts.STAFF_SIGNED_IN,
        facts.STAFF_LOCKED_OUT,
    ]  # fmt: skip
    assert _last(counter) == (facts.STAFF_LOCKED_OUT, "T001", {"staff": "T001", "tries": 5})


def test_signing_in_finds_the_open_shift() -> None:
    counter = Counter()
    shift = OpenShift(counter.store, counter.randomness)(TELLER)
    assert _sign_in(counter, OneDoor())[0]("T001", "246810").session.shift == shift


def test_a_command_signs_in_without_a_record() -> None:
    counter = Counter()
    sign_in, _ = _sign_in(counter, OneDoor())
    assert sign_in("T001", "246810", recorded=False).session.staff == "T001"
    assert counter.store.state.events == ()


@pytest.mark.parametrize(
    ("staff", "pin", "code"), [("T001", "000000", "pin_wrong"), ("T999", "246810", "staff_unknown")]
)
def test_a_wrong_pin_never_opens_the_store(staff: str, pin: str, code: str) -> None:
    counter = Counter()
    sign_in, opened = _sign_in(counter, OneDoor())
    assert _refused(lambda: sign_in(staff, pin)).code == code
    assert opened == []
    assert counter.store.state.events == ()


def test_a_right_pin_of_somebody_no_longer_on_the_list_is_refused() -> None:
    counter = Counter()
    sign_in, _ = _sign_in(counter, OneDoor(staff="T009"))
    assert _refused(lambda: sign_in("T009", "246810")).code == "staff_unknown"
    assert counter.store.state.events == ()


def test_a_first_pin_is_chosen_after_the_one_time_code() -> None:
    counter, door = Counter(), OneDoor(pin="ONE-TIME", must_choose=True)
    sign_in, _ = _sign_in(counter, door)
    found = sign_in("T001", "ONE-TIME")
    assert found.must_choose_pin
    choose = ChoosePin(door, lambda: b"k" * 32, lambda: counter.store, counter.randomness)
    before = counter.store.state
    assert _refused(lambda: choose(found.session, "111111")).code == "pin_weak"
    assert counter.store.state is before
    choose(found.session, "135790")
    assert door.pins_set == [(b"k" * 32, "T001", "135790")]
    kind, staff, payload = _last(counter)
    assert (kind, staff, payload) == (facts.STAFF_PIN_SET, "T001", {"staff": "T001"})
    assert all(b"135790" not in event.payload for event in counter.store.state.events)


# Offers and status


def _lines(counter: Counter, **asked: object) -> list[tuple[str, str]]:
    found = ListOffers(counter.store, counter.clock)(**asked)  # type: ignore[arg-type]  # the test names the parameters
    return [(line.offer.code, line.status) for line in found]


def test_eligible_offers_come_first_then_near_then_blocked() -> None:
    counter = Counter("PHONE10", "SPEND200", "RATE50", "FEEFREE", "SALON")
    form = {"phone": "13800138000", "channel": "short_video", "consents": ["service"]}
    assert _lines(counter, form=form) == [
        ("PHONE10", "eligible"),
        ("SPEND200", "eligible"),
        ("SALON", "eligible"),
        ("RATE50", "near"),
        ("FEEFREE", "near"),
        ("GIFTBOX", "blocked"),
    ]


def test_reasons_say_what_is_missing_and_what_blocks() -> None:
    counter = Counter("PHONE10", "RATE50", "FEEFREE")
    customer = counter.register(issue=["PHONE10"]).customer
    lines = {line.offer.code: line for line in ListOffers(counter.store, counter.clock)(customer)}
    assert lines["PHONE10"].reasons[0][0] == "limit_person"
    assert lines["PHONE10"].free_slots == 99
    assert ("grant_exhausted") in [code for code, _ in lines["GIFTBOX"].reasons]
    missing = [found["missing"] for code, found in lines["RATE50"].reasons]
    assert missing == ["aum_minor", "idle_months"]
    assert lines["FEEFREE"].status == "eligible"


def test_a_form_of_somebody_known_by_another_record_is_limited() -> None:
    counter = Counter("PHONE10")
    counter.register(issue=["PHONE10"])
    form = {"phone": "138 0013 8000", "consents": ["service"]}
    assert ("PHONE10", "blocked") in _lines(counter, form=form)
    assert ("PHONE10", "eligible") in _lines(counter, form=form | {"phone": "13900139000"})


def test_what_another_outlet_issued_shows_in_the_list() -> None:
    counter = Counter("PHONE10")
    with counter.store.read() as reading:
        counter.store.meet_elsewhere(
            person_hashes(reading, "+8613800138000", None), {"PHONE10": (2_000,)}
        )
    form = {"phone": "13800138000", "consents": ["service"]}
    assert ("PHONE10", "blocked") in _lines(counter, form=form)


def test_what_can_be_issued_is_what_the_list_calls_eligible() -> None:
    counter = Counter("PHONE10", "SPEND200", "GIFTBOX", "RATE50", "FEEFREE", "SALON")
    customer = counter.register(interests=["贷款"], issue=["PHONE10"]).customer
    for code, status in _lines(counter, customer=customer):
        if status == "eligible":
            assert counter.issue(customer, code).offer_code == code
        else:
            assert _refused(partial(counter.issue, customer, code)).code
    assert counter.store.check().ok


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"phone": None, "channel": 7, "consents": "service", "document": "E1"},
        {"phone": "abc", "document": {"type": "x", "number": None}, "interests": "购房"},
        {"phone": "1" * 500, "document": {}, "consents": [None, 3], "needs": {"a": 1}},
    ],
)
def test_a_half_typed_form_never_fails(form: dict[str, object]) -> None:
    assert len(_lines(Counter("PHONE10"), form=form)) == 6


def test_before_any_campaign_there_is_nothing_to_offer() -> None:
    assert _lines(Counter(campaigns=())) == []


def test_the_status_says_grants_and_what_waits() -> None:
    counter = Counter()
    counter.store.lend("PHONE10", slots=3)
    counter.register(issue=["PHONE10"])
    counter.store.acknowledge(2, 1)
    status = ReadStatus(counter.store, counter.clock)()
    (line,) = status.grants
    assert (line.code, line.slots, line.used, line.returned) == ("PHONE10", 3, 1, 0)
    assert (status.terminal.acked_seq, status.terminal.durable_seq) == (2, 1)
    assert (status.terminal.unsent, status.terminal.head.seq) == (2, 4)
    assert status.terminal.unsent_since_ms == counter.clock.now_ms()
    assert status.clock == "trusted"
    assert status.warnings == ()


def test_the_status_carries_what_the_store_warns_of() -> None:
    counter = Counter()
    counter.store.warned = ("second_file_failed",)
    assert ReadStatus(counter.store, counter.clock)().warnings == ("second_file_failed",)
