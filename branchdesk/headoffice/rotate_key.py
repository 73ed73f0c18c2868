"""Change the key that signs grants or campaigns; what the key of before has signed stays good.

Root signs a record of the new key, and the urgent lane brings it to every terminal ahead of the
first thing that it signs. Acknowledgement keys are not changed so: the page that brought one would
be checked by it.
"""

from typing import Final

from sqlalchemy import Connection, insert, select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.feed_queue import EVERYBODY, FeedQueue
from branchdesk.headoffice.initialise import KEY_LIFE_MS
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.results import KeyRotated
from branchdesk.headoffice.tables import key_records
from branchdesk.headoffice.vault import BUNDLE, GRANT, ROOT, open_keys, replace_secret
from branchdesk.protocol.enrolment import KeyRecord, KeyUse, sign_key_record
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.signing import ED25519, SigningKey

ROTATED: Final = (GRANT, BUNDLE)
_SEED_BYTES: Final = 32


def rotate_key(context: OfficeContext, passphrase: str, use: str, approval: Approval) -> KeyRotated:
    """Make a new key of a use; offices that are open sign with it once they are opened again.

    The record is committed before the key file is replaced: cut short in between, a key is known
    that never signs. Raises RuleViolation ``key_not_rotated``; EnvironmentFault
    ``wrong_office_passphrase`` or ``office_keys_unreadable``.
    """
    if use not in ROTATED:
        raise RuleViolation("key_not_rotated", use=use[:20], allowed=", ".join(ROTATED))
    open_keys(context.home, passphrase)
    seed = context.randomness(_SEED_BYTES)
    key = SigningKey(seed)
    context.database.write(lambda c: _announce(context, c, KeyUse(use), key, approval))
    replace_secret(context.home, passphrase, use, seed, context.randomness)
    return KeyRotated(use, key.public_key.hex(), key.key_id.hex())


def _announce(
    context: OfficeContext, connection: Connection, use: KeyUse, key: SigningKey, approval: Approval
) -> None:
    # Tokens name a key by four bytes; one that another key has already could never be told apart.
    known = select(key_records.c.use).where(key_records.c.key_id == key.key_id)
    if connection.execute(known).first() is not None:
        raise RuleViolation("key_id_taken")
    now_ms = context.clock_ms()
    record = sign_key_record(
        KeyRecord(use, ED25519, key.public_key, now_ms, now_ms + KEY_LIFE_MS),
        context.vault.signer(ROOT),
    )
    connection.execute(insert(key_records).values(key_id=key.key_id, use=use.value, record=record))
    note_act(context, connection, approval, "rotate_key", use.value)
    queue = FeedQueue()
    queue.put(Lane.URGENT, EVERYBODY, ItemKind.KEY, {"record": record})
    queue.flush(connection)
