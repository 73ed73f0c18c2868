"""The kit's plain parts: words, formats, tokens, style, stale answers. Without Qt."""

import ast
import json
import re
import string
from pathlib import Path

import pytest

from branchdesk.domain.bilingual import Bilingual
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.ui.kit.background import Lane, Latest
from branchdesk.ui.kit.formats import age_phrase, money_text
from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.tokens import (
    MOUSE,
    PALETTES,
    TOUCH,
    TOUCH_TARGET_MIN,
    Palette,
    metrics,
)
from branchdesk.ui.kit.words import Phrase, Words, error_phrase, phrase
from branchdesk.ui.shell.actions import ACTIONS
from branchdesk.ui.shell.settings import LANGUAGES, THEMES, DeskSettings
from tests.fakes.background import ManualBackground

_KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")
# The files of the catalogue that the window alone speaks from; a line a screen.
WINDOW_TEXTS = ("desk", "enrol", "help", "kit", "practice", "settings", "shift")
UI = Path(__file__).resolve().parents[2] / "branchdesk" / "ui"
ICONS = UI.parents[1] / "resources" / "icons"
# These are drawn by the style sheet, in a colour of their own.
FIXED = {"tick", "tick_dark", "chevron", "chevron_light"}
# Drawn with the design system, ahead of the screens that show them.
AHEAD = {
    "battery", "book", "calendar", "camera", "chart", "cloud", "copy", "disk",
    "document", "filter", "fold", "handover", "key", "message", "pause",
    "pin", "road", "scanner", "shift", "sound_off", "two_people",
    "unfold", "van",
}  # fmt: skip


class EchoTexts:
    """Answers with the key, the language and the facts."""

    def say(self, key: str, language: str, /, **facts: object) -> str:
        told = " ".join(f"{name}={value}" for name, value in sorted(facts.items()))
        return f"{key}/{language} {told}".strip()

    def error(self, error: Exception, language: str, /) -> str:
        assert isinstance(error, RuleViolation)
        return f"error {self.say(error.code, language, **error.facts)}"


def test_a_phrase_says_its_phrases_and_bilingual_facts_first() -> None:
    words = Words(EchoTexts(), "zh")
    inner = phrase("purpose.service")
    said = words.phrase(phrase("outer", purpose=inner, name=Bilingual("礼盒", "box"), n=[1, inner]))
    assert said == "outer/zh n=1、purpose.service/zh name=礼盒 purpose=purpose.service/zh"


def test_an_error_is_said_by_the_catalogues_rules_for_errors() -> None:
    found = error_phrase(EnvironmentFault("disk_full", free=3))
    assert Words(EchoTexts(), "en").phrase(found) == "error disk_full/en free=3"
    assert error_phrase(ValueError("secret of a customer")) == Phrase("desk.unexpected")


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "¥0"), (5, "¥0.05"), (1_000, "¥10"), (123_450, "¥1,234.50"), (100_000_000, "¥1,000,000")],
)
def test_money_is_written_in_yuan(minor: int, text: str) -> None:
    assert money_text(minor) == text


@pytest.mark.parametrize(
    ("age_ms", "key", "count"),
    [
        (59_999, "desk.age.now", None),
        (60_000, "desk.age.minutes", 1),
        (3_599_999, "desk.age.minutes", 59),
        (3_600_000, "desk.age.hours", 1),
        (86_400_000, "desk.age.days", 1),
    ],
)
def test_ages_use_the_largest_unit_that_fits(age_ms: int, key: str, count: int | None) -> None:
    found = age_phrase(age_ms)
    assert (found.key, found.facts.get("count")) == (key, count)


def test_only_the_newest_answer_is_heard_and_dropping_silences_all() -> None:
    background, heard = ManualBackground(), list[int]()
    latest = Latest(background)
    for number in (1, 2):
        latest.submit(Lane.STORE, lambda number=number: number, heard.append)  # type: ignore[misc]  # bound now
    background.run(1)
    background.run(0)
    assert heard == [2]
    latest.submit(Lane.STORE, lambda: 3, heard.append)
    latest.drop()
    background.run_all()
    assert heard == [2]


