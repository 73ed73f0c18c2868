"""Synchronising without a line, as three steps: write a file, have it taken, bring the reply.

Passive.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.file_question import FileQuestion
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, frame, set_button
from branchdesk.ui.kit.progress_strip import ProgressState, ProgressStrip
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.sync.state import RunState, SyncState
from branchdesk.ui.sync.stick_lines import SUFFIX

_EXPORT, _CARRY, _IMPORT = "export", "carry", "import"


class StickView(QWidget):
    """Three steps; ``export_chosen`` and ``reply_chosen`` carry the path of a file."""

    export_chosen = signal_of(str)
    reply_chosen = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._file_name = ""
        self._file = FileQuestion(self, "stick_dialog")
        self._area = VerticalArea(self, space=10, by_key=True)
        self.export = button(self._area.inside, "", "stick_export")
        self.reply = button(self._area.inside, "", "stick_import")
        self._steps: dict[str, tuple[QFrame, PlainLabel, PlainLabel]] = {}
        self.progress = ProgressStrip(self, "stick_progress")
        self.export.clicked.connect(self._ask_export)
        self.reply.clicked.connect(self._ask_reply)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons: dict[str, QPushButton | None] = {
            _EXPORT: self.export, _CARRY: None, _IMPORT: self.reply
        }  # fmt: skip
        for name, act in buttons.items():
            self._area.column.addWidget(self._step(name, act))
        self._area.column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.progress)
        layout.addWidget(self._area, 1)

    def _step(self, name: str, act: QPushButton | None) -> QFrame:
        box = frame(self._area.inside, "sunken")
        speak_as(box, QAccessible.Role.Grouping)
        title, text = PlainLabel(box, "strong", wrap=True), PlainLabel(box, wrap=True)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(title)
        words.addWidget(text)
        layout = QHBoxLayout(box)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(14)
        layout.addLayout(words, 1)
        if act is not None:
            layout.addWidget(act, 0, Qt.AlignmentFlag.AlignVCenter)
        self._steps[name] = box, title, text
        return box

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look = look
        say = look.words.say
        self._area.setAccessibleName(say("sync.tab.stick"))
        for name, (box, title, text) in self._steps.items():
            title.setText(say(f"sync.stick.{name}"))
            box.setAccessibleName(title.text())
            if name != _EXPORT:
                text.setText(say(f"sync.stick.{name}.note"))
        self.export.setIcon(look.icon("upload"))
        set_button(self.export, say("sync.stick.export.do"))
        self.reply.setIcon(look.icon("document"))
        set_button(self.reply, say("sync.stick.import.do"))
        self.progress.dress(look)

    def fill(self, state: SyncState) -> None:
        """Show what would go, and how far the one that runs is."""
        look, stick = self._look, state.stick
        if look is None:
            return
        self._file_name = stick.file_name
        said = "" if stick.waiting is None else look.words.phrase(stick.waiting)
        self._steps[_EXPORT][2].setText(said)
        held = self.window().focusWidget() in {self.export, self.reply, self.progress.cancel}
        self.progress.fill(None if stick.run is None else _progress(stick.run))
        for act in (self.export, self.reply):
            act.setEnabled(stick.run is None)
        if held and stick.run is not None:
            self.progress.cancel.setFocus()
        elif held and not self.export.hasFocus() and not self.reply.hasFocus():
            self.reply.setFocus()

    def _ask_export(self) -> None:
        dialog = self._ask("sync.stick.export", self.export_chosen.emit)
        if dialog is not None:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(SUFFIX)
            dialog.selectFile(self._file_name)
            dialog.open()

    def _ask_reply(self) -> None:
        dialog = self._ask("sync.stick.import", self.reply_chosen.emit)
        if dialog is not None:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.open()

    def _ask(self, title: str, chosen: Callable[[str], object]) -> QFileDialog | None:
        """Make the question for a file; none while one is being asked already."""
        if self._look is None:
            return None
        say = self._look.words.say
        # Whatever the file was called on its way: what it is, the file itself says.
        filters = f"{say('sync.stick.files')} (*.{SUFFIX})", f"{say('sync.stick.all_files')} (*)"
        return self._file.make(say(title), filters, chosen)


def _progress(run: RunState) -> ProgressState:
    return ProgressState(
        run.said, run.done, run.total, cancelling=run.stopping, count_key=run.count_key
    )
