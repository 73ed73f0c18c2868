"""Say what each action of the table does on this desk."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.actions import OPENERS, ActionId
from branchdesk.ui.shell.state import Screen

if TYPE_CHECKING:
    from branchdesk.ui.window import Desk


def connect_actions(desk: "Desk") -> None:
    """Connect every action, the header's buttons and the rail."""
    does: dict[ActionId, Callable[[], object]] = {
        ActionId.HELP: desk.open_help,
        ActionId.SHORTCUTS: desk.shortcuts.open,
        ActionId.NEXT_PERSON: partial(desk.at_counter, desk.counter.next_person),
        ActionId.FIND: partial(_find, desk),
        ActionId.FIND_OFFER: desk.counter.find_offer,
        ActionId.TALK: desk.counter.talk.fold,
        ActionId.SYNC: desk.shell.sync,
        ActionId.PRINT_WAITING: partial(desk.at_counter, desk.counter.print_waiting),
        ActionId.SUBMIT: partial(_submit, desk),
        ActionId.REDEEM: desk.finish,
        ActionId.FINISH: desk.finish,
        ActionId.SERVE: desk.customer.serve,
        ActionId.UNDO: desk.customer.acts.undo,
        ActionId.CHECK_VOUCHER: desk.verdict.ask,
        ActionId.RECENT: desk.verdict.ask_recent,
        ActionId.BACK: desk.back,
        ActionId.LOCK: desk.shell.lock,
        ActionId.LANGUAGE: desk.wardrobe.switch_language,
        ActionId.THEME: desk.wardrobe.switch_theme,
        ActionId.TOUCH: desk.wardrobe.switch_touch,
        ActionId.SETTINGS: desk.toggle_settings,
        ActionId.SOUNDS: partial(_switch_sounds, desk),
        ActionId.SCALE: desk.preferences.next_scale,
        ActionId.QUIT: desk.window.close,
    }
    for wanted, call in does.items():
        desk.actions.connect_to(wanted, call)
    desk.actions.answer_idle(desk.answer_idle)
    desk.actions.connect_offers(desk.counter.toggle_number)
    for wanted, made in desk.shell_view.header.buttons.items():
        made.clicked.connect(desk.actions.actions[wanted].trigger)
    for screen, opener in OPENERS.items():
        desk.actions.connect_to(opener, partial(_open, desk, screen))
        desk.shell_view.rail.buttons[screen].clicked.connect(desk.actions.actions[opener].trigger)


def _open(desk: "Desk", screen: Screen) -> None:
    if screen is Screen.CUSTOMER and desk.shell.state.screen is Screen.COUNTER:
        desk.counter.show_page()
    else:
        desk.shell.open(screen)


def _submit(desk: "Desk") -> None:
    if desk.counter.state.result is None:
        desk.counter.submit()
    else:
        desk.finish()


def _find(desk: "Desk") -> None:
    if desk.shell.state.screen is Screen.CUSTOMER:
        desk.customer.find()
    else:
        desk.at_counter(desk.counter.find)


def _switch_sounds(desk: "Desk") -> None:
    """Turn sounds off, or on again; turning them on is heard."""
    desk.wardrobe.switch_sounds()
    desk.neighbours.sound(Tone.SUCCESS)
