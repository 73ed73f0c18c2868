"""What comes from head office: verified item by item, refused whole with its reason, never half."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from branchdesk.application.models import CampaignInForce, Notice, TerminalCondition
from branchdesk.application.waiting import RefusedItem
from branchdesk.domain.campaign import Role
from branchdesk.errors import ContractFault
from branchdesk.protocol import codec, facts
from branchdesk.protocol.bundle import sign_bundle
from branchdesk.protocol.chain import Ack, open_ack, sign_ack
from branchdesk.protocol.enrolment import KeyRecord, KeyUse, open_key_record, sign_key_record
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.feed import FeedItem, FeedPage, ItemKind, Lane, item
from branchdesk.protocol.sealing import blind_hash
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import day_number
from tests.builders import (
    ACK_KEY,
    BUNDLE_KEY,
    ROOT_KEY,
    Terminal,
    campaign_item,
    empty_terminal,
    grant_item,
    make_terminal,
    sample_bundle,
    staff_item,
)
from tests.fakes import bank

OTHER_KEY = SigningKey(b"nobody's key, of 32 bytes in all")
TODAY = day_number(bank.sample_campaign().offers[0].issue_from) + 1


def _types(terminal: Terminal) -> list[str]:
    events = terminal.store.outbox.events_after(0, 500)
    return [decode_envelope(event.envelope).type for event in events]


def _close(terminal: Terminal) -> None:
    report = terminal.store.check()
    assert report.ok, report.problems
    terminal.store.close()


def test_a_page_moves_the_cursor_and_grants_become_events(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    grant = bank.grant_of("PHONE10", number=7)
    outcome = terminal.feed(
        Lane.CONTENT, staff_item(3, bank.TELLER), campaign_item(5), grant_item(9, grant, "PHONE10")
    )
    assert (outcome.applied, outcome.refused) == (3, ())
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 9
    assert terminal.store.outbox.cursor(Lane.URGENT) == 0
    assert _types(terminal) == [facts.TERMINAL_ENROLLED, facts.GRANT_ACCEPTED]
    with terminal.store.read() as reading:
        assert reading.staff("T001") == bank.TELLER
        (in_force,) = reading.campaigns()
        assert in_force == bank.in_force()
        opened = reading.open_grant("PHONE10", TODAY)
        assert opened is not None
        assert (opened.grant, opened.next_slot, opened.free) == (grant, 1, 100)
        assert reading.open_grant("PHONE10", grant.issue_until + 1) is None
    _close(terminal)


def _flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


BAD_GRANTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "another terminal": (
        lambda: bank.grant_of("PHONE10", number=7, terminal=13).encode(),
        "grant_of_other",
    ),
    "another device key": (
        lambda: bank.grant_of("PHONE10", number=7, terminal_key=OTHER_KEY).encode(),
        "grant_of_other",
    ),
    "unknown issuer": (
        lambda: bank.grant_of("PHONE10", number=7, office_key=OTHER_KEY).encode(),
        "unknown_issuer",
    ),
    "altered": (lambda: _flip(bank.grant_of("PHONE10", number=7).encode(), 52), "forged"),
    "cut short": (lambda: bank.grant_of("PHONE10", number=7).encode()[:-1], "forged"),
    "another offer": (lambda: bank.grant_of("SPEND200", number=7).encode(), "grant_offer_mismatch"),
}


@pytest.mark.parametrize("case", BAD_GRANTS)
def test_a_bad_grant_is_refused_and_the_items_after_it_are_applied(
    tmp_path: Path, case: str
) -> None:
    make, code = BAD_GRANTS[case]
    terminal = empty_terminal(tmp_path)
    bad = item(2, ItemKind.GRANT, grant=make(), campaign=bank.in_force().campaign.code,
               offer_code="PHONE10")  # fmt: skip
    outcome = terminal.feed(Lane.CONTENT, campaign_item(1), bad, staff_item(3, bank.TELLER))
    assert (outcome.applied, outcome.refused) == (2, ((2, code),))
    with terminal.store.read() as reading:
        assert reading.grants() == ()
        assert reading.staff("T001") is not None
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 1
    _close(terminal)


def _altered_campaign(number: int) -> FeedItem:
    good = sign_bundle(sample_bundle(), BUNDLE_KEY)
    return campaign_item(number, record=_flip(good, len(good) // 2))


def _bad_grant(number: int) -> FeedItem:
    return item(
        number, ItemKind.GRANT, grant=_flip(bank.grant_of("PHONE10", number=7).encode(), 52),
        campaign=bank.in_force().campaign.code, offer_code="PHONE10",
    )  # fmt: skip


def test_what_was_refused_is_asked_for_again_and_a_good_copy_is_taken(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    second = bank.grant_of("PHONE10", number=8)
    between = (staff_item(4, bank.TELLER, code="AAAA"), grant_item(5, second, "PHONE10"))
    bad = (_altered_campaign(2), _bad_grant(3))
    outcome = terminal.feed(Lane.CONTENT, *bad, *between)
    assert outcome.refused == ((2, "bad_signature"), (3, "forged"))
    assert outcome.applied == 2
    with terminal.store.read() as reading:
        assert reading.refused_items() == (
            RefusedItem("campaign", "bad_signature"), RefusedItem("grant", "forged"),
        )  # fmt: skip
    terminal.store.one_time_codes_handed()
    terminal.reopen()
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 1
    first = bank.grant_of("PHONE10", number=7)
    good = (campaign_item(2), grant_item(3, first, "PHONE10"))
    outcome = terminal.feed(Lane.CONTENT, *good, *between, staff_item(9, bank.SUPERVISOR))
    assert (outcome.applied, outcome.refused) == (3, ())
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 9
    # What lay between was passed over: one event a grant, and no code handed over twice.
    assert _types(terminal) == [facts.TERMINAL_ENROLLED, *[facts.GRANT_ACCEPTED] * 2]
    assert terminal.store.pending_one_time_codes() == ()
    with terminal.reopen().read() as reading:
        assert [found.version for found in reading.campaigns()] == [1]
        assert [line.grant for line in reading.grants()] == [7, 8]
        assert reading.refused_items() == ()
    _close(terminal)


def test_what_stays_bad_is_reported_each_time_and_later_items_get_through(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    terminal.feed(Lane.CONTENT, staff_item(1, bank.TELLER), _altered_campaign(2))
    for number in (3, 4, 5):
        page = (_altered_campaign(2), *(staff_item(n, bank.SUPERVISOR) for n in range(3, number)))
        outcome = terminal.feed(Lane.CONTENT, *page, staff_item(number, bank.SUPERVISOR))
        assert (outcome.applied, outcome.refused) == (1, ((2, "bad_signature"),))
        assert terminal.store.outbox.cursor(Lane.CONTENT) == 1
    _close(terminal)


def test_in_one_synchronisation_a_refused_item_is_asked_for_once_and_pages_go_on(
    tmp_path: Path,
) -> None:
    terminal = empty_terminal(tmp_path)
    outbox = terminal.store.outbox
    items = (_altered_campaign(2), staff_item(3, bank.TELLER), _bad_grant(4),
             staff_item(5, bank.SUPERVISOR))  # fmt: skip
    terminal.feed(Lane.CONTENT, *items)
    assert outbox.cursor(Lane.CONTENT) == 1
    terminal.feed(Lane.CONTENT, items[0], more=True)
    assert outbox.cursor(Lane.CONTENT) == 3
    terminal.feed(Lane.CONTENT, items[2], more=True)
    # Between and after them everything is known: the lane goes on at its end.
    assert outbox.cursor(Lane.CONTENT) == 5
    terminal.acknowledge(1)
    assert outbox.cursor(Lane.CONTENT) == 1
    _close(terminal)


def test_what_head_office_withdrew_or_a_newer_campaign_replaced_is_asked_for_no_more(
    tmp_path: Path,
) -> None:
    terminal = empty_terminal(tmp_path)
    terminal.feed(Lane.CONTENT, _altered_campaign(2), _bad_grant(3))
    # The campaign's place is empty now: another item took over from it.
    terminal.feed(Lane.CONTENT, _bad_grant(3), staff_item(4, bank.TELLER))
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 2
    third = sign_bundle(sample_bundle(3), BUNDLE_KEY)
    unsigned = sign_bundle(sample_bundle(2), OTHER_KEY)
    terminal.feed(Lane.CONTENT, campaign_item(5, record=unsigned))
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 4
    terminal.feed(Lane.CONTENT, campaign_item(5, record=unsigned), campaign_item(6, record=third))
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 6
    with terminal.reopen().read() as reading:
        assert [found.version for found in reading.campaigns()] == [3]
    _close(terminal)


def test_a_refused_key_is_asked_for_again_on_its_own_lane(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    record = KeyRecord(KeyUse.GRANT, 1, OTHER_KEY.public_key, 1, 2)
    by_root, by_nobody = sign_key_record(record, ROOT_KEY), sign_key_record(record, OTHER_KEY)
    whole = {"what": "grant", "number": 1001, "slots": [], "reason": "lost"}
    revocation = item(3, ItemKind.REVOCATION, **whole)
    terminal.feed(Lane.URGENT, item(2, ItemKind.KEY, record=by_nobody), revocation)
    assert terminal.store.outbox.cursor(Lane.URGENT) == 1
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 0
    good = item(2, ItemKind.KEY, record=by_root)
    assert terminal.feed(Lane.URGENT, good, revocation).applied == 1
    assert terminal.store.outbox.cursor(Lane.URGENT) == 3
    with terminal.store.read() as reading:
        assert OTHER_KEY.public_key in reading.grant_keys().values()
    _close(terminal)


def test_a_recovered_store_knows_what_became_of_refused_items(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    terminal.feed(Lane.CONTENT, _altered_campaign(2), _bad_grant(3))
    terminal.feed(Lane.CONTENT, campaign_item(2), _bad_grant(3))
    terminal.recover()
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 2
    with terminal.store.read() as reading:
        assert [found.version for found in reading.campaigns()] == [1]
    _close(terminal)


def test_the_same_grant_again_changes_nothing_and_another_under_its_number_is_refused(
    tmp_path: Path,
) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register(issue="PHONE10")
    number = terminal.next_item(Lane.CONTENT)
    same = grant_item(number, bank.grant_of("PHONE10", number=1001), "PHONE10")
    other_grant = bank.grant_of("PHONE10", number=1001, slots=200)
    outcome = terminal.feed(Lane.CONTENT, same, grant_item(number + 1, other_grant, "PHONE10"))
    assert outcome.refused == ((number + 1, "grant_conflict"),)
    with terminal.store.read() as reading:
        line = next(line for line in reading.grants() if line.grant == 1001)
        assert (line.slots, line.used) == (100, 1)
    _close(terminal)


def _bundles() -> dict[str, tuple[bytes, str]]:
    bundle = sample_bundle(3)
    good = sign_bundle(bundle, BUNDLE_KEY)
    broken = replace(bundle, content=bundle.content.replace(b'"offers"', b'"0ffers"'))
    return {
        "unsigned": (sign_bundle(bundle, OTHER_KEY), "unsigned"),
        "altered": (_flip(good, len(good) // 2), "bad_signature"),
        "expired": (sign_bundle(sample_bundle(3, until_ms=1), BUNDLE_KEY), "bundle_expired"),
        "older": (sign_bundle(sample_bundle(1), BUNDLE_KEY), "bundle_older"),
        "not JSON": (sign_bundle(replace(bundle, content=b"\xff"), BUNDLE_KEY), "bundle_invalid"),
        "a rule broken": (sign_bundle(broken, BUNDLE_KEY), "bundle_invalid"),
        "of another code": (
            sign_bundle(replace(bundle, campaign="OTHER"), BUNDLE_KEY), "bundle_invalid",
        ),
        "cut short": (good[:-9], "malformed"),
        "no bundle at all": (b"<html>please sign in</html>", "malformed"),
    }  # fmt: skip


@pytest.mark.parametrize("case", list(_bundles()))
def test_a_bad_bundle_is_refused_whole_and_the_last_good_one_stays(
    tmp_path: Path, case: str
) -> None:
    record, code = _bundles()[case]
    terminal = make_terminal(tmp_path)
    newer = campaign_item(
        terminal.next_item(Lane.CONTENT), record=sign_bundle(sample_bundle(2), BUNDLE_KEY)
    )
    assert not terminal.feed(Lane.CONTENT, newer).refused
    number = terminal.next_item(Lane.CONTENT)
    outcome = terminal.feed(Lane.CONTENT, campaign_item(number, record=record))
    assert outcome.refused == ((number, code),)
    with terminal.store.read() as reading:
        assert [found.version for found in reading.campaigns()] == [2]
    assert [found.version for found in _reread(terminal)] == [2]
    _close(terminal)


def _reread(terminal: Terminal) -> list[CampaignInForce]:
    with terminal.reopen().read() as reading:
        return list(reading.campaigns())


def test_while_the_clock_is_suspect_a_bundle_is_not_judged_by_date(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    until_ms = terminal.clock.now_ms() + 1_000
    terminal.clock.set_wall(terminal.clock.now_ms() + 400 * 24 * 3_600_000)
    record = sign_bundle(sample_bundle(until_ms=until_ms), BUNDLE_KEY)
    assert not terminal.feed(Lane.CONTENT, campaign_item(1, record=record)).refused
    _close(terminal)


def test_a_revoked_terminal_is_frozen_and_keeps_what_it_has(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register(issue="PHONE10")
    head = terminal.store.outbox.head()
    fields = {"what": "terminal", "number": bank.TERMINAL, "slots": [], "reason": "stolen"}
    terminal.feed(Lane.URGENT, item(1, ItemKind.REVOCATION, **fields))
    with terminal.reopen().read() as reading:
        assert reading.terminal().condition is TerminalCondition.FROZEN
        assert len(reading.vouchers()) == 1
    assert terminal.store.outbox.head() == head
    _close(terminal)


def test_revoked_slots_are_skipped_and_a_revoked_grant_is_closed(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    customer = terminal.register(issue="PHONE10")
    some = {"what": "grant", "number": 1001, "slots": [[1, 3], [5, 5]], "reason": "lost"}
    terminal.feed(Lane.URGENT, item(1, ItemKind.REVOCATION, **some))
    assert terminal.issue(customer, "PHONE10") == "1001-4"
    assert terminal.issue(customer, "PHONE10") == "1001-6"
    with terminal.store.read() as reading:
        assert [record.revoked for record in reading.vouchers()] == [True, False, False]
        assert not any(line.revoked for line in reading.grants())
    whole = {"what": "grant", "number": 1001, "slots": [], "reason": "lost"}
    terminal.feed(Lane.URGENT, item(2, ItemKind.REVOCATION, **whole))
    with terminal.store.read() as reading:
        assert reading.open_grant("PHONE10", TODAY) is None
        assert [line.grant for line in reading.grants() if line.revoked] == [1001]
    _close(terminal)


def test_staff_come_and_go_and_their_codes_are_handed_over_once(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    promoted = replace(bank.TELLER, role=Role.SUPERVISOR)
    terminal.feed(
        Lane.CONTENT, staff_item(1, bank.TELLER, code="AAAA"), staff_item(2, bank.SUPERVISOR),
        staff_item(3, promoted, code="BBBB"),
    )  # fmt: skip
    with terminal.store.read() as reading:
        assert reading.staff("T001") == promoted
        assert [member.code for member in reading.all_staff()] == ["S001", "T001"]
    ((code, one_time, expires_ms),) = terminal.store.pending_one_time_codes()
    assert (code, one_time) == ("T001", "BBBB")
    assert expires_ms > terminal.clock.now_ms()
    terminal.store.one_time_codes_handed()
    assert terminal.reopen().pending_one_time_codes() == ()
    terminal.feed(Lane.CONTENT, staff_item(4, promoted, code="CCCC"))
    assert [row[1] for row in terminal.store.pending_one_time_codes()] == ["CCCC"]
    terminal.feed(Lane.CONTENT, staff_item(5, promoted, active=False, code="DDDD"))
    assert terminal.store.pending_one_time_codes() == ()
    with terminal.store.read() as reading:
        assert reading.staff("T001") is None
    _close(terminal)


def test_a_new_grant_key_is_taken_from_the_root_key_only(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    record = KeyRecord(KeyUse.GRANT, 1, OTHER_KEY.public_key, 1, 2)
    by_root, by_nobody = sign_key_record(record, ROOT_KEY), sign_key_record(record, OTHER_KEY)
    outcome = terminal.feed(Lane.URGENT, item(1, ItemKind.KEY, record=by_nobody))
    assert outcome.refused == ((1, "unsigned"),)
    assert not terminal.feed(Lane.URGENT, item(2, ItemKind.KEY, record=by_root)).refused
    with terminal.store.read() as reading:
        assert set(reading.grant_keys().values()) == {
            bank.OFFICE_KEY.public_key, OTHER_KEY.public_key,
        }  # fmt: skip
    number = terminal.next_item(Lane.CONTENT)
    grant = bank.grant_of("PHONE10", number=9001, office_key=OTHER_KEY)
    assert not terminal.feed(Lane.CONTENT, grant_item(number, grant, "PHONE10")).refused
    _close(terminal)


def test_people_of_other_outlets_are_counted_and_never_known(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    phone = blind_hash(bank.BLIND_KEY, "phone", "+8613800138000")
    subject = {"subject": "s1", "hashes": [phone], "issued": {"PHONE10": [TODAY, TODAY, 9]}}
    number = terminal.next_item(Lane.CONTENT)
    terminal.feed(Lane.CONTENT, item(number, ItemKind.SUBJECT, **subject))
    with terminal.store.read() as reading:
        counts = reading.issued([phone], "PHONE10", TODAY)
        assert (counts.person_total, counts.person_today, counts.terminal_today) == (3, 2, 0)
        (match,) = reading.people_like([phone])
        assert match.customer == ""
    again = {"subject": "s1", "hashes": [phone], "issued": {"PHONE10": [TODAY]}}
    terminal.feed(Lane.CONTENT, item(number + 1, ItemKind.SUBJECT, **again))
    terminal.register("张伟", "+8613800138000", issue="PHONE10")
    with terminal.store.read() as reading:
        assert reading.issued([phone], "PHONE10", TODAY).person_total == 2
    _close(terminal)


BAD_ITEMS: dict[str, FeedItem] = {
    "no map": FeedItem(1, "staff", b"\xff"),
    "missing fields": FeedItem(1, "staff", codec.encode({"code": "T001"})),
    "unknown role": item(1, ItemKind.STAFF, code="T9", name="", role="king", active=True,
                         one_time_code="", code_expires_ms=0),
    "slots backwards": item(1, ItemKind.REVOCATION, what="grant", number=1, slots=[[3, 1]],
                            reason=""),
    "revocation of nothing": item(1, ItemKind.REVOCATION, what="moon", number=1, slots=[],
                                  reason=""),
    "hashes too short": item(1, ItemKind.SUBJECT, subject="s", hashes=[b"1"], issued={}),
    "issued is no list": item(1, ItemKind.SUBJECT, subject="s", hashes=[], issued={"A": 1}),
    "notice of nowhere": item(1, ItemKind.NOTICE, epoch=1, seq=1 << 60, verdict="parked",
                              code="x", facts={}),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_a_malformed_item_is_refused_and_blocks_nothing(tmp_path: Path, case: str) -> None:
    terminal = empty_terminal(tmp_path)
    outcome = terminal.feed(Lane.CONTENT, BAD_ITEMS[case], staff_item(2, bank.TELLER))
    assert (outcome.applied, outcome.refused) == (1, ((1, "malformed"),))
    _close(terminal)


def test_an_unknown_kind_is_kept_and_skipped(tmp_path: Path) -> None:
    terminal = empty_terminal(tmp_path)
    outcome = terminal.feed(
        Lane.CONTENT, FeedItem(1, "weather", b"\x00"), staff_item(2, bank.TELLER)
    )
    assert (outcome.applied, outcome.refused) == (1, ())
    _close(terminal)


@pytest.mark.parametrize(("terminal_number", "cursor"), [(13, 0), (bank.TERMINAL, 5)])
def test_a_page_for_another_place_changes_nothing(
    tmp_path: Path, terminal_number: int, cursor: int
) -> None:
    terminal = empty_terminal(tmp_path)
    page = FeedPage(terminal_number, Lane.CONTENT, cursor, (staff_item(9, bank.TELLER),),
                    more=False)  # fmt: skip
    with pytest.raises(ContractFault) as caught:
        terminal.store.outbox.apply_page(page)
    assert caught.value.code == "wrong_page"
    assert terminal.store.outbox.cursor(Lane.CONTENT) == 0
    _close(terminal)


def test_marks_only_rise_and_the_proof_is_the_newest_acknowledgement(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register(issue="PHONE10")
    assert terminal.store.proof() is None
    head = terminal.store.outbox.head()
    terminal.acknowledge(4)
    terminal.acknowledge(head.seq)
    low = terminal.ack(2)
    terminal.store.outbox.accept_ack(low, low.encode(), ())
    with terminal.reopen().read() as reading:
        state = reading.terminal()
        assert (state.acked_seq, state.durable_seq, state.unsent) == (head.seq, head.seq, 0)
        assert state.unsent_since_ms is None
    proof = terminal.store.proof()
    assert proof is not None
    assert proof.ack.head() == head
    key = open_key_record(proof.key_record, proof.root_key)
    assert open_ack(proof.ack_bytes, {key.key_id: key.public_key}, None) == proof.ack
    _close(terminal)


def _fork(ack: Ack) -> Ack:
    return sign_ack(replace(ack, hash=bytes(32)), ACK_KEY)


def _ahead(ack: Ack) -> Ack:
    return sign_ack(replace(ack, seq=ack.seq + 1), ACK_KEY)


def _other_terminal(ack: Ack) -> Ack:
    return sign_ack(replace(ack, terminal=13), ACK_KEY)


def _other_epoch(ack: Ack) -> Ack:
    return sign_ack(replace(ack, epoch=2), ACK_KEY)


def _unsigned(ack: Ack) -> Ack:
    return sign_ack(ack, OTHER_KEY)


def _altered(ack: Ack) -> Ack:
    return replace(ack, durable_seq=ack.durable_seq + 1)


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (_fork, "ack_hash_mismatch"),
        (_ahead, "ack_hash_mismatch"),
        (_other_epoch, "ack_hash_mismatch"),
        (_other_terminal, "ack_of_other"),
        (_unsigned, "unsigned"),
        (_altered, "bad_signature"),
    ],
)
def test_an_acknowledgement_that_is_not_ours_marks_nothing(
    tmp_path: Path, bend: Callable[[Ack], Ack], code: str
) -> None:
    terminal = make_terminal(tmp_path)
    bent = bend(terminal.ack(3))
    notice = Notice(1, 2, "parked", "unknown_type")
    with pytest.raises(ContractFault) as caught:
        terminal.store.outbox.accept_ack(bent, bent.encode(), [notice])
    assert caught.value.code == code
    with terminal.store.read() as reading:
        assert reading.terminal().acked_seq == 0
    assert terminal.store.outbox.parked() == 0
    assert terminal.store.proof() is None
    _close(terminal)


def test_the_clock_mark_rises_by_signed_time_only(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    now_ms = terminal.clock.now_ms()
    ahead = terminal.ack(3, time_ms=now_ms + 3_600_000)
    terminal.store.outbox.accept_ack(ahead, ahead.encode(), ())
    with terminal.store.read() as reading:
        assert reading.clock_state() == "suspect"
    terminal.clock.set_wall(now_ms + 3_600_000)
    with terminal.reopen().read() as reading:
        assert reading.clock_state() == "trusted"
    back = terminal.ack(4, time_ms=1)
    terminal.store.outbox.accept_ack(back, back.encode(), ())
    terminal.clock.reboot(bytes(16), now_ms + 7_200_000)
    with terminal.reopen().read() as reading:
        assert reading.clock_state() == "plausible"
    terminal.clock.set_wall(now_ms)
    with terminal.store.read() as reading:
        assert reading.clock_state() == "suspect"
    _close(terminal)


def test_parked_events_are_counted_once_until_resolved(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    notices = [Notice(1, 2, "parked", "unknown_type"), Notice(1, 3, "flagged", "late"),
               Notice(1, 4, "effect_refused", "slot_returned")]  # fmt: skip
    terminal.acknowledge(5, notices)
    terminal.acknowledge(5, notices)
    assert terminal.store.outbox.parked() == 2
    said = {"epoch": 1, "seq": 2, "verdict": "parked", "code": "unknown_type", "facts": {}}
    terminal.feed(Lane.URGENT, item(1, ItemKind.NOTICE, **said))
    assert terminal.store.outbox.parked() == 2
    terminal.feed(Lane.URGENT, item(2, ItemKind.NOTICE, **{**said, "verdict": "resolved"}))
    assert terminal.store.outbox.parked() == 1
    _close(terminal)


def test_only_our_own_heads_are_signed(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    outbox = terminal.store.outbox
    head = outbox.head()
    assert head.is_signed(outbox.sign_head(head), bank.TERMINAL_KEY.public_key)
    for other in (replace(head, hash=bytes(32)), replace(head, seq=head.seq + 1),
                  replace(head, terminal=13)):  # fmt: skip
        with pytest.raises(ContractFault) as caught:
            outbox.sign_head(other)
        assert caught.value.code == "head_not_ours"
    signer = outbox.signer()
    assert (signer.terminal, signer.epoch) == (bank.TERMINAL, 1)
    assert outbox.office()[0].startswith("https://")
    assert outbox.ack_keys() == {ACK_KEY.key_id: ACK_KEY.public_key}
    _close(terminal)
