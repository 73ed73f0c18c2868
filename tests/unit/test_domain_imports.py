"""Imports: the domain loads without its heavy libraries, so that the first window is not late."""

import os
import pkgutil
import subprocess
import sys

import branchdesk.domain

PROBE = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(f"branchdesk.domain.{name}")
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
HEAVY = {"phonenumbers", "pypinyin", "cel", "stdnum", "typer"}
ELSEWHERE = {"sqlalchemy", "PySide6", "yaml", "httpx"}


def test_importing_the_domain_loads_no_heavy_library() -> None:
    modules = [module.name for module in pkgutil.iter_modules(branchdesk.domain.__path__)]
    assert {"person", "campaign", "eligibility"} <= set(modules)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *modules],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "branchdesk" in loaded
    assert not loaded & (HEAVY | ELSEWHERE)
