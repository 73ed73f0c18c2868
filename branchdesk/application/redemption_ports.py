"""What may be read of vouchers once they are out; a part of the ``Reading`` port."""

from typing import Protocol

from branchdesk.application.redemption_records import (
    Allowance,
    Keeper,
    Outcome,
    RedemptionRecord,
    VoucherStanding,
)


class RedemptionReading(Protocol):
    """What became of vouchers, how cases about them were decided, and who may redeem them."""

    def standing(self, grant: int, slot: int) -> VoucherStanding:
        """Return what is known here of one voucher, whoever issued it."""

    def redemption(self, redemption: str) -> RedemptionRecord | None:
        """Return one redemption by this terminal, by its id."""

    def redemptions(self, since_ms: int) -> tuple[RedemptionRecord, ...]:
        """Return what this terminal redeemed from a moment on by its clock, the newest first."""

    def keepers(self) -> tuple[Keeper, ...]:
        """Return which terminals keep vouchers, by head office's newest word."""

    def outcomes(self, limit: int) -> tuple[Outcome, ...]:
        """Return the cases that head office decided last, newest first."""

    def outcomes_of(self, grant: int, slot: int) -> tuple[Outcome, ...]:
        """Return the decided cases about one voucher, newest first."""

    def allowance(self, offer: int) -> Allowance:
        """Return what this terminal may redeem of an offer, by its number, with no line.

        What head office has settled already does not count as used.
        """
