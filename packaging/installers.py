"""Build the one-folder program and, on Debian's relatives, the .deb from it; both land in dist/.

Run by `make package` in an environment that holds the runtime pins and PyInstaller, nothing else.
It must not know how that environment came to be.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from system_packages import FOR_PROGRAM

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
FOLDER = DIST / "branchdesk"
BUILD = ROOT / "build"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# Libraries that Ubuntu 24.04 and Debian 13 renamed.
RENAMED = ("libglib2.0-0",)

DESKTOP = """[Desktop Entry]
Type=Application
Name=BranchDesk
Name[zh_CN]=网点活动终端
Comment=Offline-first campaign desk for bank branches
Comment[zh_CN]=登记、发券、打印、核销，离线可用
Exec=/opt/branchdesk/branchdesk
Icon=branchdesk
Terminal=false
Categories=Office;
"""


def version() -> str:
    """Return the project's version."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    if found is None:
        sys.exit("package: pyproject.toml names no version")
    return found.group(1)


def build_folder() -> None:
    """Run PyInstaller; dist/branchdesk is made anew."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level=WARN"]
    command += ["--distpath", str(DIST), "--workpath", str(BUILD / "pyinstaller")]
    command.append(str(ROOT / "packaging" / "branchdesk.spec"))
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit("package: PyInstaller failed; its messages are above")


def prove_that_it_starts() -> None:
    """Start the frozen program once, without a display and without the checkout."""
    name = "branchdesk.exe" if os.name == "nt" else "branchdesk"
    variables = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    started = subprocess.run(
        [str(FOLDER / name), "--help"],
        cwd=DIST,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if started.returncode or "demo" not in started.stdout:
        sys.exit("package: the built program does not start: " + started.stderr.strip()[-300:])


def control(size_kib: int) -> str:
    """Return the .deb's control file."""
    needs = [f"{name}t64 | {name}" if name in RENAMED else name for name in FOR_PROGRAM]
    return (
        "Package: branchdesk\n"
        f"Version: {version()}\n"
        f"Architecture: {MACHINES.get(platform.machine(), platform.machine())}\n"
        "Maintainer: BranchDesk <branchdesk@localhost>\n"
        "Section: misc\nPriority: optional\n"
        f"Installed-Size: {size_kib}\n"
        f"Depends: libc6 (>= 2.34), {', '.join(needs)}\n"
        "Recommends: libcups2t64 | libcups2\n"
        "Description: offline-first campaign desk for bank branches and service vans\n"
        " It registers the walk-in customer, issues and prints vouchers that nobody can forge,\n"
        " redeems them, and brings every record home to head office, with or without a line.\n"
    )


def lay_out(tree: Path) -> None:
    """Lay out the .deb's files under an empty folder."""
    shutil.copytree(FOLDER, tree / "opt" / "branchdesk", symlinks=True)
    for folder in ("usr/bin", "usr/share/applications", "usr/share/doc/branchdesk", "DEBIAN"):
        (tree / folder).mkdir(parents=True)
    (tree / "usr/bin/branchdesk").symlink_to("/opt/branchdesk/branchdesk")
    desktop = tree / "usr/share/applications/branchdesk.desktop"
    desktop.write_text(DESKTOP, encoding="utf-8")
    notes = (ROOT / "LICENSE", ROOT / "resources" / "licences" / "THIRD_PARTY.md")
    text = "\n\n".join(note.read_text(encoding="utf-8") for note in notes)
    (tree / "usr/share/doc/branchdesk/copyright").write_text(text, encoding="utf-8")
    for kind, folder in (("svg", "scalable"), ("png", "256x256")):
        icon = ROOT / "resources" / "icons" / f"branchdesk.{kind}"
        if icon.exists():
            target = tree / "usr/share/icons/hicolor" / folder / "apps"
            target.mkdir(parents=True)
            shutil.copy2(icon, target)


def build_deb() -> Path:
    """Make the .deb from dist/branchdesk and return its path."""
    tree = BUILD / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    lay_out(tree)
    files = [file for file in tree.rglob("*") if file.is_file() and not file.is_symlink()]
    size_kib = sum(file.stat().st_size for file in files) // 1024
    (tree / "DEBIAN" / "control").write_text(control(size_kib), encoding="utf-8")
    machine = MACHINES.get(platform.machine(), platform.machine())
    package = DIST / f"branchdesk_{version()}_{machine}.deb"
    # xz, because the relatives of Debian 12 that banks run do not all read zstd.
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", str(tree), str(package)]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        sys.exit("package: dpkg-deb failed; its message is above")
    shutil.rmtree(tree)
    return package


def main() -> None:
    """Build what this system can build, and say where it is."""
    build_folder()
    prove_that_it_starts()
    print(f"Program     {FOLDER.relative_to(ROOT)}")
    if shutil.which("dpkg-deb"):
        print(f"Installer   {build_deb().relative_to(ROOT)}")
    if os.name == "nt":
        print("For the MSI see packaging/windows/branchdesk.wxs")


if __name__ == "__main__":
    main()
