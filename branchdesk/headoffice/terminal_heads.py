"""Where each terminal's chain stands here: its key, its head, our signed word for it."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import HO_EPOCH_FACT, OfficeContext
from branchdesk.headoffice.tables import epochs, office_facts, terminals
from branchdesk.headoffice.vault import ACK
from branchdesk.protocol import codec
from branchdesk.protocol.chain import NONCE_BYTES, Ack, Head, sign_ack

ACTIVE, FROZEN = "active", "frozen"


@dataclass(frozen=True, slots=True)
class ChainState:
    """One epoch of one terminal as head office holds it; ``is_live`` when it may get grants."""

    head: Head
    public_key: bytes
    durable_seq: int
    outlet: str
    is_live: bool
    # Head office's own epoch, which rises when it is restored from a backup.
    ho_epoch: int


def read_chain(
    context: OfficeContext, connection: Connection, terminal: int, epoch: int, *, lock: bool = False
) -> ChainState:
    """Return the chain, locked until the commit when asked.

    Raises RuleViolation ``terminal_unknown``.
    """
    statement = (
        select(epochs, terminals.c.outlet, terminals.c.epoch.label("current"),
               terminals.c.state.label("terminal_state"),
               office_facts.c.value.label("ho_epoch"))
        .join(terminals, terminals.c.terminal == epochs.c.terminal)
        .outerjoin(office_facts, office_facts.c.name == HO_EPOCH_FACT)
        .where(epochs.c.terminal == terminal, epochs.c.epoch == epoch)
    )  # fmt: skip
    if lock:
        statement = statement.with_for_update(of=[epochs, terminals])
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise RuleViolation("terminal_unknown", terminal=terminal, epoch=epoch)
    durable = row.backed_up_seq if context.durable_by_backup else row.seq
    is_live = row.state == row.terminal_state == ACTIVE and row.current == epoch
    head = Head(terminal, epoch, row.seq, bytes(row.head_hash))
    ho_epoch = int.from_bytes(row.ho_epoch or b"\1", "big")
    return ChainState(head, bytes(row.public_key), durable, row.outlet, is_live, ho_epoch)


def terminal_key(context: OfficeContext, terminal: int, epoch: int) -> bytes | None:
    """Return the device key enrolled for (terminal, epoch), or None."""
    statement = select(epochs.c.public_key).where(
        epochs.c.terminal == terminal, epochs.c.epoch == epoch
    )
    with context.database.read() as connection:
        found = connection.execute(statement).scalar_one_or_none()
    return None if found is None else bytes(found)


def signed_head(context: OfficeContext, terminal: int, epoch: int, nonce: bytes) -> Ack:
    """Return our head of the chain, signed over the caller's 16-byte nonce."""
    if len(nonce) != NONCE_BYTES:
        raise codec.malformed("nonce", "wrong_length", expected=NONCE_BYTES)
    with context.database.read() as connection:
        chain = read_chain(context, connection, terminal, epoch)
    return acknowledge(context, chain.head, chain.durable_seq, chain.ho_epoch, nonce)


def acknowledge(
    context: OfficeContext, head: Head, durable_seq: int, ho_epoch: int, nonce: bytes
) -> Ack:
    """Sign that we hold a chain up to ``head``; only after the commit that made it true."""
    ack = Ack(
        head.terminal, head.epoch, head.seq, head.hash, min(durable_seq, head.seq), ho_epoch,
        context.clock_ms(), nonce,
    )  # fmt: skip
    return sign_ack(ack, context.vault.signer(ACK))
