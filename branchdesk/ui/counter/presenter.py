"""Drive the counter: one person from the first letter of the name to the printed voucher.

Conditions on what may be done live here. This module must not know Qt; it asks for the cursor and
for paper, and hears what was typed.
"""

from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from branchdesk.application.models import CampaignInForce, CustomerLine, Session
from branchdesk.errors import RuleViolation
from branchdesk.ui.counter.attempt import Findings, Outcome, issue, look, register
from branchdesk.ui.counter.draft import Draft, DraftKeeper
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field, FormState
from branchdesk.ui.counter.lines import basket_lines, consent_lines, duplicate_hints
from branchdesk.ui.counter.paper import PaperDesk
from branchdesk.ui.counter.person import PersonDesk
from branchdesk.ui.counter.state import CounterState, Focus, FocusRequest, Hint
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.serving.book import Book, field_problems
from branchdesk.ui.serving.finding import NO_SEARCH, Finder, Search, SearchLine, search_line
from branchdesk.ui.serving.offers import offer_cards, shared_reason, without_reason
from branchdesk.ui.shell.screens import Neighbours
from branchdesk.ui.shell.services import DeskServices

LOOK_AFTER_MS: Final = 150
CLEAR_WITHIN_MS: Final = 4_000


class CounterScreen(Protocol):
    """The view."""

    def render(self, state: CounterState) -> None:
        """Show a state."""


