"""The frame around the screens: rail, header, banner, pages, status bar. Passive."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.kit.labels import ElidedLabel, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, set_button
from branchdesk.ui.shell.actions import BY_ID, OPENERS, ActionId
from branchdesk.ui.shell.state import HeaderState, Page, Screen, ShellState
from branchdesk.ui.shell.status_bar import StatusBarView

_HEADER_BUTTONS = (
    ActionId.CHECK_VOUCHER, ActionId.HELP, ActionId.SETTINGS, ActionId.TOUCH, ActionId.THEME,
    ActionId.LANGUAGE, ActionId.LOCK,
)  # fmt: skip
_WORDED = {ActionId.CHECK_VOUCHER, ActionId.LANGUAGE, ActionId.LOCK}


class RailView(QFrame):
    """The screens there are, down the left side; a button a line of ``OPENERS``."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.buttons = {screen: self._button(screen) for screen in OPENERS}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 16, 8, 16)
        layout.setSpacing(8)
        for made in self.buttons.values():
            layout.addWidget(made)
        layout.addStretch(1)

    def _button(self, screen: Screen) -> QToolButton:
        made = QToolButton(self)
        made.setObjectName(f"rail_{screen.value}")
        made.setProperty("kind", "rail")
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setFixedSize(76, 70)
        return made

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self.setFixedWidth(look.metrics.rail)
        for screen, made in self.buttons.items():
            action = BY_ID[OPENERS[screen]]
            words = look.words.say(f"rail.{screen.value}")
            made.setText(words)
            made.setAccessibleName(words)
            made.setToolTip(f"{words} ({action.shortcut})")
            made.setIcon(look.icon(action.icon, look.palette.on_rail, 26))
            made.setIconSize(QSize(26, 26))

    def fill(self, shown: Screen) -> None:
        """Mark the screen that is shown."""
        for screen, made in self.buttons.items():
            made.setChecked(screen is shown)


class HeaderView(QFrame):
    """The campaign, how long its phase still runs, and what can be set at any time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self._campaign = ElidedLabel(self, "title")
        self._phase = PlainLabel(self)
        self._phase.setProperty("kind", "pill")
        self.buttons = {wanted: button(self, "quiet", wanted.value) for wanted in _HEADER_BUTTONS}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(20, 0, 12, 0)
        layout.setSpacing(4)
        layout.addWidget(self._campaign, 1)
        layout.addWidget(self._phase, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addSpacing(16)
        for made in self.buttons.values():
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(made)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self.setFixedHeight(look.metrics.header)
        for wanted, made in self.buttons.items():
            action = BY_ID[wanted]
            name = look.words.say(action.text_key)
            made.setIcon(look.icon(action.icon))
            set_button(made, name if wanted in _WORDED else "", name)
            made.setToolTip(f"{name} ({action.shortcut})")
            made.setIconSize(QSize(look.metrics.icon, look.metrics.icon))
            made.setMinimumSize(44, max(40, look.metrics.control))

    def fill(self, state: HeaderState, look: Look) -> None:
        """Show the campaign in force."""
        name = look.words.say("header.no_campaign")
        self._campaign.setText(name if state.campaign is None else look.words.of(state.campaign))
        self._phase.setVisible(state.phase is not None)
        self._phase.setText("" if state.phase is None else look.words.phrase(state.phase))


class ShellView(QWidget):
    """The whole frame; header buttons are connected to actions by id."""

    sync_wanted = Signal()
    rejoin_wanted = Signal()
    shift_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._look: Look | None = None
        self._state: ShellState | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.pages = QStackedWidget(self)
        self.desk = QWidget(self)
        self.desk.setObjectName("canvas")
        self.rail = RailView(self.desk)
        self.header = HeaderView(self.desk)
        self.banner = MessageStrip(self.desk, bar=True)
        self.rejoin = button(self.banner, "", "rejoin_open")
        self.open_shift = button(self.banner, "", "banner_open_shift")
        self.banner.offer(self.rejoin)
        self.banner.offer(self.open_shift)
        self.screens = QStackedWidget(self.desk)
        self._pages: dict[Page, QWidget] = {}
        self._places: dict[Screen, QWidget] = {}
        self._seen: set[QWidget] = set()
        self.status = StatusBarView(self.desk)
        self._lay_out()
        self.status.sync_wanted.connect(self.sync_wanted)
        self.rejoin.clicked.connect(self.rejoin_wanted)
        self.open_shift.clicked.connect(self.shift_wanted)

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.header)
        right.addWidget(self.banner)
        right.addWidget(self.screens, 1)
        right.addWidget(self.status)
        inside = QHBoxLayout(self.desk)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.rail)
        inside.addLayout(right, 1)
        self._layout.addWidget(self.pages)

    def put_above(self, band: QWidget) -> None:
        """Show a band over every page, from now on."""
        self._layout.insertWidget(0, band)

    def add(
        self,
        sign_in: QWidget,
        screens: Mapping[Screen, QWidget],
        rejoin: QWidget,
        enrol: QWidget | None = None,
    ) -> None:
        """Put the pages and screens in, once."""
        self._pages = {Page.SIGN_IN: sign_in, Page.DESK: self.desk, Page.REJOIN: rejoin}
        if enrol is not None:
            self._pages[Page.ENROL] = enrol
        for page in self._pages.values():
            self.pages.addWidget(page)
        self._places = dict(screens)
        for screen in screens.values():
            self.screens.addWidget(screen)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        self.rail.dress(look)
        self.header.dress(look)
        self.status.dress(look)
        set_button(self.rejoin, look.words.say("rejoin.open"))
        set_button(self.open_shift, look.words.say("banner.open_shift"))
        if self._state is not None:
            self.render(self._state)

    def render(self, state: ShellState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        if state.page in self._pages:
            self.pages.setCurrentWidget(self._pages[state.page])
        if state.screen in self._places:
            self.screens.setCurrentWidget(self._places[state.screen])
        self.rail.fill(state.screen)
        self.header.fill(state.header, look)
        banner = state.banner
        if banner is None:
            self.banner.hide()
        else:
            self.rejoin.setVisible(banner.can_rejoin)
            self.open_shift.setVisible(banner.can_open_shift)
            self.banner.say(look.words.phrase(banner.phrase), banner.tone, look)
        self.status.fill(state.status, look)

    def return_cursor(self) -> bool:
        """Put the cursor back where it was on the screen shown, with nothing newly selected.

        Qt remembers for every screen which of its controls had the cursor last; False the first
        time (then it is any control), or when that one cannot take the cursor any more.
        """
        screen = self.screens.currentWidget()
        assert screen is not None, "the screens are put in before anybody is let in"
        held, is_known = screen.focusWidget(), screen in self._seen
        self._seen.add(screen)
        if not is_known or held is None or held is screen:
            return False
        if not (held.isVisible() and held.isEnabled()):
            return False
        if not held.hasFocus():
            held.setFocus(Qt.FocusReason.OtherFocusReason)
        return True
