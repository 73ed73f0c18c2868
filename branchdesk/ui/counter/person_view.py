"""A chosen customer: masked, revealed for a reason, let go. Passive."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import PersonCard
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, rule, set_button
from branchdesk.ui.serving.reveal_view import RevealView


class PersonView(QFrame):
    """One registered customer in the place of the form."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sunken")
        self._look: Look | None = None
        self._name = PlainLabel(self, "headline", wrap=True)
        self._phone = PlainLabel(self, "strong")
        self._document = PlainLabel(self, "muted", wrap=True)
        self._vouchers = PlainLabel(self, "muted")
        self.revealing = RevealView(self)
        self.let_go = button(self, "quiet", "let_go")
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.revealing.reveal)
        buttons.addWidget(self.let_go)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.setSpacing(8)
        for widget in (self._name, self._phone, self._document, self._vouchers):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addWidget(rule(self))
        layout.addSpacing(6)
        layout.addWidget(self.revealing)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self.revealing.dress(look)
        set_button(self.let_go, look.words.say("counter.let_go"))

    def fill(self, person: PersonCard, *, enabled: bool) -> None:
        """Show a customer."""
        look = self._look
        if look is None:
            return
        self._name.setText(person.name)
        self._phone.setText(person.phone)
        self._document.setText(person.document or look.words.say("counter.no_document"))
        self._vouchers.setText(look.words.say("counter.vouchers_had", count=person.vouchers))
        self.revealing.fill(person.revealing, enabled=enabled)
        self.let_go.setEnabled(enabled)
