"""What feed items about redemption change: keepers, allowances, news of vouchers, outcomes."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.dialects.sqlite import insert as upsert

from branchdesk.errors import ContractFault
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.redemption_tables import (
    allowances,
    keepers,
    known_copies,
    outcomes,
    return_requests,
    used_elsewhere,
)
from branchdesk.protocol.feed import FeedItem, ItemKind

_INTEGER_MAX: Final = 2**63 - 1
_WHAT: Final = frozenset({"redeemed", "undone", "voided"})

_PUT_KEEPER = Sql(lambda: insert(keepers).prefix_with("OR REPLACE"))
_PUT_ALLOWANCE = Sql(lambda: insert(allowances).prefix_with("OR REPLACE"))
_ADD_USED = Sql(lambda: insert(used_elsewhere))
_PUT_RETURN = Sql(lambda: insert(return_requests).prefix_with("OR REPLACE"))
_PUT_OUTCOME = Sql(lambda: insert(outcomes).prefix_with("OR REPLACE"))


def _newest_copy() -> Any:
    # A copy that is already superseded can arrive after the one that superseded it.
    statement = upsert(known_copies)
    newer = statement.excluded.copy
    return statement.on_conflict_do_update(set_={"copy": newer}, where=newer > known_copies.c.copy)


_PUT_COPY = Sql(_newest_copy)


def _keeper(database: Database, _: int, item: FeedItem, fields: Mapping[str, Any]) -> None:
    if not all(type(issuer) is int and 0 < issuer < 2**32 for issuer in fields["issuers"]):
        raise _malformed(item, "issuers")
    row = {
        "outlet": fields["outlet"], "terminal": fields["terminal"],
        "issuers": json.dumps(sorted(fields["issuers"])), "resign": fields["resign"],
        "number": item.number,
    }  # fmt: skip
    database.run(_PUT_KEEPER, row)


def _allowance(database: Database, arrival: int, _: FeedItem, fields: Mapping[str, Any]) -> None:
    database.run(_PUT_ALLOWANCE, {**fields, "item": arrival})


def _used(database: Database, arrival: int, item: FeedItem, fields: Mapping[str, Any]) -> None:
    if fields["what"] not in _WHAT:
        raise _malformed(item, "what")
    rest = {name: value for name, value in fields.items() if name != "grant"}
    database.run(_ADD_USED, {**rest, "grant_number": fields["grant"], "item": arrival})


def _copy(database: Database, _: int, __: FeedItem, fields: Mapping[str, Any]) -> None:
    row = {"grant_number": fields["grant"], "slot": fields["slot"], "copy": fields["copy"]}
    database.run(_PUT_COPY, row)


def _return(database: Database, _: int, __: FeedItem, fields: Mapping[str, Any]) -> None:
    row = {"grant_number": fields["grant"], "keep": fields["keep"], "reason": fields["reason"]}
    database.run(_PUT_RETURN, row)


def _outcome(database: Database, arrival: int, _: FeedItem, fields: Mapping[str, Any]) -> None:
    rest = {name: fields[name] for name in ("kind", "slot", "decision", "liable", "loss_minor",
                                            "word")}  # fmt: skip
    told = {name: value for name, value in fields["facts"].items() if isinstance(value, int | str)}
    row = {
        **rest, "number": fields["case"], "grant_number": fields["grant"], "item": arrival,
        "facts": json.dumps(told, ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    database.run(_PUT_OUTCOME, row)


_APPLIERS: Final[
    Mapping[ItemKind, Callable[[Database, int, FeedItem, Mapping[str, Any]], None]]
] = {
    ItemKind.KEEPER: _keeper,
    ItemKind.ALLOWANCE: _allowance,
    ItemKind.USED: _used,
    ItemKind.COPY: _copy,
    ItemKind.RETURN: _return,
    ItemKind.OUTCOME: _outcome,
}
REDEMPTION_ITEMS: Final = frozenset(_APPLIERS)


def apply_redemption_item(database: Database, arrival: int, item: FeedItem) -> None:
    """Apply one of ``REDEMPTION_ITEMS``; raises ContractFault ``malformed``."""
    fields = item.fields()
    if any(type(value) is int and value > _INTEGER_MAX for value in fields.values()):
        raise _malformed(item, "out_of_range")
    _APPLIERS[ItemKind(item.kind)](database, arrival, item, fields)


def _malformed(item: FeedItem, problem: str) -> ContractFault:
    return ContractFault("malformed", what=f"feed.{item.kind}", problem=problem)
