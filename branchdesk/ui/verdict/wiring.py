"""Build the check of a voucher, and say which intent of its view is which act of its presenter."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from branchdesk.application.models import Session
from branchdesk.ui.kit.background import Background
from branchdesk.ui.verdict.presenter import VerdictNeighbours, VerdictPresenter
from branchdesk.ui.verdict.services import VerdictServices
from branchdesk.ui.verdict.view import VerdictView


def build_verdict(
    over: QWidget,
    background: Background,
    services: VerdictServices,
    neighbours: VerdictNeighbours,
    session: Callable[[], Session | None],
) -> tuple[VerdictView, VerdictPresenter]:
    """Return the connected check, laid over ``over`` when it opens."""
    view = VerdictView(over, has_camera=services.camera is not None)
    verdict = VerdictPresenter(view, background, services, neighbours, session)
    view.submitted.connect(verdict.check)
    view.file_chosen.connect(verdict.look_in_file)
    view.pictured.connect(verdict.look_in_picture)
    view.recent.opened.connect(verdict.open_recent)
    view.camera_wanted.connect(verdict.look_with_camera)
    view.camera_chosen.connect(verdict.choose_camera)
    view.out_of_sight.connect(verdict.leave_camera)
    view.again.connect(verdict.ask)
    view.dismissed.connect(verdict.close)
    view.redeem_wanted.connect(verdict.redeem)
    view.undo_asked.connect(verdict.ask_undo)
    view.undo_wanted.connect(verdict.undo)
    view.form.edited.connect(verdict.edited)
    view.retyped.connect(verdict.edited)
    return view, verdict
