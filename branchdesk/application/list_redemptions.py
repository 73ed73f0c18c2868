"""List what was redeemed at this terminal today, and until when each of it can be undone."""

from dataclasses import dataclass

from branchdesk.application.models import CampaignInForce
from branchdesk.application.ports import Clock, Store
from branchdesk.application.redemption_records import RedemptionRecord
from branchdesk.domain.offer import UNDO_MINUTES, UNDO_MINUTES_MAX, Offer
from branchdesk.domain.redeeming import MINUTE_MS, undo_until_ms
from branchdesk.protocol.short_code import format_short_code
from branchdesk.protocol.token import china_day, token_text

# Today has lasted no longer, nor can anything older still be undone.
_BACK_MS = 24 * 60 * MINUTE_MS
assert UNDO_MINUTES_MAX * MINUTE_MS <= _BACK_MS


@dataclass(frozen=True, slots=True)
class RedemptionLine:
    """One redemption with what a list says of it.

    ``offer`` is None when its campaign is gone, ``staff_name`` empty for who is here no more;
    ``until_ms`` is the last moment at which it can be undone, None when that is over or done.
    """

    record: RedemptionRecord
    offer: Offer | None
    staff_name: str
    until_ms: int | None

    @property
    def short_code(self) -> str:
        """The code printed on the paper that was redeemed."""
        token = self.record.token
        return format_short_code(token.grant.number, token.voucher.slot, token.voucher.encode())

    @property
    def token_text(self) -> str:
        """The text of the QR code that was redeemed."""
        token = self.record.token
        return token_text(token.grant.encode(), token.voucher.encode())


class ListRedemptions:
    """Find a redemption again without its paper."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(self) -> tuple[RedemptionLine, ...]:
        """Return today's redemptions and what of yesterday can still be undone, newest first."""
        now_ms = self._clock.now_ms()
        today = china_day(now_ms // 1000)
        with self._store.read() as reading:
            found = reading.redemptions(now_ms - _BACK_MS)
            offers = _by_number(reading.campaigns()) if found else {}
            names = {member.code: member.name for member in reading.all_staff()} if found else {}
        lines = (_line(record, offers, names, now_ms) for record in found)
        return tuple(
            line
            for line in lines
            if line.until_ms is not None or china_day(line.record.at_ms // 1000) >= today
        )


def _line(
    record: RedemptionRecord, offers: dict[int, Offer], names: dict[str, str], now_ms: int
) -> RedemptionLine:
    offer = offers.get(record.token.grant.offer)
    minutes = UNDO_MINUTES if offer is None else offer.undo_minutes
    is_undone = record.undone_ms is not None
    until_ms = None if is_undone else undo_until_ms(minutes, record.at_ms, now_ms)
    return RedemptionLine(record, offer, names.get(record.staff, ""), until_ms)


def _by_number(campaigns: tuple[CampaignInForce, ...]) -> dict[int, Offer]:
    return {
        found.numbers[offer.code]: offer
        for found in campaigns
        for offer in found.campaign.offers
        if offer.code in found.numbers
    }
