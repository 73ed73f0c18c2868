"""The customer's page put together: who it is, what is known or being changed, what happened.

Passive: intent signals of its parts and one ``render``; every condition lives in the presenter.
"""

import itertools
from collections.abc import Sequence
from typing import Final, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QWidget

from branchdesk.ui.customer.consents_view import ConsentsView
from branchdesk.ui.customer.correct_view import CorrectView
from branchdesk.ui.customer.erase_view import EraseView
from branchdesk.ui.customer.finding_view import FindingView
from branchdesk.ui.customer.offers_view import OffersView
from branchdesk.ui.customer.same_view import SameView
from branchdesk.ui.customer.state import CustomerState, Focus
from branchdesk.ui.customer.timeline_view import TimelineView
from branchdesk.ui.customer.vouchers_view import VouchersView
from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.empty_state import EmptyState
from branchdesk.ui.kit.fields import EnterMovesOn
from branchdesk.ui.kit.look import Look, ScreenView

_LEFT: Final = 360
_RIGHT: Final = 280


class _Part(Protocol):
    def dress(self, look: Look) -> None: ...

    def fill(self, state: CustomerState) -> None: ...


class CustomerView(ScreenView):
    """The screen; its parts' signals are the intents."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._look: Look | None = None
        self._state: CustomerState | None = None
        self._focused = 0
        self._held: QWidget | None = None
        self._chain: list[QWidget] = []
        enter = EnterMovesOn(self)
        self.left = FindingView(self)
        self.nobody = EmptyState(self, "nobody")
        self._known = VerticalArea(self, space=16)
        inside = self._known.inside
        self.consents = ConsentsView(inside)
        self.vouchers = VouchersView(inside)
        self.same = SameView(inside)
        self.offers = OffersView(inside)
        self._typing = VerticalArea(self, space=0)
        self.correct = CorrectView(self._typing.inside, enter)
        self._erasing = VerticalArea(self, space=0)
        self.erase = EraseView(self._erasing.inside, enter)
        self.timeline = TimelineView(self)
        self._stack = QStackedWidget(self)
        known = (self.consents, self.vouchers, self.same, self.offers)
        self._parts: tuple[_Part, ...] = (
            self.left,
            *known,
            self.correct,
            self.erase,
            self.timeline,
        )
        self._lay_out()

    def _lay_out(self) -> None:
        for part in (self.same, self.consents, self.vouchers, self.offers):
            self._known.column.addWidget(part)
        self._known.column.addStretch(1)
        self._typing.column.addWidget(self.correct)
        self._erasing.column.addWidget(self.erase)
        for area in (self._typing, self._erasing):
            area.column.addStretch(1)
        for page in (self._known, self._typing, self._erasing):
            self._stack.addWidget(page)
        self.left.setFixedWidth(_LEFT)
        self.timeline.setMinimumWidth(_RIGHT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self.left)
        layout.addWidget(self.nobody, 1)
        layout.addWidget(self._stack, 4)
        layout.addWidget(self.timeline, 3)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self.nobody.fill(look, "customer", say("customer.nobody"), say("customer.nobody_note"))
        for part in self._parts:
            part.dress(look)
        if self._state is not None:
            self.render(self._state)

    def finishers(self) -> Sequence[QPushButton]:
        """Return the buttons that F9 may press: save, keep a signature, erase."""
        return self.correct.save, self.consents.grant.keep, self.erase.erase

    def render(self, state: CustomerState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        before, self._state = self._state, state
        if self._look is None:
            return
        was_busy = before is not None and before.busy
        if state.busy and not was_busy:
            self._rest()
        chosen = state.head is not None
        self.nobody.setVisible(not chosen)
        self._stack.setVisible(chosen)
        self.timeline.setVisible(chosen)
        for part in self._parts:
            part.fill(state)
        self._stack.setCurrentIndex(_page(state))
        self._order()
        if was_busy and not state.busy:
            self._resume()
        self._obey(state)

    def _rest(self) -> None:
        # A control that is disabled under the cursor hands it on to whatever comes next.
        focused = self.window().focusWidget()
        self._held = focused if focused is not None and self.isAncestorOf(focused) else None
        if self._held is not None:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _resume(self) -> None:
        held, self._held = self._held, None
        if held is None or self.window().focusWidget() is not self:
            return
        # Rows are made anew by what was done: only one that is still there takes the cursor back.
        here = held in self._chain and held.isVisible() and held.isEnabled()
        target = held if here else self.left.control(Focus.PAGE)
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _order(self) -> None:
        # Rows come and go; Tab and Enter must still follow the eye.
        chain = [*self.left.controls(), *self.same.controls(), *self.consents.controls()]
        chain += [
            *self.vouchers.controls(),
            *self.correct.controls(),
            *self.erase.controls(),
        ]
        chain.append(self.timeline.area)
        if chain != self._chain:
            self._chain = chain
            for before, after in itertools.pairwise(chain):
                QWidget.setTabOrder(before, after)

    def showEvent(self, event: QShowEvent) -> None:
        """Put the cursor where it was sent to while nobody saw the page."""
        super().showEvent(event)
        if self._state is not None:
            self._obey(self._state)

    def _obey(self, state: CustomerState) -> None:
        # Out of sight it would take the cursor, and every key, from the screen that is shown.
        if state.focus.serial == self._focused or not self.isVisible():
            return
        self._focused = state.focus.serial
        if state.focus.where is Focus.FOUND:
            self.left.search.enter_list()
            return
        target = self._target(state)
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            if state.focus.where is Focus.SEARCH:
                self.left.search.edit.selectAll()
            for area in (self._known, self._typing, self._erasing):
                if area.inside.isAncestorOf(target):
                    area.ensureWidgetVisible(target, 0, 48)
            if state.papers is not None:
                self._known.uncover_soon(self.vouchers.papers, 16)

    def _target(self, state: CustomerState) -> QWidget | None:
        where = state.focus.where
        if where is Focus.GRANT:
            return self.consents.grant.controls()[0]
        if where is Focus.SIGN:
            return self.consents.grant.pad.sheet
        if where is Focus.MERGE:
            return self.same.reasons[0] if self.same.reasons else None
        if where.value.startswith("paper"):
            return self.vouchers.papers.control(where)
        if where.value.startswith("erase_"):
            return self.erase.control(where)
        return self.left.control(where) or self.correct.control(where)


def _page(state: CustomerState) -> int:
    if state.correcting is not None:
        return 1
    return 2 if state.erasing is not None else 0
