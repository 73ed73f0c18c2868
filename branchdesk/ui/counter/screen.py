"""The counter as its parts see it: one state to read and show, and who acts on it.

This module must not know Qt.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from branchdesk.application.models import Session
from branchdesk.ui.counter.draft import Draft
from branchdesk.ui.counter.state import CounterState, Focus
from branchdesk.ui.serving.book import Book


class Screen(Protocol):
    """What finding, offering, issuing and printing have in common."""

    state: CounterState

    @property
    def session(self) -> Session | None:
        """Who acts now."""

    @property
    def book(self) -> Book:
        """The campaigns in force, by name."""

    @property
    def is_open(self) -> bool:
        """Whether somebody is being served: nothing is being saved, and nothing is done yet."""

    def draft(self) -> Draft:
        """Return what would be kept of the desk now."""

    def changed(self) -> None:
        """Take note that something to keep has changed."""

    def committed(self) -> None:
        """Take note that something was written."""

    def show(self, state: CounterState) -> None:
        """Show a state."""

    def together(self) -> AbstractContextManager[None]:
        """Show once, at the end, what is shown step by step within."""

    def focus(self, where: Focus) -> None:
        """Ask for the cursor."""

    def note_fault(self, error: Exception) -> None:
        """Say above the form that something did not work."""
