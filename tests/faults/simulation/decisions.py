"""What people at head office do in the simulation: budgets, and authority taken away."""

from sqlalchemy import select

from branchdesk.application.models import TerminalCondition
from branchdesk.headoffice.tables import grants
from tests.faults.simulation.people import refusable
from tests.faults.simulation.world import World


def budget_changes(world: World) -> None:
    """Somebody at head office raises or cuts a budget."""
    book = world.chance.choice(world.books())
    amount = book.cost_cap_minor * world.chance.randint(0, 100)
    used = book.committed_minor + book.reserve_minor
    world.office.budget(book.offer, amount)
    world.allowed_minor[book.offer] = max(amount, used)


def revoke_grant(world: World) -> None:
    """A grant is taken back."""
    with world.office.context.database.read() as connection:
        lent = connection.execute(select(grants.c.grant).order_by(grants.c.grant)).scalars().all()
    if lent:
        grant = world.chance.choice(lent)
        world.office.revoke_grant(grant, "simulated")
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
        # Head office may know of a fork that the terminal has not heard of.
        with refusable(world, frozenset({"terminal_frozen"})):
            world.office.lend(state.terminal, state.epoch)
            again = world.office.lend(state.terminal, state.epoch)
            assert not again.numbers, f"asking again lent {again.numbers} once more"
