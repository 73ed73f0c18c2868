"""The offers for this person: what can be had, what is missing, why not. Passive."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.counter.state import CounterState
from branchdesk.ui.counter.steps import EnterLeads
from branchdesk.ui.kit.areas import BAR_ROOM, VerticalArea
from branchdesk.ui.kit.fields import show_text
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look, Shown, set_property
from branchdesk.ui.kit.pieces import MessageStrip
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.serving.offers import OfferCard

_REASONS_SHOWN = 2
_TONES = {"eligible": Tone.SUCCESS, "near": Tone.WARNING, "blocked": Tone.QUIET}


class OfferButton(QPushButton):
    """One offer as a large tick box; ``ticked`` carries its code."""

    ticked = signal_of(str)

    def __init__(self, parent: QWidget, code: str) -> None:
        super().__init__(parent)
        self.code = code
        self.setObjectName(f"offer_{code}")
        self.setProperty("kind", "offer")
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._picture = Picture(self)
        self._mark = Picture(self)
        self._name = PlainLabel(self, "strong", wrap=True)
        self._value = PlainLabel(self, "muted", wrap=True)
        self._status = PlainLabel(self, "caption")
        self._reasons = PlainLabel(self, "caption", wrap=True)
        self._shown = Shown()
        self._lay_out()
        self.clicked.connect(self._tick)

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setSpacing(1)
        middle.addWidget(self._name)
        middle.addWidget(self._value)
        middle.addWidget(self._reasons)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        right.addStretch(1)
        right.addWidget(self._status, 0, Qt.AlignmentFlag.AlignRight)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 11, 14, 11)
        layout.setSpacing(12)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(middle, 1)
        layout.addLayout(right)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def fill(self, card: OfferCard, look: Look, *, enabled: bool) -> None:
        """Show an offer."""
        eligible = card.status == "eligible"
        self.setCheckable(eligible)
        self.setChecked(card.chosen)
        self.setEnabled(enabled)
        if self._shown.changes(card, look, self.devicePixelRatioF()):
            self._say(card, look)

    def _say(self, card: OfferCard, look: Look) -> None:
        words, tone = look.words, _TONES.get(card.status, Tone.QUIET)
        set_property(self, "status", card.status)
        eligible = card.status == "eligible"
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if eligible else Qt.CursorShape.ArrowCursor
        )
        self._name.setText(words.of(card.name))
        self._value.setText(f"{words.phrase(card.value)} · {words.phrase(card.slots)}")
        reasons = [words.phrase(reason) for reason in card.reasons[:_REASONS_SHOWN]]
        self._reasons.setText("\n".join(reasons))
        self._reasons.setVisible(bool(reasons))
        status = words.say(f"counter.status.{card.status}")
        self._status.setText(f"{status} · Alt+{card.number}" if card.number else status)
        self._status.set_tone(tone)
        self._draw(card, look, tone)
        self.setAccessibleName(
            ", ".join([words.of(card.name), words.phrase(card.value), status, *reasons])
        )

    def _draw(self, card: OfferCard, look: Look, tone: Tone) -> None:
        ratio = self.devicePixelRatioF()
        colour = look.palette.primary if card.status == "eligible" else look.palette.muted
        self._picture.setPixmap(look.icons.pixmap(card.kind, colour, 28, ratio))
        if card.chosen:
            mark = look.icons.pixmap("success", look.palette.primary, 22, ratio)
        else:
            mark = look.tone_picture(tone, 18, ratio)
        self._mark.setPixmap(mark)

    def sizeHint(self) -> QSize:
        """Be as large as what is written on it."""
        layout = self.layout()
        assert layout is not None
        return layout.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Be at least as large as what is written on it."""
        layout = self.layout()
        assert layout is not None
        return layout.minimumSize()

    def _tick(self) -> None:
        self.ticked.emit(self.code)


class OffersView(QFrame):
    """The middle of the counter. ``ticked`` carries an offer's code, ``searched`` a query.

    ``entered`` says that Enter was pressed in the search, ``done`` on an offer.
    """

    ticked = signal_of(str)
    searched = signal_of(str)
    entered = Signal()
    done = Signal()

    def __init__(self, parent: QWidget, enter: EnterLeads) -> None:
        super().__init__(parent)
        self._enter = enter
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._title = PlainLabel(self, "title")
        self._note = PlainLabel(self, "caption")
        self.edit = QLineEdit(self)
        self.edit.setObjectName("offer_search")
        self.edit.setMaxLength(40)
        self._icon = self.edit.addAction(
            self.windowIcon(), QLineEdit.ActionPosition.LeadingPosition
        )
        self.edit.textChanged.connect(self.searched.emit)
        enter.lead(self.edit, self.entered.emit)
        self._strip = MessageStrip(self)
        self.area = VerticalArea(self, space=8)
        self.area.column.addStretch(1)
        self.cards: dict[str, OfferButton] = {}
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._note)
        head = QVBoxLayout()
        head.setContentsMargins(0, 0, BAR_ROOM, 0)
        head.setSpacing(10)
        head.addLayout(top)
        head.addWidget(self.edit)
        head.addWidget(self._strip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 8, 14)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addWidget(self.area, 1)
        layout.addStretch(0)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self._title.setText(look.words.say("counter.offers"))
        self._note.setText(look.words.say("counter.offers_note"))
        self.edit.setPlaceholderText(look.words.say("counter.offer_search"))
        self.edit.setAccessibleName(look.words.say("counter.offer_search_name"))
        self._icon.setText(look.words.say("counter.offer_search_name"))
        self._icon.setIcon(look.icon("search", look.palette.muted))

    def fill(self, state: CounterState) -> None:
        """Show every offer."""
        look = self._look
        if look is None:
            return
        show_text(self.edit, state.offer_query)
        self.edit.setVisible(bool(state.offers) or bool(state.offer_query))
        self.edit.setEnabled(not state.busy and state.result is None)
        note = state.offers_note
        self._strip.say("" if note is None else look.words.phrase(note), Tone.INFO, look)
        self.area.setVisible(bool(state.offers))
        self._prepare([card.code for card in state.offers])
        enabled = not state.busy and state.result is None
        for card in state.offers:
            self.cards[card.code].fill(card, look, enabled=enabled)

    def first(self) -> QWidget | None:
        """Return the first offer that can be had and is not ticked; else the first that can."""
        free = [card for card in self.cards.values() if card.isCheckable()]
        return next((card for card in free if not card.isChecked()), free[0] if free else None)

    def chain(self) -> list[QWidget]:
        """Return everything that Tab visits, in its order."""
        return [self.edit, *self.cards.values()]

    def _prepare(self, codes: list[str]) -> None:
        if list(self.cards) == codes:
            return
        focused = next((code for code, card in self.cards.items() if card.hasFocus()), None)
        for code in set(self.cards) - set(codes):
            gone = self.cards.pop(code)
            self.area.column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for code in codes:
            if code not in self.cards:
                self.cards[code] = OfferButton(self.area.inside, code)
                self.cards[code].ticked.connect(self.ticked.emit)
                self._enter.lead(self.cards[code], self.done.emit)
        self.cards = {code: self.cards[code] for code in codes}
        self._reorder()
        if focused in self.cards:
            self.cards[focused].setFocus(Qt.FocusReason.OtherFocusReason)

    def _reorder(self) -> None:
        # Inserting moves a widget that is there already. Taking items out by hand would leave the
        # old item registered with its widget, and the new one would keep an old height.
        for place, card in enumerate(self.cards.values()):
            self.area.column.insertWidget(place, card)
            card.show()
