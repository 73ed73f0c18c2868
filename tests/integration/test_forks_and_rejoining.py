"""A terminal that was copied or set back: found out, frozen, at work again in a new epoch."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from branchdesk.app.desk.services import desk_services
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session, TerminalCondition, TerminalState
from branchdesk.application.ports import Fact
from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.headoffice.office import Office, open_office, restore_office
from branchdesk.protocol import facts
from branchdesk.protocol.enrolment import open_certificate
from branchdesk.ui.shell.settings import DeskSettings
from tests.direct_bank import PIN, STAFF, DirectBank, direct_bank
from tests.office_fixture import PASSPHRASE


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectBank]:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "terminal passphrase for tests")
    with direct_bank(tmp_path) as found:
        yield found


def state(terminal: Terminal) -> TerminalState:
    with terminal.store.read() as reading:
        return reading.terminal()


def fork_seen_by(terminal: Terminal) -> str:
    with pytest.raises(ContractFault) as caught:
        terminal.synchronise()
    assert caught.value.code == "fork_detected"
    return str(caught.value.facts["problem"])


def cases(office: Office) -> list[str]:
    return [str(case["kind"]) for case in office.cases()]


def works_again(bank: DirectBank, terminal: Terminal) -> None:
    """Rejoin and do a day's work; nothing of before is lost and the books agree."""
    before = state(terminal)
    code = bank.office.enrol_code(None, terminal=before.terminal).code
    after = terminal.rejoin(code)
    assert (after.terminal, after.epoch) == (before.terminal, before.epoch + 1)
    assert after.condition is TerminalCondition.ACTIVE
    terminal.synchronise()
    voucher = bank.serve(terminal)
    report = terminal.synchronise()
    assert (report.unsent, report.parked) == (0, 0)
    assert state(terminal).past_unsent == 0
    assert terminal.store.check().problems == ()
    with terminal.store.read() as reading:
        (kept,) = [v for v in reading.vouchers() if v.voucher == voucher.voucher]
        assert kept.voucher == voucher.voucher
    assert bank.office.audit().violations == ()


