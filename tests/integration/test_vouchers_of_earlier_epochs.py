"""A terminal that joined again voids, replaces and copies what it issued before, as nobody can."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from branchdesk.app.terminal import Terminal
from branchdesk.application.book_records import BookEntry, Fate
from branchdesk.application.models import IssuedVoucher, Session, Staff
from branchdesk.domain.campaign import Role
from branchdesk.errors import ContractFault
from branchdesk.headoffice.office import Office
from branchdesk.headoffice.redemption_tables import copies, voids
from branchdesk.headoffice.tables import slots_out, vouchers
from branchdesk.protocol import facts
from branchdesk.protocol.token import token_bytes
from branchdesk.protocol.verdict import Verdict
from tests.direct_bank import PIN, STAFF, DirectBank, direct_bank, number_of

TELLER = Session(STAFF)
SECOND = Staff("S001", "赵立新", Role.SUPERVISOR)


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectBank]:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "terminal passphrase for tests")
    with direct_bank(tmp_path) as found:
        yield found


def join_again(bank: DirectBank, terminal: Terminal) -> None:
    """Let a terminal go on in its next epoch, and synchronise it."""
    terminal.rejoin(bank.office.enrol_code(None, terminal=number_of(terminal)).code)
    terminal.synchronise()


def committed(office: Office) -> int:
    offers = office.status()["offers"]
    assert isinstance(offers, list)
    return next(int(line["committed_minor"]) for line in offers if line["code"] == "PHONE10")


def out_of(office: Office, voucher: IssuedVoucher) -> str:
    """Return why a voucher's slot is out at head office, or nothing."""
    table = slots_out.c
    named = (table.grant == voucher.grant) & (table.first <= voucher.slot)
    with office.context.database.read() as connection:
        statement = select(table.why).where(named, table.last >= voucher.slot)
        return str(connection.execute(statement).scalar_one_or_none() or "")


def kinds(office: Office) -> list[str]:
    return [str(case["kind"]) for case in office.cases()]


