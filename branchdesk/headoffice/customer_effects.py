"""Customers as head office knows them: sealed fields, keyed hashes, duplicates, subject items.

Nothing personal is in the clear here. Duplicates are named, never merged. Of somebody erased only
what the ledger needs is left, and every terminal hears of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, delete, select, update

from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.customer_journals import erased_among, journal_row, write_rows
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.feed_queue import EVERYBODY, FeedQueue
from branchdesk.headoffice.redemption_tables import book_entries
from branchdesk.headoffice.tables import (
    corrections,
    customer_hashes,
    customers,
    duplicates,
    grants,
    offers,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import codec, facts
from branchdesk.protocol.feed import ItemKind, Lane

# One item must stay far below a page; nobody has more vouchers of one campaign than this.
_ISSUED_DAYS_MAX = 1_000


@dataclass(slots=True)
class CustomerEffects:
    """The customers that a batch touches: known before it, and registered by it."""

    known: set[str]
    by_hash: dict[bytes, set[str]]
    gone: set[str] = field(default_factory=set)
    registered: dict[str, Draft] = field(default_factory=dict)
    corrected: dict[str, set[bytes]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    journal: list[tuple[Table, tuple[object, ...]]] = field(default_factory=list)
    pairs: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def load(cls, connection: Connection, effective: Iterable[Draft]) -> "CustomerEffects":
        """Read the customers and hashes that the batch names."""
        named: set[str] = set()
        hashes: set[bytes] = set()
        for draft in effective:
            if draft.fields is not None:
                names = ("customer", "kept", "other")
                named.update(draft.fields[name] for name in names if name in draft.fields)
            hashes.update(draft.hashes)
        known: set[str] = set()
        if named:
            statement = select(customers.c.customer).where(
                is_among(connection, customers.c.customer, named)
            )
            known = set(connection.execute(statement).scalars())
        by_hash: dict[bytes, set[str]] = {}
        if hashes:
            matching = is_among(connection, customer_hashes.c.hash, hashes)
            for row in connection.execute(select(customer_hashes).where(matching)):
                by_hash.setdefault(bytes(row.hash), set()).add(row.customer)
        return cls(known, by_hash, erased_among(connection, named))

    def is_known(self, customer: str) -> bool:
        """Say whether a customer was registered, before or in this batch."""
        return customer in self.known or customer in self.registered

    def register(self, draft: Draft) -> tuple[str, str] | None:
        """Register a customer; return the verdict and code when it is not simply applied."""
        assert draft.fields is not None
        customer: str = draft.fields["customer"]
        if customer in self.gone or customer in self.erased:
            # A copy of the terminal may still hold somebody whom this one erased.
            return REFUSED, "customer_erased"
        if self.is_known(customer):
            return REFUSED, "customer_exists"
        self.registered[customer] = draft
        return self._match(customer, draft.hashes)

    def happen(self, draft: Draft) -> tuple[str, str] | None:
        """Take what happened to a customer since; return verdict and code unless applied."""
        fields, envelope = draft.fields or {}, draft.envelope
        kind = envelope.type
        who = [fields[name] for name in ("customer", "kept", "other") if name in fields]
        is_gone = any(customer in self.gone or customer in self.erased for customer in who)
        if is_gone and kind != facts.CUSTOMER_ERASED:
            return REFUSED, "customer_erased"
        is_known = all(map(self.is_known, who))
        place = (draft.hash, envelope.terminal, envelope.epoch, draft.seq)
        self.journal.append(journal_row(kind, place, fields, draft.hashes if is_known else ()))
        if kind == facts.CUSTOMER_ERASED:
            self.erased.add(fields["customer"])
        if not is_known:
            return FLAGGED, "customer_unknown"
        if kind != facts.CUSTOMER_CORRECTED:
            return None
        customer: str = fields["customer"]
        new = [value for value in draft.hashes if customer not in self.by_hash.get(value, ())]
        self.corrected.setdefault(customer, set()).update(new)
        return self._match(customer, new)

    def _match(self, customer: str, hashes: Iterable[bytes]) -> tuple[str, str] | None:
        """Let a customer count by ``hashes`` and name who counts by one of them already."""
        others: set[str] = set()
        for value in hashes:
            holders = self.by_hash.setdefault(value, set())
            others |= holders
            holders.add(customer)
        others.discard(customer)
        self.pairs.update((customer, other) for other in others)
        return (FLAGGED, "duplicate_customer") if others else None

    def write(self, connection: Connection, chain: ChainState, *, is_branch: bool = False) -> None:
        """Write the new customers, their hashes and the duplicates found.

        ``is_branch`` marks them with the hash of their event on a branch of the chain.
        """
        rows: list[tuple[object, ...]] = []
        hashes: list[tuple[bytes, str]] = []
        for customer, draft in self.registered.items():
            found, envelope = draft.fields or {}, draft.envelope
            rows.append(
                (customer, envelope.terminal, envelope.epoch, draft.seq, chain.outlet,
                 found["channel"], found["referrer"], codec.encode(found["consents"]),
                 found["sealed"], draft.person_key, draft.hash if is_branch else b"")
            )  # fmt: skip
            hashes.extend((value, customer) for value in draft.hashes)
        for customer, new in self.corrected.items():
            hashes.extend((value, customer) for value in sorted(new))
        insert_rows(connection, customers, rows)
        insert_rows(connection, customer_hashes, hashes)
        insert_rows(connection, duplicates, sorted(self.pairs - _known_pairs(connection, self)))
        write_rows(connection, self.journal)
        _erase_rows(connection, self.erased)

    def announce(
        self,
        connection: Connection,
        queue: FeedQueue,
        chain: ChainState,
        issued: Mapping[str, list[tuple[int, int]]],
    ) -> None:
        """Tell the other terminals whose hashes now count, and what those people were issued.

        ``issued`` maps customer to the (offer number, day) of each voucher of this batch.
        """
        returning = sorted((set(issued) - set(self.registered)) | set(self.corrected))
        hashes = {customer: list(d.hashes) for customer, d in self.registered.items()}
        hashes.update(_stored_hashes(connection, returning))
        codes = _offer_codes(connection, {offer for days in issued.values() for offer, _ in days})
        days = {
            customer: [(codes[offer], day) for offer, day in issued.get(customer, [])]
            for customer in self.registered
        }
        days.update(_stored_days(connection, returning))
        for customer in sorted(days.keys() - self.erased):
            if hashes.get(customer):
                self._put(queue, chain, customer, hashes[customer], days[customer])
        for customer in sorted(self.erased):
            # It takes the place of what was announced, and goes to the sender too: a copy of that
            # terminal has its number.
            queue.put(
                Lane.URGENT, EVERYBODY, ItemKind.ERASURE, {"customer": customer},
                topic=f"subject:{customer}",
            )  # fmt: skip

    def _put(
        self,
        queue: FeedQueue,
        chain: ChainState,
        customer: str,
        hashes: list[bytes],
        days: list[tuple[str, int]],
    ) -> None:
        by_offer: dict[str, list[int]] = {}
        for code, day in days[-_ISSUED_DAYS_MAX:]:
            by_offer.setdefault(code, []).append(day)
        queue.put(
            Lane.CONTENT,
            EVERYBODY,
            ItemKind.SUBJECT,
            {"subject": customer, "hashes": hashes, "issued": by_offer},
            topic=f"subject:{customer}",
            is_first=customer in self.registered,
            except_terminal=chain.head.terminal,
        )


def _known_pairs(connection: Connection, people: CustomerEffects) -> set[tuple[str, str]]:
    """Return the pairs found before; only a correction can find one again."""
    if not people.corrected:
        return set()
    among = is_among(connection, duplicates.c.customer, people.corrected)
    return {tuple(row) for row in connection.execute(select(duplicates).where(among))}


def _erase_rows(connection: Connection, erased: set[str]) -> None:
    """Keep of erased customers what the ledger needs: who registered them where, and consents."""
    if not erased:
        return
    connection.execute(
        update(customers)
        .where(is_among(connection, customers.c.customer, erased))
        .values(person_key=None, sealed=b"", referrer="")
    )
    connection.execute(
        delete(customer_hashes).where(is_among(connection, customer_hashes.c.customer, erased))
    )
    for side in (duplicates.c.customer, duplicates.c.other):
        connection.execute(delete(duplicates).where(is_among(connection, side, erased)))
    # Corrections hold sealed fields and hashes of their own.
    connection.execute(
        update(corrections)
        .where(is_among(connection, corrections.c.customer, erased))
        .values(sealed=b"", hashes=b"")
    )


def _stored_hashes(connection: Connection, named: list[str]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    if named:
        statement = select(customer_hashes).where(
            is_among(connection, customer_hashes.c.customer, named)
        )
        for row in connection.execute(statement.order_by(customer_hashes.c.hash)):
            found.setdefault(row.customer, []).append(bytes(row.hash))
    return found


def _stored_days(connection: Connection, named: list[str]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {customer: [] for customer in named}
    if named:
        e = book_entries.c
        issued = (
            select(vouchers.c.customer, offers.c.code, vouchers.c.issued_day)
            .join(offers, offers.c.offer == vouchers.c.offer)
            .where(is_among(connection, vouchers.c.customer, named))
            .order_by(vouchers.c.issued_day, vouchers.c.grant, vouchers.c.slot)
        )
        entered = (
            select(e.customer, offers.c.code, e.used_day)
            .join(grants, grants.c.grant == e.grant)
            .join(offers, offers.c.offer == grants.c.offer)
            .where(is_among(connection, e.customer, named))
            .order_by(e.used_day, e.grant, e.slot)
        )
        for statement in (issued, entered):
            for customer, code, day in connection.execute(statement):
                found[customer].append((code, day))
    return found


def _offer_codes(connection: Connection, numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    statement = select(offers.c.offer, offers.c.code).where(
        is_among(connection, offers.c.offer, numbers)
    )
    return {row.offer: row.code for row in connection.execute(statement)}
