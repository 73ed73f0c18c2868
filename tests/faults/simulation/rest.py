"""A bank that has come to rest, and what the guarantees read of it."""

import json
from collections.abc import Iterator
from functools import cached_property

from sqlalchemy import func, select, tuple_

from branchdesk.headoffice import tables
from branchdesk.headoffice.learn_grants import UNCOVERED
from branchdesk.headoffice.redemption_journal import STANDS
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.slot_ranges import SlotSet, slot_set
from branchdesk.protocol import facts
from branchdesk.protocol.facts import voucher_id
from tests.faults.simulation.decisions import join_there
from tests.faults.simulation.redeeming import ask_again
from tests.faults.simulation.terminal import Machine
from tests.faults.simulation.world import World

ROUNDS_MAX = 25
# A restored head office has no key of an epoch that began after the backup.
_FORGOTTEN = frozenset({"request_unsigned", "terminal_unknown"})


class Rest:
    """A bank at rest, with what the guarantees read of head office, read once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.uncovered: set[int] = set()
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
            self.redemptions = {
                bytes(row.redemption): row for row in connection.execute(select(redemptions))
            }
            self.cases = connection.execute(select(tables.cases)).all()
            # What a frozen terminal says it gave back is not believed, and a person hears of it.
            unbelieved = select(tables.events.c.payload).where(
                tables.events.c.type == facts.REDEMPTION_UNDONE,
                tables.events.c.code == "chain_not_live",
                tuple_(tables.events.c.terminal, tables.events.c.epoch, tables.events.c.seq).in_(
                    [(c.terminal, c.epoch, c.seq) for c in self.cases if c.kind == "chain_not_live"]
                ),
            )
            self.unbelieved_undos = {
                bytes(facts.decode_payload(facts.REDEMPTION_UNDONE, payload)["redemption"])
                for payload in connection.execute(unbelieved).scalars()
            }
            out: dict[int, list[tuple[int, int]]] = {}
            for row in connection.execute(select(tables.slots_out)):
                out.setdefault(row.grant, []).append((row.first, row.last))
                if row.why == UNCOVERED:
                    self.uncovered.add(row.grant)
        self.forked = {(c.terminal, c.epoch) for c in self.cases if c.kind == "fork"}
        self.out = {grant: slot_set(ranges) for grant, ranges in out.items()}

    def out_of(self, grant: int) -> SlotSet:
        """Return the slots of a grant that can no longer be honoured."""
        return self.out.get(grant, SlotSet())

    @property
    def taken_back(self) -> set[int]:
        """The grants that people took back, or gave up when head office was restored."""
        return self.world.revoked | (self.uncovered if self.world.gave_up else set())

    @cached_property
    def terminals(self) -> dict[int, list[Machine]]:
        """The machines by the terminal that each takes itself for."""
        found: dict[int, list[Machine]] = {}
        for machine in self.world.machines:
            found.setdefault(machine.state.terminal, []).append(machine)
        return found

    @cached_property
    def on_branches(self) -> set[str]:
        """The vouchers whose redemption is named in a branch's case."""
        told = [json.loads(case.facts) for case in self.cases if case.kind == "fork"]
        redeemed = [one for facts in told for one in facts["redemptions"] if "slot" in one]
        return {voucher_id(one["grant"], one["slot"]) for one in redeemed}

    @cached_property
    def standing_minor(self) -> dict[tuple[int, int], int]:
        """What stands redeemed of each voucher."""
        found: dict[tuple[int, int], int] = {}
        for row in self.redemptions.values():
            if row.state == STANDS:
                place = (row.grant, row.slot)
                found[place] = found.get(place, 0) + row.amount_minor
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
            ask_again(world, machine)
            machine.synchronise()
            machine.answers()
            if machine.fault in _FORGOTTEN:
                join_there(world, machine)
        now = _moving(world)
        if now == before:
            if not world.office.learning().learning:
                return Rest(world)
            # Those that are left are switched off in this case, and never come.
            world.office.end_learning("simulated")
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
