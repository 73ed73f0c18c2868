"""Ingest on real stores: chain checked, effects applied once, facts never refused."""

import hashlib
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
import zstandard

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.chain import open_ack
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.event import commitment, decode_envelope
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.sealing import blind_hash
from branchdesk.protocol.signing import SigningKey
from tests.office_fixture import TestBank
from tests.simulated_terminal import SimulatedTerminal


def busy_terminal(bank: TestBank, people: int = 5) -> SimulatedTerminal:
    """Return a terminal with registered people, issued and printed vouchers, nothing pushed."""
    terminal = bank.terminal()
    terminal.borrow()
    for number in range(people):
        customer = terminal.register(phone=f"+861380013{number:04d}")
        terminal.print_vouchers(terminal.issue(customer))
    return terminal


def count(bank: TestBank, *keys: str) -> list[object]:
    """Return some numbers of the status."""
    status = bank.office.status()
    return [status[key] for key in keys]


def test_a_day_arrives_whole_and_its_acknowledgement_carries_our_hash_and_nonce(
    bank: TestBank,
) -> None:
    terminal = busy_terminal(bank)
    nonce = b"n" * 16
    answer = bank.office.ingest(terminal.number, 1, terminal.batch(0, 15, nonce))
    ack = open_ack(answer.ack.encode(), terminal.public_keys(KeyUse.ACK), nonce)
    assert ack.head() == terminal.head
    assert ack.durable_seq == 15
    assert answer.notices == ()
    assert count(bank, "events", "customers", "vouchers", "open_cases") == [15, 5, 5, 0]
    assert bank.office.audit().violations == ()


def test_the_same_batch_three_times_gives_the_same_answer_and_applies_once(bank: TestBank) -> None:
    terminal = busy_terminal(bank)
    terminal.append("points.earned", b"\xa0")
    batch = terminal.batch(0, 16)
    answers = [bank.office.ingest(terminal.number, 1, batch) for _ in range(3)]
    assert len({answer.encode() for answer in answers}) == 1
    assert answers[0].notices[0].code == "unknown_event_type"
    assert count(bank, "events", "customers", "vouchers") == [16, 5, 5]


def test_batches_out_of_order_are_answered_with_our_head_and_taken_when_their_turn_comes(
    bank: TestBank,
) -> None:
    terminal = busy_terminal(bank)
    first, second = terminal.batch(0, 8), terminal.batch(8, 15)
    with pytest.raises(ContractFault) as caught:
        bank.office.ingest(terminal.number, 1, second)
    assert caught.value.code == "gap"
    assert caught.value.facts["head_seq"] == 0
    assert caught.value.facts["head_hash"] == terminal.genesis.hash.hex()
    bank.office.ingest(terminal.number, 1, first)
    bank.office.ingest(terminal.number, 1, second)
    late = bank.office.ingest(terminal.number, 1, first)
    assert late.ack.head() == terminal.head_at(8)
    assert count(bank, "events", "vouchers") == [15, 5]


def test_a_batch_that_overlaps_what_we_have_brings_only_the_rest(bank: TestBank) -> None:
    terminal = busy_terminal(bank)
    bank.office.ingest(terminal.number, 1, terminal.batch(0, 8))
    answer = bank.office.ingest(terminal.number, 1, terminal.batch(3, 15))
    assert answer.ack.head() == terminal.head
    assert count(bank, "events", "customers", "vouchers") == [15, 5, 5]
    assert bank.office.audit().ok


@pytest.mark.parametrize("keep", [0, 1, 17, 200, -1])
def test_a_torn_batch_is_refused_and_changes_nothing(bank: TestBank, keep: int) -> None:
    terminal = busy_terminal(bank)
    with pytest.raises(ContractFault, match="malformed"):
        bank.office.ingest(terminal.number, 1, terminal.batch(0, 15)[:keep])
    assert count(bank, "events", "customers") == [0, 0]


