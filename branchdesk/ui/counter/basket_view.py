"""What is about to be issued, in which layout, and the one big button. Passive."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import BasketLine, CounterState
from branchdesk.ui.counter.steps import EnterLeads
from branchdesk.ui.kit.fields import set_choices, show_choice
from branchdesk.ui.kit.labels import ElidedLabel, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, button, clear, set_button
from branchdesk.ui.kit.signals import signal_of

LAYOUTS: Final = ("a4", "a4x8", "a5", "80", "58")


class BasketView(QWidget):
    """What was ticked. ``removed`` carries an offer."""

    removed = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: tuple[BasketLine, ...] | None = None
        self._title = PlainLabel(self, "title")
        self._count = PlainLabel(self, "muted")
        self._empty = PlainLabel(self, "muted", wrap=True)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._empty)
        layout.addLayout(self._lines)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look, self._shown = look, None
        self._title.setText(look.words.say("counter.basket"))

    def fill(self, state: CounterState) -> None:
        """Show the basket."""
        look = self._look
        if look is None:
            return
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
    """The layout of the paper and the one big button. ``layout_chosen`` carries a layout."""

    layout_chosen = signal_of(str)

    def __init__(self, parent: QWidget, enter: EnterLeads) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._label = PlainLabel(self, "label")
        self.layouts = QComboBox(self)
        self.layouts.setObjectName("layout")
        self._label.setBuddy(self.layouts)
        self.submit = button(self, "call", "submit")
        enter.lead_to(self.layouts, self.submit)
        self.layouts.currentIndexChanged.connect(self._layout)
        choice = QHBoxLayout()
        choice.setSpacing(10)
        choice.addWidget(self._label)
        choice.addWidget(self.layouts, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(choice)
        layout.addWidget(self.submit)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        say = look.words.say
        self._label.setText(say("counter.layout"))
        self.layouts.setAccessibleName(say("counter.layout"))
        choices = [(value, say(f"counter.layout.{value}")) for value in LAYOUTS]
        set_choices(self.layouts, choices, str(self.layouts.currentData()))
        self.submit.setIcon(look.button_icon("printer"))
        self.submit.setIconSize(QSize(24, 24))

    def fill(self, state: CounterState) -> None:
        """Show what the big button will do."""
        if self._look is None:
            return
        show_choice(self.layouts, state.layout)
        set_button(self.submit, self._look.words.phrase(state.submit))
        self.submit.setEnabled(state.can_submit)

    def chain(self) -> list[QWidget]:
        """Return everything that Tab visits, in its order."""
        return [self.layouts, self.submit]

    def _layout(self, _: int) -> None:
        self.layout_chosen.emit(str(self.layouts.currentData()))
