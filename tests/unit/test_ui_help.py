"""The help's pages and how its presenter finds them: without Qt."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from branchdesk.errors import EnvironmentFault
from branchdesk.ui.help.pages import PAGES, HelpPage, load_pages
from branchdesk.ui.help.presenter import HelpPresenter
from branchdesk.ui.help.state import HelpState
from branchdesk.ui.shell.actions import ACTIONS
from branchdesk.ui.shell.state import Screen
from tests.fakes.background import InlineBackground, ManualBackground

HELP = Path(__file__).resolve().parents[2] / "resources" / "help"
HAN = re.compile(r"[\u4e00-\u9fff]")


class Shown:
    """A view that remembers."""

    def __init__(self) -> None:
        self.state = HelpState()

    def render(self, state: HelpState) -> None:
        self.state = state


def made(
    load: Callable[[str], tuple[HelpPage, ...]] | None = None,
    background: InlineBackground | ManualBackground | None = None,
) -> tuple[HelpPresenter, Shown]:
    """Return a presenter over the real pages, and its view."""
    view = Shown()
    load = load or (lambda language: load_pages(HELP, language))
    return HelpPresenter(view, background or InlineBackground(), load, "zh"), view


def test_every_screen_has_a_page() -> None:
    assert {screen.value for screen in Screen} <= set(PAGES)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_there_short_and_nothing_but_plain_markdown(language: str) -> None:
    files = {path.stem for path in (HELP / language).iterdir()}
    assert files == set(PAGES)
    for page in load_pages(HELP, language):
        assert page.title
        assert 2 <= page.text.count("\n## ") + page.text.startswith("## ") <= 8
        assert len(page.text) < 2_200, page.name
        # No links, pictures, code or markup: nothing that could be fetched or set in another type.
        assert re.findall(r"[<`\[\]|_]|https?:|!\(", page.text) == [], page.name


def test_both_languages_have_the_same_sections_and_steps() -> None:
    for zh, en in zip(load_pages(HELP, "zh"), load_pages(HELP, "en"), strict=True):
        for mark in (r"^## ", r"^\d+\. ", r"^- "):
            counts = [len(re.findall(mark, page.text, re.MULTILINE)) for page in (zh, en)]
            assert counts[0] == counts[1], (zh.name, mark)
        assert HAN.search(zh.title)
        assert not HAN.search(en.title)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_key_that_help_names_is_a_shortcut(language: str) -> None:
    keys = {action.shortcut for action in ACTIONS} | {"Alt+数字", "Alt+number"}
    named = {
        key
        for page in load_pages(HELP, language)
        for key in re.findall(r"\*\*((?:Ctrl|Alt|Shift)\+[^*]+|F\d+|Esc)\*\*", page.text)
    }
    assert len(named) >= 6
    assert named - keys == set()


def test_it_opens_at_a_page_and_searches_all_of_them() -> None:
    help_, view = made()
    help_.open("sync")
    assert view.state.page is not None
    assert view.state.page.name == "sync"
    assert [page.name for page in view.state.pages] == list(PAGES)
    help_.search("额度  F5")
    names = [page.name for page in view.state.pages]
    assert "counter" in names
    assert "practice" not in names
    assert view.state.page.name == "sync"
    help_.open("counter")
    assert len(view.state.pages) == len(PAGES)


def test_nothing_found_says_so_and_a_cleared_search_comes_back_to_the_page() -> None:
    help_, view = made()
    help_.open("printing")
    help_.search("量子")
    assert view.state.page is None
    assert view.state.message is not None
    assert view.state.message.facts == {"query": "量子"}
    help_.search("")
    assert view.state.page is not None
    assert view.state.page.name == "printing"
    assert view.state.message is None


def test_pages_are_read_once_a_language() -> None:
    asked: list[str] = []

    def load(language: str) -> tuple[HelpPage, ...]:
        asked.append(language)
        return load_pages(HELP, language)

    help_, _ = made(load)
    help_.open("sync")
    help_.open("counter")
    help_.speak("en")
    assert asked == ["zh", "en"]


def test_an_answer_in_the_language_before_is_not_shown() -> None:
    background = ManualBackground()
    help_, view = made(background=background)
    help_.open("sync")
    assert view.state.message is not None
    help_.speak("en")
    background.run_all()
    assert view.state.page is not None
    assert view.state.page.title == "Synchronising"


def test_a_missing_page_is_said_in_the_panel(tmp_path: Path) -> None:
    help_, view = made(lambda language: load_pages(tmp_path, language))
    help_.open("sync")
    assert view.state.is_open
    assert view.state.message is not None
    assert view.state.message.key == "error.help_unreadable"
    with pytest.raises(EnvironmentFault, match="help_unreadable"):
        load_pages(tmp_path, "zh")
