"""What the desks of this screen may ask of it. This module must not know Qt."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from branchdesk.application.models import Session
from branchdesk.application.show_books import BooksPage
from branchdesk.ui.books.state import BooksState, Place
from branchdesk.ui.kit.words import Phrase, Tone
from branchdesk.ui.serving.book import Book

T = TypeVar("T")


class Screen(Protocol):
    """The screen, as its parts see it."""

    state: BooksState

    @property
    def session(self) -> Session:
        """Who acts now."""

    @property
    def campaigns(self) -> Book:
        """The campaigns in force, by name."""

    @property
    def page(self) -> BooksPage:
        """What was read last."""

    def show(self, state: BooksState) -> None:
        """Show a state."""

    def ask(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        refused: Callable[[Exception], Mapping[Place, Phrase]],
    ) -> None:
        """Do ``job`` while nothing else can be done; ``refused`` says beside which field why not.

        What it says nothing of is said above the page.
        """

    def complain(self, errors: Mapping[Place, Phrase]) -> None:
        """Say beside their fields what is wrong, with the cursor at the first of them."""

    def send(self, focus: Place) -> None:
        """Place the cursor."""

    def say(self, said: Phrase, tone: Tone = Tone.SUCCESS) -> None:
        """Say something above the page."""

    def committed(self) -> None:
        """Something was recorded: read everything again."""
