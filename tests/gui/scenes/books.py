"""Books for emergencies: none yet, printed, entered line by line, signed for."""

from collections.abc import Callable
from functools import partial
from typing import Final

from branchdesk.application.book_records import Fate
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol.facts import voucher_id
from branchdesk.ui.books.state import Edit, MakeTyped, Place
from branchdesk.ui.serving.second_person import SecondTyped
from branchdesk.ui.shell.state import Screen
from tests.fakes.desk import PIN
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter
from tests.gui.scenes.verdict import token_of

SECOND: Final = SecondTyped("S001", PIN)


def not_lent(bench: Bench) -> None:
    enter(bench)
    bench.desk.shell.open(Screen.BOOKS)


def none_yet(bench: Bench) -> None:
    lend(bench)
    not_lent(bench)


def lend(bench: Bench, slots: int = 60) -> None:
    """Lend numbers for books of two offers."""
    bench.behind.store.lend("PHONE10", number=801, slots=slots, is_book=True)
    bench.behind.store.lend("SPEND200", number=802, slots=20, is_book=True)


def making(bench: Bench) -> None:
    none_yet(bench)
    bench.desk.books.making.begin()


def making_refused(bench: Bench) -> None:
    making(bench)
    bench.desk.books.making.submit(MakeTyped("PHONE10", "61", "a4x8", SecondTyped("T001", "")))


def make(bench: Bench, count: int = 12, offer: str = "PHONE10") -> None:
    """Print a book by two people; the door locks after a few PINs, right ones too."""
    bench.behind.door.tried.clear()
    bench.desk.books.making.begin()
    bench.desk.books.making.submit(MakeTyped(offer, str(count), "a4x8", SECOND))


def printed(bench: Bench) -> None:
    none_yet(bench)
    make(bench)
    make(bench, 8, "SPEND200")


def several(bench: Bench) -> None:
    """One not on paper, one partly entered, one closed, one at the outlet."""
    entered(bench)
    books = bench.desk.books
    books.back()
    make(bench, 2, "SPEND200")
    books.choose(books.state.books[0].book)
    books.lines.fill_rest(Fate.RETURNED)
    books.signing.begin()
    books.signing.sign(SECOND)
    books.back()
    make(bench, 8, "SPEND200")
    bench.behind.press.fault = EnvironmentFault(
        "file_unwritable", retryable=True, path="D:/券本/book.pdf", reason="no_space"
    )
    make(bench, 5)


def open_book(bench: Bench) -> None:
    """Open the newest book."""
    books = bench.desk.books
    assert books.state.books
    books.choose(books.state.books[0].book)


def typing(bench: Bench) -> None:
    bench.behind.register("欧阳䶮", "13800001231")
    bench.behind.register("王小二", "13800001232")
    none_yet(bench)
    make(bench)
    open_book(bench)


def used_by(bench: Bench, tail: str) -> None:
    """Type that the next number was used by a customer."""
    lines = bench.desk.books.lines
    lines.choose_fate(Fate.USED)
    lines.holder.type_query(tail)
    bench.settle()
    lines.holder.enter_query()
    lines.add()


def typed(bench: Bench) -> None:
    typing(bench)
    used_by(bench, "1231")
    used_by(bench, "1232")
    bench.desk.books.lines.choose_fate(Fate.SPOILED)
    bench.desk.books.lines.add()


def searching(bench: Bench) -> None:
    typed(bench)
    bench.desk.books.lines.choose_fate(Fate.USED)
    bench.desk.books.lines.holder.type_query("138")
    bench.desk.books.lines.holder.type_query("1380000123")
    bench.settle()


def registering(bench: Bench) -> None:
    typed(bench)
    lines = bench.desk.books.lines
    lines.choose_fate(Fate.USED)
    lines.holder.type_query("13900001111")
    bench.settle()
    lines.holder.enter_query()
    lines.add()


def beyond(bench: Bench) -> None:
    """Somebody who was given one in a line before is chosen again."""
    typed(bench)
    lines = bench.desk.books.lines
    lines.choose_fate(Fate.USED)
    lines.holder.type_query("1231")
    bench.settle()
    lines.holder.enter_query()


def signing_beyond(bench: Bench) -> None:
    beyond(bench)
    bench.desk.books.lines.add()
    bench.desk.books.signing.begin()


def refused(bench: Bench) -> None:
    typed(bench)
    lines = bench.desk.books.lines
    lines.choose_fate(Fate.MISSING)
    lines.type(Edit(Place.NUMBER, "009999"))
    lines.add()


def signing(bench: Bench) -> None:
    typed(bench)
    bench.desk.books.signing.begin()


def signing_refused(bench: Bench) -> None:
    signing(bench)
    bench.desk.books.signing.sign(SecondTyped("S001", "000000"))


def entered(bench: Bench) -> None:
    signing(bench)
    bench.desk.books.signing.sign(SECOND)


def closed(bench: Bench) -> None:
    typed(bench)
    books = bench.desk.books
    books.lines.fill_rest(Fate.RETURNED)
    books.signing.begin()
    books.signing.sign(SECOND)


def checked(number: int, bench: Bench) -> None:
    """Check a number of a book: the first was used, the last returned."""
    closed(bench)
    books = bench.desk.books
    book = books.page.books[0]
    books.back()
    voucher = voucher_id(book.grant, book.slots[number])
    bench.desk.check_voucher(token_of(bench, voucher))


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "books_not_lent": not_lent,
    "books_none": none_yet,
    "books_making": making,
    "books_making_refused": making_refused,
    "books_printed": printed,
    "books_several": several,
    "books_typing": typing,
    "books_typed": typed,
    "books_searching": searching,
    "books_registering": registering,
    "books_beyond": beyond,
    "books_refused": refused,
    "books_signing": signing,
    "books_signing_beyond": signing_beyond,
    "books_signing_refused": signing_refused,
    "books_entered": entered,
    "books_closed": closed,
    "books_checked_used": partial(checked, 0),
    "books_checked_returned": partial(checked, -1),
}