def test_a_voucher_of_the_epoch_before_is_voided_and_its_money_is_free(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    sold = bank.serve(terminal)
    terminal.synchronise()
    join_again(bank, terminal)
    before = committed(bank.office)
    terminal.papers.void(TELLER, sold.voucher, "办错了")
    report = terminal.synchronise()

    assert (report.unsent, report.parked, kinds(bank.office)) == (0, 0, [])
    assert out_of(bank.office, sold) == "void"
    assert committed(bank.office) == before - sold.face_minor
    assert terminal.store.check().problems == ()
    assert bank.office.audit().violations == ()


def test_a_voucher_of_the_epoch_before_is_replaced_by_one_of_the_present_grant(
    bank: DirectBank,
) -> None:
    terminal = bank.terminal("t")
    sold = bank.serve(terminal)
    terminal.synchronise()
    join_again(bank, terminal)
    fresh = terminal.papers.replace(TELLER, sold.voucher, "票面破损")
    report = terminal.synchronise()

    assert fresh.grant != sold.grant
    assert (report.unsent, report.parked, kinds(bank.office)) == (0, 0, [])
    assert (out_of(bank.office, sold), out_of(bank.office, fresh)) == ("void", "")
    assert bank.office.audit().violations == ()


def test_a_copy_of_a_voucher_of_the_epoch_before_is_signed_by_its_key_and_supersedes(
    bank: DirectBank,
) -> None:
    terminal, other = bank.terminal("t"), bank.terminal("other", "B002")
    sold = bank.serve(terminal)
    terminal.synchronise()
    join_again(bank, terminal)
    copied = terminal.papers.reprint(TELLER, sold.voucher, "卡纸")
    report = terminal.synchronise()

    assert copied.copy == 1
    assert token_bytes(copied.token)[0] == token_bytes(sold.token)[0]
    assert (report.unsent, report.parked, kinds(bank.office)) == (0, 0, [])
    with bank.office.context.database.read() as connection:
        assert connection.execute(select(copies.c.copy)).scalars().all() == [1]
    # Another outlet knows only the grant's signature: the copy verifies there as the original did.
    assert other.verify_voucher(copied.token).verdict is not Verdict.FORGED
    assert terminal.verify_voucher(sold.token).verdict is Verdict.SUPERSEDED
    assert terminal.verify_voucher(copied.token).verdict is Verdict.GOOD
    assert terminal.store.check().problems == ()
    assert bank.office.audit().violations == ()


def lend_a_book(bank: DirectBank, terminal: Terminal) -> None:
    """Lend ten numbers of PHONE10 for books, and let the terminal fetch them."""
    offers = bank.office.status()["offers"]
    assert isinstance(offers, list)
    number = next(int(line["offer"]) for line in offers if line["code"] == "PHONE10")
    bank.office.lend_book(number_of(terminal), number, 10)
    terminal.synchronise()


def print_a_book(terminal: Terminal, folder: Path) -> list[str]:
    """Print three numbers by two people; return their names."""
    terminal.vault.set_pin(terminal.data_key(), SECOND.code, PIN)
    paths = (str(folder / "book.pdf"), str(folder / "register.pdf"))
    terminal.papers.print_book(TELLER, "PHONE10", 3, (SECOND.code, PIN), paths)
    with terminal.store.read() as reading:
        (book,) = reading.books()
    return [facts.voucher_id(book.grant, slot) for slot in book.slots]


def enter(terminal: Terminal, number: str, fate: Fate, customer: str = "") -> None:
    terminal.papers.enter_book(TELLER, SECOND, BookEntry(number, fate, customer))


def test_a_book_handed_out_while_its_terminal_was_down_is_entered_after_joining_again(
    bank: DirectBank, tmp_path: Path
) -> None:
    terminal = bank.terminal("t")
    customer = bank.serve(terminal).customer
    lend_a_book(bank, terminal)
    used, spoiled, missing = print_a_book(terminal, tmp_path)
    terminal.synchronise()
    join_again(bank, terminal)
    before = committed(bank.office)
    enter(terminal, used, Fate.USED, customer)
    enter(terminal, spoiled, Fate.SPOILED)
    enter(terminal, missing, Fate.MISSING)
    report = terminal.synchronise()

    assert (report.unsent, report.parked) == (0, 0)
    # The person had one from the counter already.
    assert kinds(bank.office) == ["limit_person", "numbers_missing"]
    assert committed(bank.office) == before - 1_000
    assert terminal.store.check().problems == ()
    assert bank.office.audit().violations == ()


def test_a_book_that_a_copy_printed_out_of_the_same_slots_is_for_people_to_sort_out(
    bank: DirectBank, tmp_path: Path
) -> None:
    terminal = bank.terminal("t")
    lend_a_book(bank, terminal)
    terminal.close()
    bank.copy("t", "clone")
    one, two = bank.unlocked("t"), bank.unlocked("clone")
    assert print_a_book(one, tmp_path) == print_a_book(two, tmp_path)
    one.synchronise()
    with pytest.raises(ContractFault, match="fork_detected"):
        two.synchronise()
    join_again(bank, two)
    with two.store.read() as reading:
        (book,) = reading.books()
    before = committed(bank.office)
    # What head office holds under this number is the other book's paper, which somebody may have.
    enter(two, facts.voucher_id(book.grant, book.slots[0]), Fate.SPOILED)
    two.synchronise()

    assert committed(bank.office) == before
    assert "voucher_on_branch" in kinds(bank.office)
    assert bank.office.audit().violations == ()


def two_copies(bank: DirectBank) -> tuple[Terminal, Terminal, IssuedVoucher, IssuedVoucher]:
    """Copy a terminal; both issue out of the same slots, the first is heard, the second a fork."""
    bank.terminal("t").close()
    bank.copy("t", "clone")
    one, two = bank.unlocked("t"), bank.unlocked("clone")
    first, second = bank.serve(one), bank.serve(two)
    assert (first.grant, first.slot) == (second.grant, second.slot)
    one.synchronise()
    with pytest.raises(ContractFault, match="fork_detected"):
        two.synchronise()
    return one, two, first, second


def test_who_joined_again_cannot_void_what_its_copy_issued_out_of_the_same_slot(
    bank: DirectBank,
) -> None:
    _, two, first, second = two_copies(bank)
    join_again(bank, two)
    # Head office holds the other one's voucher under this number: its holder must not suffer.
    two.papers.void(TELLER, second.voucher, "办错了")
    two.synchronise()

    assert out_of(bank.office, first) == ""
    assert "voucher_on_branch" in kinds(bank.office)
    with bank.office.context.database.read() as connection:
        assert connection.execute(select(voids)).all() == []
        assert connection.execute(select(vouchers.c.grant)).scalars().all() == [first.grant]
    assert bank.office.audit().violations == ()


def test_a_copy_that_stayed_behind_voids_nothing_of_either_epoch(bank: DirectBank) -> None:
    one, two, first, _ = two_copies(bank)
    join_again(bank, two)
    later = bank.serve(two)
    two.synchronise()
    one.papers.void(TELLER, first.voucher, "办错了")
    one.synchronise()

    assert (out_of(bank.office, first), out_of(bank.office, later)) == ("", "")
    assert "chain_not_live" in kinds(bank.office)
    assert bank.office.audit().violations == ()
