"""What is read of a terminal's store in memory: the ``Reading`` port over one state."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from branchdesk.application.book_records import BookRecord
from branchdesk.application.models import (
    CampaignInForce,
    CustomerLine,
    CustomerRecord,
    ForkNotice,
    GrantLine,
    Happening,
    IntentRecord,
    MatchReason,
    MergeRecord,
    OpenGrant,
    PersonMatch,
    Staff,
    TerminalCondition,
    TerminalState,
    VoucherRecord,
)
from branchdesk.application.redemption_records import (
    Allowance,
    Keeper,
    Outcome,
    RedemptionRecord,
    VoucherStanding,
)
from branchdesk.application.shift_records import PinReset, ShiftRecord
from branchdesk.application.waiting import HeldEvent, RefusedItem, UnsentKind, Waiting
from branchdesk.domain.eligibility import IssuedCounts
from branchdesk.domain.forecast import Pace
from branchdesk.domain.identity import mask_document
from branchdesk.domain.names import mask_name, pinyin_initials
from branchdesk.domain.phones import mask_phone
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.chain import Head
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.event import genesis_hash as genesis_of
from branchdesk.protocol.token import china_day, day_of
from tests.fakes import redemptions, shifts
from tests.fakes.bank import ACK_KEYS, BLIND_KEY, GRANT_KEYS, TERMINAL
from tests.fakes.projections import Tables, concerns, opened

GENESIS: Final = Head(TERMINAL, 1, 0, genesis_of(b"a made-up enrolment certificate"))


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody another outlet registered: hashes, and the day numbers of what they were issued."""

    hashes: tuple[bytes, ...]
    issued: Mapping[str, tuple[int, ...]]


@dataclass(slots=True)
class State:
    """Everything the store keeps; a unit of work changes a copy and swaps it in."""

    campaigns: tuple[CampaignInForce, ...]
    staff: dict[str, Staff]
    events: tuple[SentEvent, ...] = ()
    head: Head = GENESIS
    person_keys: dict[str, bytes] = field(default_factory=dict)
    tables: Tables = field(default_factory=Tables)
    strangers: tuple[Stranger, ...] = ()
    condition: TerminalCondition = TerminalCondition.ACTIVE
    fork: ForkNotice | None = None
    acked_seq: int = 0
    durable_seq: int = 0
    clock_state: str = "trusted"
    drift_ms: int | None = 0
    held: dict[int, HeldEvent] = field(default_factory=dict)
    refused: tuple[RefusedItem, ...] = ()
    # Who was erased by head office's word.
    erased: frozenset[str] = frozenset()
    told: redemptions.Told = field(default_factory=redemptions.Told)
    earliest_ms: int = 0


