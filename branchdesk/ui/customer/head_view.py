"""Who it is: masked, revealed for a reason, and what can be done with them. Passive."""

from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from branchdesk.ui.customer.state import Head
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, rule, set_button
from branchdesk.ui.serving.reveal_view import RevealView


class HeadView(QFrame):
    """One customer; the buttons are connected by name."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sunken")
        self._look: Look | None = None
        self._name = PlainLabel(self, "headline", wrap=True)
        self._phone = PlainLabel(self, "strong")
        self._document = PlainLabel(self, "muted", wrap=True)
        self._came = PlainLabel(self, "muted", wrap=True)
        self._tags = PlainLabel(self, wrap=True)
        self.revealing = RevealView(self)
        self.serve = button(self, "primary", "serve")
        self.correct = button(self, "", "correct")
        self.erase = button(self, "quiet", "erase")
        self._rule = rule(self)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(8)
        for label in (self._name, self._phone, self._document, self._came, self._tags):
            layout.addWidget(label)
        layout.addWidget(self.revealing)
        layout.addWidget(self._rule)
        layout.addWidget(self.serve)
        pair = QGridLayout()
        pair.setSpacing(8)
        pair.addWidget(self.revealing.reveal, 0, 0, 1, 2)
        pair.addWidget(self.correct, 1, 0)
        pair.addWidget(self.erase, 1, 1)
        layout.addLayout(pair)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        reasons: list[QWidget] = [*self.revealing.reasons]
        return [*reasons, self.serve, self.revealing.reveal, self.correct, self.erase]

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        say = look.words.say
        self.revealing.dress(look)
        self.serve.setIcon(look.icon("counter", look.palette.on_primary))
        set_button(self.serve, say("customer.serve"))
        self.correct.setIcon(look.icon("pen"))
        set_button(self.correct, say("customer.correct"))
        self.erase.setIcon(look.icon("erase"))
        set_button(self.erase, say("customer.erase"))

    def fill(self, head: Head, *, enabled: bool) -> None:
        """Show a customer, or that they were erased."""
        look = self._look
        if look is None:
            return
        say, line = look.words.say, head.line
        self._name.setText(say("customer.erased") if head.erased else line.name)
        self._phone.setText(line.phone)
        self._phone.setVisible(bool(line.phone))
        self._document.setText(self._document_words(head, look))
        self._came.setText("\n".join(look.words.phrase(part) for part in head.came))
        tags = [
            say(f"customer.{area}", tags=found)
            for area, found in (("interests", head.interests), ("needs", head.needs))
            if found
        ]
        self._tags.setText("\n".join(tags))
        self._tags.setVisible(bool(tags))
        self.revealing.fill(head.revealing, enabled=enabled)
        if head.erased:
            self.revealing.reveal.hide()
        self._rule.setVisible(not head.erased)
        for made in (self.serve, self.correct, self.erase):
            made.setVisible(not head.erased)
            made.setEnabled(enabled)

    @staticmethod
    def _document_words(head: Head, look: Look) -> str:
        if head.erased:
            return look.words.say("customer.erased_note")
        if not head.line.document:
            return look.words.say("serving.no_document")
        kind = look.words.say(f"document_type.{head.document_type}")
        return f"{kind} {head.line.document}"
