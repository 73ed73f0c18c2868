"""Recognise grants that we signed and that a restore has lost, by our own signature."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice.context import OfficeContext, public_keys, read_ho_epoch
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.lent_grants import LentGrant, learnt_grant
from branchdesk.headoffice.tables import epochs, offers
from branchdesk.headoffice.vault import ROOT
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.token import Grant, authentic_grant, decode_grant


def forgotten_grants(context: OfficeContext, records: Iterable[bytes]) -> dict[int, LentGrant]:
    """Return those of ``records``, unknown to our journal, that we did sign, by number.

    Without a restore there are none: an unknown grant is then somebody else's work.
    """
    told = set(records)
    if not told:
        return {}
    with context.database.read() as connection:
        if read_ho_epoch(connection) == 1:
            return {}
        keys = public_keys(connection, context.vault.signer(ROOT).public_key, KeyUse.GRANT)
        known_offers = set(connection.execute(select(offers.c.offer)).scalars())
        signed = [g for g in (_authentic(record, keys) for record in told) if g is not None]
        holders = _epochs_of(connection, {grant.terminal_key for grant in signed})
    return {
        grant.number: learnt_grant(grant, grant.encode(), epoch)
        for grant in signed
        if grant.offer in known_offers
        and (epoch := holders.get((grant.terminal, grant.terminal_key))) is not None
    }


def _authentic(record: bytes, keys: dict[bytes, bytes]) -> Grant | None:
    try:
        grant = decode_grant(record)
        return grant if authentic_grant(grant, keys) else None
    except ContractFault:
        return None


def _epochs_of(connection: Connection, device_keys: set[bytes]) -> dict[tuple[int, bytes], int]:
    """Return the epoch in which a terminal had a device key."""
    statement = select(epochs.c.terminal, epochs.c.public_key, epochs.c.epoch).where(
        is_among(connection, epochs.c.public_key, device_keys)
    )
    return {
        (row.terminal, bytes(row.public_key)): row.epoch for row in connection.execute(statement)
    }
