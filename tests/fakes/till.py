"""A till for tests of redemption: a counter whose terminal redeems, and a head office to ask."""

from dataclasses import replace
from datetime import date
from typing import Any

from branchdesk.application.models import IssuedVoucher
from branchdesk.application.office_questions import Doubts
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.redemption_records import Redeemed, Redeeming, Undone
from branchdesk.application.undo_redemption import UndoRedemption
from branchdesk.application.verify_voucher import VerifyOnline
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import (
    Voucher,
    china_day,
    day_of,
    sign_grant,
    sign_voucher,
    token_text,
)
from tests.fakes.bank import OFFICE_KEY, TERMINAL, grant_of
from tests.fakes.counter import TELLER, Counter
from tests.fakes.drafts import FakeDrafts
from tests.fakes.redeeming_office import RedeemingOffice

ELSEWHERE = SigningKey(b"the key of another terminal, 13.")
OTHER_TERMINAL = 13


def no_line(reason: str = "refused", **facts: object) -> EnvironmentFault:
    """Return the fault of a line that is down, or that broke off after the question had left."""
    return EnvironmentFault("office_unreachable", retryable=True, reason=reason, **facts)


class Till(Counter):
    """Redeem, undo and verify as a teller does; ``office`` answers unless the line is down."""

    def __init__(self, *offers: str, is_online: bool = True) -> None:
        super().__init__(*offers)
        self.office = RedeemingOffice(self.clock.now_ms())
        self.is_online = is_online
        self.drafts = FakeDrafts()
        self.doubts = Doubts(self.drafts)
        parts: tuple[Any, ...] = (
            self.store, self.drafts, self.clock, self.randomness, self.ask,
        )  # fmt: skip
        self.redeeming, self.undoing = RedeemVoucher(*parts), UndoRedemption(*parts)
        self.verify_online = VerifyOnline(self.store, self.clock, self.randomness, self.ask)

    def ask(self, request: bytes) -> bytes:
        """Ask head office, where there is a line."""
        if not self.is_online:
            raise no_line(sent=False)
        return self.office(request)

    def keep(self) -> None:
        """Name this terminal keeper of its outlet."""
        self.store.name_keeper(TERMINAL, TERMINAL, OTHER_TERMINAL)

    def issued(self, offer: str, phone: str = "13800138000") -> IssuedVoucher:
        """Register somebody and issue one voucher."""
        return self.issue(self.register(phone=phone).customer, offer)

    def from_elsewhere(self, offer: str, slot: int = 1, *, is_book: bool = False) -> str:
        """Return the token of a voucher that terminal 13 issued today, without a holder."""
        grant = grant_of(offer, number=90_001, terminal=OTHER_TERMINAL, terminal_key=ELSEWHERE)
        if is_book:
            grant = sign_grant(replace(grant, is_book=True), OFFICE_KEY)
        now_s = self.clock.now_ms() // 1000
        plain = Voucher(slot, now_s, china_day(now_s) + 30)
        signed = sign_voucher(plain, grant.encode(), ELSEWHERE)
        self.office.known[grant.number, slot] = grant.encode() + signed.encode()
        return token_text(grant.encode(), signed.encode())

    def redeem(self, text: str, intent: str | None = None, **shown: Any) -> Redeemed:
        """Redeem one voucher."""
        return self.redeeming(TELLER, Redeeming(text, **shown), intent)

    def undo(self, redemption: str, reason: str = "扫错了券", intent: str | None = None) -> Undone:
        """Undo one redemption."""
        return self.undoing(TELLER, redemption, reason, intent)

    def today(self) -> date:
        """Return today in China."""
        return day_of(china_day(self.clock.now_ms() // 1000))

    def events(self) -> int:
        """Return how many events the log holds."""
        return len(self.store.state.events)
