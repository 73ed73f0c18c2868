"""The table of scenarios names what exists, and says where something is missing."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.faults.parts import PARTS
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.simulation.acts import ACTS, RARE_ACTS

ROOT = Path(__file__).resolve().parents[2]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the names of the test functions in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def exists(named: str) -> bool:
    """Say whether a test, a part of ``make faults`` or an act of the simulation is there."""
    if named.startswith("make faults "):
        return named.removeprefix("make faults ") in {part.name for part in PARTS}
    if named.startswith("simulation "):
        return named.removeprefix("simulation ") in {act.name for act in (*ACTS, *RARE_ACTS)}
    path, _, name = named.partition("::")
    return name in functions_of(path)


def test_all_seventy_seven_are_there_in_order() -> None:
    assert [scenario.number for scenario in SCENARIOS] == list(range(1, 78))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.number))
def test_what_a_scenario_names_exists_and_nothing_means_missing(scenario: Scenario) -> None:
    assert [named for named in scenario.tests if not exists(named)] == []
    assert scenario.tests or scenario.missing, "neither a test nor what is missing"


def test_most_of_them_are_covered_to_the_end() -> None:
    assert sum(not scenario.missing for scenario in SCENARIOS) >= 67
