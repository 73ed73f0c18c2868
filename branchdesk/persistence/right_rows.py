"""Who may redeem what: rights signed away here, and of whom this terminal is the keeper."""

import json

from sqlalchemy import bindparam, select

from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.redemption_tables import keepers, releases, resignations

_RELEASED = Sql(
    lambda: select(releases.c.position).where(
        releases.c.grant_number == bindparam("of_grant"),
        releases.c.first_slot <= bindparam("of_slot"),
        releases.c.last_slot >= bindparam("of_slot"),
    )
)
_KEPT = Sql(
    lambda: select(keepers.c.issuers).where(
        keepers.c.terminal == bindparam("here"),
        ~select(resignations.c.position)
        .where(resignations.c.outlet == keepers.c.outlet, resignations.c.item == keepers.c.number)
        .exists(),
    )
)


def is_released(database: Database, grant: int, slot: int) -> bool:
    """Say whether the right to redeem a slot was signed away here."""
    return database.row(_RELEASED, {"of_grant": grant, "of_slot": slot}) is not None


def is_keeper_of(database: Database, here: int, terminal: int) -> bool:
    """Say whether terminal ``here`` was named to redeem the vouchers of ``terminal``."""
    rows = database.rows(_KEPT, {"here": here})
    return any(terminal in json.loads(row[0]) for row in rows)
