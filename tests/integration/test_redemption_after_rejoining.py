"""What a terminal may redeem with no line, across the epochs in which it worked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.redemption_records import Redeeming
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import read_token
from tests.direct_bank import STAFF, DirectBank, direct_bank, number_of
from tests.fakes.till import no_line

WHOLE, GIFT = 160_000, 8_800


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectBank]:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "terminal passphrase for tests")
    with direct_bank(tmp_path) as found:
        yield found


def _redeem_offline(bank: DirectBank, terminal: Terminal) -> int:
    """Issue a gift and redeem it with no line; return the offer's number."""
    token = bank.serve(terminal, "GIFTBOX").token

    def ask(request: bytes) -> bytes:
        raise no_line(sent=False) if request else AssertionError

    redeem = RedeemVoucher(
        terminal.store, terminal.store.drafts, terminal.clock, terminal.randomness, ask
    )
    assert redeem(Session(STAFF), Redeeming(token)).basis is Basis.ALLOWANCE
    return read_token(token).grant.offer


def _left(terminal: Terminal, offer: int) -> int:
    with terminal.store.read() as reading:
        return reading.allowance(offer).left_minor


def test_what_an_earlier_epoch_redeemed_counts_until_head_office_has_it(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    offer = _redeem_offline(bank, terminal)
    assert _left(terminal, offer) == WHOLE - GIFT
    terminal.rejoin(bank.office.enrol_code(None, terminal=number_of(terminal)).code)
    assert _left(terminal, offer) == WHOLE - GIFT
    terminal.synchronise()
    assert _left(terminal, offer) == WHOLE
    for _ in range(2):
        _redeem_offline(bank, terminal)
        assert _left(terminal, offer) == WHOLE - GIFT
        terminal.synchronise()
        assert _left(terminal, offer) == WHOLE
    assert bank.office.audit().violations == ()
    assert terminal.store.check().ok


def test_a_question_over_the_direct_line_is_answered(bank: DirectBank) -> None:
    terminal = bank.terminal("t")
    voucher = bank.serve(terminal, "GIFTBOX")
    done = terminal.redeem_voucher(Session(STAFF), Redeeming(voucher.token))
    assert (done.basis, done.amount_minor) == (Basis.ONLINE, GIFT)
    assert terminal.synchronise().parked == 0
    assert bank.office.audit().violations == ()
