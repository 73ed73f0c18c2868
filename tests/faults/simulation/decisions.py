"""What people at head office do in the simulation: budgets, and authority taken away."""

from sqlalchemy import select

from branchdesk.application.models import TerminalCondition
from branchdesk.headoffice.authority import read_ca
from branchdesk.headoffice.tables import grants
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.sync.enrol import checked_enrolment, enrolment_request
from tests.faults.simulation.network import URL
from tests.faults.simulation.people import refusable
from tests.faults.simulation.terminal import Machine
from tests.faults.simulation.world import World

_TWICE = 0.3
_WITHIN_A_MINUTE_MS = 59_000


def budget_changes(world: World) -> None:
    """Somebody at head office raises or cuts a budget."""
    book = world.chance.choice(world.books())
    amount = book.cost_cap_minor * world.chance.randint(0, 100)
    used = book.committed_minor + book.reserve_minor
    world.office.budget(book.offer, amount)
    world.allow(book.offer, max(amount, used))


def revoke_grant(world: World) -> None:
    """A grant is taken back."""
    with world.office.context.database.read() as connection:
        statement = select(grants.c.grant, grants.c.offer).order_by(grants.c.grant)
        lent = connection.execute(statement).all()
    if lent:
        grant, offer = world.chance.choice(lent)
        freed = world.office.revoke_grant(grant, "simulated").slots_revoked
        cost = next(book.cost_cap_minor for book in world.books() if book.offer == offer)
        world.freed_minor[offer] += freed * cost
        world.revoked.add(grant)


def freeze(world: World) -> None:
    """A terminal is reported lost."""
    terminal = world.one().state.terminal
    world.office.revoke_terminal(terminal, "simulated")
    world.frozen.add(terminal)


def ask_twice(world: World) -> None:
    """A terminal asks for grants, and asks again before it has heard; only the first are lent."""
    state = world.one().state
    if state.terminal not in world.frozen and state.condition is TerminalCondition.ACTIVE:
        # Head office may know of a fork that the terminal has not heard of, or have forgotten it.
        with refusable(world, frozenset({"terminal_frozen", "terminal_unknown"})):
            world.office.lend(state.terminal, state.epoch)
            again = world.office.lend(state.terminal, state.epoch)
            assert not again.numbers, f"asking again lent {again.numbers} once more"


def join_again(world: World) -> None:
    """Two people let a terminal that stands still go on, in its next epoch."""
    still = [m for m in world.machines if m.state.condition is not TerminalCondition.ACTIVE]
    if still:
        join_there(world, world.chance.choice(still))


def join_there(world: World, machine: Machine) -> None:
    """Let a machine join again; what froze the terminal counts for its copies only."""
    again, seed = machine.store.rejoining(), world.chance.randbytes(32)
    code = world.office.enrol_code(None, terminal=again.terminal).code
    token = decode_enrolment_code(code).token
    body = enrolment_request(token, seed, "simulation", "machine", again)
    answer = world.office.enrol(body).encode()
    ca = read_ca(world.office.context.home)
    machine.store.begin_epoch(checked_enrolment(answer, URL, ca, seed))
    world.frozen.discard(again.terminal)
    machine.answers()


def back_up(world: World) -> None:
    """Somebody backs head office up."""
    world.back_up()


def restore(world: World) -> None:
    """Head office burns down, and comes back as it was at the last backup.

    Sometimes it is made again from the same backup within a minute, when somebody has met it.
    """
    if world.backup is None:
        return
    world.restore(world.backup)
    if world.chance.random() < _TWICE:
        world.one().synchronise()
        world.time.pass_ms(world.chance.randrange(_WITHIN_A_MINUTE_MS))
        world.restore(world.backup)


def give_up(world: World) -> None:
    """Two people wait no longer for terminals that do not come back."""
    if world.office.learning().learning:
        world.office.end_learning("simulated")
        world.gave_up = True
