"""Shifts: opened once, counted by hand, handed over by PIN, closed with what is unsent named."""

from collections.abc import Callable

import pytest

from branchdesk.application.models import Session
from branchdesk.application.ports import Fact
from branchdesk.application.shift_records import GiftCount, GiftFloat, Handover, ShiftIssue
from branchdesk.application.shifts import (
    CloseShift,
    CountShift,
    HandOverShift,
    OpenShift,
    ShowShift,
    by_word,
)
from branchdesk.application.waiting import UnsentKind
from branchdesk.domain.campaign import Role
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from tests.fakes.bank import at_outlet, in_force
from tests.fakes.counter import TELLER, Counter
from tests.fakes.vault import FakeVault, Held

SUPERVISOR = Session("S001", Role.SUPERVISOR)


class Desk(Counter):
    """A counter with its shift; both people have a PIN."""

    def __init__(self, *offers: str, outlet: str = "") -> None:
        super().__init__(*offers, campaigns=(in_force(at_outlet(outlet)),))
        held = {"T001": Held(pin="246810"), "S001": Held(pin="135791")}
        self.vault = FakeVault(self.clock, held)
        self.open = OpenShift(self.store, self.randomness)
        self.close = CloseShift(self.store, self.randomness)
        self.count = CountShift(self.store, self.randomness)
        self.hand_over = HandOverShift(self.vault, self.store, self.randomness)
        self.show = ShowShift(self.store)

    def told(self) -> list[tuple[str, str]]:
        """Return (type, staff) of every event but the grants'."""
        envelopes = [decode_envelope(event.envelope) for event in self.store.state.events]
        return [(e.type, e.staff) for e in envelopes if e.type != facts.GRANT_ACCEPTED]

    def last(self, kind: str) -> dict[str, object]:
        """Return the newest payload of a type."""
        for event in reversed(self.store.state.events):
            if decode_envelope(event.envelope).type == kind:
                return facts.decode_payload(kind, event.payload)
        raise AssertionError(kind)


def _refused(act: Callable[[], object]) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value


def test_a_shift_opens_once_and_closes_once() -> None:
    desk = Desk()
    assert _refused(lambda: desk.close(TELLER)).code == "shift_not_open"
    shift = desk.open(TELLER, "  湖滨小区   东门 ")
    assert desk.open(TELLER, "elsewhere") == shift
    with desk.store.read() as reading:
        assert reading.open_shift() == (shift, "湖滨小区 东门")
    desk.register()
    # Opened, counted (nothing), registered; and the closing itself.
    assert desk.close(TELLER).unsent == 4
    assert desk.last(facts.SHIFT_CLOSED) == {"shift": shift, "unsent": 3}
    assert _refused(lambda: desk.close(TELLER)).code == "shift_not_open"
    assert desk.open(TELLER) != shift
    assert desk.store.check().ok


def test_the_first_act_of_the_day_opens_a_shift_at_the_outlet_by_itself() -> None:
    desk = Desk()
    desk.register()
    with desk.store.read() as reading:
        found = reading.open_shift()
    assert found is not None
    assert found[1] == "B001"
    assert [kind for kind, _ in desk.told()] == [facts.SHIFT_OPENED, facts.CUSTOMER_REGISTERED]


def test_on_a_disk_that_is_nearly_full_no_shift_opens_and_an_open_one_goes_on() -> None:
    desk = Desk()
    desk.store.has_free_space = False
    for act in (lambda: desk.open(TELLER), desk.register):
        with pytest.raises(EnvironmentFault) as caught:
            act()
        assert (caught.value.code, caught.value.retryable) == ("disk_space_low", True)
    assert desk.store.state.head.seq == 0
    desk.store.has_free_space = True
    shift = desk.open(TELLER)
    desk.store.has_free_space = False
    assert desk.open(TELLER) == shift
    desk.register()
    assert desk.told()[-1][0] == facts.CUSTOMER_REGISTERED


def test_a_place_is_cut_to_what_fits() -> None:
    desk = Desk()
    desk.open(TELLER, "长" * 500)
    with desk.store.read() as reading:
        found = reading.open_shift()
    assert found is not None
    assert found[1] == "长" * 60


def test_a_van_is_asked_where_it_stands_and_stops_used_before_are_suggested() -> None:
    van = Desk(outlet="V001")
    assert van.show().is_van
    assert _refused(lambda: van.open(TELLER, " ")).facts["field"] == "place"
    for stop in ("东门", "菜市场", "东门"):
        van.open(TELLER, stop)
        van.close(TELLER)
    assert van.show().places == ("东门", "菜市场")
    assert van.show().shift is None


