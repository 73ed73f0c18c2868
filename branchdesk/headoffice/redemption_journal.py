"""The journal of redemptions: its rows, read for some slots, added to and changed in state.

Which of them stands is decided elsewhere; here is what the journal says, what a transaction changes
in it, and how that is written in bulk.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, or_, select, update

from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.row_mac import mac_key, redemption_mac

STANDS, UNDONE, DUPLICATE, REFUSED_STATE = "stands", "undone", "duplicate", "refused"
Slot = tuple[int, int]
"""A grant's number and one of its slots."""

# What may change in a row after it was written.
_CHANGING: Final = (
    "epoch",
    "seq",
    "state",
    "second_of",
    "loss_minor",
    "paid_minor",
    "booked_minor",
    "booked_slots",
)


@dataclass(slots=True)
class RedemptionRow:
    """A row of the redemptions table, in the order of its columns."""

    redemption: bytes
    grant: int
    slot: int
    offer: int
    terminal: int
    epoch: int
    seq: int
    outlet: str
    staff: str
    basis: str
    amount_minor: int
    purchase_minor: int
    said_ms: int
    accepted_ms: int
    state: str
    second_of: bytes = b""
    rightful: bool = True
    loss_minor: int = 0
    paid_minor: int = 0
    booked_minor: int = 0
    booked_slots: int = 0

    @property
    def place(self) -> Slot:
        """Return the voucher: grant and slot."""
        return self.grant, self.slot

    def told(self) -> dict[str, object]:
        """Return what a person needs to know of it, JSON-ready."""
        return {
            "redemption": self.redemption.hex(), "terminal": str(self.terminal),
            "outlet": self.outlet, "staff": self.staff, "at_ms": self.said_ms,
            "accepted_ms": self.accepted_ms, "amount_minor": self.amount_minor,
            "basis": self.basis,
        }  # fmt: skip


@dataclass(slots=True)
class Journal:
    """The redemptions of some slots and some ids, and what this transaction changes."""

    rows: dict[bytes, RedemptionRow] = field(default_factory=dict)
    by_slot: dict[Slot, list[RedemptionRow]] = field(default_factory=dict)
    _added: list[RedemptionRow] = field(default_factory=list)
    _changed: dict[bytes, RedemptionRow] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        connection: Connection,
        slots: Iterable[Slot],
        *,
        ids: Iterable[bytes] = (),
        grants: Iterable[int] = (),
    ) -> "Journal":
        """Read the rows of ``slots``, of the redemptions ``ids`` and of whole ``grants``.

        The offers must be locked before, so that nobody changes what is read.
        """
        wanted, named = set(slots), set(ids)
        table = redemptions.c
        conditions: list[ColumnElement[bool]] = []
        if wanted:
            # Pairs as two arrays: a few rows too many cost less than a row comparison.
            some = is_among(connection, table.grant, {grant for grant, _ in wanted})
            conditions.append(some & is_among(connection, table.slot, {slot for _, slot in wanted}))
        if named:
            conditions.append(is_among(connection, table.redemption, named))
        if whole := set(grants):
            conditions.append(is_among(connection, table.grant, whole))
        journal = cls()
        if conditions:
            statement = select(redemptions).where(or_(*conditions))
            # Ours: a batch is accepted at one moment, in the order of its events.
            order = table.accepted_ms, table.seq, table.redemption
            for row in connection.execute(statement.order_by(*order)):
                journal._keep(redemption_row(row))
        return journal

    def standing(self, slot: Slot) -> list[RedemptionRow]:
        """Return the redemptions of a voucher that stand, the first one first."""
        return [row for row in self.by_slot.get(slot, ()) if row.state == STANDS]

    def standing_minor(self, slot: Slot) -> int:
        """Return what a voucher is redeemed for, in minor units of its face."""
        return sum(row.amount_minor for row in self.standing(slot))

    def honoured_slots(self, grant: int) -> set[int]:
        """Return the slots of a grant, as far as they were read, that a redemption stands for."""
        return {
            slot for (number, slot), rows in self.by_slot.items()
            if number == grant and any(row.state == STANDS for row in rows)
        }  # fmt: skip

    def waiting_terminals(self) -> set[int]:
        """Return the terminals of redemptions that stand once there is room for them."""
        return {row.terminal for row in self.rows.values() if row.state == DUPLICATE}

    def add(self, row: RedemptionRow) -> None:
        """Add a new redemption."""
        self._keep(row)
        self._added.append(row)

    def touch(self, row: RedemptionRow) -> None:
        """Note that a row was changed."""
        self._changed[row.redemption] = row

    def write(self, context: OfficeContext, connection: Connection) -> None:
        """Write what was added and changed, each row under its MAC."""
        key, fresh = mac_key(context.vault), {row.redemption for row in self._added}
        rows = [(*(values := astuple(row)), redemption_mac(key, values)) for row in self._added]
        insert_rows(connection, redemptions, rows)
        changed = [row for name, row in self._changed.items() if name not in fresh]
        if changed:
            which = update(redemptions).where(redemptions.c.redemption == bindparam("of"))
            put: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*_CHANGING, "mac")}
            connection.execute(which.values(put), [_changes(key, row) for row in changed])

    def _keep(self, row: RedemptionRow) -> None:
        self.rows[row.redemption] = row
        self.by_slot.setdefault(row.place, []).append(row)


def redemption_row(row: Row[Any]) -> RedemptionRow:
    """Return what a row of the table says, without its MAC."""
    values: list[Any] = [bytes(v) if isinstance(v, memoryview) else v for v in row]
    return RedemptionRow(*values[:-1])


def _changes(key: bytes, row: RedemptionRow) -> dict[str, object]:
    changed: dict[str, object] = {f"new_{name}": getattr(row, name) for name in _CHANGING}
    return {**changed, "of": row.redemption, "new_mac": redemption_mac(key, astuple(row))}
