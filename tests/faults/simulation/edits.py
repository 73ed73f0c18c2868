"""One bit of history changed behind the back of a store, and changed back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select, update

from branchdesk.headoffice import tables
from tests.faults.simulation.rest import Rest
from tests.faults.simulation.terminal import Machine


@contextmanager
def edited_here(machine: Machine, choice: int) -> Iterator[None]:
    """Change one bit of one stored event in the open database, and change it back."""
    driver: Any = machine.store._lane.surroundings.database._driver
    count = driver.execute("SELECT count(*) FROM events").fetchone()[0]
    position = 1 + choice % count
    column = ("envelope", "payload")[choice % 2]
    where = f"SELECT {column} FROM events WHERE position = ?"
    before = driver.execute(where, (position,)).fetchone()[0]
    change = f"UPDATE events SET {column} = ? WHERE position = ?"
    driver.execute(change, (_flipped(before, choice), position))
    try:
        yield
    finally:
        driver.execute(change, (before, position))


@contextmanager
def edited_there(rest: Rest) -> Iterator[None]:
    """Change one bit of one event at head office, and change it back."""
    chance, table = rest.world.chance, tables.events
    database = rest.world.office.context.database
    hash_ = chance.choice(sorted(rest.events))
    column = chance.choice((table.c.envelope, table.c.payload))
    with database.read() as connection:
        before = bytes(connection.execute(select(column).where(table.c.hash == hash_)).scalar_one())
    after = _flipped(before, chance.randrange(1 << 16))

    def write(value: bytes) -> None:
        change = update(table).where(table.c.hash == hash_).values({column.name: value})
        database.write(lambda c: c.execute(change) and None)

    write(after)
    try:
        yield
    finally:
        write(before)


def _flipped(data: bytes, choice: int) -> bytes:
    place = choice % len(data)
    return data[:place] + bytes([data[place] ^ (1 << choice % 8)]) + data[place + 1 :]
