"""Void and reprint: a reason, a copy number inside the signature, and never a new voucher."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.models import IssuedVoucher, TerminalCondition
from branchdesk.application.ports import Fact
from branchdesk.application.reprint_voucher import COPY_MAX, ReprintVoucher
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.application.void_voucher import VoidVoucher
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.token import decode_voucher, read_token, token_bytes
from tests.fakes import bank
from tests.fakes.counter import TELLER, Counter
from tests.fakes.vault import FakeVault

SUPERVISOR_PIN = "135792"


class Desk(Counter):
    """A counter with the acts on vouchers, and a supervisor who has a PIN."""

    def __init__(self, *offers: str) -> None:
        super().__init__(*offers)
        vault = FakeVault(self.clock)
        vault.set_pin(vault.create(), bank.SUPERVISOR.code, SUPERVISOR_PIN)
        self.void = VoidVoucher(self.store, SecondPerson(vault), self.randomness)
        self.reprint = ReprintVoucher(self.store, self.randomness)

    def issued(self, offer: str = "PHONE10") -> IssuedVoucher:
        """Register somebody and issue one voucher."""
        return self.register(issue=[offer]).vouchers[0]

    def last(self) -> tuple[str, dict[str, object]]:
        """Return the type and the fields of the last event."""
        event = self.store.state.events[-1]
        kind = decode_envelope(event.envelope).type
        return kind, facts.decode_payload(kind, event.payload)

    def redeem(self, voucher: IssuedVoucher, amount_minor: int) -> None:
        """Record that some of a voucher was redeemed here."""
        grant_bytes, voucher_bytes = token_bytes(voucher.token)
        fields = {
            "grant_bytes": grant_bytes, "voucher": voucher_bytes, "basis": "home",
            "amount_minor": amount_minor, "purchase_minor": 0, "holder_checked": False,
            "answer": b"", "intent_body": b"",
        }  # fmt: skip
        with self.store.write(TELLER) as unit:
            unit.record(
                Fact(facts.VOUCHER_REDEEMED, self.randomness.intent_id(), fields,
                     {"grant": voucher.grant, "slot": voucher.slot})
            )  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    """A desk that has been lent PHONE10."""
    return Desk("PHONE10")


def _refused(act: Callable[[], object]) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value


def test_a_reprint_counts_up_inside_the_signature(desk: Desk) -> None:
    first = desk.issued()
    second = desk.reprint(TELLER, first.voucher, "damaged")
    third = desk.reprint(TELLER, first.voucher, "lost")

    assert (first.copy, second.copy, third.copy) == (0, 1, 2)
    assert read_token(third.token).voucher.copy == 2
    assert desk.second_verdict(third.token) == "good"
    before, after = read_token(first.token).voucher, read_token(third.token).voucher
    assert replace(after, copy=0, signature=b"") == replace(before, signature=b"")
    assert len({voucher.short_code for voucher in (first, second, third)}) == 3
    assert desk.store.check().ok


def test_a_superseded_copy_is_refused_by_code_and_by_short_code(desk: Desk) -> None:
    first = desk.issued()
    newest = desk.reprint(TELLER, first.voucher, "damaged")

    assert desk.verify(first.token).verdict == "superseded"
    assert desk.verify(first.short_code).verdict == "superseded"
    assert desk.verify(newest.token).verdict == "good"
    assert desk.verify(newest.short_code).verdict == "good"


def test_a_copy_is_numbered_after_the_highest_that_head_office_knows(desk: Desk) -> None:
    first = desk.issued()
    desk.store.state.copies_elsewhere[(first.grant, first.slot)] = 4
    assert desk.reprint(TELLER, first.voucher, "damaged").copy == 5


def test_a_reprint_is_not_known_to_be_printed_until_its_own_copy_was(desk: Desk) -> None:
    first = desk.issued()
    printed = {"items": [[first.grant, first.slot, 0]], "layout": "a4"}

    def print_original() -> None:
        with desk.store.write(TELLER) as unit:
            unit.record(Fact(facts.VOUCHER_PRINTED, desk.randomness.intent_id(), printed, {}))

    print_original()
    desk.reprint(TELLER, first.voucher, "damaged")
    print_original()
    with desk.store.read() as reading:
        assert [found.copy for found in reading.vouchers(unprinted=True)] == [1]


def test_the_same_intent_reprints_once_and_another_wish_under_it_is_refused(desk: Desk) -> None:
    first = desk.issued()
    again = [desk.reprint(TELLER, first.voucher, "damaged", "slip-1") for _ in range(2)]
    assert again[0] == again[1]
    assert again[0].intent == "slip-1"
    error = _refused(lambda: desk.reprint(TELLER, first.voucher, "lost", "slip-1"))
    assert error.code == "intent_reused"


def test_a_void_keeps_the_slot_and_records_why(desk: Desk) -> None:
    first = desk.issued()
    record = desk.void(TELLER, first.voucher, "  issued by\nmistake ")
    kind, fields = desk.last()

    assert record.voucher == first.voucher
    assert kind == facts.VOUCHER_VOIDED
    assert (fields["reason"], fields["second"]) == ("issued by mistake", "")
    assert desk.verify(first.token).verdict == "void"
    assert desk.store.state.tables.grants[first.grant].used == {first.slot}
    with desk.store.read() as reading:
        assert reading.vouchers(unprinted=True) == ()
    assert desk.store.check().ok


def test_what_was_voided_no_longer_counts_against_the_persons_limit(desk: Desk) -> None:
    first = desk.issued()
    issue = IssueVoucher(desk.store, desk.clock, desk.randomness)
    limited = _refused(lambda: issue(TELLER, first.customer, "PHONE10"))
    assert limited.code.startswith("limit_person")
    desk.void(TELLER, first.voucher, "mistake")

    second = issue(TELLER, first.customer, "PHONE10")

    assert (second.grant, second.slot) == (first.grant, first.slot + 1)


def test_the_same_intent_voids_once(desk: Desk) -> None:
    first = desk.issued()
    desk.void(TELLER, first.voucher, "mistake", intent="slip-1")
    events = len(desk.store.state.events)
    assert desk.void(TELLER, first.voucher, "mistake", intent="slip-1").is_void
    assert len(desk.store.state.events) == events
    assert _refused(lambda: desk.void(TELLER, first.voucher, "mistake")).code == "voucher_void"


def test_a_second_person_is_checked_and_recorded(desk: Desk) -> None:
    first = desk.issued()
    supervisor = bank.SUPERVISOR.code

    def void(pin: str) -> object:
        return desk.void(TELLER, first.voucher, "mistake", second=supervisor, second_pin=pin)

    assert _refused(lambda: void("000000")).code == "pin_wrong"
    void(SUPERVISOR_PIN)
    assert desk.last()[1]["second"] == supervisor


@pytest.mark.parametrize("act", ["void", "reprint"])
def test_what_cannot_be_acted_on_writes_nothing(desk: Desk, act: str) -> None:
    good = desk.issued()
    do = getattr(desk, act)
    before = desk.store.state
    for voucher, reason, code in (
        ("70001-99", "damaged", "voucher_unknown"),
        ("x" * 300, "damaged", "voucher_unknown"),
        (good.voucher, " \n ", f"{act}_reason_missing"),
        (good.voucher, "李䶮 asked", "reason_names_person"),
        (good.voucher, "call 13800138000", "reason_names_person"),
    ):
        assert _refused(lambda v=voucher, r=reason: do(TELLER, v, r)).code == code
        assert desk.store.state is before


@pytest.mark.parametrize("act", ["void", "reprint"])
def test_what_was_used_up_voided_or_revoked_is_refused(act: str) -> None:
    used, voided, revoked = Desk("PHONE10"), Desk("PHONE10"), Desk("PHONE10")
    vouchers = {desk: desk.issued() for desk in (used, voided, revoked)}
    used.redeem(vouchers[used], vouchers[used].face_minor)
    voided.void(TELLER, vouchers[voided].voucher, "mistake")
    tables = revoked.store.state.tables
    number = vouchers[revoked].grant
    tables.grants[number] = replace(tables.grants[number], revoked=True)

    for desk, code in (
        (used, "voucher_redeemed"),
        (voided, "voucher_void"),
        (revoked, "voucher_revoked"),
    ):
        do = getattr(desk, act)
        error = _refused(lambda d=do, v=vouchers[desk].voucher: d(TELLER, v, "damaged"))
        assert error.code == code


def test_a_partly_used_voucher_is_reprinted_but_not_voided(desk: Desk) -> None:
    first = desk.issued()
    desk.redeem(first, first.face_minor - 1)
    assert _refused(lambda: desk.void(TELLER, first.voucher, "mistake")).code == "voucher_redeemed"
    assert desk.reprint(TELLER, first.voucher, "damaged").copy == 1


def test_a_frozen_terminal_signs_no_copy_but_may_void(desk: Desk) -> None:
    first = desk.issued()
    desk.store.state = replace(desk.store.state, condition=TerminalCondition.FROZEN)
    error = _refused(lambda: desk.reprint(TELLER, first.voucher, "damaged"))
    assert error.code == "terminal_frozen"
    assert desk.void(TELLER, first.voucher, "mistake").voucher == first.voucher


def test_the_last_copy_number_is_the_last_reprint(desk: Desk) -> None:
    first = desk.issued()
    desk.store.state.copies_elsewhere[(first.grant, first.slot)] = COPY_MAX - 1
    last = desk.reprint(TELLER, first.voucher, "damaged")
    assert decode_voucher(token_bytes(last.token)[1]).copy == COPY_MAX
    error = _refused(lambda: desk.reprint(TELLER, first.voucher, "damaged"))
    assert error.code == "copies_exhausted"


def test_the_customers_page_tells_what_became_of_each_voucher(desk: Desk) -> None:
    first = desk.issued()
    desk.reprint(TELLER, first.voucher, "damaged")
    desk.void(TELLER, first.voucher, "lost")
    page = ShowCustomerPage(desk.store, desk.clock)(first.customer)

    assert [(held.standing, held.copy) for held in page.vouchers] == [("void", 1)]
    assert [entry.kind.value for entry in page.timeline[:2]] == [
        "voucher_voided",
        "voucher_reprinted",
    ]
    assert page.timeline[1].facts["copy"] == 1
