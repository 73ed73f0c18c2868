"""Progress in words and as a bar, with a way out."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Phrase


@dataclass(frozen=True, slots=True)
class ProgressState:
    """What is being done and how far it is.

    ``total`` 0 means that nobody knows how much there is; ``count_key`` is a text with ``{done}``
    and ``{total}``. ``cancelling`` shows that the wish to stop was heard.
    """

    said: Phrase
    done: int = 0
    total: int = 0
    can_cancel: bool = True
    cancelling: bool = False
    count_key: str = "kit.progress"


class ProgressStrip(QFrame):
    """Shown while something long is going on; ``cancel`` is pressed to stop it.

    What cannot be stopped takes the cursor itself, so that the cursor is somewhere meanwhile.
    """

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("kind", "sunken")
        speak_as(self, QAccessible.Role.Grouping)
        self._look: Look | None = None
        self._state: ProgressState | None = None
        self._words = PlainLabel(self, "strong", wrap=True)
        self._count = PlainLabel(self, "muted")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self.cancel = button(self, "", f"{name}_cancel")
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(MOUSE.space_m)
        top.addWidget(self._words, 1)
        top.addWidget(self._count)
        left = QVBoxLayout()
        left.setSpacing(MOUSE.space_s)
        left.addLayout(top)
        left.addWidget(self._bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(MOUSE.space_l, MOUSE.space_m, MOUSE.space_m, MOUSE.space_m)
        layout.setSpacing(MOUSE.space_l)
        layout.addLayout(left, 1)
        layout.addWidget(self.cancel)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self.fill(self._state)

    def fill(self, state: ProgressState | None) -> None:
        """Show how far it is, or hide when nothing is going on."""
        self._state = state
        look = self._look
        self.setVisible(state is not None)
        if look is None or state is None:
            return
        say = look.words.say
        said = look.words.phrase(state.said)
        self._words.setText(said)
        known = state.total > 0
        count = say(state.count_key, done=state.done, total=state.total) if known else ""
        self._count.setText(count)
        self._bar.setRange(0, state.total)
        self._bar.setValue(state.done)
        self._bar.setAccessibleName(f"{said} {count}".strip())
        self.setAccessibleName(f"{said} {count}".strip())
        can_stop = state.can_cancel or state.cancelling
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if can_stop else Qt.FocusPolicy.TabFocus)
        set_button(self.cancel, say("kit.cancelling" if state.cancelling else "kit.cancel"))
        self.cancel.setEnabled(state.can_cancel and not state.cancelling)
