"""Erasing a person takes two people and leaves the ledger; merges are proposed and undone."""

from collections.abc import Callable

import pytest

from branchdesk.application.correct_customer import CorrectCustomer
from branchdesk.application.customer_page import Correction, TimelineKind
from branchdesk.application.erase_customer import EraseCustomer
from branchdesk.application.merge_customers import ProposeMerge, UndoMerge
from branchdesk.application.models import Session
from branchdesk.application.ports import Unlocked, Vault
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.application.show_customers import FindCustomers, RevealCustomer
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from tests.fakes.counter import TELLER, Counter

PIN = "246810"


class Door:
    """As much of a vault as the second person needs; remembers who tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def unlock(self, staff: str, pin: str) -> Unlocked:
        """Open for the supervisor's PIN."""
        self.tried.append(staff)
        if (staff, pin) != ("S001", PIN):
            raise RuleViolation("pin_wrong", staff=staff, tries_left=4)
        return Unlocked(bytes(32), must_choose_pin=False)


class Desk(Counter):
    """A counter with a supervisor near."""

    def __init__(self, *offers: str) -> None:
        super().__init__(*offers)
        self.door = Door()
        vault: Vault = self.door  # type: ignore[assignment]  # checking a PIN unlocks and nothing else
        self._erase = EraseCustomer(
            self.store, SecondPerson(vault, self.randomness), self.randomness
        )
        self.propose = ProposeMerge(self.store, self.randomness)
        self.undo = UndoMerge(self.store, self.randomness)
        self.page = ShowCustomerPage(self.store, self.clock)

    def erase(
        self,
        customer: str,
        reason: str = "本人要求",
        *,
        second: str = "S001",
        pin: str = PIN,
        session: Session = TELLER,
        intent: str | None = None,
    ) -> None:
        """Erase with a second person."""
        self._erase(session, customer, reason, second, pin, intent=intent)


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value.code


def test_what_is_left_of_an_erased_person_is_the_ledger_s_side() -> None:
    desk = Desk("PHONE10")
    answer = desk.register(interests=["理财"], referrer="R1", issue=["PHONE10"])

    desk.erase(answer.customer)

    page = desk.page(answer.customer)
    assert page.erased
    assert (page.name, page.phone, page.document, page.channel, page.referrer) == ("",) * 5
    assert (page.interests, page.needs, page.consents, page.merges) == ((), (), (), ())
    assert page.registered_by == "T001"
    assert [held.voucher for held in page.vouchers] == [answer.vouchers[0].voucher]
    assert [entry.kind for entry in page.timeline] == [
        TimelineKind.ERASED, TimelineKind.VOUCHER_ISSUED, TimelineKind.REGISTERED,
    ]  # fmt: skip
    assert page.timeline[0].facts == {"reason": "本人要求", "second": "S001"}
    assert FindCustomers(desk.store)("李䶮") == FindCustomers(desk.store)("8000") == ()
    assert answer.customer not in desk.store.state.person_keys
    assert desk.store.check().ok


def test_nothing_more_is_done_with_an_erased_person() -> None:
    desk = Desk("PHONE10")
    customer, other = desk.register().customer, desk.register(phone="13900139000").customer
    desk.erase(customer)

    for act in (
        lambda: desk.issue(customer, "PHONE10"),
        lambda: RevealCustomer(desk.store, desk.randomness)(TELLER, customer, ["name"], "核对"),
        lambda: CorrectCustomer(desk.store, desk.randomness)(
            TELLER, customer, Correction(name="王芳", reason="错字")
        ),
        lambda: desk.propose(TELLER, other, customer, "同一人"),
        lambda: desk.erase(customer),
    ):
        assert _refused(act) == "customer_erased"


def test_the_person_may_come_again_as_somebody_new() -> None:
    desk = Desk("PHONE10")
    before = desk.register(issue=["PHONE10"])
    desk.erase(before.customer)

    again = desk.register(issue=["PHONE10"])

    assert again.duplicates == ()
    assert again.customer != before.customer


def test_a_registration_is_not_made_good_by_its_intent_after_an_erasure() -> None:
    desk = Desk()
    customer = desk.register(intent="W").customer
    desk.erase(customer)

    assert _refused(lambda: desk.register(intent="W")) == "intent_reused"


@pytest.mark.parametrize(
    ("changes", "code", "tried"),
    [
        ({"reason": " "}, "erase_reason_missing", False),
        ({"reason": "李䶮要求"}, "reason_names_person", False),
        ({"reason": "电话 138-0013-8000"}, "reason_names_person", False),
        ({"second": ""}, "second_person_missing", False),
        ({"second": "T001"}, "second_person_same", False),
        ({"second": "S001", "session": Session("S001")}, "second_person_same", False),
        ({"pin": "000000"}, "pin_wrong", True),
    ],
)
def test_without_a_reason_or_a_second_person_nothing_is_erased(
    changes: dict[str, object], code: str, tried: bool
) -> None:
    desk = Desk()
    customer = desk.register().customer
    before = desk.store.state

    assert _refused(lambda: desk.erase(customer, **changes)) == code  # type: ignore[arg-type]  # the test names the parameters
    assert desk.store.state is before
    assert bool(desk.door.tried) is tried


