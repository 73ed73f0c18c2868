"""What a batch does to money: slots given back, vouchers redeemed, undone, voided, released.

The offers that it may change are locked, in the order of their numbers, before their slots and
redemptions are read: two batches, or a batch and an online redemption, of one offer take turns.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Final

from sqlalchemy import Connection

from branchdesk.headoffice.batch_check import Draft
from branchdesk.headoffice.book_effects import BookEffects
from branchdesk.headoffice.case_news import CaseFound
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.feed_queue import FeedQueue
from branchdesk.headoffice.found_numbers import count_found
from branchdesk.headoffice.limit_checks import Issued
from branchdesk.headoffice.next_redemption import change_cases, end_cases
from branchdesk.headoffice.offer_books import OfferBook, lock_books, save_book
from branchdesk.headoffice.redeemers import Redeemers, read_keepers
from branchdesk.headoffice.redemption_effects import Problem, RedemptionEffects
from branchdesk.headoffice.redemption_items import REDEEMED, Issuer, put_news
from branchdesk.headoffice.redemption_journal import Journal, Slot
from branchdesk.headoffice.slot_effects import SlotEffects
from branchdesk.headoffice.tables import offers
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.headoffice.voucher_effects import VoucherEffects
from branchdesk.protocol import facts

# These change what an offer has out, honoured or in reserve: its book is locked for them.
_ON_BOOKS: Final = frozenset(
    {
        facts.GRANT_RETURNED,
        facts.VOUCHER_REDEEMED,
        facts.REDEMPTION_UNDONE,
        facts.VOUCHER_VOIDED,
        facts.BOOK_ENTERED,
    }
)
MONEY_ACTS: Final = _ON_BOOKS | {
    facts.VOUCHER_RELEASED, facts.VOUCHER_REPRINTED, facts.KEEPER_RESIGNED, facts.BOOK_PRINTED,
}  # fmt: skip


@dataclass(slots=True)
class MoneyEffects:
    """The money side of one batch."""

    books: dict[int, OfferBook]
    slots: SlotEffects
    redemptions: RedemptionEffects
    vouchers: VoucherEffects
    numbers: BookEffects

    @classmethod
    def load(
        cls,
        context: OfficeContext,
        connection: Connection,
        chain: ChainState,
        effective: Sequence[Draft],
    ) -> "MoneyEffects":
        """Lock the offers whose books may change and read what is known of their slots."""
        acts = [draft for draft in effective if draft.envelope.type in MONEY_ACTS]
        on_books = {
            draft.grant.value.offer
            for draft in acts
            if draft.envelope.type in _ON_BOOKS and draft.grant is not None
        }
        locked = lock_books(connection, is_among(connection, offers.c.offer, on_books)) \
            if on_books else []  # fmt: skip
        books = {book.offer: book for book in locked}
        journal = _journal(connection, acts)
        slots = SlotEffects.load(connection, chain, effective, journal)
        resigned = {
            (draft.fields or {})["outlet"]
            for draft in acts
            if draft.envelope.type == facts.KEEPER_RESIGNED
        }
        # Held until the commit, so that nobody is named beside a resignation.
        read_keepers(connection, resigned, lock=True)
        redeemers = Redeemers.load(
            connection, [draft.grant.value for draft in acts if draft.grant is not None],
            terminals={chain.head.terminal, *journal.waiting_terminals()}, outlets=resigned,
        )  # fmt: skip
        redemptions = RedemptionEffects(
            chain, books, slots, journal, redeemers, context.clock_ms()
        )  # fmt: skip
        redemptions.load_undos(connection, acts)
        vouchers = VoucherEffects.load(connection, chain, acts, slots=slots, redeemers=redeemers,
                                       books=books)  # fmt: skip
        numbers = BookEffects.load(connection, chain, acts, slots=slots, books=books,
                                   earlier=vouchers.earlier)  # fmt: skip
        return cls(books, slots, redemptions, vouchers, numbers)

    def take(self, draft: Draft) -> Problem | None:
        """Take one of ``MONEY_ACTS``; return the verdict and code unless simply applied."""
        takers: Mapping[str, Callable[[Draft], Problem | None]] = {
            facts.GRANT_RETURNED: self.slots.give_back,
            facts.VOUCHER_REDEEMED: self.redemptions.redeem,
            facts.REDEMPTION_UNDONE: self.redemptions.undo,
            facts.VOUCHER_VOIDED: self.vouchers.void,
            facts.VOUCHER_RELEASED: self.vouchers.release,
            facts.VOUCHER_REPRINTED: self.vouchers.reprint,
            facts.KEEPER_RESIGNED: self.vouchers.resign,
            facts.BOOK_PRINTED: self.slots.print_book,
            facts.BOOK_ENTERED: self.numbers.enter,
        }
        return takers[draft.envelope.type](draft)

    @property
    def cases(self) -> list[CaseFound]:
        """The cases that redemptions, voids and entries open."""
        found = [*self.redemptions.cases, *self.vouchers.cases, *self.numbers.cases]
        return sorted(found, key=itemgetter(1))

    def given(self) -> list[Issued]:
        """Return the vouchers that were given to somebody, in the order of their events."""
        issued = [
            Issued(v.grant, v.slot, v.offer, v.issued_day, v.customer, v.terminal, v.seq)
            for v in self.slots.issued
        ]
        return sorted([*issued, *self.numbers.given], key=attrgetter("seq"))

    def write(
        self, context: OfficeContext, connection: Connection, queue: FeedQueue, through_seq: int
    ) -> None:
        """Write everything but what was given, and queue what terminals must hear."""
        self.slots.free(context, connection, self.books)
        # What a void frees and holds back again is held before allowances fill up from what is
        # free: the other way round the same money would be promised twice.
        self.vouchers.write(connection, queue)
        self.redemptions.write(context, connection, queue, through_seq)
        for book in self.books.values():
            save_book(connection, book)
        redeemers = self.redemptions.redeemers
        issuers = {
            number: Issuer(grant.terminal, redeemers.outlet_of(grant))
            for number, grant in self.vouchers.grants.items()
        }
        put_news(queue, [*self.redemptions.news, *self.vouchers.news], issuers)

    def write_given(self, connection: Connection) -> None:
        """Write the vouchers and numbers that were given, once they are counted."""
        self.slots.write(connection)
        self.numbers.write(connection)

    def settle_cases(self, connection: Connection, queue: FeedQueue) -> None:
        """End or change the cases that undos and found numbers concern, once all are open."""
        end_cases(connection, queue, self.redemptions.ended)
        change_cases(connection, queue, self.redemptions.moved)
        count_found(connection, queue, self._redeemed_of_books())

    def _redeemed_of_books(self) -> list[Slot]:
        grants = self.vouchers.grants
        news = (one for one in self.redemptions.news if one.what == REDEEMED)
        return [(one.grant, one.slot) for one in news if grants[one.grant].is_book]

    def note_items(self, connection: Connection, first: int) -> None:
        """Keep the numbers of the feed items that rows refer to; ``first`` is the queue's first."""
        self.vouchers.note_items(connection, first)


def _journal(connection: Connection, acts: Iterable[Draft]) -> Journal:
    slots: set[Slot] = set()
    ids: set[bytes] = set()
    returning: set[int] = set()
    for draft in acts:
        fields, kind = draft.fields or {}, draft.envelope.type
        if draft.grant is None:
            continue
        number = draft.grant.value.number
        if kind == facts.VOUCHER_REDEEMED and draft.voucher is not None:
            slots.add((number, draft.voucher.slot))
            ids.add(draft.envelope.event_id.bytes)
        elif kind == facts.REDEMPTION_UNDONE:
            slots.add((number, fields["slot"]))
            ids.add(fields["redemption"])
        elif kind == facts.VOUCHER_VOIDED:
            slots.add((number, fields["slot"]))
        elif kind == facts.BOOK_ENTERED:
            slots.update((number, entry[0]) for entry in fields["entries"])
        elif kind == facts.GRANT_RETURNED:
            returning.add(number)
    return Journal.load(connection, slots, ids=ids, grants=returning)
