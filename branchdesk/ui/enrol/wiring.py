"""Build the enrolment page, connected."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.ui.enrol.presenter import EnrolPresenter, Welcome
from branchdesk.ui.enrol.services import EnrolServices
from branchdesk.ui.enrol.view import EnrolView
from branchdesk.ui.kit.background import Background


def build_enrol(
    parent: QWidget,
    background: Background,
    services: EnrolServices,
    welcome: Welcome,
    open_practice: Callable[[], object] | None,
) -> tuple[EnrolView, EnrolPresenter]:
    """Return the connected page; ``welcome`` hears of a terminal that has joined."""
    view = EnrolView(parent)
    presenter = EnrolPresenter(view, background, services, welcome, open_practice)
    view.submitted.connect(presenter.submit)
    view.practise.clicked.connect(presenter.practise)
    return view, presenter
