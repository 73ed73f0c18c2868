"""Drive the customer's page: find somebody, show what is known, and do what they may ask for.

Conditions on what may be done live here and in the desks beside it. This module must not know Qt.
"""

from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final, Protocol

from branchdesk.application.customer_page import CustomerPage
from branchdesk.application.models import (
    CampaignInForce,
    CustomerLine,
    OfferLine,
    SamePerson,
    Session,
)
from branchdesk.ui.customer.acts import Acts
from branchdesk.ui.customer.consenting import ConsentDesk
from branchdesk.ui.customer.correction_desk import CorrectionDesk
from branchdesk.ui.customer.erasing import EraseDesk
from branchdesk.ui.customer.lines import customer_line, head, page_lines
from branchdesk.ui.customer.merging import MergeDesk
from branchdesk.ui.customer.papers import PaperDesk
from branchdesk.ui.customer.state import CustomerState, Focus, FocusRequest, PageLines
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Note, Tone
from branchdesk.ui.serving.book import Book
from branchdesk.ui.serving.finding import NO_SEARCH, Finder, Search, SearchLine, search_line
from branchdesk.ui.serving.revealing import RevealDesk, Revealing
from branchdesk.ui.shell.screens import Neighbours
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.state import Screen

RECENT_MAX: Final = 8


class CustomerScreen(Protocol):
    """The view."""

    def render(self, state: CustomerState) -> None:
        """Show a state."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything read of one customer, at one moment."""

    page: CustomerPage
    same: tuple[SamePerson, ...]
    offers: tuple[OfferLine, ...]


