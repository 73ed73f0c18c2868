"""Search for a registered customer while somebody types. This module must not know Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from branchdesk.application.models import CustomerLine
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.serving.ahead import Ahead

SEARCH_AFTER_MS: Final = 120
FOUND_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class SearchLine:
    """A customer found by search, masked."""

    customer: str
    name: str
    phone: str
    document: str
    vouchers: int


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for and who was found; None while nothing was answered yet.

    While ``is_asked``, what was found is still that of an earlier query.
    """

    query: str = ""
    found: tuple[SearchLine, ...] | None = None
    is_asked: bool = False


NO_SEARCH: Final = Search()


class FindCustomers(Protocol):
    """Find customers by phone tail, part of a name, initials or document tail."""

    def __call__(self, query: str, limit: int = 20) -> tuple[CustomerLine, ...]:
        """Return masked lines, best first."""


def search_line(line: CustomerLine) -> SearchLine:
    """Return a found customer as lists show them."""
    return SearchLine(line.customer, line.name, line.phone, line.document, line.vouchers)


class Finder:
    """Asks the store for the newest query only.

    ``show`` is given each new ``Search``; ``failed`` hears why the store could not be asked.
    """

    def __init__(
        self,
        background: Background,
        timers: Timers,
        find: FindCustomers,
        show: Callable[[Search], object],
        failed: Callable[[Exception], object],
        *,
        timer: str,
    ) -> None:
        self._timers, self._find, self._show, self._failed = timers, find, show, failed
        self._latest = Latest(background)
        self._ahead = Ahead(self._ask)
        self._timer = timer
        self.search = NO_SEARCH

    def line(self, customer: str) -> SearchLine | None:
        """Return a customer among those found."""
        found = self.search.found or ()
        return next((line for line in found if line.customer == customer), None)

    def type(self, query: str) -> None:
        """Search once nothing more is typed for a moment."""
        if query == self.search.query:
            return
        self._latest.drop()
        self._ahead.forget()
        if not query.strip():
            self.close()
            return
        self._ahead.expected = True
        self._say(Search(query, self.search.found, is_asked=True))
        self._timers.restart(self._timer, SEARCH_AFTER_MS, self._ask)

    def take(
        self,
        one: Callable[[str], object],
        several: Callable[[], object],
        none: Callable[[], object] = bool,
    ) -> None:
        """Take the only customer found, go to several, or do what is done where nobody was found,
        as soon as the answer is there.
        """
        self._ahead.do(partial(self._take, one, several, none))

    def close(self) -> None:
        """Empty the search."""
        self._timers.cancel(self._timer)
        self._latest.drop()
        self._ahead.forget()
        self._say(NO_SEARCH)

    def _take(
        self,
        one: Callable[[str], object],
        several: Callable[[], object],
        none: Callable[[], object],
    ) -> None:
        found = self.search.found
        if found is None:
            return
        if len(found) == 1:
            one(found[0].customer)
        elif found:
            several()
        else:
            none()

    def _ask(self) -> None:
        self._timers.cancel(self._timer)
        find, query = self._find, self.search.query
        self._latest.submit(
            Lane.STORE, lambda: find(query, FOUND_MAX), self._found, self._not_found
        )

    def _found(self, lines: tuple[CustomerLine, ...]) -> None:
        self._say(Search(self.search.query, tuple(search_line(line) for line in lines)))
        self._ahead.answered()

    def _not_found(self, error: Exception) -> None:
        self._ahead.forget()
        self._say(Search(self.search.query))
        self._failed(error)

    def _say(self, search: Search) -> None:
        self.search = search
        self._show(search)
