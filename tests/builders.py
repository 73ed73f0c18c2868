"""A terminal's real store without a network: its head office is a handful of test keys.

``make_terminal(tmp_path)`` gives an enrolled store with staff, the sample campaign and a grant of
every offer, opened on a clock and a randomness that repeat themselves.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from branchdesk.application.models import Enrolment, FeedOutcome, Notice, Session, Staff
from branchdesk.application.ports import Fact, Unit
from branchdesk.domain.campaign import Role, campaign_to_mapping
from branchdesk.persistence.store import (
    SqliteStore,
    StoreFolder,
    create_store,
    open_store,
    recover_store,
)
from branchdesk.protocol import facts
from branchdesk.protocol.bundle import Bundle, sign_bundle
from branchdesk.protocol.chain import Ack, sign_ack
from branchdesk.protocol.enrolment import (
    Certificate,
    KeyRecord,
    KeyUse,
    sign_certificate,
    sign_key_record,
)
from branchdesk.protocol.feed import FeedItem, FeedPage, ItemKind, Lane, item
from branchdesk.protocol.sealing import blind_hash, public_seal_key
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import (
    Grant,
    Voucher,
    china_day,
    holder_pseudonym,
    sign_voucher,
)
from tests.fakes import bank
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness

DATA_KEY: Final = b"a data key of 32 bytes for tests"
SESSION: Final = Session("T001", Role.TELLER)
ROOT_KEY: Final = SigningKey(b"the root key of a made-up bank..")
ACK_KEY: Final = bank.ACK_KEY
BUNDLE_KEY: Final = SigningKey(b"the bundle key of a made-up bank")
SEAL_SECRET: Final = b"the seal key of a made-up bank.."
NEVER_MS: Final = 1 << 42
_WORDS: Final = ("service", "marketing_phone")


def key_records() -> tuple[bytes, ...]:
    """Return head office's signed key records, one of each use."""
    keys = {
        KeyUse.GRANT: bank.OFFICE_KEY.public_key,
        KeyUse.ACK: ACK_KEY.public_key,
        KeyUse.BUNDLE: BUNDLE_KEY.public_key,
        KeyUse.SEAL: public_seal_key(SEAL_SECRET),
    }
    return tuple(
        sign_key_record(KeyRecord(use, 1, public, 0, NEVER_MS), ROOT_KEY)
        for use, public in keys.items()
    )


def enrolment(enrolled_ms: int, *, epoch: int = 1) -> Enrolment:
    """Return what head office answers to terminal 12 at outlet B001."""
    certificate = Certificate(
        bank.TERMINAL, epoch, "B001", "counter", bank.TERMINAL_KEY.public_key,
        ROOT_KEY.public_key, enrolled_ms,
    )  # fmt: skip
    return Enrolment(
        url="https://127.0.0.1:9",
        ca_pem=b"-----BEGIN CERTIFICATE-----\n",
        certificate=sign_certificate(certificate, ACK_KEY),
        root_key=ROOT_KEY.public_key,
        keys=key_records(),
        blind_key=bank.BLIND_KEY,
        outlet_name="澄湖支行",
        outlet_address="澄湖市人民路 1 号",
        device_seed=bank.TERMINAL_KEY.seed(),
    )


def staff_item(number: int, member: Staff, *, active: bool = True, code: str = "") -> FeedItem:
    """Return the feed item of one member of staff."""
    return item(
        number, ItemKind.STAFF, code=member.code, name=member.name, role=member.role.value,
        active=active, one_time_code=code, code_expires_ms=NEVER_MS,
    )  # fmt: skip


def campaign_item(number: int, *, record: bytes | None = None) -> FeedItem:
    """Return the feed item of the sample campaign, signed by the bundle key."""
    in_force = bank.in_force()
    return item(
        number, ItemKind.CAMPAIGN, record=record or sign_bundle(sample_bundle(), BUNDLE_KEY),
        offers=dict(in_force.numbers), holder_key=in_force.holder_key,
    )  # fmt: skip


