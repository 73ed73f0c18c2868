"""Set up a checkout and run the menu: standard library only, started by any Python from 3.8.

It makes `.venv`, installs the hashed pins and the project into it, asks apt for the few libraries
that wheels do not bring, and then runs the wanted job in that environment. What is already in place
is recognised, so a second call starts at once. It must not know what the program does.

    python3 packaging/bootstrap.py help          (on Windows: py packaging\\bootstrap.py help)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from environments import (
    ROOT,
    WINDOWS,
    SetupError,
    check_libc,
    ensure_venv,
    environment,
    run_quietly,
    say,
    tool,
)
from system_packages import FOR_PROGRAM, FOR_TESTS, ensure_system_packages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OUT = ROOT / "out"
WORKERS_MAX = 4

MENU = {
    "run": "set up, then show the demo: in a window, or without a display into out/demo",
    "test": "set up, run the linters and every test (arguments go to pytest)",
    "check": "the linters only: ruff, mypy, import-linter",
    "fix": "let ruff repair and format what it can",
    "bench": "the speed ratios, one JSON object a row (PRETTY=1 for a table)",
    "gallery": "a picture of every screen",
    "faults": "kill, power cut, failing disk, bad network, counted (MINUTES=5 SEED=1)",
    "package": "the one-folder program and the .deb, in dist/",
    "setup": "only make the environment ready",
    "pins": "compile the *.in files to hashed pins (needs uv)",
    "clean": "remove what the other commands made, except .venv",
    "help": "this menu",
}


def set_up(wanted: str) -> None:
    """Make the machine ready for the program (runtime) or for its tests as well (dev)."""
    check_libc()
    ensure_system_packages(FOR_PROGRAM if wanted == "runtime" else FOR_PROGRAM + FOR_TESTS, say)
    ensure_venv(wanted)


def call(*command: str, offscreen: bool = False) -> int:
    """Run a program in the open, from the checkout, and return its exit code."""
    variables = environment()
    if offscreen:
        variables.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.stdout.flush()
    return subprocess.run(list(command), cwd=str(ROOT), env=variables, check=False).returncode


def display_opens() -> bool:
    """Say whether a window can be shown: a display is named and Qt can open it."""
    if WINDOWS or sys.platform == "darwin":
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    code = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
    opened = subprocess.run(
        [tool("python"), "-c", code], env=environment(), capture_output=True, check=False
    )
    if opened.returncode:
        say("The display cannot be opened; going on without a window")
    return opened.returncode == 0


def show_findings(folder: Path) -> None:
    """Print where the demo left its papers, its pictures and the proof that it was synchronised."""
    kinds = (
        ("Vouchers", "*.pdf"),
        ("Pictures", "*.png"),
        ("Sync proof", "*proof*"),
        ("Summary", "summary.json"),
    )
    for title, pattern in kinds:
        for found in sorted(folder.glob(pattern)):
            say(f"{title:<11} {found.relative_to(ROOT)}")


def do_run(arguments: Sequence[str]) -> int:
    """Show the demo in a window, or without one into a fresh out/demo."""
    set_up("runtime")
    if display_opens():
        folder = OUT / time.strftime("demo-%Y%m%d-%H%M%S")
        command = ["demo", "--out", str(folder), *arguments]
    else:
        folder = OUT / "demo"
        if folder.exists():
            shutil.rmtree(str(folder))
        command = ["demo", "--headless", "--out", str(folder), *arguments]
    code = call(tool("branchdesk"), *command)
    if code == 0:
        show_findings(folder)
    return code


def lint() -> int:
    """Run every linter, also after one has failed, and name those that did."""
    python = tool("python")
    scripts = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "packaging").glob("*.py"))]
    linters = (
        ("ruff check", [python, "-m", "ruff", "check", "--quiet", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--quiet", "--check", "."]),
        ("mypy", [python, "-m", "mypy", "--no-error-summary"]),
        ("mypy packaging", [python, "-m", "mypy", "--no-error-summary", *scripts]),
        ("lint-imports", [tool("lint-imports"), "--no-logo"]),
    )
    failed = [name for name, command in linters if call(*command)]
    if failed:
        raise SetupError("these checks failed: " + ", ".join(failed))
    say("Linters: all good")
    return 0


def worker_count() -> int:
    """Return how many test processes this machine carries."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), WORKERS_MAX)
    return min(os.cpu_count() or 1, WORKERS_MAX)