class FakeReading:
    """The ``Reading`` port over one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def terminal(self) -> TerminalState:
        """Return which terminal this is; the names are those of the campaign's first outlet."""
        state, outlet = self._state, None
        if state.campaigns:
            outlet = state.campaigns[0].campaign.outlets[0]
        unsent = state.events[state.acked_seq :]
        return TerminalState(
            terminal=TERMINAL,
            epoch=state.head.epoch,
            outlet=outlet.code if outlet else "B001",
            outlet_name=outlet.name if outlet else "",
            outlet_address=outlet.address if outlet else "",
            kind=outlet.kind.value if outlet else "counter",
            condition=state.condition,
            office_url="https://office.example:8443",
            head=state.head,
            acked_seq=state.acked_seq,
            durable_seq=state.durable_seq,
            unsent=len(unsent),
            unsent_since_ms=decode_envelope(unsent[0].envelope).wall_utc_ms if unsent else None,
            fork=state.fork,
        )

    def staff(self, code: str) -> Staff | None:
        """Return an active member of staff."""
        return self._state.staff.get(code)

    def all_staff(self) -> tuple[Staff, ...]:
        """Return everybody, by code."""
        return tuple(self._state.staff[code] for code in sorted(self._state.staff))

    def campaigns(self) -> tuple[CampaignInForce, ...]:
        """Return the campaigns in force."""
        return self._state.campaigns

    def blind_key(self) -> bytes:
        """Return the key of the keyed hashes."""
        return BLIND_KEY

    def people_like(self, hashes: Sequence[bytes]) -> tuple[PersonMatch, ...]:
        """Return who shares a hash; a stranger's first hash is that of the phone."""
        t = self._state.tables
        known = [
            (record.customer, found, found in t.phones[record.customer])
            for record in t.customers.values()
            for found in record.hashes
        ]
        known += [
            ("", found, index == 0)
            for stranger in self._state.strangers
            for index, found in enumerate(stranger.hashes)
        ]
        return tuple(
            PersonMatch(customer, MatchReason.PHONE if is_phone else MatchReason.DOCUMENT)
            for customer, found, is_phone in known
            if found in hashes
        )

    def is_erased(self, customer: str) -> bool:
        """Say whether a customer was erased, here or by head office's word."""
        return customer in self._state.erased or any(
            happening.event_type == facts.CUSTOMER_ERASED for happening in self.happenings(customer)
        )

    def recent_customers(self, staff: str, limit: int) -> tuple[CustomerLine, ...]:
        """Return whom somebody dealt with last, as the events tell it."""
        told = [decode_envelope(event.envelope) for event in reversed(self._state.events)]
        ids = dict.fromkeys(
            str(event.refs["customer"])
            for event in told
            if event.staff == staff and "customer" in event.refs
        )
        known = self._state.tables.customers
        return tuple(self._line(known[name]) for name in ids if name in known)[:limit]

    def happenings(self, customer: str) -> tuple[Happening, ...]:
        """Return every event that concerns a customer, newest first."""
        state, found = self._state, []
        for sent in reversed(state.events):
            event, fields, personal = opened(state.person_keys, sent.envelope, sent.payload)
            if concerns(state.tables, event.type, fields, customer):
                found.append(
                    Happening(
                        event.event_id, event.type, event.wall_utc_ms, event.staff, fields,
                        personal or None,
                    )
                )  # fmt: skip
        return tuple(found)

    def merge(self, merge: str) -> MergeRecord | None:
        """Return one proposal of a merge."""
        return self._state.tables.merges.get(merge)

    def merges(self, customer: str) -> tuple[MergeRecord, ...]:
        """Return the proposals that name a customer and were not undone, oldest first."""
        return tuple(
            record
            for record in self._state.tables.merges.values()
            if customer in (record.kept, record.other) and not record.is_undone
        )

    def customer(self, customer: str) -> CustomerRecord | None:
        """Return a customer in the clear."""
        return self._state.tables.customers.get(customer)

    def issued(self, hashes: Sequence[bytes], offer_code: str, day: int) -> IssuedCounts:
        """Count by any shared hash, here and elsewhere."""
        t, wanted = self._state.tables, set(hashes)
        of_offer = [v for v in t.vouchers.values() if v.offer_code == offer_code]
        days = [
            t.used_days.get(v.voucher, china_day(v.issued_at_ms // 1000))
            for v in of_offer
            if v.customer in t.customers and not v.is_void
            if wanted.intersection(t.customers[v.customer].hashes)
        ]
        for stranger in self._state.strangers:
            if wanted.intersection(stranger.hashes):
                days += stranger.issued.get(offer_code, ())
        here = sum(self._given_on(v) == day for v in of_offer)
        return IssuedCounts(len(days), days.count(day), here)

    def open_book_grant(self, offer_code: str, day: int, count: int) -> OpenGrant | None:
        """Return a grant for books with enough free slots in a row."""
        for held in self._state.tables.grants.values():
            free = held.free()
            is_open = held.grant.issue_from <= day <= held.grant.issue_until and not held.revoked
            if not (held.grant.is_book and held.offer_code == offer_code and is_open and free):
                continue
            if count <= len(free) == free[-1] - free[0] + 1:
                return OpenGrant(
                    held.grant, held.grant_bytes, held.campaign, offer_code, free[0], len(free)
                )
        return None

    def books(self) -> tuple[BookRecord, ...]:
        """Return the books in the order of their numbers."""
        found = (self.book(book) for book in self._state.tables.books)
        return tuple(sorted((b for b in found if b), key=lambda book: book.first_number))

    def book(self, book: str) -> BookRecord | None:
        """Return one book; it is on paper when all of it was printed, or some of it entered."""
        found = self._state.tables.books.get(book)
        if found is None:
            return None
        names = [facts.voucher_id(found.grant, slot) for slot in found.slots]
        on_paper = all(self._state.tables.vouchers[name].printed for name in names)
        return replace(found, is_on_paper=on_paper or bool(found.fates))

    def book_makers(self, book: str) -> tuple[str, str]:
        """Return the two who made a book, as their event says."""
        for sent in self._state.events:
            event = decode_envelope(sent.envelope)
            if event.type == facts.BOOK_PRINTED:
                told = facts.decode_payload(event.type, sent.payload)
                if told["book"] == book:
                    return event.staff, str(told["second"])
        return "", ""

    def voucher_numbered(self, number: int) -> VoucherRecord | None:
        """Return the voucher with a running number."""
        return next((v for v in self.vouchers() if v.number == number), None)

    def open_grant(self, offer_code: str, day: int) -> OpenGrant | None:
        """Return the grant to use next: the earliest to end among those with a free slot."""
        open_now = [
            held
            for held in self._state.tables.grants.values()
            if held.offer_code == offer_code and not held.revoked and held.free()
            if not held.grant.is_book
            if held.grant.issue_from <= day <= held.grant.issue_until
        ]
        if not open_now:
            return None
        held = min(open_now, key=lambda found: (found.grant.issue_until, found.grant.number))
        free = held.free()
        return OpenGrant(
            held.grant, held.grant_bytes, held.campaign, held.offer_code, free[0], len(free)
        )

    def grants(self) -> tuple[GrantLine, ...]:
        """Return every grant held, by number."""
        lines = sorted(self._state.tables.grants.items())
        return tuple(
            GrantLine(
                number, held.grant.offer, held.offer_code, held.grant.slots, len(held.used),
                len(held.returned), held.grant.policy, day_of(held.grant.issue_until), held.revoked,
            )
            for number, held in lines
            if not held.grant.is_book
        )  # fmt: skip

    def free_slots(self, grant: int) -> tuple[tuple[int, int], ...]:
        """Return the free slots of a grant, one a range."""
        held = self._state.tables.grants.get(grant)
        return () if held is None else tuple((slot, slot) for slot in held.free())

    def next_number(self) -> int:
        """Return the running number of the next voucher."""
        return self._state.tables.number + 1

    def intent(self, event_id: UUID) -> IntentRecord | None:
        """Return what an intent led to."""
        return self._state.tables.intents.get(event_id)

    def voucher(self, voucher: str) -> VoucherRecord | None:
        """Return one voucher; it is revoked when its grant is."""
        found = self._state.tables.vouchers.get(voucher)
        if found is None:
            return None
        return replace(found, revoked=self._state.tables.grants[found.grant].revoked)

    def vouchers(
        self, *, intents: Sequence[UUID] = (), customer: str = "", unprinted: bool = False
    ) -> tuple[VoucherRecord, ...]:
        """Return vouchers in order of number."""
        return tuple(
            replace(v, revoked=self._state.tables.grants[v.grant].revoked)
            for v in sorted(self._state.tables.vouchers.values(), key=lambda found: found.number)
            if (not intents or v.intent in intents)
            and (not customer or v.customer == customer)
            and not (unprinted and (v.printed or v.is_void or v.is_book or self._was_redeemed(v)))
        )

    def _was_redeemed(self, voucher: VoucherRecord) -> bool:
        """Say whether somebody redeemed a voucher since its newest copy was signed."""
        told = [(grant, slot) for grant, slot, _ in self._state.told.uses]
        here = redemptions.is_newest_copy_redeemed(self._state.events, voucher.grant, voucher.slot)
        return here or (voucher.copy == 0 and (voucher.grant, voucher.slot) in told)

    def standing(self, grant: int, slot: int) -> VoucherStanding:
        """Return what is known of one voucher."""
        state = self._state
        held = state.tables.grants.get(grant)
        revoked = held is not None and held.revoked
        return redemptions.standing(state.events, state.told, grant, slot, revoked=revoked)

    def redemption(self, redemption: str) -> RedemptionRecord | None:
        """Return one redemption of this terminal."""
        return next((one for one in self._redemptions() if one.redemption == redemption), None)

    def redemptions(self, since_ms: int) -> tuple[RedemptionRecord, ...]:
        """Return what this terminal redeemed from a moment on, the newest first."""
        newest_first = self._redemptions()[::-1]
        found = (one for one in newest_first if one.at_ms >= since_ms)
        return tuple(sorted(found, key=lambda one: -one.at_ms))

    def _redemptions(self) -> tuple[RedemptionRecord, ...]:
        found = redemptions.redemptions(self._state.events)
        return tuple(replace(one, holder=self._holder(one)) for one in found)

    def _holder(self, found: RedemptionRecord) -> str:
        grant, slot = found.token.grant.number, found.token.voucher.slot
        issued = self._state.tables.vouchers.get(facts.voucher_id(grant, slot))
        person = None if issued is None else self._state.tables.customers.get(issued.customer)
        return "" if person is None else mask_name(person.name)

    def keepers(self) -> tuple[Keeper, ...]:
        """Return what a test has named."""
        return self._state.told.keepers

    def outcomes(self, limit: int) -> tuple[Outcome, ...]:
        """Return what a test has decided last."""
        return self._state.told.outcomes[::-1][:limit]

    def outcomes_of(self, grant: int, slot: int) -> tuple[Outcome, ...]:
        """Return what a test has decided about one voucher."""
        name = facts.voucher_id(grant, slot)
        return tuple(found for found in self._state.told.outcomes[::-1] if found.voucher == name)

    def allowance(self, offer: int) -> Allowance:
        """Return what a test has allowed, and what of it is used."""
        return redemptions.allowance(self._state.events, self._state.told, offer)

    def search(self, query: str, limit: int) -> tuple[CustomerLine, ...]:
        """Find by tail of phone or document, part of a name or pinyin initials; newest first."""
        wanted = query.lower()
        found = [
            record
            for record in reversed(self._state.tables.customers.values())
            if wanted in record.name.lower()
            or record.phone.endswith(wanted)
            or (record.document_number.lower().endswith(wanted))
            or pinyin_initials(record.name).startswith(wanted)
        ]
        return tuple(self._line(record) for record in found[:limit])

    def _line(self, record: CustomerRecord) -> CustomerLine:
        return CustomerLine(
            record.customer, mask_name(record.name), mask_phone(record.phone),
            mask_document(record.document_number), record.channel, record.registered_ms,
            len(self.vouchers(customer=record.customer)),
        )  # fmt: skip

    def grant_keys(self) -> dict[bytes, bytes]:
        """Return the made-up bank's grant keys."""
        return dict(GRANT_KEYS)

    def ack_keys(self) -> dict[bytes, bytes]:
        """Return the made-up bank's acknowledgement keys."""
        return dict(ACK_KEYS)

    def earliest_ms(self) -> int:
        """Return what a test has put in ``earliest_ms``."""
        return self._state.earliest_ms

    def clock_state(self) -> str:
        """Return the clock's health."""
        return self._state.clock_state

    def open_shift(self) -> tuple[str, str] | None:
        """Return the open shift and its place."""
        return self._state.tables.shift

    def shift(self, shift: str) -> ShiftRecord | None:
        """Return one shift as the events tell it."""
        vouchers = self._state.tables.vouchers.items()
        printed = {name: bool(v.printed) or self._was_redeemed(v) for name, v in vouchers}
        void = {name for name, v in vouchers if v.is_void and not printed[name]}
        numbers = {code: n for found in self._state.campaigns for code, n in found.numbers.items()}
        return shifts.shift_record(self._state.events, printed, void, numbers, shift)

    def places(self, limit: int) -> tuple[str, ...]:
        """Return where shifts were opened last."""
        return shifts.places(self._state.events, limit)

    def pin_resets(self) -> tuple[PinReset, ...]:
        """Return who waits for a new PIN."""
        return shifts.pin_resets(self._state.events)

    def paces(self, day: int) -> dict[str, Pace]:
        """Count the vouchers of the open shift on one day, by offer."""
        t, paces = self._state.tables, dict[str, Pace]()
        since_ms = t.shift_opened_ms // 1000 * 1000
        own = [v for v in self.vouchers() if not v.is_book]
        for found in own if t.shift is not None else ():
            is_today = china_day(found.issued_at_ms // 1000) == day
            if is_today and found.issued_at_ms >= since_ms:
                before = paces.get(found.offer_code, Pace(0, found.issued_at_ms))
                paces[found.offer_code] = Pace(before.issued + 1, before.first_ms)
        return paces

    def issued_by_day(self, first_day: int) -> dict[str, dict[int, int]]:
        """Count the vouchers by offer and day."""
        days: dict[str, dict[int, int]] = {}
        for found in self.vouchers():
            day = self._given_on(found)
            if day is not None and day >= first_day:
                counts = days.setdefault(found.offer_code, {})
                counts[day] = counts.get(day, 0) + 1
        return days

    def _given_on(self, voucher: VoucherRecord) -> int | None:
        """Return the day number on which somebody was given a voucher; None while nobody was."""
        if voucher.is_book:
            return self._state.tables.used_days.get(voucher.voucher)
        return china_day(voucher.issued_at_ms // 1000)

    def waiting(self) -> Waiting:
        """Count what is not acknowledged."""
        state = self._state
        unsent = state.events[state.acked_seq :]
        envelopes = [decode_envelope(event.envelope) for event in unsent]
        return Waiting(
            events=len(unsent),
            bytes=sum(len(event.envelope) + len(event.payload) for event in unsent),
            since_ms=envelopes[0].wall_utc_ms if envelopes else None,
            kinds=tuple(
                UnsentKind(kind, count, next(e.wall_utc_ms for e in envelopes if e.type == kind))
                for kind, count in sorted(Counter(e.type for e in envelopes).items())
            ),
        )

    def held(self) -> tuple[HeldEvent, ...]:
        """Return what a test had head office hold back."""
        return tuple(sorted(self._state.held.values(), key=lambda found: -found.seq))

    def refused_items(self) -> tuple[RefusedItem, ...]:
        """Return what a test had refused here."""
        return self._state.refused

    def clock_drift_ms(self) -> int | None:
        """Return what a test has put in ``drift_ms``."""
        return self._state.drift_ms
