"""Head office's own people: who may act, by a PIN of their own, and for what it takes two.

Until the first of them is named, whoever has the passphrase works alone. A PIN is stretched by
Argon2id and keyed by the storage secret, so that a copy of the database tells nothing.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import Connection, insert, select, update

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.tables import office_acts, office_people
from branchdesk.headoffice.vault import STORAGE

TRIES_BEFORE_LOCK: Final = 5
LOCK_MS: Final = 15 * 60_000
REASON_CHARACTERS_MAX: Final = 200
_CODE_CHARACTERS_MAX = 40
_SALT_BYTES, _ACT_BYTES = 16, 16
_ARGON_TIME, _ARGON_KIB, _ARGON_LANES = 2, 19 << 10, 1
_PURPOSE = b"BRANCHDESK-OFFICE-PIN-1\0"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who wants to act, and the PIN that proves it."""

    code: str
    pin: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Who acts and who stands by; both are empty while head office has named nobody."""

    staff: str = ""
    second: str = ""

    @property
    def is_alone(self) -> bool:
        """Say whether nobody proved who they are."""
        return not self.staff


ALONE: Final = Approval()


def approve(
    context: OfficeContext,
    first: Credentials | None,
    second: Credentials | None,
    *,
    by_two: bool,
) -> Approval:
    """Check the people of an act; head office that has named nobody works alone.

    Raises RuleViolation ``office_person_missing``, ``office_second_missing``,
    ``office_second_same``, ``office_person_unknown``, ``office_pin_wrong`` or
    ``office_person_locked``.
    """
    if not has_people(context):
        return ALONE
    if first is None:
        raise RuleViolation("office_person_missing", field="--staff")
    if by_two and second is None:
        raise RuleViolation("office_second_missing", field="--second")
    if second is not None and second.code == first.code:
        raise RuleViolation("office_second_same", field="--second", staff=first.code)
    _check_pin(context, first)
    if second is not None:
        _check_pin(context, second)
    return Approval(first.code, second.code if second else "")


def has_people(context: OfficeContext) -> bool:
    """Say whether head office has named anybody yet."""
    statement = select(office_people.c.code).where(office_people.c.active).limit(1)
    with context.database.read() as connection:
        return connection.execute(statement).first() is not None


def add_person(context: OfficeContext, code: str, name: str, pin: str) -> None:
    """Name somebody of head office, with a PIN; the caller has checked its form.

    Raises RuleViolation ``office_person_exists`` or ``office_person_invalid``.
    """
    if not code.strip() or len(code) > _CODE_CHARACTERS_MAX:
        raise RuleViolation("office_person_invalid", field="code")
    salt = context.randomness(_SALT_BYTES)
    row = {
        "code": code.strip(), "name": name.strip()[:_CODE_CHARACTERS_MAX],
        "pin": salt + _digest(context, salt, pin), "active": True, "tries": 0,
        "locked_until_ms": 0,
    }  # fmt: skip

    def act(connection: Connection) -> None:
        known = select(office_people.c.code).where(office_people.c.code == row["code"])
        if connection.execute(known).first() is not None:
            raise RuleViolation("office_person_exists", staff=str(row["code"]))
        connection.execute(insert(office_people).values(row))

    context.database.write(act)


def list_people(context: OfficeContext) -> list[dict[str, object]]:
    """Return head office's people by code, JSON-ready."""
    statement = select(office_people).order_by(office_people.c.code)
    with context.database.read() as connection:
        return [
            {"code": row.code, "name": row.name, "role": "office", "active": row.active}
            for row in connection.execute(statement)
        ]


def note_act(
    context: OfficeContext,
    connection: Connection,
    approval: Approval,
    what: str,
    subject: str,
    *,
    reason: str = "",
) -> None:
    """Write into the journal who did ``what`` to ``subject``, in the transaction that does it."""
    connection.execute(
        insert(office_acts).values(
            act=context.randomness(_ACT_BYTES), what=what, subject=subject,
            reason=reason[:REASON_CHARACTERS_MAX], staff=approval.staff, second=approval.second,
            done_ms=context.clock_ms(),
        )
    )  # fmt: skip


def _check_pin(context: OfficeContext, who: Credentials) -> None:
    """Count the try on disk before it is judged, so that ending the program refunds nothing."""
    stored = context.database.write(lambda connection: _count_try(context, connection, who.code))
    salt, expected = stored[:_SALT_BYTES], stored[_SALT_BYTES:]
    if not hmac.compare_digest(_digest(context, salt, who.pin), expected):
        raise RuleViolation("office_pin_wrong", staff=who.code)
    mine = office_people.c.code == who.code
    context.database.write(
        lambda connection: connection.execute(
            update(office_people).where(mine).values(tries=0, locked_until_ms=0)
        )
    )


def _count_try(context: OfficeContext, connection: Connection, code: str) -> bytes:
    table = office_people.c
    row = connection.execute(
        select(office_people).where(table.code == code, table.active).with_for_update()
    ).one_or_none()
    if row is None:
        raise RuleViolation("office_person_unknown", staff=code[:_CODE_CHARACTERS_MAX])
    now_ms = context.clock_ms()
    if row.locked_until_ms > now_ms:
        minutes = -(-(row.locked_until_ms - now_ms) // 60_000)
        raise RuleViolation("office_person_locked", staff=code, minutes=minutes)
    tries = row.tries + 1
    is_last = tries >= TRIES_BEFORE_LOCK
    values = {
        "tries": 0 if is_last else tries, "locked_until_ms": now_ms + LOCK_MS if is_last else 0,
    }  # fmt: skip
    connection.execute(update(office_people).where(table.code == code).values(values))
    return bytes(row.pin)


def _digest(context: OfficeContext, salt: bytes, pin: str) -> bytes:
    stretched = hash_secret_raw(
        pin.encode(), salt, _ARGON_TIME, _ARGON_KIB, _ARGON_LANES, 32, Type.ID
    )
    return hmac.digest(context.vault.secret(STORAGE), _PURPOSE + stretched, "sha256")
