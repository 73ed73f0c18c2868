"""A terminal's store in memory: the ``Store`` port, truly transactional, for any test.

Every event is a real one: encoded, hashed, chained, personal fields sealed under a key per person.
Projections come from the payload's bytes alone, so ``check`` can rebuild and compare them. It must
not know any use case.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Final

from branchdesk.application.models import (
    CampaignInForce,
    CheckReport,
    Proof,
    Session,
    Staff,
    TerminalCondition,
)
from branchdesk.application.ports import Clock, Fact, Randomness
from branchdesk.application.redemption_records import Keeper
from branchdesk.application.waiting import HeldEvent
from branchdesk.errors import ContractFault
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.chain import verify_run
from branchdesk.protocol.event import Envelope, commitment, decode_envelope, event_hash
from branchdesk.protocol.sealing import person_salt
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.token import Grant
from tests.fakes.bank import (
    SUPERVISOR,
    TELLER,
    TERMINAL_KEY,
    grant_of,
    in_force,
)
from tests.fakes.clock import ManualClock
from tests.fakes.projections import Tables, project
from tests.fakes.randomness import SeededRandomness
from tests.fakes.reading import GENESIS, FakeReading, State, Stranger

_SYSTEM: Final = Session("")


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
        if fact.event_type == facts.CUSTOMER_ERASED:
            forget_person(state, str(fact.fields["customer"]))
        return envelope.seq

    def signing_key(self) -> SigningKey:
        """Return the made-up terminal's key."""
        return TERMINAL_KEY

    def signing_key_of(self, public_key: bytes) -> SigningKey | None:
        """Return the made-up terminal's key."""
        return TERMINAL_KEY if public_key == TERMINAL_KEY.public_key else None


def forget_person(state: State, customer: str) -> None:
    """Delete a person's key, with which the salts of their events go, and their row."""
    state.tables.forget(customer)
    key = state.person_keys.pop(customer, None)
    if key is not None:
        for event_id, record in state.tables.intents.items():
            if record.event_type in facts.PERSONAL_FIELDS and record.refs["customer"] == customer:
                state.tables.intents[event_id] = replace(record, body=b"")
        state.events = tuple(
            replace(sent, salt=b"") if _is_salted(sent, key) else sent for sent in state.events
        )


def _is_salted(sent: SentEvent, key: bytes) -> bool:
    return sent.salt == person_salt(key, decode_envelope(sent.envelope).event_id.bytes)


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
        self.damage: tuple[str, ...] = ()
        self.codes: tuple[tuple[str, str, int], ...] = ()
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
            links = verify_run(GENESIS, [event.envelope for event in state.events])
        except ContractFault as fault:
            return CheckReport(
                ok=False, events=len(state.events), projections_equal=False, chain_ok=False,
                problems=(fault.code,),
            )  # fmt: skip
        for link, event in zip(links, state.events, strict=True):
            salted = commitment(event.salt, event.payload)
            if event.salt and salted != link.envelope.payload_commit:
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

    def quick_check(self) -> tuple[str, ...]:
        """Return what a test has put in ``damage``."""
        return self.damage

    def free_bytes(self) -> int:
        """Return plenty, or next to nothing."""
        return 40 << 30 if self.has_free_space else 1 << 20

    def free_space_ok(self) -> bool:
        """Return what a test has put in ``has_free_space``."""
        return self.has_free_space

    def warnings(self) -> tuple[str, ...]:
        """Return what a test has put in ``warned``."""
        return self.warned

    def pending_one_time_codes(self) -> tuple[tuple[str, str, int], ...]:
        """Return what a test has put in ``codes``."""
        return self.codes

    def one_time_codes_handed(self) -> None:
        """Forget the codes."""
        self.codes = ()

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
        is_book: bool = False,
    ) -> Grant:
        """Accept a new grant of an offer of the campaigns in force."""
        campaign = next(c for c in self.state.campaigns if offer_code in c.numbers)
        grant = grant_of(
            offer_code, number=number or 70_001 + len(self.state.tables.grants), slots=slots,
            issue_from=issue_from, issue_until=issue_until, campaign=campaign, is_book=is_book,
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

    def told(self, **changes: object) -> None:
        """Hear from head office of redemption; names are those of ``redemptions.Told``."""
        self.state = replace(self.state, told=replace(self.state.told, **changes))  # type: ignore[arg-type]  # the fields are Told's own

    def name_keeper(self, terminal: int, *issuers: int, outlet: str = "B001") -> None:
        """Name the keeper of an outlet."""
        self.told(keepers=(Keeper(outlet, terminal, frozenset(issuers)),))

    def allow(self, offer_code: str, amount_minor: int, through_seq: int = 0) -> None:
        """Allow an offer to be redeemed with no line."""
        number = next(
            c.numbers[offer_code] for c in self.state.campaigns if offer_code in c.numbers
        )
        self.told(allowances={**self.state.told.allowances, number: (amount_minor, through_seq)})

    def erase_by_office(self, customer: str) -> None:
        """Hear from head office that somebody was erased elsewhere."""
        changed = replace(
            self.state, tables=self.state.tables.copied(),
            person_keys=dict(self.state.person_keys), erased=self.state.erased | {customer},
        )  # fmt: skip
        forget_person(changed, customer)
        self.state = changed

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

    def hold(self, seq: int, verdict: str, code: str) -> None:
        """Let head office park, refuse or flag an event of ours; ``resolved`` settles it."""
        held, event = dict(self.state.held), decode_envelope(self.state.events[seq - 1].envelope)
        held[seq] = HeldEvent(
            event.epoch, seq, verdict, code, event.type, event.wall_utc_ms, event.refs
        )
        if verdict == "resolved":
            del held[seq]
        self.state = replace(self.state, held=held)

    def meet_elsewhere(
        self, hashes: Sequence[bytes], issued: Mapping[str, tuple[int, ...]] | None = None
    ) -> None:
        """Learn of somebody another outlet registered."""
        strangers = (*self.state.strangers, Stranger(tuple(hashes), issued or {}))
        self.state = replace(self.state, strangers=strangers)
