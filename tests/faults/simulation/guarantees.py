"""The eleven guarantees, each a function that looks for what breaks it.

They are asked of a bank that has come to rest: every line is back, everybody has synchronised until
nothing moved any more. Each raises AssertionError with what it found.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import func, select, update

from branchdesk.application.models import TerminalCondition
from branchdesk.headoffice import tables
from branchdesk.headoffice.lending import read_holdings
from branchdesk.headoffice.redemption_journal import STANDS
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.slot_ranges import SlotSet, slot_set
from tests.faults.simulation.people import register
from tests.faults.simulation.terminal import Machine
from tests.faults.simulation.world import World

ROUNDS_MAX = 25


class Rest:
    """A bank at rest, with what the guarantees read of head office, read once."""

    def __init__(self, world: World) -> None:
        self.world = world
        with world.office.context.database.read() as connection:
            self.vouchers = {
                (row.grant, row.slot): row for row in connection.execute(select(tables.vouchers))
            }
            self.grants = {row.grant: row for row in connection.execute(select(tables.grants))}
            self.events = {
                bytes(row.hash): row
                for row in connection.execute(
                    select(tables.events.c.hash, tables.events.c.event_id, tables.events.c.type,
                           tables.events.c.verdict, tables.events.c.code, tables.events.c.terminal)
                )
            }  # fmt: skip
            self.branch = {
                bytes(h) for h in connection.execute(select(tables.branch_events.c.hash)).scalars()
            }
            self.forked = {
                (row.terminal, row.epoch)
                for row in connection.execute(
                    select(tables.cases.c.terminal, tables.cases.c.epoch)
                    .where(tables.cases.c.kind == "fork")
                )
            }  # fmt: skip
            standing = select(redemptions).where(redemptions.c.state == STANDS)
            self.honoured: Counter[tuple[int, int]] = Counter()
            for row in connection.execute(standing):
                self.honoured[row.grant, row.slot] += row.amount_minor
            out: dict[int, list[tuple[int, int]]] = {}
            for row in connection.execute(select(tables.slots_out)):
                out.setdefault(row.grant, []).append((row.first, row.last))
        self.out = {grant: slot_set(ranges) for grant, ranges in out.items()}

    def out_of(self, grant: int) -> SlotSet:
        """Return the slots of a grant that can no longer be honoured."""
        return self.out.get(grant, SlotSet())

    @cached_property
    def terminals(self) -> dict[int, list[Machine]]:
        """The machines by the terminal that each takes itself for."""
        found: dict[int, list[Machine]] = {}
        for machine in self.world.machines:
            found.setdefault(machine.state.terminal, []).append(machine)
        return found

    def honest(self) -> Iterator[Machine]:
        """Yield the machines that were never copied nor put back."""
        return (machine for machine in self.world.machines if not machine.is_copy)


def come_to_rest(world: World) -> Rest:
    """End all trouble and let everybody synchronise until nothing moves any more."""
    world.network.heal()
    before = None
    for _ in range(ROUNDS_MAX):
        for machine in world.machines:
            machine.synchronise()
            machine.answers()
        now = _moving(world)
        if now == before:
            return Rest(world)
        before = now
    raise AssertionError(f"nothing comes to rest: {before} after {ROUNDS_MAX} rounds")


def _moving(world: World) -> tuple[object, ...]:
    """Return what changes when anybody tells anybody anything."""
    with world.office.context.database.read() as connection:
        counted = tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.events, tables.branch_events, tables.grants, tables.feed_items)
        )
    heads = tuple(machine.store.outbox.head() for machine in world.machines)
    return (*counted, *heads)


def g1_honoured_stays_within_budget(rest: Rest) -> None:
    """Whatever could still be honoured, with what is held back, is within what was allowed."""
    slots: Counter[int] = Counter()
    for row in rest.grants.values():
        slots[row.offer] += row.slots - rest.out_of(row.grant).count
    for book in rest.world.books():
        could_cost = book.cost_cap_minor * slots[book.offer]
        allowed = rest.world.allowed_minor[book.offer]
        assert could_cost + book.reserve_minor <= allowed, (book.code, could_cost, allowed)
        assert book.honoured_minor <= could_cost, (book.code, book.honoured_minor)
    for grant, slot in rest.vouchers:
        assert grant in rest.grants, f"voucher {grant}-{slot} of a grant that was never lent"
        assert 1 <= slot <= rest.grants[grant].slots, (grant, slot)
    face = {book.offer: book.face_minor for book in rest.world.books()}
    for (grant, slot), amount in rest.honoured.items():
        assert amount <= face[rest.grants[grant].offer], (grant, slot, amount)
        assert slot not in rest.out_of(grant), (grant, slot)


def g2_no_answered_event_is_lost(rest: Rest) -> None:
    """Everything that a machine answered for is at head office: on the chain, or on a branch."""
    for machine in rest.world.machines:
        for head in machine.answered:
            here = machine.store.outbox.hash_at(head.epoch, head.seq) == head.hash
            there = head.hash in rest.events or head.hash in rest.branch
            assert here, f"{machine.name} itself lost {head}"
            assert there, f"head office never got {head} of {machine.name}: {machine.problem}"


def g3_each_event_takes_effect_at_most_once(rest: Rest) -> None:
    """One event an intent takes effect, one voucher a slot, one row a person."""
    ids = Counter(bytes(row.event_id) for row in rest.events.values() if _took_effect(row))
    repeated = [event_id.hex() for event_id, count in ids.items() if count > 1]
    assert not repeated, repeated
    types = Counter(row.type for row in rest.events.values() if _took_effect(row))
    assert types["voucher.issued"] == len(rest.vouchers), (types, len(rest.vouchers))
    numbers = Counter((row.terminal, row.epoch, row.number) for row in rest.vouchers.values())
    assert max(numbers.values(), default=1) == 1, "a running number was printed twice"


def _took_effect(row: Any) -> bool:
    return row.verdict in {"applied", "applied_flagged"} and row.code != "payload_erased"


def g4_an_honest_voucher_is_honoured(rest: Rest) -> None:
    """What a machine that nobody copied handed over stands at head office, byte for byte."""
    for machine in rest.honest():
        for voucher in machine.vouchers.values():
            row = rest.vouchers.get((voucher.grant, voucher.slot))
            taken_back = voucher.grant in rest.world.revoked or voucher.voucher in machine.voided
            if row is None:
                assert taken_back, f"{voucher.voucher} of {machine.name} is unknown"
                continue
            assert voucher.token.endswith(_digits(bytes(rest.grants[voucher.grant].record),
                                                  bytes(row.voucher)))  # fmt: skip
            out = voucher.slot in rest.out_of(voucher.grant)
            assert not out or taken_back, f"{voucher.voucher} of {machine.name} was taken away"


def _digits(grant: bytes, voucher: bytes) -> str:
    return str(int.from_bytes(b"\x01" + grant + voucher, "big"))


def g5_divergence_is_detected(rest: Rest) -> None:
    """Head office holds each machine's own chain, or both sides know of the branch."""
    for machine in rest.world.machines:
        head = machine.store.outbox.head()
        if machine.fault == "fork_detected":
            assert machine.is_copy, f"{machine.name} was never copied: {machine.problem}"
            # A machine that is only behind has nothing to show; it knows that it was put back.
            told = head.hash in rest.events or (head.terminal, head.epoch) in rest.forked
            assert told, f"no case for {machine.name}"
        else:
            assert head.hash in rest.events, f"{machine.name} and head office differ unseen"
    for terminal, machines in rest.terminals.items():
        on_chain = {m.store.outbox.head() for m in machines if m.fault != "fork_detected"}
        epochs = {head.epoch for head in on_chain}
        assert len(on_chain) == len(epochs), f"two chains of terminal {terminal} pass for one"


