"""Replace gives one for one, release signs a right away, a crash's papers are accounted for."""

from dataclasses import replace

import pytest

from branchdesk.application.confirm_printed import IN_DOUBT
from branchdesk.application.models import TerminalCondition
from branchdesk.application.redemption_records import Keeper
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.token import read_token
from tests.fakes import bank
from tests.fakes.counter import DAY_MS, TELLER
from tests.fakes.paper_desk import PaperDesk, refused


@pytest.fixture
def desk() -> PaperDesk:
    """A desk with offers of both policies that bind to one redeemer, and one not bound."""
    return PaperDesk("PHONE10", "SPEND200", "GIFTBOX")


def test_a_replacement_is_one_for_one_in_one_commit(desk: PaperDesk) -> None:
    old = desk.issued()
    fresh = desk.replace(TELLER, old.voucher, "damaged")

    assert (fresh.customer, fresh.offer_code) == (old.customer, old.offer_code)
    assert (fresh.grant, fresh.slot, fresh.copy) == (old.grant, old.slot + 1, 0)
    assert desk.verify(old.token).verdict == "void"
    assert desk.verify(fresh.token).verdict == "good"
    assert desk.second_verdict(fresh.token) == "good"
    last = [decode_envelope(event.envelope) for event in desk.store.state.events[-2:]]
    assert [event.type for event in last] == [facts.VOUCHER_VOIDED, facts.VOUCHER_ISSUED]
    assert last[1].refs["replaces"] == old.voucher
    assert desk.store.check().ok


def test_nothing_is_voided_when_the_commit_of_a_replacement_fails(desk: PaperDesk) -> None:
    old = desk.issued()
    before = desk.store.state
    desk.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    with pytest.raises(EnvironmentFault):
        desk.replace(TELLER, old.voucher, "damaged")
    assert desk.store.state is before


def test_replacing_never_prolongs_and_ends_with_the_last_good_day(desk: PaperDesk) -> None:
    old = desk.issued()
    desk.clock.advance(5 * DAY_MS)
    fresh = desk.replace(TELLER, old.voucher, "damaged")
    assert fresh.expires_on == old.expires_on
    assert read_token(fresh.token).voucher.issued_at > read_token(old.token).voucher.issued_at

    desk.clock.advance(400 * DAY_MS)
    assert refused(lambda: desk.replace(TELLER, fresh.voucher, "damaged")).code == "voucher_expired"


def test_the_same_intent_replaces_once(desk: PaperDesk) -> None:
    old = desk.issued()
    first = desk.replace(TELLER, old.voucher, "damaged", intent="slip-1")
    events = len(desk.store.state.events)
    assert desk.replace(TELLER, old.voucher, "damaged", intent="slip-1") == first
    assert len(desk.store.state.events) == events
    again = refused(lambda: desk.replace(TELLER, old.voucher, "damaged", intent="slip-2"))
    assert again.code == "voucher_void"


def test_what_cannot_be_replaced_stays_as_it_was(desk: PaperDesk) -> None:
    used, good = desk.issued(), desk.issued("SPEND200")
    desk.redeem(used, 1)
    desk.store.state.tables.grants[good.grant] = replace(
        desk.store.state.tables.grants[good.grant], used=frozenset(range(1, 101))
    )
    before = desk.store.state
    for voucher, reason, code in (
        (used.voucher, "damaged", "voucher_redeemed"),
        (good.voucher, "damaged", "grant_exhausted"),
        (good.voucher, "", "replace_reason_missing"),
        ("9-9", "damaged", "voucher_unknown"),
    ):
        error = refused(lambda v=voucher, r=reason: desk.replace(TELLER, v, r))
        assert error.code == code
        assert desk.store.state is before
    desk.store.state = replace(desk.store.state, condition=TerminalCondition.FROZEN)
    assert refused(lambda: desk.replace(TELLER, good.voucher, "moved")).code == "terminal_frozen"


def test_a_second_person_is_checked_before_a_replacement(desk: PaperDesk) -> None:
    old = desk.issued()
    code = bank.SUPERVISOR.code
    error = refused(
        lambda: desk.replace(TELLER, old.voucher, "damaged", second=code, second_pin="1")
    )
    assert error.code == "pin_wrong"
    assert desk.verify(old.token).verdict == "good"