def test_opening_counts_what_is_in_the_till_and_what_may_be_issued() -> None:
    desk = Desk("PHONE10", "GIFTBOX")
    assert desk.show().vouchers == (("GIFTBOX", 100), ("PHONE10", 100))
    assert desk.show().gift_offers == ("GIFTBOX",)
    desk.open(TELLER, counts={"GIFTBOX": 12})
    counted = desk.last(facts.SHIFT_COUNTED)
    assert (counted["moment"], counted["gifts"]) == ("opened", [["GIFTBOX", 12, None]])
    assert counted["vouchers"] == [["GIFTBOX", 100], ["PHONE10", 100]]


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"PHONE10": 3}, "offer_unknown"),
        ({"NOTHING": 3}, "offer_unknown"),
        ({"GIFTBOX": -1}, "count_invalid"),
        ({"GIFTBOX": 100_001}, "count_invalid"),
    ],
)
def test_what_cannot_be_counted_opens_no_shift(counts: dict[str, int], code: str) -> None:
    desk = Desk("GIFTBOX")
    assert _refused(lambda: desk.open(TELLER, counts=counts)).code == code
    assert desk.show().shift is None


def test_a_colleague_takes_over_with_their_own_pin_and_the_shift_goes_on() -> None:
    desk = Desk("PHONE10", "GIFTBOX")
    shift = desk.open(TELLER, counts={"GIFTBOX": 12})
    customer = desk.register(consents=["service", "sensitive"]).customer
    desk.issue(customer, "PHONE10")
    taken = desk.hand_over(TELLER, " s001 ", "135791", {"GIFTBOX": 12})
    assert taken.session == Session("S001", Role.SUPERVISOR, shift)
    found = desk.show().shift
    assert found is not None
    assert (found.opened_by, found.holder, found.registered) == ("T001", "S001", 1)
    assert found.issued == (ShiftIssue("PHONE10", 1, 0),)
    counted = (GiftCount("GIFTBOX", 12, 12),)
    at_ms = desk.clock.now_ms()
    assert found.handovers == (Handover(at_ms, "T001", "S001", counted),)
    assert desk.told()[-3:] == [
        (facts.SHIFT_COUNTED, "T001"),
        (facts.SHIFT_HANDED_OVER, "T001"),
        (facts.STAFF_SIGNED_IN, "S001"),
    ]
    assert desk.store.check().ok


@pytest.mark.parametrize(
    ("staff", "pin", "code"),
    [
        ("", "135791", "handover_missing"),
        ("T001", "246810", "handover_same"),
        ("T999", "135791", "staff_unknown"),
        ("S001", "000000", "pin_wrong"),
    ],
)
def test_who_does_not_prove_to_be_the_colleague_takes_nothing_over(
    staff: str, pin: str, code: str
) -> None:
    desk = Desk()
    desk.open(TELLER)
    before = desk.store.state
    assert _refused(lambda: desk.hand_over(TELLER, staff, pin)).code == code
    assert desk.store.state is before


def test_whoever_is_on_duty_is_given_nothing_by_somebody_who_is_not_and_can_be_relieved() -> None:
    desk = Desk()
    desk.open(TELLER)
    before = desk.store.state
    assert _refused(lambda: desk.hand_over(SUPERVISOR, "T001", "246810")).code == "handover_same"
    assert desk.store.state is before
    desk.hand_over(SUPERVISOR, "S001", "135791")
    found = desk.show().shift
    assert found is not None
    assert found.holder == "S001"
    # It was taken from whoever had it, not from whoever was at the desk; nothing was counted.
    (handover,) = found.handovers
    assert (handover.giver, handover.gifts, handover.word) == ("T001", (), "")


def test_a_one_time_code_takes_no_shift_over() -> None:
    desk = Desk()
    desk.open(TELLER)
    desk.vault.held["S001"] = Held(code="K7QM2F9C0X1B")
    taken = _refused(lambda: desk.hand_over(TELLER, "S001", "K7QM2F9C0X1B"))
    assert taken.code == "handover_pin_unchosen"


