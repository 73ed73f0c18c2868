"""What the screen of books may call, each on the store that is open then."""

from functools import partial

from branchdesk.app.desk.on_store import on_store
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import PrintedDocument, Session
from branchdesk.application.print_book import PrintedBook
from branchdesk.application.show_books import ShowBooks
from branchdesk.ui.books.services import BookServices, BookWish
from branchdesk.ui.serving.papers import Second


def book_services(terminal: Terminal) -> BookServices:
    """Name every use case that the screen may call."""
    return BookServices(
        show=on_store(terminal, lambda t: ShowBooks(t.store, t.clock)),
        make=partial(_make, terminal),
        print=partial(_print, terminal),
        came_out=on_store(terminal, lambda t: t.papers.print_book.came_out),
        print_register=partial(_print_register, terminal),
        check=on_store(terminal, lambda t: t.papers.enter_book.check),
        given_before=on_store(terminal, lambda t: t.papers.enter_book.given_before),
        second=lambda session, staff, pin: terminal.second_person(
            terminal.store, session, staff, pin
        ),
        enter=on_store(terminal, lambda t: t.papers.enter_book),
    )


def _make(terminal: Terminal, session: Session, wish: BookWish, second: Second) -> PrintedBook:
    return terminal.papers.print_book(
        session, wish.offer, wish.count, second, _paths(terminal),
        layout=wish.layout, intent=wish.intent, is_handed_on=True,
    )  # fmt: skip


def _print(
    terminal: Terminal, session: Session, book: str, second: Second, layout: str
) -> PrintedBook:
    return terminal.papers.print_book.again(
        session, book, second, _paths(terminal), layout=layout, is_handed_on=True
    )


def _print_register(terminal: Terminal, book: str) -> PrintedDocument:
    return terminal.papers.print_book.register_again(book, _paths(terminal)[1])


def _paths(terminal: Terminal) -> tuple[str, str]:
    """Return where the vouchers and the register of a book are written, new names each time."""
    folder, now_ms = terminal.home.print_folder, terminal.clock.now_ms()
    return str(folder / f"book-{now_ms}.pdf"), str(folder / f"register-{now_ms}.pdf")
