"""After a restore: lend nothing until the terminals have told what the backup does not know.

Terminals hold what we signed between the backup and the crash. Each pushes its chain from our lower
head, grants included (``learn_grants``), and has told everything once a wish for grants says so: it
names our new epoch, and nothing of the terminal's is outstanding. When all that were alive have,
the books are complete and lending begins again; two people may end the wait for one that will not
come back.
"""

from collections.abc import Callable, Iterable
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import (
    CASE_COUNTER,
    COUNTERS,
    FEED_COUNTER,
    GRANT_COUNTER,
    GRANT_NUMBER_FIRST,
    OFFER_COUNTER,
    TERMINAL_COUNTER,
    OfficeContext,
    forget_fact,
    read_fact,
    read_ho_epoch,
    replace_fact,
)
from branchdesk.headoffice.office_people import ALONE, Approval, note_act
from branchdesk.headoffice.recovery_results import Learning
from branchdesk.headoffice.tables import (
    awaited_terminals,
    counters,
    enrolment_tokens,
    epochs,
    terminals,
)
from branchdesk.headoffice.terminal_heads import ACTIVE

LEARNING_FACT: Final = "learning"
HO_EPOCH_FACT: Final = "ho_epoch"
# More than is ever allotted between a backup and the crash after it; numbers must not come twice.
_LOST_MAX: Final = {
    TERMINAL_COUNTER: 1_000, OFFER_COUNTER: 10_000, GRANT_COUNTER: 1_000_000,
    CASE_COUNTER: 100_000, FEED_COUNTER: 1 << 32,
}  # fmt: skip
# And for each epoch of ours that is skipped: twice from one backup is two lost stretches.
_LOST_MAX_AN_EPOCH: Final = {OFFER_COUNTER: 1, GRANT_COUNTER: 16, FEED_COUNTER: 1 << 12}
_MS: Final = 1000
# A clock gone wild must not use up the 32 bits of a terminal's epoch, which counts on from ours.
_SECONDS_MAX: Final = 366 * 86_400
# Where no time has passed by the clock, chance tells two restores apart: by some twelve days.
_CHANCE_BYTES: Final = 3
_CHANCES: Final = 1 << 20


def begin_learning(
    connection: Connection, made_ms: int, now_ms: int, randomness: Callable[[int], bytes]
) -> int:
    """Turn restored rows into an office that knows it has forgotten something.

    Returns its new epoch.
    """
    skipped_epochs = _epochs_between(made_ms, now_ms, randomness)
    ho_epoch = read_ho_epoch(connection) + skipped_epochs
    replace_fact(connection, HO_EPOCH_FACT, ho_epoch.to_bytes(4, "big"))
    replace_fact(connection, LEARNING_FACT, made_ms.to_bytes(8, "big"))
    for name in COUNTERS:
        skipped = _LOST_MAX[name] + _LOST_MAX_AN_EPOCH.get(name, 0) * skipped_epochs
        connection.execute(
            update(counters).where(counters.c.name == name).values(value=counters.c.value + skipped)
        )
    # Terminals are numbered below grants; no bank comes near, but a number names one thing.
    connection.execute(
        update(counters)
        .where(counters.c.name == TERMINAL_COUNTER, counters.c.value >= GRANT_NUMBER_FIRST)
        .values(value=GRANT_NUMBER_FIRST - 1)
    )
    # A code that waited in the backup may have been used since.
    connection.execute(
        update(enrolment_tokens).where(enrolment_tokens.c.used_ms.is_(None)).values(used_ms=now_ms)
    )
    # What the backup holds is what it made durable.
    connection.execute(update(epochs).values(backed_up_seq=epochs.c.seq))
    connection.execute(awaited_terminals.delete())
    alive = connection.execute(
        select(terminals.c.terminal)
        .join(epochs, (epochs.c.terminal == terminals.c.terminal)
              & (epochs.c.epoch == terminals.c.epoch))
        .where(terminals.c.state == ACTIVE, epochs.c.state == ACTIVE)
    ).scalars()  # fmt: skip
    _await(connection, alive)
    return ho_epoch


def _epochs_between(made_ms: int, now_ms: int, randomness: Callable[[int], bytes]) -> int:
    """Return how far to count on, so that no office before us had our epoch.

    Not even one out of the same backup, moments ago: terminals offer again what another epoch
    signed, and their own epochs are numbered from ours, so an office that is restored twice must
    not be taken for the one in between. Seconds since the backup tell the two apart; a clock that
    stands still, is behind the backup or has gone wild cannot, and chance does.
    """
    seconds = (now_ms - made_ms) // _MS
    if 0 < seconds < _SECONDS_MAX:
        return 1 + seconds
    return 1 + int.from_bytes(randomness(_CHANCE_BYTES), "big") % _CHANCES


def is_learning(connection: Connection) -> bool:
    """Say whether lending and redeeming online wait for what terminals know."""
    return read_fact(connection, LEARNING_FACT) is not None


def was_restored(context: OfficeContext) -> bool:
    """Say whether this office came out of a backup: it may have forgotten what it signed."""
    with context.database.read() as connection:
        return read_ho_epoch(connection) > 1


def has_told(context: OfficeContext, connection: Connection, terminal: int) -> None:
    """Note that a terminal has pushed everything; the last one that was awaited ends the wait."""
    connection.execute(
        update(awaited_terminals)
        .where(awaited_terminals.c.terminal == terminal, awaited_terminals.c.told_ms.is_(None))
        .values(told_ms=context.clock_ms())
    )
    if not _awaited(connection):
        _end(context, connection, ALONE, "all_told")


def show_learning(context: OfficeContext) -> Learning:
    """Return whether we learn, since which backup, and who is awaited."""
    with context.database.read() as connection:
        return _learning(connection)


def end_learning(context: OfficeContext, reason: str, approval: Approval) -> Learning:
    """Stop waiting for terminals that will not come back.

    What they were lent and we do not know is learnt later only as far as the budget then allows.
    Raises RuleViolation ``not_learning``.
    """

    def act(connection: Connection) -> Learning:
        if not is_learning(connection):
            raise RuleViolation("not_learning")
        before = _learning(connection)
        _end(context, connection, approval, reason)
        return before

    return context.database.write(act)


def _await(connection: Connection, numbers: Iterable[int]) -> None:
    rows = [{"terminal": number, "told_ms": None} for number in numbers]
    if rows:
        connection.execute(insert(awaited_terminals), rows)


def _awaited(connection: Connection) -> list[int]:
    waiting = awaited_terminals.c.told_ms.is_(None)
    statement = select(awaited_terminals.c.terminal).where(waiting)
    return list(connection.execute(statement.order_by(awaited_terminals.c.terminal)).scalars())


def _learning(connection: Connection) -> Learning:
    made = read_fact(connection, LEARNING_FACT)
    told = select(func.count()).select_from(awaited_terminals)
    told = told.where(awaited_terminals.c.told_ms.is_not(None))
    return Learning(
        made is not None,
        None if made is None else int.from_bytes(made, "big"),
        read_ho_epoch(connection),
        int(connection.execute(told).scalar_one()),
        tuple(_awaited(connection)) if made is not None else (),
    )


def _end(context: OfficeContext, connection: Connection, approval: Approval, reason: str) -> None:
    forget_fact(connection, LEARNING_FACT)
    note_act(context, connection, approval, "learning_ended", "office", reason=reason)
