"""Keep each offer's limits a person, which head office checks again at ingest."""

import json

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "ho0002"
down_revision = "ho0001"

_LIMITS = ("per_person_limit", "per_day_limit")


def upgrade() -> None:
    """Add the columns, and fill them from the campaigns as published, the newest last."""
    for name in _LIMITS:
        op.add_column("offers", sa.Column(name, sa.BigInteger(), nullable=True))
    campaigns = sa.table("campaigns", *map(sa.column, ("campaign", "version", "record")))
    offers = sa.table("offers", *map(sa.column, ("campaign", "code", *_LIMITS)))
    connection = op.get_bind()
    published = sa.select(campaigns).order_by(campaigns.c.campaign, campaigns.c.version)
    for row in connection.execute(published).all():
        body = cbor2.loads(cbor2.loads(bytes(row.record))["body"])
        for offer in json.loads(body["content"])["offers"]:
            mine = (offers.c.campaign == row.campaign) & (offers.c.code == offer["code"])
            limits = {name: offer.get(name) for name in _LIMITS}
            connection.execute(sa.update(offers).where(mine).values(limits))
