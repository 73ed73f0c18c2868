"""One suite for the ``Store`` port: the fake that use cases are tested on, and the real thing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from branchdesk.application.models import MatchReason, Session
from branchdesk.application.ports import Fact, Reading, Store
from branchdesk.application.reprint_voucher import ReprintVoucher
from branchdesk.application.shift_records import GiftCount, GiftFloat, ShiftIssue, ShiftRecord
from branchdesk.application.shifts import CloseShift, OpenShift
from branchdesk.domain.forecast import Pace
from branchdesk.protocol import facts
from branchdesk.protocol.feed import ItemKind, Lane, item
from branchdesk.protocol.sealing import blind_hash
from branchdesk.protocol.token import (
    Grant,
    Voucher,
    china_day,
    day_number,
    day_of,
    decode_voucher,
    sign_voucher,
)
from tests.builders import SESSION, make_terminal, record_person, record_voucher
from tests.fakes import bank
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness
from tests.fakes.store import FakeStore

PHONE = "+8613800138000"
PASSPORT = ("passport", "E12345678")


@dataclass
class Desk:
    """A store under test with its clock and randomness."""

    store: Store
    clock: ManualClock
    randomness: SeededRandomness
    hold: Callable[[int, str, str], None]

    def person(self, name: str, phone: str, document: tuple[str, str] = ("", "")) -> str:
        """Register somebody in a commit of their own."""
        with self.store.write(SESSION) as unit:
            return record_person(unit, self.randomness, name, phone, document)

    def voucher(self, customer: str, offer: str = "PHONE10") -> str:
        """Issue in a commit of its own."""
        with self.store.write(SESSION) as unit:
            event_id = self.randomness.intent_id()
            return record_voucher(unit, self.clock, event_id, customer, offer)

    def record(self, event_type: str, fields: dict[str, object]) -> None:
        """Record an event about nobody's sealed fields in a commit of its own."""
        with self.store.write(SESSION) as unit:
            unit.record(Fact(event_type, self.randomness.intent_id(), fields, {}))

    def today(self) -> int:
        """Return today's day number; the clock never moves here."""
        with self.store.read() as reading:
            found = reading.vouchers()
        return day_number(found[0].expires_on) - 30