def test_every_theme_has_a_palette_and_settings_go_round() -> None:
    assert set(PALETTES) == set(THEMES)
    settings, seen = DeskSettings(), set()
    for _ in THEMES:
        seen.add(settings.theme)
        settings = DeskSettings(theme=settings.next_theme())
    assert seen == set(THEMES)
    assert {DeskSettings(language=code).next_language() for code in LANGUAGES} == set(LANGUAGES)


def test_fingers_get_larger_controls() -> None:
    assert metrics(touch=False) is MOUSE
    assert metrics(touch=True) is TOUCH
    assert min(TOUCH.control, TOUCH.row, TOUCH.control - 10) >= TOUCH_TARGET_MIN


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_the_style_sheet_balances_and_takes_its_colours_from_the_table(palette: Palette) -> None:
    sheet = style_sheet(palette, MOUSE, "/icons")
    assert sheet.count("{") == sheet.count("}")
    known = {getattr(palette, name) for name in Palette.__slots__ if name != "series"}
    used = {
        f"#{word[:6]}"
        for word in sheet.split("#")[1:]
        if all(letter in string.hexdigits for letter in word[:6]) and len(word) >= 6
    }
    assert used <= known


def _modules() -> list[Path]:
    return sorted(UI.rglob("*.py"))


def test_no_module_of_the_window_does_what_the_rules_forbid() -> None:
    forbidden = {"sender", "processEvents", "exec_", "setRichText"}
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in forbidden, f"{path}:{node.lineno}"
                assert node.attr != "exec", f"{path}:{node.lineno}"


def test_presenters_states_and_what_they_stand_on_know_no_qt() -> None:
    plain = {"presenter", "state", "form", "lines", "draft", "attempt", "finding", "paper"}
    plain |= {"person", "words", "formats", "tokens", "style_sheet", "background", "actions"}
    plain |= {"services", "settings", "status_lines", "revealing", "book"}
    plain |= {"offers", "person_fields"}
    checked = [path for path in _modules() if path.stem in plain]
    assert len(checked) >= 20
    for path in checked:
        assert "PySide6" not in path.read_text(encoding="utf-8"), path


def test_every_icon_that_is_named_is_there_and_none_is_left_over() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in _modules())
    sources += (UI.parent / "domain" / "offer.py").read_text(encoding="utf-8")
    there = {path.stem for path in ICONS.glob("*.svg")}
    assert {action.icon for action in ACTIONS} <= there
    unused = {name for name in there if f'"{name}"' not in sources and f"{name}.svg" not in sources}
    assert unused - FIXED - AHEAD == set()


@pytest.mark.parametrize("path", sorted(ICONS.glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_is_of_one_style(path: Path) -> None:
    drawn = path.read_text(encoding="utf-8")
    assert 'viewBox="0 0 24 24"' in drawn or path.stem in FIXED
    assert 'stroke="currentColor"' in drawn or path.stem in FIXED
    assert len(drawn) < 1_000


def test_every_text_that_is_named_is_worded_in_both_languages_and_none_is_left_over() -> None:
    words: dict[str, dict[str, str]] = {}
    for name in WINDOW_TEXTS:
        text = (UI.parents[1] / "resources" / "texts" / f"{name}.json").read_text("utf-8")
        words.update(json.loads(text))
    # Errors are raised below the window, and have a test of their own.
    words = {key: entry for key, entry in words.items() if not key.startswith("error.")}
    assert all(set(entry) == {"zh", "en"} and all(entry.values()) for entry in words.values())
    named, prefixes = set[str](), set[str]()
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                prefixes.add(str(node.values[0].value))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                named.add(node.value)
    areas = {key.partition(".")[0] for key in words}
    keys = {text for text in named if _KEY.fullmatch(text) and text.partition(".")[0] in areas}
    assert keys - set(words) - prefixes == set()
    begun = tuple(prefix for prefix in prefixes if prefix.partition(".")[0] in areas)
    assert {key for key in words if key not in keys and not key.startswith(begun)} == set()
