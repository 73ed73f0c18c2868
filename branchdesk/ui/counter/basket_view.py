"""What is about to be issued, in which layout, and the one big button. Passive."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import BasketLine, CounterState
from branchdesk.ui.kit.fields import EnterMovesOn, set_choices, show_choice
from branchdesk.ui.kit.labels import ElidedLabel, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, button, clear, rule, set_button
from branchdesk.ui.kit.signals import signal_of

LAYOUTS: Final = ("a4", "a4x8", "a5", "80", "58")


class BasketView(QFrame):
    """The right side. ``removed`` carries an offer, ``layout_chosen`` a layout."""

    removed = signal_of(str)
    layout_chosen = signal_of(str)

    def __init__(self, parent: QWidget, enter: EnterMovesOn) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._shown: tuple[BasketLine, ...] | None = None
        self._title = PlainLabel(self, "title")
        self._count = PlainLabel(self, "muted")
        self._empty = PlainLabel(self, "muted", wrap=True)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        self._layout_label = PlainLabel(self, "label")
        self.layouts = QComboBox(self)
        self.layouts.setObjectName("layout")
        self._layout_label.setBuddy(self.layouts)
        self.submit = button(self, "call", "submit")
        enter.watch(self.layouts)
        self.layouts.currentIndexChanged.connect(self._layout)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addWidget(self._empty)
        layout.addLayout(self._lines)
        layout.addStretch(1)
        layout.addWidget(rule(self))
        layout.addWidget(self._layout_label)
        layout.addWidget(self.layouts)
        layout.addSpacing(4)
        layout.addWidget(self.submit)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look, self._shown = look, None
        say = look.words.say
        self._title.setText(say("counter.basket"))
        self._empty.setText(say("counter.basket_empty"))
        self._layout_label.setText(say("counter.layout"))
        self.layouts.setAccessibleName(say("counter.layout"))
        choices = [(value, say(f"counter.layout.{value}")) for value in LAYOUTS]
        set_choices(self.layouts, choices, str(self.layouts.currentData()))
        self.submit.setIcon(look.button_icon("printer"))
        self.submit.setIconSize(QSize(24, 24))

    def fill(self, state: CounterState) -> None:
        """Show the basket and what the big button will do."""
        look = self._look
        if look is None:
            return
        self._empty.setVisible(not state.basket)
        count = len(state.basket)
        self._count.setText(look.words.say("counter.basket_count", count=count) if count else "")
        show_choice(self.layouts, state.layout)
        set_button(self.submit, look.words.phrase(state.submit))
        self.submit.setEnabled(state.can_submit)
        if state.basket != self._shown:
            self._shown = state.basket
            clear(self._lines)
            for line in state.basket:
                self._lines.addWidget(self._line(line, look))

    def _line(self, line: BasketLine, look: Look) -> QWidget:
        widget = QFrame(self)
        widget.setProperty("kind", "sunken")
        name = ElidedLabel(widget, "strong")
        name.setText(look.words.of(line.name))
        value = PlainLabel(widget, "muted")
        value.setText(look.words.phrase(line.value))
        remove = TargetButton(widget, "quiet", line.code)
        remove.setIcon(look.icon("close", look.palette.muted, 16))
        remove.setAccessibleName(look.words.say("counter.remove", name=look.words.of(line.name)))
        remove.setFixedWidth(44)
        # Alt and the number, or the card itself, take it out as well; Tab stays short.
        remove.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        remove.taken.connect(self.removed.emit)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name)
        words.addWidget(value)
        layout = QHBoxLayout(widget)
        layout.setContentsMargins(12, 6, 4, 6)
        layout.addLayout(words, 1)
        layout.addWidget(remove)
        return widget

    def _layout(self, _: int) -> None:
        self.layout_chosen.emit(str(self.layouts.currentData()))