def test_a_database_set_back_with_its_second_file_loses_nothing(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    terminal.close()
    bank.copy("t", "backup")
    terminal = bank.unlocked("t")
    sold = bank.serve(terminal)
    terminal.close()
    # The database alone comes from the backup; the second file lies elsewhere and is newer.
    for part in ("", "-wal", "-shm"):
        old = bank.folder / "backup/store" / f"branchdesk.db{part}"
        target = bank.folder / "t/store" / f"branchdesk.db{part}"
        target.unlink(missing_ok=True)
        if old.exists():
            target.write_bytes(old.read_bytes())
    terminal = bank.unlocked("t")

    assert terminal.store.start_report.recovered_events > 0
    with terminal.store.read() as reading:
        assert [v.voucher for v in reading.vouchers()] == [sold.voucher]
    assert terminal.synchronise().unsent == 0
    assert bank.office.audit().violations == ()


def test_an_image_set_back_after_its_sales_were_sent_is_found_out_at_once(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    terminal.close()
    bank.copy("t", "backup")
    terminal = bank.unlocked("t")
    bank.serve(terminal)
    terminal.synchronise()
    terminal.close()
    bank.put_back("backup", "t")
    terminal = bank.unlocked("t")

    assert fork_seen_by(terminal) == "ahead"
    found = state(terminal)
    assert found.condition is TerminalCondition.FROZEN
    assert found.fork is not None
    assert found.fork.office_seq > found.head.seq
    with pytest.raises(RuleViolation) as caught:
        bank.serve(terminal)
    assert caught.value.code == "terminal_frozen"
    works_again(bank, terminal)


def test_an_image_set_back_with_unsent_sales_on_both_sides_keeps_both_as_evidence(
    bank: DirectBank,
) -> None:
    terminal = bank.terminal("t")
    terminal.close()
    bank.copy("t", "backup")
    terminal = bank.unlocked("t")
    bank.serve(terminal)
    terminal.synchronise()
    terminal.close()
    bank.put_back("backup", "t")
    terminal = bank.unlocked("t")
    bank.serve(terminal)
    assert fork_seen_by(terminal) in {"hash", "ahead"}

    assert "fork" in cases(bank.office)
    works_again(bank, terminal)
    with terminal.store.read() as reading:
        assert len(reading.vouchers()) == 2


@pytest.mark.parametrize("first", ["t", "clone"])
def test_of_two_clones_the_second_to_sync_is_frozen_and_joins_again(
    bank: DirectBank, first: str
) -> None:
    terminal = bank.terminal("t")
    terminal.close()
    bank.copy("t", "clone")
    second = "clone" if first == "t" else "t"
    one, two = bank.unlocked(first), bank.unlocked(second)
    bank.serve(one)
    bank.serve(two)
    one.synchronise()
    assert fork_seen_by(two) == "hash"

    # The grants of both are frozen: head office cannot know which of them is the thief.
    one.synchronise()
    assert state(one).condition is TerminalCondition.FROZEN
    assert cases(bank.office).count("fork") == 1
    works_again(bank, two)
    # The other one is of an epoch that is over: its facts still go up, its grants stay frozen.
    assert one.synchronise().unsent == 0
    assert state(one).condition is TerminalCondition.FROZEN


def test_a_long_branch_is_shown_to_its_end(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    terminal.close()
    bank.copy("t", "clone")
    one, two = bank.unlocked("t"), bank.unlocked("clone")
    bank.serve(one)
    one.synchronise()
    for _ in range(30):
        bank.serve(two)
    for _ in range(600):
        note_sign_in(two)
    last = state(two).head.seq
    fork_seen_by(two)

    (case,) = [case for case in bank.office.cases() if case["kind"] == "fork"]
    told = case["facts"]
    assert isinstance(told, dict)
    assert told["to_seq"] == last
    assert len(told["vouchers"]) == 30
    fork_seen_by(two)
    works_again(bank, two)


def note_sign_in(terminal: Terminal) -> None:
    with terminal.store.write(Session(STAFF)) as unit:
        event_id = terminal.randomness.intent_id()
        unit.record(Fact(facts.STAFF_SIGNED_IN, event_id, {"staff": STAFF, "role": "teller"}, {}))


def test_what_an_earlier_epoch_had_not_sent_goes_up_under_its_own_key(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    sold = bank.serve(terminal)
    number = state(terminal).terminal
    bank.office.revoke_terminal(number, "遗失后找回")
    terminal.rejoin(bank.office.enrol_code(None, terminal=number).code)
    assert state(terminal).past_unsent > 0
    terminal.synchronise()

    assert state(terminal).past_unsent == 0
    assert state(terminal).condition is TerminalCondition.ACTIVE
    assert bank.office.status()["vouchers"] == 1
    with terminal.store.read() as reading:
        old = [grant for grant in reading.grants() if grant.grant == sold.grant]
        assert [grant.revoked for grant in old] == [True]
    assert bank.serve(terminal).grant != sold.grant
    works_again(bank, terminal)


def _restore(bank: DirectBank, backup: Path, name: str, hours_later: int) -> None:
    """Lose head office and go on with one out of the backup."""
    bank.office.close()
    now_ms = backup.stat().st_mtime_ns // 1_000_000 + hours_later * 3_600_000
    home = bank.folder / name
    restore_office(home, PASSPHRASE, backup, None, clock_ms=lambda: now_ms)
    bank.access.office = open_office(home, PASSPHRASE)


def test_a_second_restore_from_one_backup_is_told_what_the_first_was(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    number = state(terminal).terminal
    backup = bank.folder / "b.bdbackup"
    bank.office.back_up(backup, PASSPHRASE)
    bank.serve(terminal)
    epochs = [state(terminal).epoch]
    for name, hours_later in (("first", 1), ("second", 2)):
        _restore(bank, backup, name, hours_later)
        assert bank.office.status()["vouchers"] == 0
        terminal.rejoin(bank.office.enrol_code("B001", terminal=number).code)
        epochs.append(state(terminal).epoch)
        # Its first word tells of the restore, after which the earlier epochs are offered again.
        terminal.synchronise()
        terminal.synchronise()
        assert state(terminal).past_unsent == 0
        assert bank.office.status()["vouchers"] == 1
    assert epochs == sorted(set(epochs))
    assert bank.office.audit().violations == ()


def test_the_windows_own_way_back_in_ends_in_a_terminal_that_works(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    terminal.close()
    bank.copy("t", "backup")
    terminal = bank.unlocked("t")
    bank.serve(terminal)
    terminal.synchronise()
    terminal.close()
    bank.put_back("backup", "t")
    terminal = bank.unlocked("t")
    fork_seen_by(terminal)

    way = desk_services(terminal, DeskSettings(), lambda _: None, None).rejoin
    other = bank.office.enrol_code("B001").code
    with pytest.raises(RuleViolation, match="enrolment_code_for_other"):
        way.join(other)
    assert state(terminal).condition is TerminalCondition.FROZEN
    code = bank.office.enrol_code(None, terminal=state(terminal).terminal).code
    assert way.join(code) == 2
    way.fetch()
    assert state(terminal).condition is TerminalCondition.ACTIVE
    bank.serve(terminal)
    assert terminal.synchronise().parked == 0
    assert bank.office.audit().violations == ()


def test_a_code_made_for_somebody_else_is_not_used_up(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    code = bank.office.enrol_code("B001").code
    with pytest.raises(RuleViolation) as caught:
        terminal.rejoin(code)
    assert caught.value.code == "enrolment_code_for_other"
    assert state(terminal).epoch == 1
    other = bank.at("other")
    other.enrol(code, STAFF, PIN)
    assert state(other).terminal != state(terminal).terminal


def test_a_store_of_two_epochs_is_recovered_from_its_second_file(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    bank.serve(terminal)
    number = state(terminal).terminal
    terminal.rejoin(bank.office.enrol_code(None, terminal=number).code)
    terminal.synchronise()
    bank.serve(terminal)
    before, data_key = state(terminal).head, terminal.data_key()
    terminal.close()
    for path in (bank.folder / "t/store").glob("branchdesk.db*"):
        path.unlink()
    terminal = bank.at("t")
    with pytest.raises(EnvironmentFault):
        terminal.unlock_unattended()
    terminal = bank.at("t")
    terminal.recover(data_key)

    found = state(terminal)
    assert (found.epoch, found.head.seq) == (2, before.seq + 1)
    assert terminal.store.check().problems == ()
    assert terminal.synchronise().unsent == 0
    assert bank.office.audit().violations == ()


@pytest.mark.parametrize("joins", [1, 2])
def test_an_older_database_of_before_it_joined_again_catches_up(
    bank: DirectBank, joins: int
) -> None:
    terminal = bank.terminal("t")
    bank.serve(terminal)
    terminal.synchronise()
    number = state(terminal).terminal
    terminal.close()
    database = bank.folder / "t/store/branchdesk.db"
    older = database.read_bytes()
    terminal = bank.at("t")
    terminal.unlock_unattended()
    for _ in range(joins):
        bank.serve(terminal)
        terminal.rejoin(bank.office.enrol_code(None, terminal=number).code)
        terminal.synchronise()
    sold = bank.serve(terminal)
    before = state(terminal).head
    terminal.close()
    database.write_bytes(older)

    terminal = bank.at("t")
    terminal.unlock_unattended()
    found = state(terminal)
    assert (found.epoch, found.head.seq) == (1 + joins, before.seq + 1)
    assert terminal.store.start_report.recovered_events > 0
    assert terminal.store.check().problems == ()
    with terminal.store.read() as reading:
        assert sold.voucher in {voucher.voucher for voucher in reading.vouchers()}
    assert (terminal.synchronise().unsent, state(terminal).past_unsent) == (0, 0)
    works_again(bank, terminal)


def test_the_new_key_is_another_and_the_certificate_names_the_epoch(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    first = terminal.store.outbox.signer()
    number = state(terminal).terminal
    terminal.rejoin(bank.office.enrol_code(None, terminal=number).code)
    second = terminal.store.outbox.signer()
    again = terminal.store.rejoining()
    keys = terminal.store.outbox.ack_keys()

    assert (first.terminal, first.epoch) == (second.terminal, second.epoch - 1)
    assert first.seed != second.seed
    assert [open_certificate(data, keys).epoch for data in again.certificates] == [1, 2]
