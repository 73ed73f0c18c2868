"""What is about to be issued, on which paper, and the one big button. Passive."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import BasketLine, CounterState
from branchdesk.ui.kit.fields import set_choices, show_choice
from branchdesk.ui.kit.labels import ElidedLabel, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, button, clear, set_button
from branchdesk.ui.kit.signals import signal_of

LAYOUTS: Final = ("a4", "a4x8", "a5", "80", "58")


class BasketView(QWidget):
    """What was ticked. ``removed`` carries an offer, ``layout_chosen`` the layout of the paper."""

    removed = signal_of(str)
    layout_chosen = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: tuple[BasketLine, ...] | None = None
        self._title = PlainLabel(self, "title")
        self._count = PlainLabel(self, "muted")
        self._empty = PlainLabel(self, "muted", wrap=True)
        # Beside the title: below it, it would take the room of what is issued.
        self.layouts = QComboBox(self)
        self.layouts.setObjectName("layout")
        self.layouts.setProperty("kind", "small")
        self.layouts.currentIndexChanged.connect(self._choose_layout)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title)
        top.addWidget(self._count, 1)
        top.addWidget(self.layouts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._empty)
        layout.addLayout(self._lines)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look, self._shown = look, None
        say = look.words.say
        self._title.setText(say("counter.basket"))
        choices = [(value, say(f"counter.layout.{value}")) for value in LAYOUTS]
        set_choices(self.layouts, choices, str(self.layouts.currentData()))
        self.layouts.setAccessibleName(say("counter.layout"))
        self.layouts.setToolTip(say("counter.layout"))

    def fill(self, state: CounterState) -> None:
        """Show the basket."""
        look = self._look
        if look is None:
            return
        show_choice(self.layouts, state.layout)
        key = "counter.basket_empty" if state.person is None else "counter.basket_empty_known"
        self._empty.setText(look.words.say(key))
        self._empty.setVisible(not state.basket)
        count = len(state.basket)
        self._count.setText(look.words.say("counter.basket_count", count=count) if count else "")
        if state.basket != self._shown:
            self._shown = state.basket
            clear(self._lines)
            for line in state.basket:
                self._lines.addWidget(self._line(line, look))

    def _choose_layout(self, _: int) -> None:
        self.layout_chosen.emit(str(self.layouts.currentData()))

    def _line(self, line: BasketLine, look: Look) -> QWidget:
        widget = QFrame(self)
        widget.setProperty("kind", "sunken")
        name = ElidedLabel(widget, "strong")
        name.setText(look.words.of(line.name))
        value = PlainLabel(widget, "muted")
        value.setText(look.words.phrase(line.value))
        remove = TargetButton(widget, "quiet", line.code)
        remove.setObjectName(f"basket_remove_{line.code}")
        remove.setIcon(look.icon("close", look.palette.muted, 16))
        remove.setAccessibleName(look.words.say("counter.remove", name=look.words.of(line.name)))
        remove.setFixedWidth(44)
        # Alt and the number, or the card itself, take it out as well; Tab stays short.
        remove.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        remove.taken.connect(self.removed.emit)
        layout = QHBoxLayout(widget)
        layout.setContentsMargins(12, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(name, 1)
        layout.addWidget(value)
        layout.addWidget(remove)
        return widget


class SubmitView(QWidget):
    """The one big button."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self.submit = button(self, "call", "submit")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.submit)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        self.submit.setIcon(look.button_icon("printer"))
        self.submit.setIconSize(QSize(24, 24))

    def fill(self, state: CounterState) -> None:
        """Show what the big button will do."""
        if self._look is None:
            return
        set_button(self.submit, self._look.words.phrase(state.submit))
        self.submit.setEnabled(state.can_submit)
