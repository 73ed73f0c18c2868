"""What people at head office do in the simulation: budgets, and authority taken away."""

from sqlalchemy import select

from branchdesk.headoffice.tables import grants
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
