"""The store as the sync lane sees it: what to send, what came back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, func, insert, select

from branchdesk.application.models import (
    FeedOutcome,
    Notice,
    Session,
    SignedMarks,
    TerminalCondition,
)
from branchdesk.application.ports import Fact, Outbox
from branchdesk.application.return_slots import beyond, return_fact
from branchdesk.domain.clock import ClockState, signed_mark
from branchdesk.errors import BranchDeskError, ContractFault
from branchdesk.persistence import log, office_rows
from branchdesk.persistence.accept_grant import new_grant
from branchdesk.persistence.engine import Sql
from branchdesk.persistence.entries import ItemEntry
from branchdesk.persistence.feed_items import (
    APPLIED,
    REFUSED,
    SKIPPED,
    Arrival,
    apply_item,
    put_notice,
)
from branchdesk.persistence.identity import Identity, PastEpoch
from branchdesk.persistence.past_epochs import (
    fork_of,
    note_fork,
    note_shown,
    raise_past,
    unsay_to_others,
    unsent_of,
)
from branchdesk.persistence.reading import look_at
from branchdesk.persistence.refused_items import (
    SUPERSEDED,
    highest_number,
    lane_beside,
    refused_items,
)
from branchdesk.persistence.tables import events, feed_items, marks, person_keys
from branchdesk.persistence.unit import SqliteUnit
from branchdesk.persistence.write_lane import WriteLane
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.chain import Ack, Head, open_ack
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.feed import FeedItem, FeedPage, ItemKind, Lane
from branchdesk.protocol.http import Signer
from branchdesk.protocol.sealing import person_context, seal_to

_LAST_ARRIVAL = Sql(lambda: select(func.coalesce(func.max(feed_items.c.arrival), 0)))
_PUT_MARKS = Sql(lambda: insert(marks).prefix_with("OR REPLACE"))
_SUBJECT_KEY = Sql(
    lambda: (
        select(person_keys.c.customer, person_keys.c.key)
        .join(events, events.c.subject == person_keys.c.position)
        .where(events.c.event_id == bindparam("event_id"))
    )
)
_NOBODY = Session(staff="")


class SqliteOutbox:
    """Implements the ``Outbox`` port over an open store."""

    def __init__(self, lane: WriteLane) -> None:
        self._lane = lane
        self._database = lane.surroundings.database
        # How far each lane was read in the synchronisation that runs, refused items included.
        self._read: dict[Lane, int] = {}

    @property
    def _identity(self) -> Identity:
        # Asked anew each time: the terminal may have joined again since.
        return self._lane.surroundings.identity

    def past(self) -> tuple[Outbox, ...]:
        """Return the earlier epochs of which something is still to send, oldest first."""
        with self._lane.reading():
            waiting = [past for past in self._identity.earlier if unsent_of(self._database, past)]
        return tuple(PastOutbox(self._lane, past) for past in waiting)

    def signer(self) -> Signer:
        """Return who signs requests."""
        certificate = self._identity.certificate
        seed = self._identity.enrolment.device_seed
        return Signer(certificate.terminal, certificate.epoch, seed)

    def office(self) -> tuple[str, bytes]:
        """Return head office's address and the CA (PEM) that its certificate must chain to."""
        return self._identity.enrolment.url, self._identity.enrolment.ca_pem

    def head(self) -> Head:
        """Return our own last event."""
        with self._lane.reading() as reading:
            return reading.terminal().head

    def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Return our hash at a place; seq 0 of our epoch is the genesis hash; None if not ours."""
        with self._lane.reading():
            return self._hash_at(epoch, seq)

    def events_after(self, seq: int, limit: int) -> tuple[SentEvent, ...]:
        """Return at most ``limit`` events of the live epoch after ``seq``, in order."""
        with self._lane.reading():
            tail = log.load_tail(self._database)
            # Positions of one epoch run on without a gap, so that one offset fits all of them.
            position = tail.position - tail.seq + max(0, seq)
            found = log.events_after(self._database, position, limit)
            return tuple(SentEvent(one.envelope, one.payload, one.salt) for one in found)

    def sealed_keys(self, events: Sequence[SentEvent]) -> dict[str, bytes]:
        """Return the keys of the persons in ``events``, sealed to head office's seal key.

        Empty before head office has sent a seal key; erased persons have no key any more.
        """
        with self._lane.reading():
            seal_keys = list(office_rows.keys_for(self._database, KeyUse.SEAL).values())
            ids = [decode_envelope(event.envelope).event_id.bytes for event in events]
            rows = [self._database.row(_SUBJECT_KEY, {"event_id": one}) for one in ids]
        keys = {row[0]: row[1] for row in rows if row is not None}
        if not seal_keys:
            return {}
        return {
            customer: seal_to(seal_keys[-1], key, person_context(customer))
            for customer, key in keys.items()
        }

    def sign_head(self, head: Head) -> bytes:
        """Sign a head of our own chain; raises ContractFault ``head_not_ours`` for any other."""
        certificate = self._identity.certificate
        ours = (certificate.terminal, self.hash_at(head.epoch, head.seq))
        if (head.terminal, head.hash) != ours:
            raise ContractFault("head_not_ours", epoch=head.epoch, seq=head.seq)
        return head.sign(self._identity.signing_key)

    def ack_keys(self) -> dict[bytes, bytes]:
        """Return head office's acknowledgement keys, id to public key."""
        with self._lane.reading():
            return office_rows.keys_for(self._database, KeyUse.ACK)

    def root_key(self) -> bytes:
        """Return head office's root key, which names the bank."""
        return self._identity.enrolment.root_key

    def seal_key(self) -> bytes:
        """Return head office's newest seal key; an enrolment always brings one."""
        with self._lane.reading():
            return list(office_rows.keys_for(self._database, KeyUse.SEAL).values())[-1]

    def marks(self) -> SignedMarks:
        """Return how far head office's signed word reaches."""
        with self._lane.reading():
            acked, durable, data = office_rows.signed_marks(self._database)
            keys = office_rows.keys_for(self._database, KeyUse.ACK)
        return SignedMarks(acked, durable, open_ack(data, keys, None) if data else None)

    def accept_ack(self, ack: Ack, ack_bytes: bytes, notices: Sequence[Notice]) -> None:
        """Raise the acknowledged and durable marks and the time mark; never lower any of them.

        The acknowledgement must be signed, for this terminal, and carry our own hash at its place;
        raises ContractFault ``malformed``, ``unsigned``, ``bad_signature``, ``ack_of_other`` or
        ``ack_hash_mismatch``, and nothing changes.
        """
        with self._lane.local_write():
            self._check_ack(ack, ack_bytes)
            self._unsay_to_others(ack)
            self._keep_marks(ack, ack_bytes)
            for notice in notices:
                place = (notice.epoch, notice.seq)
                put_notice(self._database, "push", place, (notice.verdict, notice.code))
            tail = log.load_tail(self._database)
            mark = signed_mark(tail.mark, ack.time_ms, look_at(self._lane.surroundings.clock))
            log.save_tail(self._database, replace(tail, mark=mark, files=self._lane.files.settled))
            # One comes before every pull of the content lane and after every one of the urgent
            # lane: what was refused is asked for again once a synchronisation, not once for all.
            self._read.clear()

    def note_fork(self, ack: Ack, ack_bytes: bytes) -> int:
        """Keep head office's word that it holds another history; nothing is issued after this.

        Return up to which event it was shown our branch before.
        """
        with self._lane.local_write():
            self._unsay_to_others(ack)
            note_fork(self._database, ack, ack_bytes, self._lane.surroundings.clock.now_ms())
            found = fork_of(self._database, ack.epoch)
        return 0 if found is None else found.shown_seq

    def note_shown(self, epoch: int, seq: int) -> None:
        """Note that head office was shown our branch up to ``seq``."""
        with self._lane.local_write():
            note_shown(self._database, epoch, seq)

    def cursor(self, lane: Lane) -> int:
        """Return the cursor to ask a lane of the feed with.

        It lies just before the lowest refused item that is still wanted and was not asked for again
        in this synchronisation; without one, at the end of what is known.
        """
        with self._lane.reading():
            return self._cursor(lane)

    def apply_page(self, page: FeedPage) -> FeedOutcome:
        """Verify and apply a page whole, item by item in one transaction, and move the cursor.

        What does not verify is refused and reported; the last good one stays, and the items after
        it are applied. An item that was refused is judged anew when it comes again; what was
        applied is passed over. A page from a stick may begin before what is known, never after it.
        Raises ContractFault ``wrong_page`` for another terminal, or a page that leaves a gap.
        """
        terminal = self._identity.certificate.terminal
        with self._lane.unit(_NOBODY) as unit:
            if page.terminal != terminal or page.cursor > self._end(page.lane):
                raise ContractFault("wrong_page", terminal=page.terminal, cursor=page.cursor)
            outcome = self._apply_items(unit, page)
        self._read[page.lane] = page.next_cursor()
        if not page.more:
            del self._read[page.lane]
        return outcome

    def parked(self) -> int:
        """Count the events that head office has parked or whose effect it refused."""
        with self._lane.reading():
            return office_rows.count_parked(self._database)

    def _apply_items(self, unit: SqliteUnit, page: FeedPage) -> FeedOutcome:
        known = highest_number(self._database, page.lane)
        again = {item.number: item for item in refused_items(self._database, page.lane)}
        applied, refused = 0, []
        for item in page.items:
            if item.number <= known and item.number not in again:
                continue
            is_again = again.pop(item.number, None) is not None
            arrival = self._next_arrival()
            state, code = self._apply(unit, item, arrival)
            if is_again and code == SUPERSEDED:
                state = SKIPPED
            applied += state == APPLIED
            if state == REFUSED:
                refused.append((item.number, code))
            # Refused once more is nothing new: the first refusal stands in the feed's rows.
            if not (is_again and state == REFUSED):
                lane = lane_beside(page.lane) if is_again else page.lane.value
                entry = ItemEntry(lane, item.number, item.kind, item.body, state, code)
                unit.keep_item(entry, arrival)
        self._settle_withdrawn(unit, page, again.values())
        return FeedOutcome(applied, tuple(refused))

    def _settle_withdrawn(
        self, unit: SqliteUnit, page: FeedPage, missing: Iterable[FeedItem]
    ) -> None:
        """Ask no more for refused items that this page should have brought and did not."""
        for item in missing:
            if page.cursor < item.number <= page.next_cursor():
                lane = lane_beside(page.lane)
                entry = ItemEntry(lane, item.number, item.kind, b"", SKIPPED, "withdrawn")
                unit.keep_item(entry, self._next_arrival())

    def _next_arrival(self) -> int:
        row = self._database.row(_LAST_ARRIVAL)
        return 1 if row is None else int(row[0]) + 1

    def _apply(self, unit: SqliteUnit, item: FeedItem, arrival: int) -> tuple[str, str]:
        if item.kind == ItemKind.GRANT.value:
            return self._accept_grant(unit, item)
        if item.kind == ItemKind.ERASURE.value:
            unit.note_erasure(item)
        clock = self._lane.surroundings.clock
        suspect = unit.clock_state() == ClockState.SUSPECT.value
        now_ms = None if suspect else clock.now_ms()
        found = apply_item(self._database, self._identity, Arrival(item, arrival, now_ms))
        if found[0] == APPLIED and unit.terminal().condition is TerminalCondition.ACTIVE:
            self._answer(unit, item)
        return found

    def _answer(self, unit: SqliteUnit, item: FeedItem) -> None:
        """Do what head office asks for, in the commit that brings the wish."""
        if item.kind == ItemKind.RETURN.value:
            self._give_back(unit, item)
        elif item.kind == ItemKind.KEEPER.value:
            self._make_way(unit, item)

    def _give_back(self, unit: SqliteUnit, item: FeedItem) -> None:
        fields = item.fields()
        back = beyond(unit.free_slots(fields["grant"]), fields["keep"])
        if back:
            event_id = self._lane.surroundings.randomness.intent_id()
            unit.record(return_fact(fields["grant"], back, event_id))

    def _make_way(self, unit: SqliteUnit, item: FeedItem) -> None:
        """Sign the right to redeem for the outlet away; only then is another one named."""
        fields, ours = item.fields(), unit.terminal()
        if fields["resign"] and (fields["outlet"], fields["terminal"]) == (
            ours.outlet, ours.terminal,
        ):  # fmt: skip
            signed = {"outlet": fields["outlet"], "item": item.number, "reason": "asked"}
            event_id = self._lane.surroundings.randomness.intent_id()
            unit.record(Fact(facts.KEEPER_RESIGNED, event_id, signed, {}))

    def _accept_grant(self, unit: SqliteUnit, item: FeedItem) -> tuple[str, str]:
        around = self._lane.surroundings
        try:
            fields = item.fields()
            grant = new_grant(self._database, self._identity, around.campaigns, fields)
        except BranchDeskError as error:
            return REFUSED, error.code
        if grant is not None:
            refs = {"grant": grant.number}
            event_id = around.randomness.intent_id()
            unit.record(Fact(facts.GRANT_ACCEPTED, event_id, fields, refs))
        return APPLIED, ""

    def events_from(self, epoch: int, seq: int, limit: int) -> tuple[SentEvent, ...]:
        """Return at most ``limit`` events of an epoch after ``seq``, in order."""
        first = log.place_of(self._database, epoch, seq + 1)
        if first is None:
            return ()
        found = log.events_after(self._database, first[0] - 1, limit)
        return tuple(
            SentEvent(one.envelope, one.payload, one.salt) for one in found if one.epoch == epoch
        )

    def _check_ack(self, ack: Ack, ack_bytes: bytes) -> None:
        keys = office_rows.keys_for(self._database, KeyUse.ACK)
        if open_ack(ack_bytes, keys, None) != ack:
            raise ContractFault("malformed", what="ack", problem="mismatch")
        if ack.terminal != self._identity.certificate.terminal:
            raise ContractFault("ack_of_other", terminal=ack.terminal)
        if self._hash_at(ack.epoch, ack.seq) != ack.hash:
            raise ContractFault("ack_hash_mismatch", epoch=ack.epoch, seq=ack.seq)

    def _unsay_to_others(self, ack: Ack) -> None:
        keys = office_rows.keys_for(self._database, KeyUse.ACK)
        unsay_to_others(self._database, keys, ack.ho_epoch)

    def _keep_marks(self, ack: Ack, ack_bytes: bytes) -> None:
        if ack.epoch != self._identity.certificate.epoch:
            return
        acked, durable, kept = office_rows.signed_marks(self._database)
        row = {
            "id": 1,
            "acked_seq": max(acked, ack.seq),
            "durable_seq": max(durable, min(ack.durable_seq, ack.seq)),
            "ack": ack_bytes if ack.seq >= acked or not kept else kept,
        }
        self._database.run(_PUT_MARKS, row)

    def _hash_at(self, epoch: int, seq: int) -> bytes | None:
        if seq == 0:
            return self._identity.geneses.get(epoch)
        place = log.place_of(self._database, epoch, seq)
        return None if place is None else place[1]

    def _cursor(self, lane: Lane) -> int:
        read = self._read.get(lane, 0)
        wanted = [item.number for item in refused_items(self._database, lane)]
        again = next((number - 1 for number in wanted if number > read), None)
        return self._end(lane) if again is None else again

    def _end(self, lane: Lane) -> int:
        """Return the number up to which every item of a lane was decided about."""
        return max(highest_number(self._database, lane), self._read.get(lane, 0))


