"""Every error code that any module raises has a text in both languages."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ERRORS = {"RuleViolation", "EnvironmentFault", "ContractFault"}


def _codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ERRORS
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def _catalogue() -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = {}
    for path in sorted((ROOT / "resources/texts").glob("*.json")):
        entries.update(json.loads(path.read_text(encoding="utf-8")))
    return entries


@pytest.mark.parametrize(
    "package", sorted(path.name for path in (ROOT / "branchdesk").iterdir() if path.is_dir())
)
def test_every_code_raised_in_a_package_has_a_text(package: str) -> None:
    catalogue = _catalogue()
    raised = {
        code: path.name
        for path in sorted((ROOT / "branchdesk" / package).rglob("*.py"))
        for code in _codes(path)
    }
    wordless = {
        code: where
        for code, where in raised.items()
        if f"error.{code}" not in catalogue
        and not any(key.startswith(f"error.{code}.") for key in catalogue)
    }

    assert wordless == {}


def test_no_key_is_worded_twice() -> None:
    seen: dict[str, str] = {}
    twice = []
    for path in sorted((ROOT / "resources/texts").glob("*.json")):
        for key in json.loads(path.read_text(encoding="utf-8")):
            if key in seen:
                twice.append((key, seen[key], path.name))
            seen[key] = path.name

    assert twice == []
