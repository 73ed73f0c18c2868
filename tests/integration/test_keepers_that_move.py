"""Who redeems an outlet's vouchers once its keeper, or a terminal it served, joined elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import IssuedVoucher, Session
from branchdesk.application.redemption_records import Redeemed, Redeeming
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.verdict import Verdict
from tests.direct_bank import STAFF, DirectBank, direct_bank, number_of

KEPT = "SPEND200"


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectBank]:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "terminal passphrase for tests")
    with direct_bank(tmp_path) as found:
        yield found


def joined(bank: DirectBank, name: str, outlet: str) -> Terminal:
    """Enrol a terminal and let it hear of its keeper."""
    terminal = bank.terminal(name, outlet)
    terminal.synchronise()
    return terminal


def move(bank: DirectBank, terminal: Terminal, outlet: str) -> None:
    """Let a terminal join again at another outlet; nobody has synchronised yet."""
    terminal.rejoin(bank.office.enrol_code(outlet, terminal=number_of(terminal)).code)


def place(terminal: Terminal, voucher: IssuedVoucher) -> tuple[Verdict, object]:
    """Return the verdict with no line, and why."""
    judged = terminal.verify_voucher(voucher.token)
    return judged.verdict, judged.facts.get("why")


def keepers(bank: DirectBank) -> dict[str, object]:
    told = bank.office.status()["keepers"]
    assert isinstance(told, list)
    return {line["outlet"]: line["terminal"] for line in told}


def redeemed(terminal: Terminal, voucher: IssuedVoucher) -> Redeemed:
    """Redeem with the line, for a purchase that is large enough."""
    asked = Redeeming(voucher.token, purchase_minor=100_000)
    return terminal.redeem_voucher(Session(STAFF), asked)


def test_a_keeper_that_joins_another_outlet_keeps_the_old_one_no_longer_and_people_name_another(
    bank: DirectBank,
) -> None:
    keeper, other = joined(bank, "keeper", "B001"), joined(bank, "other", "B001")
    keeper.synchronise()
    sold, second = bank.serve(other, KEPT), bank.serve(other, KEPT)
    other.synchronise()
    assert place(keeper, sold) == (Verdict.GOOD, None)
    move(bank, keeper, "B002")
    # It has laid the right down by joining elsewhere, before it hears anything.
    assert place(keeper, sold)[0] is Verdict.NOT_HERE
    assert keepers(bank)["B001"] is None
    other.synchronise()
    assert place(other, sold) == (Verdict.NEEDS_LINE, "keeper")
    done = redeemed(other, sold)
    assert (done.verdict, done.basis) == (Verdict.GOOD, Basis.ONLINE)

    bank.office.name_keeper("B001", number_of(other))
    other.synchronise()
    assert keepers(bank) == {"B001": str(number_of(other)), "B002": str(number_of(keeper))}
    assert place(other, second) == (Verdict.GOOD, None)
    keeper.synchronise()
    assert place(keeper, second)[0] is Verdict.NOT_HERE
    assert bank.office.audit().violations == ()


def test_the_keeper_that_stays_serves_no_more_who_moved_away(bank: DirectBank) -> None:
    keeper, mover = joined(bank, "keeper", "B001"), joined(bank, "mover", "B001")
    there = joined(bank, "there", "B002")
    keeper.synchronise()
    sold = bank.serve(mover, KEPT)
    assert place(keeper, sold) == (Verdict.GOOD, None)
    move(bank, mover, "B002")
    for terminal in (mover, keeper, there):
        terminal.synchronise()
    # One redeemer at a time: the keeper of where its issuer stands now.
    assert place(keeper, sold)[0] is Verdict.NOT_HERE
    assert place(there, sold) == (Verdict.GOOD, None)
    assert keepers(bank)["B001"] == str(number_of(keeper))
    assert bank.office.audit().violations == ()


def test_who_was_to_follow_follows_when_the_keeper_joins_another_outlet(bank: DirectBank) -> None:
    keeper, other = joined(bank, "keeper", "B001"), joined(bank, "other", "B001")
    bank.office.name_keeper("B001", number_of(other))
    move(bank, keeper, "B002")
    assert keepers(bank)["B001"] == str(number_of(other))
    sold = bank.serve(other, KEPT)
    other.synchronise()
    assert place(other, sold) == (Verdict.GOOD, None)


def test_a_keeper_that_is_asked_to_make_way_signs_the_right_away_in_its_synchronisation(
    bank: DirectBank,
) -> None:
    keeper, other = joined(bank, "keeper", "B001"), joined(bank, "other", "B001")
    keeper.synchronise()
    sold = bank.serve(other, KEPT)
    other.synchronise()
    bank.office.name_keeper("B001", number_of(other))
    other.synchronise()
    assert place(other, sold)[0] is Verdict.NOT_HERE
    assert (keeper.synchronise().unsent, place(keeper, sold)) == (0, (Verdict.NEEDS_LINE, "keeper"))
    assert keepers(bank)["B001"] == str(number_of(other))
    other.synchronise()
    assert place(other, sold) == (Verdict.GOOD, None)
    keeper.synchronise()
    assert place(keeper, sold)[0] is Verdict.NOT_HERE
    assert keeper.store.check().problems == ()
    assert bank.office.audit().violations == ()
