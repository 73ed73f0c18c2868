"""Build the sync screen: its view, its presenter, and which intent of one is which of the other."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.shell.screens import Surroundings
from branchdesk.ui.sync.presenter import SyncPresenter
from branchdesk.ui.sync.view import SyncView


def build_sync(parent: QWidget, around: Surroundings) -> tuple[SyncView, SyncPresenter]:
    """Return the connected sync screen."""
    view = SyncView(parent)
    presenter = SyncPresenter(
        view, around.background, around.timers, around.services, around.neighbours
    )
    view.tabs.chosen.connect(presenter.choose)
    view.waiting.sync.clicked.connect(presenter.sync)
    view.waiting.progress.cancel.clicked.connect(presenter.stop)
    view.signed.save.clicked.connect(presenter.save_proof)
    view.road.check.clicked.connect(presenter.check_road)
    view.road.print_wanted.connect(presenter.print_slip)
    view.stick.export_chosen.connect(presenter.stick.export)
    view.stick.reply_chosen.connect(presenter.stick.take_over)
    view.stick.progress.cancel.clicked.connect(presenter.stick.stop)
    return view, presenter
