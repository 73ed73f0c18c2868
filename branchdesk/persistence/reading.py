"""The store as a use case reads it: frozen models, never a live row."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select

from branchdesk.application.book_records import BookRecord
from branchdesk.application.models import (
    CampaignInForce,
    CustomerLine,
    CustomerRecord,
    ForkNotice,
    GrantLine,
    Happening,
    IntentRecord,
    MergeRecord,
    OpenGrant,
    PersonMatch,
    Staff,
    TerminalCondition,
    TerminalState,
    VoucherRecord,
)
from branchdesk.application.ports import Clock
from branchdesk.application.redemption_records import (
    Allowance,
    Keeper,
    Outcome,
    RedemptionRecord,
    VoucherStanding,
)
from branchdesk.application.shift_records import PinReset, ShiftRecord
from branchdesk.application.waiting import HeldEvent, RefusedItem, Waiting
from branchdesk.domain import clock as clocks
from branchdesk.domain.eligibility import IssuedCounts
from branchdesk.domain.forecast import Pace
from branchdesk.persistence import (
    book_rows,
    customer_history,
    office_rows,
    past_epochs,
    people,
    redemption_rows,
    search,
    shift_rows,
    sync_rows,
    voucher_rows,
)
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.identity import Identity
from branchdesk.persistence.log import Tail
from branchdesk.persistence.tables import events, person_keys
from branchdesk.protocol import facts
from branchdesk.protocol.chain import Head
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.event import decode_envelope

_INTENT = Sql(
    lambda: (
        select(events.c.type, events.c.envelope, events.c.payload, person_keys.c.key)
        .outerjoin(person_keys, person_keys.c.position == events.c.subject)
        .where(events.c.event_id == bindparam("event_id"))
    )
)


class SqliteReading:
    """Implements the ``Reading`` port over an open database."""

    def __init__(
        self,
        database: Database,
        identity: Identity,
        tail: Tail,
        campaigns: office_rows.Campaigns,
        clock: Clock,
    ) -> None:
        self._database, self._identity, self._tail = database, identity, tail
        self._campaigns, self._clock = campaigns, clock

    def terminal(self) -> TerminalState:
        """Return which terminal this is and where it stands."""
        certificate, enrolment = self._identity.certificate, self._identity.enrolment
        tail = self._tail
        acked, durable, _ = office_rows.signed_marks(self._database)
        fork = past_epochs.fork_of(self._database, certificate.epoch)
        frozen = fork is not None or office_rows.is_frozen(
            self._database, certificate.terminal, self._identity.arrival
        )
        return TerminalState(
            terminal=certificate.terminal,
            epoch=certificate.epoch,
            outlet=certificate.outlet,
            outlet_name=enrolment.outlet_name,
            outlet_address=enrolment.outlet_address,
            kind=certificate.kind,
            condition=TerminalCondition.FROZEN if frozen else TerminalCondition.ACTIVE,
            office_url=enrolment.url,
            head=Head(certificate.terminal, tail.epoch, tail.seq, tail.hash),
            acked_seq=acked,
            durable_seq=durable,
            unsent=tail.seq - acked,
            unsent_since_ms=office_rows.recorded_ms(
                self._database, tail.position - tail.seq + acked + 1
            ),
            fork=None if fork is None else ForkNotice(fork.office_seq, fork.noticed_ms),
            past_unsent=sum(
                past_epochs.unsent_of(self._database, past) for past in self._identity.earlier
            ),
        )

    def staff(self, code: str) -> Staff | None:
        """Return an active member of staff."""
        return next((member for member in self.all_staff() if member.code == code), None)

    def all_staff(self) -> tuple[Staff, ...]:
        """Return everybody who may sign in here, by code."""
        return office_rows.active_staff(self._database)

    def campaigns(self) -> tuple[CampaignInForce, ...]:
        """Return the campaigns in force, newest version of each."""
        return self._campaigns.in_force(self._database)

    def blind_key(self) -> bytes:
        """Return the 32-byte key of ``sealing.blind_hash``."""
        return self._identity.enrolment.blind_key

    def people_like(self, hashes: Sequence[bytes]) -> tuple[PersonMatch, ...]:
        """Return who has one of the keyed hashes, here or elsewhere."""
        return people.matches(self._database, hashes)

    def customer(self, customer: str) -> CustomerRecord | None:
        """Return a customer of this outlet in the clear."""
        return people.customer_record(self._database, customer)

    def is_erased(self, customer: str) -> bool:
        """Say whether a customer was erased, here or by head office's word."""
        return customer_history.is_erased(self._database, customer)

    def recent_customers(self, staff: str, limit: int) -> tuple[CustomerLine, ...]:
        """Return whom ``staff`` dealt with last, newest first, masked."""
        return search.recent_customers(self._database, staff, limit)

    def happenings(self, customer: str) -> tuple[Happening, ...]:
        """Return every event of this terminal that concerns a customer, newest first."""
        return customer_history.happenings(self._database, customer)

    def merge(self, merge: str) -> MergeRecord | None:
        """Return one proposal of a merge."""
        return customer_history.one_merge(self._database, merge)

    def merges(self, customer: str) -> tuple[MergeRecord, ...]:
        """Return the proposals that name a customer and were not undone, oldest first."""
        return customer_history.merges_of(self._database, customer)

    def issued(self, hashes: Sequence[bytes], offer_code: str, day: int) -> IssuedCounts:
        """Count vouchers of an offer issued to anyone with these hashes, here or elsewhere."""
        return people.issued_counts(self._database, hashes, offer_code, day)

    def open_grant(self, offer_code: str, day: int) -> OpenGrant | None:
        """Return the grant to use next: inside its window, not revoked, the earliest to end."""
        return voucher_rows.usable_grant(
            self._database, offer_code, day, self._identity.certificate.public_key
        )

    def grants(self) -> tuple[GrantLine, ...]:
        """Return every grant held here to issue from."""
        return voucher_rows.grant_lines(self._database, self._identity.certificate.public_key)

    def open_book_grant(self, offer_code: str, day: int, count: int) -> OpenGrant | None:
        """Return a grant for books with at least ``count`` free slots in a row, or None."""
        key = self._identity.certificate.public_key
        return voucher_rows.book_grant(self._database, offer_code, day, key, count)

    def books(self) -> tuple[BookRecord, ...]:
        """Return the books made here, in the order of their numbers."""
        return book_rows.all_books(self._database)

    def book(self, book: str) -> BookRecord | None:
        """Return one book by its name."""
        return book_rows.one_book(self._database, book)

    def book_makers(self, book: str) -> tuple[str, str]:
        """Return the staff codes of the two who made a book."""
        return book_rows.makers(self._database, book)

    def voucher_numbered(self, number: int) -> VoucherRecord | None:
        """Return the voucher with a running number of this terminal."""
        return voucher_rows.numbered_voucher(self._database, number)

    def free_slots(self, grant: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges of a grant's slots neither used nor out; none of an ended epoch's."""
        key = self._identity.certificate.public_key
        return voucher_rows.free_slots(self._database, grant, key)

    def next_number(self) -> int:
        """Return the running number that the next voucher of this terminal prints."""
        return voucher_rows.next_number(self._database)

    def intent(self, event_id: UUID) -> IntentRecord | None:
        """Return what an intent already led to; ``body`` is empty once the person was erased."""
        row = self._database.row(_INTENT, {"event_id": event_id.bytes})
        if row is None:
            return None
        event_type, envelope, payload, key = row
        refs = decode_envelope(envelope).refs
        return IntentRecord(event_id, event_type, _intent_body(event_type, payload, key), refs)

    def voucher(self, voucher: str) -> VoucherRecord | None:
        """Return one voucher issued here, by its id ``grant-slot``."""
        return voucher_rows.one_voucher(self._database, voucher)

    def vouchers(
        self, *, intents: Sequence[UUID] = (), customer: str = "", unprinted: bool = False
    ) -> tuple[VoucherRecord, ...]:
        """Return vouchers issued here in order of number, narrowed by what is given."""
        return voucher_rows.find_vouchers(self._database, intents, customer, unprinted=unprinted)

    def standing(self, grant: int, slot: int) -> VoucherStanding:
        """Return what is known here of one voucher, whoever issued it."""
        outlet = self._identity.certificate.outlet
        return redemption_rows.standing(self._database, outlet, grant, slot)

    def redemption(self, redemption: str) -> RedemptionRecord | None:
        """Return one redemption by this terminal, by its id."""
        return redemption_rows.one_redemption(self._database, redemption)

    def redemptions(self, since_ms: int) -> tuple[RedemptionRecord, ...]:
        """Return what this terminal redeemed from a moment on by its clock, the newest first."""
        return redemption_rows.redemptions_since(self._database, since_ms)

    def keepers(self) -> tuple[Keeper, ...]:
        """Return which terminals keep vouchers, by head office's newest word."""
        return redemption_rows.named_keepers(self._database)

    def outcomes(self, limit: int) -> tuple[Outcome, ...]:
        """Return the cases that head office decided last, newest first."""
        return redemption_rows.newest_outcomes(self._database, limit)

    def outcomes_of(self, grant: int, slot: int) -> tuple[Outcome, ...]:
        """Return the decided cases about one voucher, newest first."""
        return redemption_rows.outcomes_of(self._database, grant, slot)

    def allowance(self, offer: int) -> Allowance:
        """Return what this terminal may redeem of an offer with no line."""
        return redemption_rows.allowance(self._database, offer)

    def search(self, query: str, limit: int) -> tuple[CustomerLine, ...]:
        """Find customers by phone tail, part of a name, pinyin initials or document tail."""
        return search.find_customers(self._database, query, limit)

    def grant_keys(self) -> dict[bytes, bytes]:
        """Return head office's grant keys, id to public key, earlier ones included."""
        return office_rows.keys_for(self._database, KeyUse.GRANT)

    def ack_keys(self) -> dict[bytes, bytes]:
        """Return head office's acknowledgement keys, id to public key."""
        return office_rows.keys_for(self._database, KeyUse.ACK)

    def earliest_ms(self) -> int:
        """Return the earliest Unix ms that it can be, by signed time and what passed since."""
        return clocks.least_time(self._tail.mark, look_at(self._clock))

    def clock_state(self) -> str:
        """Return the clock's health in a word: trusted, plausible or suspect."""
        return clocks.clock_state(self._tail.mark, look_at(self._clock)).value

    def open_shift(self) -> tuple[str, str] | None:
        """Return (shift id, place) of the open shift."""
        row = self._database.row(shift_rows.OPEN_SHIFT)
        return None if row is None else (row[0], row[1])

    def shift(self, shift: str) -> ShiftRecord | None:
        """Return one shift with what was done and counted in it."""
        numbers = {code: n for found in self.campaigns() for code, n in found.numbers.items()}
        return shift_rows.shift_record(self._database, shift, numbers)

    def places(self, limit: int) -> tuple[str, ...]:
        """Return where shifts were opened last, newest first, each place once."""
        return shift_rows.places(self._database, limit)

    def pin_resets(self) -> tuple[PinReset, ...]:
        """Return who waits for a new PIN, by staff code."""
        return shift_rows.waiting_resets(self._database)

    def paces(self, day: int) -> dict[str, Pace]:
        """Return the pace of each offer in the open shift on one day; without a shift, none."""
        row = self._database.row(shift_rows.OPEN_SHIFT)
        return {} if row is None else voucher_rows.paces(self._database, day, since_ms=row[2])

    def issued_by_day(self, first_day: int) -> dict[str, dict[int, int]]:
        """Count what was issued here, by offer code and day number, from ``first_day`` on."""
        return sync_rows.issued_by_day(self._database, first_day)

    def waiting(self) -> Waiting:
        """Return what head office has not signed for."""
        return sync_rows.waiting(self._database, self._tail)

    def held(self) -> tuple[HeldEvent, ...]:
        """Return what head office holds back and has not settled since, the newest first."""
        return sync_rows.held(self._database)

    def refused_items(self) -> tuple[RefusedItem, ...]:
        """Return what came with the feed, did not verify here, and is still wanted."""
        return sync_rows.refused(self._database)

    def clock_drift_ms(self) -> int | None:
        """Return how far the wall clock is ahead of signed time; None when nothing can tell."""
        return clocks.drift_ms(self._tail.mark, look_at(self._clock))


def look_at(clock: Clock) -> clocks.Reading:
    """Return one reading of the machine's clocks."""
    return clocks.Reading(clock.now_ms(), clock.monotonic_ms(), clock.boot_id())


def _intent_body(event_type: str, payload: bytes, person_key: bytes | None) -> bytes:
    fields = facts.decode_payload(event_type, payload)
    if event_type not in facts.PERSONAL_FIELDS:
        body = fields.get("intent_body", b"")
    elif person_key is None:
        body = b""
    else:
        customer, sealed = fields["customer"], fields["sealed"]
        personal = facts.unseal_personal(event_type, customer, person_key, sealed)
        body = personal.get("intent_body", b"")
    return bytes(body)