def g6_edits_of_history_are_detectable(rest: Rest) -> None:
    """One bit changed in one stored event is seen by the terminal and by head office."""
    machine = rest.world.one()
    with _edited_here(machine, rest.world.chance.randrange(1 << 16)):
        report = machine.store.check()
        assert not report.ok, f"{machine.name} does not see its own history edited"
    with _edited_there(rest):
        assert not rest.world.office.audit().ok, "head office does not see an event edited"


@contextmanager
def _edited_here(machine: Machine, choice: int) -> Iterator[None]:
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
def _edited_there(rest: Rest) -> Iterator[None]:
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


def g7_every_terminal_is_usable_and_consistent(rest: Rest) -> None:
    """Every store agrees with its log, and somebody can be registered there now."""
    for machine in rest.world.machines:
        report = machine.store.check()
        assert report.ok, f"{machine.name}: {report.problems}"
        with machine.store.read() as reading:
            known = {record.voucher for record in reading.vouchers()}
        assert set(machine.vouchers) <= known, f"{machine.name} forgot what it handed over"
        paper = machine.printer.came_out
        assert machine.is_copy or paper <= known, f"{machine.name} printed what nobody issued"
        register(rest.world, machine)


def g8_no_event_blocks_the_next(rest: Rest) -> None:
    """Nothing waits: head office has signed for every event that is not on a branch."""
    for machine in rest.world.machines:
        if machine.fault != "fork_detected":
            assert machine.state.unsent == 0, f"{machine.name} waits: {machine.problem}"


