"""Build the page, connected."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.background import Background
from branchdesk.ui.rejoin.presenter import RejoinPresenter
from branchdesk.ui.rejoin.services import RejoinServices
from branchdesk.ui.rejoin.view import RejoinView


def build_rejoin(
    parent: QWidget,
    background: Background,
    services: RejoinServices,
    *,
    leave: Callable[[], object],
    joined: Callable[[], object],
) -> tuple[RejoinView, RejoinPresenter]:
    """Return the connected page; ``leave`` shows the desk, ``joined`` reads its status again."""
    view = RejoinView(parent)
    presenter = RejoinPresenter(view, background, services, leave=leave, joined=joined)
    view.submitted.connect(presenter.submit)
    view.dismissed.connect(presenter.back)
    return view, presenter