def test_a_difference_needs_a_word_before_any_pin_is_tried() -> None:
    desk = Desk("GIFTBOX")
    desk.open(TELLER, counts={"GIFTBOX": 12})
    problem = _refused(lambda: desk.hand_over(TELLER, "S001", "000000", {"GIFTBOX": 11}))
    assert (problem.code, problem.facts["offers"]) == ("float_differs", ["GIFTBOX"])
    assert desk.vault.held["S001"].tries == 0
    desk.hand_over(TELLER, "S001", "135791", {"GIFTBOX": 11}, " 送出一件  未登记 ")
    counted = desk.last(facts.SHIFT_COUNTED)
    assert counted["gifts"] == [["GIFTBOX", 11, 12]]
    assert counted["word"] == "送出一件 未登记"
    found = desk.show().shift
    assert found is not None
    # From here on the new count is what is expected.
    assert found.gifts == (GiftFloat("GIFTBOX", 12, 11, 0),)


def test_closing_compares_the_count_with_what_was_given_and_names_what_is_unsent() -> None:
    desk = Desk("GIFTBOX")
    desk.store.acknowledge(1)
    desk.open(TELLER, counts={"GIFTBOX": 12})
    customer = desk.register(consents=["service", "sensitive"], document={
        "type": "passport", "number": "E12345678"}).customer  # fmt: skip
    with desk.store.write(TELLER) as unit:
        from tests.builders import record_voucher

        record_voucher(unit, desk.clock, desk.randomness.intent_id(), customer, "GIFTBOX")
        (voucher,) = unit.vouchers()
    still_there = desk.show().shift
    assert still_there is not None
    assert [gift.expected for gift in still_there.gifts] == [12]
    redeemed = {
        "grant_bytes": voucher.grant_bytes, "voucher": voucher.voucher_bytes, "basis": "home",
        "amount_minor": voucher.face_minor, "purchase_minor": 0, "holder_checked": False,
        "answer": b"", "intent_body": facts.intent_body(text=voucher.voucher),
    }  # fmt: skip
    with desk.store.write(TELLER) as unit:
        unit.record(Fact(facts.VOUCHER_REDEEMED, desk.randomness.intent_id(), redeemed, {}))
    closed = desk.close(TELLER, {"GIFTBOX": 11})
    assert closed.gifts == (GiftCount("GIFTBOX", 11, 11),)
    # Whoever redeemed it held its paper, as the list at the counter says.
    assert closed.unprinted == 0
    assert {kind.event_type: kind.count for kind in closed.kinds} == {
        facts.SHIFT_OPENED: 1, facts.SHIFT_COUNTED: 2, facts.CUSTOMER_REGISTERED: 1,
        facts.VOUCHER_ISSUED: 1, facts.VOUCHER_REDEEMED: 1, facts.SHIFT_CLOSED: 1,
    }  # fmt: skip
    # Paper says what the screen says beside it: the closing itself is not sent either.
    assert closed.kinds == desk.show().unsent
    assert closed.unsent == 7
    # The closing can only record what was there before it.
    assert desk.last(facts.SHIFT_CLOSED)["unsent"] == 5
    assert closed.shift.closed_ms == desk.clock.now_ms()
    assert desk.store.check().ok


def test_unsent_events_are_told_by_what_they_are_about() -> None:
    kinds = (
        UnsentKind(facts.VOUCHER_ISSUED, 3, 900),
        UnsentKind(facts.VOUCHER_PRINTED, 2, 700),
        UnsentKind("weather.noted", 1, 800),
    )
    assert by_word(kinds) == (UnsentKind("other", 1, 800), UnsentKind("voucher", 5, 700))


def test_a_shift_that_opened_by_itself_is_told_from_one_that_was_opened() -> None:
    desk = Desk("GIFTBOX")
    desk.open(TELLER)
    desk.register()
    by_hand = desk.show().shift
    desk.close(TELLER)
    desk.register()
    by_itself = desk.show().shift
    assert by_hand is not None
    assert by_itself is not None
    assert (by_hand.by_itself, by_itself.by_itself) == (False, True)
    assert by_itself.shift != by_hand.shift
    assert by_itself.registered == 1


def test_a_shift_that_opened_by_itself_is_counted_afterwards() -> None:
    desk = Desk("GIFTBOX")
    assert _refused(lambda: desk.count(TELLER, {"GIFTBOX": 12})).code == "shift_not_open"
    desk.register()
    desk.count(TELLER, {"GIFTBOX": 12})
    assert desk.last(facts.SHIFT_COUNTED)["moment"] == "opened"
    assert _refused(lambda: desk.count(TELLER, {"GIFTBOX": 11})).code == "float_differs"
    found = desk.show().shift
    assert found is not None
    assert (found.gifts, found.by_itself) == ((GiftFloat("GIFTBOX", 12, 12, 0),), True)
    assert _refused(lambda: desk.close(TELLER, {"GIFTBOX": 11})).code == "float_differs"
