"""Build the enrolment page, connected."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.enrol.presenter import EnrolPresenter, Welcome
from branchdesk.ui.enrol.services import EnrolServices
from branchdesk.ui.enrol.view import EnrolView
from branchdesk.ui.kit.background import Background


def build_enrol(
    parent: QWidget, background: Background, services: EnrolServices, welcome: Welcome
) -> tuple[EnrolView, EnrolPresenter]:
    """Return the connected page; ``welcome`` hears of a terminal that has joined."""
    view = EnrolView(parent)
    presenter = EnrolPresenter(view, background, services, welcome)
    view.submitted.connect(presenter.submit)
    return view, presenter
