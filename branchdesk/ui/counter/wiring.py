"""Build the counter: its view, its presenter, and which intent of one is which act of the other."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.counter.presenter import CounterPresenter
from branchdesk.ui.counter.view import CounterView
from branchdesk.ui.shell.screens import Surroundings


def build_counter(parent: QWidget, around: Surroundings) -> tuple[CounterView, CounterPresenter]:
    """Return the connected counter."""
    view = CounterView(parent)
    counter = CounterPresenter(
        view,
        around.background,
        around.timers,
        around.services,
        around.neighbours,
        layout=around.settings.layout,
    )
    view.form.edited.connect(counter.edit)
    view.form.adopted.connect(counter.choose)
    view.consents.answered.connect(counter.answer)
    view.consents.how_chosen.connect(counter.choose_how)
    view.consents.opened.connect(counter.read_out)
    view.consents.done.connect(counter.consents_done)
    view.search.typed.connect(counter.search)
    view.search.entered.connect(counter.take_found)
    view.search.chosen.connect(counter.choose)
    view.person.revealing.reveal.clicked.connect(counter.ask_reveal)
    view.person.revealing.reveal_for.connect(counter.reveal)
    view.person.let_go.clicked.connect(counter.let_go)
    view.offers.ticked.connect(counter.toggle)
    view.offers.searched.connect(counter.search_offers)
    view.offers.entered.connect(counter.take_offer)
    view.basket.removed.connect(counter.toggle)
    view.finish.layout_chosen.connect(counter.choose_layout)
    view.finish.submit.clicked.connect(counter.submit)
    view.waiting.print.clicked.connect(counter.print_waiting)
    view.result.print_again.clicked.connect(counter.print_again)
    view.result.open.clicked.connect(counter.open_document)
    view.result.next.clicked.connect(counter.next_person)
    return view, counter
