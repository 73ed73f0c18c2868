"""What lies around the program: the system's printers and what the machine runs on.

Both are asked of the system each time and may take a moment, so never on the window's thread.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from branchdesk.application.ports import Power

_POWER_SUPPLIES: Final = Path("/sys/class/power_supply")
_PMSET: Final = ("/usr/bin/pmset", "-g", "batt")
_PMSET_TIMEOUT_S: Final = 5
# GetSystemPowerStatus (Win32): a flag of no battery, and what stands for "not known".
_NO_BATTERY, _UNKNOWN = 128, 255


class SystemMachine:
    """Implements the ``Machine`` port on the machine itself."""

    def printers(self) -> tuple[str, ...]:
        """Return the names of the system's printers; none when there are none or nobody can say."""
        from PySide6.QtGui import QGuiApplication
        from PySide6.QtPrintSupport import QPrinterInfo

        if QGuiApplication.instance() is None:
            # A command has no window, and the print system's plug-in wants an application.
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
            self._application = QGuiApplication(["branchdesk"])
        first = QPrinterInfo.defaultPrinterName()
        names = QPrinterInfo.availablePrinterNames()
        return tuple(sorted(names, key=lambda name: (name != first, name)))

    def power(self) -> Power | None:
        """Return what the machine runs on, or None when it does not say."""
        if sys.platform == "win32":
            return _windows_power()
        if sys.platform == "darwin":
            return mac_power(_run_pmset)
        return linux_power()


def linux_power(folder: Path = _POWER_SUPPLIES) -> Power | None:
    """Read the kernel's power supplies; the batteries of mice and keyboards do not count."""
    try:
        supplies = [_supply(path) for path in sorted(folder.iterdir())]
    except FileNotFoundError:
        return Power(None, on_mains=True)  # A kernel without the class has no battery to tell of.
    except OSError:
        return None
    batteries = [
        found for found in supplies if found["type"] == "Battery" and found["scope"] != "Device"
    ]
    plugged = any(found["type"] != "Battery" and found["online"] == "1" for found in supplies)
    if not batteries:
        return Power(None, on_mains=True)
    levels = [int(found["capacity"]) for found in batteries if found["capacity"].isdigit()]
    if not levels:
        return None
    charging = any(found["status"] in {"Charging", "Full"} for found in batteries)
    return Power(max(levels), on_mains=plugged or charging)


def mac_power(ask: Callable[[], str]) -> Power | None:
    """Read the answer of ``pmset -g batt``: the source in quotes, and a percentage a battery."""
    try:
        said = ask()
    except (OSError, subprocess.SubprocessError):
        return None
    level = re.search(r"(\d{1,3})%", said)
    return Power(int(level[1]) if level else None, on_mains="AC Power" in said)


def _supply(path: Path) -> dict[str, str]:
    return {name: _read(path / name) for name in ("type", "scope", "online", "capacity", "status")}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _run_pmset() -> str:
    done = subprocess.run(  # noqa: S603  (a fixed program by its full path, no shell)
        _PMSET, capture_output=True, text=True, timeout=_PMSET_TIMEOUT_S, check=True
    )
    return done.stdout


def _windows_power() -> Power | None:
    """Ask GetSystemPowerStatus; nothing where it is not there."""
    if sys.platform != "win32":
        return None
    import ctypes

    # SYSTEM_POWER_STATUS: four bytes (line, flag, percent, saver) and two counts of seconds.
    status = (ctypes.c_ubyte * 12)()
    if not ctypes.windll.kernel32.GetSystemPowerStatus(ctypes.byref(status)):
        return None
    return windows_power(status[0], status[1], status[2])


def windows_power(line: int, flag: int, percent: int) -> Power | None:
    """Read the first three bytes of SYSTEM_POWER_STATUS."""
    if flag == _UNKNOWN:
        return None
    if flag & _NO_BATTERY:
        return Power(None, on_mains=True)
    return None if percent == _UNKNOWN else Power(percent, on_mains=line == 1)