class CustomerPresenter:
    """Drives the customer's page."""

    def __init__(
        self,
        view: CustomerScreen,
        background: Background,
        timers: Timers,
        services: DeskServices,
        neighbours: Neighbours,
    ) -> None:
        self._view, self._background = view, background
        self._services, self._neighbours = services, neighbours
        own = services.customer
        self._session: Session | None = None
        self._book = Book(())
        self._known: Known | None = None
        self._lines = PageLines()
        self._customer = self._served_last = ""
        self._reading = Latest(background)
        self._finder = Finder(
            background, timers, own.find, self._show_search, self.note_fault, timer="customer_find"
        )
        self._reveal = RevealDesk(
            background,
            timers,
            own.reveal,
            show=self._show_revealing,
            recorded=self._recorded,
            failed=self.note_fault,
            timer="customer_mask",
        )
        self.acts = Acts(background, timers, services.new_intent, self)
        self.consents = ConsentDesk(self.acts, own, self)
        self.correction = CorrectionDesk(self.acts, timers, own, self)
        self.erasing = EraseDesk(self.acts, own, self)
        self.merges = MergeDesk(self.acts, own, self)
        self.papers = PaperDesk(self.acts, services, self, neighbours.voucher_layout)
        self.state = CustomerState()

    @property
    def session(self) -> Session | None:
        """Who acts now."""
        return self._session

    @property
    def page(self) -> CustomerPage | None:
        """Whose page is shown, as last read."""
        return None if self._known is None else self._known.page

    @property
    def book(self) -> Book:
        """The campaigns in force, by name."""
        return self._book

    # -- called by the shell -------------------------------------------------

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Begin; somebody else than before begins with nobody chosen."""
        is_same = self._session is not None and self._session.staff == session.staff
        if self._session is not None and not is_same:
            self._let_go()
            self.show(replace(self.state, recent=()))
            self._served_last = ""
        self._session = session
        self.refresh(campaigns)
        if not is_same:
            self._read_recent(session.staff)

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Take over campaigns that changed while the page is open."""
        self._book = Book(campaigns)
        self._read()

    def opened(self, *, has_cursor: bool = False) -> None:
        """Read what may have changed meanwhile, and place the cursor unless it is back."""
        self._read()
        if self._session is not None:
            self._read_recent(self._session.staff)
        if not has_cursor:
            self.focus(self._first())

    def _first(self) -> Focus:
        if self.state.correcting is not None:
            return Focus.NAME
        if self.state.erasing is not None:
            return Focus.ERASE_REASON
        return Focus.PAGE if self._customer else Focus.SEARCH

    def freshen(self) -> None:
        """Read the page again."""
        self._read()

    def hide(self, *, is_locked: bool = False) -> None:
        """Mask at once what was revealed; two people go on after a look at another screen, but
        begin anew after a lock.
        """
        self._finder.close()
        self._reveal.mask()
        self.acts.forget_undo()
        if is_locked:
            self.show(replace(self.state, erasing=None))
        self.erasing.forget_pin()
        self.show(replace(self.state, granting=None, merging="", papers=None))

    def close(self) -> None:
        """Keep nothing: whatever was done is in the store."""

    # -- who is it -----------------------------------------------------------

    def find(self) -> None:
        """Put the cursor into the search field."""
        self.focus(Focus.SEARCH)

    def search(self, query: str) -> None:
        """Search while typing."""
        self._finder.type(query)

    def take_found(self) -> None:
        """Open the one customer found, as soon as the answer is there; of several, show them."""
        self._finder.take(self.choose, lambda: self.focus(Focus.FOUND))

    def choose(self, customer: str) -> None:
        """Open a customer's page; one that is open already goes on as it stands."""
        if self.state.busy:
            return
        was_searching = self.state.search != NO_SEARCH
        self._finder.close()
        if customer != self._customer:
            self._let_go()
            self._customer = customer
        elif not was_searching:
            return
        self._read()
        self.focus(self._first())

    def ask_reveal(self) -> None:
        """Ask why the person's data must be seen."""
        if self.acts.subject() is not None and self._reveal.ask():
            self.focus(Focus.REVEAL)

    def reveal(self, reason: str) -> None:
        """Show the person's data in the clear for a while; the store records who looked."""
        subject = self.acts.subject()
        if subject is not None:
            self._reveal.reveal(subject[0], self._line(subject[1]), reason)

    def serve(self) -> None:
        """Go on with this customer at the counter."""
        subject = self.acts.subject()
        if subject is not None:
            self._neighbours.serve_customer(customer_line(subject[1]))

    # -- backing out ---------------------------------------------------------

    def back(self) -> None:
        """Step back by one: search, reason, what is open, the person, then the screen."""
        state = self.state
        if state.busy:
            return
        if state.search != NO_SEARCH:
            self._finder.close()
            self.focus(Focus.PAGE if self._customer else Focus.SEARCH)
        elif state.head is not None and (state.head.revealing.asking or self._reveal.now.is_open):
            self._reveal.mask()
            self.focus(Focus.PAGE)
        elif self.consents.leave_signing():
            return
        elif state.granting is not None or state.merging:
            self.show(replace(state, granting=None, merging=""))
            self.focus(Focus.PAGE)
        elif state.papers is not None:
            self.papers.leave()
        elif state.erasing is not None:
            self.erasing.leave()
        elif self.correction.leave():
            return
        elif self._customer:
            self._let_go()
            self.focus(Focus.SEARCH)
        else:
            self._neighbours.open_screen(Screen.COUNTER)

    def _let_go(self) -> None:
        self._reading.drop()
        self._reveal.mask()
        self.acts.forget_undo()
        self._customer, self._known = "", None
        self.show(CustomerState(recent=self.state.recent, focus=self.state.focus))

    # -- reading -------------------------------------------------------------

    def committed(self) -> None:
        """Something was written: read the page again, and have it sent.

        What was revealed is what it was before: a corrected name must not go on being shown.
        """
        self._reveal.mask()
        self._recorded()

    def _recorded(self) -> None:
        self._read()
        self._neighbours.work_done()

    def _read(self) -> None:
        customer, services = self._customer, self._services
        if not customer or self._session is None:
            return

        def read() -> Known:
            page = services.customer.page(customer)
            if page.erased:
                return Known(page, (), ())
            same = services.customer.same_person(customer)
            return Known(page, same, services.list_offers(customer, None))

        self._reading.submit(Lane.STORE, read, self._found, self._lost)

    def _found(self, known: Known) -> None:
        before, self._known = self.page, known
        self._lines = page_lines(known.page, known.same, known.offers, self._book)
        line = customer_line(known.page)
        if before is not None and customer_line(before) != line:
            self._neighbours.customer_changed(line.customer, None if known.page.erased else line)
        shown = replace(self.state, recent=self._recent(known.page))
        if known.page.erased:
            # Nothing more can be done to them, whoever erased them meanwhile.
            shown = replace(shown, erasing=None, correcting=None, granting=None, papers=None)
        self.show(shown)
        if before is None:
            # Only now is there a page for the cursor.
            self.focus(self._first())
        self.papers.page_read()
        if known.page.erased and before is not None and not before.erased:
            self._reveal.mask()
            self.focus(Focus.SEARCH)

    def _read_recent(self, staff: str) -> None:
        """Take in whom this person dealt with, as the log has it; new ones there come first."""
        recent = self._services.customer.recent

        def found(lines: tuple[CustomerLine, ...]) -> None:
            session = self._session
            if session is None or session.staff != staff:
                return
            served = [search_line(line) for line in lines]
            fresh = takewhile(lambda line: line.customer != self._served_last, served)
            met = {line.customer: line for line in (*fresh, *self.state.recent, *served)}
            self._served_last = served[0].customer if served else ""
            self.show(replace(self.state, recent=tuple(met.values())[:RECENT_MAX]))

        self._background.submit(
            Lane.STORE, lambda: recent(staff, RECENT_MAX), found, self.note_fault
        )

    def _recent(self, page: CustomerPage) -> tuple[SearchLine, ...]:
        others = [line for line in self.state.recent if line.customer != page.customer]
        newest = [] if page.erased else [self._line(page)]
        return tuple([*newest, *others][:RECENT_MAX])

    def _lost(self, error: Exception) -> None:
        self._let_go()
        self.note_fault(error)
        self.focus(Focus.SEARCH)

    # -- showing -------------------------------------------------------------

    def show(self, state: CustomerState) -> None:
        """Show a state, with what is known of the person."""
        known = self._known
        if known is None:
            self.state = replace(state, head=None, page=PageLines())
        else:
            self.state = replace(
                state,
                head=head(known.page, self._line(known.page), self._reveal.now),
                page=self._lines,
            )
        self._view.render(self.state)

    def focus(self, where: Focus) -> None:
        """Put the cursor somewhere, once."""
        self.show(replace(self.state, focus=FocusRequest(where, self.state.focus.serial + 1)))

    def note_fault(self, error: Exception) -> None:
        """Say above the page that something did not work."""
        self.show(replace(self.state, note=Note(self._book.error(error), Tone.DANGER)))

    def _show_search(self, search: Search) -> None:
        self.show(replace(self.state, search=search))

    def _show_revealing(self, _: Revealing) -> None:
        self.show(self.state)

    @staticmethod
    def _line(page: CustomerPage) -> SearchLine:
        return search_line(customer_line(page))
