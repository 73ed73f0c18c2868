"""The Debian and Ubuntu packages that wheels cannot bring, and how they get installed.

On other systems everything here does nothing. It must not know about virtual environments.
"""

from __future__ import annotations

import os
import shutil
import subprocess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# What Qt's libraries, its xcb and its Wayland plug-in link to, read from their ELF headers.
FOR_PROGRAM = (
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libglib2.0-0",
    "libwayland-cursor0",
    "libx11-xcb1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-sync1",
    "libxcb-xfixes0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
)
# libzbar0 is the second reader of our QR codes; poppler-utils reads our PDFs back; the compiler
# makes the shim that records what a store asks of the disk, for power cuts.
FOR_TESTS = ("gcc", "libc6-dev", "libzbar0", "poppler-utils")


def missing(names: Sequence[str]) -> list[str]:
    """Return the packages that dpkg does not know as installed.

    Ubuntu 24.04 and Debian 13 renamed some libraries with a t64 ending; either name will do, and
    apt finds the new one by the old.
    """
    asked = [*names, *(name + "t64" for name in names)]
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *asked],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = (line.split() for line in answer.stdout.splitlines())
    installed = {row[0] for row in rows if row[-1] == "installed"}
    return [name for name in names if name not in installed and name + "t64" not in installed]


def root_prefix() -> list[str] | None:
    """Return what makes a command run as root without asking, or None when nothing does."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    silent = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
    return None if silent.returncode else [sudo, "-n"]


def apt_get(prefix: Sequence[str], *arguments: str) -> bool:
    """Run apt-get without questions and say whether it succeeded."""
    options = ("-q", "-y", "-o", "DPkg::Lock::Timeout=120")
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *options, *arguments]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def install(prefix: Sequence[str], names: Sequence[str]) -> None:
    """Install packages together, or one by one when a release does not know them all."""
    apt_get(prefix, "update")
    wanted = ("install", "--no-install-recommends")
    if not apt_get(prefix, *wanted, *names):
        for name in names:
            apt_get(prefix, *wanted, name)


def has_apt() -> bool:
    """Say whether this is a Debian or one of its relatives."""
    return bool(shutil.which("dpkg-query") and shutil.which("apt-get"))


def ensure_system_packages(names: Sequence[str], say: Callable[[str], None]) -> None:
    """Install the missing ones as root or with a silent sudo; otherwise say which, and go on."""
    lacking = missing(names) if has_apt() else []
    if not lacking:
        return
    prefix = root_prefix()
    if prefix is not None:
        say("Installing system packages: " + " ".join(lacking))
        install(prefix, lacking)
        lacking = missing(names)
    if lacking:
        say("Please install, or parts may not work: sudo apt-get install " + " ".join(lacking))


def install_package(name: str) -> bool:
    """Install one package if this machine lets us, and say whether it is there now."""
    prefix = root_prefix() if has_apt() else None
    if prefix is not None and missing([name]):
        install(prefix, [name])
    return has_apt() and not missing([name])
