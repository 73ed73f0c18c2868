"""What head office sent and it is still in force: staff, campaigns, keys, marks, notices."""

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, bindparam, distinct, func, or_, select

from branchdesk.application.models import CampaignInForce, Staff
from branchdesk.domain.campaign import Role, parse_campaign
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.tables import (
    campaigns,
    events,
    handed_codes,
    marks,
    notices,
    office_keys,
    revocations,
    staff,
)
from branchdesk.protocol.enrolment import KeyUse

_STAFF = Sql(
    lambda: (
        select(staff.c.code, staff.c.name, staff.c.role)
        .where(staff.c.active.is_(True))
        .order_by(staff.c.code)
    )
)
_WAITING_CODES = Sql(
    lambda: (
        select(staff.c.code, staff.c.one_time_code, staff.c.code_expires_ms, staff.c.item)
        .where(
            staff.c.active.is_(True),
            staff.c.one_time_code != "",
            staff.c.item.not_in(select(handed_codes.c.item)),
        )
        .order_by(staff.c.code)
    )
)
_CAMPAIGN_VERSIONS = Sql(
    lambda: (
        select(campaigns.c.campaign, campaigns.c.version, campaigns.c.item)
        .order_by(campaigns.c.campaign)
    )
)  # fmt: skip
_CAMPAIGN = Sql(
    lambda: select(campaigns.c.content, campaigns.c.numbers, campaigns.c.holder_key).where(
        campaigns.c.campaign == bindparam("campaign")
    )
)
_KEYS = Sql(
    lambda: (
        select(office_keys.c.key_id, office_keys.c.public_key)
        .where(office_keys.c.use == bindparam("use"))
        .order_by(office_keys.c.from_ms, office_keys.c.key_id)
    )
)
_KEY_RECORD = Sql(
    lambda: select(office_keys.c.public_key, office_keys.c.record).where(
        office_keys.c.use == bindparam("use"), office_keys.c.key_id == bindparam("key_id")
    )
)
_MARKS = Sql(lambda: select(marks.c.acked_seq, marks.c.durable_seq, marks.c.ack))
_FROZEN = Sql(
    lambda: select(revocations.c.item).where(
        revocations.c.what == "terminal",
        revocations.c.number == bindparam("terminal"),
        revocations.c.item > bindparam("arrival"),
    )
)
_RECORDED_MS = Sql(
    lambda: select(events.c.wall_ms).where(events.c.position == bindparam("position"))
)
_PARKED = Sql(
    lambda: select(func.count(distinct(notices.c.seq + notices.c.epoch * 2**40))).where(
        is_unsettled(("parked", "effect_refused"))
    )
)


def is_unsettled(verdicts: Sequence[str]) -> ColumnElement[bool]:
    """Select the notices with one of ``verdicts`` whose event head office has not settled since."""
    later = notices.alias()
    settled = (
        select(later.c.seq)
        .where(
            later.c.epoch == notices.c.epoch,
            later.c.seq == notices.c.seq,
            later.c.source == "feed",
            later.c.verdict == "resolved",
        )
        .exists()
    )
    return and_(or_(*(notices.c.verdict == verdict for verdict in verdicts)), ~settled)


class Campaigns:
    """The campaigns in force, parsed once a version: reading a bundle takes milliseconds."""

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[int, CampaignInForce]] = {}

    def in_force(self, database: Database) -> tuple[CampaignInForce, ...]:
        """Return the newest good version of every campaign, by code."""
        rows = database.rows(_CAMPAIGN_VERSIONS)
        return tuple(self._one(database, *row) for row in rows)

    def forget(self) -> None:
        """Forget what was parsed: a transaction that stored a bundle was rolled back."""
        self._parsed.clear()

    def _one(self, database: Database, campaign: str, version: int, item: int) -> CampaignInForce:
        known = self._parsed.get(campaign)
        if known is not None and known[0] == item:
            return known[1]
        row = database.row(_CAMPAIGN, {"campaign": campaign})
        assert row is not None
        parsed = parse_campaign(json.loads(row[0]))
        found = CampaignInForce(parsed, version, json.loads(row[1]), row[2])
        self._parsed[campaign] = (item, found)
        return found


def active_staff(database: Database) -> tuple[Staff, ...]:
    """Return everybody who may sign in, by code."""
    return tuple(Staff(code, name, Role(role)) for code, name, role in database.rows(_STAFF))


def waiting_codes(database: Database) -> list[tuple[str, str, int, int]]:
    """Return (staff, one-time code, expiry in ms, feed item) not yet handed to the vault."""
    return [(row[0], row[1], row[2], row[3]) for row in database.rows(_WAITING_CODES)]


def campaign_versions(database: Database) -> dict[str, int]:
    """Return the version in force of each campaign."""
    return {row[0]: row[1] for row in database.rows(_CAMPAIGN_VERSIONS)}


def keys_for(database: Database, use: KeyUse) -> dict[bytes, bytes]:
    """Return head office's keys of one use, id to public key, the newest last."""
    return {row[0]: row[1] for row in database.rows(_KEYS, {"use": use.value})}


def key_record(database: Database, use: KeyUse, key_id: bytes) -> tuple[bytes, bytes] | None:
    """Return (public key, signed record) of one key."""
    row = database.row(_KEY_RECORD, {"use": use.value, "key_id": key_id})
    return None if row is None else (row[0], row[1])


def signed_marks(database: Database) -> tuple[int, int, bytes]:
    """Return (acknowledged seq, durable seq, newest acknowledgement or b"")."""
    row = database.row(_MARKS)
    return (0, 0, b"") if row is None else (row[0], row[1], row[2])


def is_frozen(database: Database, terminal: int, arrival: int) -> bool:
    """Say whether head office has revoked this terminal by a feed item after ``arrival``."""
    return database.row(_FROZEN, {"terminal": terminal, "arrival": arrival}) is not None


def recorded_ms(database: Database, position: int) -> int | None:
    """Return the wall time of an event in milliseconds, or None when there is none."""
    row = database.row(_RECORDED_MS, {"position": position})
    return None if row is None else int(row[0])


def count_parked(database: Database) -> int:
    """Count events whose effect head office holds back and has not resolved."""
    row = database.row(_PARKED)
    return 0 if row is None else int(row[0])
