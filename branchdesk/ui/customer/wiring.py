"""Build the customer's page: which intent of its view is which act of its presenter."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.customer.presenter import CustomerPresenter
from branchdesk.ui.customer.view import CustomerView
from branchdesk.ui.shell.screens import Surroundings


def build_customer(parent: QWidget, around: Surroundings) -> tuple[CustomerView, CustomerPresenter]:
    """Return the connected page."""
    view = CustomerView(parent)
    page = CustomerPresenter(
        view, around.background, around.timers, around.services, around.neighbours
    )
    left, head = view.left, view.left.head
    left.search.typed.connect(page.search)
    left.search.entered.connect(page.take_found)
    left.chosen.connect(page.choose)
    left.undo.clicked.connect(page.acts.undo)
    head.serve.clicked.connect(page.serve)
    head.revealing.reveal.clicked.connect(page.ask_reveal)
    head.revealing.reveal_for.connect(page.reveal)
    head.correct.clicked.connect(page.correction.ask)
    head.erase.clicked.connect(page.erasing.ask)
    view.consents.changed.connect(page.consents.change)
    view.consents.granted.connect(page.consents.grant)
    view.consents.grant.to_sign.connect(page.consents.sign)
    view.vouchers.opened.connect(page.papers.open)
    view.vouchers.papers.chosen.connect(page.papers.choose)
    view.vouchers.papers.reasoned.connect(page.papers.act)
    view.vouchers.papers.seconded.connect(page.papers.act_with)
    view.vouchers.papers.left.connect(lambda _: page.papers.leave())
    view.same.opened.connect(page.choose)
    view.same.asked.connect(page.merges.ask)
    view.same.proposed.connect(page.merges.propose)
    view.same.undone.connect(page.merges.undo)
    view.correct.edited.connect(page.correction.edit)
    view.correct.entered.connect(page.correction.entered)
    view.correct.reason_chosen.connect(page.correction.choose_reason)
    view.correct.remove_document.toggled.connect(page.correction.remove_document)
    view.correct.save.clicked.connect(page.correction.save)
    view.correct.leave.clicked.connect(page.correction.leave)
    view.erase.erased.connect(page.erasing.erase)
    view.erase.leave.clicked.connect(page.erasing.leave)
    return view, page
