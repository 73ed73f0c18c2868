"""Erasing a person from the real store: no page, file or recovery holds them afterwards."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from branchdesk.application.ports import Fact
from branchdesk.persistence.engine import Database
from branchdesk.persistence.entries import KEYS_PURPOSE, SECOND_PURPOSE, decode_twin_frame
from branchdesk.persistence.event_files import EventFiles
from branchdesk.persistence.sealed_log import SealedLog
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.feed import ItemKind, Lane, item
from tests.builders import DATA_KEY, SESSION, Terminal, make_terminal

NAME, PHONE, PASSPORT = "欧阳修竹", "+8613712345678", ("passport", "E98765432")
# SQLCipher 4: pages of 4096 bytes that end in an IV of 16 and a tag of 64 bytes.
PAGE, TAIL, SALT, FRAME_HEAD, WAL_HEAD = 4096, 80, 16, 24, 32


def _opened_page(page: bytes, *, is_first: bool) -> bytes:
    start = SALT if is_first else 0
    iv = page[PAGE - TAIL : PAGE - TAIL + 16]
    cipher = Cipher(algorithms.AES256(DATA_KEY), modes.CBC(iv)).decryptor()
    return cipher.update(page[start : PAGE - TAIL])


def _database_pages(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    for at in range(0, len(data), PAGE):
        yield _opened_page(data[at : at + PAGE], is_first=at == 0)
    log = path.with_name(path.name + "-wal")
    frames = log.read_bytes()[WAL_HEAD:] if log.exists() else b""
    for at in range(0, len(frames), FRAME_HEAD + PAGE):
        number = int.from_bytes(frames[at : at + 4])
        page = frames[at + FRAME_HEAD : at + FRAME_HEAD + PAGE]
        yield _opened_page(page, is_first=number == 1)


def _file_contents(terminal: Terminal) -> Iterator[bytes]:
    for path, purpose in (
        (terminal.folder.second, SECOND_PURPOSE), (terminal.folder.keys, KEYS_PURPOSE),
    ):  # fmt: skip
        log = SealedLog(path, DATA_KEY, purpose, terminal.randomness.bytes)
        yield from (frame.content for frame in log.frames())


def _everything(terminal: Terminal) -> list[bytes]:
    return [*_database_pages(terminal.folder.database), *_file_contents(terminal)]


def _traces(terminal: Terminal, key: bytes) -> set[str]:
    """Return what can still be read of the person anywhere, the files decrypted."""
    sought = {
        "name": NAME.encode(),
        "phone": PHONE[-11:].encode(),
        "phone backwards": PHONE[:0:-1].encode(),
        "document": PASSPORT[1].encode(),
        "document backwards": PASSPORT[1][::-1].lower().encode(),
        "pinyin": b"ouyangxiuzhu",
        "key": key,
    }
    found = _everything(terminal)
    assert any(b"customer.erased" in content for content in found), "the pages were not decrypted"
    return {word for word, value in sought.items() if any(value in content for content in found)}


def _register(terminal: Terminal) -> tuple[str, bytes]:
    """Register the person who will be erased among many, with a voucher; return id and key."""
    for number in range(120):
        terminal.register(f"欧阳{number:03d}", f"+8613800{number:06d}")
    customer = terminal.register(NAME, PHONE, PASSPORT, issue="PHONE10")
    for number in range(120):
        terminal.register(f"王芳{number:03d}", f"+8613900{number:06d}")
    return customer, _kept_keys(terminal)[customer]


def _kept_keys(terminal: Terminal) -> dict[str, bytes]:
    """Return the keys of persons in the twin, by customer."""
    frames = SealedLog(
        terminal.folder.keys, DATA_KEY, KEYS_PURPOSE, terminal.randomness.bytes
    ).frames()
    entries = [entry for frame in frames for entry in decode_twin_frame(frame.content)[1]]
    return {entry.customer: entry.key for entry in entries}


def _erase(terminal: Terminal, customer: str) -> None:
    fields = {
        "customer": customer, "reason": "本人要求", "second": "S001", "intent_body": bytes(32),
    }  # fmt: skip
    with terminal.store.write(SESSION) as unit:
        event_id = terminal.randomness.intent_id()
        unit.record(Fact(facts.CUSTOMER_ERASED, event_id, fields, {"customer": customer}))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal with grants."""
    found = make_terminal(tmp_path)
    yield found
    found.store.close()


def _is_gone(terminal: Terminal, customer: str) -> None:
    store = terminal.store
    with store.read() as reading:
        assert reading.customer(customer) is None
        assert reading.is_erased(customer)
        assert reading.people_like([]) == ()
        for query in (NAME, "5678", "oyxz", "5432"):
            assert customer not in [line.customer for line in reading.search(query, 50)]
        (voucher,) = reading.vouchers(customer=customer)
        assert voucher.offer_code == "PHONE10"
    assert store.check().problems == ()


def test_nothing_of_an_erased_person_can_be_read_anywhere(terminal: Terminal) -> None:
    customer, key = _register(terminal)
    assert any(key in content for content in _everything(terminal))

    _erase(terminal, customer)

    _is_gone(terminal, customer)
    assert _traces(terminal, key) == set()
    terminal.reopen()
    _is_gone(terminal, customer)
    assert _traces(terminal, key) == set()


