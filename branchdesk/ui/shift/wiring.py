"""Build the shift screen, and connect each intent of its view with an act of its presenter."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.shell.screens import Surroundings
from branchdesk.ui.shift.presenter import ShiftPresenter
from branchdesk.ui.shift.view import ShiftView


def build_shift(parent: QWidget, around: Surroundings) -> tuple[ShiftView, ShiftPresenter]:
    """Return the connected screen."""
    view = ShiftView(parent)
    shift = ShiftPresenter(
        view,
        around.background,
        around.services.shift,
        around.neighbours,
        around.services.now_ms,
        around.services.show_document,
    )
    view.step.submitted.connect(shift.submit)
    view.step.edited.connect(shift.edited)
    view.step.back.clicked.connect(shift.back)
    view.duty.chosen.connect(shift.choose)
    view.duty.paused.connect(shift.pause)
    view.closed.slip.clicked.connect(shift.print_slip)
    view.closed.reopen.clicked.connect(shift.open_next)
    view.duty.slip.clicked.connect(shift.print_slip)
    view.closed.leave.clicked.connect(shift.leave)
    view.reset_wanted.connect(shift.request_reset)
    return view, shift
