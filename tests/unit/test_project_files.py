"""What the files of the checkout promise: clean of the machine, pinned, bilingual, small modules.

It reads the checkout itself, so it is the one unit test that touches the disk.
"""

from __future__ import annotations

import ast
import json
import os
import re
import string
import subprocess
import sys
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import ImageFont

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "packaging" / "requirements"
PIN_FILES = ("runtime", "camera", "dev", "package", "build")
FONTS = ROOT / "resources" / "fonts"
MODULE_LINES_MAX = 450
FUNCTION_LINES_MAX = 60
# Set between a slash and a name, so that this pattern does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.*})])/(?:work|root|home/[a-z_][\w-]*)/\w|[A-Z]:\\Users\\\w")
REGISTRY = re.compile(
    r"\b(?:pypi|files\.pythonhosted|registry\.npmjs|registry\.yarnpkg)\.(?:org|com)"
)
# What the menu's commands make, as in .gitignore.
MADE = {".git", ".venv", "__pycache__", "build", "dist", "out", "branchdesk.egg-info"}
MADE |= {".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache"}
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
# Names that a Chinese bank leaves as they are; every other Latin word in a Chinese text is a slip.
NAMES = {"BranchDesk", "PIN", "PDF", "QR", "A4", "A5", "USB", "ID", "Esc", "Enter", "English", "mm"}


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return the files under version control; in a copy without git, those that are not made."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    try:
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        files = [ROOT / name for name in listing.decode("utf-8").split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        files = [file for file in ROOT.rglob("*") if not MADE & set(file.relative_to(ROOT).parts)]
    found = tuple(sorted(file for file in files if file.is_file()))
    assert ROOT / "pyproject.toml" in found
    return found


def tracked_texts() -> list[tuple[Path, str]]:
    """Return every tracked file that is text, with its text."""
    texts = []
    for file in tracked_files():
        content = file.read_bytes()
        if b"\0" not in content[:8192]:
            texts.append((file, content.decode("utf-8")))
    return texts


def pins(name: str) -> dict[str, str]:
    """Return package and version of one pin file."""
    return dict(PIN.findall((REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")))


def catalogue_entries() -> list[tuple[str, str, str]]:
    """Return (file and key, Chinese, English) of every text for people."""
    files = sorted((ROOT / "resources" / "texts").glob("*.json"))
    assert files, "there are no texts for people"
    return [
        (f"{file.name}: {key}", entry.get("zh", ""), entry.get("en", ""))
        for file in files
        for key, entry in json.loads(file.read_text(encoding="utf-8")).items()
    ]


def placeholders(text: str) -> set[str]:
    """Return the facts that a text names."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def modules(folder: str) -> list[Path]:
    """Return the tracked Python files under a folder of the checkout."""
    inside = ROOT / folder
    return [file for file in tracked_files() if file.suffix == ".py" and inside in file.parents]


def test_no_tracked_text_names_a_path_of_somebodys_machine() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file, text in tracked_texts()
        for match in MACHINE_PATH.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "leak",
    ["cd /{}/main", '"/{}/x"', "(/{}/bin)", "=/{}/a"],
)
@pytest.mark.parametrize("folder", ["work", "root", "home/somebody"])
def test_the_path_pattern_finds_what_it_is_for(leak: str, folder: str) -> None:
    assert MACHINE_PATH.search(leak.format(folder))


def test_no_tracked_text_names_a_package_registry() -> None:
    found = [file.relative_to(ROOT) for file, text in tracked_texts() if REGISTRY.search(text)]
    assert found == []


def test_no_lock_file_is_tracked() -> None:
    # An icon may well be called lock.svg; what pins packages is written in one of these forms.
    locks = re.compile(
        r"(?:^|[./-])lock(?:\.(?:json|yaml|yml|toml|txt))?$|^pylock.*\.toml$|^npm-shrinkwrap\.json$"
    )
    assert [file.name for file in tracked_files() if locks.search(file.name)] == []


@pytest.mark.parametrize("name", PIN_FILES)
def test_requirements_name_no_address_and_no_index(name: str) -> None:
    for file in (REQUIREMENTS / f"{name}.in", REQUIREMENTS / f"{name}.txt"):
        lines = file.read_text(encoding="utf-8").splitlines()
        options = [line for line in lines if line.startswith("-") and not line.startswith("-r ")]
        assert options == []
        assert [line for line in lines if "://" in line or " @ " in line] == []


@pytest.mark.parametrize("name", PIN_FILES)
def test_every_pin_is_exact_and_hashed(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    statements = [
        line
        for line in text.replace("\\\n", " ").splitlines()
        if line and not line.lstrip().startswith("#")
    ]
    assert len(statements) == len(pins(name)) > 0
    for statement in statements:
        assert PIN.match(statement), statement
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", statement), statement


@pytest.mark.parametrize("name", PIN_FILES)
def test_every_direct_need_is_pinned(name: str) -> None:
    needs = (REQUIREMENTS / f"{name}.in").read_text(encoding="utf-8").splitlines()
    wanted = {re.split(r"[\[<>=!~; ]", need)[0].lower().replace("_", "-") for need in needs}
    wanted -= {""} | {word for word in wanted if word.startswith(("#", "-"))}
    assert wanted - set(pins(name)) == set()


@pytest.mark.parametrize("name", ["dev", "package"])
def test_tests_and_installers_use_the_versions_that_people_get(name: str) -> None:
    both = pins(name)
    assert {package: both.get(package) for package in pins("runtime")} == pins("runtime")


@pytest.mark.parametrize("name", ["runtime", "dev", "package"])
def test_pyside_stays_below_the_release_that_loses_references(name: str) -> None:
    version = tuple(int(part) for part in pins(name)["pyside6-essentials"].split("."))
    assert (6, 11, 1) <= version < (6, 12)


def listed_licences(heading: str) -> dict[str, str]:
    """Return package and version of one table of the licence page; each names its licence."""
    page = (ROOT / "resources" / "licences" / "THIRD_PARTY.md").read_text(encoding="utf-8")
    table = page.split(heading)[1].split("|---|---|---|---|")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\S+) \| (\S+) \|([^|]*)\|", table, re.MULTILINE)
    assert [name for name, _, licence in rows if not licence.strip()] == []
    return {name: version for name, version, _ in rows}


def test_every_runtime_pin_has_its_licence_listed() -> None:
    assert listed_licences("\n## Packages\n") == pins("runtime")


def test_the_extra_for_cameras_brings_one_more_package_of_the_same_qt() -> None:
    both = {**pins("runtime"), **pins("camera")}
    extra = {name: both[name] for name in set(both) - set(pins("runtime"))}
    assert listed_licences("\n## The extra `camera`\n") == extra
    assert extra == {"pyside6-addons": pins("runtime")["pyside6-essentials"]}
    assert {**both, **pins("runtime")} == both


def test_every_text_speaks_both_languages_about_the_same_facts() -> None:
    wrong = [
        where
        for where, zh, en in catalogue_entries()
        if not zh.strip() or not en.strip() or placeholders(zh) != placeholders(en)
    ]
    assert wrong == []


def test_no_chinese_text_was_left_in_english() -> None:
    left = []
    for where, zh, _ in catalogue_entries():
        words = set(re.findall(r"[A-Za-z][A-Za-z0-9]*", re.sub(r"\{[^{}]*\}", "", zh)))
        if words - NAMES and not HAN.search(zh):
            left.append(f"{where}: {zh}")
    assert left == []


def test_no_english_text_was_left_in_chinese() -> None:
    left = [
        f"{where}: {en}"
        for where, _, en in catalogue_entries()
        if HAN.search(en) and not re.search(r"[A-Za-z]", re.sub(r"\{[^{}]*\}", "", en))
    ]
    # The switch to Chinese is named in Chinese alone: its reader may know no English.
    assert [text for text in left if "language" not in text] == []


@pytest.mark.parametrize(
    ("font", "characters"),
    [
        ("NotoSansSC-Regular.ttf", "张䶮㛃𬭼"),
        ("NotoSansSC-Bold.ttf", "张䶮㛃𬭼"),
        ("HanaMinB.ttf", "𬭼𠮷𪚥"),
    ],
)
def test_fonts_are_whole_and_draw_rare_names(font: str, characters: str) -> None:
    face = ImageFont.truetype(str(FONTS / font), 48)
    blank = bytes(face.getmask("\U0010fffd"))
    drawn = {character: bytes(face.getmask(character)) for character in characters}
    assert [character for character, dots in drawn.items() if not any(dots)] == []
    assert [character for character, dots in drawn.items() if dots == blank] == []
    assert len(set(drawn.values())) == len(characters)


def test_every_font_has_its_licence_beside_it() -> None:
    notes = [file.read_text(encoding="utf-8") for file in FONTS.glob("*.txt")]
    assert len(notes) == 2
    assert all("SIL OPEN FONT LICENSE Version 1.1" in note for note in notes)


@pytest.mark.parametrize("folder", ["branchdesk", "packaging", "migrations"])
def test_no_module_outgrows_what_one_can_read_at_once(folder: str) -> None:
    sizes = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in modules(folder)
    }
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES_MAX} == {}


@pytest.mark.parametrize("folder", ["branchdesk", "packaging"])
def test_no_function_outgrows_a_page(folder: str) -> None:
    long = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
        for file in modules(folder)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert modules(folder)
    assert long == []


def test_no_package_is_a_drawer_for_odds_and_ends() -> None:
    names = {part for file in modules("branchdesk") for part in file.relative_to(ROOT).parts}
    stems = {Path(name).stem for name in names}
    assert stems & {"utils", "util", "helpers", "common", "manager", "misc"} == set()


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in modules("branchdesk") + modules("packaging")
        if file.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_windows_installer_is_well_formed_and_has_the_version_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "([^"]+)"', project, re.MULTILINE)
    tree = ElementTree.parse(ROOT / "packaging" / "windows" / "branchdesk.wxs")
    package = tree.getroot()[0]
    assert version
    assert package.attrib["Scope"] == "perMachine"
    assert package.attrib["Version"] == version.group(1)
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", package.attrib["UpgradeCode"])


def test_the_makefile_and_the_menu_offer_the_same_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    menu = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "bootstrap.py"), "help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert phony
    assert set(phony.group(1).split()) == set(re.findall(r"^  (\w+) ", menu, re.MULTILINE))


def test_an_unknown_command_is_one_line_and_a_usage_exit() -> None:
    refused = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "bootstrap.py"), "brew"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert re.fullmatch(r"branchdesk: .*brew.*\n", refused.stderr)


@pytest.mark.parametrize("name", ["bootstrap", "environments", "system_packages"])
def test_an_old_python_can_read_the_set_up_and_say_that_it_is_old(name: str) -> None:
    source = (ROOT / "packaging" / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    assert "from __future__ import annotations" in ast.unparse(tree)


def test_the_build_server_runs_what_the_readme_says() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make test"
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_licence_is_the_one_that_the_project_names() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "Apache-2.0"' in project
    assert "Apache License\n                           Version 2.0" in text
    assert "END OF TERMS AND CONDITIONS" in text