@pytest.fixture(params=["fake", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A store with staff, the sample campaign and a grant of ten slots of PHONE10."""
    if request.param == "fake":
        clock, randomness = ManualClock(), SeededRandomness(1)
        fake = FakeStore(clock, randomness)
        fake.lend("PHONE10", slots=10)
        yield Desk(fake, clock, randomness, fake.hold)
        fake.close()
    else:
        terminal = make_terminal(tmp_path, slots=10)

        def hold(seq: int, verdict: str, code: str) -> None:
            number = terminal.next_item(Lane.CONTENT)
            terminal.feed(
                Lane.CONTENT,
                item(
                    number, ItemKind.NOTICE, epoch=1, seq=seq, verdict=verdict, code=code, facts={}
                ),
            )

        yield Desk(terminal.store, terminal.clock, terminal.randomness, hold)
        terminal.store.close()


def test_a_commit_is_whole(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE, PASSPORT)
    voucher = desk.voucher(customer)
    with desk.store.read() as reading:
        person = reading.customer(customer)
        assert person is not None
        assert (person.name, person.phone, person.document_number) == ("张伟", PHONE, PASSPORT[1])
        assert person.granted_purposes == ("service",)
        assert person.hashes == (
            blind_hash(bank.BLIND_KEY, "phone", PHONE), blind_hash(bank.BLIND_KEY, *PASSPORT),
        )  # fmt: skip
        record = reading.voucher(voucher)
        assert record is not None
        assert (record.customer, record.number, record.printed) == (customer, 1, 0)
        assert reading.next_number() == 2
        assert reading.customer("C0") is None
        assert reading.voucher("9-9") is None
        assert reading.voucher("not a voucher") is None


def _fail_after_registering(desk: Desk) -> None:
    with desk.store.write(SESSION) as unit:
        record_person(unit, desk.randomness, "张伟", PHONE)
        raise KeyError


def test_a_failed_unit_leaves_nothing(desk: Desk) -> None:
    with desk.store.read() as reading:
        before = reading.terminal().head
    with pytest.raises(KeyError):
        _fail_after_registering(desk)
    with desk.store.read() as reading:
        assert reading.terminal().head == before
        assert reading.search("张伟", 5) == ()
    assert desk.store.check().ok


def test_a_unit_reads_what_it_has_recorded(desk: Desk) -> None:
    with desk.store.write(SESSION) as unit:
        before = unit.terminal().head.seq
        customer = record_person(unit, desk.randomness, "张伟", PHONE)
        event_id = desk.randomness.intent_id()
        voucher = record_voucher(unit, desk.clock, event_id, customer, "PHONE10")
        assert unit.terminal().head.seq == before + 2
        assert unit.customer(customer) is not None
        assert unit.voucher(voucher) is not None
        known = unit.intent(event_id)
        assert known is not None
        assert known.body == facts.intent_body(customer=customer, offer="PHONE10")
        assert (known.event_type, known.refs["voucher"]) == (facts.VOUCHER_ISSUED, voucher)
        assert unit.next_number() == 2


def test_slots_run_out_and_counts_follow_the_hashes(desk: Desk) -> None:
    first = desk.person("张伟", PHONE)
    again = desk.person("张大伟", PHONE)
    for number in range(10):
        desk.voucher(first if number % 2 else again)
    phone = blind_hash(bank.BLIND_KEY, "phone", PHONE)
    today = desk.today()
    with desk.store.read() as reading:
        assert reading.open_grant("PHONE10", today) is None
        counts = reading.issued([phone], "PHONE10", today)
        assert (counts.person_total, counts.person_today, counts.terminal_today) == (10, 10, 10)
        later = reading.issued([phone], "PHONE10", today + 1)
        assert (later.person_total, later.person_today, later.terminal_today) == (10, 0, 0)
        assert reading.issued([bytes(16)], "PHONE10", today).person_total == 0
        line = next(line for line in reading.grants() if line.code == "PHONE10")
        assert (line.slots, line.used, line.returned, line.revoked) == (10, 10, 0, False)
        assert {(match.customer, match.why) for match in reading.people_like([phone])} == {
            (first, MatchReason.PHONE), (again, MatchReason.PHONE),
        }  # fmt: skip


def test_vouchers_are_narrowed_and_in_order(desk: Desk) -> None:
    first, second = desk.person("张伟", PHONE), desk.person("李娜", "+8613900139000")
    names = [desk.voucher(customer) for customer in (first, second, first)]
    printed = {"items": [[int(names[0].split("-")[0]), 1, 0]], "layout": "a4"}
    with desk.store.write(SESSION) as unit:
        event_id = desk.randomness.intent_id()
        unit.record(Fact(facts.VOUCHER_PRINTED, event_id, printed, {}))
    with desk.store.read() as reading:
        records = reading.vouchers()
        assert [record.voucher for record in records] == names
        mine = reading.vouchers(customer=first)
        assert [record.voucher for record in mine] == [names[0], names[2]]
        waiting = reading.vouchers(unprinted=True)
        assert [record.voucher for record in waiting] == names[1:]
        wanted = reading.vouchers(intents=[records[2].intent, records[1].intent])
        assert [record.voucher for record in wanted] == names[1:]
        both = reading.vouchers(customer=first, unprinted=True)
        assert [record.voucher for record in both] == [names[2]]


@pytest.mark.parametrize(
    ("query", "found"),
    [("张伟", True), ("8000", True), ("13800138000", True), ("zw", True), ("李", False),
     ("5678", True), ("9999", False)],
)  # fmt: skip
def test_search_finds_by_any_part_and_shows_it_masked(desk: Desk, query: str, found: bool) -> None:
    customer = desk.person("张伟", PHONE, PASSPORT)
    desk.voucher(customer)
    with desk.store.read() as reading:
        lines = reading.search(query, 10)
    assert bool(lines) is found
    for line in lines:
        assert (line.customer, line.name, line.phone, line.vouchers) == (
            customer, "张*", "138****8000", 1,
        )  # fmt: skip


def test_what_happened_to_a_customer_is_read_newest_first(desk: Desk) -> None:
    customer, stranger = desk.person("张伟", PHONE), desk.person("李娜", "+8613900139000")
    first, other = desk.voucher(customer), desk.voucher(stranger)
    items = [[int(name.split("-")[0]), int(name.split("-")[1]), 0] for name in (first, other)]
    desk.record(facts.VOUCHER_PRINTED, {"items": items, "layout": "a4"})
    revealed = {"customer": customer, "fields": ["phone"], "reason": "核对"}
    desk.record(facts.CUSTOMER_REVEALED, revealed)
    desk.record(facts.SHIFT_OPENED, {"shift": "S1", "place": "一号柜"})
    with desk.store.read() as reading:
        happened = reading.happenings(customer)
        assert reading.happenings("C0") == ()
        assert not reading.is_erased(customer)
    assert [one.event_type for one in happened] == [
        facts.CUSTOMER_REVEALED, facts.VOUCHER_PRINTED, facts.VOUCHER_ISSUED,
        facts.CUSTOMER_REGISTERED,
    ]  # fmt: skip
    assert happened[0].fields == revealed
    assert happened[0].personal is None
    assert (happened[3].personal or {})["name"] == "张伟"
    assert {one.staff for one in happened} == {SESSION.staff}
    assert "张伟" not in repr(happened)


def _answer(desk: Desk, customer: str, purpose: str, *, granted: bool) -> None:
    fields = {
        "customer": customer, "purpose": purpose, "granted": granted, "text_version": "1",
        "text_sha256": "00", "how": "verbal",
    }  # fmt: skip
    personal = {"signature": b"", "intent_body": b"body"}
    with desk.store.write(SESSION) as unit:
        event_id = desk.randomness.intent_id()
        refs = {"customer": customer}
        unit.record(Fact(facts.CONSENT_ANSWERED, event_id, fields, refs, customer, personal))
        known = unit.intent(event_id)
    assert known is not None
    assert known.body == b"body"


def test_the_last_answer_to_a_purpose_counts(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE)
    _answer(desk, customer, "sensitive", granted=True)
    _answer(desk, customer, "partner_share", granted=True)
    _answer(desk, customer, "service", granted=False)
    with desk.store.read() as reading:
        person = reading.customer(customer)
    assert person is not None
    assert person.granted_purposes == ("sensitive", "partner_share")
    assert desk.store.check().ok


def test_without_the_consent_a_document_is_kept_nowhere_but_in_the_counts(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE, PASSPORT)
    _answer(desk, customer, "sensitive", granted=False)
    with desk.store.read() as reading:
        person = reading.customer(customer)
        assert person is not None
        assert (person.document_type, person.document_number) == ("", "")
        assert len(person.hashes) == 2
        assert reading.search("5678", 10) == ()
        assert [line.document for line in reading.search("张伟", 10)] == [""]
    assert desk.store.check().ok


def test_a_correction_moves_the_search_and_keeps_the_counts(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE, PASSPORT)
    desk.voucher(customer)
    new, old = (blind_hash(bank.BLIND_KEY, "phone", phone) for phone in ("+8613712345678", PHONE))
    passport = blind_hash(bank.BLIND_KEY, *PASSPORT)
    fields = {"customer": customer, "fields": ["name", "phone"], "channel": "counter"}
    personal = {
        "values": {"name": "李娜", "phone": "+8613712345678", "interests": ["贷款"]},
        "shown": {}, "hashes": [new, passport, old], "reason": "换号", "intent_body": bytes(32),
    }  # fmt: skip
    with desk.store.write(SESSION) as unit:
        event_id = desk.randomness.intent_id()
        refs = {"customer": customer}
        unit.record(Fact(facts.CUSTOMER_CORRECTED, event_id, fields, refs, customer, personal))
    today = desk.today()
    with desk.store.read() as reading:
        person = reading.customer(customer)
        assert person is not None
        assert (person.name, person.phone) == ("李娜", "+8613712345678")
        assert (person.document_number, person.interests) == (PASSPORT[1], ("贷款",))
        assert person.hashes == (new, passport, old)
        for query in ("张伟", "8000"):
            assert reading.search(query, 10) == ()
        for query in ("李娜", "45678", "ln"):
            assert [line.customer for line in reading.search(query, 10)] == [customer]
        for value, why in (
            (new, MatchReason.PHONE), (old, MatchReason.PHONE), (passport, MatchReason.DOCUMENT),
        ):  # fmt: skip
            assert {(m.customer, m.why) for m in reading.people_like([value])} == {(customer, why)}
            assert reading.issued([value], "PHONE10", today).person_total == 1
    assert desk.store.check().ok


def _erase(desk: Desk, customer: str) -> None:
    fields = {"customer": customer, "reason": "本人要求", "second": "S001", "intent_body": b""}
    desk.record(facts.CUSTOMER_ERASED, fields)


def test_an_erased_person_leaves_the_ledger(desk: Desk) -> None:
    customer, other = desk.person("张伟", PHONE, PASSPORT), desk.person("李娜", PHONE)
    voucher = desk.voucher(customer)
    _answer(desk, customer, "sensitive", granted=True)

    _erase(desk, customer)

    with desk.store.read() as reading:
        assert reading.customer(customer) is None
        assert (reading.is_erased(customer), reading.is_erased(other)) == (True, False)
        assert [line.customer for line in reading.search("8000", 10)] == [other]
        phone = blind_hash(bank.BLIND_KEY, "phone", PHONE)
        assert [match.customer for match in reading.people_like([phone])] == [other]
        assert [record.voucher for record in reading.vouchers(customer=customer)] == [voucher]
        happened = reading.happenings(customer)
        registered = happened[-1]
        known = reading.intent(registered.event_id)
    assert [one.event_type for one in happened] == [
        facts.CUSTOMER_ERASED, facts.CONSENT_ANSWERED, facts.VOUCHER_ISSUED,
        facts.CUSTOMER_REGISTERED,
    ]  # fmt: skip
    assert {one.personal for one in happened} == {None}
    assert known is not None
    assert known.body == b""
    assert desk.store.check().ok
    desk.voucher(other)
    assert desk.store.check().ok


def test_merge_proposals_stand_until_undone(desk: Desk) -> None:
    kept, other, third = (desk.person("张伟", f"+861380013800{number}") for number in range(3))
    proposal = {"merge": "M1", "kept": kept, "other": other, "reason": "", "intent_body": b""}
    desk.record(facts.MERGE_PROPOSED, proposal)
    desk.record(facts.MERGE_PROPOSED, {**proposal, "merge": "M2", "kept": third})
    with desk.store.read() as reading:
        (mine,) = reading.merges(kept)
        assert (mine.merge, mine.kept, mine.other, mine.is_undone) == ("M1", kept, other, False)
        assert (mine.staff, mine.at_ms) == (SESSION.staff, desk.clock.now_ms())
        assert [record.merge for record in reading.merges(other)] == ["M1", "M2"]
        assert reading.merge("M0") is None
    desk.record(facts.MERGE_UNDONE, proposal)
    with desk.store.read() as reading:
        assert reading.merges(kept) == ()
        assert [record.merge for record in reading.merges(other)] == ["M2"]
        undone = reading.merge("M1")
        assert undone is not None
        assert undone.is_undone
        assert [one.event_type for one in reading.happenings(kept)] == [
            facts.MERGE_UNDONE, facts.MERGE_PROPOSED, facts.CUSTOMER_REGISTERED,
        ]  # fmt: skip
    assert desk.store.check().ok


def test_shifts_open_and_close(desk: Desk) -> None:
    opened = {"shift": "S1", "place": "一号柜"}
    with desk.store.write(SESSION) as unit:
        assert unit.open_shift() is None
        unit.record(Fact(facts.SHIFT_OPENED, desk.randomness.intent_id(), opened, {}))
        assert unit.open_shift() == ("S1", "一号柜")
    closed = {"shift": "S1", "unsent": 1}
    with desk.store.write(SESSION) as unit:
        unit.record(Fact(facts.SHIFT_CLOSED, desk.randomness.intent_id(), closed, {}))
    with desk.store.read() as reading:
        assert reading.open_shift() is None


def _record(desk: Desk, kind: str, by: str = "T001", **fields: object) -> None:
    with desk.store.write(Session(by)) as unit:
        unit.record(Fact(kind, desk.randomness.intent_id(), fields, {}))


def test_a_shift_tells_who_had_it_what_it_issued_and_what_was_counted(desk: Desk) -> None:
    _record(desk, facts.SHIFT_OPENED, shift="S1", place="一号柜")
    _record(desk, facts.SHIFT_COUNTED, shift="S1", moment="opened", word="", vouchers=[],
            gifts=[["GIFTBOX", 12, None], ["PHONE10", 9, None]])  # fmt: skip
    customer = desk.person("张伟", PHONE)
    first, _ = desk.voucher(customer), desk.voucher(customer)
    grant, slot = map(int, first.split("-"))
    _record(desk, facts.VOUCHER_PRINTED, items=[[grant, slot, 0]], layout="a4")
    _record(desk, facts.VOUCHER_PRINTED, items=[[grant, slot, 1]], layout="a4")
    redeemed = [_redeem(desk, first, "home", 300), _redeem(desk, first, "home", 200)]
    _undo(desk, redeemed[0], first)
    with desk.store.read() as reading:
        (phone,) = (g for g in _shift(reading, "S1").gifts if g.offer_code == "PHONE10")
    # What was issued lies on the shelf until it is redeemed, and again when that is undone.
    assert (phone.first, phone.last, phone.given, phone.expected) == (9, 9, 1, 8)
    _record(desk, facts.SHIFT_COUNTED, shift="S1", moment="handed_over", word="送出未登记",
            vouchers=[], gifts=[["PHONE10", 6, 7]])  # fmt: skip
    _record(desk, facts.SHIFT_HANDED_OVER, shift="S1", staff="S001")
    _record(desk, facts.SHIFT_CLOSED, "S001", shift="S1", unsent=0)
    _record(desk, facts.SHIFT_OPENED, "S001", shift="S2", place="东门")
    desk.voucher(customer)
    with desk.store.read() as reading:
        told, later = _shift(reading, "S1"), _shift(reading, "S2")
        assert reading.shift("S3") is None
        assert reading.places(5) == ("东门", "一号柜")
        assert reading.places(1) == ("东门",)
    assert (told.opened_by, told.holder, told.place) == ("T001", "S001", "一号柜")
    assert told.closed_ms is not None
    # Whoever opens a shift counts at once; after business alone nobody did.
    assert (told.by_itself, later.by_itself) == (False, True)
    (handover,) = told.handovers
    assert (handover.giver, handover.taker, handover.word) == ("T001", "S001", "送出未登记")
    assert handover.gifts == (GiftCount("PHONE10", 6, 7),)
    assert told.opened_ms <= handover.at_ms <= told.closed_ms
    assert told.registered == 1
    assert told.issued == (ShiftIssue("PHONE10", 2, 1),)
    assert told.gifts == (GiftFloat("GIFTBOX", 12, 12, 0), GiftFloat("PHONE10", 9, 6, 0))
    assert (later.closed_ms, later.registered) == (None, 0)
    assert later.issued == (ShiftIssue("PHONE10", 1, 0),)
    assert desk.store.check().ok
    _erase(desk, customer)
    with desk.store.read() as reading:
        # What was done in a shift stays done, also for somebody who was erased since.
        assert _shift(reading, "S1").registered == 1


def _shift(reading: Reading, shift: str) -> ShiftRecord:
    found = reading.shift(shift)
    assert found is not None
    return found


def test_whom_somebody_dealt_with_last_comes_back_masked_and_newest_first(desk: Desk) -> None:
    first = desk.person("张伟", PHONE)
    second = desk.person("王芳", "+8613800138001")
    desk.voucher(first)
    with desk.store.read() as reading:
        found = reading.recent_customers("T001", 5)
        assert [line.customer for line in found] == [first, second]
        assert found[0].name == "张*"
        assert reading.recent_customers("T001", 1) == found[:1]
        assert reading.recent_customers("S001", 5) == ()


def test_what_is_unsent_is_told_by_kind_and_age(desk: Desk) -> None:
    with desk.store.read() as reading:
        before = {line.event_type: line.count for line in reading.waiting().kinds}
    since_ms = desk.clock.now_ms()
    desk.person("张伟", PHONE)
    desk.clock.advance(5_000)
    desk.person("王芳", "+8613800138001")
    with desk.store.read() as reading:
        found = {line.event_type: line for line in reading.waiting().kinds}
        assert sum(line.count for line in found.values()) == reading.terminal().unsent
    registered = found[facts.CUSTOMER_REGISTERED]
    assert (registered.count, registered.since_ms) == (2, since_ms)
    assert before.get(facts.CUSTOMER_REGISTERED, 0) == 0


def test_a_reset_of_a_pin_is_waited_for_until_the_person_has_set_one(desk: Desk) -> None:
    _record(desk, facts.STAFF_PIN_RESET_REQUESTED, "S001", staff="T001", reason="忘记")
    _record(desk, facts.STAFF_PIN_SET, "S001", staff="S001")
    with desk.store.read() as reading:
        (waiting,) = reading.pin_resets()
    assert (waiting.staff, waiting.asked_by, waiting.reason) == ("T001", "S001", "忘记")
    assert waiting.asked_ms == desk.clock.now_ms()
    assert desk.store.check().ok
    _record(desk, facts.STAFF_PIN_SET, "T001", staff="T001")
    with desk.store.read() as reading:
        assert reading.pin_resets() == ()
    assert desk.store.check().ok


def test_a_healthy_store_has_room_for_a_shift_and_nothing_to_warn_of(desk: Desk) -> None:
    assert desk.store.free_space_ok()
    assert desk.store.warnings() == ()


def test_who_is_here_and_what_is_in_force(desk: Desk) -> None:
    with desk.store.read() as reading:
        assert reading.terminal().terminal == bank.TERMINAL
        assert reading.terminal().outlet == "B001"
        assert reading.staff("T001") == bank.TELLER
        assert reading.staff("X999") is None
        assert [member.code for member in reading.all_staff()] == ["S001", "T001"]
        assert reading.campaigns() == (bank.in_force(),)
        assert reading.grant_keys() == bank.GRANT_KEYS
        assert reading.blind_key() == bank.BLIND_KEY
        assert reading.clock_state() == "trusted"


def test_before_any_acknowledgement_there_is_no_proof(desk: Desk) -> None:
    assert desk.store.proof() is None
    assert desk.store.check().ok
    desk.store.close()
    desk.store.close()


def test_the_pace_counts_the_open_shift_of_one_day_and_nothing_else(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE)
    desk.voucher(customer)
    today = desk.today()
    with desk.store.read() as reading:
        assert reading.paces(today) == {}
    desk.clock.advance(60_000)
    OpenShift(desk.store, desk.randomness)(SESSION)
    first_ms = desk.clock.now_ms()
    for _ in range(3):
        desk.voucher(customer)
        desk.clock.advance(60_000)
    with desk.store.read() as reading:
        assert reading.paces(today) == {"PHONE10": Pace(3, first_ms)}
        assert reading.paces(today + 1) == {}
    CloseShift(desk.store, desk.randomness)(SESSION)
    with desk.store.read() as reading:
        assert reading.paces(today) == {}


def test_what_waits_is_counted_by_kind_with_its_size_and_its_oldest(desk: Desk) -> None:
    with desk.store.read() as reading:
        before = reading.waiting()
    first_ms = before.since_ms or desk.clock.now_ms()
    desk.clock.advance(60_000)
    customer = desk.person("张伟", PHONE)
    desk.voucher(customer)
    desk.voucher(customer)
    with desk.store.read() as reading:
        waiting = reading.waiting()
        assert waiting.events == reading.terminal().unsent == before.events + 3
    assert waiting.since_ms == first_ms
    counts = {kind.event_type: kind.count for kind in waiting.kinds}
    assert counts[facts.VOUCHER_ISSUED] == 2
    assert sum(counts.values()) == waiting.events
    assert list(counts) == sorted(counts)
    # An event is its envelope and its payload: some hundred bytes at least, and less than a page.
    assert 3 * 200 < waiting.bytes - before.bytes < 3 * 4_096


def test_what_head_office_holds_back_is_told_with_its_event_until_it_is_settled(
    desk: Desk,
) -> None:
    customer = desk.person("张伟", PHONE)
    desk.voucher(customer)
    with desk.store.read() as reading:
        seq = reading.terminal().head.seq
        assert reading.held() == ()
    desk.hold(seq, "effect_refused", "slot_used")
    desk.hold(seq - 1, "flagged", "duplicate_customer")
    with desk.store.read() as reading:
        voucher, person = reading.held()
    assert (voucher.seq, voucher.verdict, voucher.code) == (seq, "effect_refused", "slot_used")
    assert voucher.event_type == facts.VOUCHER_ISSUED
    assert voucher.at_ms == desk.clock.now_ms()
    assert voucher.refs["customer"] == customer
    assert person.event_type == facts.CUSTOMER_REGISTERED
    desk.hold(seq, "resolved", "")
    with desk.store.read() as reading:
        assert [found.seq for found in reading.held()] == [seq - 1]


def test_vouchers_are_counted_by_day_from_a_first_day_on(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE)
    desk.voucher(customer)
    today = desk.today()
    desk.clock.advance(24 * 3_600_000)
    desk.voucher(customer)
    desk.voucher(customer)
    with desk.store.read() as reading:
        assert reading.issued_by_day(today) == {"PHONE10": {today: 1, today + 1: 2}}
        assert reading.issued_by_day(today + 1) == {"PHONE10": {today + 1: 2}}
        assert reading.issued_by_day(today + 2) == {}


def test_a_healthy_store_passes_a_quick_check_and_refused_nothing(desk: Desk) -> None:
    desk.person("张伟", PHONE)
    assert desk.store.quick_check() == ()
    assert desk.store.free_bytes() > 0
    with desk.store.read() as reading:
        assert reading.refused_items() == ()


def test_a_reprint_is_the_newest_copy_and_a_void_ends_the_voucher(desk: Desk) -> None:
    voucher = desk.voucher(desk.person("张伟", PHONE))
    grant, _, slot = voucher.partition("-")
    place, today = (int(grant), int(slot)), desk.today()
    with desk.store.read() as reading:
        original = reading.vouchers()[0]
    desk.record(facts.VOUCHER_PRINTED, {"items": [[*place, 0]], "layout": "a4"})
    reprint = ReprintVoucher(desk.store, desk.randomness)
    copies = [reprint(SESSION, voucher, "damaged").copy for _ in range(2)]
    # An old paper that comes out late is not the newest copy on paper.
    desk.record(facts.VOUCHER_PRINTED, {"items": [[*place, 1]], "layout": "a4"})

    assert copies == [1, 2]
    with desk.store.read() as reading:
        (record,) = reading.vouchers(unprinted=True)
        assert (record.copy, record.printed, record.is_void) == (2, 0, False)
        standing = reading.standing(*place)
        assert standing.newest_copy == 2
        signed = standing.copies
        assert (signed[0], signed[-1]) == (original.voucher_bytes, record.voucher_bytes)
        assert [decode_voucher(copy).copy for copy in signed] == [0, 1, 2]
        hashes = reading.people_like([blind_hash(bank.BLIND_KEY, "phone", PHONE)])
        person = reading.customer(hashes[0].customer)
        assert person is not None
        assert reading.issued(person.hashes, "PHONE10", today).person_total == 1
    desk.record(facts.VOUCHER_PRINTED, {"items": [[*place, 2]], "layout": "a4"})
    desk.record(
        facts.VOUCHER_VOIDED,
        {"grant": place[0], "slot": place[1], "reason": "lost", "second": "", "intent_body": b""},
    )
    with desk.store.read() as reading:
        found = reading.voucher(voucher)
        assert found is not None
        assert (found.printed, found.is_void) == (1, True)
        assert reading.issued(person.hashes, "PHONE10", today).person_total == 0
        assert [happening.event_type for happening in reading.happenings(person.customer)] == [
            facts.VOUCHER_VOIDED, facts.VOUCHER_PRINTED, facts.VOUCHER_PRINTED,
            facts.VOUCHER_REPRINTED, facts.VOUCHER_REPRINTED, facts.VOUCHER_PRINTED,
            facts.VOUCHER_ISSUED, facts.CUSTOMER_REGISTERED,
        ]  # fmt: skip
    assert desk.store.check().ok


def _accept_book_grant(desk: Desk, number: int, slots: int) -> Grant:
    grant = bank.grant_of("PHONE10", number=number, slots=slots, is_book=True)
    campaign = bank.in_force().campaign.code
    fields = {"grant": grant.encode(), "campaign": campaign, "offer_code": "PHONE10"}
    desk.record(facts.GRANT_ACCEPTED, fields)
    return grant


def _sign_book(desk: Desk, grant: Grant, count: int, first_number: int) -> dict[str, object]:
    now_s = desk.clock.now_ms() // 1000
    vouchers = [
        sign_voucher(Voucher(slot, now_s, china_day(now_s) + 30), grant.encode(), bank.TERMINAL_KEY)
        for slot in range(1, count + 1)
    ]
    return {
        "book": f"{grant.number}-1-{count}", "grant": grant.number, "first": 1, "last": count,
        "vouchers": [voucher.encode() for voucher in vouchers], "number": first_number,
        "campaign": bank.in_force().campaign.code, "offer_code": "PHONE10", "second": "S001",
        "intent_body": b"",
    }  # fmt: skip


def test_a_book_is_apart_from_what_is_issued_until_its_numbers_are_entered(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE)
    desk.voucher(customer)
    today = desk.today()
    grant = _accept_book_grant(desk, 9001, 6)
    with desk.store.read() as reading:
        opened = reading.open_book_grant("PHONE10", today, 6)
        assert opened is not None
        assert (opened.grant.number, opened.next_slot, opened.free) == (9001, 1, 6)
        assert reading.open_book_grant("PHONE10", today, 7) is None
        assert 9001 not in {line.grant for line in reading.grants()}
    desk.record(facts.BOOK_PRINTED, _sign_book(desk, grant, 4, 2))
    desk.voucher(customer)

    with desk.store.read() as reading:
        (book,) = reading.books()
        assert (list(book.slots), book.number_of(4), book.is_on_paper) == ([1, 2, 3, 4], 5, False)
        assert reading.book(book.book) == book
        assert reading.book("none") is None
        numbered = reading.voucher_numbered(3)
        assert numbered is not None
        assert (numbered.voucher, numbered.is_book, numbered.customer) == ("9001-2", True, "")
        assert reading.voucher_numbered(99) is None
        assert reading.book_makers(book.book) == (SESSION.staff, "S001")
        assert reading.book_makers("no") == ("", "")
        assert [v.number for v in reading.vouchers(unprinted=True)] == [1, 6]
        assert reading.issued_by_day(today) == {"PHONE10": {today: 2}}
    items = [[9001, slot, 0] for slot in book.slots]
    desk.record(facts.VOUCHER_PRINTED, {"items": items, "layout": "a4x8"})
    desk.clock.advance(24 * 3_600_000)
    entries = [[1, "used", customer, today], [2, "spoiled", "", 0], [3, "missing", "", 0]]
    desk.record(
        facts.BOOK_ENTERED,
        {
            "book": book.book,
            "grant": 9001,
            "entries": entries,
            "second": "S001",
            "intent_body": b"",
        },
    )

    with desk.store.read() as reading:
        (told,) = reading.books()
        assert told.is_on_paper
        assert {slot: fate.value for slot, fate in told.fates.items()} == {
            1: "used", 2: "spoiled", 3: "missing",
        }  # fmt: skip
        assert told.open_slots == (4,)
        assert told.used_on == {1: day_of(today)}
        fates = [reading.standing(9001, slot).fate for slot in book.slots]
        assert fates == ["used", "spoiled", "missing", ""]
        void = [v.is_void for v in reading.vouchers() if v.is_book]
        assert void == [False, True, False, False]
        assert [v.number for v in reading.vouchers(customer=customer)] == [1, 2, 6]
        person = reading.customer(customer)
        assert person is not None
        counts = reading.issued(person.hashes, "PHONE10", today)
        assert (counts.person_total, counts.person_today) == (3, 3)
        assert reading.issued_by_day(today) == {"PHONE10": {today: 3}}
        assert reading.happenings(customer)[0].event_type == facts.BOOK_ENTERED
    assert desk.store.check().ok


def test_a_book_is_not_what_a_shift_issued(desk: Desk) -> None:
    customer = desk.person("张伟", PHONE)
    OpenShift(desk.store, desk.randomness)(SESSION, "")
    desk.voucher(customer)
    today = desk.today()
    grant = _accept_book_grant(desk, 9001, 3)
    desk.record(facts.BOOK_PRINTED, _sign_book(desk, grant, 3, 2))
    with desk.store.read() as reading:
        opened = reading.open_shift()
        assert opened is not None
        shift = reading.shift(opened[0])
        assert shift is not None
        assert shift.issued == (ShiftIssue("PHONE10", 1, 0),)
        assert reading.paces(today)["PHONE10"].issued == 1


def _token_of(desk: Desk, voucher: str) -> tuple[bytes, bytes]:
    with desk.store.read() as reading:
        record = reading.voucher(voucher)
    assert record is not None
    return record.grant_bytes, record.voucher_bytes


def _redeem(desk: Desk, voucher: str, basis: str, amount_minor: int) -> UUID:
    grant_bytes, voucher_bytes = _token_of(desk, voucher)
    event_id = desk.randomness.intent_id()
    fields = {
        "grant_bytes": grant_bytes, "voucher": voucher_bytes, "basis": basis,
        "amount_minor": amount_minor, "purchase_minor": 0, "holder_checked": False, "answer": b"",
        "intent_body": facts.intent_body(text=voucher),
    }  # fmt: skip
    with desk.store.write(SESSION) as unit:
        unit.record(Fact(facts.VOUCHER_REDEEMED, event_id, fields, {}))
    return event_id


def _undo(desk: Desk, redemption: UUID, voucher: str) -> None:
    grant, slot = map(int, voucher.split("-"))
    undo = {"redemption": redemption.bytes, "grant": grant, "slot": slot, "reason": "扫错了",
            "answer": b"", "intent_body": bytes(32)}  # fmt: skip
    desk.record(facts.REDEMPTION_UNDONE, undo)


def test_what_was_redeemed_was_evidently_on_paper_until_a_new_copy_is_signed(desk: Desk) -> None:
    name = desk.voucher(desk.person("张伟", PHONE))
    other = desk.voucher(desk.person("李娜", "+8613900139000"))

    def unprinted() -> list[str]:
        with desk.store.read() as reading:
            return [record.voucher for record in reading.vouchers(unprinted=True)]

    assert unprinted() == [name, other]
    _redeem(desk, name, "home", 300)
    assert unprinted() == [other]
    ReprintVoucher(desk.store, desk.randomness)(SESSION, name, "damaged")
    assert unprinted() == [name, other]
    _redeem(desk, name, "home", 200)
    assert unprinted() == [other]


def test_a_shift_and_the_list_count_the_same_vouchers_as_not_printed(desk: Desk) -> None:
    _record(desk, facts.SHIFT_OPENED, shift="S1", place="一号柜")
    customer = desk.person("张伟", PHONE)
    redeemed, void, _ = desk.voucher(customer), desk.voucher(customer), desk.voucher(customer)
    _redeem(desk, redeemed, "home", 300)
    grant, slot = map(int, void.split("-"))
    desk.record(facts.VOUCHER_VOIDED, {"grant": grant, "slot": slot, "reason": "作废", "second": "",
                                       "intent_body": bytes(32)})  # fmt: skip
    with desk.store.read() as reading:
        shift = _shift(reading, "S1")
        assert shift.issued == (ShiftIssue("PHONE10", 3, 1, 1),)
        assert shift.unprinted == len(reading.vouchers(unprinted=True)) == 1
    ReprintVoucher(desk.store, desk.randomness)(SESSION, redeemed, "damaged")
    with desk.store.read() as reading:
        shift = _shift(reading, "S1")
        assert shift.unprinted == len(reading.vouchers(unprinted=True)) == 2


def test_the_standing_of_a_voucher_follows_its_events(desk: Desk) -> None:
    name = desk.voucher(desk.person("张伟", PHONE))
    grant, slot = map(int, name.split("-"))
    first = _redeem(desk, name, "home", 300)
    second = _redeem(desk, name, "home", 200)
    _undo(desk, first, name)
    with desk.store.read() as reading:
        standing = reading.standing(grant, slot)
        assert [(use.redemption, use.amount_minor, use.is_undone) for use in standing.uses] == [
            (str(first), 300, True), (str(second), 200, False),
        ]  # fmt: skip
        assert {(use.outlet, use.basis) for use in standing.uses} == {("B001", "home")}
        assert standing.used_minor == 200
        assert standing.copies == (_token_of_reading(reading, name),)
        flags = (standing.is_revoked, standing.is_void, standing.is_released)
        assert not any(flags)
        assert (standing.newest_copy, standing.fate) == (0, "")
        assert reading.standing(grant, slot + 1).uses == ()
        record = reading.redemption(str(second))
        assert record is not None
        assert (record.amount_minor, record.basis, record.undone_ms) == (200, "home", None)
        assert (record.token.grant.number, record.token.voucher.slot) == (grant, slot)
        undone = reading.redemption(str(first))
        assert undone is not None
        assert undone.undone_ms == desk.clock.now_ms()
        assert reading.redemption("nothing") is None
        assert reading.redemption(str(desk.randomness.intent_id())) is None


def test_what_was_redeemed_is_listed_with_who_did_it_and_whose_it_was(desk: Desk) -> None:
    name = desk.voucher(desk.person("张伟", PHONE))
    grant, slot = map(int, name.split("-"))
    first = _redeem(desk, name, "home", 300)
    began_ms = desk.clock.now_ms()
    desk.clock.advance(60_000)
    second = _redeem(desk, name, "home", 200)
    undo = {"redemption": first.bytes, "grant": grant, "slot": slot, "reason": "扫错了",
            "answer": b"", "intent_body": bytes(32)}  # fmt: skip
    desk.record(facts.REDEMPTION_UNDONE, undo)
    with desk.store.read() as reading:
        newest, oldest = reading.redemptions(began_ms)
        assert (newest.redemption, oldest.redemption) == (str(second), str(first))
        assert (newest.staff, newest.holder, newest.amount_minor) == (SESSION.staff, "张*", 200)
        assert (newest.at_ms, newest.undone_ms) == (began_ms + 60_000, None)
        assert oldest.undone_ms == desk.clock.now_ms()
        assert reading.redemption(str(second)) == newest
        assert reading.redemptions(began_ms + 1) == (newest,)
        assert reading.redemptions(began_ms + 60_001) == ()


def _token_of_reading(reading: Reading, voucher: str) -> bytes:
    record = reading.voucher(voucher)
    assert record is not None
    return record.voucher_bytes


def test_a_right_that_was_signed_away_and_a_void_show_in_the_standing(desk: Desk) -> None:
    name = desk.voucher(desk.person("张伟", PHONE))
    grant, slot = map(int, name.split("-"))
    desk.record(facts.VOUCHER_RELEASED,
                {"grant": grant, "slots": [[slot, slot]], "reason": "搬迁"})  # fmt: skip
    with desk.store.read() as reading:
        assert reading.standing(grant, slot).is_released
        assert not reading.standing(grant, slot + 1).is_released
    desk.record(facts.VOUCHER_VOIDED, {"grant": grant, "slot": slot, "reason": "作废", "second": "",
                                       "intent_body": bytes(32)})  # fmt: skip
    with desk.store.read() as reading:
        assert reading.standing(grant, slot).is_void


def test_nobody_keeps_and_nothing_is_allowed_before_head_office_says_so(desk: Desk) -> None:
    with desk.store.read() as reading:
        assert reading.keepers() == ()
        assert reading.allowance(303).left_minor == 0
        assert (reading.outcomes(5), reading.outcomes_of(7, 1)) == ((), ())
        assert reading.ack_keys() == bank.ACK_KEYS
