"""The sync screen put together: what waits at the left; answers, road check or stick at the right.

Passive: intent signals of its parts and one ``render``.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from branchdesk.ui.kit.areas import BAR_ROOM
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.look import Look, ScreenView
from branchdesk.ui.kit.page import Page
from branchdesk.ui.kit.pieces import MessageStrip
from branchdesk.ui.kit.segmented_choice import SegmentedChoice
from branchdesk.ui.kit.words import Note, Tone
from branchdesk.ui.sync.answers_view import AnswersView
from branchdesk.ui.sync.road_view import RoadView
from branchdesk.ui.sync.state import SyncState, Tab
from branchdesk.ui.sync.stick_view import StickView
from branchdesk.ui.sync.waiting_view import SignedCard, WaitingCard

_LEFT: Final = 400


class SyncView(ScreenView):
    """The screen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._look: Look | None = None
        self._state: SyncState | None = None
        self._focused = 0
        self._page = Page(self, "sync_page")
        self.tabs = SegmentedChoice(self, "sync_tabs")
        self.waiting = WaitingCard(self)
        self.signed = SignedCard(self)
        self.answers = AnswersView(self)
        self.road = RoadView(self)
        self.stick = StickView(self)
        self._note = MessageStrip(self)
        self._right = Card(self, "sync_right")
        self._stack = QStackedWidget(self)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._page)
        self._page.buttons.addWidget(self.tabs)
        left = QVBoxLayout()
        left.setSpacing(16)
        left.addWidget(self.waiting, 1)
        left.addWidget(self.signed)
        for card in (self.waiting, self.signed):
            card.setFixedWidth(_LEFT)
        for part in (self.answers, self.road, self.stick):
            self._stack.addWidget(part)
        note = QHBoxLayout()
        note.setContentsMargins(0, 0, BAR_ROOM, 0)
        note.addWidget(self._note)
        self._right.body.addLayout(note)
        self._right.body.addWidget(self._stack, 1)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addLayout(left)
        body.addWidget(self._right, 1)
        self._page.body.addLayout(body)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self.tabs.name(say("sync.tabs"), [(tab.value, say(f"sync.tab.{tab.value}")) for tab in Tab])
        for part in self._parts():
            part.dress(look)
        if self._state is not None:
            self.render(self._state)

    def finishers(self) -> Sequence[QPushButton]:
        """Return the buttons that F9 may press: synchronise."""
        return (self.waiting.sync,)

    def render(self, state: SyncState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        words = look.words
        office = "" if state.office is None else words.phrase(state.office)
        self._page.name(words.say("sync.title"), office)
        _say(self._note, state.note, look)
        self.tabs.show_choice(state.tab.value)
        for part in self._parts():
            part.fill(state)
        shown = {Tab.ANSWERS: self.answers, Tab.ROAD: self.road, Tab.STICK: self.stick}
        self._stack.setCurrentWidget(shown[state.tab])
        # The road check begins with its verdict, which is title enough.
        name = "" if state.tab is Tab.ROAD else state.tab.value
        title = words.say(f"sync.tab.{name}") if name else ""
        self._right.name(title, words.say(f"sync.{name}.note") if name else "")
        self._obey(state)

    def _parts(self) -> tuple[WaitingCard, SignedCard, AnswersView, RoadView, StickView]:
        return self.waiting, self.signed, self.answers, self.road, self.stick

    def _obey(self, state: SyncState) -> None:
        if state.focus == self._focused:
            return
        self._focused = state.focus
        target = self.waiting.sync if state.run is None else self.waiting.progress.cancel
        target.setFocus(Qt.FocusReason.OtherFocusReason)


def _say(strip: MessageStrip, note: Note | None, look: Look) -> None:
    words = "" if note is None else look.words.phrase(note.phrase)
    strip.say(words, Tone.INFO if note is None else note.tone, look)
