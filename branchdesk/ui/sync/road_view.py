"""The road check: whether the van may leave, and a line a thing that was looked at. Passive."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, clear, fixed, rule, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.sync.state import RoadRow, SyncState

_SUBJECT_WIDTH = 104


class RoadView(QWidget):
    """The verdict above, the lines below; ``print_wanted`` carries the language of the slip."""

    print_wanted = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: tuple[RoadRow, ...] | None = None
        self._picture = Picture(self)
        self._verdict = PlainLabel(self, "headline", wrap=True)
        self._checked = PlainLabel(self, "muted", wrap=True)
        self.check = button(self, "", "road_check")
        self.print = button(self, "", "road_print")
        self.print.clicked.connect(self._print)
        self._area = VerticalArea(self, space=0, by_key=True)
        self._lay_out()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._verdict)
        words.addWidget(self._checked)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        top.addWidget(self.check, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.print, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addWidget(rule(self))
        layout.addWidget(self._area, 1)

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look, self._shown = look, None
        self._area.setAccessibleName(look.words.say("sync.tab.road"))
        self.check.setIcon(look.icon("sync"))
        set_button(self.check, look.words.say("road.again"))
        self.print.setIcon(look.icon("printer"))
        set_button(self.print, look.words.say("road.print"))

    def fill(self, state: SyncState) -> None:
        """Show what was found, or that it is being looked at."""
        look, road = self._look, state.road
        if look is None:
            return
        tone = Tone.QUIET if road.verdict is None or road.is_checking else road.verdict.tone
        known = road.verdict is not None and not road.is_checking
        said = look.words.say("road.checking")
        if known and road.verdict is not None:
            said = look.words.phrase(road.verdict.phrase)
        self._verdict.setText(said)
        self._verdict.set_tone(tone)
        self._picture.setPixmap(look.tone_picture(tone, 32, self.devicePixelRatioF()))
        when = road.checked if known else None
        self._checked.setText(
            look.words.say("road.checking_note") if when is None else look.words.phrase(when)
        )
        self.check.setEnabled(not road.is_checking)
        self.print.setEnabled(known and not road.is_printing)
        self._fill_rows(road.rows, look)

    def _fill_rows(self, rows: tuple[RoadRow, ...], look: Look) -> None:
        if rows == self._shown:
            return
        self._shown = rows
        clear(self._area.column)
        for row in rows:
            self._area.column.addWidget(self._row(row, look))
            self._area.column.addWidget(rule(self._area.inside))
        self._area.column.addStretch(1)

    def _row(self, row: RoadRow, look: Look) -> QWidget:
        owner = QWidget(self._area.inside)
        owner.setProperty("kind", "plain")
        speak_as(owner, QAccessible.Role.ListItem)
        picture, subject = Picture(owner), PlainLabel(owner, "strong", wrap=True)
        picture.setPixmap(look.tone_picture(row.tone, 20, self.devicePixelRatioF()))
        subject.setText(look.words.phrase(row.subject))
        value = PlainLabel(owner, wrap=True)
        value.setText(look.words.phrase(row.value))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(value)
        if row.advice is not None:
            advice = PlainLabel(owner, "muted", wrap=True)
            advice.setText(look.words.phrase(row.advice))
            words.addWidget(advice)
        layout = QHBoxLayout(owner)
        layout.setContentsMargins(2, 6, 2, 6)
        layout.setSpacing(12)
        layout.addWidget(picture)
        layout.addWidget(fixed(subject, _SUBJECT_WIDTH))
        layout.addLayout(words, 1)
        name = [look.words.say(f"sync.tone.{row.tone.value}"), subject.text(), value.text()]
        owner.setAccessibleName(" ".join(name))
        return owner

    def _print(self) -> None:
        if self._look is not None:
            self.print_wanted.emit(self._look.words.language)
