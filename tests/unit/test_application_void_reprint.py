"""Void and reprint: a reason, a copy number inside the signature, and never a new voucher."""

from dataclasses import replace

import pytest

from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.models import TerminalCondition
from branchdesk.application.ports import Fact
from branchdesk.application.reprint_voucher import COPY_MAX
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.protocol import facts
from branchdesk.protocol.token import decode_voucher, read_token, token_bytes
from tests.fakes import bank
from tests.fakes.counter import TELLER
from tests.fakes.paper_desk import SUPERVISOR_PIN, PaperDesk, refused
from tests.fakes.store import FakeUnit


@pytest.fixture
def desk() -> PaperDesk:
    """A desk that has been lent PHONE10."""
    return PaperDesk("PHONE10")


def test_a_reprint_counts_up_inside_the_signature(desk: PaperDesk) -> None:
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


def test_a_superseded_copy_is_refused_by_code_and_by_short_code(desk: PaperDesk) -> None:
    first = desk.issued()
    newest = desk.reprint(TELLER, first.voucher, "damaged")

    assert desk.verify(first.token).verdict == "superseded"
    assert desk.verify(first.short_code).verdict == "superseded"
    assert desk.verify(newest.token).verdict == "good"
    assert desk.verify(newest.short_code).verdict == "good"


def test_a_copy_is_numbered_after_the_highest_that_head_office_knows(desk: PaperDesk) -> None:
    first = desk.issued()
    desk.tell(copies={(first.grant, first.slot): 4})
    assert desk.reprint(TELLER, first.voucher, "damaged").copy == 5


def test_a_reprint_is_not_known_to_be_printed_until_its_own_copy_was(desk: PaperDesk) -> None:
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


def test_the_same_intent_reprints_once_and_another_wish_under_it_isrefused(desk: PaperDesk) -> None:
    first = desk.issued()
    again = [desk.reprint(TELLER, first.voucher, "damaged", "slip-1") for _ in range(2)]
    assert again[0] == again[1]
    assert again[0].intent == "slip-1"
    error = refused(lambda: desk.reprint(TELLER, first.voucher, "lost", "slip-1"))
    assert error.code == "intent_reused"


def test_a_void_keeps_the_slot_and_records_why(desk: PaperDesk) -> None:
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


def test_what_was_voided_no_longer_counts_against_the_persons_limit(desk: PaperDesk) -> None:
    first = desk.issued()
    issue = IssueVoucher(desk.store, desk.clock, desk.randomness)
    limited = refused(lambda: issue(TELLER, first.customer, "PHONE10"))
    assert limited.code.startswith("limit_person")
    desk.void(TELLER, first.voucher, "mistake")

    second = issue(TELLER, first.customer, "PHONE10")

    assert (second.grant, second.slot) == (first.grant, first.slot + 1)


def limited(desk: PaperDesk, void_alone_minor: int) -> None:
    """Publish the campaign anew with another limit of what one person may void."""
    (found,) = desk.store.state.campaigns
    offers = tuple(
        replace(offer, void_alone_minor=void_alone_minor) for offer in found.campaign.offers
    )
    campaign = replace(found.campaign, offers=offers)
    desk.store.state = replace(desk.store.state, campaigns=(replace(found, campaign=campaign),))


def test_above_the_offers_value_a_void_takes_a_second_person_who_is_in_the_event(
    desk: PaperDesk,
) -> None:
    first = desk.issued()
    limited(desk, first.face_minor - 1)
    before = desk.store.state.head

    error = refused(lambda: desk.void(TELLER, first.voucher, "mistake", intent="slip-1"))
    assert (error.code, error.facts["limit_minor"]) == (
        "void_second_missing", first.face_minor - 1
    )  # fmt: skip
    error = refused(lambda: desk.replace(TELLER, first.voucher, "damaged"))
    assert error.code == "void_second_missing"
    assert desk.store.state.head == before

    desk.void(TELLER, first.voucher, "mistake", second=bank.SUPERVISOR.code,
              second_pin=SUPERVISOR_PIN, intent="slip-1")  # fmt: skip
    _, fields = desk.last()
    assert fields["second"] == bank.SUPERVISOR.code
    assert desk.verify(first.token).verdict == "void"