def do_test(arguments: Sequence[str]) -> int:
    """Run the linters and the tests; pytest has the last word."""
    set_up("dev")
    lint()
    # One file stays on one worker: files share costly fixtures (a million people, a PostgreSQL).
    spread = ["-n", str(worker_count()), "--dist", "loadfile"] if worker_count() > 1 else []
    return call(tool("python"), "-m", "pytest", *spread, *arguments, offscreen=True)


def do_check(_arguments: Sequence[str]) -> int:
    """Run the linters only."""
    set_up("dev")
    return lint()


def do_fix(_arguments: Sequence[str]) -> int:
    """Repair and format with ruff."""
    set_up("dev")
    repaired = call(tool("python"), "-m", "ruff", "check", "--fix", ".")
    return call(tool("python"), "-m", "ruff", "format", ".") or repaired


def module_job(module: str) -> Callable[[Sequence[str]], int]:
    """Return a job that runs one of the test tree's own programs.

    Its variables (MINUTES, SEED, PRETTY) reach it through the environment.
    """

    def job(arguments: Sequence[str]) -> int:
        set_up("dev")
        return call(tool("python"), "-m", module, *arguments, offscreen=True)

    return job


def do_package(arguments: Sequence[str]) -> int:
    """Build the installers in an environment that holds nothing but the program and the builder."""
    set_up("runtime")
    venv = ROOT / "build" / "package-venv"
    ensure_venv("package", venv)
    return call(tool("python", venv), "packaging/installers.py", *arguments)


def do_setup(_arguments: Sequence[str]) -> int:
    """Make the environment ready and say where the program is."""
    set_up("dev")
    say("Ready: " + str(Path(tool("branchdesk")).relative_to(ROOT)))
    return 0


def do_pins(_arguments: Sequence[str]) -> int:
    """Compile the pins; runtime comes first, because the others must agree with it."""
    uv = shutil.which("uv")
    if uv is None:
        raise SetupError("uv is not on PATH: install it (pipx install uv), then run this again")
    options = "--quiet --universal --python-version 3.11 --generate-hashes --no-header"
    for name in ("runtime", "camera", "dev", "package", "build"):
        agree = [] if name in ("runtime", "build") else ["-c", "packaging/requirements/runtime.txt"]
        base = "packaging/requirements/" + name
        command = [
            uv,
            "pip",
            "compile",
            *options.split(),
            "--no-emit-index-url",
            *agree,
            "-o",
            base + ".txt",
            base + ".in",
        ]
        run_quietly(command, "compiling " + name)
        say(f"Compiled {base}.txt")
    return 0


def do_clean(_arguments: Sequence[str]) -> int:
    """Remove what the other commands made; the environment stays."""
    made = ["build", "dist", "out", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"]
    made += [".import_linter_cache", "branchdesk.egg-info"]
    for name in made:
        shutil.rmtree(str(ROOT / name), ignore_errors=True)
    return 0


def do_help(_arguments: Sequence[str]) -> int:
    """Print the menu."""
    say(
        "BranchDesk. make COMMAND, or {} packaging/bootstrap.py COMMAND".format(
            "py" if WINDOWS else "python3"
        )
    )
    for name, text in MENU.items():
        say(f"  {name:<8} {text}")
    return 0


JOBS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": do_run,
    "test": do_test,
    "check": do_check,
    "fix": do_fix,
    "bench": module_job("tests.bench"),
    "gallery": module_job("tests.gui.gallery"),
    "faults": module_job("tests.faults"),
    "package": do_package,
    "setup": do_setup,
    "pins": do_pins,
    "clean": do_clean,
    "help": do_help,
}


def main(arguments: Sequence[str]) -> int:
    """Run one job of the menu; every failure is one line on stderr and a non-zero exit."""
    name = arguments[0] if arguments else "help"
    if name not in JOBS:
        sys.stderr.write(f"branchdesk: there is no command {name!r}; 'help' lists them\n")
        return 2
    try:
        return JOBS[name](arguments[1:])
    except SetupError as reason:
        sys.stderr.write(f"branchdesk: {reason}\n")
    except OSError as reason:
        sys.stderr.write(f"branchdesk: {reason.filename or name}: {reason.strerror or reason}\n")
    except KeyboardInterrupt:
        sys.stderr.write("branchdesk: stopped\n")
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
