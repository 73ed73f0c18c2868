"""Build the screen of books: which intent of its view is which act of its presenter."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.books.presenter import BooksPresenter
from branchdesk.ui.books.view import BooksView
from branchdesk.ui.shell.screens import Surroundings


def build_books(parent: QWidget, around: Surroundings) -> tuple[BooksView, BooksPresenter]:
    """Return the connected screen."""
    view = BooksView(parent)
    books = BooksPresenter(
        view, around.background, around.timers, around.services, around.neighbours
    )
    making, lines, signing = books.making, books.lines, books.signing
    view.make.clicked.connect(making.begin)
    view.back.clicked.connect(books.back)
    view.list.chosen.connect(books.choose)
    view.list.empty.action.clicked.connect(books.begin)
    view.list.vouchers.clicked.connect(making.show_vouchers)
    view.list.register.clicked.connect(making.show_register)
    view.numbers.chosen.connect(lines.edit)
    view.numbers.rest.connect(lines.fill_rest)
    view.numbers.sign.clicked.connect(signing.begin)
    view.numbers.take_back.clicked.connect(lines.take_back)
    view.register.clicked.connect(making.print_register)
    view.came_out.clicked.connect(making.came_out)
    view.again.clicked.connect(making.begin_again)
    view.making.submitted.connect(making.submit)
    view.making.back.clicked.connect(books.back)
    line = view.line
    line.edited.connect(lines.type)
    line.entered.connect(lines.holder.entered)
    line.fated.connect(lines.choose_fate)
    line.added.connect(lines.add)
    line.closed.action.clicked.connect(books.back)
    line.search.typed.connect(lines.holder.type_query)
    line.search.entered.connect(lines.holder.enter_query)
    line.search.chosen.connect(lines.holder.take)
    line.other.clicked.connect(lines.holder.choose_other)
    line.new.clicked.connect(lines.holder.register)
    line.agreed.toggled.connect(lines.holder.agree)
    view.signing.signed.connect(signing.sign)
    view.signing.stopped.connect(signing.stop)
    view.signing.back.clicked.connect(books.back)
    return view, books
