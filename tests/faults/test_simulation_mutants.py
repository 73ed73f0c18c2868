"""Every safety rule carries weight: a bank without it is found out by the simulation."""

import itertools

import pytest

from tests.faults.simulation.found_out import found_out
from tests.faults.simulation.mutants import MUTANTS

SEED = 1
CASES_MAX = 60
# Where each was found out last; tried first, because a search takes longer than a look.
FOUND_IN = {
    "trust a bare 200": 3,
    "no chain check": 1,
    "grants made anew": 1,
    "non-atomic return": 2,
}


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_bank_without_one_of_its_rules_is_found_out(name: str) -> None:
    known = FOUND_IN.get(name, 0)
    assert found_out(name, SEED, itertools.chain([known], range(CASES_MAX))) is not None
