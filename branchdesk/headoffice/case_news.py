"""What terminals hear of a case: how it ended, and that their own event waits for it no more."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, select

from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.feed_queue import FeedQueue, to_outlet, to_terminal
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redemption_journal import RedemptionRow, Slot
from branchdesk.headoffice.tables import terminals
from branchdesk.protocol.event import Envelope
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.feed import ItemKind, Lane

OPEN, RESOLVED = "open", "resolved"
BANK, NOBODY = "bank", "nobody"
SLOT_HONOURED, NUMBERS_MISSING, FORK = "slot_honoured", "numbers_missing", "fork"
CaseFound = tuple[str, int, dict[str, object]]
"""A case to open: its kind, the seq of its event, its facts."""
# The facts of a case that are redemptions.
_SIDES: Final = ("first", "second", "redemption")


class Ending(NamedTuple):
    """How a case ended; ``decision`` is a stable word, ``reason`` a person's or empty."""

    decision: str
    liable: str
    loss_minor: int
    reason: str


def sides_of(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the redemptions that a case names, by their side."""
    return {side: facts[side] for side in _SIDES if side in facts}


def named_voucher(book: OfferBook, place: Slot) -> dict[str, object]:
    """Return the facts that name a case's voucher; its outlets are told of a case with them."""
    grant, slot = place
    return {
        "grant": grant, "slot": slot, "voucher": voucher_id(grant, slot), "offer": book.code,
    }  # fmt: skip


def honoured_already(
    book: OfferBook, standing: Sequence[RedemptionRow], envelope: Envelope, outlet: str
) -> CaseFound:
    """Return the case about a voucher of ``outlet`` said to be unused, for which some stand."""
    told = {
        **named_voucher(book, standing[0].place), "type": envelope.type, "staff": envelope.staff,
        "redemption": standing[0].told(), "liable": outlet,
        "loss_minor": sum(row.amount_minor for row in standing),
    }  # fmt: skip
    return SLOT_HONOURED, envelope.seq, told


def put_outcome(queue: FeedQueue, case: Row[Any], outlets: Iterable[str], ending: Ending) -> None:
    """Tell ``outlets`` how a case about a voucher ended."""
    facts: dict[str, Any] = json.loads(case.facts)
    told: dict[str, object] = {"voucher": facts["voucher"], "offer": facts["offer"]}
    for side, known in sides_of(facts).items():
        told |= {f"{side}_outlet": known["outlet"], f"{side}_at_ms": known["at_ms"]}
    for outlet in sorted(set(outlets)):
        fields: dict[str, object] = {
            "case": case.case, "kind": case.kind, "grant": facts["grant"], "slot": facts["slot"],
            "decision": ending.decision, "liable": ending.liable,
            "loss_minor": ending.loss_minor, "word": ending.reason, "facts": told,
        }  # fmt: skip
        queue.put(Lane.CONTENT, to_outlet(outlet), ItemKind.OUTCOME, fields)


def put_settled(
    connection: Connection, queue: FeedQueue, places: Iterable[tuple[int, int, int]], code: str
) -> None:
    """Tell terminals that events, each (terminal, epoch, seq), wait for nobody any more."""
    settled = sorted(set(places))
    statement = select(terminals.c.terminal, terminals.c.epoch).where(
        is_among(connection, terminals.c.terminal, {terminal for terminal, _, _ in settled})
    )
    # A terminal that joined again still counts what it said in an earlier epoch.
    present = {row.terminal: row.epoch for row in connection.execute(statement)} if settled else {}
    for terminal, epoch, seq in settled:
        fields: dict[str, object] = {
            "epoch": epoch, "seq": seq, "verdict": "resolved", "code": code, "facts": {},
        }  # fmt: skip
        audience = to_terminal(terminal, present[terminal])
        queue.put(Lane.CONTENT, audience, ItemKind.NOTICE, fields)
