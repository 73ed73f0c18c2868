"""The shift screen: how it stands on the left, what is asked for now on the right. Passive."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from branchdesk.ui.kit.areas import BAR_ROOM, VerticalArea
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.confirm_bar import Confirmation, ConfirmBar, Question
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look, ScreenView
from branchdesk.ui.kit.page import Page
from branchdesk.ui.kit.pieces import rule
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Phrase, phrase
from branchdesk.ui.shift.duty_view import ClosedView, DutyView
from branchdesk.ui.shift.lines_view import LinesGrid, StaffList
from branchdesk.ui.shift.state import ResetWish, ShiftState, Step
from branchdesk.ui.shift.step_view import StepView


class ShiftView(ScreenView):
    """The screen; ``reset_wanted`` carries whose PIN a supervisor wants reset, and why."""

    reset_wanted = signal_of(ResetWish)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._look: Look | None = None
        self._state: ShiftState | None = None
        self._asked = ""
        self.page = Page(self, "shift")
        self._left = VerticalArea(self.page, space=MOUSE.space_l)
        self.now = Card(self._left.inside, "shift_now")
        self._facts = LinesGrid(self.now)
        self._rules = [rule(self.now) for _ in range(2)]
        self._work = LinesGrid(self.now)
        self._unsent_title = PlainLabel(self.now, "label")
        self._unsent = LinesGrid(self.now)
        self._right = VerticalArea(self.page, space=MOUSE.space_l)
        self.staff_card = Card(self._right.inside, "shift_staff")
        self.staff = StaffList(self.staff_card)
        self.question = ConfirmBar(self.staff_card, "reset")
        self.step, self.duty = StepView(self._right.inside), DutyView(self._right.inside)
        self.closed = ClosedView(self._right.inside)
        self._lay_out()
        self.staff.reset_wanted.connect(self._ask_reset)
        self.question.confirmed.connect(self._reset)

    def _lay_out(self) -> None:
        for part in (self._facts, self._rules[0], self._work, self._rules[1], self._unsent_title,
                     self._unsent):  # fmt: skip
            self.now.body.addWidget(part)
        self.staff_card.body.addWidget(self.question)
        self.staff_card.body.addWidget(self.staff)
        self._left.column.addWidget(self.now)
        self._left.column.addStretch(1)
        for card in (self.step, self.duty, self.closed):
            self._right.column.addWidget(card, 1)
        self._right.column.addWidget(self.staff_card)
        sides = QHBoxLayout()
        sides.setSpacing(MOUSE.space_l - BAR_ROOM)
        sides.addWidget(self._left, 1)
        sides.addWidget(self._right, 1)
        self.page.body.addLayout(sides, 1)
        self.page.end_at_the_bar(BAR_ROOM)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self.page.name(say("shift.title"))
        self.staff_card.name(say("shift.staff"), say("shift.staff_note"))
        self._unsent_title.setText(say("shift.unsent"))
        for part in (self.step, self.duty, self.closed, self.question):
            part.dress(look)
        if self._state is not None:
            self.render(self._state)

    def finishers(self) -> Sequence[QPushButton]:
        """Return the buttons that F9 may press: the step's own, and a question's."""
        return self.step.submit, self.question.confirm, self.closed.leave

    def render(self, state: ShiftState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        heads = {Step.OPENING: "shift.ahead", Step.CLOSED: "shift.ended"}
        self.now.name(look.words.say(heads.get(state.step, "shift.now")))
        self._facts.fill(state.facts, look)
        self._work.fill(state.work, look)
        # The summary of a closed shift is long: what it leaves unsent stands in the other card.
        unsent = () if state.step is Step.CLOSED else state.unsent
        self._unsent.fill(unsent, look)
        self._rules[0].setVisible(bool(state.facts and state.work))
        self._rules[1].setVisible(bool(unsent))
        self._unsent_title.setVisible(bool(unsent))
        self.staff.fill(state.staff, look)
        self.staff_card.setVisible(state.step is Step.OVERVIEW)
        self.duty.setVisible(state.step is Step.OVERVIEW)
        self.closed.setVisible(state.step is Step.CLOSED)
        self.step.setVisible(state.step not in {Step.OVERVIEW, Step.CLOSED})
        if state.step is Step.OVERVIEW:
            self.duty.fill(state)
        elif state.step is Step.CLOSED:
            self.closed.fill(state)
        else:
            self.step.fill(state)

    def reset_taken(self) -> None:
        """Put the question away."""
        self.question.close_bar()

    def reset_refused(self, reason: Phrase) -> None:
        """Say beside the reason why it was not taken."""
        self.question.refuse("reason", reason)

    def _ask_reset(self, staff: str) -> None:
        self._asked = staff
        asked = Question(
            phrase("shift.reset_ask", staff=staff), phrase("shift.reset_do"), wants_reason=True
        )
        self.question.ask(asked)
        self._right.uncover_soon(self.question)

    def _reset(self, given: Confirmation) -> None:
        self.reset_wanted.emit(ResetWish(self._asked, given.reason))