def sample_bundle(version: int | None = None, *, until_ms: int = NEVER_MS) -> Bundle:
    """Return the sample campaign as a bundle."""
    mapping = campaign_to_mapping(bank.sample_campaign())
    if version is not None:
        mapping["version"] = version
    content = json.dumps(mapping, ensure_ascii=False, sort_keys=True).encode()
    code, found = str(mapping["code"]), mapping["version"]
    assert isinstance(found, int)
    return Bundle(code, found, 0, until_ms, content)


def grant_item(number: int, grant: Grant, offer_code: str) -> FeedItem:
    """Return the feed item of a signed grant."""
    return item(
        number, ItemKind.GRANT, grant=grant.encode(), campaign=bank.in_force().campaign.code,
        offer_code=offer_code,
    )  # fmt: skip


@dataclass(slots=True)
class Terminal:
    """A store under test with what it was made from; ``close`` it at the end."""

    folder: StoreFolder
    store: SqliteStore
    clock: ManualClock
    randomness: SeededRandomness
    data_key: bytes = DATA_KEY
    _numbers: dict[Lane, int] = field(default_factory=dict)

    def feed(self, lane: Lane, *items: FeedItem, more: bool = False) -> FeedOutcome:
        """Apply a page of items; their numbers must rise from the lane's cursor."""
        outbox = self.store.outbox
        page = FeedPage(bank.TERMINAL, lane, outbox.cursor(lane), tuple(items), more=more)
        return outbox.apply_page(page)

    def next_item(self, lane: Lane) -> int:
        """Return the number that the lane's next item takes."""
        return self.store.outbox.cursor(lane) + 1

    def ack(self, seq: int | None = None, *, durable: int | None = None, time_ms: int = 0) -> Ack:
        """Return head office's signed acknowledgement of our chain up to ``seq``."""
        head = self.store.outbox.head()
        place = head.seq if seq is None else seq
        known = self.store.outbox.hash_at(head.epoch, place)
        assert known is not None
        durable_seq = place if durable is None else durable
        when = time_ms or self.clock.now_ms()
        plain = Ack(head.terminal, head.epoch, place, known, durable_seq, 1, when, bytes(16))
        return sign_ack(plain, ACK_KEY)

    def acknowledge(self, seq: int | None = None, notices: Sequence[Notice] = ()) -> None:
        """Let head office acknowledge our chain up to ``seq``, or all of it."""
        ack = self.ack(seq)
        self.store.outbox.accept_ack(ack, ack.encode(), notices)

    def reopen(self) -> SqliteStore:
        """Close and open again, as after a restart of the program."""
        self.store.close()
        self.store = open_store(self.folder, self.data_key, self.clock, self.randomness)
        return self.store

    def recover(self) -> SqliteStore:
        """Close and rebuild the database from the files beside it."""
        self.store.close()
        self.store = recover_store(self.folder, self.data_key, self.clock, self.randomness)
        return self.store

    def register(
        self,
        name: str = "张伟",
        phone: str = "+8613800138000",
        document: tuple[str, str] = ("", ""),
        *,
        issue: str = "",
    ) -> str:
        """Register a person, and issue one voucher of an offer, in one commit."""
        with self.store.write(SESSION) as unit:
            customer = record_person(unit, self.randomness, name, phone, document)
            if issue:
                record_voucher(unit, self.clock, self.randomness.intent_id(), customer, issue)
        return customer

    def issue(self, customer: str, offer_code: str) -> str:
        """Issue one voucher in a commit of its own; return its id."""
        with self.store.write(SESSION) as unit:
            event_id = self.randomness.intent_id()
            return record_voucher(unit, self.clock, event_id, customer, offer_code)


