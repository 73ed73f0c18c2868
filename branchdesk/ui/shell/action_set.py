"""The action table as Qt actions of one window: shortcuts work wherever the focus is.

A key that means nothing where it is pressed is answered too: ``idle`` holds an action for each.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.look import Look
from branchdesk.ui.shell.actions import (
    ACTIONS,
    BY_ID,
    OFFER_SHORTCUTS,
    ActionId,
    usable,
)
from branchdesk.ui.shell.state import Screen


class ActionSet(QObject):
    """One QAction for every line of the table, and one for every offer shortcut."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.actions = {action.id: QAction(self) for action in ACTIONS}
        self.offers = [QAction(self) for _ in OFFER_SHORTCUTS]
        self.idle = {action.shortcut: QAction(self) for action in ACTIONS}
        for key, action in self.idle.items():
            self._prepare(window, action, key, f"idle_{key}")
        for wanted, action in self.actions.items():
            self._prepare(window, action, BY_ID[wanted].shortcut, wanted.value)
        for number, (action, shortcut) in enumerate(
            zip(self.offers, OFFER_SHORTCUTS, strict=True), start=1
        ):
            self._prepare(window, action, shortcut, f"offer_{number}")
        self.allow(signed_in=False, screen=Screen.COUNTER)

    def connect_to(self, wanted: ActionId, call: Callable[[], object]) -> None:
        """Say what an action does."""
        self.actions[wanted].triggered.connect(partial(_run, call))

    def connect_offers(self, call: Callable[[int], object]) -> None:
        """Say what Alt and a number do."""
        for number, action in enumerate(self.offers, start=1):
            action.triggered.connect(partial(_run, partial(call, number)))

    def answer_idle(self, call: Callable[[str], object]) -> None:
        """Say what answers a key that means nothing where it is pressed."""
        for key, action in self.idle.items():
            action.triggered.connect(partial(_run, partial(call, key)))

    def allow(self, *, signed_in: bool, screen: Screen, covered: bool = False) -> None:
        """Enable what can be used now, and the answer to every other key of somebody at work."""
        used = set()
        for wanted, action in self.actions.items():
            line = BY_ID[wanted]
            action.setEnabled(usable(line, signed_in=signed_in, screen=screen, covered=covered))
            if action.isEnabled():
                used.add(line.shortcut)
        for key, action in self.idle.items():
            action.setEnabled(signed_in and key not in used)
        for action in self.offers:
            action.setEnabled(signed_in and screen is Screen.COUNTER and not covered)

    def dress(self, look: Look) -> None:
        """Name every action in the language in force."""
        for wanted, action in self.actions.items():
            action.setText(look.words.say(BY_ID[wanted].text_key))
        for number, action in enumerate(self.offers, start=1):
            action.setText(look.words.say("action.offer", number=number))

    @staticmethod
    def _prepare(window: QWidget, action: QAction, shortcut: str, name: str) -> None:
        action.setObjectName(f"action_{name}")
        action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(False)
        window.addAction(action)


def _run(call: Callable[[], object], _checked: bool = False) -> None:
    # PySide6 leaves ``checked`` out for some callables and passes it to others.
    call()
