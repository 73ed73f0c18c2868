"""The help pages: bundled Markdown, one file a page and language. This module must not know Qt.

The text is ours and comes with the program; nothing from outside is ever shown there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from branchdesk.errors import EnvironmentFault

# In the order of the table of contents; a page of a screen is named like the screen.
PAGES: Final = (
    "sign_in", "counter", "consent", "customer", "printing", "verdict", "sync", "shift", "books",
    "offline", "settings", "practice", "troubleshooting",
)  # fmt: skip
FIRST: Final = "counter"


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page: ``title`` is its first heading, ``text`` the whole Markdown below that."""

    name: str
    title: str
    text: str

    def mentions(self, words: tuple[str, ...]) -> bool:
        """Say whether every one of these lower-case words is in the page."""
        whole = f"{self.title}\n{self.text}".lower().replace("*", "")
        return all(word in whole for word in words)


def load_pages(folder: Path, language: str) -> tuple[HelpPage, ...]:
    """Read every page of a language, in order; raises EnvironmentFault ``help_unreadable``."""
    return tuple(_page(folder / language / f"{name}.md", name) for name in PAGES)


def _page(path: Path, name: str) -> HelpPage:
    try:
        title, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault("help_unreadable", file=path.name) from error
    return HelpPage(name, title.removeprefix("# ").strip(), text.strip())
