"""Build the sign-in screen, and connect each intent of its view with an act of its presenter."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.background import Background, Timers
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.sign_in.presenter import Entry, SignInPresenter
from branchdesk.ui.sign_in.services import DoorServices
from branchdesk.ui.sign_in.view import SignInView


def build_sign_in(
    parent: QWidget,
    services: DoorServices,
    settings: DeskSettings,
    *,
    background: Background,
    timers: Timers,
    entered: Callable[[Entry], object],
    sound: Callable[[Tone], object],
) -> tuple[SignInView, SignInPresenter]:
    """Return the connected screen; ``entered`` hears who came in."""
    view = SignInView(parent)
    presenter = SignInPresenter(
        view,
        background,
        services.sign_in,
        services.choose_first_pin,
        entered,
        timers=timers,
        staff_keys=services.staff_keys,
        now_ms=services.now_ms,
        last_staff=settings.last_staff,
        hint=services.sign_in_hint,
        open_practice=services.open_practice,
        sound=sound,
    )
    view.submitted.connect(presenter.submit)
    view.chosen.connect(presenter.choose_pin)
    view.picked.connect(presenter.pick)
    view.typed.connect(presenter.typed)
    view.left.connect(presenter.back)
    view.practice_wanted.connect(presenter.practise)
    return view, presenter
