"""A counter for tests of use cases: a store in memory, its clock, and the verbs over them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.models import (
    CampaignInForce,
    IssuedVoucher,
    RegisteredCustomer,
    Session,
)
from branchdesk.application.register_customer import RegisterCustomer
from branchdesk.application.verify_voucher import VerifyVoucher
from branchdesk.domain.person import parse_registration
from tests.fakes.bank import OFFICE_KEY
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness
from tests.fakes.store import FakeStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vectors"))

import second_implementation as second_reader

__all__ = ["DAY_MS", "TELLER", "WALK_IN", "Counter", "second_reader"]

TELLER: Final = Session("T001")
DAY_MS: Final = 86_400_000
WALK_IN: Final[Mapping[str, object]] = {
    "name": "李䶮",
    "phone": "13800138000",
    "channel": "counter",
    "consents": ["service"],
}


class Counter:
    """Register and issue as a teller does, on 2027-01-04 unless the clock is moved."""

    def __init__(self, *offers: str, campaigns: tuple[CampaignInForce, ...] | None = None) -> None:
        self.clock = ManualClock()
        self.randomness = SeededRandomness(3)
        self.store = FakeStore(self.clock, self.randomness, campaigns=campaigns)
        for offer in offers:
            self.store.lend(offer)
        self.verify = VerifyVoucher(self.store, self.clock)

    def register(self, **changes: object) -> RegisteredCustomer:
        """Register the usual walk-in with changes; None leaves a field out."""
        line = {name: v for name, v in {**WALK_IN, **changes}.items() if v is not None}
        use_case = RegisterCustomer(self.store, self.clock, self.randomness)
        return use_case(TELLER, parse_registration(line))

    def issue(self, customer: str, offer: str, intent: str | None = None) -> IssuedVoucher:
        """Issue one voucher."""
        use_case = IssueVoucher(self.store, self.clock, self.randomness)
        return use_case(TELLER, customer, offer, intent)

    def second_verdict(self, token: str) -> str:
        """Return what the second implementation says of a token now."""
        context = second_reader.Context((OFFICE_KEY.public_key,), self.clock.now_ms() // 1000)
        return str(second_reader.judge(token, context).verdict)
