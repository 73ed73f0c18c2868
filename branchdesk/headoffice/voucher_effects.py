"""Vouchers voided, copied and released by a batch, and keepers who give up, in the events' order.

A void frees money only where nobody else may still redeem the slot: its redeemer said it, or head
office is the redeemer. Otherwise the slot goes the way of a revocation: everybody is told first,
and its money stays in reserve until whoever could redeem it offline has heard.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.case_news import CaseFound, honoured_already
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.earlier_vouchers import EarlierVouchers
from branchdesk.headoffice.feed_queue import EVERYBODY, FeedQueue
from branchdesk.headoffice.keepers import KeeperNews, delete_keeper, note_item, put_keeper
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redeemers import HEAD_OFFICE, Redeemers
from branchdesk.headoffice.redemption_items import VOIDED, VoucherNews, copy_audience, put_copy
from branchdesk.headoffice.redemption_journal import Slot
from branchdesk.headoffice.redemption_tables import copies, releases, voids
from branchdesk.headoffice.slot_effects import VOID, SlotEffects
from branchdesk.headoffice.slot_ranges import SlotSet, read_ranges, slot_set
from branchdesk.headoffice.tables import revocation_holds, terminals
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import facts
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.token import Grant

Problem = tuple[str, str]


@dataclass(slots=True)
class VoucherEffects:
    """What a batch makes of vouchers beside redeeming them."""

    chain: ChainState
    slots: SlotEffects
    redeemers: Redeemers
    books: Mapping[int, OfferBook]
    grants: dict[int, Grant]
    newest: dict[tuple[int, int], int]
    earlier: EarlierVouchers
    voids: list[tuple[object, ...]] = field(default_factory=list)
    copies: list[tuple[object, ...]] = field(default_factory=list)
    releases: list[tuple[object, ...]] = field(default_factory=list)
    news: list[VoucherNews] = field(default_factory=list)
    # Slots voided while somebody else may still redeem them, by grant.
    held: dict[int, set[int]] = field(default_factory=dict)
    cases: list[CaseFound] = field(default_factory=list)
    resigned: list[tuple[str, int | None]] = field(default_factory=list)
    _holds: list[tuple[int, int, list[int]]] = field(default_factory=list)
    _keepers: list[KeeperNews] = field(default_factory=list)

    @classmethod
    def load(
        cls,
        connection: Connection,
        chain: ChainState,
        acts: Iterable[Draft],
        *,
        slots: SlotEffects,
        redeemers: Redeemers,
        books: Mapping[int, OfferBook],
    ) -> "VoucherEffects":
        """Read the newest copies of the vouchers that the batch copies, and earlier epochs'."""
        acts = list(acts)
        grants: dict[int, Grant] = {}
        copied: set[int] = set()
        for draft in acts:
            if draft.grant is not None:
                grants[draft.grant.value.number] = draft.grant.value
                if draft.envelope.type == facts.VOUCHER_REPRINTED:
                    copied.add(draft.grant.value.number)
        newest = newest_copies(connection, copied)
        earlier = EarlierVouchers.load(connection, acts)
        return cls(chain, slots, redeemers, books, grants, newest, earlier)

    def void(self, draft: Draft) -> Problem | None:
        """Take a voucher out of use; return verdict and code when it is not simply applied."""
        assert draft.grant is not None
        fields, grant = draft.fields or {}, draft.grant.value
        place = grant.number, fields["slot"]
        why = self.slots.why_out(*place)
        if why == VOID:
            return FLAGGED, "voided_before"
        if why:
            return REFUSED, f"slot_{why}"
        if problem := self._not_its_own(draft, place):
            return problem
        if standing := self.slots.journal.standing(place):
            book = self.books[grant.offer]
            self.cases.append(honoured_already(book, standing, draft.envelope, self.chain.outlet))
            return REFUSED, "slot_honoured"
        if not self.chain.is_live:
            return REFUSED, "chain_not_live"
        envelope = draft.envelope
        if self.redeemers.of(grant, place[1]) not in {HEAD_OFFICE, envelope.terminal}:
            self.held.setdefault(grant.number, set()).add(place[1])
        self.slots.take_out(draft, slot_set([(place[1], place[1])]), VOID)
        self.voids.append(
            (*place, envelope.terminal, envelope.epoch, draft.seq, fields["reason"],
             fields["second"])
        )  # fmt: skip
        self.news.append(
            VoucherNews(*place, envelope.event_id.bytes, VOIDED, 0, envelope.terminal,
                        self.chain.outlet, envelope.wall_utc_ms)
        )  # fmt: skip
        return None

    def _not_its_own(self, draft: Draft, place: Slot) -> Problem | None:
        """Refuse to touch a voucher that was not issued, or may be another one's."""
        if place[1] not in self.slots.used.get(place[0], ()):
            return REFUSED, "slot_unissued"
        if self.earlier.is_in_doubt(draft, place):
            return REFUSED, "voucher_on_branch"
        return None

    def reprint(self, draft: Draft) -> Problem | None:
        """Take up a newer copy of a voucher."""
        assert draft.grant is not None
        fields, number = draft.fields or {}, draft.grant.value.number
        place = number, fields["slot"]
        if problem := self._not_its_own(draft, place):
            return problem
        if fields["copy"] <= self.newest.get(place, 0):
            return REFUSED, "copy_repeated"
        self.newest[place] = fields["copy"]
        envelope = draft.envelope
        self.copies.append(
            (*place, fields["copy"], envelope.terminal, envelope.epoch, draft.seq,
             fields["voucher"], fields["reason"])
        )  # fmt: skip
        return None

    def release(self, draft: Draft) -> Problem | None:
        """Take over the right to redeem slots from their redeemer."""
        assert draft.grant is not None
        fields, grant, envelope = draft.fields or {}, draft.grant.value, draft.envelope
        ranges = read_ranges(fields["slots"], grant.slots)
        if ranges is None:
            return REFUSED, "malformed_payload"
        before = self.redeemers.released.get(grant.number, SlotSet())
        free = SlotSet(ranges).minus(before)
        if not free.count:
            return FLAGGED, "released_before"
        if self.redeemers.of(grant, free.ranges[0][0]) != envelope.terminal:
            return REFUSED, "not_redeemer"
        if not self.chain.is_live:
            return REFUSED, "chain_not_live"
        self.redeemers.release(grant.number, free)
        self.releases.extend(
            (grant.number, first, last, envelope.terminal, envelope.epoch, draft.seq)
            for first, last in free.ranges
        )
        return None

    def resign(self, draft: Draft) -> Problem | None:
        """Let a keeper give up an outlet; who was to follow is named."""
        fields = draft.fields or {}
        keeper = self.redeemers.keepers.get(fields["outlet"])
        if keeper is None or keeper.terminal != draft.envelope.terminal:
            return REFUSED, "not_keeper"
        if not self.chain.is_live:
            return REFUSED, "chain_not_live"
        if keeper.item != fields["item"]:
            # It was named again meanwhile, and the newer item asks again.
            return REFUSED, "keeper_item_old"
        del self.redeemers.keepers[fields["outlet"]]
        self.resigned.append((fields["outlet"], keeper.next_terminal))
        return None

    def write(self, connection: Connection, queue: FeedQueue) -> None:
        """Write the journals and queue revocations, copies and keepers."""
        insert_rows(connection, voids, self.voids)
        insert_rows(connection, copies, self.copies)
        insert_rows(connection, releases, self.releases)
        for number, slot, copy, terminal, *_ in self.copies:
            assert isinstance(number, int)
            assert isinstance(slot, int)
            assert isinstance(copy, int)
            assert isinstance(terminal, int)
            grant = self.grants[number]
            audience = copy_audience(grant.policy, self.redeemers.outlet_of(grant))
            put_copy(queue, number, slot, copy, audience=audience, by=terminal)
        for number, slots in self.held.items():
            self._hold(connection, queue, self.grants[number], slots)
        for outlet, following in self.resigned:
            if following is None:
                delete_keeper(connection, queue, outlet)
            else:
                self._keepers.append(put_keeper(connection, queue, outlet, following))

    def note_items(self, connection: Connection, first: int) -> None:
        """Keep the numbers of the items by which holds and keepers are told."""
        rows = [
            (number, terminal, self.grants[number].offer, len(self.held[number]), first + place,
             None)
            for place, number, redeemers in self._holds
            for terminal in redeemers
        ]  # fmt: skip
        insert_rows(connection, revocation_holds, rows)
        for news in self._keepers:
            note_item(connection, news, first)

    def _hold(
        self, connection: Connection, queue: FeedQueue, grant: Grant, slots: set[int]
    ) -> None:
        """Tell everybody of voided slots, and hold their money back until they have heard."""
        book = self.books[grant.offer]
        waiting = [
            terminal
            for terminal in self._others(connection, grant)
            if terminal != self.chain.head.terminal
        ]
        place = queue.put(
            Lane.URGENT, EVERYBODY, ItemKind.REVOCATION,
            {"what": "grant", "number": grant.number, "reason": VOID,
             "slots": [list(part) for part in slot_set((s, s) for s in slots).ranges]},
        )  # fmt: skip
        if waiting:
            book.reserve_minor += book.cost_cap_minor * len(slots)
            book.reserve_slots += len(slots)
            self._holds.append((place, grant.number, waiting))

    def _others(self, connection: Connection, grant: Grant) -> list[int]:
        redeemer = self.redeemers.of(grant, 0)
        if redeemer is not None:
            return [redeemer]
        statement = select(terminals.c.terminal).order_by(terminals.c.terminal)
        return list(connection.execute(statement).scalars())


def newest_copies(connection: Connection, numbers: Iterable[int]) -> dict[tuple[int, int], int]:
    """Return the newest copy of each voucher of some grants that was copied."""
    wanted = set(numbers)
    if not wanted:
        return {}
    statement = (
        select(copies.c.grant, copies.c.slot, func.max(copies.c.copy))
        .where(is_among(connection, copies.c.grant, wanted))
        .group_by(copies.c.grant, copies.c.slot)
    )
    return {(grant, slot): copy for grant, slot, copy in connection.execute(statement)}