def test_up_to_the_offers_value_one_person_voids_alone(desk: PaperDesk) -> None:
    first = desk.issued()
    limited(desk, first.face_minor)
    desk.void(TELLER, first.voucher, "mistake")
    assert desk.last()[1]["second"] == ""


def test_what_is_void_already_is_said_before_a_second_person_is_called(desk: PaperDesk) -> None:
    first = desk.issued()
    desk.void(TELLER, first.voucher, "mistake")
    limited(desk, 0)
    assert refused(lambda: desk.void(TELLER, first.voucher, "mistake")).code == "voucher_void"


def test_the_same_intent_voids_once(desk: PaperDesk) -> None:
    first = desk.issued()
    desk.void(TELLER, first.voucher, "mistake", intent="slip-1")
    events = len(desk.store.state.events)
    assert desk.void(TELLER, first.voucher, "mistake", intent="slip-1").is_void
    assert len(desk.store.state.events) == events
    assert refused(lambda: desk.void(TELLER, first.voucher, "mistake")).code == "voucher_void"


def test_a_second_person_is_checked_and_recorded(desk: PaperDesk) -> None:
    first = desk.issued()
    supervisor = bank.SUPERVISOR.code

    def void(pin: str) -> object:
        return desk.void(TELLER, first.voucher, "mistake", second=supervisor, second_pin=pin)

    assert refused(lambda: void("000000")).code == "pin_wrong"
    void(SUPERVISOR_PIN)
    assert desk.last()[1]["second"] == supervisor


@pytest.mark.parametrize("act", ["void", "reprint"])
def test_what_cannot_be_acted_on_writes_nothing(desk: PaperDesk, act: str) -> None:
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
        assert refused(lambda v=voucher, r=reason: do(TELLER, v, r)).code == code
        assert desk.store.state is before


@pytest.mark.parametrize("act", ["void", "reprint"])
def test_what_was_used_up_voided_or_revoked_isrefused(act: str) -> None:
    used, voided, revoked = PaperDesk("PHONE10"), PaperDesk("PHONE10"), PaperDesk("PHONE10")
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
        error = refused(lambda d=do, v=vouchers[desk].voucher: d(TELLER, v, "damaged"))
        assert error.code == code


def test_a_partly_used_voucher_is_reprinted_but_not_voided(desk: PaperDesk) -> None:
    first = desk.issued()
    desk.redeem(first, first.face_minor - 1)
    assert refused(lambda: desk.void(TELLER, first.voucher, "mistake")).code == "voucher_redeemed"
    assert desk.reprint(TELLER, first.voucher, "damaged").copy == 1


def test_a_frozen_terminal_signs_no_copy_but_may_void(desk: PaperDesk) -> None:
    first = desk.issued()
    desk.store.state = replace(desk.store.state, condition=TerminalCondition.FROZEN)
    error = refused(lambda: desk.reprint(TELLER, first.voucher, "damaged"))
    assert error.code == "terminal_frozen"
    assert desk.void(TELLER, first.voucher, "mistake").voucher == first.voucher


def test_the_last_copy_number_is_the_last_reprint(desk: PaperDesk) -> None:
    first = desk.issued()
    desk.tell(copies={(first.grant, first.slot): COPY_MAX - 1})
    last = desk.reprint(TELLER, first.voucher, "damaged")
    assert decode_voucher(token_bytes(last.token)[1]).copy == COPY_MAX
    error = refused(lambda: desk.reprint(TELLER, first.voucher, "damaged"))
    assert error.code == "copies_exhausted"


def test_what_was_issued_under_a_key_that_is_gone_gets_no_copy_that_nobody_could_verify(
    desk: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.issued()
    monkeypatch.setattr(FakeUnit, "signing_key_of", lambda *_: None)
    error = refused(lambda: desk.reprint(TELLER, first.voucher, "damaged"))
    assert error.code == "copy_of_earlier_epoch"


def test_the_customers_page_tells_what_became_of_each_voucher(desk: PaperDesk) -> None:
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
