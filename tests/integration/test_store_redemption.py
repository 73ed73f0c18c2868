"""Redemption on the real encrypted store: one commit, told again from the log, recovered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from branchdesk.application.office_questions import Doubts
from branchdesk.application.ports import Fact
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.redemption_records import Redeemed, Redeeming
from branchdesk.application.undo_redemption import UndoRedemption
from branchdesk.application.verify_voucher import VerifyVoucher
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.feed import ItemKind, Lane, item
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import token_text
from branchdesk.protocol.verdict import Verdict
from tests.builders import SESSION, Terminal, make_terminal
from tests.fakes import bank
from tests.fakes.redeeming_office import RedeemingOffice
from tests.fakes.till import no_line

FACE = {"PHONE10": 1_000, "SPEND200": 5_000, "GIFTBOX": 8_800, "SALON": 1_500}


class Till:
    """A real store that redeems; ``office`` is asked unless ``is_online`` is false."""

    def __init__(self, path: Path) -> None:
        self.terminal = make_terminal(path)
        self.office = RedeemingOffice(self.terminal.clock.now_ms())
        self.is_online = False

    def ask(self, request: bytes) -> bytes:
        """Ask head office, where there is a line."""
        if not self.is_online:
            raise no_line(sent=False)
        return self.office(request)

    def _parts(self) -> tuple[Any, ...]:
        found = self.terminal
        return found.store, found.store.drafts, found.clock, found.randomness, self.ask

    def redeem(self, text: str, intent: str | None = None, **shown: Any) -> Redeemed:
        """Redeem one voucher."""
        return RedeemVoucher(*self._parts())(SESSION, Redeeming(text, **shown), intent)

    def undo(self, redemption: str, intent: str | None = None) -> None:
        """Undo one redemption."""
        UndoRedemption(*self._parts())(SESSION, redemption, "扫错了券", intent)

    def verdict(self, text: str) -> Verdict:
        """Return what the voucher is worth here."""
        return VerifyVoucher(self.terminal.store, self.terminal.clock)(text).verdict

    def doubts(self) -> Doubts:
        """Return what head office never answered."""
        return Doubts(self.terminal.store.drafts)

    def issued(self, offer: str) -> tuple[str, tuple[int, int]]:
        """Issue a voucher; return its token, and its grant and slot."""
        customer = self.terminal.register()
        name = self.terminal.issue(customer, offer)
        with self.terminal.store.read() as reading:
            record = reading.voucher(name)
        assert record is not None
        return token_text(record.grant_bytes, record.voucher_bytes), (record.grant, record.slot)

    def tell(self, kind: ItemKind, /, **fields: object) -> None:
        """Let head office send one item."""
        number = self.terminal.next_item(Lane.CONTENT)
        outcome = self.terminal.feed(Lane.CONTENT, item(number, kind, **fields))
        assert not outcome.refused

    def keep(self, *issuers: int, terminal: int = bank.TERMINAL, resign: bool = False) -> int:
        """Name the keeper of this outlet; return the number of the item."""
        number = self.terminal.next_item(Lane.CONTENT)
        self.tell(ItemKind.KEEPER, outlet="B001", terminal=terminal,
                  issuers=list(issuers) or [bank.TERMINAL], resign=resign)  # fmt: skip
        return number

    def allow(self, offer: str, amount_minor: int, through_seq: int = 0, epoch: int = 1) -> None:
        """Allow an offer to be redeemed with no line."""
        self.tell(ItemKind.ALLOWANCE, offer=bank.in_force().numbers[offer],
                  amount_minor=amount_minor, epoch=epoch, through_seq=through_seq)  # fmt: skip

    def head(self) -> int:
        """Return the number of the last event."""
        return self.terminal.store.outbox.head().seq


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    made = Till(tmp_path)
    yield made
    made.terminal.store.close()


def _is_sound(terminal: Terminal) -> None:
    report = terminal.store.check()
    assert report.ok, report.problems


@pytest.mark.parametrize(
    ("offer", "basis", "shown"),
    [
        ("PHONE10", Basis.HOME, {}),
        ("SPEND200", Basis.KEEPER, {"purchase_minor": 20_000}),
        ("GIFTBOX", Basis.ALLOWANCE, {}),
        ("SALON", Basis.ONLINE, {}),
    ],
)
def test_a_use_is_one_event_and_survives_restart_and_recovery(
    till: Till, offer: str, basis: Basis, shown: dict[str, Any]
) -> None:
    till.keep()
    till.allow("GIFTBOX", 8_800)
    till.is_online = offer == "SALON"
    token, place = till.issued(offer)
    till.redeem(till.issued("PHONE10")[0])  # A shift is open from here on.
    before = till.head()
    done = till.redeem(token, "one", **shown)
    assert (done.verdict, done.basis, done.amount_minor) == (Verdict.GOOD, basis, FACE[offer])
    assert till.head() == before + 1
    (event,) = till.terminal.store.outbox.events_after(before, 5)
    envelope = decode_envelope(event.envelope)
    assert (envelope.type, str(envelope.event_id)) == (facts.VOUCHER_REDEEMED, done.redemption)
    assert (envelope.refs["grant"], envelope.refs["slot"]) == place
    _is_sound(till.terminal)
    for again in (till.terminal.reopen, till.terminal.recover):
        again()
        assert till.verdict(token) is Verdict.USED
        assert till.redeem(token, "one", **shown) == done
        _is_sound(till.terminal)


def test_parts_undone_and_used_again_are_told_again_from_the_log(till: Till) -> None:
    token, place = till.issued("PHONE10")
    first = till.redeem(token, use_minor=300)
    till.redeem(token, use_minor=400)
    till.undo(first.redemption, "undo")
    till.undo(first.redemption, "undo")
    last = till.redeem(token)
    assert last.amount_minor == 600
    _is_sound(till.terminal)
    till.terminal.recover()
    with till.terminal.store.read() as reading:
        standing = reading.standing(*place)
    assert [(use.amount_minor, use.is_undone) for use in standing.uses] == [
        (300, True), (400, False), (600, False),
    ]  # fmt: skip
    assert (standing.used_minor, standing.uses[0].outlet) == (1_000, "B001")


def test_what_head_office_says_was_redeemed_elsewhere_is_not_waiting_for_its_paper(
    till: Till,
) -> None:
    _, (grant, slot) = till.issued("SALON")
    name = f"{grant}-{slot}"
    told = {"grant": grant, "slot": slot, "redemption": bytes(16), "amount_minor": 0,
            "outlet": "B003", "at_ms": till.terminal.clock.now_ms()}  # fmt: skip
    with till.terminal.store.read() as reading:
        assert name in [record.voucher for record in reading.vouchers(unprinted=True)]
    till.tell(ItemKind.USED, what="redeemed", **told)
    with till.terminal.store.read() as reading:
        assert name not in [record.voucher for record in reading.vouchers(unprinted=True)]


def test_what_head_office_tells_of_a_voucher_counts_once(till: Till) -> None:
    till.is_online = True
    token, (grant, slot) = till.issued("SALON")
    done = till.redeem(token)
    name = UUID(done.redemption).bytes
    told = {"grant": grant, "slot": slot, "redemption": name, "amount_minor": 1_500,
            "outlet": "B001", "at_ms": till.terminal.clock.now_ms()}  # fmt: skip
    till.tell(ItemKind.USED, what="redeemed", **told)
    with till.terminal.store.read() as reading:
        assert reading.standing(grant, slot).used_minor == 1_500
    till.tell(ItemKind.USED, what="undone", **told)
    assert till.verdict(token) is Verdict.NEEDS_LINE
    other = {**told, "redemption": bytes(15) + b"\1", "outlet": "B003"}
    till.tell(ItemKind.USED, what="redeemed", **other)
    with till.terminal.store.read() as reading:
        standing = reading.standing(grant, slot)
    assert [use.outlet for use in standing.standing_uses] == ["B003"]
    assert till.verdict(token) is Verdict.USED
    till.tell(ItemKind.USED, what="voided", **{**other, "redemption": b""})
    assert till.verdict(token) is Verdict.VOID
    _is_sound(till.terminal)


def test_how_a_case_was_decided_is_read_newest_first_and_by_voucher(till: Till) -> None:
    for case, slot in ((41, 1), (40, 2), (42, 1)):
        till.tell(ItemKind.OUTCOME, case=case, kind="double_redemption", grant=7, slot=slot,
                  decision="outlet_bears", liable="B002", loss_minor=8_000, word="监控可见",
                  facts={})  # fmt: skip
    with till.terminal.store.read() as reading:
        newest, of_one = reading.outcomes(2), reading.outcomes_of(7, 1)
    assert [(found.case, found.voucher) for found in newest] == [(42, "7-1"), (40, "7-2")]
    assert [found.case for found in of_one] == [42, 41]
    assert (of_one[0].decision, of_one[0].liable, of_one[0].loss_minor, of_one[0].reason) == (
        "outlet_bears", "B002", 8_000, "监控可见",
    )  # fmt: skip
    _is_sound(till.terminal)


def test_a_newer_copy_supersedes_and_a_revocation_comes_first(till: Till) -> None:
    token, (grant, slot) = till.issued("PHONE10")
    till.tell(ItemKind.COPY, grant=grant, slot=slot, copy=2)
    till.tell(ItemKind.COPY, grant=grant, slot=slot, copy=1)
    found = till.redeem(token)
    assert (found.verdict, found.facts["newest_copy"]) == (Verdict.SUPERSEDED, 2)
    number = till.terminal.next_item(Lane.URGENT)
    till.terminal.feed(
        Lane.URGENT,
        item(number, ItemKind.REVOCATION, what="grant", number=grant, slots=[[slot, slot]],
             reason="lost"),
    )  # fmt: skip
    assert till.verdict(token) is Verdict.REVOKED


def test_a_keeper_is_bound_to_the_item_that_named_it(till: Till) -> None:
    token, _ = till.issued("SPEND200")
    assert till.verdict(token) is Verdict.NEEDS_LINE
    item_number = till.keep()
    assert till.verdict(token) is Verdict.GOOD
    fields = {"outlet": "B001", "item": item_number, "reason": "另一台接手"}
    with till.terminal.store.write(SESSION) as unit:
        event_id = till.terminal.randomness.intent_id()
        unit.record(Fact(facts.KEEPER_RESIGNED, event_id, fields, {}))
    assert till.verdict(token) is Verdict.NEEDS_LINE
    till.keep(bank.TERMINAL, terminal=13)
    assert till.verdict(token) is Verdict.NOT_HERE
    till.keep()
    assert till.verdict(token) is Verdict.GOOD
    _is_sound(till.terminal)


def test_the_allowance_counts_what_is_not_settled_in_this_epoch_or_an_earlier_one(
    till: Till,
) -> None:
    till.allow("GIFTBOX", 2 * 8_800)
    offer = bank.in_force().numbers["GIFTBOX"]

    def left() -> int:
        with till.terminal.store.read() as reading:
            return reading.allowance(offer).left_minor

    first = till.redeem(till.issued("GIFTBOX")[0])
    till.redeem(till.issued("GIFTBOX")[0])
    assert left() == 0
    till.undo(first.redemption)
    assert left() == 8_800
    till.allow("GIFTBOX", 2 * 8_800, through_seq=till.head())
    assert left() == 2 * 8_800
    # What head office settled in another epoch says nothing of this one.
    till.allow("GIFTBOX", 2 * 8_800, through_seq=till.head(), epoch=2)
    assert left() == 8_800


def test_a_lost_answer_is_a_doubt_that_a_restart_keeps(till: Till) -> None:
    till.is_online = True
    token, _ = till.issued("SALON")
    till.office.after.append(no_line("timeout"))
    lost = till.redeem(token, "one", phone="13800138000")
    assert lost.in_doubt
    till.terminal.reopen()
    (doubt,) = till.doubts().all()
    assert (doubt.intent, doubt.staff) == (lost.intent, SESSION.staff)
    assert till.redeem(token, "one", phone="13800138000").verdict is Verdict.GOOD
    assert till.doubts().all() == ()
    assert len(till.office.used) == 1
    _is_sound(till.terminal)


@pytest.fixture
def lost(till: Till) -> tuple[str, Redeemed]:
    """A voucher that head office honoured, and what the till heard of it: nothing."""
    till.is_online = True
    token, _ = till.issued("SALON")
    till.office.after.append(no_line("timeout"))
    return token, till.redeem(token, "one", phone="13800138000")


def test_a_doubt_outlives_the_database(till: Till, lost: tuple[str, Redeemed]) -> None:
    token, heard = lost
    till.terminal.recover()
    assert [doubt.intent for doubt in till.doubts().all()] == [heard.intent]
    assert till.redeem(token, "one", phone="13800138000").verdict is Verdict.GOOD
    assert till.doubts().all() == ()
    assert len(till.office.used) == 1
    _is_sound(till.terminal)


def test_an_older_database_learns_of_a_doubt_and_forgets_what_was_answered_since(
    till: Till, lost: tuple[str, Redeemed]
) -> None:
    token, _ = lost
    older = _closed_copy(till)
    till.redeem(token, "one", phone="13800138000")
    other, _ = till.issued("SALON")
    till.office.after.append(no_line("timeout"))
    heard = till.redeem(other, "two", phone="13800138000")
    till.terminal.store.close()
    till.terminal.folder.database.write_bytes(older)
    till.terminal.reopen()
    assert [doubt.intent for doubt in till.doubts().all()] == [heard.intent]
    _is_sound(till.terminal)


def test_what_a_customer_showed_is_nowhere_once_it_is_answered(
    till: Till, lost: tuple[str, Redeemed]
) -> None:
    token, _ = lost
    questions = till.terminal.folder.questions
    assert questions.exists()
    assert b"13800138000" not in questions.read_bytes()
    till.redeem(token, "one", phone="13800138000")
    assert list(questions.parent.glob(f"{questions.name}*")) == []


def _closed_copy(till: Till) -> bytes:
    till.terminal.store.close()
    copied = till.terminal.folder.database.read_bytes()
    till.terminal.reopen()
    return copied
