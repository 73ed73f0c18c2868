"""A seeded simulation of the whole bank in one process: the real programs, a false world.

The terminals' use cases and stores and head office are the real ones; clocks, disks, network and
randomness are the simulation's. A case is a few hundred acts, then rest, then every guarantee.
"""

from tests.faults.parts import Case, Trial
from tests.faults.simulation.acts import ACTS, RARE, RARE_ACTS
from tests.faults.simulation.guarantees import GUARANTEES
from tests.faults.simulation.rest import come_to_rest
from tests.faults.simulation.world import World, simulated_world

STEPS = 400
_STEP_MS_MAX = 1_800_000


def run(trial: Trial) -> None:
    """Simulate case after case until the time is over."""
    for case in trial.cases():
        with trial.judged(case):
            world = simulate(case, STEPS)
            trial.count("steps", sum(world.steps.values()))
            trial.count("banks")


def simulate(case: Case, steps: int) -> World:
    """Live through one case and check every guarantee at its end; raises what broke."""
    with simulated_world(case.chance) as world:
        live(world, steps)
        rest = come_to_rest(world)
        for guarantee in GUARANTEES:
            guarantee(rest)
        return world


def live(world: World, steps: int) -> None:
    """Let ``steps`` acts happen, the rare ones too."""
    chance = world.chance
    for _ in range(steps):
        world.time.pass_ms(chance.randrange(_STEP_MS_MAX))
        among = RARE_ACTS if chance.random() < RARE else ACTS
        act = chance.choices(among, [act.weight for act in among])[0]
        world.steps[act.name] += 1
        act.run(world)
