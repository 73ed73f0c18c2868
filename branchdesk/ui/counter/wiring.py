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
        talk_open=around.settings.talk_open,
    )
    view.form.edited.connect(counter.edit)
    view.form.entered.connect(counter.form.entered)
    view.form.adopted.connect(counter.choose)
    view.consents.answered.connect(counter.answer)
    view.consents.how_chosen.connect(counter.form.choose_how)
    view.consents.signed.connect(counter.form.sign)
    view.consents.opened.connect(counter.form.read_out)
    view.consents.done.connect(counter.offers.go_on)
    view.search.typed.connect(counter.search)
    view.search.entered.connect(counter.take_found)
    view.search.chosen.connect(counter.choose)
    view.person.revealing.reveal.clicked.connect(counter.person.ask)
    view.person.revealing.reveal_for.connect(counter.person.reveal)
    view.person.open_page.clicked.connect(counter.show_page)
    view.person.let_go.clicked.connect(counter.let_go)
    view.offers.ticked.connect(counter.toggle)
    view.offers.searched.connect(counter.offers.search)
    view.offers.entered.connect(counter.offers.take_first)
    view.basket.removed.connect(counter.toggle)
    view.basket.layout_chosen.connect(counter.choose_layout)
    view.finish.submit.clicked.connect(counter.submit)
    view.talk.turned.connect(counter.talk.turn)
    view.talk.folded.connect(counter.talk.fold)
    view.waiting.print.clicked.connect(counter.print_waiting)
    view.waiting.came_out.connect(counter.paper.came_out)
    view.waiting.void_asked.connect(counter.paper.ask_void)
    view.waiting.void_agreed.connect(counter.paper.void)
    view.waiting.void_left.connect(counter.paper.leave_void)
    view.result.print_again.clicked.connect(counter.paper.print_result)
    view.result.open.clicked.connect(counter.paper.open_document)
    view.result.not_out.clicked.connect(counter.leave_unprinted)
    view.result.next.clicked.connect(counter.next_person)
    return view, counter
