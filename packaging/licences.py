"""Write resources/licences/THIRD_PARTY.md from what is installed: what ships, under which licence.

Run it in an environment with the runtime pins: .venv/bin/python packaging/licences.py
It must not know the menu. The test of the project files keeps the list equal to the pins.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "packaging" / "requirements" / "runtime.txt"
CAMERA_PINS = ROOT / "packaging" / "requirements" / "camera.txt"
LIST = ROOT / "resources" / "licences" / "THIRD_PARTY.md"

# Pins that only other systems or the extra install, so that their metadata may be absent here.
ELSEWHERE = {
    "backports-tarfile": ("MIT", "https://github.com/jaraco/backports.tarfile"),
    "colorama": ("BSD-3-Clause", "https://github.com/tartley/colorama"),
    "importlib-metadata": ("Apache-2.0", "https://github.com/python/importlib_metadata"),
    "jeepney": ("MIT", "https://gitlab.com/takluyver/jeepney"),
    "lazy-importer": ("Apache-2.0", ""),
    "pyside6-addons": (
        "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only; FFmpeg inside: LGPL-2.1-or-later",
        "https://pyside.org",
    ),
    "pywin32-ctypes": ("BSD-3-Clause", "https://github.com/enthought/pywin32-ctypes"),
    "secretstorage": ("BSD-3-Clause", "https://github.com/mitya57/secretstorage"),
    "tzdata": ("Apache-2.0", "https://github.com/python/tzdata"),
    "zipp": ("MIT", "https://github.com/jaraco/zipp"),
}
# Where the metadata says less than the project's own licence file does.
STATED = {
    "rich-click": "MIT",
    "sqlcipher3": "Zlib; SQLCipher inside: BSD-3-Clause; OpenSSL inside: Apache-2.0",
}
# A longer "licence" field is the whole text, and the classifiers name it better.
LICENCE_CHARS_MAX = 60
# A home page there is no home.
REGISTRY = re.compile(r"(?:pypi|pythonhosted|npmjs)\.")

HEAD = """# Third-party software and fonts

BranchDesk itself is under the Apache License 2.0 (`LICENSE`). It stands on the work below, used
unchanged. The texts of the licences that ask to travel along lie beside this page; every package
carries its own licence file as well. Written by `packaging/licences.py` from what is installed.

Qt and PySide6 are used under the LGPL 3 as separate shared libraries: whoever has the program may
replace them with their own build, in the folder where they lie.

## Fonts

| font | licence | its text | from |
|---|---|---|---|
| Noto Sans SC | OFL-1.1 | `fonts/OFL-NotoSansSC.txt` | <https://github.com/notofonts/noto-cjk> |
| HanaMinB | Hanazono or OFL-1.1 | `fonts/HANAMIN-LICENSE.txt` | <http://fonts.jp/hanazono/> |

## Packages

"""
EXTRA_HEAD = """
## The extra `camera`

Whoever installs it gets this as well; no installer of ours holds it.

"""
TABLE_HEAD = """| package | version | licence | home |
|---|---|---|---|
"""


def read_pins(path: Path) -> list[tuple[str, str]]:
    """Return (name, version) of every pin, in the file's order."""
    return re.findall(
        r"^([a-z0-9][a-z0-9._-]*)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE
    )


def facts_of(name: str) -> dict[str, list[str]]:
    """Return an installed package's metadata, every field as a list of its values."""
    fields = metadata.metadata(name).json
    return {key: [value] if isinstance(value, str) else value for key, value in fields.items()}


def licence_of(name: str, facts: dict[str, list[str]]) -> str:
    """Return a package's licence in one line, from its expression, its field or its classifiers."""
    if name in STATED:
        return STATED[name]
    for given in facts.get("license_expression", []) + facts.get("license", []):
        if given.upper() != "UNKNOWN" and len(given) < LICENCE_CHARS_MAX:
            return given
    lines = [line for line in facts.get("classifier", []) if line.startswith("License ::")]
    return ", ".join(line.rsplit(" :: ", 1)[-1] for line in lines)


def home_of(facts: dict[str, list[str]]) -> str:
    """Return a package's home page that is not a registry, or an empty string."""
    pairs = [line.split(",", 1) for line in facts.get("project_url", [])]
    urls = {label.strip().lower(): url.strip() for label, url in pairs}
    wanted = ("homepage", "home", "source", "source code", "repository", "github", "documentation")
    found = facts.get("home_page", []) + [urls.get(label, "") for label in wanted]
    found += urls.values()
    return next((url for url in found if url.startswith("http") and not REGISTRY.search(url)), "")


def row(name: str, version: str) -> str:
    """Return one line of the table; stop when nothing is known of a package."""
    try:
        facts = facts_of(name)
    except metadata.PackageNotFoundError:
        if name not in ELSEWHERE:
            sys.exit(f"licences: {name} is not installed here and not listed as foreign")
        licence, home = ELSEWHERE[name]
    else:
        licence, home = licence_of(name, facts), home_of(facts)
    if not licence:
        sys.exit(f"licences: {name} {version} does not say its licence; add it to STATED")
    return f"| {name} | {version} | {licence} | {f'<{home}>' if home else ''} |"


def table(pins: list[tuple[str, str]]) -> str:
    """Return the table of some pins."""
    return TABLE_HEAD + "".join(row(name, version) + "\n" for name, version in pins)


def main() -> None:
    """Write the list."""
    ships = read_pins(PINS)
    extra = [pin for pin in read_pins(CAMERA_PINS) if pin not in ships]
    LIST.parent.mkdir(parents=True, exist_ok=True)
    LIST.write_text(HEAD + table(ships) + EXTRA_HEAD + table(extra), encoding="utf-8")


if __name__ == "__main__":
    main()
