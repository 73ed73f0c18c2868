"""What a feed item changes: verified first, then written; refused whole with its reason, or kept.

The same writers run when an item arrives and when the store is recovered or checked. A grant is
different: accepting it is an event of ours, and events are replayed as events.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from branchdesk.domain.campaign import Role, parse_campaign
from branchdesk.errors import BranchDeskError, ContractFault
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.erasing import erase_person
from branchdesk.persistence.identity import Identity
from branchdesk.persistence.office_rows import campaign_versions, keys_for
from branchdesk.persistence.redemption_items import REDEMPTION_ITEMS, apply_redemption_item
from branchdesk.persistence.tables import (
    campaigns,
    erasures,
    foreign_hashes,
    foreign_issued,
    notices,
    office_keys,
    revocations,
    staff,
)
from branchdesk.protocol.bundle import open_bundle
from branchdesk.protocol.enrolment import KeyRecord, KeyUse, open_key_record
from branchdesk.protocol.feed import FeedItem, ItemKind

SLOT_MAX: Final = 2**24 - 1
APPLIED, REFUSED, SKIPPED = "applied", "refused", "skipped"
_HASH_BYTES: Final = 16
_HOLDER_KEY_BYTES: Final = 32
_INTEGER_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """An item with its place among all items; ``now_ms`` None leaves dates unjudged."""

    item: FeedItem
    arrival: int
    now_ms: int | None


def apply_item(database: Database, identity: Identity, arrival: Arrival) -> tuple[str, str]:
    """Apply any item but a grant; return its state and the reason when it was refused."""
    if not arrival.item.is_known():
        return SKIPPED, ""
    kind = ItemKind(arrival.item.kind)
    if kind is ItemKind.GRANT:
        return APPLIED, ""
    try:
        if kind in REDEMPTION_ITEMS:
            apply_redemption_item(database, arrival.arrival, arrival.item)
            return APPLIED, ""
        _APPLIERS[kind](database, identity, arrival, arrival.item.fields())
    except BranchDeskError as error:
        return REFUSED, error.code
    return APPLIED, ""


def add_key(database: Database, record: KeyRecord, data: bytes) -> None:
    """Keep one of head office's keys; the same key again changes nothing but its dates."""
    row = {
        "use": record.use.value, "key_id": record.key_id, "public_key": record.public_key,
        "algorithm": record.algorithm, "from_ms": min(record.from_ms, _INTEGER_MAX),
        "until_ms": min(record.until_ms, _INTEGER_MAX), "record": data,
    }  # fmt: skip
    database.run(_ADD_KEY, row)


_ADD_KEY = Sql(lambda: insert(office_keys).prefix_with("OR REPLACE"))
_PUT_STAFF = Sql(lambda: insert(staff).prefix_with("OR REPLACE"))
_PUT_CAMPAIGN = Sql(lambda: insert(campaigns).prefix_with("OR REPLACE"))
_ADD_REVOCATION = Sql(lambda: insert(revocations))
_FORGET_HASHES = Sql(
    lambda: delete(foreign_hashes).where(foreign_hashes.c.subject == bindparam("subject"))
)
_FORGET_ISSUED = Sql(
    lambda: delete(foreign_issued).where(foreign_issued.c.subject == bindparam("subject"))
)
_ADD_HASH = Sql(lambda: insert(foreign_hashes).prefix_with("OR IGNORE"))
_ADD_ISSUED = Sql(
    lambda: (
        upsert(foreign_issued)
        .values(
            subject=bindparam("subject"), offer_code=bindparam("offer_code"),
            day=bindparam("day"), issued=1,
        )
        .on_conflict_do_update(set_={"issued": foreign_issued.c.issued + 1})
    )
)  # fmt: skip
_PUT_ERASURE = Sql(lambda: insert(erasures).prefix_with("OR REPLACE"))
_IS_ERASED = Sql(
    lambda: select(erasures.c.item).where(erasures.c.customer == bindparam("customer"))
)
_PUT_NOTICE = Sql(lambda: insert(notices).prefix_with("OR REPLACE"))


def put_notice(
    database: Database, source: str, place: tuple[int, int], said: tuple[str, str]
) -> None:
    """Keep what head office said (verdict, code) of the event at (epoch, seq)."""
    (epoch, seq), (verdict, code) = place, said
    row = {"epoch": epoch, "seq": seq, "source": source, "verdict": verdict, "code": code}
    database.run(_PUT_NOTICE, row)


def _key(database: Database, identity: Identity, _: Arrival, fields: Mapping[str, Any]) -> None:
    record = open_key_record(fields["record"], identity.enrolment.root_key)
    add_key(database, record, fields["record"])


def _revocation(
    database: Database, identity: Identity, arrival: Arrival, fields: Mapping[str, Any]
) -> None:
    if fields["what"] not in {"terminal", "grant"}:
        raise ContractFault("malformed", what="feed.revocation", problem="what")
    ranges = _slot_ranges(fields["slots"]) or [(1, SLOT_MAX)]
    for part, (first, last) in enumerate(ranges):
        row = {
            "item": arrival.arrival, "part": part, "what": fields["what"],
            "number": min(fields["number"], _INTEGER_MAX), "first_slot": first, "last_slot": last,
            "reason": fields["reason"],
        }  # fmt: skip
        database.run(_ADD_REVOCATION, row)


