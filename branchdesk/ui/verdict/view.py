"""The check of a voucher, laid over the desk: a field, or a verdict one can read from a metre away.

Passive. What had the focus before has it again afterwards, with its cursor and selection.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QDropEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)
from shiboken6 import isValid

from branchdesk.ui.kit.fields import FieldBox, show_text
from branchdesk.ui.kit.file_question import FileQuestion
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, column, frame, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.verdict_panel import VerdictFact, VerdictPanel
from branchdesk.ui.kit.verdict_panel import VerdictState as PanelState
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.verdict.camera_view import CameraView
from branchdesk.ui.verdict.grey import grey_of
from branchdesk.ui.verdict.recent_view import RecentView
from branchdesk.ui.verdict.redeem_form import RedeemForm
from branchdesk.ui.verdict.services import GreyPicture
from branchdesk.ui.verdict.state import Answer, Step, Typed, VerdictState

_WIDTH: Final = 600
# The day's redemptions have seven columns.
_WIDTH_ASKING: Final = 880
_SHADE: Final = 150
_CODE_MAX: Final = 4_096
_WAITING: Final = {
    Step.READING: "verdict.reading",
    Step.CHECKING: "verdict.checking",
    Step.REDEEMING: "verdict.redeeming",
}
_PICTURES: Final = "*.png *.jpg *.jpeg *.webp *.gif *.bmp *.tif *.tiff *.pdf"
_ANSWERED: Final = frozenset({Step.ANSWER, Step.REDEEMED, Step.UNDONE})
# Giving the focus with this reason neither selects a field's text nor drops its selection.
_QUIETLY: Final = Qt.FocusReason.PopupFocusReason


class VerdictView(QWidget):
    """``submitted`` carries a code typed by hand, ``redeem_wanted`` what was typed to redeem,
    ``undo_wanted`` the reason; ``file_chosen`` the path of a picture or PDF, also of one dropped
    on the desk, ``pictured`` a picture that was pasted; ``camera_chosen`` the id of a camera;
    ``retyped``: another code is being typed.
    ``again``, ``dismissed``, ``camera_wanted`` and ``undo_asked`` are buttons. ``out_of_sight``:
    the window was hidden or made small.
    """

    submitted = signal_of(str)
    file_chosen = signal_of(str)
    pictured = signal_of(GreyPicture)
    redeem_wanted = signal_of(Typed)
    undo_wanted = signal_of(str)
    camera_chosen = signal_of(str)
    camera_wanted = Signal()
    out_of_sight = Signal()
    undo_asked = Signal()
    retyped = Signal()
    again = Signal()
    dismissed = Signal()

    def __init__(self, over: QWidget, *, has_camera: bool) -> None:
        super().__init__(over)
        self._has_camera = has_camera
        self.setObjectName("verdict")
        self.setProperty("covers", True)
        speak_as(self, QAccessible.Role.Dialog)
        self._look: Look | None = None
        self._state = VerdictState()
        self._serial = 0
        self._before: QWidget | None = None
        self._card = frame(self, "card", "verdict_card")
        self._title = PlainLabel(self._card, "title")
        edit = QLineEdit(self._card)
        edit.setMaxLength(_CODE_MAX)
        edit.setProperty("kind", "big")
        self.code = FieldBox(self._card, edit, "verdict_code")
        self._edit = edit
        self._hint = PlainLabel(self._card, "muted", wrap=True)
        self.recent = RecentView(self._card, edit)
        self._busy = PlainLabel(self._card, "headline")
        self.camera = CameraView(self._card)
        self.answer = VerdictPanel(self._card, "verdict_answer")
        self.form = RedeemForm(self._card)
        self._trouble = PlainLabel(self._card, "body", wrap=True)
        self._trouble.set_tone(Tone.DANGER)
        self.picture = button(self._card, "", "verdict_picture")
        self._file = FileQuestion(self, "verdict_dialog")
        self.look = button(self._card, "", "verdict_camera")
        self.another = button(self._card, "", "verdict_again")
        self.undo = button(self._card, "", "verdict_undo")
        self.redeem = button(self._card, "primary", "verdict_redeem")
        self.confirm_undo = button(self._card, "primary", "verdict_confirm_undo")
        self.leave = button(self._card, "", "verdict_close")
        self.check = button(self._card, "primary", "verdict_check")
        self._lay_out()
        edit.returnPressed.connect(self._submit)
        edit.textEdited.connect(lambda _: self.retyped.emit())
        edit.installEventFilter(self)
        self.picture.clicked.connect(self._ask_file)
        self.look.clicked.connect(self.camera_wanted)
        self.camera.chosen.connect(self.camera_chosen.emit)
        self.check.clicked.connect(self._submit)
        self.another.clicked.connect(self.again)
        self.leave.clicked.connect(self.dismissed)
        self.undo.clicked.connect(self.undo_asked)
        self.redeem.clicked.connect(self._redeem)
        self.confirm_undo.clicked.connect(self._undo)
        self.form.entered.connect(self._entered)
        over.setAcceptDrops(True)
        over.installEventFilter(self)
        self.hide()

    def _lay_out(self) -> None:
        inside = column(self._card, margin=24, space=16)
        above = (self._title, self.code, self._hint, self.recent, self._busy)
        for part in (*above, self.camera, self.answer, self.form, self._trouble):
            inside.addWidget(part)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addWidget(self.picture)
        buttons.addWidget(self.look)
        buttons.addWidget(self.another)
        buttons.addWidget(self.undo)
        buttons.addStretch(1)
        for last in (self.leave, self.check, self.redeem, self.confirm_undo):
            buttons.addWidget(last)
        inside.addLayout(buttons)
        self._card.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        centred = QHBoxLayout(self)
        centred.addStretch(1)
        centred.addWidget(self._card, 0, Qt.AlignmentFlag.AlignVCenter)
        centred.addStretch(1)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self._title.setText(say("verdict.title"))
        self.setAccessibleName(say("verdict.title"))
        self.code.name(say("verdict.code"), say("verdict.code_hint"))
        self._hint.setText(say("verdict.ask_hint"))
        self.picture.setIcon(look.icon("document"))
        set_button(self.picture, say("verdict.picture"))
        self.look.setIcon(look.icon("camera"))
        set_button(self.leave, say("desk.close"))
        set_button(self.check, say("verdict.check"))
        self.undo.setIcon(look.icon("undo"))
        set_button(self.undo, say("verdict.undo"))
        set_button(self.confirm_undo, say("verdict.confirm_undo"))
        for part in (self.form, self.answer, self.recent, self.camera):
            part.dress(look)
        self.render(self._state)

    def render(self, state: VerdictState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        if state.step is Step.CLOSED:
            self._go()
            return
        asking = state.step is Step.ASKING
        for part in (self.code, self._hint, self.check, self.picture, self.recent):
            part.setVisible(asking)
        self._card.setFixedWidth(_WIDTH_ASKING if asking else _WIDTH)
        self._show_camera(state, look)
        self._busy.setVisible(state.step in _WAITING)
        if state.step in _WAITING:
            self._busy.setText(look.words.say(_WAITING[state.step]))
        self.answer.fill(None if state.answer is None else _panel(state.answer))
        self.another.setVisible(state.step in _ANSWERED or state.step is Step.CAMERA)
        self.undo.setVisible(state.step in {Step.REDEEMED, Step.ANSWER} and state.can_undo)
        self.confirm_undo.setVisible(state.step is Step.UNDOING)
        self._show_ways(state, look)
        if asking:
            self.code.set_error(_words(state, look), look)
            self.recent.fill(state)
        self._come()
        if state.serial != self._serial:
            self._serial = state.serial
            if asking:
                show_text(self._edit, state.typed)
            self._put_cursor(state)

    def show_preview(self, preview: object) -> None:
        """Show what the camera sees now."""
        assert isinstance(preview, QImage), "the window's own kind of picture"
        self.camera.show_picture(preview)

    def _show_camera(self, state: VerdictState, look: Look) -> None:
        """Show the way to the camera, what it says, and the way back from it."""
        looking, say = state.step is Step.CAMERA, look.words.say
        has_failed = looking and state.camera.problem is not None
        self.look.setVisible(has_failed or (state.step is Step.ASKING and self._has_camera))
        set_button(self.look, say("verdict.camera_retry" if has_failed else "verdict.camera"))
        self.camera.fill(state.camera if looking else None)
        self.another.setIcon(look.icon("keyboard" if looking else "ticket"))
        set_button(self.another, say("verdict.by_hand" if looking else "verdict.again"))

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that nobody sees it any more: a camera must not go on looking."""
        super().hideEvent(event)
        self.out_of_sight.emit()

    def finishers(self) -> Sequence[QPushButton]:
        """Return the buttons that F9 may press: check a code, redeem, undo."""
        return self.check, self.redeem, self.confirm_undo

    def _show_ways(self, state: VerdictState, look: Look) -> None:
        """Show how it can be redeemed, and what stood against that."""
        way = state.redeemable if state.step is Step.ANSWER else None
        self.form.fill(state)
        self.redeem.setVisible(way is not None)
        if way is not None:
            key = "again" if way.is_repeat else "online" if way.is_online else "here"
            set_button(self.redeem, look.words.say(f"verdict.redeem_{key}"))
        told = "" if state.step is Step.ASKING else _words(state, look)
        self._trouble.setText(told)
        self._trouble.setVisible(bool(told))

    def _put_cursor(self, state: VerdictState) -> None:
        """Put the cursor where it belongs: a wanted field first, never on what acts at once."""
        if state.step is Step.ASKING and state.at_recent and state.recent:
            self.recent.go_in()
        elif state.step is Step.ASKING:
            self._edit.setFocus(_QUIETLY)
        elif state.step is Step.CAMERA and self.look.isVisible():
            self.look.setFocus(_QUIETLY)
        elif state.is_recent and self.undo.isVisible():
            self.undo.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            (self.form.wanted(state) or self.leave).setFocus(_QUIETLY)

    def _redeem(self) -> None:
        self.redeem_wanted.emit(self.form.typed())

    def _undo(self) -> None:
        self.undo_wanted.emit(self.form.reason())

    def _entered(self) -> None:
        if self.confirm_undo.isVisible():
            self._undo()
        else:
            self._redeem()

    def _come(self) -> None:
        if self.isHidden():
            self._before = QApplication.focusWidget()
            self._cover()
            self.show()
        self.raise_()

    def _go(self) -> None:
        if self.isHidden():
            return
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isEnabled():
            before.setFocus(_QUIETLY)
        self._edit.clear()
        self.hide()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002  (Qt's name)
        """Go round inside: what lies below is not to be reached."""
        ways = (
            self.camera.choice.control, self.picture, self.look, self.another, self.undo,
            self.leave, self.check, self.redeem, self.confirm_undo,
        )  # fmt: skip
        stops = [
            stop
            for stop in (self._edit, self.recent.table, *self.form.controls(), *ways)
            if stop.isVisible() and stop.isEnabled()
        ]
        if not stops:
            # Qt looks for a place for the cursor also while this is being hidden.
            return False
        focus = QApplication.focusWidget()
        at = stops.index(focus) if focus in stops else -1
        stops[(at + (1 if next else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Shade what lies below."""
        del event
        if self._look is not None:
            shade = QColor(self._look.palette.rail)
            shade.setAlpha(_SHADE)
            painter = QPainter(self)
            painter.fillRect(self.rect(), shade)
            painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover what lies below whatever its size, and take pictures dropped on it or pasted."""
        if isinstance(event, QKeyEvent) and watched is self._edit:
            is_paste = event.type() == QEvent.Type.KeyPress and event.matches(
                QKeySequence.StandardKey.Paste
            )
            return is_paste and self._paste()
        if isinstance(event, QDropEvent):
            return self._dropped(event)
        if event.type() == QEvent.Type.Resize and watched is self.parentWidget():
            self._cover()
        return super().eventFilter(watched, event)

    def _dropped(self, event: QDropEvent) -> bool:
        path = _file_in(event.mimeData())
        if not path:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self.file_chosen.emit(path)
        return True

    def _paste(self) -> bool:
        """Take a picture, or a file, that was copied; a text is the field's own."""
        found = QApplication.clipboard().mimeData()
        path = _file_in(found)
        if path:
            self.file_chosen.emit(path)
        elif found.hasImage() and not found.hasText():
            self.pictured.emit(grey_of(QApplication.clipboard().image()))
        else:
            return False
        return True

    def _ask_file(self) -> None:
        if self._look is None:
            return
        say = self._look.words.say
        filters = f"{say('verdict.picture_files')} ({_PICTURES})", f"{say('verdict.all_files')} (*)"
        dialog = self._file.make(say("verdict.picture"), filters, self.file_chosen.emit)
        if dialog is not None:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.open()

    def _cover(self) -> None:
        over = self.parentWidget()
        assert over is not None
        self.setGeometry(over.rect())

    def _submit(self) -> None:
        self.submitted.emit(self._edit.text())


def _panel(answer: Answer) -> PanelState:
    facts = tuple(VerdictFact(fact.label, fact.value) for fact in answer.facts)
    return PanelState(answer.tone, answer.word, answer.advice, facts, answer.icon)


def _file_in(found: QMimeData) -> str:
    """Return the path of the one file of this machine that is dropped or was copied."""
    paths = [url.toLocalFile() for url in found.urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 else ""


def _words(state: VerdictState, look: Look) -> str:
    return "" if state.error is None else look.words.phrase(state.error)