def test_the_write_ahead_log_alone_would_still_tell(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the search for traces finds when the old pages are left: it does look."""
    customer, key = _register(terminal)
    monkeypatch.setattr(Database, "clear_old_pages", lambda _: None)

    _erase(terminal, customer)

    assert {"name", "phone", "document", "key"} <= _traces(terminal, key)


def test_a_recovery_does_not_bring_the_person_back(terminal: Terminal) -> None:
    customer, key = _register(terminal)
    _erase(terminal, customer)

    terminal.recover()

    _is_gone(terminal, customer)
    assert _traces(terminal, key) == set()
    _erase_leaves_no_copy(terminal, key)


def _erase_leaves_no_copy(terminal: Terminal, key: bytes) -> None:
    """The database set aside by a recovery goes with the next person who is erased."""
    other = terminal.register("赵小满", "+8613600136000")
    asides = list(terminal.folder.database.parent.glob("*.damaged-*"))
    assert asides
    _erase(terminal, other)
    assert not list(terminal.folder.database.parent.glob("*.damaged-*"))
    assert key not in _kept_keys(terminal).values()


def test_an_end_between_the_commit_and_the_keys_file_is_made_good_at_the_start(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, key = _register(terminal)
    with monkeypatch.context() as patched:
        patched.setattr(EventFiles, "renew_twin", lambda *_: None)
        patched.setattr(Database, "clear_old_pages", lambda _: None)
        _erase(terminal, customer)
    assert _kept_keys(terminal)[customer] == key

    terminal.reopen()

    assert customer not in _kept_keys(terminal)
    _is_gone(terminal, customer)
    assert _traces(terminal, key) == set()


def test_a_keys_file_that_cannot_be_written_is_tried_again_with_the_next_commit(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, key = _register(terminal)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(SealedLog, "rewrite", full)
        _erase(terminal, customer)
        assert terminal.store.warnings() == ("second_file_full",)
    assert _kept_keys(terminal)[customer] == key

    terminal.register("赵小满", "+8613600136000")

    assert terminal.store.warnings() == ()
    assert customer not in _kept_keys(terminal)
    _is_gone(terminal, customer)


def test_an_older_copy_of_the_database_learns_of_the_erasure_from_the_second_file(
    terminal: Terminal,
) -> None:
    customer, key = _register(terminal)
    terminal.reopen()
    older = terminal.folder.database.read_bytes()
    _erase(terminal, customer)
    terminal.store.close()
    terminal.folder.database.write_bytes(older)

    terminal.reopen()

    assert customer not in _kept_keys(terminal)
    _is_gone(terminal, customer)
    assert _traces(terminal, key) == set()


def test_drafts_that_name_the_person_go_and_others_stay(terminal: Terminal) -> None:
    customer, _ = _register(terminal)
    drafts = terminal.store.drafts
    theirs = {
        "by_id": {"customer": customer},
        "by_name": {"form": {"name": f" {NAME} "}},
        "by_phone": {"rows": [{"phone": "137 1234-5678"}]},
        "by_document": {"document": {"number": "e98765432"}},
    }
    others = {"other": {"name": "欧阳修", "phone": "13800000001", "amount": 5}, "empty": {}}
    for name, content in {**theirs, **others}.items():
        drafts.save(name, content)

    _erase(terminal, customer)

    assert [name for name in theirs if drafts.load(name) is not None] == []
    assert {name: drafts.load(name) for name in others} == others


def test_head_office_s_word_erases_a_person_held_here(terminal: Terminal) -> None:
    customer, key = _register(terminal)
    terminal.store.drafts.save("counter", {"name": NAME})

    outcome = terminal.feed(Lane.URGENT, item(1, ItemKind.ERASURE, customer=customer))

    assert (outcome.applied, outcome.refused) == (1, ())
    assert customer not in _kept_keys(terminal)
    assert terminal.store.drafts.load("counter") is None
    with terminal.store.read() as reading:
        assert reading.is_erased(customer)
        assert reading.customer(customer) is None
        assert len(reading.vouchers(customer=customer)) == 1
    assert terminal.store.check().problems == ()
    terminal.recover()
    assert customer not in _kept_keys(terminal)
    assert terminal.store.check().problems == ()
    readable = _everything(terminal)
    assert not any(NAME.encode() in content or key in content for content in readable)


def test_an_erased_stranger_counts_no_more_and_is_not_learnt_again(terminal: Terminal) -> None:
    known = {"subject": "C9", "hashes": [bytes(range(16))], "issued": {"PHONE10": [2_000]}}
    terminal.feed(Lane.CONTENT, item(terminal.next_item(Lane.CONTENT), ItemKind.SUBJECT, **known))
    with terminal.store.read() as reading:
        assert reading.people_like(known["hashes"])
    before = terminal.folder.keys.read_bytes()

    terminal.feed(Lane.URGENT, item(1, ItemKind.ERASURE, customer="C9"))
    terminal.feed(Lane.CONTENT, item(terminal.next_item(Lane.CONTENT), ItemKind.SUBJECT, **known))

    with terminal.store.read() as reading:
        assert reading.people_like(known["hashes"]) == ()
        assert reading.issued(known["hashes"], "PHONE10", 2_000).person_total == 0
    assert terminal.folder.keys.read_bytes() == before, "nobody held here: the keys stay as written"
    assert terminal.store.check().problems == ()
    terminal.recover()
    assert terminal.store.check().problems == ()


def test_what_was_sealed_cannot_be_sent_or_opened_any_more(terminal: Terminal) -> None:
    customer, _ = _register(terminal)
    other = terminal.register("赵小满", "+8613600136000")

    _erase(terminal, customer)

    outbox = terminal.store.outbox
    sent = outbox.events_after(0, 500)
    assert customer not in outbox.sealed_keys(sent)
    assert other in outbox.sealed_keys(sent)
    (registered,) = [
        one
        for one in sent
        if decode_envelope(one.envelope).type == facts.CUSTOMER_REGISTERED
        and customer.encode() in one.payload
    ]
    assert registered.salt == b""
