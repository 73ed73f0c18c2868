"""Say by whom a number was used: a customer who is found, or a new one from the register.

A new customer is registered with their line: the paper carries their name, phone and signature
under the words of the consent. This module must not know Qt.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.names import mask_name
from branchdesk.domain.person import Channel, parse_registration
from branchdesk.domain.phones import mask_phone
from branchdesk.errors import RuleViolation
from branchdesk.ui.books.screen import Screen
from branchdesk.ui.books.state import LineState, Place
from branchdesk.ui.kit.background import Background, Timers
from branchdesk.ui.kit.words import Phrase, Tone
from branchdesk.ui.serving.book import field_problems
from branchdesk.ui.serving.finding import Finder, Search, SearchLine
from branchdesk.ui.serving.person_fields import Field
from branchdesk.ui.serving.typed import problem_of
from branchdesk.ui.shell.services import DeskServices

_PERSON: Final = {
    Field.NAME: Place.NAME,
    Field.PHONE: Place.PHONE,
    Field.CONSENTS: Place.CONSENT,
}


class HolderDesk:
    """Finds customers, and registers those whom nobody knows; ``chosen`` hears of one found."""

    def __init__(
        self,
        background: Background,
        timers: Timers,
        services: DeskServices,
        screen: Screen,
        chosen: Callable[[], object],
    ) -> None:
        self._services, self._screen, self._chosen = services, screen, chosen
        self._finder = Finder(
            background, timers, services.find_customers, self._show_search, self._not_found,
            timer="book_customer",
        )  # fmt: skip
        self._asked: tuple[tuple[str, str], str] | None = None

    def type_query(self, query: str) -> None:
        """Search for who got the voucher."""
        self._finder.type(query)

    def enter_query(self) -> None:
        """Take who is found, or register somebody whom nobody knows."""
        self._finder.take(self.take, lambda: self._screen.send(Place.FOUND), self.register)

    def take(self, customer: str) -> None:
        """Take a customer who was found."""
        found = self._finder.line(customer)
        if found is not None:
            self._finder.close()
            line = self._screen.state.line
            self._show_line(replace(line, customer=found, warning=None, registering=False))
            self._screen.send(Place.DAY)
            self._chosen()

    def register(self) -> None:
        """Ask for name and phone, beginning with what was searched for."""
        query = self._finder.search.query.strip()
        is_phone = query.lstrip("+").isdigit()
        self._finder.close()
        line = replace(
            self._screen.state.line,
            customer=None, warning=None, registering=True, agreed=False,
            name="" if is_phone else query, phone=query if is_phone else "",
        )  # fmt: skip
        self._show_line(line)
        self._screen.send(Place.PHONE if line.name else Place.NAME)

    def entered(self, place: Place) -> None:
        """Say beneath a field, as soon as Enter is pressed in it, what cannot be right there."""
        state, line = self._screen.state, self._screen.state.line
        asked = {Place.NAME: (Field.NAME, line.name), Place.PHONE: (Field.PHONE, line.phone)}
        if place not in asked:
            return
        form = {"name": line.name, "phone": line.phone, "channel": Channel.COUNTER.value}
        told = problem_of(*asked[place], form, self._screen.campaigns)
        if told is not None:
            self._screen.show(replace(state, errors={**state.errors, place: told}))

    def choose_other(self) -> None:
        """Let go of the customer, or of registering one: search again."""
        line = replace(
            self._screen.state.line,
            customer=None, warning=None, registering=False, name="", phone="",
        )  # fmt: skip
        self._show_line(line)
        self._screen.send(Place.CUSTOMER)

    def agree(self, agreed: bool) -> None:
        """Take over whether the customer signed for the words of the consent."""
        state = self._screen.state
        self._screen.show(replace(state, line=replace(state.line, agreed=agreed)))

    def close(self) -> None:
        """Search no more."""
        self._finder.close()

    def let_go(self) -> None:
        """Forget whom the last line was about."""
        self._finder.close()
        self._asked = None

    # -- for the line ----------------------------------------------------------------

    def person(self, line: LineState) -> Mapping[str, object]:
        """Return the registration; the same person asked for again is registered once."""
        wanted = (line.name, line.phone)
        if self._asked is None or self._asked[0] != wanted:
            self._asked = (wanted, self._services.new_intent())
        is_van = self._screen.page.terminal.kind == Channel.VAN.value
        agreed = {
            "purpose": Purpose.SERVICE.value, "granted": True, "how": ConsentHow.PAPER.value,
        }  # fmt: skip
        return {
            "name": line.name, "phone": line.phone, "consents": [agreed],
            "channel": (Channel.VAN if is_van else Channel.COUNTER).value,
            "intent": self._asked[1],
        }  # fmt: skip

    def registered(self, person: Mapping[str, object]) -> SearchLine:
        """Register somebody, on the store lane; return them masked."""
        texts = self._screen.campaigns.consent_texts
        registration = parse_registration(person, texts)
        made = self._services.register_customer(self._screen.session, registration)
        masked = mask_name(registration.name), mask_phone(registration.phone)
        return SearchLine(made.customer, *masked, "", 0)

    def missing(self, person: Mapping[str, object]) -> Mapping[Place, Phrase]:
        """Return what is wrong with a new customer before anything is asked of the store."""
        try:
            parse_registration(person, self._screen.campaigns.consent_texts)
        except RuleViolation as error:
            return self.problems(error)
        return {}

    def problems(self, error: Exception) -> Mapping[Place, Phrase]:
        """Return what is wrong with a new customer's fields; nothing when it is not about them."""
        found = field_problems(error, self._screen.campaigns)
        return {_PERSON[field]: told for field, told in found.items() if field in _PERSON}

    # -- inside ----------------------------------------------------------------------

    def _show_line(self, line: LineState) -> None:
        self._screen.show(replace(self._screen.state, line=line, errors={}))

    def _show_search(self, search: Search) -> None:
        state = self._screen.state
        self._screen.show(replace(state, line=replace(state.line, search=search)))

    def _not_found(self, error: Exception) -> None:
        self._screen.say(self._screen.campaigns.error(error), Tone.DANGER)
