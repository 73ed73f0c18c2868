"""Facts, what they change, and that nothing is ever half done: on the real encrypted database."""

import threading
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2  # type: ignore[import-untyped]  # the driver ships no types

from branchdesk.application.models import MatchReason, Session
from branchdesk.application.ports import Fact
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.persistence.store import StoreFolder, create_store, open_store
from branchdesk.protocol import facts
from branchdesk.protocol.chain import Head, verify_run
from branchdesk.protocol.event import commitment, decode_envelope, genesis_hash
from branchdesk.protocol.sealing import blind_hash, open_sealed, person_context
from branchdesk.protocol.token import (
    Token,
    authenticate,
    day_number,
    decode_grant,
    decode_voucher,
)
from tests.builders import (
    DATA_KEY,
    SEAL_SECRET,
    SESSION,
    Terminal,
    enrolment,
    make_terminal,
    record_person,
    record_voucher,
)
from tests.fakes import bank

PHONE = "+8613800138000"
PASSPORT = ("passport", "E12345678")


def _hash(kind: str, value: str) -> bytes:
    return blind_hash(bank.BLIND_KEY, kind, value)


def test_a_new_store_begins_with_its_enrolment(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    (first, *_) = terminal.store.outbox.events_after(0, 1)
    envelope = decode_envelope(first.envelope)
    assert (envelope.type, envelope.seq) == (facts.TERMINAL_ENROLLED, 1)
    certificate = facts.decode_payload(envelope.type, first.payload)["certificate"]
    assert envelope.prev_hash == genesis_hash(certificate)
    terminal.store.close()


def test_every_event_continues_the_chain_and_opens_its_commitment(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    for number in range(6):
        terminal.register("王芳", f"+861380013800{number}", issue="PHONE10")
    outbox = terminal.store.outbox
    genesis = outbox.hash_at(1, 0)
    assert genesis is not None
    events = outbox.events_after(0, 500)
    links = verify_run(Head(bank.TERMINAL, 1, 0, genesis), [one.envelope for one in events])
    assert links[-1].hash == outbox.head().hash
    for link, event in zip(links, events, strict=True):
        assert commitment(event.salt, event.payload) == link.envelope.payload_commit
    terminal.store.close()


def test_a_voucher_issued_here_verifies_by_the_token_alone(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    customer = terminal.register(issue="PHONE10")
    with terminal.store.read() as reading:
        (record,) = reading.vouchers(customer=customer)
        assert reading.voucher(record.voucher) == record
        assert reading.vouchers(intents=[record.intent]) == (record,)
        assert reading.vouchers(unprinted=True) == (record,)
    token = Token(decode_grant(record.grant_bytes), decode_voucher(record.voucher_bytes))
    authenticate(token, bank.GRANT_KEYS)
    assert (record.number, record.slot) == (1, 1)
    terminal.store.close()


def _fail_after_issuing(terminal: Terminal) -> None:
    with terminal.store.write(SESSION) as unit:
        customer = record_person(unit, terminal.randomness, "张伟", PHONE)
        event_id = terminal.randomness.intent_id()
        record_voucher(unit, terminal.clock, event_id, customer, "PHONE10")
        raise ZeroDivisionError


def test_an_exception_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    before = terminal.store.outbox.head()
    with pytest.raises(ZeroDivisionError):
        _fail_after_issuing(terminal)
    assert terminal.store.outbox.head() == before
    with terminal.store.read() as reading:
        assert not reading.search("张伟", 10)
        assert not reading.vouchers()
        assert {line.used for line in reading.grants()} == {0}
        assert not reading.people_like([_hash("phone", PHONE)])
    assert terminal.store.check().ok
    terminal.store.close()


def test_a_slot_is_used_once_whatever_the_caller_does(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    customer = terminal.register()
    terminal.issue(customer, "PHONE10")
    with terminal.store.read() as reading:
        (record,) = reading.vouchers()
    fields = {
        "customer": customer, "grant": record.grant, "slot": record.slot, "campaign": "X",
        "offer_code": "PHONE10", "voucher": record.voucher_bytes, "number": 2,
        "intent_body": b"",
    }  # fmt: skip
    fact = Fact(facts.VOUCHER_ISSUED, terminal.randomness.intent_id(), fields, {})
    with pytest.raises(dbapi2.IntegrityError), terminal.store.write(SESSION) as unit:
        unit.record(fact)
    assert terminal.store.check().ok
    terminal.store.close()


@pytest.mark.parametrize("slot", [0, 4, 2**24 - 1])
def test_a_slot_outside_the_grant_is_refused_by_the_schema(tmp_path: Path, slot: int) -> None:
    terminal = make_terminal(tmp_path, slots=3)
    customer = terminal.register()
    voucher = bytes([0x11]) + slot.to_bytes(3, "big") + bytes(75)
    fields = {
        "customer": customer, "grant": 1001, "slot": slot, "campaign": "X",
        "offer_code": "PHONE10", "voucher": voucher, "number": 1, "intent_body": b"",
    }  # fmt: skip
    fact = Fact(facts.VOUCHER_ISSUED, terminal.randomness.intent_id(), fields, {})
    with (
        pytest.raises((dbapi2.IntegrityError, ContractFault), match=r"slot_in_grant|slot_zero"),
        terminal.store.write(SESSION) as unit,
    ):
        unit.record(fact)
    assert terminal.store.check().ok
    terminal.store.close()


def test_returned_slots_are_never_used(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path, slots=6)
    customer = terminal.register()
    terminal.issue(customer, "PHONE10")
    returned = {"grant": 1001, "slots": [[2, 3], [5, 6]]}
    fact = Fact(facts.GRANT_RETURNED, terminal.randomness.intent_id(), returned, {"grant": 1001})
    with terminal.store.write(SESSION) as unit:
        unit.record(fact)
        opened = unit.open_grant("PHONE10", day_number(unit.grants()[0].issue_until))
    assert terminal.issue(customer, "PHONE10") == "1001-4"
    with terminal.store.read() as reading:
        line = next(line for line in reading.grants() if line.grant == 1001)
        assert (line.used, line.returned) == (2, 4)
    assert opened is not None
    assert (opened.next_slot, opened.free) == (4, 1)
    overlap = {"grant": 1001, "slots": [[4, 4]]}
    again = Fact(facts.GRANT_RETURNED, terminal.randomness.intent_id(), overlap, {"grant": 1001})
    with pytest.raises(dbapi2.IntegrityError), terminal.store.write(SESSION) as unit:
        unit.record(again)
    assert terminal.store.check().ok
    terminal.store.close()


def test_the_same_event_id_is_recorded_once(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    event_id = terminal.randomness.intent_id()
    shift = {"shift": "S1", "place": "一号柜"}
    with terminal.store.write(SESSION) as unit:
        unit.record(Fact(facts.SHIFT_OPENED, event_id, shift, {"shift": "S1"}))
        assert unit.open_shift() == ("S1", "一号柜")
    with pytest.raises(dbapi2.IntegrityError), terminal.store.write(SESSION) as unit:
        unit.record(Fact(facts.SHIFT_OPENED, event_id, shift, {"shift": "S1"}))
    with terminal.store.write(SESSION) as unit:
        closing = terminal.randomness.intent_id()
        unit.record(Fact(facts.SHIFT_CLOSED, closing, {"shift": "S1", "unsent": 0}, {}))
        assert unit.open_shift() is None
    terminal.store.close()


def test_limits_count_by_hash_and_not_by_record(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    first = terminal.register("张伟", PHONE, PASSPORT, issue="PHONE10")
    second = terminal.register("张伟伟", PHONE, issue="PHONE10")
    third = terminal.register("张 Wei", "+8613900000000", PASSPORT, issue="PHONE10")
    with terminal.store.read() as reading:
        person = reading.customer(first)
        assert person is not None
        day = decode_voucher(reading.vouchers()[0].voucher_bytes).expires - 30
        both = reading.issued(person.hashes, "PHONE10", day)
        assert (both.person_total, both.person_today, both.terminal_today) == (3, 3, 3)
        by_phone = reading.issued([_hash("phone", PHONE)], "PHONE10", day + 1)
        assert (by_phone.person_total, by_phone.person_today) == (2, 0)
        assert by_phone.terminal_today == 0
        matches = reading.people_like(person.hashes)
    assert {(match.customer, match.why) for match in matches} == {
        (first, MatchReason.PHONE),
        (second, MatchReason.PHONE),
        (first, MatchReason.DOCUMENT),
        (third, MatchReason.DOCUMENT),
    }
    terminal.store.close()


def test_no_personal_data_is_in_the_clear_anywhere(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register("诸葛𠮷", "+8613812345678", PASSPORT, issue="PHONE10")
    terminal.store.drafts.save("counter", {"name": "诸葛𠮷", "phone": "13812345678"})
    events = terminal.store.outbox.events_after(0, 500)
    terminal.store.close()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    sent = [part for event in events for part in (event.envelope, event.payload)]
    for data in [*written, *sent]:
        for secret in ("诸葛".encode(), "𠮷".encode(), b"13812345678", b"12345678"):
            assert secret not in data


def test_keys_of_persons_are_in_no_log_and_open_only_at_head_office(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    customer = terminal.register(issue="PHONE10")
    outbox = terminal.store.outbox
    events = outbox.events_after(0, 500)
    sealed = outbox.sealed_keys(events)
    assert list(sealed) == [customer]
    key = open_sealed(SEAL_SECRET, sealed[customer], person_context(customer))
    registered = next(
        event for event in events
        if decode_envelope(event.envelope).type == facts.CUSTOMER_REGISTERED
    )  # fmt: skip
    fields = facts.decode_payload(facts.CUSTOMER_REGISTERED, registered.payload)
    personal = facts.unseal_personal(facts.CUSTOMER_REGISTERED, customer, key, fields["sealed"])
    assert personal["phone"] == PHONE
    assert not any(key in event.payload + event.envelope + event.salt for event in events)
    terminal.store.close()


def test_intents_lead_back_to_what_they_did(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    customer = terminal.register(issue="PHONE10")
    with terminal.store.read() as reading:
        (record,) = reading.vouchers()
        found = reading.intent(record.intent)
        assert found is not None
        assert found.event_type == facts.VOUCHER_ISSUED
        assert found.body == facts.intent_body(customer=customer, offer="PHONE10")
        assert found.refs["slot"] == record.slot
        assert reading.intent(terminal.randomness.intent_id()) is None
    terminal.store.close()


def test_printing_is_counted(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register(issue="PHONE10")
    terminal.register("李娜", "+8613800138001", issue="PHONE10")
    fields = {"items": [[1001, 1, 0]], "layout": "a4"}
    event_id = terminal.randomness.intent_id()
    with terminal.store.write(SESSION) as unit:
        unit.record(Fact(facts.VOUCHER_PRINTED, event_id, fields, {}))
        assert [record.slot for record in unit.vouchers(unprinted=True)] == [2]
        assert [record.printed for record in unit.vouchers()] == [1, 0]
    terminal.store.close()


def test_a_unit_inside_a_unit_is_our_own_bug(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    with pytest.raises(RuntimeError, match="already open"), terminal.store.write(SESSION):
        terminal.store.outbox.head()
    terminal.register()
    terminal.store.close()


def test_threads_take_turns(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path, slots=200)
    failures: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for number in range(15):
                terminal.register("王芳", f"+86138000{worker:02}{number:03}", issue="PHONE10")
                terminal.store.outbox.head()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    report = terminal.store.check()
    assert report.ok, report.problems
    with terminal.store.read() as reading:
        assert sorted(record.slot for record in reading.vouchers()) == list(range(1, 61))
    terminal.store.close()


def test_a_closed_store_says_so_and_closing_twice_is_safe(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.store.close()
    terminal.store.close()
    with pytest.raises(EnvironmentFault) as caught:
        terminal.register()
    assert caught.value.code == "store_closed"


def test_a_store_is_not_made_over_another(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    head = terminal.store.outbox.head()
    terminal.store.close()
    answer = enrolment(terminal.clock.now_ms())
    with pytest.raises(EnvironmentFault) as caught:
        create_store(terminal.folder, DATA_KEY, answer, terminal.clock, terminal.randomness)
    assert caught.value.code == "store_exists"
    assert terminal.reopen().outbox.head() == head
    terminal.store.close()
    other = terminal.folder.database.with_name("none.db")
    folder = StoreFolder(other, terminal.folder.second, other, other)
    with pytest.raises(EnvironmentFault) as missing:
        open_store(folder, DATA_KEY, terminal.clock, terminal.randomness)
    assert (missing.value.code, missing.value.facts["recovery"]) == ("store_missing", True)


def test_drafts_survive_a_restart_and_are_forgotten_for_good(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    drafts = terminal.store.drafts
    assert drafts.load("counter") is None
    drafts.save("counter", {"name": "𠮷田", "consents": ["service"]})
    drafts.save("counter", {"name": "𠮷田花", "consents": []})
    drafts = terminal.reopen().drafts
    assert drafts.load("counter") == {"name": "𠮷田花", "consents": []}
    drafts.discard("counter")
    drafts.discard("counter")
    assert drafts.load("counter") is None
    assert terminal.store.check().ok
    terminal.store.close()


def test_the_clock_state_is_written_into_every_event(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register()
    terminal.clock.set_wall(946_684_800_000)
    with terminal.store.write(Session("T001")) as unit:
        assert unit.clock_state() == "suspect"
        record_person(unit, terminal.randomness, "李娜", "+8613800138001")
    events = terminal.store.outbox.events_after(0, 500)
    states = [decode_envelope(event.envelope).clock_state for event in events]
    assert set(states[:-1]) == {"trusted"}
    assert states[-1] == "suspect"
    terminal.store.close()


def test_free_space_is_checked_before_a_shift_opens(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    assert terminal.folder.ballast.stat().st_size == 16 << 20
    assert terminal.store.free_space_ok()
    terminal.folder.ballast.unlink()
    assert "disk_nearly_full" in terminal.store.warnings()
    assert terminal.store.free_space_ok()
    assert not terminal.store.warnings()
    terminal.store.close()
