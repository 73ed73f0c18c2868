"""What this person can have: assessed while they are typed, searched, ticked by click or number.

Also hears who they may already be, because both are asked of the store at once. This module must
not know Qt.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from branchdesk.ui.counter.attempt import Findings, look
from branchdesk.ui.counter.form import Field
from branchdesk.ui.counter.lines import (
    basket_lines,
    duplicate_hints,
    namesake_hints,
)
from branchdesk.ui.counter.offer_search import matching
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import Focus
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.serving.ahead import Ahead
from branchdesk.ui.serving.finding import SearchLine, search_line
from branchdesk.ui.serving.offers import offer_cards, shared_reason, without_reason
from branchdesk.ui.shell.services import DeskServices

LOOK_AFTER_MS: Final = 150


class OfferDesk:
    """Keeps what may be had and what of it was chosen."""

    def __init__(
        self, background: Background, timers: Timers, services: DeskServices, screen: Screen
    ) -> None:
        self._timers, self._services, self._screen = timers, services, screen
        self._latest = Latest(background)
        self._ahead = Ahead(self._hurry)
        self._asked = False
        self._findings = Findings((), (), ())
        self._known: dict[str, SearchLine] = {}
        self._held: tuple[str, ...] = ()
        self.chosen: tuple[str, ...] = ()

    def line(self, customer: str) -> SearchLine | None:
        """Return somebody whom the form may already be."""
        return self._known.get(customer)

    def look_soon(self) -> None:
        """Look again once nothing changes for a moment."""
        self._ahead.expected, self._asked = True, False
        self._timers.restart("look", LOOK_AFTER_MS, self.look_now)

    def look_now(self) -> None:
        """Look who this is and what they can have."""
        self._timers.cancel("look")
        self._ahead.expected = self._asked = True
        state = self._screen.state
        form, customer = state.form, "" if state.person is None else state.person.customer
        self._latest.submit(
            Lane.STORE, lambda: look(self._services, form, customer), self._found, self._failed
        )

    def look_again(self) -> None:
        """Look again, and say what of the basket cannot be had any more."""
        cards = offer_cards(self._findings.offers, self.chosen, self._screen.book)
        self._held = tuple(card.code for card in cards if card.chosen)
        self.look_now()

    def once_known(self, act: Callable[[], object]) -> None:
        """Act when the offers are those of what is typed now: at once, or in a moment."""
        self._ahead.do(act)

    def go_on(self) -> None:
        """Go to the offers, once they are those of what was just answered."""
        self.once_known(partial(self._screen.focus, Focus.OFFERS))

    def stop(self) -> None:
        """Look no more: an attempt begins."""
        self._timers.cancel("look")
        self._latest.drop()
        self._ahead.forget()

    def clear(self) -> None:
        """Forget who was served and what they chose."""
        self.stop()
        self.chosen, self._held, self._known = (), (), {}

    def toggle(self, code: str) -> None:
        """Put an offer into the basket or take it out."""
        in_basket = any(line.code == code for line in self._screen.state.basket)
        card = next((card for card in self._screen.state.offers if card.code == code), None)
        eligible = card is not None and card.status == "eligible"
        if not self._screen.is_open:
            return
        if not (eligible or in_basket):
            self._say_why_not(code)
            return
        others = tuple(chosen for chosen in self.chosen if chosen != code)
        self.chosen = others if in_basket else (*others, code)
        with self._screen.together():
            self._screen.show(replace(self._screen.state, note=None))
            self.show()
        self._screen.changed()

    def toggle_number(self, number: int) -> None:
        """Put the offer with this Alt key into the basket or take it out; say why it cannot be had.

        Numbers shift while answers arrive: what was meant is the offer that had the number when the
        key was pressed, and only where none had it, the one that has it next.
        """
        code = self._numbered(number)
        act = partial(self._toggle_number, number) if code is None else partial(self.toggle, code)
        self.once_known(act)

    def search(self, query: str) -> None:
        """Show only the offers that match."""
        if query != self._screen.state.offer_query:
            with self._screen.together():
                self._screen.show(replace(self._screen.state, offer_query=query))
                self.show()

    def take_first(self) -> None:
        """Tick the first offer found that can be had, and look for the next; else go on."""
        self.once_known(self._take_first)

    def show(self) -> None:
        """Show the offers that match, and the basket."""
        state, book = self._screen.state, self._screen.book
        every = offer_cards(self._findings.offers, self.chosen, book)
        shared = shared_reason(every)
        cards = matching(self._findings.offers, state.offer_query)
        shown = offer_cards(cards, self.chosen, book)
        shown = shown if shared is None else without_reason(shown, shared)
        note = shared if every else phrase("counter.no_offers")
        if every and not shown:
            note = phrase("counter.offers_none", query=state.offer_query)
        self._screen.show(
            replace(state, offers=shown, offers_note=note, basket=basket_lines(every))
        )

    def _toggle_number(self, number: int) -> None:
        offers = self._screen.state.offers
        code = self._numbered(number)
        if code is None and number <= len(offers):
            code = offers[number - 1].code  # What cannot be had stands below, without a number.
        if code is not None:
            self.toggle(code)
        elif self._screen.is_open:
            self._warn(phrase("counter.offer_no_number", number=number))

    def _say_why_not(self, code: str, key: str = "counter.offer_not_now") -> None:
        cards = offer_cards(self._findings.offers, self.chosen, self._screen.book)
        card = next((card for card in cards if card.code == code), None)
        if card is not None:
            why = card.reasons[:1] or (phrase("eligibility.not_eligible"),)
            self._warn(phrase(key, name=card.name, reason=why[0]))

    def _warn(self, told: Phrase) -> None:
        self._screen.show(replace(self._screen.state, note=Note(told, Tone.WARNING)))

    def _numbered(self, number: int) -> str | None:
        return next((c.code for c in self._screen.state.offers if c.number == number), None)

    def _take_first(self) -> None:
        state = self._screen.state
        if not state.offer_query.strip():
            self._screen.focus(Focus.SUBMIT)
            return
        code = self._numbered(1)
        if code is not None:
            self.toggle(code)
            self.search("")

    def _hurry(self) -> None:
        if not self._asked:
            self.look_now()

    def _found(self, findings: Findings) -> None:
        self._findings = findings
        lines = [line for _, line in findings.matches if line is not None]
        self._known = {line.customer: search_line(line) for line in (*lines, *findings.namesakes)}
        hints = duplicate_hints(findings.matches)
        if Field.PHONE not in hints and Field.DOCUMENT_NUMBER not in hints:
            hints.update(namesake_hints(findings.namesakes))
        state = self._screen.state
        with self._screen.together():
            self._screen.show(replace(state, hints=hints if state.person is None else {}))
            self.show()
        self._tell_lost()
        self._ahead.answered()

    def _tell_lost(self) -> None:
        """Say why something that was in the basket is not in it any more."""
        held, self._held = self._held, ()
        kept = {line.code for line in self._screen.state.basket}
        for code in held:
            if code in self.chosen and code not in kept:
                self._say_why_not(code, "counter.basket_lost")
                return

    def _failed(self, error: Exception) -> None:
        self._ahead.forget()
        self._screen.note_fault(error)
