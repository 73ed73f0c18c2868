"""Customers as head office knows them: sealed fields, keyed hashes, duplicates, subject items.

Nothing personal is in the clear here. Duplicates are named, never merged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.feed_queue import EVERYBODY, FeedQueue
from branchdesk.headoffice.tables import (
    customer_hashes,
    customers,
    duplicates,
    offers,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import codec
from branchdesk.protocol.feed import ItemKind, Lane

# One item must stay far below a page; nobody has more vouchers of one campaign than this.
_ISSUED_DAYS_MAX = 1_000


@dataclass(slots=True)
class CustomerEffects:
    """The customers that a batch touches: known before it, and registered by it."""

    known: set[str]
    by_hash: dict[bytes, set[str]]
    registered: dict[str, Draft] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def load(cls, connection: Connection, effective: Iterable[Draft]) -> "CustomerEffects":
        """Read the customers and hashes that the batch names."""
        named: set[str] = set()
        hashes: set[bytes] = set()
        for draft in effective:
            if draft.fields is not None and "customer" in draft.fields:
                named.add(draft.fields["customer"])
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
        return cls(known, by_hash)

    def is_known(self, customer: str) -> bool:
        """Say whether a customer was registered, before or in this batch."""
        return customer in self.known or customer in self.registered

    def register(self, draft: Draft) -> tuple[str, str] | None:
        """Register a customer; return the verdict and code when it is not simply applied."""
        assert draft.fields is not None
        customer: str = draft.fields["customer"]
        if self.is_known(customer):
            return REFUSED, "customer_exists"
        self.registered[customer] = draft
        others: set[str] = set()
        for value in draft.hashes:
            holders = self.by_hash.setdefault(value, set())
            others |= holders
            holders.add(customer)
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
        insert_rows(connection, customers, rows)
        insert_rows(connection, customer_hashes, hashes)
        insert_rows(connection, duplicates, sorted(self.pairs))

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
        returning = sorted(set(issued) - set(self.registered))
        hashes = {customer: list(d.hashes) for customer, d in self.registered.items()}
        hashes.update(_stored_hashes(connection, returning))
        codes = _offer_codes(connection, {offer for days in issued.values() for offer, _ in days})
        days = {
            customer: [(codes[offer], day) for offer, day in issued.get(customer, [])]
            for customer in self.registered
        }
        days.update(_stored_days(connection, returning))
        for customer in sorted(days):
            if hashes.get(customer):
                self._put(queue, chain, customer, hashes[customer], days[customer])

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
        statement = (
            select(vouchers.c.customer, offers.c.code, vouchers.c.issued_day)
            .join(offers, offers.c.offer == vouchers.c.offer)
            .where(is_among(connection, vouchers.c.customer, named))
            .order_by(vouchers.c.issued_day, vouchers.c.grant, vouchers.c.slot)
        )
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