def _staff(database: Database, _: Identity, arrival: Arrival, fields: Mapping[str, Any]) -> None:
    if fields["role"] not in Role.__members__.values():
        raise ContractFault("malformed", what="feed.staff", problem="role")
    expires_ms = min(fields["code_expires_ms"], _INTEGER_MAX)
    row = {**fields, "code_expires_ms": expires_ms, "item": arrival.arrival}
    database.run(_PUT_STAFF, row)


def _campaign(database: Database, _: Identity, arrival: Arrival, fields: Mapping[str, Any]) -> None:
    keys = keys_for(database, KeyUse.BUNDLE)
    in_force = campaign_versions(database)
    bundle = open_bundle(fields["record"], keys, now_ms=arrival.now_ms, newer_than=in_force)
    campaign = parse_campaign(_json_map(bundle.content))
    if (campaign.code, campaign.version) != (bundle.campaign, bundle.version):
        raise ContractFault("bundle_invalid", path="code", problem="mismatch")
    numbers = fields["offers"]
    known = {offer.code for offer in campaign.offers}
    well_formed = all(type(number) is int and 0 <= number < 2**32 for number in numbers.values())
    if numbers.keys() != known or not well_formed:
        raise ContractFault("malformed", what="feed.campaign", problem="offers")
    if len(fields["holder_key"]) != _HOLDER_KEY_BYTES:
        raise ContractFault("malformed", what="feed.campaign", problem="holder_key")
    row = {
        "campaign": bundle.campaign, "version": bundle.version, "item": arrival.arrival,
        "content": bundle.content, "numbers": json.dumps(numbers, sort_keys=True),
        "holder_key": fields["holder_key"],
    }  # fmt: skip
    database.run(_PUT_CAMPAIGN, row)


def _subject(database: Database, _: Identity, __: Arrival, fields: Mapping[str, Any]) -> None:
    hashes, issued = fields["hashes"], fields["issued"]
    if not all(isinstance(value, bytes) and len(value) == _HASH_BYTES for value in hashes):
        raise ContractFault("malformed", what="feed.subject", problem="hashes")
    days = [
        day
        for listed in issued.values()
        for day in (listed if isinstance(listed, list) else [None])
    ]
    if not all(type(day) is int and 0 <= day < 2**16 for day in days):
        raise ContractFault("malformed", what="feed.subject", problem="issued")
    subject = {"subject": fields["subject"]}
    _forget_subject(database, fields["subject"])
    if database.row(_IS_ERASED, {"customer": fields["subject"]}) is not None:
        return
    for value in hashes:
        database.run(_ADD_HASH, {**subject, "hash": value})
    for offer, listed in issued.items():
        for day in listed:
            database.run(_ADD_ISSUED, {**subject, "offer_code": offer, "day": day})


def _erasure(database: Database, _: Identity, arrival: Arrival, fields: Mapping[str, Any]) -> None:
    customer = fields["customer"]
    database.run(_PUT_ERASURE, {"customer": customer, "item": arrival.arrival})
    _forget_subject(database, customer)
    erase_person(database, customer)


def _forget_subject(database: Database, subject: str) -> None:
    for statement in (_FORGET_HASHES, _FORGET_ISSUED):
        database.run(statement, {"subject": subject})


def _notice(database: Database, _: Identity, __: Arrival, fields: Mapping[str, Any]) -> None:
    if max(fields["epoch"], fields["seq"]) >> 40:
        raise ContractFault("malformed", what="feed.notice", problem="out_of_range")
    place, said = (fields["epoch"], fields["seq"]), (fields["verdict"], fields["code"])
    put_notice(database, "feed", place, said)


_APPLIERS: Mapping[ItemKind, Callable[[Database, Identity, Arrival, Mapping[str, Any]], None]] = {
    ItemKind.KEY: _key,
    ItemKind.REVOCATION: _revocation,
    ItemKind.STAFF: _staff,
    ItemKind.CAMPAIGN: _campaign,
    ItemKind.SUBJECT: _subject,
    ItemKind.ERASURE: _erasure,
    ItemKind.NOTICE: _notice,
}


def _json_map(content: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ContractFault("bundle_invalid", path="", problem="not_json") from error
    if not isinstance(found, dict):
        raise ContractFault("bundle_invalid", path="", problem="type", expected="object")
    return found


def _are_days(listed: object) -> bool:
    return isinstance(listed, list) and all(type(d) is int and 0 <= d < 2**16 for d in listed)


def _slot_ranges(slots: list[object]) -> list[tuple[int, int]]:
    ranges = []
    for item in slots:
        if not (isinstance(item, list) and [type(end) for end in item] == [int, int]):
            raise ContractFault("malformed", what="feed.revocation", problem="slots")
        first, last = item
        if not 1 <= first <= last <= SLOT_MAX:
            raise ContractFault("malformed", what="feed.revocation", problem="slots")
        ranges.append((first, last))
    return ranges
