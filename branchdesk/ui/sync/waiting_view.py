"""What waits to be sent, and the one button that sends it. Passive."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, set_button
from branchdesk.ui.kit.progress_strip import ProgressState, ProgressStrip
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.actions import BY_ID, ActionId
from branchdesk.ui.sync.state import RunState, SyncState

# Less than the number and its age is not worth a card.
_AREA_MIN = 88


class WaitingCard(Card):
    """Shows the number, how old and how big it is, its kinds, and progress while it goes up."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "sync_waiting")
        self._look: Look | None = None
        self._area = VerticalArea(self, space=6, by_key=True)
        self._area.setMinimumHeight(_AREA_MIN)
        self._number = PlainLabel(self._area.inside, "headline", wrap=True)
        self._facts = PlainLabel(self._area.inside, "muted", wrap=True)
        # Every kind in one text that wraps: a list of rows showed two of ten on a small screen.
        self.kinds = PlainLabel(self._area.inside, wrap=True)
        self._trouble = MessageStrip(self)
        self.progress = ProgressStrip(self, "sync_progress")
        self.sync = button(self, "call", "sync_now")
        self._next = PlainLabel(self, "muted", wrap=True)
        for widget in (self._number, self._facts, self.kinds):
            self._area.column.addWidget(widget)
        self._area.column.addStretch(1)
        self.body.addWidget(self._area, 1)
        for below in (self._trouble, self.progress, self.sync, self._next):
            self.body.addWidget(below)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        action = BY_ID[ActionId.SYNC]
        self.name(look.words.say("sync.waiting"))
        self._area.setAccessibleName(look.words.say("sync.waiting"))
        self.sync.setIcon(look.icon(action.icon, look.palette.on_primary))
        words = look.words.say(action.text_key)
        set_button(self.sync, f"{words} ({action.shortcut})", words)
        self.progress.dress(look)

    def fill(self, state: SyncState) -> None:
        """Show what waits and what is under way."""
        look = self._look
        if look is None:
            return
        words, waiting = look.words, state.waiting
        self._number.setText(words.phrase(waiting.headline))
        self._number.set_tone(waiting.tone)
        self._facts.setText(" · ".join(map(words.phrase, waiting.facts)))
        self._facts.setVisible(bool(waiting.facts))
        kinds = [
            words.say("sync.waiting.kind", name=kind.name, count=f"{kind.count:,}")
            for kind in waiting.kinds
        ]
        self.kinds.setText("\u00a0· ".join(kinds))
        self.kinds.setVisible(bool(kinds))
        trouble = state.trouble
        self._trouble.say(
            "" if trouble is None else words.phrase(trouble.phrase),
            Tone.INFO if trouble is None else trouble.tone,
            look,
        )
        self._fill_run(state)
        self._next.setVisible(state.next_try is not None)
        self._next.setText("" if state.next_try is None else words.phrase(state.next_try))

    def _fill_run(self, state: SyncState) -> None:
        run = state.run
        held = self.window().focusWidget() in {self.sync, self.progress.cancel}
        self.sync.setVisible(run is None)
        self.progress.fill(None if run is None else _progress(run))
        if held:
            # Whoever pressed one of the two goes on from the one that took its place.
            (self.sync if run is None else self.progress.cancel).setFocus()


def _progress(run: RunState) -> ProgressState:
    return ProgressState(
        run.said, run.done, run.total, cancelling=run.stopping, count_key=run.count_key
    )


class SignedCard(Card):
    """What head office signed for, and the way to keep its signature."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "sync_signed")
        self._look: Look | None = None
        self._facts = PlainLabel(self, wrap=True)
        self.save = button(self, "", "save_proof")
        self.body.addWidget(self._facts)
        self.body.addWidget(self.save)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self.name(look.words.say("sync.signed"))
        self.save.setIcon(look.icon("document"))
        set_button(self.save, look.words.say("sync.proof.save"))

    def fill(self, state: SyncState) -> None:
        """Show the marks."""
        if self._look is None:
            return
        self._facts.setText("\n".join(map(self._look.words.phrase, state.signed)))
        self._facts.setVisible(bool(state.signed))
        # Nothing to save yet is no reason to hold the room: what waits needs it.
        self.save.setVisible(state.can_save_proof)
