"""The shim of ``shim.c`` from Python: build it, start a process with it, command it.

It needs Linux and a C compiler. Without one the parts that need it are skipped, and say so.
"""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("shim.c")
_PRELOAD = "LD_PRELOAD"


class Call(IntFlag):
    """Kinds of calls, as bits in the order of the shim's own list."""

    WRITE = 1
    SYNC = 2
    OPEN = 4
    RENAME = 8
    SIZE = 16
    UNLINK = 32
    READ = 64


ALTERING = Call.WRITE | Call.SYNC | Call.OPEN | Call.RENAME | Call.SIZE | Call.UNLINK


class Action(IntEnum):
    """What meets the armed call.

    ``KILL_MIDWAY`` writes half of what was to be written; ``FAIL_ON`` meets every later call too;
    ``SLOW`` does the call after so many milliseconds.
    """

    FAIL = 1
    KILL_BEFORE = 2
    KILL_MIDWAY = 3
    KILL_AFTER = 4
    FAIL_ON = 5
    SLOW = 6


def missing() -> str:
    """Say why there can be no shim here; empty when there can."""
    if sys.platform != "linux":
        return "needs Linux"
    if _compiler() is None:
        return "needs a C compiler: sudo apt-get install gcc libc6-dev"
    try:
        build()
    except subprocess.CalledProcessError as error:
        return f"the C compiler fails: {error.stderr.decode(errors='replace')}"
    return ""


def build() -> Path:
    """Compile the shim into the folder for passing files, once for each version of its source."""
    name = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    built = Path(tempfile.gettempdir()) / f"branchdesk-shim-{os.getuid()}-{name}.so"
    if not built.exists():
        compiler = _compiler()
        assert compiler is not None
        fresh = built.with_name(f"{built.name}.{os.getpid()}")
        words = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(fresh)]
        words += [str(SOURCE), "-ldl", "-lpthread"]
        subprocess.run([compiler, *words], check=True, capture_output=True)
        fresh.replace(built)
    return built


def _compiler() -> str | None:
    return shutil.which("gcc") or shutil.which("cc")


def is_loaded() -> bool:
    """Say whether this process was started with the shim."""
    return hasattr(_library(), "shim_watch")


def start_again_with_shim() -> None:
    """Start this very program once more in this process's place, with the shim before libc."""
    if not is_loaded():
        environment = {**os.environ, _PRELOAD: str(build())}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def watch(folder: Path) -> None:
    """From now on look at what happens below ``folder``."""
    _library().shim_watch(os.fsencode(folder))


def trace_into(path: Path) -> None:
    """Write a trace of everything watched; nothing waits for the disk meanwhile."""
    assert _library().shim_trace(os.fsencode(path)) >= 0


def mark(text: str) -> None:
    """Put a text into the trace: what was answered up to here."""
    _library().shim_mark(text.encode())


def arm(calls: Call, nth: int, action: Action, error: int = 0) -> None:
    """Let the ``nth`` watched call among ``calls`` meet its fate; counts begin anew."""
    _library().shim_arm(int(calls), ctypes.c_long(nth), int(action), error)


def disarm() -> None:
    """Let everything pass."""
    _library().shim_arm(0, ctypes.c_long(0), 0, 0)


def count(call: Call) -> int:
    """Return how many watched calls of a kind there were since the last ``arm``."""
    return int(_library().shim_count(call.bit_length() - 1))


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(None)
    if hasattr(library, "shim_count"):
        library.shim_count.restype = ctypes.c_long
    return library
