"""Labelled lines one below the other, and the list of staff. Passive."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.kit.chip import StatusChip
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, clear, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.shift.state import Line, StaffRow, Words


class LinesGrid(QWidget):
    """Lines with their label left and what they say right."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown: tuple[object, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(MOUSE.space_l)
        self._grid.setVerticalSpacing(MOUSE.space_s)
        self._grid.setColumnStretch(1, 1)

    def fill(self, lines: Sequence[Line], look: Look) -> None:
        """Show the lines; nothing moves when they are the same."""
        told = tuple((_said(line.label, look), _said(line.value, look), line.tone)
                     for line in lines)  # fmt: skip
        self.setVisible(bool(told))
        if (told, look) == self._shown:
            return
        self._shown = (told, look)
        clear(self._grid)
        for row, (label, value, tone) in enumerate(told):
            name, text = PlainLabel(self, "muted"), PlainLabel(self, "strong", wrap=True)
            name.setText(label)
            text.setText(value)
            text.set_tone(tone)
            text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(text, row, 1)


class StaffList(QWidget):
    """Who may sign in here; ``reset_wanted`` carries whose PIN is to be reset."""

    reset_wanted = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown: tuple[object, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(MOUSE.space_s)

    def fill(self, staff: Sequence[StaffRow], look: Look) -> None:
        """Show a line a person; nothing moves when they are the same."""
        if (tuple(staff), look) == self._shown:
            return
        self._shown = (tuple(staff), look)
        clear(self._column)
        for row in staff:
            self._column.addWidget(self._line(row, look))

    def _line(self, row: StaffRow, look: Look) -> QWidget:
        line = QWidget(self)
        who, role, way = PlainLabel(line, "strong"), PlainLabel(line, "caption"), StatusChip(line)
        who.setText(f"{row.name} {row.code}")
        role.setText(look.words.phrase(row.role))
        way.say(look.words.phrase(row.way), row.tone, look)
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(MOUSE.space_m)
        layout.addWidget(who)
        layout.addWidget(role)
        layout.addStretch(1)
        layout.addWidget(way)
        if row.can_reset:
            ask = TargetButton(line, "link", row.code)
            ask.setObjectName(f"reset_{row.code}")
            words = look.words.say("shift.reset")
            set_button(ask, words, f"{words} {row.name} {row.code}")
            ask.taken.connect(self.reset_wanted.emit)
            layout.addWidget(ask)
        return line


def _said(words: Words, look: Look) -> str:
    return look.words.of(words) if isinstance(words, Bilingual) else look.words.phrase(words)
