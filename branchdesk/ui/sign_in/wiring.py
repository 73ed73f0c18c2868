"""Build the sign-in screen, and connect each intent of its view with an act of its presenter."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.ui.shell.screens import Surroundings
from branchdesk.ui.sign_in.presenter import Entry, SignInPresenter
from branchdesk.ui.sign_in.view import SignInView


def build_sign_in(
    parent: QWidget, around: Surroundings, entered: Callable[[Entry], object]
) -> tuple[SignInView, SignInPresenter]:
    """Return the connected screen; ``entered`` hears who came in."""
    view, services = SignInView(parent), around.services
    presenter = SignInPresenter(
        view,
        around.background,
        services.sign_in,
        services.choose_first_pin,
        entered,
        timers=around.timers,
        staff_keys=services.staff_keys,
        now_ms=services.now_ms,
        last_staff=around.settings.last_staff,
        hint=services.sign_in_hint,
        open_practice=services.open_practice,
        sound=around.neighbours.sound,
    )
    view.submitted.connect(presenter.submit)
    view.chosen.connect(presenter.choose_pin)
    view.picked.connect(presenter.pick)
    view.practice_wanted.connect(presenter.practise)
    return view, presenter