def altered(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Return a batch with its plain fields changed after signing."""
    fields = cbor2.loads(zstandard.ZstdDecompressor().decompressobj().decompress(data))
    change(fields)
    return zstandard.compress(cbor2.dumps(fields, canonical=True))


def change_envelope(fields: dict[str, Any]) -> None:
    envelope = cbor2.loads(fields["events"][3][0])
    envelope["staff"] = "T666"
    fields["events"][3][0] = cbor2.dumps(envelope, canonical=True)


def drop_event(fields: dict[str, Any]) -> None:
    del fields["events"][4]


def swap_events(fields: dict[str, Any]) -> None:
    events = fields["events"]
    events[2], events[3] = events[3], events[2]


def change_head_signature(fields: dict[str, Any]) -> None:
    fields["head_sig"] = bytes(64)


def change_last_head(fields: dict[str, Any]) -> None:
    fields["head_hash"] = bytes(32)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (change_envelope, "chain_broken"),
        (drop_event, "chain_broken"),
        (swap_events, "chain_broken"),
        (change_last_head, "chain_broken"),
        (change_head_signature, "bad_signature"),
    ],
)
def test_a_batch_altered_on_the_way_is_refused_whole(
    bank: TestBank, change: Callable[[dict[str, Any]], None], code: str
) -> None:
    terminal = busy_terminal(bank)
    with pytest.raises(ContractFault) as caught:
        bank.office.ingest(terminal.number, 1, altered(terminal.batch(0, 15), change))
    assert caught.value.code == code
    assert count(bank, "events", "vouchers") == [0, 0]
    terminal.push()
    assert count(bank, "events", "vouchers") == [15, 5]


def test_a_batch_signed_by_another_key_is_refused(bank: TestBank) -> None:
    terminal = busy_terminal(bank)
    terminal.key = SigningKey(bytes(range(32)))
    with pytest.raises(ContractFault, match="bad_signature"):
        bank.office.ingest(terminal.number, 1, terminal.batch(0, 15))


def test_a_terminal_cannot_upload_for_another(bank: TestBank) -> None:
    mine, other = busy_terminal(bank), bank.terminal("B002")
    with pytest.raises(ContractFault, match="wrong_terminal"):
        bank.office.ingest(other.number, 1, mine.batch(0, 15))
    with pytest.raises(RuleViolation, match="terminal_unknown"):
        bank.office.ingest(99, 1, mine.batch(0, 15))


def test_an_altered_payload_is_parked_and_the_next_events_go_on(bank: TestBank) -> None:
    terminal = busy_terminal(bank)

    def change(fields: dict[str, Any]) -> None:
        fields["events"][0][1] = fields["events"][0][1][:-1] + b"\0"

    answer = bank.office.ingest(terminal.number, 1, altered(terminal.batch(0, 15), change))
    told = [(notice.seq, notice.verdict, notice.code) for notice in answer.notices]
    # The person was never registered, so the voucher issued to them counts but is flagged.
    assert told == [(1, "parked", "commitment_mismatch"), (2, "flagged", "customer_unknown")]
    assert count(bank, "events", "customers", "vouchers") == [15, 4, 5]
    terminal.pull()
    assert [item["code"] for item in terminal.items_of(ItemKind.NOTICE)] == [
        "commitment_mismatch", "customer_unknown",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "verdict", "code"),
    [
        (("points.earned", 1, b"\xa0"), "parked", "unknown_event_type"),
        ((facts.STAFF_SIGNED_IN, 9, b"\xa0"), "parked", "unknown_event_version"),
        ((facts.STAFF_SIGNED_IN, 1, b"\xa0"), "effect_refused", "malformed_payload"),
        ((facts.STAFF_SIGNED_IN, 1, b"not cbor"), "effect_refused", "malformed_payload"),
        (("nul\0in the name", 1, b"\xa0"), "parked", "unknown_event_type"),
    ],
)
def test_what_head_office_cannot_read_is_kept_shown_and_never_blocks(
    bank: TestBank, event: tuple[str, int, bytes], verdict: str, code: str
) -> None:
    terminal = bank.terminal()
    terminal.append(event[0], event[2], type_ver=event[1])
    terminal.register()
    (answer,) = terminal.push()
    assert [(n.seq, n.verdict, n.code) for n in answer.notices] == [(1, verdict, code)]
    assert count(bank, "events", "customers") == [2, 1]
    assert bank.office.audit().violations == ()


def test_hostile_values_inside_payloads_never_block_the_line(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    nul = facts.encode_payload(facts.STAFF_PIN_SET, staff="T\0001")
    terminal.append(facts.STAFF_PIN_SET, nul)
    held = terminal.held("PHONE10")
    huge = {
        "customer": customer, "grant": (1 << 64) - 1, "slot": 1, "campaign": "C",
        "offer_code": "O", "voucher": b"", "number": (1 << 64) - 1, "intent_body": b"",
    }  # fmt: skip
    terminal.record(facts.VOUCHER_ISSUED, **huge)
    terminal.record(facts.VOUCHER_ISSUED, **{**huge, "grant": held.value.number, "number": 1})
    for slots in ([], [[0, 1]], [[2, 1]], [[1, 1 << 40]], [[1, 2], [3, 4]], ["x"]):
        terminal.record(facts.GRANT_RETURNED, grant=held.value.number, slots=slots)
    terminal.record(facts.VOUCHER_PRINTED, items=[[1, -2, 3]], layout="a4")
    terminal.issue(customer)
    (answer,) = terminal.push()
    assert {notice.verdict for notice in answer.notices} == {"effect_refused"}
    assert len(answer.notices) == 10
    assert count(bank, "customers", "vouchers") == [1, 1]
    assert bank.office.audit().violations == ()


def test_an_event_without_salt_stands_as_a_fact_without_effect(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.append(facts.STAFF_SIGNED_IN, b"", salt=b"", commit=commitment(bytes(32), b"gone"))
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["payload_erased"]
    assert bank.office.audit().violations == ()


def test_a_fork_is_kept_as_evidence_freezes_the_grants_and_opens_one_case(bank: TestBank) -> None:
    terminal = busy_terminal(bank)
    terminal.push()
    terminal.rewind(9)
    terminal.issue(terminal.register(phone="+8613900139000"))
    branch = terminal.batch(9, 11)
    for _ in range(3):
        with pytest.raises(ContractFault) as caught:
            bank.office.ingest(terminal.number, 1, branch)
        assert caught.value.code == "fork"
        assert (caught.value.facts["seq"], caught.value.facts["head_seq"]) == (10, 15)
    (case,) = bank.office.cases()
    assert (case["kind"], case["seq"]) == ("fork", 10)
    with pytest.raises(RuleViolation, match="terminal_frozen"):
        bank.office.lend(terminal.number, 1)
    terminal.pull(Lane.URGENT)
    assert terminal.items_of(ItemKind.REVOCATION)[0]["reason"] == "fork"
    assert count(bank, "events", "vouchers") == [15, 5]
    result = bank.office.audit()
    assert result.ok
    assert (result.checked["branch_events"], result.checked["branch_heads"]) == (2, 1)


def test_a_fork_at_the_very_head_is_seen_too(bank: TestBank) -> None:
    terminal = busy_terminal(bank)
    terminal.push()
    terminal.rewind(14)
    terminal.sign_in()
    terminal.sign_in()
    with pytest.raises(ContractFault, match="fork"):
        bank.office.ingest(terminal.number, 1, terminal.batch(15, 16))


def test_after_a_fork_a_new_code_begins_the_next_epoch_with_a_new_key(bank: TestBank) -> None:
    terminal = busy_terminal(bank)
    terminal.push()
    terminal.rewind(3)
    terminal.sign_in()
    with pytest.raises(ContractFault, match="fork"):
        bank.office.ingest(terminal.number, 1, terminal.batch(3, 4))
    reborn = bank.terminal(enrol_terminal=terminal.number)
    assert (reborn.number, reborn.epoch) == (terminal.number, 2)
    reborn.borrow()
    assert {held.value.terminal_key for held in reborn.grants.values()} == {reborn.key.public_key}
    reborn.issue(reborn.register(phone="+8613700137000"))
    reborn.push()
    assert count(bank, "vouchers") == [6]
    assert bank.office.audit().ok


def test_a_chain_that_begins_from_another_certificate_is_refused(bank: TestBank) -> None:
    terminal, other = bank.terminal(), bank.terminal()
    terminal.head = terminal.genesis = type(terminal.head)(
        terminal.number, 1, 0, other.genesis.hash
    )
    terminal.sign_in()
    with pytest.raises(ContractFault, match="genesis"):
        bank.office.ingest(terminal.number, 1, terminal.batch(0, 1))


def test_a_slot_is_used_once_and_the_second_use_becomes_a_case(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    terminal.issue(customer, slot=7)
    terminal.issue(customer, slot=7)
    (answer,) = terminal.push()
    assert [(n.seq, n.code) for n in answer.notices] == [(3, "slot_used")]
    terminal.issue(customer, slot=7)
    assert terminal.push()[0].notices[0].code == "slot_used"
    assert [case["kind"] for case in bank.office.cases()] == ["slot_used", "slot_used"]
    assert count(bank, "vouchers") == [1]


def test_vouchers_beyond_the_grant_or_from_another_terminals_grant_have_no_effect(
    bank: TestBank,
) -> None:
    terminal, other = bank.terminal(), bank.terminal("B002")
    terminal.borrow()
    other.borrow()
    customer = terminal.register()
    mine, theirs = terminal.held("PHONE10"), other.held("PHONE10")
    terminal.issue_slot(mine, mine.value.slots + 1, customer)
    terminal.issue_slot(theirs, 1, customer)
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["voucher_forged", "grant_of_other"]
    assert {notice.verdict for notice in answer.notices} == {"effect_refused"}
    assert count(bank, "vouchers", "open_cases") == [0, 2]


def test_a_voucher_whose_signature_is_wrong_has_no_effect(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    customer = terminal.register()
    held = terminal.held("PHONE10")
    right, terminal.key = terminal.key, SigningKey(hashlib.sha256(b"thief").digest())
    terminal.issue_slot(held, 1, customer)
    terminal.key = right
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["voucher_forged"]


def test_the_same_intent_twice_takes_effect_once(bank: TestBank) -> None:
    terminal = bank.terminal()
    event = terminal.record(facts.STAFF_SIGNED_IN, staff="T001", role="teller")
    terminal.push()
    event_id = decode_envelope(event.envelope).event_id
    terminal.record(facts.STAFF_SIGNED_IN, staff="T001", role="teller", event_id=event_id)
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["event_id_repeated"]


def test_the_same_person_at_two_terminals_is_named_and_never_merged(bank: TestBank) -> None:
    first, second = bank.terminal("B001"), bank.terminal("V001")
    one = first.register(phone="+8613812345678", document="11010519491231002X")
    first.push()
    two = second.register(phone="+8613912345678", document="11010519491231002X")
    (answer,) = second.push()
    assert [(n.verdict, n.code) for n in answer.notices] == [("flagged", "duplicate_customer")]
    assert one != two
    assert count(bank, "customers", "open_cases") == [2, 0]


def test_other_terminals_learn_keyed_hashes_and_issue_days_and_nothing_else(
    bank: TestBank,
) -> None:
    first, second = bank.terminal("B001"), bank.terminal("V001")
    first.borrow()
    customer = first.register(name="欧阳娜娜", phone="+8613812345678")
    first.issue(customer)
    first.push()
    second.pull()
    first.pull()
    (subject,) = second.items_of(ItemKind.SUBJECT)
    assert subject["hashes"] == [blind_hash(second.blind_key, "phone", "+8613812345678")]
    assert list(subject["issued"]) == ["PHONE10"]
    assert first.items_of(ItemKind.SUBJECT) == []
    first.issue(customer, "SPEND200")
    first.push()
    second.pull()
    assert set(second.items_of(ItemKind.SUBJECT)[-1]["issued"]) == {"PHONE10", "SPEND200"}
    late = bank.terminal("V002")
    late.pull()
    assert len(late.items_of(ItemKind.SUBJECT)) == 1


def test_a_registration_without_the_persons_key_is_kept_and_flagged(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.register(send_key=False)
    (answer,) = terminal.push()
    assert [notice.code for notice in answer.notices] == ["person_key_missing"]
    assert count(bank, "customers") == [1]
    assert bank.office.audit().ok


def test_two_workers_on_one_store_share_one_chain(bank: TestBank) -> None:
    terminal = busy_terminal(bank)
    worker = bank.another_office()
    bank.office.ingest(terminal.number, 1, terminal.batch(0, 7))
    worker.ingest(terminal.number, 1, terminal.batch(7, 15))
    answer = bank.office.ingest(terminal.number, 1, terminal.batch(7, 15))
    assert answer.ack.head() == terminal.head
    assert worker.audit().ok
    assert count(bank, "events", "vouchers") == [15, 5]