def test_a_mistyped_id_costs_the_supervisor_no_try() -> None:
    desk = Desk()
    assert _refused(lambda: desk.erase("C404", pin="000000")) == "customer_unknown"
    assert desk.door.tried == []


def test_the_same_intent_erases_once_and_another_body_is_refused() -> None:
    desk = Desk()
    customer = desk.register().customer
    desk.erase(customer, intent="E")
    events = desk.store.state.events

    desk.erase(customer, intent="E")

    assert desk.store.state.events == events
    assert _refused(lambda: desk.erase(customer, "另一个原因", intent="E")) == "intent_reused"


def test_a_reason_for_looking_names_nobody_either() -> None:
    desk = Desk()
    customer = desk.register(
        consents=["service", "sensitive"], document={"type": "passport", "number": "E12345678"}
    ).customer
    reveal = RevealCustomer(desk.store, desk.randomness)
    for reason in ("给李䶮回电", "回电13800138000", "核对 e12345678"):
        assert _refused(
            lambda reason=reason: reveal(TELLER, customer, ["name"], reason)
        ) == "reason_names_person"  # fmt: skip


# Merges


def test_a_proposed_merge_stands_on_both_pages_until_it_is_undone() -> None:
    desk = Desk()
    kept, other = desk.register().customer, desk.register(name="王芳").customer
    desk.clock.advance(1000)

    merge = desk.propose(TELLER, kept, other, "同一人，两次登记")

    (standing,) = desk.page(kept).merges
    assert (standing.merge, standing.other, standing.kept) == (merge, other, True)
    assert (standing.other_name, standing.other_phone) == ("王*", "138****8000")
    (mirrored,) = desk.page(other).merges
    assert (mirrored.other, mirrored.other_name, mirrored.kept) == (kept, "李*", False)
    newest = desk.page(other).timeline[0]
    assert (newest.kind, newest.facts["other"]) == (TimelineKind.MERGE_PROPOSED, kept)

    desk.undo(TELLER, merge, "核对后不是同一人")

    assert desk.page(kept).merges == desk.page(other).merges == ()
    assert desk.page(kept).timeline[0].kind is TimelineKind.MERGE_UNDONE
    assert desk.store.check().ok


def test_a_proposal_may_be_made_again_once_it_was_undone() -> None:
    desk = Desk()
    kept, other = desk.register().customer, desk.register().customer
    merge = desk.propose(TELLER, kept, other, "同一人")
    assert _refused(lambda: desk.propose(TELLER, other, kept, "同一人")) == "merge_exists"
    desk.undo(TELLER, merge, "不确定")
    assert _refused(lambda: desk.undo(TELLER, merge, "不确定")) == "merge_already_undone"
    assert desk.propose(TELLER, kept, other, "确定了") != merge


@pytest.mark.parametrize(
    ("kept", "other", "reason", "code"),
    [
        ("", "", "同一人", "merge_same"),
        ("", "C404", "同一人", "customer_unknown"),
        ("C404", "", "同一人", "customer_unknown"),
        ("", "2", " ", "merge_reason_missing"),
        ("", "2", "都是李䶮", "reason_names_person"),
    ],
)
def test_what_is_no_merge_is_refused(kept: str, other: str, reason: str, code: str) -> None:
    desk = Desk()
    first, second = desk.register().customer, desk.register(name="王芳").customer
    names = {"": first, "2": second}
    before = desk.store.state

    act = lambda: desk.propose(TELLER, names.get(kept, kept), names.get(other, other), reason)  # noqa: E731  # one line, used once

    assert _refused(act) == code
    assert desk.store.state is before
    assert _refused(lambda: desk.undo(TELLER, "M404", "不是")) == "merge_unknown"


def test_the_same_intent_proposes_and_undoes_once() -> None:
    desk = Desk()
    kept, other = desk.register().customer, desk.register().customer
    merge = desk.propose(TELLER, kept, other, "同一人", "P")
    assert desk.propose(TELLER, kept, other, "同一人", "P") == merge
    assert _refused(lambda: desk.propose(TELLER, kept, other, "别的", "P")) == "intent_reused"
    desk.undo(TELLER, merge, "不是", "U")
    desk.undo(TELLER, merge, "不是", "U")
    kinds = [facts.MERGE_PROPOSED, facts.MERGE_UNDONE]
    with desk.store.read() as reading:
        assert [one.event_type for one in reading.happenings(kept)][1::-1] == kinds


def test_a_proposal_ends_with_the_person() -> None:
    desk = Desk()
    kept, other = desk.register().customer, desk.register().customer
    desk.propose(TELLER, kept, other, "同一人")

    desk.erase(other)

    assert desk.page(kept).merges == desk.page(other).merges == ()
