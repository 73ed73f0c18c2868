"""Head office lost and made again from a backup: no money is lost, nothing is lent twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from branchdesk.errors import BranchDeskError, EnvironmentFault, RuleViolation
from branchdesk.headoffice import back_up
from branchdesk.headoffice.office import Office, init_office, open_office, restore_office
from branchdesk.headoffice.tables import cases, epochs, grants, slots_out
from branchdesk.protocol.http import GrantsWish
from branchdesk.protocol.redemption import Wish
from branchdesk.protocol.verdict import Verdict
from tests.integration.postgres_fixture import empty_database
from tests.office_fixture import PASSPHRASE, URL, StillClock, TestBank, new_bank
from tests.simulated_terminal import SimulatedTerminal


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Give an empty database for each restore, of the kind of the bank's own store."""
    with ExitStack() as stack:

        def fresh() -> str:
            if request.node.callspec.params.get("bank") != "postgres":
                return ""
            return stack.enter_context(empty_database(request.getfixturevalue("postgres_url")))

        yield fresh


def restored(bank: TestBank, backup: Path, database_url: str, name: str = "again") -> Office:
    """Restore beside the lost office and open what came of it."""
    home = bank.home.parent / name
    restore_office(home, PASSPHRASE, backup, database_url or None, clock_ms=bank.clock)
    office = open_office(home, PASSPHRASE, bank.clock)
    bank.others.append(office)
    return office


def tell(terminal: SimulatedTerminal, office: Office) -> None:
    """Let a terminal meet the restored office: from its lower head, then ask for grants."""
    terminal.office = office
    terminal.acked_seq = office.head(terminal.number, terminal.epoch, bytes(16)).seq
    terminal.push()
    terminal.borrow()


def meets(terminal: SimulatedTerminal, office: Office) -> int:
    """Let a terminal ask the restored office where it stands, and say its new epoch."""
    terminal.office = office
    return office.head(terminal.number, terminal.epoch, bytes(16)).ho_epoch


def committed(office: Office, code: str = "PHONE10") -> int:
    offers = office.status()["offers"]
    assert isinstance(offers, list)
    return next(int(line["committed_minor"]) for line in offers if line["code"] == code)


