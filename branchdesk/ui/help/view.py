"""The help beside the work: contents on the left, the page on the right. Passive, never modal."""

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.help.page_view import PageView
from branchdesk.ui.help.state import HelpState
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.side_panel import SidePanel
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.shell.actions import BY_ID, ActionId

WIDTH = 760
_CONTENTS_WIDTH = 208


class HelpView(SidePanel):
    """Contents, search and a page over the right part of the window."""

    searched = signal_of(str)
    turned = signal_of(str)
    shortcuts_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "help", WIDTH)
        self._look: Look | None = None
        self._state = HelpState()
        self._serial = 0
        self._title = PlainLabel(self, "title")
        self.shortcuts = button(self, "quiet", "help_shortcuts")
        self.close_button = button(self, "quiet", "close_help")
        self.search = QLineEdit(self)
        self.search.setObjectName("help_search")
        self.search.setMaxLength(60)
        self.contents = QListWidget(self)
        self.contents.setObjectName("help_contents")
        self.contents.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page = PageView(self)
        keeps_place = self.page.sizePolicy()
        keeps_place.setRetainSizeWhenHidden(True)
        self.page.setSizePolicy(keeps_place)
        self._message = PlainLabel(self, "muted", wrap=True)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._title, 1)
        top.addWidget(self.shortcuts)
        top.addWidget(self.close_button)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.search)
        left.addWidget(self._message)
        left.addWidget(self.contents, 1)
        for widget in (self.search, self._message, self.contents):
            widget.setFixedWidth(_CONTENTS_WIDTH)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left)
        both.addWidget(self.page, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 12, 16)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addLayout(both, 1)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.searched.emit)
        self.search.returnPressed.connect(self._to_page)
        self.contents.currentItemChanged.connect(self._turn)
        self.contents.itemActivated.connect(self._to_page)
        self.close_button.clicked.connect(self.closed)
        self.shortcuts.clicked.connect(self.shortcuts_wanted)
        self.search.installEventFilter(self)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        self.wear(look)
        say = look.words.say
        self._title.setText(say("help.title"))
        keys = BY_ID[ActionId.SHORTCUTS]
        self.shortcuts.setIcon(look.icon("keyboard"))
        set_button(self.shortcuts, f"{say(keys.text_key)} ({keys.shortcut})", say(keys.text_key))
        self.close_button.setIcon(look.icon("close"))
        set_button(self.close_button, say("help.close"))
        self.search.setPlaceholderText(say("help.search"))
        self.search.setAccessibleName(say("help.search"))
        self.contents.setAccessibleName(say("help.contents"))
        self.page.setAccessibleName(say("help.page"))
        self.render(self._state)

    def render(self, state: HelpState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state; opening takes the focus, closing gives it back."""
        was_open, self._state = not self.isHidden(), state
        look = self._look
        if look is None:
            return
        self._fill(state, look)
        if state.is_open:
            self._open(state.serial)
        elif was_open:
            self.put_away()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow down leave the search field for the contents."""
        if (
            watched is self.search
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
        ):
            self.contents.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return super().eventFilter(watched, event)

    def _fill(self, state: HelpState, look: Look) -> None:
        with QSignalBlocker(self.contents):
            self.contents.clear()
            for page in state.pages:
                item = QListWidgetItem(page.title, self.contents)
                item.setData(Qt.ItemDataRole.UserRole, page.name)
                if state.page is not None and page.name == state.page.name:
                    self.contents.setCurrentItem(item)
        message = state.message
        self._message.setText("" if message is None else look.words.phrase(message))
        self._message.setVisible(message is not None)
        self.page.setVisible(state.page is not None)
        if state.page is not None:
            self.page.show_page(state.page, state.marked, look)

    def _open(self, serial: int) -> None:
        if serial == self._serial:
            return
        self._serial = serial
        with QSignalBlocker(self.search):
            self.search.clear()
        self.come_up(self.search)

    def _turn(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.turned.emit(str(item.data(Qt.ItemDataRole.UserRole)))

    def _to_page(self) -> None:
        if self.page.isVisibleTo(self):
            self.page.setFocus(Qt.FocusReason.TabFocusReason)