class CounterPresenter:
    """Drives the counter screen."""

    def __init__(
        self,
        view: CounterScreen,
        background: Background,
        timers: Timers,
        services: DeskServices,
        neighbours: Neighbours,
        *,
        layout: str = "a4",
    ) -> None:
        self._view, self._background, self._timers = view, background, timers
        self._services, self._neighbours = services, neighbours
        self._session: Session | None = None
        self._book = Book(())
        self._chosen: tuple[str, ...] = ()
        self._intents: dict[str, str] = {}
        self._known: dict[str, SearchLine] = {}
        self._findings = Findings((), (), ())
        self._clearing = False
        self._looking = Latest(background)
        self._keeper = DraftKeeper(services.drafts, background, timers, self.note_fault)
        self._finder = Finder(
            background,
            timers,
            services.find_customers,
            self._show_search,
            self.note_fault,
            timer="search",
        )
        self._paper = PaperDesk(background, services, self)
        self._person = PersonDesk(background, timers, services, self)
        self.state = CounterState(FormState(), layout=layout)

    @property
    def session(self) -> Session | None:
        """Who acts now."""
        return self._session

    @property
    def _line(self) -> SearchLine | None:
        return self._person.line

    @property
    def book(self) -> Book:
        """The campaigns in force, by name."""
        return self._book

    # -- called by the shell -------------------------------------------------

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Begin, or go on with the person at the desk for whoever signed in now."""
        self._session, self._book = session, Book(campaigns)
        if self._draft().is_blank and self.state.result is None:
            self._keeper.load(self._restore)
        self._paper.read_waiting()
        self._look_now()

    def opened(self) -> None:
        """Put the cursor where work goes on."""
        self._focus(Focus.NAME if self.state.result is None else Focus.RESULT)

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Take over campaigns that changed while the desk is in use."""
        self._book = Book(campaigns)
        self._look_now()

    def hide(self) -> None:
        """Mask at once what was revealed, and forget what was searched for."""
        self._finder.close()
        self._person.mask()

    def close(self) -> None:
        """Keep the half-typed form: the window closes."""
        if self._is_open():
            self._keeper.flush(self._draft())

    # -- the form ------------------------------------------------------------

    def edit(self, edit: Edit) -> None:
        """Take one field's new text."""
        if self._is_open():
            self._form_changed(self.state.form.edited(edit), edit.field)

    def answer(self, answer: ConsentAnswer) -> None:
        """Take the answer to one purpose."""
        if self._is_open():
            self._form_changed(self.state.form.answered(answer), Field.CONSENTS)

    def _form_changed(self, form: FormState, field: Field) -> None:
        errors = {name: words for name, words in self.state.errors.items() if name is not field}
        self.show(replace(self.state, form=form, errors=errors, note=None))
        self._clearing = False
        self._changed()

    def _changed(self) -> None:
        self._keeper.changed(self._draft())
        self._timers.restart("look", LOOK_AFTER_MS, self._look_now)

    # -- who is it -----------------------------------------------------------

    def find(self) -> None:
        """Put the cursor into the search field."""
        self._focus(Focus.SEARCH)

    def search(self, query: str) -> None:
        """Search while typing."""
        if self._is_open():
            self._finder.type(query)

    def _show_search(self, search: Search) -> None:
        self.show(replace(self.state, search=search))

    def choose(self, customer: str) -> None:
        """Serve a customer who is registered already."""
        line = self._finder.line(customer) or self._known.get(customer)
        if line is None or not self._is_open():
            return
        self._finder.close()
        self._serve(line)
        self._focus(Focus.OFFERS)
        self._changed()

    def _serve(self, line: SearchLine) -> None:
        self._intents = {}
        self.show(replace(self.state, errors={}, hints={}, note=None))
        self._person.serve(line)

    def let_go(self) -> None:
        """Go back from a chosen customer to the form."""
        if self._line is None or not self._is_open():
            return
        self._intents = {}
        self._person.let_go()
        self._focus(Focus.NAME)
        self._changed()

    def ask_reveal(self) -> None:
        """Ask why the person's data must be seen."""
        if self._person.ask():
            self._focus(Focus.REVEAL)

    def reveal(self, reason: str) -> None:
        """Show the person's data in the clear for a while; the store records who looked."""
        if self._is_open():
            self._person.reveal(reason)

    # -- what can they have --------------------------------------------------

    def toggle(self, code: str) -> None:
        """Put an offer into the basket or take it out."""
        card = next((card for card in self.state.offers if card.code == code), None)
        if card is None or card.status != "eligible" or not self._is_open():
            return
        others = tuple(chosen for chosen in self._chosen if chosen != code)
        self._chosen = others if card.chosen else (*others, code)
        self._show_offers()
        self._keeper.changed(self._draft())

    def toggle_number(self, number: int) -> None:
        """Put the offer with this Alt key into the basket or take it out."""
        card = next((card for card in self.state.offers if card.number == number), None)
        if card is not None:
            self.toggle(card.code)

    def choose_layout(self, layout: str) -> None:
        """Print in this layout from now on."""
        self.show(replace(self.state, layout=layout))
        self._neighbours.layout_chosen(layout)

    def _look_now(self) -> None:
        self._timers.cancel("look")
        form, customer = self.state.form, "" if self._line is None else self._line.customer
        self._looking.submit(
            Lane.STORE, lambda: look(self._services, form, customer), self._found, self.note_fault
        )

    def _found(self, findings: Findings) -> None:
        self._findings = findings
        lines = [line for _, line in findings.matches if line is not None]
        self._known = {line.customer: search_line(line) for line in (*lines, *findings.namesakes)}
        hints = duplicate_hints(findings.matches)
        if Field.PHONE not in hints and Field.DOCUMENT_NUMBER not in hints:
            hints.update(_namesakes(findings.namesakes))
        self.show(replace(self.state, hints=hints if self.state.person is None else {}))
        self._show_offers()

    def _show_offers(self) -> None:
        cards = offer_cards(self._findings.offers, self._chosen, self._book)
        shared = shared_reason(cards)
        cards = cards if shared is None else without_reason(cards, shared)
        note = shared if cards else phrase("counter.no_offers")
        self.show(replace(self.state, offers=cards, offers_note=note))

    # -- issue and print -----------------------------------------------------

    def submit(self) -> None:
        """Register and issue, or issue to the chosen customer, then print."""
        if self._session is None or not self.state.can_submit:
            return
        self._looking.drop()
        self._keeper.stop()
        draft = self._attempt()
        session, texts = self._session, self._book.consent_texts
        self.show(replace(self.state, busy=True, errors={}, note=None))
        job = (
            partial(register, self._services, session, draft, texts)
            if self._line is None
            else partial(issue, self._services, session, draft)
        )
        self._background.submit(Lane.STORE, job, self._issued, self._refused)

    def _attempt(self) -> Draft:
        basket = tuple(line.code for line in self.state.basket)
        for code in ("",) if self._line is None else basket:
            self._intents.setdefault(code, self._services.new_intent())
        return replace(self._draft(), basket=basket, intents=dict(self._intents), submitted=True)

    def _issued(self, outcome: Outcome) -> None:
        self._intents = {}
        self.show(replace(self.state, busy=False))
        self._paper.issued(outcome)
        self._focus(Focus.RESULT)
        self._neighbours.work_done()

    def _refused(self, error: Exception) -> None:
        if isinstance(error, RuleViolation) and error.code == "intent_reused":
            self._intents = {}
        errors = field_problems(error, self._book)
        if errors:
            note = Note(phrase("counter.correct", count=len(errors)), Tone.DANGER)
        else:
            note = Note(self._book.error(error), Tone.DANGER)
        self.show(replace(self.state, busy=False, errors=errors, note=note))
        first = next((field for field in Field if field in errors), None)
        self._focus(Focus.NAME if first is None else Focus(first.value))
        self._keeper.changed(self._draft())
        self._look_now()

    def print_again(self) -> None:
        """Print what was just issued, when printing failed."""
        self._paper.print_result()

    def print_waiting(self) -> None:
        """Print what was issued and is not known to be printed."""
        self._paper.print_waiting()

    def open_document(self) -> None:
        """Hand the printed document to the system."""
        result = self.state.result
        if result is not None and result.document:
            self._services.show_document(result.document)

    # -- going on and backing out --------------------------------------------

    def next_person(self) -> None:
        """Empty the desk for the next person; half-typed work is asked about first."""
        if self.state.busy:
            return
        if self.state.result is None and not self._draft().is_blank and not self._clearing:
            self._warn_before_clearing()
            return
        self._clear()

    def back(self) -> None:
        """Step back by one: search, reason, chosen customer, then the form itself."""
        if self.state.busy:
            return
        if self.state.result is not None:
            self._clear()
        elif self.state.search != NO_SEARCH:
            self._finder.close()
            self._focus(Focus.NAME)
        elif self.state.person is not None and self.state.person.revealing.asking:
            self._person.mask()
            self._focus(Focus.OFFERS)
        elif self._line is not None:
            self.let_go()
        else:
            self.next_person()

    def _warn_before_clearing(self) -> None:
        self._clearing = True
        self._timers.restart("clearing", CLEAR_WITHIN_MS, self._keep)
        self.show(replace(self.state, note=Note(phrase("counter.clear_again"), Tone.WARNING)))

    def _keep(self) -> None:
        self._clearing = False
        self.show(replace(self.state, note=None))

    def _clear(self) -> None:
        self._timers.cancel("clearing")
        self._person.let_go()
        self._clearing = False
        self._chosen, self._intents, self._known = (), {}, {}
        self._finder.close()
        self._keeper.forget()
        self._paper.forget_result()
        keep = self.state
        self.show(CounterState(FormState(), layout=keep.layout, waiting=keep.waiting,
                               offers=keep.offers, focus=keep.focus))  # fmt: skip
        self._paper.read_waiting()
        self._focus(Focus.NAME)
        self._look_now()

    # -- drafts --------------------------------------------------------------

    def _draft(self) -> Draft:
        return Draft(self.state.form, self._line, self._chosen, dict(self._intents))

    def _restore(self, draft: Draft | None) -> None:
        if draft is None or draft.is_blank or not self._draft().is_blank:
            return
        self._chosen = draft.basket
        if draft.person is not None:
            self._serve(draft.person)
        self._intents = dict(draft.intents)
        key = "counter.draft_submitted" if draft.submitted else "counter.draft_restored"
        tone = Tone.WARNING if draft.submitted else Tone.INFO
        self.show(replace(self.state, form=draft.form, note=Note(phrase(key), tone)))
        self._look_now()

    def committed(self) -> None:
        """Something was written that the status bar must know of."""
        self._neighbours.work_done()

    # -- showing -------------------------------------------------------------

    def show(self, state: CounterState) -> None:
        """Show a state, with everything that follows from it."""
        basket = basket_lines(state.offers)
        free = self._session is not None and not state.busy and state.result is None
        self.state = replace(
            state,
            consents=consent_lines(self._book.consent_texts, state.form),
            basket=basket,
            submit=_submit_phrase(state, len(basket)),
            can_submit=free and (state.person is None or bool(basket)),
        )
        self._view.render(self.state)

    def _is_open(self) -> bool:
        return not self.state.busy and self.state.result is None

    def _focus(self, where: Focus) -> None:
        self.show(replace(self.state, focus=FocusRequest(where, self.state.focus.serial + 1)))

    def note_fault(self, error: Exception) -> None:
        """Say above the form that something did not work."""
        self.show(replace(self.state, note=Note(self._book.error(error), Tone.DANGER)))


def _namesakes(lines: tuple[CustomerLine, ...]) -> dict[Field, tuple[Hint, ...]]:
    hints = tuple(
        Hint(phrase("counter.namesake", name=line.name, phone=line.phone), line.customer)
        for line in lines
    )
    return {Field.NAME: hints} if hints else {}


def _submit_phrase(state: CounterState, count: int) -> Phrase:
    if state.busy:
        return phrase("counter.submit_busy")
    if state.person is not None:
        return phrase("counter.submit_issue", count=count)
    if count:
        return phrase("counter.submit_both", count=count)
    return phrase("counter.submit_register")
