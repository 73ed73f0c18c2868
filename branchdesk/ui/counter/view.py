"""The counter screen put together: person, offers, consents and basket; or the result. Passive.

It has intent signals and one ``render``; every condition lives in the presenter.
"""

import itertools
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from branchdesk.domain.consent import Purpose
from branchdesk.ui.counter.basket_view import BasketView, SubmitView
from branchdesk.ui.counter.consent_view import ConsentView
from branchdesk.ui.counter.form import Field
from branchdesk.ui.counter.form_view import FormView
from branchdesk.ui.counter.offers_view import OffersView
from branchdesk.ui.counter.person_view import PersonView
from branchdesk.ui.counter.result_view import ResultView
from branchdesk.ui.counter.state import CounterState, Focus
from branchdesk.ui.counter.steps import EnterLeads
from branchdesk.ui.counter.talk_view import TalkView
from branchdesk.ui.counter.waiting_view import WaitingView
from branchdesk.ui.kit.areas import BAR_ROOM, VerticalArea
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look, ScreenView
from branchdesk.ui.kit.pieces import MessageStrip, rule
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.serving.search_view import SearchView

# Shares of the width; the sides stop growing where lines get too long to read.
_LEFT: Final = (20, 372, 520)
_MIDDLE: Final = 20
_RIGHT: Final = (19, 352, 460)
# From these Enter leads to the consents: what comes next must be asked in any case.
_ENDS: Final = (Field.CHANNEL, Field.NEEDS)


