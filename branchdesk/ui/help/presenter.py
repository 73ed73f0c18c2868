"""Drive the help: open at a screen's page, search, turn pages. This module must not know Qt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from branchdesk.ui.help.pages import FIRST, HelpPage
from branchdesk.ui.help.state import HelpState
from branchdesk.ui.kit.background import Background, Lane, Latest
from branchdesk.ui.kit.words import error_phrase, phrase


class HelpScreen(Protocol):
    """The view."""

    def render(self, state: HelpState) -> None:
        """Show a state."""


class HelpPresenter:
    """Drives the panel; ``load`` reads every page of a language, away from the window's thread."""

    def __init__(
        self,
        view: HelpScreen,
        background: Background,
        load: Callable[[str], tuple[HelpPage, ...]],
        language: str,
    ) -> None:
        self._view, self._latest, self._load = view, Latest(background), load
        self._language, self._loaded = language, ""
        self._all: tuple[HelpPage, ...] = ()
        self._wanted, self._query = FIRST, ""
        self._state = HelpState()

    @property
    def state(self) -> HelpState:
        """What is shown now."""
        return self._state

    def open(self, page: str) -> None:
        """Open at a page, with nothing searched for."""
        self._wanted, self._query = page, ""
        self._state = replace(self._state, is_open=True, serial=self._state.serial + 1)
        self._read()

    def close(self) -> None:
        """Put the help away."""
        self._show(replace(self._state, is_open=False))

    def search(self, query: str) -> None:
        """Leave only the pages in which every word is found, and show the first of them."""
        self._query = query
        self._find()

    def turn_to(self, page: str) -> None:
        """Show a page of those that are left."""
        self._wanted = page
        self._find()

    def speak(self, language: str) -> None:
        """Take over the language; an open page stays the same page."""
        self._language = language
        if self._state.is_open:
            self._read()

    def _read(self) -> None:
        language = self._language
        if self._loaded == language:
            self._find()
            return
        self._show(replace(self._state, message=phrase("help.loading")))

        def read(pages: tuple[HelpPage, ...]) -> None:
            self._all, self._loaded = pages, language
            self._find()

        self._latest.submit(Lane.NETWORK, lambda: self._load(language), read, self._failed)

    def _failed(self, error: Exception) -> None:
        self._all, self._loaded = (), ""
        self._show(replace(self._state, pages=(), page=None, message=error_phrase(error)))

    def _find(self) -> None:
        words = tuple(self._query.lower().split())
        left = tuple(page for page in self._all if page.mentions(words))
        page = next((found for found in left if found.name == self._wanted), None)
        if page is None:
            page = left[0] if left else None
        none = None if left else phrase("help.none", query=self._query.strip())
        self._show(replace(self._state, pages=left, page=page, marked=words, message=none))

    def _show(self, state: HelpState) -> None:
        self._state = state
        self._view.render(state)
