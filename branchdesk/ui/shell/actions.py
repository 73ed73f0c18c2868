"""The one action table: menus, buttons, shortcut help and tests come from here.

This module must not know Qt or what an action does; the window connects them by id.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from branchdesk.ui.shell.state import Screen


class Scope(StrEnum):
    """When an action can be used at all."""

    ALWAYS = "always"
    SIGNED_IN = "signed_in"


class ActionId(StrEnum):
    """Every action by name; ``open_<screen>`` shows a screen."""

    HELP = "help"
    SHORTCUTS = "shortcuts"
    OPEN_COUNTER = "open_counter"
    OPEN_CUSTOMER = "open_customer"
    NEXT_PERSON = "next_person"
    FIND = "find"
    FIND_OFFER = "find_offer"
    TALK = "talk"
    CHECK_VOUCHER = "check_voucher"
    RECENT = "recent"
    SYNC = "sync"
    OPEN_SYNC = "open_sync"
    OPEN_SHIFT = "open_shift"
    OPEN_BOOKS = "open_books"
    PRINT_WAITING = "print_waiting"
    SUBMIT = "submit"
    REDEEM = "redeem"
    FINISH = "finish"
    SERVE = "serve"
    UNDO = "undo"
    BACK = "back"
    LOCK = "lock"
    LANGUAGE = "language"
    THEME = "theme"
    TOUCH = "touch"
    SETTINGS = "settings"
    SOUNDS = "sounds"
    SCALE = "scale"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its text is ``action.<id>``, its shortcut in Qt's portable spelling.

    ``only_on`` names the screens of which one must be shown for it, none when any may be;
    ``only_over`` needs the check of a voucher to lie over the screen.
    """

    id: ActionId
    shortcut: str
    icon: str
    scope: Scope
    only_on: frozenset[Screen] = frozenset()
    only_over: bool = False

    @property
    def text_key(self) -> str:
        """The catalogue key of its name."""
        return f"action.{self.id.value}"


_COUNTER: Final = frozenset({Screen.COUNTER})
_CUSTOMER: Final = frozenset({Screen.CUSTOMER})
# Not Ctrl+E, Ctrl+U, Ctrl+K or Ctrl+A: on Linux a text field takes them for moving and deleting.
ACTIONS: Final = (
    Action(ActionId.HELP, "F1", "help", Scope.ALWAYS),
    Action(ActionId.SHORTCUTS, "Ctrl+/", "keyboard", Scope.ALWAYS),
    Action(ActionId.OPEN_COUNTER, "Ctrl+1", "counter", Scope.SIGNED_IN),
    Action(ActionId.NEXT_PERSON, "F2", "person_add", Scope.SIGNED_IN),
    Action(ActionId.FIND, "F3", "search", Scope.SIGNED_IN),
    Action(ActionId.FIND_OFFER, "F4", "ticket", Scope.SIGNED_IN, only_on=_COUNTER),
    Action(ActionId.TALK, "Ctrl+J", "message", Scope.SIGNED_IN, only_on=_COUNTER),
    Action(ActionId.OPEN_CUSTOMER, "Ctrl+2", "person", Scope.SIGNED_IN),
    Action(ActionId.SYNC, "F5", "sync", Scope.SIGNED_IN),
    Action(ActionId.CHECK_VOUCHER, "F6", "scanner", Scope.SIGNED_IN),
    Action(ActionId.RECENT, "Shift+F6", "undo", Scope.SIGNED_IN),
    Action(ActionId.OPEN_SYNC, "Ctrl+3", "cloud", Scope.SIGNED_IN),
    Action(ActionId.OPEN_SHIFT, "Ctrl+4", "clock", Scope.SIGNED_IN),
    Action(ActionId.OPEN_BOOKS, "Ctrl+5", "book", Scope.SIGNED_IN),
    Action(ActionId.PRINT_WAITING, "F8", "printer", Scope.SIGNED_IN),
    Action(ActionId.SUBMIT, "F9", "check", Scope.SIGNED_IN, only_on=_COUNTER),
    Action(ActionId.REDEEM, "F9", "ticket", Scope.SIGNED_IN, only_over=True),
    Action(ActionId.FINISH, "F9", "check", Scope.SIGNED_IN, only_on=frozenset(Screen) - _COUNTER),
    Action(ActionId.SERVE, "F12", "counter", Scope.SIGNED_IN, only_on=_CUSTOMER),
    Action(ActionId.UNDO, "Ctrl+Z", "undo", Scope.SIGNED_IN, only_on=_CUSTOMER),
    Action(ActionId.BACK, "Esc", "close", Scope.SIGNED_IN),
    Action(ActionId.LOCK, "Ctrl+L", "lock", Scope.SIGNED_IN),
    Action(ActionId.LANGUAGE, "F10", "globe", Scope.ALWAYS),
    Action(ActionId.THEME, "Ctrl+T", "theme", Scope.ALWAYS),
    Action(ActionId.TOUCH, "F11", "touch", Scope.ALWAYS),
    Action(ActionId.SETTINGS, "Ctrl+,", "settings", Scope.ALWAYS),
    Action(ActionId.SOUNDS, "Ctrl+M", "sound", Scope.ALWAYS),
    Action(ActionId.SCALE, "Ctrl++", "zoom", Scope.ALWAYS),
    Action(ActionId.QUIT, "Ctrl+Q", "close", Scope.ALWAYS),
)

BY_ID: Final = {action.id: action for action in ACTIONS}

# What can be used while the check of a voucher lies over the screen: nothing that would act on the
# screen below it, where nobody sees what happens.
OVER_CHECK: Final = frozenset(
    {
        ActionId.HELP,
        ActionId.SHORTCUTS,
        ActionId.CHECK_VOUCHER,
        ActionId.RECENT,
        ActionId.REDEEM,
        ActionId.SYNC,
        ActionId.BACK,
        ActionId.LOCK,
        ActionId.LANGUAGE,
        ActionId.THEME,
        ActionId.TOUCH,
        ActionId.QUIT,
    }
)

# What shows each screen; the rail is made from this, top to bottom.
OPENERS: Final = {
    Screen.COUNTER: ActionId.OPEN_COUNTER,
    Screen.CUSTOMER: ActionId.OPEN_CUSTOMER,
    Screen.SYNC: ActionId.OPEN_SYNC,
    Screen.SHIFT: ActionId.OPEN_SHIFT,
    Screen.BOOKS: ActionId.OPEN_BOOKS,
}

# Keys that mean something only where the cursor is, each with the catalogue key of what it does.
PLACE_KEYS: Final = (
    ("1–9", "action.consents"),
    ("← →", "action.consent_text"),
    ("1–9", "action.choice"),
    ("↓", "action.to_match"),
)

# An offer is ticked by Alt and its place in the list, from any field.
OFFER_SHORTCUTS: Final = tuple(f"Alt+{number}" for number in range(1, 10))


def usable(action: Action, *, signed_in: bool, screen: Screen, covered: bool = False) -> bool:
    """Tell whether an action can be used now; ``covered`` while a check lies over the screen."""
    is_elsewhere = bool(action.only_on) and screen not in action.only_on
    if is_elsewhere or (action.only_over and not covered):
        return False
    if covered and action.id not in OVER_CHECK:
        return False
    return action.scope is Scope.ALWAYS or signed_in
