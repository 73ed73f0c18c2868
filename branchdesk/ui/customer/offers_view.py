"""What the person could have next: eligible first, the others with what is missing. Passive."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from branchdesk.ui.customer.state import CustomerState
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import clear
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.serving.offers import OfferCard

_TONES = {"eligible": Tone.SUCCESS, "near": Tone.INFO, "blocked": Tone.QUIET}


class OffersView(Card):
    """A compact list; taking one of it is the counter's."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: tuple[OfferCard, ...] = ()
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.body.addLayout(self._list)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look, self._shown = look, ()
        self.name(look.words.say("customer.offers"), look.words.say("customer.offers_note"))

    def fill(self, state: CustomerState) -> None:
        """Show every offer with its reasons."""
        look, offers = self._look, state.page.offers
        self.setVisible(bool(offers))
        if look is None or offers == self._shown:
            return
        self._shown = offers
        clear(self._list)
        for card in offers:
            self._list.addWidget(self._row(card, look))

    def _row(self, card: OfferCard, look: Look) -> QWidget:
        row = QWidget(self)
        tone = _TONES[card.status]
        picture = Picture(row)
        picture.setPixmap(look.tone_picture(tone, 20, self.devicePixelRatioF()))
        name = PlainLabel(row, "strong", wrap=True)
        name.setText(look.words.of(card.name))
        status = PlainLabel(row)
        status.set_tone(tone)
        status.setText(look.words.say(f"counter.status.{card.status}"))
        why = PlainLabel(row, "caption", wrap=True)
        said = [look.words.phrase(card.value), *(look.words.phrase(r) for r in card.reasons)]
        why.setText("\n".join(said))
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(picture, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(name, 0, 1)
        grid.addWidget(status, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(why, 1, 1, 1, 2)
        return row
