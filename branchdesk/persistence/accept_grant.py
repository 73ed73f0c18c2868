"""Decide whether a grant from the feed is really lent to this terminal, and by head office."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from branchdesk.errors import ContractFault
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.identity import Identity
from branchdesk.persistence.office_rows import Campaigns, keys_for
from branchdesk.persistence.tables import grants
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.token import Grant, authentic_grant, decode_grant

_HELD = Sql(lambda: select(grants.c.grant_bytes).where(grants.c.number == bindparam("number")))


def new_grant(
    database: Database, identity: Identity, campaigns: Campaigns, fields: Mapping[str, Any]
) -> Grant | None:
    """Return the grant to accept, or None when it is held already, byte for byte.

    Raises ContractFault ``forged``, ``unknown_issuer``, ``grant_of_other``, ``grant_conflict`` (the
    number is held with other bytes) or ``grant_offer_mismatch`` (the campaign says another offer).
    """
    grant = decode_grant(fields["grant"])
    if not authentic_grant(grant, keys_for(database, KeyUse.GRANT)):
        raise ContractFault("forged", rule="grant_signature")
    ours = identity.certificate
    if (grant.terminal, grant.terminal_key) != (ours.terminal, ours.public_key):
        raise ContractFault("grant_of_other", grant=grant.number, terminal=grant.terminal)
    held = database.row(_HELD, {"number": grant.number})
    if held is not None:
        if held[0] != fields["grant"]:
            raise ContractFault("grant_conflict", grant=grant.number)
        return None
    _check_offer(database, campaigns, grant, fields)
    return grant


def _check_offer(
    database: Database, campaigns: Campaigns, grant: Grant, fields: Mapping[str, Any]
) -> None:
    for in_force in campaigns.in_force(database):
        expected = in_force.numbers.get(fields["offer_code"], grant.offer)
        if in_force.campaign.code == fields["campaign"] and expected != grant.offer:
            raise ContractFault(
                "grant_offer_mismatch", grant=grant.number, offer=grant.offer, expected=expected
            )
