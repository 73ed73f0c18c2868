"""Whatever a desk does in whatever order: a slot is used once, no grant and no limit is exceeded.

Hypothesis draws the day's work: the same few people under several records, retries, full disks,
revoked grants, passing nights. A model that knows only phones, documents and days says who may
have what; the desk must agree with it every time.
"""

from collections import Counter as Tally
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from branchdesk.application.models import IssuedVoucher
from branchdesk.application.register_customer import person_hashes
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol.token import china_day
from tests.fakes.bank import sample_campaign
from tests.fakes.counter import DAY_MS, Counter

PHONES: Final = ("13800138000", "13900139000")
DOCUMENTS: Final = (None, "E12345678")
OFFERS: Final = ("PHONE10", "SPEND200")
_LIMITS: Final = {offer.code: offer for offer in sample_campaign().offers}


class DeskMachine(RuleBasedStateMachine):
    """A desk with small grants, and beside it what the bank promised."""

    customers: Bundle[str] = Bundle("customers")
    intents: Bundle[tuple[str, str, str, IssuedVoucher]] = Bundle("intents")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Counter()
        self.marks: dict[str, frozenset[str]] = {}
        self.handed_out: list[tuple[str, str, int, IssuedVoucher]] = []
        self.lent: dict[int, int] = {}
        self.revoked: set[int] = set()
        self.attempts = 0

    def _today(self) -> int:
        return china_day(self.desk.clock.now_ms() // 1000)

    def _had(self, customer: str, offer: str) -> list[int]:
        """Return the days on which anybody with one of these marks had the offer."""
        mine = self.marks[customer]
        return [
            day
            for other, code, day, _ in self.handed_out
            if code == offer and self.marks[other] & mine
        ]

    def _may_have(self, customer: str, offer: str) -> bool:
        days, terms = self._had(customer, offer), _LIMITS[offer]
        assert terms.per_person_limit is not None
        assert terms.per_day_limit is not None
        free = self._free(offer)
        return (
            free > 0
            and len(days) < terms.per_person_limit
            and days.count(self._today()) < terms.per_day_limit
        )

    def _free(self, offer: str) -> int:
        lines = self.desk.store.state.tables.grants.values()
        used = Tally(answer.grant for _, _, _, answer in self.handed_out)
        return sum(
            self.lent[held.grant.number] - used[held.grant.number]
            for held in lines
            if held.offer_code == offer and held.grant.number not in self.revoked
        )

    @initialize(slots=st.integers(1, 8))
    def begin(self, slots: int) -> None:
        """The first grants are here when the doors open."""
        for offer in OFFERS:
            self.lend(offer, slots)

    @rule(offer=st.sampled_from(OFFERS), slots=st.integers(1, 3))
    def lend(self, offer: str, slots: int) -> None:
        """Head office lends a few slots."""
        number = self.desk.store.lend(offer, slots=slots).number
        self.lent[number] = slots

    @precondition(lambda self: len(self.lent) > 4)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        """Head office takes a grant back, now and then."""
        number = data.draw(st.sampled_from(sorted(self.lent)))
        self.desk.store.revoke(number)
        self.revoked.add(number)

    @rule(
        target=customers,
        phone=st.sampled_from(PHONES),
        document=st.sampled_from(DOCUMENTS),
        issue=st.lists(st.sampled_from(OFFERS), max_size=1),
    )
    def register(self, phone: str, document: str | None, issue: list[str]) -> str:
        """Somebody walks in, perhaps again, perhaps with another phone or document."""
        self.attempts += 1
        shown = {"type": "passport", "number": document} if document else None
        wish = {
            "phone": phone,
            "document": shown,
            "consents": ["service", "sensitive"],
            "intent": f"walk-in-{self.attempts}",
        }
        before = self.desk.store.state
        marks = frozenset(mark for mark in (phone, document) if mark is not None)
        try:
            answer = self.desk.register(**wish, issue=issue)
        except RuleViolation:
            assert self.desk.store.state is before
            answer = self.desk.register(**wish)
            self.marks[answer.customer] = marks
            assert not self._all_allowed(answer.customer, issue)
        else:
            self.marks[answer.customer] = marks
            assert self._all_allowed(answer.customer, issue)
            for voucher in answer.vouchers:
                self._note(answer.customer, voucher.offer_code, voucher)
            assert self.desk.register(**wish, issue=issue).vouchers == answer.vouchers
        return answer.customer

    def _all_allowed(self, customer: str, issue: list[str]) -> bool:
        for offer, times in Tally(issue).items():
            terms, days = _LIMITS[offer], self._had(customer, offer)
            assert terms.per_person_limit is not None
            assert terms.per_day_limit is not None
            if (
                self._free(offer) < times
                or len(days) + times > terms.per_person_limit
                or days.count(self._today()) + times > terms.per_day_limit
            ):
                return False
        return True

    @rule(target=intents, customer=customers, offer=st.sampled_from(OFFERS), full=st.booleans())
    def issue(self, customer: str, offer: str, full: bool) -> tuple[str, str, str, IssuedVoucher]:
        """A teller issues; the disk may be full the first time."""
        self.attempts += 1
        intent, before = f"voucher-{self.attempts}", self.desk.store.state
        allowed = self._may_have(customer, offer)
        if full and allowed:
            self.desk.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
            try:
                self.desk.issue(customer, offer, intent)
            except EnvironmentFault:
                assert self.desk.store.state is before
        try:
            answer = self.desk.issue(customer, offer, intent)
        except RuleViolation:
            assert not allowed
            assert self.desk.store.state is before
            return "", "", "", _NOTHING
        assert allowed
        self._note(customer, offer, answer)
        return customer, offer, intent, answer

    def _note(self, customer: str, offer: str, answer: IssuedVoucher) -> None:
        self.handed_out.append((customer, offer, self._today(), answer))

    @rule(attempt=consumes(intents))
    def retry(self, attempt: tuple[str, str, str, IssuedVoucher]) -> None:
        """The same intent comes again, perhaps days later."""
        customer, offer, intent, answer = attempt
        if answer is not _NOTHING:
            before = self.desk.store.state.events
            assert self.desk.issue(customer, offer, intent) == answer
            assert self.desk.store.state.events == before

    @rule(hours=st.sampled_from([1, 8, 30]))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.desk.clock.advance(hours * DAY_MS // 24)

    @invariant()
    def a_slot_is_used_once(self) -> None:
        """No two vouchers share a slot, and all lie within what was lent."""
        slots = [(answer.grant, answer.slot) for _, _, _, answer in self.handed_out]
        assert len(slots) == len(set(slots))
        assert all(1 <= slot <= self.lent[grant] for grant, slot in slots)
        numbers = [int(answer.number) for _, _, _, answer in self.handed_out]
        assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def no_person_exceeds_a_limit(self) -> None:
        """Nobody's marks were on more vouchers than the offer allows at issue."""
        for customer in self.marks:
            for offer in OFFERS:
                own = [1 for who, code, _, _ in self.handed_out if (who, code) == (customer, offer)]
                limit = _LIMITS[offer].per_person_limit
                assert limit is None or len(own) <= limit

    @invariant()
    def the_ledger_says_what_was_handed_out(self) -> None:
        """The store's rows are the vouchers in people's hands."""
        rows = self.desk.store.state.tables.vouchers
        assert set(rows) == {answer.voucher for _, _, _, answer in self.handed_out}

    def teardown(self) -> None:
        """At the end of the day chain, commitments and projections agree, and tokens are good."""
        assert self.desk.store.check().ok
        for _, _, day, answer in self.handed_out[-3:]:
            expected = {"good", "expired"} if day <= self._today() else {"not_yet"}
            assert self.desk.second_verdict(answer.token) in expected
        with self.desk.store.read() as reading:
            for customer, record in self.desk.store.state.tables.customers.items():
                assert reading.people_like(record.hashes)
                assert person_hashes(reading, record.phone, None)[0] == record.hashes[0], customer


_NOTHING: Final = IssuedVoucher(
    voucher="", intent="", customer="", offer_code="", grant=0, slot=0, short_code="", token="",
    face_minor=0, expires_on=sample_campaign().offers[0].issue_from, number="",
)  # fmt: skip

DeskMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestDesk = DeskMachine.TestCase
