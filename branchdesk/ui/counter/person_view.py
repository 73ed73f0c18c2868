"""A chosen customer: masked, what we know of them, revealed for a reason, let go. Passive."""

from typing import Final

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import HeldLine, Known, PersonCard
from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import ElidedLabel, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, clear, rule, set_button
from branchdesk.ui.kit.words import Tone, phrase
from branchdesk.ui.serving.reveal_view import RevealView

_HELD_MAX: Final = 4
_TONES: Final = {
    "good": Tone.SUCCESS, "partly_used": Tone.SUCCESS, "expired": Tone.WARNING,
    "revoked": Tone.DANGER,
}  # fmt: skip


class PersonView(QFrame):
    """One registered customer in the place of the form."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sunken")
        self._look: Look | None = None
        self._shown: Known | None = None
        self._name = PlainLabel(self, "headline", wrap=True)
        self._phone = PlainLabel(self, "strong")
        self._document = PlainLabel(self, "muted", wrap=True)
        self._visit = PlainLabel(self, "muted")
        self._vouchers = PlainLabel(self, "strong")
        self._held = QVBoxLayout()
        self._held.setSpacing(2)
        self.revealing = RevealView(self)
        self.open_page = button(self, "", "open_page")
        self.let_go = button(self, "quiet", "let_go")
        self._lay_out()

    def _lay_out(self) -> None:
        row = QWidget(self)
        buttons = FlowLayout(row, 8)
        for made in (self.revealing.reveal, self.open_page, self.let_go):
            buttons.addWidget(made)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(6)
        for widget in (self._name, self._phone, self._document, self._visit):
            layout.addWidget(widget)
        # Above what they hold, which may be long: whoever works by touch does not scroll to them.
        layout.addSpacing(6)
        layout.addWidget(self.revealing)
        layout.addWidget(row)
        layout.addSpacing(4)
        layout.addWidget(rule(self))
        layout.addSpacing(4)
        layout.addWidget(self._vouchers)
        layout.addLayout(self._held)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look, self._shown = look, None
        self.revealing.dress(look)
        self.open_page.setIcon(look.icon("person"))
        set_button(self.open_page, look.words.say("counter.open_page"))
        set_button(self.let_go, look.words.say("counter.let_go"))

    def fill(self, person: PersonCard, *, enabled: bool) -> None:
        """Show a customer, and what is known of them once it is."""
        look = self._look
        if look is None:
            return
        words, known = look.words, person.known
        self._name.setText(person.name)
        self._phone.setText(person.phone)
        self._document.setText(person.document or words.say("serving.no_document"))
        self._visit.setText("" if known is None else
                            words.say("counter.last_visit", day=known.last_visit))  # fmt: skip
        count = person.vouchers if known is None else len(known.vouchers)
        self._vouchers.setText(words.say("counter.vouchers_had", count=count))
        if known is None or known != self._shown:
            self._shown = known
            self._list(() if known is None else known.vouchers, look)
        self.revealing.fill(person.revealing, enabled=enabled)
        self.let_go.setEnabled(enabled)

    def chain(self) -> list[QWidget]:
        """Return what Tab stops at, in the order of the eye."""
        return [*self.revealing.reasons, self.revealing.reveal, self.open_page, self.let_go]

    def _list(self, held: tuple[HeldLine, ...], look: Look) -> None:
        clear(self._held)
        for line in held[:_HELD_MAX]:
            standing = phrase(f"counter.held_{line.standing}", day=line.expires_on)
            label = ElidedLabel(self)
            label.set_tone(_TONES.get(line.standing, Tone.QUIET))
            label.setText(look.words.say("counter.held", name=line.name, standing=standing))
            self._held.addWidget(label)
        if len(held) > _HELD_MAX:
            more = PlainLabel(self, "caption")
            more.setText(look.words.say("counter.held_more", count=len(held) - _HELD_MAX))
            self._held.addWidget(more)
