"""A terminal made of protocol bytes alone, for testing head office without a store or a window.

It keeps its chain in memory, honest by default; a test bends it by appending what it likes with
``record`` or by building a batch from other events. It speaks to any object that has an Office's
methods, so the same terminal drives head office directly or over HTTPS.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from branchdesk.headoffice.results import EnrolCode, Enrolled, IngestAnswer, Lent
from branchdesk.protocol import codec, facts
from branchdesk.protocol.batch import Batch, SentEvent
from branchdesk.protocol.chain import Ack, Head, open_ack
from branchdesk.protocol.enrolment import (
    KeyRecord,
    KeyUse,
    decode_enrolment_code,
    open_certificate,
    open_key_record,
)
from branchdesk.protocol.event import (
    Envelope,
    commitment,
    decode_envelope,
    event_hash,
    genesis_hash,
)
from branchdesk.protocol.feed import FeedItem, ItemKind, Lane, open_page
from branchdesk.protocol.http import ENROL_PREFIX, GrantsWish, Signer
from branchdesk.protocol.redemption import Answer, Request, Wish, open_answer
from branchdesk.protocol.sealing import blind_hash, person_context, person_salt, seal_to
from branchdesk.protocol.short_code import fingerprint
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import (
    Grant,
    Token,
    Voucher,
    day_number,
    day_of,
    decode_grant,
    sign_voucher,
    token_text,
)

SLOTS_BYTES = 3
# More than any threshold asks for.
ENOUGH_MINOR = 1_000_000


class OfficeDoor(Protocol):
    """What a terminal needs of head office; an ``Office`` is one."""

    def enrol_code(
        self, outlet: str, kind: str | None = None, terminal: int | None = None
    ) -> EnrolCode:
        """Make an enrolment code."""

    def enrol(self, body: bytes) -> Enrolled:
        """Enrol a device key."""

    def head(self, terminal: int, epoch: int, nonce: bytes) -> Ack:
        """Give the signed head."""

    def ingest(self, terminal: int, epoch: int, batch: bytes) -> IngestAnswer:
        """Take a batch."""

    def feed(self, terminal: int, epoch: int, lane: Lane, cursor: int) -> bytes:
        """Give a page of the feed."""

    def lend(self, terminal: int, epoch: int) -> Lent:
        """Lend slots."""

    def redeem(self, terminal: int, epoch: int, request: bytes) -> bytes:
        """Answer about a voucher."""


@dataclass(slots=True)
class HeldGrant:
    """A grant as the terminal holds it, with the slot it will use next."""

    value: Grant
    record: bytes
    campaign: str
    offer_code: str
    next_slot: int = 1
    given_back: set[int] = field(default_factory=set)

    @property
    def free(self) -> int:
        """How many slots are left."""
        left = self.value.slots + 1 - self.next_slot
        return left - sum(1 for slot in self.given_back if slot >= self.next_slot)


@dataclass(slots=True)
class _Random:
    """Repeatable bytes: SHA-256 in counter mode over a seed."""

    seed: bytes
    counter: int = 0

    def bytes(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            self.counter += 1
            out += hashlib.sha256(self.seed + self.counter.to_bytes(8, "big")).digest()
        return out[:count]


class SimulatedTerminal:
    """One terminal at ``outlet``; enrols itself when it is made."""

    def __init__(
        self,
        office: OfficeDoor,
        outlet: str,
        *,
        seed: bytes = b"",
        clock_ms: Callable[[], int] | None = None,
        enrol_terminal: int | None = None,
        earlier: Sequence[bytes] = (),
        staff: str = "T001",
    ) -> None:
        self.office, self.outlet, self.staff = office, outlet, staff
        code = decode_enrolment_code(office.enrol_code(outlet, None, enrol_terminal).code)
        self.random = _Random(seed + code.token)
        self.key = SigningKey(self.random.bytes(32))
        proof = self.key.sign(ENROL_PREFIX, code.token + self.key.public_key)
        again = {"terminal": enrol_terminal, "earlier": list(earlier)} if earlier else {}
        body = codec.encode(
            {
                "token": code.token, "public_key": self.key.public_key, "proof": proof,
                "program": "simulated", "machine": "test", **again,
            }
        )  # fmt: skip
        enrolled = office.enrol(body)
        self.root_key, self.blind_key = enrolled.root_key, enrolled.blind_key
        self.keys: list[KeyRecord] = [open_key_record(r, self.root_key) for r in enrolled.keys]
        self.certificate = enrolled.certificate
        found = open_certificate(enrolled.certificate, self.public_keys(KeyUse.ACK))
        self.number, self.epoch = found.terminal, found.epoch
        self._clock_ms = clock_ms or (lambda: found.enrolled_ms)
        self.head = Head(self.number, self.epoch, 0, genesis_hash(enrolled.certificate))
        self.genesis = self.head
        self.log: list[SentEvent] = []
        self.hashes: list[bytes] = []
        self.acked_seq = self.ho_epoch = 0
        self.durable_seq = 0
        self.person_keys: dict[str, bytes] = {}
        self.sealed_keys: dict[str, bytes] = {}
        self.grants: dict[int, HeldGrant] = {}
        self.cursors = {Lane.URGENT: 0, Lane.CONTENT: 0}
        self.items: list[FeedItem] = []
        self.vouchers_made = 0

    def public_keys(self, use: KeyUse) -> dict[bytes, bytes]:
        """Return head office's keys of one use, by id."""
        return {record.key_id: record.public_key for record in self.keys if record.use is use}

    def signer(self) -> Signer:
        """Return who signs this terminal's HTTP requests."""
        return Signer(self.number, self.epoch, self.key.seed())

    # What people do at the counter.

    def register(
        self, name: str = "赵小满", phone: str = "+8613800138000", document: str = "",
        *, customer: str = "", send_key: bool = True,
    ) -> str:  # fmt: skip
        """Register a made-up customer and return the id."""
        event_id = self._uuid()
        customer = customer or str(self._uuid())
        key = self.person_keys.setdefault(customer, self.random.bytes(32))
        if send_key:
            (seal_key,) = self.public_keys(KeyUse.SEAL).values()
            self.sealed_keys[customer] = seal_to(seal_key, key, person_context(customer))
        hashes = [blind_hash(self.blind_key, "phone", phone)]
        if document:
            hashes.append(blind_hash(self.blind_key, "resident_id", document))
        sealed = facts.seal_personal(
            facts.CUSTOMER_REGISTERED, customer, key, self.random.bytes(12),
            name=name, phone=phone, document_type="resident_id" if document else "",
            document_number=document, interests=[], needs=[], hashes=hashes, intent_body=bytes(32),
        )  # fmt: skip
        self.record(
            facts.CUSTOMER_REGISTERED, salt=person_salt(key, event_id.bytes), event_id=event_id,
            refs={"customer": customer}, customer=customer, channel="counter", referrer="",
            consents=[], sealed=sealed,
        )  # fmt: skip
        return customer

    def answer_consent(self, customer: str, purpose: str, *, granted: bool) -> None:
        """Record a new answer to one purpose."""
        self._happen(
            facts.CONSENT_ANSWERED, customer, {"signature": b"", "intent_body": bytes(32)},
            customer=customer, purpose=purpose, granted=granted, text_version="2026-10",
            text_sha256="00", how="verbal",
        )  # fmt: skip

    def correct(self, customer: str, *phones: str, send_key: bool = True) -> None:
        """Correct a customer's phone: the present one first, then those of before."""
        if not send_key:
            self.sealed_keys.pop(customer, None)
        hashes = [blind_hash(self.blind_key, "phone", phone) for phone in phones]
        personal = {
            "values": {"phone": phones[0]}, "shown": {}, "hashes": hashes, "reason": "换号",
            "intent_body": bytes(32),
        }  # fmt: skip
        self._happen(
            facts.CUSTOMER_CORRECTED, customer, personal, customer=customer, fields=["phone"],
            channel="counter",
        )  # fmt: skip

    def _happen(
        self, kind: str, customer: str, personal: dict[str, object], /, **fields: object
    ) -> None:
        event_id, key = self._uuid(), self.person_keys[customer]
        sealed = facts.seal_personal(kind, customer, key, self.random.bytes(12), **personal)
        self.record(
            kind, salt=person_salt(key, event_id.bytes), event_id=event_id,
            refs={"customer": customer}, sealed=sealed, **fields,
        )  # fmt: skip

    def erase(self, customer: str) -> None:
        """Erase a customer: the key goes, and with it the salts of what was not sent yet."""
        key = self.person_keys.pop(customer)
        self.sealed_keys.pop(customer, None)
        for at, event in enumerate(self.log):
            event_id = decode_envelope(event.envelope).event_id.bytes
            if event.salt == person_salt(key, event_id):
                self.log[at] = replace(event, salt=b"")
        self.record(
            facts.CUSTOMER_ERASED, refs={"customer": customer}, customer=customer,
            reason="本人要求", second="S001", intent_body=bytes(32),
        )  # fmt: skip

    def propose_merge(self, kept: str, other: str, merge: str = "M1") -> None:
        """Record that two customers are one person."""
        self._merge(facts.MERGE_PROPOSED, kept, other, merge)

    def undo_merge(self, kept: str, other: str, merge: str = "M1") -> None:
        """Record that they are not."""
        self._merge(facts.MERGE_UNDONE, kept, other, merge)

    def _merge(self, kind: str, kept: str, other: str, merge: str) -> None:
        self.record(
            kind, refs={"merge": merge}, merge=merge, kept=kept, other=other, reason="同一人",
            intent_body=bytes(32),
        )  # fmt: skip

    def issue(
        self, customer: str, offer_code: str = "PHONE10", *, grant: int | None = None,
        slot: int | None = None,
    ) -> Token:  # fmt: skip
        """Issue a voucher from a held grant (``slot`` forces one) and return the token."""
        held = self.grants[grant] if grant else self.held(offer_code)
        if slot is None:
            while held.next_slot in held.given_back:
                held.next_slot += 1
            slot, held.next_slot = held.next_slot, held.next_slot + 1
        return self.issue_slot(held, slot, customer)

    def issue_slot(self, held: HeldGrant, slot: int, customer: str) -> Token:
        """Sign and record a voucher for ``slot``, whatever the grant says about it."""
        issued_at = self._clock_ms() // 1000
        expires = day_number(day_of(held.value.issue_until))
        voucher = sign_voucher(Voucher(slot, issued_at, expires), held.record, self.key)
        self.vouchers_made += 1
        self.record(
            facts.VOUCHER_ISSUED, salt=self._person_salted(customer),
            refs={"grant": held.value.number, "slot": slot}, customer=customer,
            grant=held.value.number, slot=slot, campaign=held.campaign,
            offer_code=held.offer_code, voucher=voucher.encode(), number=self.vouchers_made,
            intent_body=bytes(32),
        )  # fmt: skip
        return Token(held.value, voucher)

    def text_of(self, token: Token) -> str:
        """Return a token as its QR holds it."""
        return token_text(token.grant.encode(), token.voucher.encode())

    def print_vouchers(self, *tokens: Token, layout: str = "a4") -> None:
        """Record that tokens went to paper."""
        items = [[t.grant.number, t.voucher.slot, t.voucher.copy] for t in tokens]
        self.record(facts.VOUCHER_PRINTED, items=items, layout=layout)

    def redeem(
        self, token: Token, basis: str = "home", amount_minor: int = 0, *,
        intent: UUID | None = None, purchase_minor: int = ENOUGH_MINOR,
    ) -> bytes:  # fmt: skip
        """Record a redemption of a token that was shown, in full by default; return its id."""
        event_id = intent or self._uuid()
        self.record(
            facts.VOUCHER_REDEEMED, event_id=event_id,
            refs={"grant": token.grant.number, "slot": token.voucher.slot},
            grant_bytes=token.grant.encode(), voucher=token.voucher.encode(), basis=basis,
            amount_minor=amount_minor or token.grant.face_minor, purchase_minor=purchase_minor,
            holder_checked=False, answer=b"", intent_body=bytes(32),
        )  # fmt: skip
        return event_id.bytes

    def ask(
        self, wish: Wish, token: Token, *, intent: UUID | None = None, short: bool = False,
        **more: Any,
    ) -> Answer:  # fmt: skip
        """Ask head office about a token, or by its short code, and check the answer."""
        if wish is Wish.REDEEM:
            more.setdefault("purchase_minor", ENOUGH_MINOR)
        voucher = token.voucher.encode()
        shown = {"fingerprint": fingerprint(voucher)} if short else {
            "token": token.grant.encode() + voucher,
        }  # fmt: skip
        request = Request(
            wish, intent or self._uuid(), token.grant.number, token.voucher.slot,
            self.random.bytes(16), self.staff, **shown, **more,
        ).encode()  # fmt: skip
        data = self.office.redeem(self.number, self.epoch, request)
        return open_answer(data, request, self.public_keys(KeyUse.ACK))

    def undo(self, redemption: bytes, token: Token, *, intent: UUID | None = None) -> None:
        """Record that a redemption is taken back."""
        self.record(
            facts.REDEMPTION_UNDONE, event_id=intent, redemption=redemption,
            grant=token.grant.number, slot=token.voucher.slot, reason="退货", answer=b"",
            intent_body=bytes(32),
        )  # fmt: skip

    def void(self, token: Token) -> None:
        """Record that an own voucher is void."""
        self.record(
            facts.VOUCHER_VOIDED, grant=token.grant.number, slot=token.voucher.slot,
            reason="打印错误", second="S001", intent_body=bytes(32),
        )  # fmt: skip

    def reprint(self, token: Token, copy: int = 1) -> Token:
        """Record a newer copy of an own voucher and return its token."""
        voucher = sign_voucher(replace(token.voucher, copy=copy), token.grant.encode(), self.key)
        self.record(
            facts.VOUCHER_REPRINTED, grant=token.grant.number, slot=voucher.slot, copy=copy,
            voucher=voucher.encode(), reason="纸张损坏", intent_body=bytes(32),
        )  # fmt: skip
        return Token(token.grant, voucher)

    def release(self, grant: int, *ranges: tuple[int, int]) -> None:
        """Record that the right to redeem slots is signed away."""
        self.record(
            facts.VOUCHER_RELEASED, grant=grant, slots=[list(part) for part in ranges],
            reason="换网点",
        )  # fmt: skip

    def resign(self, outlet: str, item: int) -> None:
        """Record that this terminal keeps an outlet no longer."""
        self.record(facts.KEEPER_RESIGNED, outlet=outlet, item=item, reason="换终端")

    def keeping(self) -> tuple[dict[str, Any], int]:
        """Return the newest keeper item that was pulled, and its number."""
        newest = max(
            (item for item in self.items if item.kind == ItemKind.KEEPER),
            key=lambda item: item.number,
        )
        return newest.fields(), newest.number

    def print_book(self, grant: int, first: int, last: int) -> list[Token]:
        """Record that slots of a grant for books went to paper, and return their tokens."""
        held, issued_at = self.grants[grant], self._clock_ms() // 1000
        vouchers = [
            sign_voucher(Voucher(slot, issued_at, held.value.issue_until), held.record, self.key)
            for slot in range(first, last + 1)
        ]
        number, self.vouchers_made = self.vouchers_made + 1, self.vouchers_made + len(vouchers)
        self.record(
            facts.BOOK_PRINTED, book=f"{grant}-{first}-{last}", grant=grant, first=first, last=last,
            vouchers=[voucher.encode() for voucher in vouchers], number=number,
            campaign=held.campaign, offer_code=held.offer_code, second="S001",
            intent_body=bytes(32),
        )  # fmt: skip
        return [Token(held.value, voucher) for voucher in vouchers]

    def enter_book(self, grant: int, *entries: tuple[int, str, str, int]) -> None:
        """Record what became of numbers: (slot, fate, customer, used on day)."""
        self.record(
            facts.BOOK_ENTERED, book=f"{grant}-1-1", grant=grant,
            entries=[list(entry) for entry in entries], second="S001", intent_body=bytes(32),
        )  # fmt: skip

    def accept(self, record: bytes, campaign: str, offer_code: str) -> None:
        """Record that a grant was taken up, whoever lent it."""
        self.record(facts.GRANT_ACCEPTED, grant=record, campaign=campaign, offer_code=offer_code)

    def accept_grants(self) -> None:
        """Record that every grant held was taken up, as a real terminal does at once."""
        for held in self.grants.values():
            self.accept(held.record, held.campaign, held.offer_code)

    def give_back(self, grant: int, *ranges: tuple[int, int]) -> None:
        """Return ranges of slots, both ends included."""
        held = self.grants[grant]
        for first, last in ranges:
            held.given_back.update(range(first, last + 1))
        self.record(facts.GRANT_RETURNED, grant=grant, slots=[list(part) for part in ranges])

    def sign_in(self) -> None:
        """Record a sign-in: an event without any effect at head office."""
        self.record(facts.STAFF_SIGNED_IN, staff=self.staff, role="teller")

    # The chain.

    def record(
        self, event_type: str, *, salt: bytes | None = None,
        refs: dict[str, int | str] | None = None, event_id: UUID | None = None, **fields: object,
    ) -> SentEvent:  # fmt: skip
        """Append an event of a known type with the payload ``fields``."""
        payload = facts.encode_payload(event_type, **fields)
        return self.append(event_type, payload, salt=salt, refs=refs, event_id=event_id)

    def append(
        self, event_type: str, payload: bytes, *, type_ver: int = facts.TYPE_VERSION,
        salt: bytes | None = None, refs: dict[str, int | str] | None = None,
        event_id: UUID | None = None, commit: bytes | None = None,
    ) -> SentEvent:  # fmt: skip
        """Append an event of any type with any payload; ``commit`` overrides the commitment."""
        salt = self.random.bytes(32) if salt is None else salt
        envelope = Envelope(
            self.number, self.epoch, self.head.seq + 1, self.head.hash, event_id or self._uuid(),
            event_type, type_ver, self.outlet, self.staff, self._clock_ms(), "+08:00",
            hashlib.sha256(b"boot").digest()[:16], self.head.seq * 10, "trusted", refs or {},
            commitment(salt, payload) if commit is None else commit,
        ).encode()  # fmt: skip
        event = SentEvent(envelope, payload, salt)
        self.log.append(event)
        self.head = replace(self.head, seq=self.head.seq + 1, hash=event_hash(envelope))
        self.hashes.append(self.head.hash)
        return event

    def head_at(self, seq: int) -> Head:
        """Return the chain's head after event ``seq``."""
        return replace(self.head, seq=seq, hash=self.hashes[seq - 1]) if seq else self.genesis

    def rewind(self, seq: int) -> None:
        """Forget everything after ``seq``, as a restored disk image does."""
        self.head = self.head_at(seq)
        del self.log[seq:], self.hashes[seq:]
        self.acked_seq = min(self.acked_seq, seq)

    # The wire.

    def batch(self, after: int, upto: int, nonce: bytes = bytes(16)) -> bytes:
        """Return the encoded batch of events after ``after`` up to and with ``upto``."""
        events = tuple(self.log[after:upto])
        head = self.head_at(upto)
        named = self._customers(events)
        keys = {who: self.sealed_keys[who] for who in named}
        return Batch(
            self.head_at(after), events, head, head.sign(self.key), nonce, keys
        ).encode()  # fmt: skip

    def push(self, size: int = 500) -> list[IngestAnswer]:
        """Push what head office lacks, checking every acknowledgement; return the answers."""
        answers = []
        head = self.office.head(self.number, self.epoch, nonce := self.random.bytes(16))
        open_ack(head.encode(), self.public_keys(KeyUse.ACK), nonce)
        self.acked_seq, self.ho_epoch = head.seq, head.ho_epoch
        while self.acked_seq < self.head.seq:
            upto = min(self.head.seq, self.acked_seq + size)
            nonce = self.random.bytes(16)
            batch = self.batch(self.acked_seq, upto, nonce)
            answer = self.office.ingest(self.number, self.epoch, batch)
            ack = open_ack(answer.ack.encode(), self.public_keys(KeyUse.ACK), nonce)
            assert ack.head() == self.head_at(upto)
            self.acked_seq, self.durable_seq = ack.seq, ack.durable_seq
            answers.append(answer)
        return answers

    def pull(self, *lanes: Lane) -> list[FeedItem]:
        """Pull the lanes (both by default), take up grants, and return the new items."""
        new: list[FeedItem] = []
        for lane in lanes or (Lane.URGENT, Lane.CONTENT):
            more = True
            while more:
                data = self.office.feed(self.number, self.epoch, lane, self.cursors[lane])
                page = open_page(
                    data, self.public_keys(KeyUse.ACK), terminal=self.number, lane=lane,
                    cursor=self.cursors[lane],
                )  # fmt: skip
                new.extend(page.items)
                self.cursors[lane], more = page.next_cursor(), page.more
        for item in new:
            if item.kind == ItemKind.GRANT:
                self._take_grant(item.fields())
        self.items.extend(new)
        return new

    def borrow(self) -> Lent:
        """Ask for grants, as whoever has just pushed, and pull them."""
        unsent = self.head.seq - self.acked_seq
        lent = self.office.lend(self.number, self.epoch, GrantsWish(self.ho_epoch, unsent))
        self.pull(Lane.CONTENT)
        return lent

    def held(self, offer_code: str) -> HeldGrant:
        """Return a grant of the offer that has a free slot."""
        return next(
            g
            for g in self.grants.values()
            if g.offer_code == offer_code and g.free and not g.value.is_book
        )

    def free(self, offer_code: str) -> int:
        """Return how many slots of the offer are left here."""
        return sum(g.free for g in self.grants.values() if g.offer_code == offer_code)

    def items_of(self, kind: ItemKind) -> list[dict[str, Any]]:
        """Return the fields of every pulled item of a kind."""
        return [item.fields() for item in self.items if item.kind == kind]

    def _take_grant(self, fields: dict[str, Any]) -> None:
        grant = decode_grant(fields["grant"])
        if grant.number not in self.grants:
            held = HeldGrant(grant, fields["grant"], fields["campaign"], fields["offer_code"])
            self.grants[grant.number] = held

    def _person_salted(self, customer: str) -> bytes | None:
        key = self.person_keys.get(customer)
        # Bound to the person, so that erasing the person's key erases this commitment too.
        return None if key is None else hmac.digest(key, self.random.bytes(16), "sha256")

    def _customers(self, events: Sequence[SentEvent]) -> set[str]:
        named = {_customer_of(event.payload) for event in events}
        return named & self.sealed_keys.keys()

    def _uuid(self) -> UUID:
        raw = bytearray(self._clock_ms().to_bytes(6, "big") + self.random.bytes(10))
        raw[6], raw[8] = raw[6] & 0x0F | 0x70, raw[8] & 0x3F | 0x80
        return UUID(bytes=bytes(raw))


def _customer_of(payload: bytes) -> str:
    """Return the customer that an event is about; "" where there is none, whatever the bytes."""
    try:
        fields = codec.loads(payload)
    except codec.UNREADABLE:
        return ""
    who = fields.get("customer", "") if isinstance(fields, dict) else ""
    return who if isinstance(who, str) else ""
