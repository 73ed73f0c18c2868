"""The campaign's talk track beside the form: one page of words, turned and folded away. Passive."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import CounterState
from branchdesk.ui.kit.labels import ElidedLabel, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button
from branchdesk.ui.kit.signals import signal_of


class TalkView(QFrame):
    """``turned`` carries by how many pages, ``folded`` says that it is to open or close."""

    turned = signal_of(int)
    folded = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sunken")
        self._look: Look | None = None
        self._title = ElidedLabel(self, "strong")
        self._place = PlainLabel(self, "caption")
        self._text = PlainLabel(self, wrap=True)
        self._text.setObjectName("talk_text")
        self.before = button(self, "fold", "talk_before")
        self.after = button(self, "fold", "talk_after")
        self.fold = button(self, "fold", "talk_fold")
        self.before.clicked.connect(self._back)
        self.after.clicked.connect(self._on)
        self.fold.clicked.connect(self.folded.emit)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._title, 1)
        for widget in (self.before, self._place, self.after, self.fold):
            top.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 6, 8)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self._text)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        for made, icon, key in (
            (self.before, "chevron_left", "counter.talk_before"),
            (self.after, "chevron_right", "counter.talk_after"),
        ):
            _name(made, look, icon, key)

    def fill(self, state: CounterState) -> None:
        """Show the page, or its title alone when it is folded."""
        look, page = self._look, state.talk
        self.setVisible(page is not None)
        if look is None or page is None:
            return
        words, is_open = look.words, state.talk_open
        title = words.say("counter.talk", title=words.of(page.title))
        self._title.setText(title if is_open else words.say("counter.talk_folded"))
        self._text.setText(words.of(page.text))
        self._place.setText(f"{page.place}/{page.count}")
        for part in (self._text, self._place, self.before, self.after):
            part.setVisible(is_open)
        key = "counter.talk_close" if is_open else "counter.talk_open"
        _name(self.fold, look, "chevron_down" if is_open else "chevron_up", key)

    def chain(self) -> list[QWidget]:
        """Return everything that Tab visits, in its order."""
        return [self.before, self.after, self.fold]

    def _back(self) -> None:
        self.turned.emit(-1)

    def _on(self) -> None:
        self.turned.emit(1)


def _name(made: QPushButton, look: Look, icon: str, key: str) -> None:
    words = look.words.say(key)
    made.setIcon(look.icon(icon, size=16))
    made.setAccessibleName(words)
    made.setToolTip(words)
    made.setFixedWidth(look.metrics.control - 8)
