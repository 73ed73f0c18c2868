"""Drive the counter: one person from the first letter of the name to the printed voucher.

Each step has a part of its own (find, offer, issue, print); this one keeps the form, who is
served, and the way from one person to the next. It must not know Qt.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from branchdesk.application.models import CampaignInForce, CustomerLine, Session
from branchdesk.application.shifts import VAN
from branchdesk.domain.identity import DocumentType
from branchdesk.domain.person import Channel
from branchdesk.ui.counter.draft import Draft, DraftKeeper
from branchdesk.ui.counter.filling import FormDesk
from branchdesk.ui.counter.form import ConsentAnswer, Edit, FormState
from branchdesk.ui.counter.issuing import IssueDesk
from branchdesk.ui.counter.lines import consent_lines, submit_phrase
from branchdesk.ui.counter.offering import OfferDesk
from branchdesk.ui.counter.paper import PaperDesk
from branchdesk.ui.counter.person import PersonDesk
from branchdesk.ui.counter.second_press import SecondPress
from branchdesk.ui.counter.state import CounterState, Focus, FocusRequest
from branchdesk.ui.counter.talking import TalkDesk
from branchdesk.ui.kit.background import Background, Lane, Timers
from branchdesk.ui.kit.words import Note, Tone, phrase
from branchdesk.ui.serving.book import Book
from branchdesk.ui.serving.finding import NO_SEARCH, Finder, Search, SearchLine, search_line
from branchdesk.ui.shell.screens import Neighbours
from branchdesk.ui.shell.services import DeskServices, DeskStatus
from branchdesk.ui.shell.state import Screen


class CounterScreen(Protocol):
    """The view."""

    def render(self, state: CounterState) -> None:
        """Show a state."""


class CounterPresenter:
    """Drives the counter screen; implements ``Screen`` for its parts."""

    def __init__(
        self,
        view: CounterScreen,
        background: Background,
        timers: Timers,
        services: DeskServices,
        neighbours: Neighbours,
        *,
        layout: str = "a4",
        talk_open: bool = True,
    ) -> None:
        self._view, self._services, self._neighbours = view, services, neighbours
        self._background = background
        self._session: Session | None = None
        self._typist = ""
        self._channel = Channel.COUNTER
        self._book = Book(())
        self._keeper = DraftKeeper(services.drafts, background, timers, self.note_fault)
        self._finder = Finder(
            background,
            timers,
            services.find_customers,
            self._show_search,
            self.note_fault,
            timer="search",
        )
        self.offers = OfferDesk(background, timers, services, self)
        self.person = PersonDesk(
            background, timers, services, self,
            agreed=self.offers.look_now, gone=self._person_gone,
        )  # fmt: skip
        self.paper = PaperDesk(background, services, self, neighbours.work_done)
        self.issue = IssueDesk(
            background,
            services,
            self,
            offers=self.offers,
            keeper=self._keeper,
            paper=self.paper,
            person=self.person,
        )
        self._clearing = SecondPress(timers, self)
        self.talk = TalkDesk(self, neighbours)
        self.form = FormDesk(self, self._form_changed)
        self.state = CounterState(FormState(), layout=layout, talk_open=talk_open)
        self._together = 0

    @property
    def session(self) -> Session | None:
        """Who acts now."""
        return self._session

    @property
    def book(self) -> Book:
        """The campaigns in force, by name."""
        return self._book

    @property
    def is_open(self) -> bool:
        """Whether somebody is being served: nothing is being saved, and nothing is done yet."""
        return not self.state.busy and self.state.result is None

    # -- called by the shell -------------------------------------------------

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Begin, or go on with the person at the desk for whoever signed in now."""
        before, self._session, self._book = self._session, session, Book(campaigns)
        # Before the draft is read: what somebody chose themselves comes after it and stands.
        status = self._services.read_status
        self._background.submit(Lane.STORE, status, self._stand, self.note_fault)
        if self.state.result is None:
            if self.draft().is_blank:
                self._keeper.load(self._restore)
            elif before is not None and before.staff != session.staff:
                self._go_on(self.draft())
                self._keeper.flush(self.draft())
        self.paper.read_waiting()
        self.offers.look_now()

    def _stand(self, status: DeskStatus) -> None:
        """Take over where people come from here unless somebody says otherwise."""
        before, state = self._channel, self.state
        self._channel = Channel.VAN if status.terminal.kind == VAN else Channel.COUNTER
        if self._channel is not before and state.form.channel == before.value:
            self.show(replace(state, form=replace(state.form, channel=self._channel.value)))

    def opened(self, *, has_cursor: bool = False) -> None:
        """Read again what may have changed meanwhile, and put the cursor where work goes on, unless
        it is back where it was.
        """
        self.freshen()
        if not has_cursor:
            self.focus(Focus.NAME if self.state.result is None else Focus.RESULT)

    def freshen(self) -> None:
        """Read again who is served and what they can have; what was typed and chosen stays."""
        if self._session is None:
            return
        self.paper.read_waiting()
        if self.is_open:
            self.person.freshen()
            self.offers.look_again()

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Take over campaigns that changed while the desk is in use."""
        self._book = Book(campaigns)
        self.offers.look_now()

    def hide(self, *, is_locked: bool = False) -> None:
        """Mask at once what was revealed, and forget what was searched for."""
        del is_locked
        self._finder.close()
        self.person.mask()

    def close(self) -> None:
        """Keep the half-typed form: the window closes."""
        if self.is_open:
            self._keeper.flush(self.draft())

    # -- the form ------------------------------------------------------------

    def edit(self, edit: Edit) -> None:
        """Take one field's new text."""
        self.form.edit(edit)

    def answer(self, answer: ConsentAnswer) -> None:
        """Take the answer to one purpose; that of a known customer is recorded at once."""
        if self.state.person is None:
            self.form.answer(answer)
        else:
            self.person.answer(answer)

    def scan_document(self, type: DocumentType, number: str, name: str = "") -> None:  # noqa: A002  (the field's name)
        """Take over a document that was scanned; once all is done it is the next person's."""
        if self.state.result is not None:
            self._clear()
        self.form.scan_document(type, number, name)

    def _form_changed(self) -> None:
        self._clearing.forget()
        self.changed()
        self.offers.look_soon()

    # -- who is it -----------------------------------------------------------

    def find(self) -> None:
        """Put the cursor into the search field."""
        self.focus(Focus.SEARCH)

    def search(self, query: str) -> None:
        """Search while typing."""
        if self.is_open:
            self._finder.type(query)

    def take_found(self) -> None:
        """Serve the one customer found, as soon as the answer is there; of several, show them."""
        self._finder.take(self.choose, lambda: self.focus(Focus.FOUND))

    def _show_search(self, search: Search) -> None:
        self.show(replace(self.state, search=search))

    def choose(self, customer: str) -> None:
        """Serve a customer who is registered already."""
        line = self._finder.line(customer) or self.offers.line(customer)
        if line is None or not self.is_open:
            return
        self._finder.close()
        self._serve(line)

    def serve(self, found: CustomerLine) -> None:
        """Serve a customer whom another screen sends; what was just finished makes room."""
        if self.state.busy:
            return
        if self.state.result is not None:
            self._clear()
        self._serve(search_line(found))

    def show_page(self) -> None:
        """Show the page of the customer who is served, or the page on which to find one."""
        person = self.state.person
        if person is None:
            self._neighbours.open_screen(Screen.CUSTOMER)
        else:
            self._neighbours.show_customer(person.customer)

    def person_changed(self, customer: str, found: CustomerLine | None) -> None:
        """Show a customer who is served as they are now, or let go of one who was erased."""
        person = self.state.person
        if person is None or person.customer != customer:
            return
        if found is None:
            self._person_gone()
            return
        self.person.serve(search_line(found))
        self._keeper.flush(self.draft())
        self.offers.look_now()

    def _person_gone(self) -> None:
        """Let go of a customer who was erased; what is kept of them goes at once."""
        self.issue.intents = {}
        note = Note(phrase("counter.person_erased"), Tone.WARNING)
        unsigned = replace(self.state.form, signature=())
        with self.together():
            self.show(replace(self.state, form=unsigned, note=note))
            self.person.let_go()
        self._keeper.flush(self.draft())
        self.offers.look_now()

    def _serve(self, line: SearchLine) -> None:
        self.issue.intents = {}
        unsigned = replace(self.state.form, signature=())
        with self.together():
            self.show(
                replace(self.state, form=unsigned, errors={}, hints={}, note=None,
                        turn=self.state.turn + 1)
            )  # fmt: skip
            self.person.serve(line)
        self.changed()
        self.offers.look_now()
        self.offers.go_on()

    def let_go(self) -> None:
        """Go back from a chosen customer to the form."""
        if self.state.person is None or not self.is_open:
            return
        self.issue.intents = {}
        # Whoever signed goes, and the signature with them.
        unsigned = replace(self.state.form, signature=())
        self.show(replace(self.state, form=unsigned, turn=self.state.turn + 1))
        self.person.let_go()
        self.focus(Focus.NAME)
        self.changed()
        self.offers.look_soon()

    # -- what can they have --------------------------------------------------

    def find_offer(self) -> None:
        """Put the cursor into the search for offers."""
        self.focus(Focus.OFFER_SEARCH)

    def toggle(self, code: str) -> None:
        """Put an offer into the basket or take it out."""
        self.offers.toggle(code)

    def toggle_number(self, number: int) -> None:
        """Put the offer with this Alt key into the basket or take it out."""
        self.offers.toggle_number(number)

    def choose_layout(self, layout: str) -> None:
        """Print in this layout from now on."""
        self.show(replace(self.state, layout=layout))
        self._neighbours.layout_chosen(layout)

    # -- issue and print -----------------------------------------------------

    def submit(self) -> None:
        """Register and issue, or issue to the chosen customer, then print."""
        self.issue.submit()

    def print_waiting(self) -> None:
        """Print what was issued and is not known to be printed."""
        self.paper.print_waiting()

    # -- going on and backing out --------------------------------------------

    def next_person(self) -> None:
        """Empty the desk for the next person; half-typed work goes at the second press.

        Where a file was opened for printing, this says that its paper came out.
        """
        if self.state.busy:
            return
        self.paper.result_came_out()
        is_half_done = self.state.result is None and not self.draft().is_blank
        if not is_half_done or self._clearing.agreed():
            self._clear()

    def leave_unprinted(self) -> None:
        """Go on to the next person; what was issued stays not known to be printed."""
        if self.state.result is not None:
            self._clear()

    def back(self) -> None:
        """Step back by one: searches, reason, chosen customer, then the form itself."""
        state = self.state
        if state.busy or self.paper.leave_void():
            return
        if state.result is not None:
            self._clear()
        elif state.search != NO_SEARCH:
            self._finder.close()
            self.focus(Focus.NAME)
        elif state.offer_query:
            self.offers.search("")
        elif state.person is not None and state.person.revealing.asking:
            self.person.mask()
            self.focus(Focus.OFFERS)
        elif state.person is not None:
            self.let_go()
        else:
            self.next_person()

    def _clear(self) -> None:
        with self.together():
            self._empty()

    def _empty(self) -> None:
        self._clearing.forget()
        self.person.let_go()
        self.issue.intents = {}
        self.offers.clear()
        self._finder.close()
        self._keeper.forget()
        self.paper.forget_result()
        keep = self.state
        form = FormState(channel=self._channel.value)
        self.show(CounterState(form, layout=keep.layout, waiting=keep.waiting,
                               talk_open=keep.talk_open, focus=keep.focus,
                               turn=keep.turn + 1))  # fmt: skip
        self.paper.read_waiting()
        self.focus(Focus.NAME)
        self.offers.show()
        self.offers.look_now()

    # -- drafts --------------------------------------------------------------

    def draft(self) -> Draft:
        """Return what would be kept of the desk now."""
        return Draft(
            self.state.form, self.person.line, self.offers.chosen, dict(self.issue.intents),
            staff=self._typist,
        )  # fmt: skip

    def changed(self) -> None:
        """Keep the draft once nothing changes for a moment; it is that of whoever is in now."""
        self._typist = "" if self._session is None else self._session.staff
        self._keeper.changed(self.draft())

    def _restore(self, draft: Draft | None) -> None:
        if draft is None or draft.is_blank or not self.draft().is_blank:
            return
        self.offers.chosen = draft.basket
        self.issue.intents = dict(draft.intents)
        if draft.person is not None:
            self.person.serve(draft.person)
        self._go_on(draft)
        self.offers.look_now()

    def _go_on(self, draft: Draft) -> None:
        """Show a draft to whoever is in now, with the word whose it is."""
        staff = "" if self._session is None else self._session.staff
        self._typist, form = draft.staff, draft.taken_over(staff).form
        note, turn = draft.note(staff), self.state.turn + 1
        self.show(replace(self.state, form=form, note=note, errors={}, turn=turn))

    # -- showing -------------------------------------------------------------

    def show(self, state: CounterState) -> None:
        """Show a state, with everything that follows from it."""
        before = self.state
        free = self._session is not None and not state.busy and state.result is None
        self.state = replace(
            state,
            consents=consent_lines(self._book.consent_texts, state),
            talk=self.talk.page(state),
            submit=submit_phrase(state),
            can_submit=free and (state.person is None or bool(state.basket)),
        )
        if not self._together:
            self._view.render(self.state)
        heard = _to_hear(before, self.state)
        if heard is not None:
            self._neighbours.sound(heard)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Show once, at the end, what is shown step by step within: each step costs a redraw."""
        self._together += 1
        try:
            yield
        finally:
            self._together -= 1
            if not self._together:
                self._view.render(self.state)

    def focus(self, where: Focus) -> None:
        """Ask for the cursor."""
        self.show(replace(self.state, focus=FocusRequest(where, self.state.focus.serial + 1)))

    def committed(self) -> None:
        """Something was written that the status bar must know of."""
        self._neighbours.work_done()

    def note_fault(self, error: Exception) -> None:
        """Say above the form that something did not work."""
        self.show(replace(self.state, note=Note(self._book.error(error), Tone.DANGER)))


def _to_hear(before: CounterState, after: CounterState) -> Tone | None:
    """Return what to let hear: somebody was served, or something went wrong."""
    if before.result is None and after.result is not None:
        return Tone.SUCCESS
    note = after.note
    is_news = note is not None and note != before.note
    return note.tone if note and is_news and note.tone is Tone.DANGER else None
