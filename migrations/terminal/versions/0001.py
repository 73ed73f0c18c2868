"""The log, what is derived from it, what comes with the feed, keys and marks."""

from alembic import op

revision = "0001"
down_revision = None

_STATEMENTS = (
    """
    CREATE TABLE campaigns (
        campaign TEXT NOT NULL, version INTEGER NOT NULL, item INTEGER NOT NULL, content
        BLOB NOT NULL, numbers TEXT NOT NULL, holder_key BLOB NOT NULL, PRIMARY KEY
        (campaign)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE chain (
        id INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, position
        INTEGER NOT NULL, hash BLOB NOT NULL, second_bytes INTEGER NOT NULL,
        second_position INTEGER NOT NULL, second_items INTEGER NOT NULL, keys_bytes
        INTEGER NOT NULL, keys_position INTEGER NOT NULL, mark_ms INTEGER NOT NULL,
        mark_mono_ms INTEGER NOT NULL, mark_boot BLOB NOT NULL, PRIMARY KEY (id),
        CONSTRAINT chain_once CHECK (id = 1)
    )
    """,
    """
    CREATE TABLE customer_hashes (
        hash BLOB NOT NULL, customer INTEGER NOT NULL, kind TEXT NOT NULL, PRIMARY KEY
        (hash, customer)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE customers (
        position INTEGER NOT NULL, customer TEXT NOT NULL, name TEXT NOT NULL, phone
        TEXT NOT NULL, document_type TEXT NOT NULL, document_number TEXT NOT NULL,
        channel TEXT NOT NULL, interests TEXT NOT NULL, needs TEXT NOT NULL, referrer
        TEXT NOT NULL, purposes TEXT NOT NULL, hashes BLOB NOT NULL, registered_ms
        INTEGER NOT NULL, vouchers INTEGER NOT NULL, PRIMARY KEY (position), UNIQUE
        (customer)
    )
    """,
    """
    CREATE TABLE enrolment (
        id INTEGER NOT NULL, url TEXT NOT NULL, ca_pem BLOB NOT NULL, certificate BLOB
        NOT NULL, root_key BLOB NOT NULL, keys BLOB NOT NULL, blind_key BLOB NOT NULL,
        outlet_name TEXT NOT NULL, outlet_address TEXT NOT NULL, device_seed BLOB NOT
        NULL, PRIMARY KEY (id), CONSTRAINT enrolment_once CHECK (id = 1)
    )
    """,
    """
    CREATE TABLE events (
        position INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
        event_id BLOB NOT NULL, type TEXT NOT NULL, wall_ms INTEGER NOT NULL, subject
        INTEGER, salt BLOB, hash BLOB NOT NULL, envelope BLOB NOT NULL, payload BLOB NOT
        NULL, PRIMARY KEY (position), UNIQUE (event_id)
    )
    """,
    """
    CREATE TABLE feed_items (
        arrival INTEGER NOT NULL, lane TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT
        NOT NULL, body BLOB NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL, PRIMARY
        KEY (arrival), UNIQUE (lane, number)
    )
    """,
    """
    CREATE TABLE foreign_hashes (
        hash BLOB NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (hash, subject)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX foreign_hashes_by_subject ON foreign_hashes (subject)",
    """
    CREATE TABLE foreign_issued (
        subject TEXT NOT NULL, offer_code TEXT NOT NULL, day INTEGER NOT NULL, issued
        INTEGER NOT NULL, PRIMARY KEY (subject, offer_code, day)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE grants (
        number INTEGER NOT NULL, offer INTEGER NOT NULL, slots INTEGER NOT NULL,
        face_minor INTEGER NOT NULL, issue_from INTEGER NOT NULL, issue_until INTEGER
        NOT NULL, policy INTEGER NOT NULL, is_book BOOLEAN NOT NULL, grant_bytes BLOB
        NOT NULL, campaign TEXT NOT NULL, offer_code TEXT NOT NULL, used INTEGER NOT
        NULL, returned INTEGER NOT NULL, next_slot INTEGER NOT NULL, PRIMARY KEY
        (number), UNIQUE (number, slots), CONSTRAINT grant_not_overdrawn CHECK (used +
        returned <= slots)
    )
    """,
    """
    CREATE TABLE issue_counters (
        offer_code TEXT NOT NULL, day INTEGER NOT NULL, issued INTEGER NOT NULL, PRIMARY
        KEY (offer_code, day)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE marks (
        id INTEGER NOT NULL, acked_seq INTEGER NOT NULL, durable_seq INTEGER NOT NULL,
        ack BLOB NOT NULL, PRIMARY KEY (id), CONSTRAINT marks_once CHECK (id = 1),
        CONSTRAINT durable_within_acked CHECK (durable_seq <= acked_seq)
    )
    """,
    """
    CREATE TABLE notices (
        epoch INTEGER NOT NULL, seq INTEGER NOT NULL, source TEXT NOT NULL, verdict TEXT
        NOT NULL, code TEXT NOT NULL, PRIMARY KEY (epoch, seq, source)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE office_keys (
        use TEXT NOT NULL, key_id BLOB NOT NULL, public_key BLOB NOT NULL, algorithm
        INTEGER NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, record
        BLOB NOT NULL, PRIMARY KEY (use, key_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE person_keys (
        position INTEGER NOT NULL, customer TEXT NOT NULL, "key" BLOB NOT NULL, PRIMARY
        KEY (position)
    )
    """,
    """
    CREATE TABLE revocations (
        item INTEGER NOT NULL, part INTEGER NOT NULL, what TEXT NOT NULL, number INTEGER
        NOT NULL, first_slot INTEGER NOT NULL, last_slot INTEGER NOT NULL, reason TEXT
        NOT NULL, PRIMARY KEY (item, part)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX revocations_by_number ON revocations (what, number)",
    """
    CREATE TABLE search_terms (
        term BLOB NOT NULL, customer INTEGER NOT NULL, PRIMARY KEY (term, customer)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE shifts (
        shift TEXT NOT NULL, place TEXT NOT NULL, opened_ms INTEGER NOT NULL, closed_ms
        INTEGER, PRIMARY KEY (shift)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE staff (
        code TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, active BOOLEAN NOT
        NULL, one_time_code TEXT NOT NULL, code_expires_ms INTEGER NOT NULL, item
        INTEGER NOT NULL, PRIMARY KEY (code)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE slots (
        grant_number INTEGER NOT NULL, slot INTEGER NOT NULL, grant_slots INTEGER NOT
        NULL, state TEXT NOT NULL, number INTEGER, PRIMARY KEY (grant_number, slot),
        FOREIGN KEY(grant_number, grant_slots) REFERENCES grants (number, slots),
        CONSTRAINT slot_in_grant CHECK (slot BETWEEN 1 AND grant_slots), CONSTRAINT
        slot_state CHECK (state IN ('used', 'returned')), CONSTRAINT slot_voucher CHECK
        ((state = 'used') = (number IS NOT NULL))
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE vouchers (
        number INTEGER NOT NULL, position INTEGER NOT NULL, grant_number INTEGER NOT
        NULL, slot INTEGER NOT NULL, customer TEXT NOT NULL, campaign TEXT NOT NULL,
        offer_code TEXT NOT NULL, voucher BLOB NOT NULL, day INTEGER NOT NULL,
        issued_at_ms INTEGER NOT NULL, printed INTEGER NOT NULL, PRIMARY KEY (number),
        FOREIGN KEY(grant_number, slot) REFERENCES slots (grant_number, slot)
    )
    """,
    "CREATE INDEX vouchers_by_customer ON vouchers (customer)",
)


def upgrade() -> None:
    """Make every table of the first schema."""
    for statement in _STATEMENTS:
        op.execute(statement)
