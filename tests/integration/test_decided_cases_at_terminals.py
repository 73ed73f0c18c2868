"""What a terminal shows as held by head office falls as cases end, on the real stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session
from branchdesk.application.read_sync import ReadSync
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.redemption_records import Redeeming
from branchdesk.application.void_voucher import VoidVoucher
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.verdict import Verdict
from tests.direct_bank import STAFF, DirectBank, direct_bank
from tests.fakes.till import no_line

SESSION = Session(STAFF)
GIFT = 8_800


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectBank]:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "terminal passphrase for tests")
    with direct_bank(tmp_path) as found:
        yield found


def redeem_offline(terminal: Terminal, token: str) -> str:
    """Redeem on the allowance, with no line; return the redemption."""

    def ask(request: bytes) -> bytes:
        raise no_line(sent=False) if request else AssertionError

    redeem = RedeemVoucher(
        terminal.store, terminal.store.drafts, terminal.clock, terminal.randomness, ask
    )
    done = redeem(SESSION, Redeeming(token))
    assert done.basis is Basis.ALLOWANCE
    return done.redemption


def held(terminal: Terminal) -> tuple[int, int, list[str]]:
    """Synchronise; return what waits for head office, by the report and by the screen."""
    parked = terminal.synchronise().parked
    page = ReadSync(terminal.store)()
    return parked, page.held_total, [event.code for event in page.held]


def decisions(terminal: Terminal) -> list[tuple[str, str, str, int]]:
    """Return how cases ended, as the terminal tells it."""
    with terminal.store.read() as reading:
        told = reading.outcomes(5)
    return [(one.kind, one.decision, one.liable, one.loss_minor) for one in told]


def only_case(bank: DirectBank) -> int:
    """Return the number of the one open case."""
    (case,) = bank.office.cases()
    return int(str(case["case"]))


def test_a_decided_double_redemption_waits_no_more(bank: DirectBank) -> None:
    first, second = bank.terminal("first"), bank.terminal("second", "B002")
    token = bank.serve(first, "GIFTBOX").token
    for terminal in (first, second):
        redeem_offline(terminal, token)
        terminal.synchronise()
    assert held(second) == (1, 1, ["double_redemption"])
    bank.office.resolve(only_case(bank), "B002", "监控可见先在人民路支行领取")
    assert held(second) == (0, 0, [])
    assert decisions(second) == [("double_redemption", "outlet_bears", "B002", GIFT)]
    assert second.store.check().ok


def test_the_first_one_undone_settles_the_second_and_is_used_at_the_first(
    bank: DirectBank,
) -> None:
    first, second = bank.terminal("first"), bank.terminal("second", "B002")
    token = bank.serve(second, "GIFTBOX").token
    named = redeem_offline(first, token)
    redeem_offline(second, token)
    first.synchronise()
    assert held(second)[0] == 1
    bank.office.resolve(only_case(bank), "B002", "先在人民路支行领取")
    first.undo_redemption(SESSION, named, "客户退货")
    assert first.verify_voucher(token).verdict is Verdict.GOOD
    first.synchronise()
    # Its own is undone, but the other outlet's stands now: no third gift for this voucher.
    assert first.verify_voucher(token).verdict is Verdict.USED
    assert held(second) == (0, 0, [])
    for terminal in (first, second):
        assert decisions(terminal) == [("double_redemption", "first_undone", "nobody", 0)]
        assert terminal.store.check().ok
    assert bank.office.audit().violations == ()


def test_a_refused_void_waits_until_it_is_decided(bank: DirectBank) -> None:
    issuer, other = bank.terminal("issuer"), bank.terminal("other", "B002")
    voucher = bank.serve(issuer, "GIFTBOX")
    issuer.synchronise()
    redeem_offline(other, voucher.token)
    other.synchronise()
    void = VoidVoucher(issuer.store, issuer.second_person, issuer.randomness)
    void(SESSION, voucher.voucher, "打印不清")
    assert held(issuer) == (1, 1, ["slot_honoured"])
    bank.office.resolve(only_case(bank), "B001", "柜员误作废")
    assert held(issuer) == (0, 0, [])
    other.synchronise()
    for terminal in (issuer, other):
        assert decisions(terminal) == [("slot_honoured", "outlet_bears", "B001", GIFT)]