class CounterView(ScreenView):
    """The screen; its parts' signals are the intents."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._look: Look | None = None
        self._state: CounterState | None = None
        self._focused = self._turn = 0
        self._reading: Purpose | None = None
        self._chain: list[QWidget] = []
        enter = EnterLeads(self)
        self.search = SearchView(self, "search", "counter.search")
        self.form = FormView(self, enter)
        self.consents = ConsentView(self, enter)
        self.person = PersonView(self)
        self.talk = TalkView(self)
        self.offers = OffersView(self, enter)
        self.basket = BasketView(self)
        self.finish = SubmitView(self)
        enter.lead_to(self.basket.layouts, self.finish.submit)
        self.waiting = WaitingView(self)
        self.result = ResultView(self)
        self._title = PlainLabel(self, "title")
        self._note = MessageStrip(self)
        self._stack = QStackedWidget(self)
        for field in _ENDS:
            self.form.lead(enter, field, self._to_consents)
        self.offers.done.connect(self._to_submit)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self._left(), _LEFT[0])
        self._stack.addWidget(self._work())
        self._stack.addWidget(self.result)
        layout.addWidget(self._stack, _MIDDLE + _RIGHT[0])

    def _left(self) -> QWidget:
        card = _card(self, _LEFT)
        self._area = VerticalArea(card, space=16)
        self._area.column.addWidget(self.form)
        self._area.column.addWidget(self.person)
        self._area.column.addStretch(1)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(16, 14, 8, 12)
        layout.setSpacing(10)
        head = QVBoxLayout()
        head.setContentsMargins(0, 0, BAR_ROOM, 0)
        head.setSpacing(10)
        for widget in (self._title, self.search, self._note):
            head.addWidget(widget)
        layout.addLayout(head)
        layout.addWidget(self._area, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(0, 0, BAR_ROOM, 4)
        foot.addWidget(self.talk)
        layout.addLayout(foot)
        return card

    def _work(self) -> QWidget:
        page = QWidget(self)
        page.setProperty("kind", "plain")
        middle = QVBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.offers, 1)
        middle.addWidget(self.waiting)
        layout = QHBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addLayout(middle, _MIDDLE)
        layout.addWidget(self._right(), _RIGHT[0])
        return page

    def _right(self) -> QWidget:
        card = _card(self, _RIGHT)
        self._issue = VerticalArea(card, space=12)
        self._issue.column.addWidget(self.consents)
        self._issue.column.addWidget(rule(card))
        self._issue.column.addWidget(self.basket)
        self._issue.column.addStretch(1)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(16, 14, 8, 16)
        layout.setSpacing(10)
        layout.addWidget(self._issue, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(0, 0, BAR_ROOM, 0)
        foot.addWidget(self.finish)
        layout.addLayout(foot)
        return card

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        self._title.setText(look.words.say("counter.customer"))
        parts = (self.search, self.form, self.consents, self.person, self.offers, self.basket)
        for part in (*parts, self.finish, self.talk, self.waiting, self.result):
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
        self._begin_at_top(state)
        self.form.setVisible(state.person is None)
        self.person.setVisible(state.person is not None)
        enabled = not state.busy and state.result is None
        self.search.fill(state.search, "counter.found_none", enabled=enabled)
        parts = (self.form, self.consents, self.offers, self.basket, self.finish, self.waiting)
        for part in (*parts, self.talk):
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
        if state.reading is not None and state.reading is not self._reading:
            self._issue.uncover_soon(self.consents.text(state.reading))
        self._reading = state.reading

    def _rest(self, state: CounterState) -> None:
        # A field that is disabled under the cursor hands it on, and the form would scroll away.
        focused = QApplication.focusWidget() or self
        areas = (self._area, self._issue)
        if not (state.busy or state.result is not None):
            return
        if any(area.isAncestorOf(focused) for area in areas):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        if state.result is not None:
            for area in areas:
                area.verticalScrollBar().setValue(0)

    def _begin_at_top(self, state: CounterState) -> None:
        if state.turn != self._turn:
            self._turn = state.turn
            for area in (self._area, self._issue, self.offers.area):
                area.verticalScrollBar().setValue(0)

    def _order(self) -> None:
        # Matches, consents and offers come and go; Tab must still follow the eye.
        chain: list[QWidget] = [self.search.edit, self.search.table]
        chain += [*self.form.chain(), *self.person.chain()]
        chain += [*self.consents.chain(), *self.offers.chain()]
        chain += [self.basket.layouts, self.finish.submit]
        chain += [*self.waiting.chain(), *self.talk.chain()]
        # Setting the order costs half a millisecond a widget: what stands as before is left out.
        pairs = enumerate(zip(chain, self._chain, strict=False))
        same = next((place for place, (new, old) in pairs if new is not old), len(self._chain))
        self._chain = chain
        for before, after in itertools.pairwise(chain[max(0, same - 1) :]):
            QWidget.setTabOrder(before, after)

    def _to_consents(self) -> None:
        target = self.consents.first()
        if target is not None:
            self._go(target)

    def _to_submit(self) -> None:
        self._go(self.finish.submit)

    def showEvent(self, event: QShowEvent) -> None:
        """Put the cursor where it was sent to while nobody saw the screen."""
        super().showEvent(event)
        if self._state is not None:
            self._obey(self._state)

    def _obey(self, state: CounterState) -> None:
        # Out of sight it would take the cursor, and every key, from the screen that is shown.
        if state.focus.serial == self._focused or not self.isVisible():
            return
        self._focused = state.focus.serial
        if state.focus.where is Focus.FOUND:
            self.search.enter_list()
            return
        target = self._target(state.focus.where)
        if target is not None:
            self._go(target)
        if state.focus.where is Focus.SIGNATURE:
            self._issue.uncover_soon(self.consents.pad)

    def _go(self, target: QWidget) -> None:
        # A search begins anew with the next key, but half a name must not go with it.
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(target, QLineEdit) and target in {self.search.edit, self.offers.edit}:
            target.selectAll()
        for area in (self._area, self._issue):
            if area.inside.isAncestorOf(target):
                area.ensureWidgetVisible(target, 0, 48)

    def _target(self, where: Focus) -> QWidget | None:
        field = next((field for field in self.form.boxes if field.value == where.value), None)
        if field is not None:
            return self.form.control(field)
        return {
            Focus.CONSENTS: self.consents.wanted(),
            Focus.SEARCH: self.search.edit,
            Focus.REVEAL: self.person.revealing.reasons[0],
            Focus.OFFERS: self.offers.first() or self.finish.submit,
            Focus.OFFER_SEARCH: self.offers.edit,
            Focus.SIGNATURE: self.consents.pad.sheet,
            Focus.SUBMIT: self.finish.submit,
            Focus.RESULT: self.result.default(),
        }.get(where)


def _card(parent: QWidget, share: tuple[int, int, int]) -> QFrame:
    card = QFrame(parent)
    card.setProperty("kind", "card")
    _, width_min, width_max = share
    card.setMinimumWidth(width_min)
    card.setMaximumWidth(width_max)
    return card
