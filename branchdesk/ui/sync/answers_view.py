"""What head office held back and why, each with what to do about it. Passive."""

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.chip import StatusChip
from branchdesk.ui.kit.empty_state import EmptyState
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import clear, frame
from branchdesk.ui.sync.state import AnswerLine, SyncState


class AnswersView(QStackedWidget):
    """A list of boxes, or a calm sentence when there is nothing in it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: tuple[tuple[AnswerLine, ...], int] | None = None
        self._empty = EmptyState(self, "sync_no_answers")
        self._area = VerticalArea(self, space=8, by_key=True)
        self._area.setObjectName("sync_answers")
        self.addWidget(self._empty)
        self.addWidget(self._area)

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look, self._shown = look, None
        self._area.setAccessibleName(look.words.say("sync.tab.answers"))
        say = look.words.say
        self._empty.fill(look, "success", say("sync.answers.none"), say("sync.answers.none_note"))

    def fill(self, state: SyncState) -> None:
        """Show the list."""
        wanted = (state.answers, state.answers_left_out)
        if self._look is None or wanted == self._shown:
            return
        self._shown = wanted
        clear(self._area.column)
        for line in state.answers:
            self._area.column.addWidget(self._box(line, self._look))
        if state.answers_left_out:
            more = PlainLabel(self._area.inside, "muted", wrap=True)
            more.setText(self._look.words.say("sync.answers.more", count=state.answers_left_out))
            self._area.column.addWidget(more)
        self._area.column.addStretch(1)
        self.setCurrentWidget(self._area if state.answers else self._empty)

    def _box(self, line: AnswerLine, look: Look) -> QWidget:
        box = frame(self._area.inside, "sunken")
        chip, title = StatusChip(box), PlainLabel(box, "strong", wrap=True)
        why, advice = PlainLabel(box, wrap=True), PlainLabel(box, "muted", wrap=True)
        chip.say(look.words.phrase(line.chip), line.tone, look)
        title.setText(look.words.phrase(line.title))
        why.setText(look.words.phrase(line.why))
        advice.setText(look.words.phrase(line.advice))
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(title, 1)
        top.addWidget(chip)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(why)
        layout.addWidget(advice)
        return box
