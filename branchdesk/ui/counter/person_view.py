"""A chosen customer: masked, revealed for a reason, let go. Passive."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import PersonCard
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, button, rule, set_button
from branchdesk.ui.kit.signals import signal_of

_REASONS = ("verify", "correct", "contact")


class PersonView(QFrame):
    """One registered customer in the place of the form. ``reveal_for`` carries the reason."""

    reveal_for = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sunken")
        self._look: Look | None = None
        self._name = PlainLabel(self, "headline", wrap=True)
        self._phone = PlainLabel(self, "strong")
        self._document = PlainLabel(self, "muted", wrap=True)
        self._vouchers = PlainLabel(self, "muted")
        self._why = PlainLabel(self, "label")
        self._hidden_soon = PlainLabel(self, "caption")
        self.reveal = button(self, "", "reveal")
        self.let_go = button(self, "quiet", "let_go")
        self.reasons = [TargetButton(self, "", reason) for reason in _REASONS]
        for reason in self.reasons:
            reason.taken.connect(self.reveal_for.emit)
        self._lay_out()

    def _lay_out(self) -> None:
        choices = QVBoxLayout()
        choices.setSpacing(8)
        for reason in self.reasons:
            choices.addWidget(reason)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.reveal)
        buttons.addWidget(self.let_go)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.setSpacing(8)
        for widget in (self._name, self._phone, self._document, self._vouchers):
            layout.addWidget(widget)
        layout.addWidget(self._hidden_soon)
        layout.addSpacing(6)
        layout.addWidget(rule(self))
        layout.addSpacing(6)
        layout.addWidget(self._why)
        layout.addLayout(choices)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        say = look.words.say
        self.reveal.setIcon(look.icon("eye"))
        set_button(self.reveal, say("counter.reveal"))
        set_button(self.let_go, say("counter.let_go"))
        self._why.setText(say("counter.reveal_why"))
        self._hidden_soon.setText(say("counter.revealed"))
        for reason in self.reasons:
            set_button(reason, say(f"counter.reason.{reason.target}"))

    def fill(self, person: PersonCard, *, enabled: bool) -> None:
        """Show a customer."""
        look = self._look
        if look is None:
            return
        self._name.setText(person.name)
        self._phone.setText(person.phone)
        self._document.setText(person.document or look.words.say("counter.no_document"))
        self._vouchers.setText(look.words.say("counter.vouchers_had", count=person.vouchers))
        self._hidden_soon.setVisible(person.revealed)
        self._why.setVisible(person.asking_reason)
        for reason in self.reasons:
            reason.setVisible(person.asking_reason)
        self.reveal.setVisible(not person.revealed and not person.asking_reason)
        self.reveal.setEnabled(enabled)
        self.let_go.setEnabled(enabled)