def record_person(
    unit: Unit,
    randomness: SeededRandomness,
    name: str,
    phone: str,
    document: tuple[str, str] = ("", ""),
) -> str:
    """Record a registration in an open unit of work; return the customer's id."""
    event_id = randomness.intent_id()
    customer = f"C{event_id.hex}"
    kind, number = document
    hashes = [blind_hash(unit.blind_key(), "phone", phone)]
    if number:
        hashes.append(blind_hash(unit.blind_key(), kind, number))
    consents = [
        {"purpose": word, "text_version": "1", "text_sha256": "00", "granted": word == "service",
         "how": "paper"}
        for word in _WORDS
    ]  # fmt: skip
    fields = {"customer": customer, "channel": "counter", "referrer": "", "consents": consents}
    personal = {
        "name": name, "phone": phone, "document_type": kind, "document_number": number,
        "interests": ["理财"], "needs": [], "hashes": hashes,
        "intent_body": facts.intent_body(name=name, phone=phone),
    }  # fmt: skip
    refs = {"customer": customer}
    unit.record(Fact(facts.CUSTOMER_REGISTERED, event_id, fields, refs, customer, personal))
    return customer


def record_voucher(
    unit: Unit, clock: ManualClock, event_id: UUID, customer: str, offer_code: str
) -> str:
    """Record the issue of the next slot of an offer in an open unit of work; return its id."""
    issued_at = clock.now_ms() // 1000
    day = china_day(issued_at)
    opened = unit.open_grant(offer_code, day)
    assert opened is not None, "the grant is used up"
    person = unit.customer(customer)
    assert person is not None
    grant, slot = opened.grant, opened.next_slot
    holder = holder_pseudonym(bank.HOLDER_KEY, grant.number, slot, person.phone)
    plain = Voucher(slot, issued_at, day + 30, holder)
    signed = sign_voucher(plain, opened.grant_bytes, unit.signing_key())
    fields = {
        "customer": customer, "grant": grant.number, "slot": slot, "campaign": opened.campaign,
        "offer_code": offer_code, "voucher": signed.encode(), "number": unit.next_number(),
        "intent_body": facts.intent_body(customer=customer, offer=offer_code),
    }  # fmt: skip
    name = facts.voucher_id(grant.number, slot)
    refs: dict[str, int | str] = {
        "customer": customer, "grant": grant.number, "slot": slot, "voucher": name,
    }  # fmt: skip
    unit.record(Fact(facts.VOUCHER_ISSUED, event_id, fields, refs))
    return name


def store_folder(tmp_path: Path) -> StoreFolder:
    """Return where a test's store lies: database and second file in two folders."""
    return StoreFolder(
        database=tmp_path / "data" / "store.db",
        second=tmp_path / "second" / "events.log",
        backups=tmp_path / "data" / "backups",
        ballast=tmp_path / "data" / "ballast",
    )


def empty_terminal(tmp_path: Path, *, seed: int = 1) -> Terminal:
    """Return an enrolled store that has heard nothing of head office yet."""
    clock, randomness = ManualClock(), SeededRandomness(seed)
    folder = store_folder(tmp_path)
    store = create_store(folder, DATA_KEY, enrolment(clock.now_ms()), clock, randomness)
    return Terminal(folder, store, clock, randomness)


def make_terminal(tmp_path: Path, *, seed: int = 1, slots: int = 100) -> Terminal:
    """Return an enrolled store with staff, the sample campaign and a grant of every offer."""
    terminal = empty_terminal(tmp_path, seed=seed)
    offers = [offer.code for offer in bank.sample_campaign().offers]
    items = [staff_item(1, bank.TELLER), staff_item(2, bank.SUPERVISOR), campaign_item(3)]
    items += [
        grant_item(4 + index, bank.grant_of(code, number=1001 + index, slots=slots), code)
        for index, code in enumerate(offers)
    ]
    outcome = terminal.feed(Lane.CONTENT, *items)
    assert not outcome.refused, outcome.refused
    return terminal
