"""Lending on real stores: no pool is ever exceeded, and money comes back only by the rules."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.token import authentic_grant, authenticate
from tests.integration.postgres_fixture import empty_database
from tests.office_fixture import TestBank, new_bank, sample_campaign, with_offer

Campaign = dict[str, object]


@contextmanager
def bank_with(request: pytest.FixtureRequest, home: Path, campaign: Campaign) -> Iterator[TestBank]:
    """Found an office of the asked kind with its own campaign."""
    with ExitStack() as stack:
        url = ""
        if request.param == "postgres":
            url = stack.enter_context(empty_database(request.getfixturevalue("postgres_url")))
        yield stack.enter_context(new_bank(home, url, campaign))


STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=STORES)
def small_pool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestBank]:
    """A bank whose PHONE10 pool has 60 slots and whose GIFTBOX count is 40."""
    campaign = with_offer("PHONE10", budget_minor=60_000)
    gift = next(o for o in campaign["offers"] if o["code"] == "GIFTBOX")
    gift.update(count=40, allowance_minor=8_000)
    with bank_with(request, tmp_path / "office", campaign) as bank:
        yield bank


def test_grants_are_signed_for_the_terminal_and_come_down_the_content_lane(bank: TestBank) -> None:
    terminal = bank.terminal()
    lent = terminal.borrow()
    assert len(lent.numbers) == 6
    keys = terminal.public_keys(KeyUse.GRANT)
    for held in terminal.grants.values():
        assert authentic_grant(held.value, keys)
        assert held.value.terminal_key == terminal.key.public_key
        assert held.value.slots >= 100
    token = terminal.issue(terminal.register())
    authenticate(token, keys)


def test_asking_again_lends_nothing_until_half_is_used(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    assert terminal.borrow().numbers == ()
    held = terminal.held("SPEND200")
    customer = terminal.register()
    half = held.value.slots // 2
    for _ in range(half):
        terminal.issue(customer, "SPEND200")
    terminal.push()
    assert terminal.borrow().numbers == ()
    for _ in range(2):
        terminal.issue(customer, "SPEND200")
    terminal.push()
    assert len(terminal.borrow().numbers) == 1


def test_fifty_terminals_asking_at_once_for_the_last_slots_never_exceed_the_pool(
    small_pool: TestBank,
) -> None:
    outlets = ["B001", "B002", "B003", "V001", "V002"]
    terminals = [small_pool.terminal(outlets[i % 5]) for i in range(50)]
    doors = [small_pool.office, *(small_pool.another_office() for _ in range(3))]
    failures: list[BaseException] = []
    begin = threading.Barrier(50)

    def ask(place: int) -> None:
        terminal = terminals[place]
        terminal.office = doors[place % len(doors)]
        begin.wait()
        try:
            for _ in range(2):
                terminal.borrow()
        except BaseException as error:  # re-raised in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    phone = sum(t.free("PHONE10") for t in terminals)
    gifts = sum(t.free("GIFTBOX") for t in terminals)
    assert phone == 60
    line = small_pool.offer("PHONE10")
    assert line["committed_minor"] == 60_000
    gift = small_pool.offer("GIFTBOX")
    # 50 allowances of one gift each do not fit beside 40 gifts: what fits is held back first.
    assert gift["slots_lent"] + gift["reserve_minor"] // 8_000 <= 40
    assert gifts == gift["slots_lent"]
    assert small_pool.office.audit().violations == ()


def test_the_end_of_a_pool_is_lent_one_slot_at_a_time(small_pool: TestBank) -> None:
    terminal = small_pool.terminal()
    sizes = []
    customer = terminal.register()
    for _ in range(60):
        terminal.borrow()
        if not terminal.free("PHONE10"):
            break
        held = terminal.held("PHONE10")
        sizes.append(held.value.slots)
        while terminal.free("PHONE10"):
            terminal.issue(customer)
        terminal.push()
    assert sum(sizes) == 60
    assert sizes[0] == 30
    assert sizes[-3:] == [1, 1, 1]
    assert small_pool.offer("PHONE10")["committed_minor"] == 60_000


def test_returned_slots_free_the_budget_and_known_issued_ones_do_not(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    held = terminal.held("PHONE10")
    terminal.issue(customer)
    for number in range(2):
        terminal.issue(terminal.register(phone=f"+861390013900{number}"))
    before = bank.offer("PHONE10")["committed_minor"]
    terminal.give_back(held.value.number, (2, 10), (20, 29))
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["slots_issued"]
    assert bank.offer("PHONE10")["committed_minor"] == before - 17 * 1000
    terminal.give_back(held.value.number, (9, 12))
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["slots_returned_before"]
    assert bank.offer("PHONE10")["committed_minor"] == before - 19 * 1000
    terminal.issue(customer, slot=25)
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["slot_returned"]
    assert bank.office.audit().violations == ()


def test_a_frozen_terminal_gets_nothing_and_its_facts_still_stand(bank: TestBank) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    terminal.borrow()
    terminal.issue(terminal.register())
    frozen = bank.office.revoke_terminal(terminal.number, "stolen")
    assert len(frozen.grants) == 6
    with pytest.raises(RuleViolation, match="terminal_frozen"):
        terminal.borrow()
    (answer,) = terminal.push()
    assert [(n.verdict, n.code) for n in answer.notices] == [("flagged", "issued_while_frozen")]
    other.pull(Lane.URGENT)
    assert other.items_of(ItemKind.REVOCATION) == [
        {"what": "terminal", "number": terminal.number, "slots": [], "reason": "stolen"}
    ]
    terminal.give_back(next(iter(terminal.grants)), (50, 60))
    committed = [line["committed_minor"] for line in bank.office.status()["offers"]]  # type: ignore[attr-defined]  # JSON-ready
    (answer,) = terminal.push()
    assert answer.notices[0].code == "grant_not_live"
    after = [line["committed_minor"] for line in bank.office.status()["offers"]]  # type: ignore[attr-defined]  # JSON-ready
    assert after == committed
    assert bank.office.audit().ok


@pytest.mark.parametrize(
    ("offer", "waits_for"),
    [("RATE50", ()), ("PHONE10", ("holder",)), ("SPEND200", ("holder", "mate")),
     ("GIFTBOX", ("holder", "mate", "stranger"))],
)  # fmt: skip
def test_money_for_revoked_slots_is_held_until_every_offline_redeemer_has_seen_it(
    bank: TestBank, offer: str, waits_for: tuple[str, ...]
) -> None:
    people = {
        "holder": bank.terminal("B001"), "mate": bank.terminal("B001"),
        "stranger": bank.terminal("V001"),
    }  # fmt: skip
    holder = people["holder"]
    holder.borrow()
    before = bank.offer(offer)
    held = holder.held(offer)
    holder.issue(holder.register(), offer)
    holder.push()
    revoked = bank.office.revoke_grant(held.value.number, "mistake")
    assert (revoked.slots_revoked, revoked.slots_issued) == (held.value.slots - 1, 1)
    line = bank.offer(offer)
    freed = (held.value.slots - 1) * line["cost_cap_minor"]
    assert line["committed_minor"] == before["committed_minor"] - freed
    for name in waits_for:
        assert bank.offer(offer)["reserve_minor"] == before["reserve_minor"] + freed
        people[name].pull(Lane.URGENT)
        people[name].pull(Lane.URGENT)
    assert bank.offer(offer)["reserve_minor"] == before["reserve_minor"]
    assert bank.office.audit().violations == ()
    assert bank.office.revoke_grant(held.value.number).slots_revoked == 0


def test_a_budget_below_what_is_committed_is_a_target_and_lends_nothing(bank: TestBank) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    terminal.borrow()
    number = int(bank.offer("PHONE10")["offer"])
    changed = bank.office.budget(number, 1_000)
    assert changed.is_target
    other.borrow()
    assert other.free("PHONE10") == 0
    assert bank.office.audit().violations == ()
    held = terminal.held("PHONE10")
    terminal.give_back(held.value.number, (1, held.value.slots))
    terminal.push()
    assert bank.offer("PHONE10")["committed_minor"] == 0
    assert bank.office.audit().violations == ()
    other.borrow()
    assert other.free("PHONE10") == 1


def test_publishing_again_changes_nothing_and_a_change_makes_the_next_version(
    bank: TestBank,
) -> None:
    first = bank.office.publish(sample_campaign())
    assert first.version == 1
    raised = with_offer("SALON", budget_minor=31_500_000)
    second = bank.office.publish(raised)
    assert (second.version, second.offers) == (2, first.offers)
    assert bank.offer("SALON")["budget_minor"] == 31_500_000
    terminal = bank.terminal()
    terminal.pull()
    assert len(terminal.items_of(ItemKind.CAMPAIGN)) == 1
    assert bank.office.audit().ok


def test_what_a_grant_promised_cannot_be_changed_any_more(bank: TestBank) -> None:
    changed = with_offer("FEEFREE", cost_cap_minor=1_900)
    bank.office.publish(changed)
    bank.terminal().borrow()
    with pytest.raises(RuleViolation) as caught:
        bank.office.publish(with_offer("FEEFREE", cost_cap_minor=2_000))
    assert caught.value.code == "offer_terms_fixed"
    assert caught.value.facts["field"] == "cost_cap_minor"
    with pytest.raises(RuleViolation, match="offer_terms_fixed"):
        bank.office.check_campaign(with_offer("FEEFREE", cost_cap_minor=2_000))
    assert bank.offer("FEEFREE")["cost_cap_minor"] == 1_900


def test_an_offer_code_of_another_campaign_is_refused(bank: TestBank) -> None:
    other = {**sample_campaign(), "code": "ANOTHER2026"}
    with pytest.raises(RuleViolation, match="offer_code_taken"):
        bank.office.publish(other)
    assert bank.office.audit().ok


def test_a_campaign_too_large_or_malformed_is_refused_whole(bank: TestBank) -> None:
    broken = with_offer("SALON", policy=7)
    with pytest.raises(ContractFault, match="bundle_invalid"):
        bank.office.publish(broken)
    huge = sample_campaign()
    track = huge["talk_tracks"][0]
    huge["talk_tracks"] = [
        {**track, "code": f"T{number}", "text": {"zh": "话" * 1_900, "en": "x" * 1_900}}
        for number in range(700)
    ]
    with pytest.raises(ContractFault, match="too_large"):
        bank.office.publish(huge)
    assert bank.office.publish(sample_campaign()).version == 1
