"""Earlier epochs of this terminal, and forks: what head office signed of each, what it was shown.

Marks are local: they are no history and are asked for anew after a recovery.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from branchdesk.application.models import Enrolment
from branchdesk.errors import ContractFault
from branchdesk.persistence import office_rows
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.identity import (
    Identity,
    PastEpoch,
    identify,
    past_epoch,
    replace_identity,
)
from branchdesk.persistence.log import Tail
from branchdesk.persistence.replay import replay_enrolment
from branchdesk.persistence.tables import feed_items, forks, marks, past_enrolments
from branchdesk.protocol.chain import Ack, open_ack

_ARRIVED = Sql(lambda: select(func.coalesce(func.max(feed_items.c.arrival), 0)))
_NO_MARKS = Sql(lambda: delete(marks))
_NOTE_FORK = Sql(
    lambda: (
        upsert(forks)
        .values(
            epoch=bindparam("epoch"), office_seq=bindparam("office_seq"), ack=bindparam("ack"),
            noticed_ms=bindparam("noticed_ms"), shown_seq=0,
        )
        # The first word stays, until head office says it again after it was restored.
        .on_conflict_do_update(
            index_elements=[forks.c.epoch],
            set_={"ack": bindparam("ack"), "office_seq": bindparam("office_seq")},
            where=forks.c.shown_seq == 0,
        )
    )
)  # fmt: skip
_SHOWN = Sql(
    lambda: (
        update(forks)
        .where(forks.c.epoch == bindparam("of_epoch"), forks.c.shown_seq < bindparam("seq"))
        .values(shown_seq=bindparam("seq"))
    )
)
_FORK = Sql(
    lambda: select(forks.c.office_seq, forks.c.noticed_ms, forks.c.shown_seq).where(
        forks.c.epoch == bindparam("epoch")
    )
)
_RAISE_PAST = Sql(
    lambda: (
        update(past_enrolments)
        .where(
            past_enrolments.c.epoch == bindparam("of_epoch"),
            past_enrolments.c.acked_seq <= bindparam("seq"),
        )
        .values(acked_seq=bindparam("seq"), ack=bindparam("ack"))
    )
)
_PAST_ACKS = Sql(lambda: select(past_enrolments.c.epoch, past_enrolments.c.ack))
_FORK_ACKS = Sql(lambda: select(forks.c.epoch, forks.c.ack))
_UNSAY_PAST = Sql(
    lambda: (
        update(past_enrolments)
        .where(past_enrolments.c.epoch == bindparam("of_epoch"))
        .values(acked_seq=0)
    )
)
_UNSAY_FORK = Sql(
    lambda: update(forks).where(forks.c.epoch == bindparam("of_epoch")).values(shown_seq=0)
)
_PAST_MARKS = Sql(
    lambda: select(past_enrolments.c.acked_seq).where(past_enrolments.c.epoch == bindparam("epoch"))
)


@dataclass(frozen=True, slots=True)
class Fork:
    """Head office signed another history than ours, up to ``office_seq``."""

    office_seq: int
    noticed_ms: int
    shown_seq: int


def next_identity(
    database: Database, present: Identity, enrolment: Enrolment, tail: Tail
) -> Identity:
    """Return who this store belongs to once ``enrolment`` begins its epoch.

    Raises ContractFault ``enrolment_foreign`` for another bank, terminal or an epoch that is over.
    """
    found = identify(enrolment)
    ours, theirs = present.certificate, found.certificate
    if enrolment.root_key != present.enrolment.root_key:
        raise ContractFault("enrolment_foreign", problem="root_key")
    if theirs.terminal != ours.terminal:
        raise ContractFault("enrolment_foreign", problem="terminal")
    if theirs.epoch <= ours.epoch:
        raise ContractFault("enrolment_foreign", problem="epoch")
    row = database.row(_ARRIVED)
    arrival = 0 if row is None else int(row[0])
    past = past_epoch(present.enrolment, arrival, tail.seq)
    return identify(enrolment, (*present.earlier, past))


def begin_marks(database: Database, present: Identity, identity: Identity) -> None:
    """Write a later enrolment; what head office signed so far stays with the ``present`` one."""
    acked, _, ack = office_rows.signed_marks(database)
    replace_identity(database, present, identity, acked, ack)
    replay_enrolment(database, identity)
    database.run(_NO_MARKS)


def note_fork(database: Database, ack: Ack, ack_bytes: bytes, now_ms: int) -> None:
    """Keep head office's word that it holds another history of an epoch."""
    row = {"epoch": ack.epoch, "office_seq": ack.seq, "ack": ack_bytes, "noticed_ms": now_ms}
    database.run(_NOTE_FORK, row)


def note_shown(database: Database, epoch: int, seq: int) -> None:
    """Note that head office was shown our branch up to ``seq``."""
    database.run(_SHOWN, {"of_epoch": epoch, "seq": seq})


def fork_of(database: Database, epoch: int) -> Fork | None:
    """Return the fork that was noticed in an epoch."""
    row = database.row(_FORK, {"epoch": epoch})
    return None if row is None else Fork(*row)


def raise_past(database: Database, ack: Ack, ack_bytes: bytes) -> None:
    """Raise what head office has signed of an earlier epoch; never lower it."""
    database.run(_RAISE_PAST, {"of_epoch": ack.epoch, "seq": ack.seq, "ack": ack_bytes})


def unsay_to_others(database: Database, keys: dict[bytes, bytes], ho_epoch: int) -> None:
    """Offer anew what head office signed or was shown in another epoch of its own than this one.

    It was restored from a backup since then, and may have lost it. That epochs rise is not relied
    on: two restores of one backup may be numbered by a clock that was set back in between.
    """
    for rows, unsay in ((_PAST_ACKS, _UNSAY_PAST), (_FORK_ACKS, _UNSAY_FORK)):
        for epoch, data in database.rows(rows):
            if data and open_ack(data, keys, None).ho_epoch != ho_epoch:
                database.run(unsay, {"of_epoch": epoch})


def unsent_of(database: Database, past: PastEpoch) -> int:
    """Count the events of an earlier epoch that head office has neither signed nor been shown."""
    row = database.row(_PAST_MARKS, {"epoch": past.certificate.epoch})
    fork = fork_of(database, past.certificate.epoch)
    sent = max(0 if row is None else int(row[0]), 0 if fork is None else fork.shown_seq)
    return max(past.seq - sent, 0)
