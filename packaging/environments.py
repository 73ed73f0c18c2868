"""The Python, the virtual environment and the pins that the menu runs in.

An environment is made once and recognised afterwards by a stamp of everything it depends on.
It must not know the menu, nor what the program does.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from system_packages import install_package

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "packaging" / "requirements"
WINDOWS = os.name == "nt"
OLDEST_PYTHON = (3, 11)
# The versions for which every pin has a wheel, best tried first.
KNOWN_PYTHONS = ((3, 13), (3, 12), (3, 11), (3, 14))


class SetupError(Exception):
    """A step failed; the message is the one line that the person sees."""


def say(line: str) -> None:
    """Print one progress line at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ask_version(python: str) -> tuple[int, int] | None:
    """Return (major, minor) of an interpreter, or None when it does not start."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [python, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=30, check=True
        )
        major, minor = answer.stdout.strip().split(".")
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def choose_python() -> str:
    """Return the interpreter to build the environment from: this one, or a known one on PATH."""
    here = sys.version_info[:2]
    if here in KNOWN_PYTHONS:
        return str(getattr(sys, "_base_executable", None) or sys.executable)
    for version in KNOWN_PYTHONS:
        found = shutil.which("python{}.{}".format(*version))
        if found and ask_version(found) == version:
            return found
    if here >= OLDEST_PYTHON:
        return sys.executable
    raise SetupError(
        "Python {}.{} is too old: install Python 3.11 or newer (Debian and Ubuntu: "
        "sudo apt-get install python3.11 python3.11-venv), then run this again".format(*here)
    )


def check_libc() -> None:
    """Refuse a Linux whose C library is older than the window library needs."""
    name, text = platform.libc_ver()
    if name != "glibc":
        return
    arm = platform.machine() in ("aarch64", "arm64")
    needed = (2, 39) if arm else (2, 34)
    if tuple(int(part) for part in text.split(".")[:2]) < needed:
        raise SetupError(
            "this system has glibc {}, and Qt needs {}.{} or newer{}".format(
                text, *needed, "" if arm else " (Debian 12, Ubuntu 22.04)"
            )
        )


def tool(name: str, venv: Path = VENV) -> str:
    """Return the path of a program inside a virtual environment."""
    return str(venv / "Scripts" / (name + ".exe")) if WINDOWS else str(venv / "bin" / name)


def environment() -> dict[str, str]:
    """Return the variables for child processes, without those that redirect Python or pip.

    Bytecode is kept whatever the machine says: the tests start hundreds of programs, and each one
    would compile every module again.
    """
    left_out = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX",
                "PYTHONDONTWRITEBYTECODE")  # fmt: skip
    return {key: value for key, value in os.environ.items() if key not in left_out}


def run_quietly(command: Sequence[str], what: str) -> None:
    """Run one set-up step; when it fails, stop with the last line that says why."""
    done = subprocess.run(
        list(command),
        cwd=str(ROOT),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error")]
        reason = (errors or lines or ["no reason given"])[-1]
        if "connection broken" in done.stdout:
            reason += " (the package index cannot be reached)"
        raise SetupError(f"{what} failed: {reason}")


def make_venv(venv: Path, python: str) -> None:
    """Make an empty virtual environment with pip, bringing Debian's venv package when missing."""
    version = ask_version(python) or OLDEST_PYTHON
    say("Making {} with Python {}.{}".format(venv.relative_to(ROOT), *version))
    probe = [python, "-c", "import ensurepip, venv"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        package = "python{}.{}-venv".format(*version)
        if not install_package(package):
            raise SetupError(
                "this Python cannot make environments: sudo apt-get install " + package
            )
    run_quietly([python, "-m", "venv", "--clear", str(venv)], "making the virtual environment")


def venv_is_sound(venv: Path) -> bool:
    """Say whether the environment starts, on the Python it was made with, and has pip."""
    version = ask_version(tool("python", venv))
    if version is None or version < OLDEST_PYTHON:
        return False
    library = Path("Lib") if WINDOWS else Path("lib", "python{}.{}".format(*version))
    return (venv / library / "site-packages" / "pip").is_dir()


def fingerprint(venv: Path, files: Sequence[Path]) -> str:
    """Hash what an installation depends on: the files, the Python, the folder it stands in."""
    digest = hashlib.sha256("{} {}".format(ROOT, ask_version(tool("python", venv))).encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def read_stamp(venv: Path) -> dict[str, str]:
    """Return what earlier calls installed, or nothing when there is no readable stamp."""
    try:
        stamp = json.loads((venv / "branchdesk-setup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(venv: Path, stamp: dict[str, str]) -> None:
    """Remember what is installed, written whole or not at all."""
    fresh = venv / "branchdesk-setup.json.new"
    fresh.write_text(json.dumps(stamp), encoding="utf-8")
    fresh.replace(venv / "branchdesk-setup.json")


def pip_install(venv: Path, *arguments: str, what: str) -> None:
    """Install by the environment's own pip."""
    options = ("--quiet", "--disable-pip-version-check", "--no-input")
    run_quietly([tool("python", venv), "-m", "pip", "install", *options, *arguments], what)


def install_pins(venv: Path, names: Sequence[str]) -> None:
    """Install the named pin files, every file checked against its hash, wheels only."""
    files = [REQUIREMENTS / (name + ".txt") for name in names]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    say("Installing {} pinned packages (a minute or two the first time)".format(text.count("==")))
    listed = [part for file in files for part in ("-r", str(file))]
    pip_install(
        venv, "--require-hashes", "--only-binary", ":all:", *listed, what="installing the pins"
    )


def ensure_venv(wanted: str, venv: Path = VENV) -> None:
    """Bring an environment to the wanted pins (runtime, dev or package) with the project in it."""
    stamp = read_stamp(venv)
    if not venv_is_sound(venv) or stamp.get("root", str(ROOT)) != str(ROOT):
        make_venv(venv, choose_python())
        stamp = {}
    pins = [REQUIREMENTS / "build.txt", REQUIREMENTS / (wanted + ".txt")]
    marks = {
        name: fingerprint(venv, [pins[0], REQUIREMENTS / (name + ".txt")])
        for name in {wanted, "runtime"}
    }
    marks["project"] = fingerprint(venv, [ROOT / "pyproject.toml", REQUIREMENTS / "runtime.in"])
    marks["root"] = str(ROOT)
    if stamp.get(wanted) != marks[wanted] or stamp.get("runtime") != marks["runtime"]:
        install_pins(venv, ["build", wanted])
        stamp = {**stamp, **marks, "project": ""}
        write_stamp(venv, stamp)
    if stamp.get("project") != marks["project"] or not Path(tool("branchdesk", venv)).exists():
        pip_install(
            venv, "--no-deps", "--no-build-isolation", "-e", str(ROOT), what="installing BranchDesk"
        )
        write_stamp(venv, {**stamp, "project": marks["project"]})