def test_a_backup_is_whole_and_gives_back_every_row(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    terminal.accept_grants()
    terminal.issue(terminal.register())
    terminal.push()
    backup = tmp_path / "b.bdbackup"
    done = bank.office.back_up(backup, PASSPHRASE)
    office = restored(bank, backup, place())

    assert done.rows > 100
    assert done.bytes == backup.stat().st_size
    before, after = bank.office.status(), office.status()
    for key in ("public_key", "customers", "vouchers", "events"):
        assert before[key] == after[key]
    assert committed(office) == committed(bank.office)
    assert office.audit().violations == ()
    assert b"PHONE10" not in backup.read_bytes()
    assert terminal.certificate not in backup.read_bytes()


def test_what_was_lent_between_backup_and_crash_is_learnt_from_the_terminals(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    old, new = bank.terminal(), bank.terminal("V001")
    old.borrow()
    old.accept_grants()
    old.push()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    new.borrow()
    new.accept_grants()
    new.issue(new.register())
    new.push()
    lent = committed(bank.office)
    office = restored(bank, tmp_path / "b", place())

    assert office.learning().awaited == (old.number, new.number)
    assert committed(office) < lent
    tell(new, office)
    assert committed(office) == lent
    assert office.learning().awaited == (old.number,)
    # Nothing is lent to anybody while somebody may still hold what we forgot.
    assert not office.lend(new.number, 1).numbers
    tell(old, office)
    assert not office.learning().learning
    assert office.status()["vouchers"] == 1
    third = SimulatedTerminal(office, "B002", clock_ms=bank.clock)
    third.borrow()
    with office.context.database.read() as connection:
        numbers = [row.grant for row in connection.execute(select(grants).order_by(grants.c.grant))]
    assert third.held("PHONE10").value.number > max(new.grants)
    assert len(numbers) == len(set(numbers))
    assert office.audit().violations == ()


def test_only_a_wish_that_knows_of_the_restore_and_left_nothing_unsent_says_that_all_was_told(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal = bank.terminal()
    terminal.push()
    before = terminal.ho_epoch
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    terminal.borrow()
    terminal.accept_grants()
    terminal.issue(terminal.register())
    terminal.push()
    lent = committed(bank.office)
    office = restored(bank, tmp_path / "b", place())
    ho_epoch = meets(terminal, office)

    # On its way since before the crash: everything had been told then, to the office that is gone.
    with pytest.raises(RuleViolation) as caught:
        office.lend(terminal.number, terminal.epoch, GrantsWish(before, 0))
    assert caught.value.code == "office_restored"
    for wish in (GrantsWish(), GrantsWish(ho_epoch, terminal.head.seq)):
        assert office.lend(terminal.number, terminal.epoch, wish).numbers == ()
        assert office.learning().awaited == (terminal.number,)
    assert committed(office) < lent

    terminal.push()
    terminal.borrow()
    assert not office.learning().learning
    assert committed(office) == lent
    assert office.audit().violations == ()


def test_a_wish_from_before_the_restore_is_refused_in_words_after_the_learning_too(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal = bank.terminal()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    terminal.borrow()
    terminal.accept_grants()
    terminal.push()
    before = terminal.ho_epoch
    office = restored(bank, tmp_path / "b", place())
    office.end_learning("终端失窃", office.approve(None, by_two=True))
    # Its grants are not in the books: lent now, it would hold twice what it needs.
    with pytest.raises(RuleViolation) as caught:
        office.lend(terminal.number, terminal.epoch, GrantsWish(before, 0))
    assert caught.value.code == "office_restored"
    tell(terminal, office)
    assert len(terminal.grants) == len({g.value.offer for g in terminal.grants.values()})


def test_redeeming_online_waits_until_the_terminals_have_told(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    terminal.borrow()
    terminal.accept_grants()
    token = terminal.issue(terminal.register(), "RATE50")
    terminal.push()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    # Redeemed after the backup: the restored office has forgotten it and must not pay again.
    first = UUID(int=6)
    assert (
        other.ask(Wish.REDEEM, token, intent=first, purchase_minor=30_000).verdict is Verdict.GOOD
    )
    other.redeem(token, "online", intent=first)
    office = restored(bank, tmp_path / "b", place())
    terminal.office = other.office = office
    intent = UUID(int=7)
    for wish in (Wish.VERIFY, Wish.REDEEM):
        answer = other.ask(wish, token, intent=intent)
        assert (answer.verdict, answer.facts["why"]) == (Verdict.NEEDS_LINE, "learning")
    # What was not told yet cannot be undone, and is not called unknown.
    undo = {"intent": UUID(int=8), "redemption": first.bytes, "reason": "客户改主意"}
    answer = other.ask(Wish.UNDO, token, **undo)
    assert (answer.verdict, answer.facts["why"]) == (Verdict.NEEDS_LINE, "learning")
    tell(terminal, office)
    tell(other, office)

    # A deferred answer is none: the same intent is judged once everybody has told.
    assert other.ask(Wish.REDEEM, token, intent=intent).verdict is Verdict.USED
    assert other.ask(Wish.UNDO, token, **undo).verdict is Verdict.GOOD
    assert office.audit().violations == ()


def test_a_feed_goes_on_above_what_terminals_have_seen(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    for _ in range(5):
        bank.office.one_time_code("T001")
    terminal.pull()
    office = restored(bank, tmp_path / "b", place())
    tell(terminal, office)
    office.one_time_code("T001")
    terminal.pull()

    seen = [item.number for item in terminal.items]
    assert seen == sorted(seen)
    assert terminal.items[-1].kind == "staff"


def test_one_terminal_that_never_comes_back_is_given_up_by_two_and_covered_only_by_what_is_free(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    lost, here = bank.terminal(), bank.terminal("V001")
    here.push()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    lost.borrow()
    lost.accept_grants()
    office = restored(bank, tmp_path / "b", place())
    tell(here, office)
    assert office.learning().awaited == (lost.number,)
    ended = office.end_learning("终端失窃", office.approve(None, by_two=True))
    assert ended.awaited == (lost.number,)
    assert not office.learning().learning

    # The money goes elsewhere; then the lost one turns up after all, with what it was lent.
    grant = lost.held("PHONE10").value
    offer = next(int(o["offer"]) for o in office.status()["offers"]  # type: ignore[attr-defined]  # JSON
                 if o["code"] == "PHONE10")  # fmt: skip
    line = next(o for o in office.status()["offers"] if o["code"] == "PHONE10")  # type: ignore[attr-defined]  # JSON
    free = 3
    office.budget(offer, line["committed_minor"] + line["reserve_minor"]
                  + free * line["cost_cap_minor"])  # fmt: skip
    before = line["committed_minor"]
    tell(lost, office)

    assert committed(office) == before + free * line["cost_cap_minor"]
    with office.context.database.read() as connection:
        out = connection.execute(select(slots_out).where(slots_out.c.grant == grant.number)).one()
        kinds = [row.kind for row in connection.execute(select(cases))]
    assert (out.first, out.last, out.why) == (free + 1, grant.slots, "uncovered")
    assert "grant_beyond_budget" in kinds
    assert office.audit().violations == ()


def test_a_forged_or_foreign_grant_is_never_learnt(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal, other = bank.terminal(), bank.terminal("V001")
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    other.borrow()
    theirs = next(iter(other.grants.values()))
    office = restored(bank, tmp_path / "b", place())
    terminal.accept(theirs.record, theirs.campaign, theirs.offer_code)
    terminal.accept(theirs.record[:-1] + bytes([theirs.record[-1] ^ 1]), "SPRING", "PHONE10")
    before = committed(office)
    tell(terminal, office)

    assert committed(office) == before
    assert [case["kind"] for case in office.cases()] == ["grant_of_other", "grant_unknown"]


def test_without_a_restore_an_unknown_grant_of_ours_is_an_alarm(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    record = next(iter(terminal.grants.values())).record
    number = next(iter(terminal.grants.values())).value.number
    with bank.office.context.database.read() as connection:
        assert connection.execute(select(grants).where(grants.c.grant == number)).one()
    bank.office.context.database.write(
        lambda c: c.execute(grants.delete().where(grants.c.grant == number))
    )
    terminal.accept(record, "SPRING", "PHONE10")
    terminal.push()
    assert [case["kind"] for case in bank.office.cases()] == ["grant_unknown"]


def test_a_terminal_enrolled_after_the_backup_joins_again_with_what_it_has(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    terminal = bank.terminal()
    office = restored(bank, tmp_path / "b", place())
    with pytest.raises(RuleViolation) as caught:
        office.head(terminal.number, 1, bytes(16))
    assert caught.value.code == "terminal_unknown"

    again = SimulatedTerminal(
        office, "B001", clock_ms=bank.clock, enrol_terminal=terminal.number,
        earlier=(terminal.certificate,),
    )  # fmt: skip
    assert (again.number, again.epoch > 1) == (terminal.number, True)
    # The certificate that we signed and forgot is known again, so its chain goes up.
    assert office.terminal_key(terminal.number, 1) == terminal.key.public_key
    terminal.office = office
    terminal.register()
    terminal.push()
    assert office.status()["customers"] == 1
    assert office.audit().violations == ()


def test_two_offices_out_of_one_backup_number_no_epoch_alike(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal = bank.terminal()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    own, joined = [1], []
    for name in ("first", "second"):
        bank.clock.advance_days(1 / 24)
        office = restored(bank, tmp_path / "b", place(), name)
        own.append(office.learning().ho_epoch)
        # A copy of the terminal, which knows nothing of what another copy was given before.
        joined.append(
            SimulatedTerminal(
                office, "B001", clock_ms=bank.clock, enrol_terminal=terminal.number,
                earlier=(terminal.certificate,),
            )
        )  # fmt: skip
    first, second = joined
    assert own[0] < own[1] < own[2]
    assert terminal.epoch < first.epoch < second.epoch

    # What the first copy told the office in between goes up once that copy joins again.
    third = SimulatedTerminal(
        office, "B001", clock_ms=bank.clock, enrol_terminal=terminal.number,
        earlier=(terminal.certificate, first.certificate),
    )  # fmt: skip
    assert third.epoch > second.epoch
    first.office = office
    first.register()
    first.push()
    assert office.status()["customers"] == 1
    assert office.audit().violations == ()


@pytest.mark.parametrize("apart_ms", [0, 1_000, 20_000, -3_600_000])
def test_two_restores_of_one_backup_within_a_minute_are_two_offices_and_terminals_tell_both(
    bank: TestBank, tmp_path: Path, place: Callable[[], str], apart_ms: int
) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    terminal.accept_grants()
    terminal.push()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    if apart_ms:
        bank.clock.now_ms += 90_000
    first = restored(bank, tmp_path / "b", place(), "first")
    terminal.issue(terminal.register())
    tell(terminal, first)
    assert not first.learning().learning
    bank.clock.now_ms += apart_ms
    second = restored(bank, tmp_path / "b", place(), "second")
    assert first.learning().ho_epoch != second.learning().ho_epoch

    # What it last heard was the first one's word: that is no word to the second.
    terminal.office = second
    with pytest.raises(RuleViolation) as caught:
        terminal.borrow()
    assert caught.value.code == "office_restored"
    assert second.learning().awaited == (terminal.number,)
    terminal.push()
    terminal.borrow()
    assert not second.learning().learning
    assert second.status()["vouchers"] == 1
    assert second.audit().violations == ()


def test_a_clock_gone_wild_restores_an_office_whose_epochs_still_fit(
    bank: TestBank, tmp_path: Path, place: Callable[[], str]
) -> None:
    terminal = bank.terminal()
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    bank.clock.advance_days(400 * 365)
    office = restored(bank, tmp_path / "b", place())
    again = SimulatedTerminal(
        office, "B001", clock_ms=bank.clock, enrol_terminal=terminal.number,
        earlier=(terminal.certificate,),
    )  # fmt: skip
    again.register()
    again.push()
    assert terminal.epoch < again.epoch < 1 << 32
    assert office.status()["customers"] == 1


def test_only_a_finished_backup_raises_the_durable_mark(tmp_path: Path) -> None:
    with new_bank(tmp_path / "office") as bank:
        context = bank.office.context
        terminal = bank.terminal()
        terminal.register()
        terminal.push()
        office = Office(replace(context, durable_by_backup=True))
        assert office.head(terminal.number, 1, bytes(16)).durable_seq == 0
        with pytest.raises(EnvironmentFault) as caught:
            office.back_up(tmp_path / "nowhere" / "b", PASSPHRASE)
        assert caught.value.code == "backup_unwritable"
        assert office.head(terminal.number, 1, bytes(16)).durable_seq == 0
        office.back_up(tmp_path / "b", PASSPHRASE)
        seq = terminal.head.seq
        assert office.head(terminal.number, 1, bytes(16)).durable_seq == seq
        terminal.register()
        terminal.push()
        assert office.head(terminal.number, 1, bytes(16)).durable_seq == seq


def refusal(act: Callable[[], object]) -> tuple[str, object]:
    with pytest.raises(BranchDeskError) as caught:
        act()
    return caught.value.code, caught.value.facts.get("problem")


def test_a_bad_file_a_full_place_and_another_bank_are_refused_and_change_nothing(
    tmp_path: Path,
) -> None:
    with new_bank(tmp_path / "office") as bank:
        bank.terminal()
        backup, home = tmp_path / "b", tmp_path / "again"
        bank.office.back_up(backup, PASSPHRASE)
        whole = backup.read_bytes()

        def restore(data: bytes = whole, passphrase: str = PASSPHRASE, to: Path = home) -> object:
            broken = tmp_path / "broken"
            broken.write_bytes(data)
            return restore_office(to, passphrase, broken, clock_ms=bank.clock)

        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        assert refusal(lambda: restore(whole[:middle])) == ("backup_damaged", "cut_short")
        assert refusal(lambda: restore(flipped)) == ("backup_damaged", "frame")
        assert refusal(lambda: restore(whole + b"x")) == ("backup_damaged", "trailing")
        assert refusal(lambda: restore(b"PK\x03\x04")) == ("backup_damaged", "foreign")
        assert refusal(lambda: restore(passphrase="another passphrase"))[0] == (
            "wrong_office_passphrase"
        )
        assert refusal(lambda: restore(to=bank.home))[0] == "restore_target_not_empty"
        assert not home.exists()

    other = tmp_path / "other"
    init_office(other, PASSPHRASE, url=URL, clock_ms=StillClock())
    for path in other.glob("office.db*"):
        path.unlink()
    assert refusal(lambda: restore(to=other))[0] == "backup_of_other_bank"


def test_a_backup_shows_one_moment_whatever_is_written_meanwhile(
    bank: TestBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[], str]
) -> None:
    terminal = bank.terminal()
    terminal.register()
    terminal.push()
    dump, written = back_up._dump, []

    def dump_and_write(*arguments: object) -> int:
        if not written:
            written.append(True)
            terminal.register(phone="+8613800138009")
            terminal.push()
        return dump(*arguments)  # type: ignore[arg-type]  # as the original takes them

    monkeypatch.setattr(back_up, "_dump", dump_and_write)
    bank.office.back_up(tmp_path / "b", PASSPHRASE)
    office = restored(bank, tmp_path / "b", place())

    assert bank.office.status()["customers"] == 2
    assert office.status()["customers"] == 1
    assert office.audit().violations == ()
    seq = office.head(terminal.number, 1, bytes(16)).seq
    with bank.office.context.database.read() as connection:
        assert connection.execute(select(epochs.c.backed_up_seq)).scalar_one() == seq


def test_a_trials_backup_is_restored_into_postgresql(
    tmp_path: Path, postgres_database: str
) -> None:
    with new_bank(tmp_path / "office") as bank:
        terminal = bank.terminal()
        terminal.borrow()
        terminal.accept_grants()
        terminal.issue(terminal.register())
        terminal.push()
        bank.office.back_up(tmp_path / "b", PASSPHRASE)
        office = restored(bank, tmp_path / "b", postgres_database)

        assert office.context.database.is_postgres
        assert office.status()["vouchers"] == 1
        assert office.audit().violations == ()
        with pytest.raises(RuleViolation) as caught:
            restored(bank, tmp_path / "b", postgres_database, "third")
        assert caught.value.code == "restore_target_not_empty"