def g9_whoever_is_denied_grants_still_uploads(rest: Rest) -> None:
    """A frozen terminal, or one whose clock is wrong, has sent everything all the same."""
    for machine in rest.world.machines:
        state = machine.state
        frozen = state.terminal in rest.world.frozen
        assert not frozen or state.condition is TerminalCondition.FROZEN, machine.name
        if frozen and machine.fault == "":
            assert state.acked_seq == state.head.seq, machine.name


def g10_exposure_is_known(rest: Rest) -> None:
    """What a lost terminal could still hand over is no more than head office says it holds."""
    for machine in rest.honest():
        state = machine.state
        with rest.world.office.context.database.read() as connection:
            held = read_holdings(connection, state.terminal, state.epoch)
        could: Counter[int] = Counter()
        with machine.store.read() as reading:
            for line in reading.grants():
                could[line.offer] += line.slots - line.used - line.returned
        for offer, slots in could.items():
            taken = sum(
                rest.out_of(grant).count for grant, row in rest.grants.items()
                if row.offer == offer and row.terminal == state.terminal
                and grant in rest.world.revoked
            )  # fmt: skip
            known = held[offer].free if offer in held else 0
            assert slots <= known + taken, (machine.name, offer, slots, known, taken)


def g11_wrong_clocks_change_no_totals(rest: Rest) -> None:
    """Every voucher handed over by an honest machine is counted, whatever its clock said."""
    handed = {
        (voucher.grant, voucher.slot)
        for machine in rest.honest()
        for voucher in machine.vouchers.values()
    }
    honest = {machine.state.terminal for machine in rest.honest()}
    honest -= {machine.state.terminal for machine in rest.world.machines if machine.is_copy}
    counted = {key for key, row in rest.vouchers.items() if row.terminal in honest}
    missing = {key for key in handed - counted if key[0] not in rest.world.revoked}
    assert not missing, missing
    with rest.world.office.context.database.read() as connection:
        by_day = connection.execute(select(func.sum(tables.usage.c.vouchers))).scalar_one() or 0
    assert by_day == len(rest.vouchers), (by_day, len(rest.vouchers))


def audit_is_ok(rest: Rest) -> None:
    """Head office's own audit, from the raw rows, finds nothing."""
    result = rest.world.office.audit()
    assert result.ok, result.violations


GUARANTEES: tuple[Callable[[Rest], None], ...] = (
    g1_honoured_stays_within_budget,
    g2_no_answered_event_is_lost,
    g3_each_event_takes_effect_at_most_once,
    g4_an_honest_voucher_is_honoured,
    g5_divergence_is_detected,
    audit_is_ok,
    g6_edits_of_history_are_detectable,
    g8_no_event_blocks_the_next,
    g9_whoever_is_denied_grants_still_uploads,
    g10_exposure_is_known,
    g11_wrong_clocks_change_no_totals,
    g7_every_terminal_is_usable_and_consistent,
)
