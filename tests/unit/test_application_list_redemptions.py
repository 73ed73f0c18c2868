"""The day's redemptions: which are listed, and until when each can be undone."""

import pytest

from branchdesk.application.list_redemptions import ListRedemptions, RedemptionLine
from branchdesk.domain.redeeming import MINUTE_MS
from branchdesk.errors import RuleViolation
from branchdesk.protocol.verdict import Verdict
from tests.fakes.bank import TELLER as LI
from tests.fakes.till import Till

HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
PURCHASE_MINOR = 30_000


@pytest.fixture
def till() -> Till:
    made = Till("PHONE10", "SPEND200", "RATE50")
    made.keep()
    return made


def redeem(till: Till) -> str:
    issued = till.register(issue=["SPEND200"], interests=["贷款"]).vouchers[0]
    return till.redeem(issued.token, purchase_minor=PURCHASE_MINOR).redemption


def listed(till: Till) -> tuple[RedemptionLine, ...]:
    return ListRedemptions(till.store, till.clock)()


def test_a_line_names_the_offer_the_amount_the_holder_masked_and_who_did_it(till: Till) -> None:
    issued = till.register(name="单雨晴", issue=["SPEND200"], interests=["贷款"]).vouchers[0]
    made = till.redeem(issued.token, purchase_minor=PURCHASE_MINOR)
    (line,) = listed(till)
    assert line.offer is not None
    assert (line.offer.code, line.record.amount_minor) == ("SPEND200", 5_000)
    assert (line.record.redemption, line.record.holder) == (made.redemption, "单**")
    assert (line.record.staff, line.staff_name) == (LI.code, LI.name)
    assert (line.short_code, line.token_text) == (issued.short_code, issued.token)
    assert till.verify(line.token_text).verdict is Verdict.USED


def test_what_is_listed_as_undoable_can_be_undone_and_nothing_else(till: Till) -> None:
    redemption = redeem(till)
    until_ms = listed(till)[0].until_ms
    assert until_ms is not None
    till.clock.advance(until_ms - till.clock.now_ms() + 1)
    assert listed(till)[0].until_ms is None
    with pytest.raises(RuleViolation, match="undo_too_late"):
        till.undo(redemption)
    till.clock.wall_ms = until_ms
    assert listed(till)[0].until_ms == until_ms
    till.undo(redemption)
    (undone,) = listed(till)
    assert (undone.until_ms, undone.record.undone_ms) == (None, until_ms)


def test_yesterdays_is_listed_only_while_it_can_still_be_undone(till: Till) -> None:
    now_ms = till.clock.now_ms()
    midnight_ms = now_ms + DAY_MS - (now_ms + 8 * HOUR_MS) % DAY_MS
    till.clock.advance(midnight_ms - now_ms - 10 * MINUTE_MS)
    redeem(till)
    till.clock.advance(15 * MINUTE_MS)
    assert len(listed(till)) == 1
    till.clock.advance(20 * MINUTE_MS)
    assert listed(till) == ()


def test_the_newest_stands_first_and_another_day_begins_empty(till: Till) -> None:
    assert listed(till) == ()
    first = redeem(till)
    till.clock.advance(HOUR_MS)
    issued = till.register(name="何静", phone="13800138001", issue=["PHONE10"]).vouchers[0]
    second = till.redeem(issued.token).redemption
    assert [line.record.redemption for line in listed(till)] == [second, first]
    till.clock.advance(DAY_MS)
    assert listed(till) == ()


def test_a_voucher_of_elsewhere_has_no_holder_here(till: Till) -> None:
    made = till.redeem(till.from_elsewhere("SPEND200"), purchase_minor=PURCHASE_MINOR)
    (line,) = listed(till)
    assert (line.record.redemption, line.record.holder) == (made.redemption, "")