class PastOutbox(SqliteOutbox):
    """An earlier epoch as the sync lane sees it: its chain, its key, its marks; no feed of its own.

    What came back about its events is kept as for any other.
    """

    def __init__(self, lane: WriteLane, past: PastEpoch) -> None:
        super().__init__(lane)
        self._past = past

    def signer(self) -> Signer:
        """Return who signs requests: the device key of that epoch."""
        certificate = self._past.certificate
        return Signer(certificate.terminal, certificate.epoch, self._past.enrolment.device_seed)

    def head(self) -> Head:
        """Return the last event of that epoch."""
        certificate, seq = self._past.certificate, self._past.seq
        last = self.hash_at(certificate.epoch, seq)
        if last is None:
            raise ContractFault("head_not_ours", epoch=certificate.epoch, seq=seq)
        return Head(certificate.terminal, certificate.epoch, seq, last)

    def marks(self) -> SignedMarks:
        """Return how far that epoch was signed for, or shown where it forked."""
        with self._lane.reading():
            reached = self._past.seq - unsent_of(self._database, self._past)
        return SignedMarks(reached, 0, None)

    def events_after(self, seq: int, limit: int) -> tuple[SentEvent, ...]:
        """Return at most ``limit`` events of that epoch after ``seq``, in order."""
        with self._lane.reading():
            return self.events_from(self._past.certificate.epoch, seq, limit)

    def sign_head(self, head: Head) -> bytes:
        """Sign a head of that epoch; raises ContractFault ``head_not_ours`` for any other."""
        certificate = self._past.certificate
        ours = (certificate.terminal, certificate.epoch, self.hash_at(head.epoch, head.seq))
        if (head.terminal, head.epoch, head.hash) != ours:
            raise ContractFault("head_not_ours", epoch=head.epoch, seq=head.seq)
        return head.sign(self._past.signing_key)

    def _keep_marks(self, ack: Ack, ack_bytes: bytes) -> None:
        if ack.epoch == self._past.certificate.epoch:
            raise_past(self._database, ack, ack_bytes)
