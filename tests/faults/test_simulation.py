"""The simulated bank: some cases of it with every push, and proof that a seed repeats its case."""

import random

import pytest

from tests.faults.parts import Case, Trial
from tests.faults.simulation import STEPS, run, simulate

SEED = 20_270_104


def the_case(number: int) -> Case:
    """Return a numbered case of this seed."""
    return Case(number, random.Random(f"{SEED}:{number}"))


@pytest.mark.parametrize("number", range(6))
def test_every_guarantee_holds_after_all_that_can_happen_to_a_bank(number: int) -> None:
    world = simulate(the_case(number), 150)
    assert sum(world.steps.values()) == 150


def test_the_same_case_happens_again_to_the_last_byte() -> None:
    first, second = simulate(the_case(7), 60), simulate(the_case(7), 60)
    assert (first.steps, first.done) == (second.steps, second.done)
    assert [m.answered for m in first.machines] == [m.answered for m in second.machines]
    assert first.network.met == second.network.met


def test_the_part_counts_its_steps_and_tells_no_violation() -> None:
    told: list[dict[str, object]] = []
    trial = Trial(SEED, 0.0, told.append, case=1)
    run(trial)
    trial.flush()
    assert told == [{"counts": {"steps": STEPS}}, {"counts": {"banks": 1}}]
