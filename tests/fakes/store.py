"""A terminal's store in memory: the ``Store`` port, truly transactional, for any test.

Every event is a real one: encoded, hashed, chained, personal fields sealed under a key per person.
Projections come from the payload's bytes alone, so ``check`` can rebuild and compare them. It must
not know any use case.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from branchdesk.application.models import (
    CampaignInForce,
    CheckReport,
    CustomerLine,
    CustomerRecord,
    GrantLine,
    IntentRecord,
    MatchReason,
    OpenGrant,
    PersonMatch,
    Proof,
    Session,
    Staff,
    TerminalCondition,
    TerminalState,
    VoucherRecord,
)
from branchdesk.application.ports import Clock, Fact, Randomness
from branchdesk.domain.eligibility import IssuedCounts
from branchdesk.domain.forecast import Pace
from branchdesk.domain.identity import mask_document
from branchdesk.domain.names import mask_name, pinyin_initials
from branchdesk.domain.phones import mask_phone
from branchdesk.errors import ContractFault
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.chain import Head, verify_run
from branchdesk.protocol.event import Envelope, commitment, decode_envelope, event_hash
from branchdesk.protocol.event import genesis_hash as genesis_of
from branchdesk.protocol.sealing import person_salt
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import Grant, china_day, day_of
from tests.fakes.bank import (
    BLIND_KEY,
    GRANT_KEYS,
    SUPERVISOR,
    TELLER,
    TERMINAL,
    TERMINAL_KEY,
    grant_of,
    in_force,
)
from tests.fakes.clock import ManualClock
from tests.fakes.projections import Tables, project
from tests.fakes.randomness import SeededRandomness

_GENESIS: Final = Head(TERMINAL, 1, 0, genesis_of(b"a made-up enrolment certificate"))
_SYSTEM: Final = Session("")


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
    head: Head = _GENESIS
    person_keys: dict[str, bytes] = field(default_factory=dict)
    tables: Tables = field(default_factory=Tables)
    strangers: tuple[Stranger, ...] = ()
    condition: TerminalCondition = TerminalCondition.ACTIVE
    acked_seq: int = 0
    durable_seq: int = 0
    clock_state: str = "trusted"


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
        """Return who shares a hash; a person's first hash is that of the phone."""
        t = self._state.tables
        known = [(record.customer, record.hashes) for record in t.customers.values()]
        known += [("", stranger.hashes) for stranger in self._state.strangers]
        return tuple(
            PersonMatch(customer, MatchReason.DOCUMENT if index else MatchReason.PHONE)
            for customer, theirs in known
            for index, found in enumerate(theirs)
            if found in hashes
        )

    def customer(self, customer: str) -> CustomerRecord | None:
        """Return a customer in the clear."""
        return self._state.tables.customers.get(customer)

    def issued(self, hashes: Sequence[bytes], offer_code: str, day: int) -> IssuedCounts:
        """Count by any shared hash, here and elsewhere."""
        t, wanted = self._state.tables, set(hashes)
        of_offer = [v for v in t.vouchers.values() if v.offer_code == offer_code]
        days = [
            china_day(v.issued_at_ms // 1000)
            for v in of_offer
            if wanted.intersection(t.customers[v.customer].hashes)
        ]
        for stranger in self._state.strangers:
            if wanted.intersection(stranger.hashes):
                days += stranger.issued.get(offer_code, ())
        here = sum(china_day(v.issued_at_ms // 1000) == day for v in of_offer)
        return IssuedCounts(len(days), days.count(day), here)

    def open_grant(self, offer_code: str, day: int) -> OpenGrant | None:
        """Return the grant to use next: the earliest to end among those with a free slot."""
        open_now = [
            held
            for held in self._state.tables.grants.values()
            if held.offer_code == offer_code and not held.revoked and held.free()
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
        )  # fmt: skip

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
            v
            for v in sorted(self._state.tables.vouchers.values(), key=lambda found: found.number)
            if (not intents or v.intent in intents)
            and (not customer or v.customer == customer)
            and not (unprinted and v.printed)
        )

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

    def clock_state(self) -> str:
        """Return the clock's health."""
        return self._state.clock_state

    def open_shift(self) -> tuple[str, str] | None:
        """Return the open shift and its place."""
        return self._state.tables.shift

    def paces(self, day: int) -> dict[str, Pace]:
        """Count the vouchers of the open shift on one day, by offer."""
        t, paces = self._state.tables, dict[str, Pace]()
        since_ms = t.shift_opened_ms // 1000 * 1000
        for found in self.vouchers() if t.shift is not None else ():
            is_today = china_day(found.issued_at_ms // 1000) == day
            if is_today and found.issued_at_ms >= since_ms:
                before = paces.get(found.offer_code, Pace(0, found.issued_at_ms))
                paces[found.offer_code] = Pace(before.issued + 1, before.first_ms)
        return paces


class FakeUnit(FakeReading):
    """The ``Unit`` port: changes a copy of the state that nobody else sees."""

    def __init__(
        self, state: State, session: Session, clock: Clock, randomness: Randomness
    ) -> None:
        super().__init__(state)
        self._session, self._clock, self._randomness = session, clock, randomness

    def record(self, fact: Fact) -> int:
        """Append the event and project it."""
        state, fields = self._state, dict(fact.fields)
        key = b""
        if fact.customer:
            key = state.person_keys.setdefault(fact.customer, self._randomness.bytes(32))
        if fact.personal is not None:
            fields["sealed"] = facts.seal_personal(
                fact.event_type, fact.customer, key, self._randomness.bytes(12), **fact.personal
            )
        payload = facts.encode_payload(fact.event_type, **fields)
        salt = person_salt(key, fact.event_id.bytes) if key else self._randomness.bytes(32)
        envelope = Envelope(
            terminal=state.head.terminal,
            epoch=state.head.epoch,
            seq=state.head.seq + 1,
            prev_hash=state.head.hash,
            event_id=fact.event_id,
            type=fact.event_type,
            type_ver=facts.TYPE_VERSION,
            outlet=self.terminal().outlet,
            staff=self._session.staff,
            wall_utc_ms=max(self._clock.now_ms(), 0),
            tz=self._clock.utc_offset(),
            boot_id=self._clock.boot_id(),
            mono_ms=self._clock.monotonic_ms(),
            clock_state=state.clock_state,
            refs=fact.refs,
            payload_commit=commitment(salt, payload),
        )
        data = envelope.encode()
        project(state.tables, state.person_keys, data, payload)
        state.events = (*state.events, SentEvent(data, payload, salt))
        state.head = replace(state.head, seq=envelope.seq, hash=event_hash(data))
        return envelope.seq

    def signing_key(self) -> SigningKey:
        """Return the made-up terminal's key."""
        return TERMINAL_KEY


class FakeStore:
    """The ``Store`` port in memory, with what head office would send set by hand.

    ``fail_commit`` is raised once, by the next commit, as a full disk would.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        randomness: Randomness | None = None,
        *,
        campaigns: Sequence[CampaignInForce] | None = None,
        staff: Sequence[Staff] = (TELLER, SUPERVISOR),
    ) -> None:
        self.clock: Clock = clock or ManualClock()
        self.randomness: Randomness = randomness or SeededRandomness(7)
        found = (in_force(),) if campaigns is None else tuple(campaigns)
        self.state = State(found, {member.code: member for member in staff})
        self.fail_commit: Exception | None = None
        self.newest_proof: Proof | None = None
        self.has_free_space = True
        self.warned: tuple[str, ...] = ()
        self._is_writing = False

    @contextmanager
    def write(self, session: Session) -> Iterator[FakeUnit]:
        """Open the one unit of work; an exception leaves nothing."""
        if self._is_writing:
            raise RuntimeError("the store has one writer")
        self._is_writing = True
        try:
            changed = copy.copy(self.state)
            changed.tables = self.state.tables.copied()
            changed.person_keys = dict(self.state.person_keys)
            yield FakeUnit(changed, session, self.clock, self.randomness)
            if self.fail_commit is not None:
                fault, self.fail_commit = self.fail_commit, None
                raise fault
            self.state = changed
        finally:
            self._is_writing = False

    @contextmanager
    def read(self) -> Iterator[FakeReading]:
        """Open a view that later commits do not change."""
        yield FakeReading(self.state)

    def check(self) -> CheckReport:
        """Verify the chain and the commitments, rebuild the projections and compare."""
        state, rebuilt, problems = self.state, Tables(), []
        try:
            links = verify_run(_GENESIS, [event.envelope for event in state.events])
        except ContractFault as fault:
            return CheckReport(
                ok=False, events=len(state.events), projections_equal=False, chain_ok=False,
                problems=(fault.code,),
            )  # fmt: skip
        for link, event in zip(links, state.events, strict=True):
            if commitment(event.salt, event.payload) != link.envelope.payload_commit:
                problems.append("commitment")
            project(rebuilt, state.person_keys, event.envelope, event.payload)
        # A revocation comes with the feed and is no event, so it is not rebuilt.
        kept = {n: replace(held, revoked=False) for n, held in state.tables.grants.items()}
        same = rebuilt == replace(state.tables, grants=kept)
        return CheckReport(
            ok=same and not problems, events=len(state.events), projections_equal=same,
            chain_ok=True, problems=tuple(problems),
        )  # fmt: skip

    def proof(self) -> Proof | None:
        """Return what a test has put in ``newest_proof``."""
        return self.newest_proof

    def free_space_ok(self) -> bool:
        """Return what a test has put in ``has_free_space``."""
        return self.has_free_space

    def warnings(self) -> tuple[str, ...]:
        """Return what a test has put in ``warned``."""
        return self.warned

    def close(self) -> None:
        """Keep everything; memory needs no release."""

    # What head office sends

    def lend(
        self,
        offer_code: str,
        *,
        number: int | None = None,
        slots: int = 100,
        issue_from: date | None = None,
        issue_until: date | None = None,
    ) -> Grant:
        """Accept a new grant of an offer of the campaigns in force."""
        campaign = next(c for c in self.state.campaigns if offer_code in c.numbers)
        grant = grant_of(
            offer_code, number=number or 70_001 + len(self.state.tables.grants), slots=slots,
            issue_from=issue_from, issue_until=issue_until, campaign=campaign,
        )  # fmt: skip
        fields = {"grant": grant.encode(), "campaign": campaign.campaign.code,
                  "offer_code": offer_code}  # fmt: skip
        event_id = self.randomness.intent_id()
        with self.write(_SYSTEM) as unit:
            unit.record(Fact(facts.GRANT_ACCEPTED, event_id, fields, {"grant": grant.number}))
        return grant

    def revoke(self, grant: int) -> None:
        """Take a grant back."""
        held = self.state.tables.grants[grant]
        tables = self.state.tables.copied()
        tables.grants[grant] = replace(held, revoked=True)
        self.state = replace(self.state, tables=tables)

    def freeze(self) -> None:
        """Freeze the terminal."""
        self.state = replace(self.state, condition=TerminalCondition.FROZEN)

    def acknowledge(self, seq: int, durable_seq: int = 0) -> None:
        """Raise head office's marks; never lower them."""
        state = self.state
        self.state = replace(
            state,
            acked_seq=max(seq, state.acked_seq),
            durable_seq=max(durable_seq, state.durable_seq),
        )

    def meet_elsewhere(
        self, hashes: Sequence[bytes], issued: Mapping[str, tuple[int, ...]] | None = None
    ) -> None:
        """Learn of somebody another outlet registered."""
        strangers = (*self.state.strangers, Stranger(tuple(hashes), issued or {}))
        self.state = replace(self.state, strangers=strangers)
