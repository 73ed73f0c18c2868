"""News of vouchers on the feed: redeemed, undone or voided elsewhere, and newer copies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.feed_queue import EVERYBODY, FeedQueue, to_outlet
from branchdesk.headoffice.redemption_journal import RedemptionRow
from branchdesk.headoffice.tables import grants, terminals
from branchdesk.protocol.feed import ItemKind, Lane

REDEEMED, UNDONE_AGAIN, VOIDED = "redeemed", "undone", "voided"


@dataclass(frozen=True, slots=True)
class VoucherNews:
    """What happened to a voucher at ``terminal`` of ``outlet``; ``at_ms`` by our clock.

    ``also`` is an outlet that must hear of it beside the issuer's.
    """

    grant: int
    slot: int
    redemption: bytes
    what: str
    amount_minor: int
    terminal: int
    outlet: str
    at_ms: int
    also: str = ""

    @classmethod
    def of(cls, row: RedemptionRow, what: str, at_ms: int = 0, *, also: str = "") -> "VoucherNews":
        """Return the news of a redemption."""
        return cls(
            row.grant, row.slot, row.redemption, what, row.amount_minor, row.terminal, row.outlet,
            at_ms or row.accepted_ms, also,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issuer:
    """The terminal that issues from a grant, and where it stands."""

    terminal: int
    outlet: str


def put_news(queue: FeedQueue, news: Iterable[VoucherNews], issuers: Mapping[int, Issuer]) -> None:
    """Tell the outlets whose vouchers were redeemed, undone or voided elsewhere."""
    for told in news:
        fields: dict[str, object] = {
            "grant": told.grant, "slot": told.slot, "redemption": told.redemption,
            "what": told.what, "amount_minor": told.amount_minor, "outlet": told.outlet,
            "at_ms": told.at_ms,
        }  # fmt: skip
        for outlet in sorted(_hearers(told, issuers.get(told.grant))):
            queue.put(
                Lane.CONTENT, to_outlet(outlet), ItemKind.USED, fields,
                except_terminal=told.terminal,
            )  # fmt: skip


def _hearers(told: VoucherNews, issuer: Issuer | None) -> set[str]:
    hearers = {told.also} - {""}
    # What the issuer did itself it knows; that it voided one, its outlet does not.
    if issuer is not None and (issuer.terminal != told.terminal or told.what == VOIDED):
        hearers.add(issuer.outlet)
    return hearers


def put_copy(queue: FeedQueue, grant: int, slot: int, copy: int, *, audience: str, by: int) -> None:
    """Tell ``audience`` of a newer copy of a voucher, all but the terminal that made it."""
    queue.put(
        Lane.CONTENT, audience, ItemKind.COPY, {"grant": grant, "slot": slot, "copy": copy},
        topic=f"copy:{grant}-{slot}", except_terminal=by,
    )  # fmt: skip


def copy_audience(policy: int, outlet: str) -> str:
    """Return who must know of a newer copy: the outlet, or all who may redeem it offline."""
    return EVERYBODY if policy == 3 else to_outlet(outlet)


def read_issuers(connection: Connection, numbers: Iterable[int]) -> dict[int, Issuer]:
    """Return who issues from some grants."""
    wanted = set(numbers)
    if not wanted:
        return {}
    statement = (
        select(grants.c.grant, grants.c.terminal, terminals.c.outlet)
        .join(terminals, terminals.c.terminal == grants.c.terminal)
        .where(is_among(connection, grants.c.grant, wanted))
    )
    return {row.grant: Issuer(row.terminal, row.outlet) for row in connection.execute(statement)}
