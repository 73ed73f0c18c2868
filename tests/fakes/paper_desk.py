"""A counter with the acts on vouchers issued here: void, reprint, replace, release, printed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from branchdesk.application.confirm_printed import ConfirmPrinted
from branchdesk.application.models import IssuedVoucher
from branchdesk.application.ports import Fact
from branchdesk.application.release_voucher import ReleaseVoucher
from branchdesk.application.replace_voucher import ReplaceVoucher
from branchdesk.application.reprint_voucher import ReprintVoucher
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.void_voucher import VoidVoucher
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.token import token_bytes
from tests.fakes import bank
from tests.fakes.counter import TELLER, Counter
from tests.fakes.vault import FakeVault

SUPERVISOR_PIN: Final = "135792"


class PaperDesk(Counter):
    """A counter with the acts on vouchers, and a supervisor who has a PIN."""

    def __init__(self, *offers: str) -> None:
        super().__init__(*offers)
        vault = FakeVault(self.clock)
        vault.set_pin(vault.create(), bank.SUPERVISOR.code, SUPERVISOR_PIN)
        second = SecondPerson(vault, self.randomness)
        self.void = VoidVoucher(self.store, second, self.randomness)
        self.reprint = ReprintVoucher(self.store, self.randomness)
        self.replace = ReplaceVoucher(self.store, second, self.clock, self.randomness)
        self.release = ReleaseVoucher(self.store, self.randomness)
        self.confirm = ConfirmPrinted(self.store, self.randomness)

    def issued(self, offer: str = "PHONE10") -> IssuedVoucher:
        """Register somebody and issue one voucher."""
        return self.register(issue=[offer]).vouchers[0]

    def tell(self, **news: Any) -> None:
        """Let head office tell something of redemption."""
        state = self.store.state
        self.store.state = replace(state, told=replace(state.told, **news))

    def last(self) -> tuple[str, dict[str, object]]:
        """Return the type and the fields of the last event."""
        event = self.store.state.events[-1]
        kind = decode_envelope(event.envelope).type
        return kind, facts.decode_payload(kind, event.payload)

    def redeem(self, voucher: IssuedVoucher, amount_minor: int) -> None:
        """Record that some of a voucher was redeemed here."""
        grant_bytes, voucher_bytes = token_bytes(voucher.token)
        fields = {
            "grant_bytes": grant_bytes, "voucher": voucher_bytes, "basis": "home",
            "amount_minor": amount_minor, "purchase_minor": 0, "holder_checked": False,
            "answer": b"", "intent_body": b"",
        }  # fmt: skip
        with self.store.write(TELLER) as unit:
            unit.record(
                Fact(facts.VOUCHER_REDEEMED, self.randomness.intent_id(), fields,
                     {"grant": voucher.grant, "slot": voucher.slot})
            )  # fmt: skip


def refused(act: Callable[[], object]) -> RuleViolation:
    """Return what an act was refused with."""
    with pytest.raises(RuleViolation) as violation:
        act()
    return violation.value
