"""Grant a purpose anew: the text to read out, and the ways in which it can be answered. Passive.

What is drawn stands only on the pad, and leaves it when the question is closed.
"""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from branchdesk.domain.consent import ConsentHow
from branchdesk.ui.customer.state import ConsentLine, Grant, Granting
from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, button, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.signature_pad import SignaturePad


class GrantView(QWidget):
    """``granted`` carries the answer; ``to_sign`` asks for the pad."""

    granted = signal_of(Grant)
    to_sign = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._line: ConsentLine | None = None
        self._text = PlainLabel(self, wrap=True)
        self._ask = PlainLabel(self, "label", wrap=True)
        self.hows = {how: TargetButton(self, "", how.value) for how in reversed(ConsentHow)}
        for how, made in self.hows.items():
            made.setObjectName(f"grant_{how.value}")
            said = self.to_sign.emit if how is ConsentHow.SIGNATURE else partial(self._grant, how)
            made.clicked.connect(said)
        self.pad = SignaturePad(self, "grant_pad")
        self.pad.setMaximumHeight(260)
        self.pad.paper.clicked.connect(partial(self._grant, ConsentHow.PAPER))
        self.keep = button(self, "primary", "grant_signed")
        self.keep.clicked.connect(partial(self._grant, ConsentHow.SIGNATURE))
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        self._ways = QWidget(self)
        ways = FlowLayout(self._ways, 8)
        for made in self.hows.values():
            ways.addWidget(made)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        layout.addWidget(self._text)
        layout.addWidget(self._ask)
        layout.addWidget(self._ways)
        layout.addWidget(self.pad)
        layout.addWidget(self.keep)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        pad = self.pad
        return [*self.hows.values(), pad.sheet, pad.undo, pad.clear, pad.paper, self.keep]

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self.pad.dress(look)
        set_button(self.keep, look.words.say("customer.consent.keep_signature"))

    def close_question(self) -> None:
        """Hide, and forget what was drawn."""
        self.pad.show_strokes(())
        self.pad.set_error("")
        self.hide()

    def fill(self, line: ConsentLine, granting: Granting, look: Look, *, enabled: bool) -> None:
        """Show what is to be read out, or the pad."""
        if self._line is None or line.purpose is not self._line.purpose:
            self.pad.show_strokes(())
        self._line = line
        say = look.words.say
        name = say(f"purpose.{line.purpose.value}")
        self._text.setText("" if line.text is None else look.words.of(line.text))
        self._ask.setText(say("customer.consent.ask", version=line.version))
        for how, made in self.hows.items():
            words = say(f"consent_how.{how.value}")
            set_button(made, words, f"{words} {name}")
        for widget in (self._ask, self._ways):
            widget.setVisible(not granting.signing)
        for widget in (self.pad, self.keep):
            widget.setVisible(granting.signing)
        error = granting.error
        self.pad.set_error("" if error is None else look.words.phrase(error))
        self.setEnabled(enabled)
        self.show()

    def _grant(self, how: ConsentHow) -> None:
        if self._line is not None:
            strokes = self.pad.strokes if how is ConsentHow.SIGNATURE else ()
            self.granted.emit(Grant(self._line.purpose, how, strokes))