def test_a_right_is_signed_away_once_and_for_good(desk: PaperDesk) -> None:
    home = desk.issued()
    desk.release(TELLER, home.voucher, "pays in B002")
    events = len(desk.store.state.events)
    desk.release(TELLER, home.voucher, "pays in B002")
    kind, fields = desk.last()

    assert len(desk.store.state.events) == events
    assert kind == facts.VOUCHER_RELEASED
    assert fields == {
        "grant": home.grant, "slots": [[home.slot, home.slot]], "reason": "pays in B002",
    }  # fmt: skip
    with desk.store.read() as reading:
        assert reading.standing(home.grant, home.slot).is_released
    for act in (desk.void, desk.replace):
        error = refused(lambda act=act: act(TELLER, home.voucher, "mislaid"))
        assert error.code == "voucher_released"
    with desk.store.read() as reading:
        assert not reading.standing(home.grant, home.slot + 1).is_released
    page = ShowCustomerPage(desk.store, desk.clock)(home.customer)
    assert page.timeline[0].facts["vouchers"] == [home.voucher]
    assert desk.store.check().ok


def test_only_who_holds_the_right_can_sign_it_away(desk: PaperDesk) -> None:
    anywhere, kept = desk.issued("GIFTBOX"), desk.issued("SPEND200")
    assert (
        refused(lambda: desk.release(TELLER, anywhere.voucher, "moved")).code == "release_needless"
    )
    assert refused(lambda: desk.release(TELLER, kept.voucher, "moved")).code == "release_of_other"
    desk.tell(keepers=(Keeper("B001", bank.TERMINAL, frozenset({bank.TERMINAL})),))
    assert desk.release(TELLER, kept.voucher, "moved").voucher == kept.voucher


def test_nothing_is_released_that_is_worth_nothing_or_without_a_reason(desk: PaperDesk) -> None:
    used, voided = desk.issued(), desk.issued("SPEND200")
    desk.redeem(used, used.face_minor)
    desk.void(TELLER, voided.voucher, "mistake")
    assert refused(lambda: desk.release(TELLER, used.voucher, "moved")).code == "voucher_redeemed"
    assert refused(lambda: desk.release(TELLER, voided.voucher, "moved")).code == "voucher_void"
    assert refused(lambda: desk.release(TELLER, used.voucher, "")).code == "release_reason_missing"


def test_what_came_out_together_is_one_event_with_what_was_not_known_yet(desk: PaperDesk) -> None:
    first, second, third = (desk.issued(offer) for offer in ("PHONE10", "SPEND200", "GIFTBOX"))
    desk.confirm(TELLER, (first.voucher,))
    records = desk.confirm(TELLER, (first.voucher, second.voucher, third.voucher), "a5")
    assert [found.voucher for found in records] == [first.voucher, second.voucher, third.voucher]
    items = [[second.grant, second.slot, 0], [third.grant, third.slot, 0]]
    assert desk.last() == (facts.VOUCHER_PRINTED, {"items": items, "layout": "a5"})
    desk.void(TELLER, third.voucher, "mistake")
    events = len(desk.store.state.events)
    assert refused(lambda: desk.confirm(TELLER, (second.voucher, third.voucher)))
    assert len(desk.store.state.events) == events


def test_it_came_out_takes_a_voucher_off_the_list_once(desk: PaperDesk) -> None:
    first, second = desk.issued(), desk.issued("SPEND200")
    desk.reprint(TELLER, second.voucher, "damaged")
    desk.confirm(TELLER, (second.voucher,))
    assert desk.last() == (
        facts.VOUCHER_PRINTED,
        {"items": [[second.grant, second.slot, 1]], "layout": IN_DOUBT},
    )
    events = len(desk.store.state.events)
    desk.confirm(TELLER, (second.voucher,))
    assert len(desk.store.state.events) == events
    with desk.store.read() as reading:
        assert [found.voucher for found in reading.vouchers(unprinted=True)] == [first.voucher]
    desk.void(TELLER, first.voucher, "mistake")
    with desk.store.read() as reading:
        assert reading.vouchers(unprinted=True) == ()
    assert refused(lambda: desk.confirm(TELLER, (first.voucher,))).code == "voucher_void"
    assert refused(lambda: desk.confirm(TELLER, ("9-9",))).code == "voucher_unknown"
