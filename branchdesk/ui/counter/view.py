"""The counter screen put together: person, offers, basket; or person and result. Passive.

It has intent signals and one ``render``; every condition lives in the presenter.
"""

import itertools
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.counter.basket_view import BasketView
from branchdesk.ui.counter.consent_view import ConsentView
from branchdesk.ui.counter.form_view import FormView
from branchdesk.ui.counter.offers_view import OffersView
from branchdesk.ui.counter.person_view import PersonView
from branchdesk.ui.counter.result_view import ResultView
from branchdesk.ui.counter.state import CounterState, Focus
from branchdesk.ui.counter.waiting_view import WaitingView
from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.fields import EnterMovesOn
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look, ScreenView
from branchdesk.ui.kit.pieces import MessageStrip
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.serving.search_view import SearchView

_LEFT: Final = 448
_RIGHT: Final = 316


class CounterView(ScreenView):
    """The screen; its parts' signals are the intents."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._look: Look | None = None
        self._state: CounterState | None = None
        self._focused = 0
        self._chain: list[QWidget] = []
        enter = EnterMovesOn(self)
        self.search = SearchView(self)
        self.form = FormView(self, enter)
        self.consents = ConsentView(self, enter)
        self.person = PersonView(self)
        self.offers = OffersView(self, enter)
        self.basket = BasketView(self, enter)
        self.waiting = WaitingView(self)
        self.result = ResultView(self)
        self._title = PlainLabel(self, "title")
        self._note = MessageStrip(self)
        self._stack = QStackedWidget(self)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self._left())
        self._stack.addWidget(self._work())
        self._stack.addWidget(self.result)
        layout.addWidget(self._stack, 1)

    def _left(self) -> QWidget:
        card = QFrame(self)
        card.setProperty("kind", "card")
        card.setFixedWidth(_LEFT)
        self._area = VerticalArea(card, space=16)
        self._area.column.addWidget(self.form)
        self._area.column.addWidget(self.consents)
        self._area.column.addStretch(1)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(16, 14, 8, 12)
        layout.setSpacing(10)
        for widget in (self._title, self.search, self._note, self.person):
            layout.addWidget(widget)
        layout.addWidget(self._area, 1)
        layout.addStretch(0)
        return card

    def _work(self) -> QWidget:
        page = QWidget(self)
        page.setProperty("kind", "plain")
        right = QVBoxLayout()
        right.setSpacing(16)
        right.addWidget(self.basket, 1)
        right.addWidget(self.waiting)
        self.basket.setFixedWidth(_RIGHT)
        self.waiting.setFixedWidth(_RIGHT)
        layout = QHBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(self.offers, 1)
        layout.addLayout(right)
        return page

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        self._title.setText(look.words.say("counter.customer"))
        parts = (self.search, self.form, self.consents, self.person, self.offers, self.basket)
        for part in (*parts, self.waiting, self.result):
            part.dress(look)
        if self._state is not None:
            self.render(self._state)

    def render(self, state: CounterState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        self._rest(state)
        chosen = state.person is not None
        self._area.setVisible(not chosen)
        self.person.setVisible(chosen)
        enabled = not state.busy and state.result is None
        self.search.fill(state.search, "counter.found_none", enabled=enabled)
        for part in (self.form, self.consents, self.offers, self.basket, self.waiting):
            part.fill(state)
        if state.person is not None:
            self.person.fill(state.person, enabled=enabled)
        if state.result is not None:
            self.result.fill(state.result)
        self._stack.setCurrentIndex(0 if state.result is None else 1)
        note = state.note
        words = "" if note is None else look.words.phrase(note.phrase)
        self._note.say(words, Tone.INFO if note is None else note.tone, look)
        self._order()
        self._obey(state)

    def _rest(self, state: CounterState) -> None:
        # A field that is disabled under the cursor hands it on, and the form would scroll away.
        if (state.busy or state.result is not None) and self._area.isAncestorOf(
            QApplication.focusWidget() or self
        ):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        if state.result is not None:
            self._area.verticalScrollBar().setValue(0)

    def _order(self) -> None:
        # Consents and offers come and go; Tab and Enter must still follow the eye.
        chain: list[QWidget] = [self.search.edit, self.search.table]
        chain += [box.control for box in self.form.boxes.values()]
        for row in self.consents.rows.values():
            chain += [row.box, row.how]
        chain += [*self.offers.cards.values(), self.basket.layouts, self.basket.submit]
        chain += [self.waiting.table, self.waiting.print]
        if chain != self._chain:
            self._chain = chain
            for before, after in itertools.pairwise(chain):
                QWidget.setTabOrder(before, after)

    def _obey(self, state: CounterState) -> None:
        if state.focus.serial == self._focused:
            return
        self._focused = state.focus.serial
        target = self._target(state.focus.where)
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
            if self._area.inside.isAncestorOf(target):
                self._area.ensureWidgetVisible(target, 0, 48)

    def _target(self, where: Focus) -> QWidget | None:
        field = next((field for field in self.form.boxes if field.value == where.value), None)
        if field is not None:
            return self.form.control(field)
        return {
            Focus.CONSENTS: self.consents.first(),
            Focus.SEARCH: self.search.edit,
            Focus.REVEAL: self.person.revealing.reasons[0],
            Focus.OFFERS: self.offers.first(),
            Focus.RESULT: self.result.next,
        }.get(where)
