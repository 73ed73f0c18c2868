"""Ask in place, never in a dialog: the question, a reason or a second person, do it or leave it."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from branchdesk.ui.kit.fields import FieldBox
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Phrase, Tone, phrase

_REASON_LENGTH_MAX: Final = 120
_PARTS: Final = ("reason", "second", "pin")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked and what the two answers are called.

    ``wants_reason`` asks for a sentence, ``wants_second`` for another person's code and PIN.
    ``danger`` is for what cannot be undone.
    """

    said: Phrase
    confirm: Phrase
    wants_reason: bool = False
    wants_second: bool = False
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was given with the yes; fields that were not asked for are empty."""

    reason: str = ""
    second: str = ""
    pin: str = field(default="", repr=False)


class ConfirmBar(QFrame):
    """Hidden until something is asked; ``confirmed`` carries what was given, Esc leaves it.

    An empty field is answered beside it. Whether a reason or a PIN will do the presenter decides,
    and says with ``refuse``; with a yes that was taken, it says ``close``.
    """

    confirmed = signal_of(Confirmation)
    left = signal_of(Question)

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("kind", "confirm")
        speak_as(self, QAccessible.Role.AlertMessage)
        self._look: Look | None = None
        self._question: Question | None = None
        self._before: QWidget | None = None
        self._picture = Picture(self)
        self._words = PlainLabel(self, "strong", wrap=True)
        # As high as the words are at the bar's width, not at the narrow one that Qt guesses.
        policy = self._words.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Preferred)
        self._words.setSizePolicy(policy)
        self.edits = {part: QLineEdit(self) for part in _PARTS}
        self.boxes = {
            part: FieldBox(self, edit, f"{name}_{part}") for part, edit in self.edits.items()
        }
        self.edits["pin"].setEchoMode(QLineEdit.EchoMode.Password)
        self.edits["reason"].setMaxLength(_REASON_LENGTH_MAX)
        self.confirm = button(self, "primary", f"{name}_confirm")
        self.leave = button(self, "", f"{name}_leave")
        self.confirm.clicked.connect(self._confirm)
        self.leave.clicked.connect(self._leave)
        for edit in self.edits.values():
            edit.returnPressed.connect(self._go_on)
        for part, edit in self.edits.items():
            edit.textEdited.connect(partial(self._typed, part))
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(MOUSE.space_m)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._words, 1)
        fields = QHBoxLayout()
        fields.setSpacing(MOUSE.space_m)
        for part, box in self.boxes.items():
            fields.addWidget(box, 2 if part == "reason" else 1, Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.setSpacing(MOUSE.space_s)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.confirm)
        layout = QVBoxLayout(self)
        side = MOUSE.space_l
        layout.setContentsMargins(side, side, side, side)
        layout.setSpacing(MOUSE.space_m)
        layout.addLayout(top)
        layout.addLayout(fields)
        layout.addLayout(buttons)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        for part, box in self.boxes.items():
            box.name(look.words.say(f"kit.confirm.{part}"))
        set_button(self.leave, look.words.say("kit.confirm.leave"))
        self._say()

    def ask(self, question: Question) -> None:
        """Show the bar and take the focus to where the answer begins."""
        self._question = question
        self._before = self.window().focusWidget()
        for edit in self.edits.values():
            edit.clear()
        self._clear_errors()
        wanted = {
            "reason": question.wants_reason,
            "second": question.wants_second,
            "pin": question.wants_second,
        }
        for part, box in self.boxes.items():
            box.setVisible(wanted[part])
        self._say()
        self.show()
        # What cannot be undone does not lie under the first Enter.
        first = [self.edits[part] for part in _PARTS if wanted[part]]
        bare = self.leave if question.danger else self.confirm
        (first[0] if first else bare).setFocus(Qt.FocusReason.OtherFocusReason)

    def refuse(self, part: str, error: Phrase) -> None:
        """Say beside a field (``reason``, ``second`` or ``pin``) why the yes was not taken."""
        look = self._look
        if look is not None:
            self.boxes[part].set_error(look.words.phrase(error), look)
            self.edits[part].setFocus(Qt.FocusReason.OtherFocusReason)
            self.edits[part].selectAll()

    def close_bar(self) -> None:
        """Forget what was asked and typed, and give the focus back."""
        self._question = None
        for edit in self.edits.values():
            edit.clear()
        inside = self.isAncestorOf(self.window().focusWidget() or self.window())
        self.hide()
        if inside and self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def _say(self) -> None:
        look, question = self._look, self._question
        if look is None or question is None:
            return
        tone = Tone.DANGER if question.danger else Tone.INFO
        set_property(self, "tone", tone.value)
        set_property(self.confirm, "kind", "danger" if question.danger else "primary")
        self._picture.setPixmap(look.tone_picture(tone, 20, self.devicePixelRatioF()))
        self._words.setText(look.words.phrase(question.said))
        self.setAccessibleName(self._words.text())
        set_button(self.confirm, look.words.phrase(question.confirm))

    def _typed(self, part: str, _: str) -> None:
        self.boxes[part].set_error("", None)

    def _clear_errors(self) -> None:
        for box in self.boxes.values():
            box.set_error("", None)

    def _asked(self) -> list[str]:
        return [part for part in _PARTS if not self.boxes[part].isHidden()]

    def _go_on(self) -> None:
        asked = self._asked()
        here = next((part for part in asked if self.edits[part].hasFocus()), asked[-1])
        if here == asked[-1]:
            self._confirm()
        else:
            self.edits[asked[asked.index(here) + 1]].setFocus(Qt.FocusReason.TabFocusReason)

    def _confirm(self) -> None:
        self._clear_errors()
        given = {part: edit.text().strip() for part, edit in self.edits.items()}
        empty = next((part for part in self._asked() if not given[part]), None)
        if empty is None:
            self.confirmed.emit(Confirmation(**given))
        else:
            self.refuse(empty, phrase(f"kit.confirm.{empty}_missing"))

    def _leave(self) -> None:
        question = self._question
        self.close_bar()
        if question is not None:
            self.left.emit(question)
