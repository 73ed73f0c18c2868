"""A book from the first page to the last number, by key events alone."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from branchdesk.application.book_records import Fate
from branchdesk.protocol.token import token_text
from branchdesk.ui.books.state import Place, Step
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Screen
from tests.fakes.desk import PIN, FakeDesk
from tests.gui.conftest import Bench, press

Build = Callable[..., Bench]
ENTER, ESC, TAB = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab


def arrive(build: Build) -> Bench:
    """Sign in and open the screen by its shortcut, with numbers lent for books."""
    behind = FakeDesk()
    behind.store.lend("PHONE10", number=801, slots=20, is_book=True)
    behind.register("王小二", "13800001231")
    bench = build(behind, settings=DeskSettings(language="en"))
    bench.window.activateWindow()
    QApplication.processEvents()
    press(bench, "t001", ENTER, PIN, ENTER)
    QTest.keyClick(bench.window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    QApplication.processEvents()
    assert bench.desk.shell.state.screen is Screen.BOOKS
    return bench


def make(bench: Bench, count: str = "4") -> None:
    """Print a book from the empty page: Enter makes one, fields follow each other by Enter."""
    press(bench, ENTER, count, ENTER, ENTER, "S001", ENTER, PIN, ENTER)


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def fates(bench: Bench) -> dict[int, Fate]:
    with bench.behind.store.read() as reading:
        return dict(reading.books()[0].fates)


def test_a_book_is_printed_and_entered_and_closed_by_key(build: Build) -> None:
    bench = arrive(build)
    make(bench)
    assert bench.behind.shown == ["book.pdf", "register.pdf"]
    press(bench, ENTER)
    assert bench.desk.books.state.step is Step.LINES
    # The number stands there and is used; four digits find the customer, and the day is today.
    press(bench, ENTER, ENTER, "1231", ENTER, ENTER)
    assert bench.desk.books.state.waiting == 1
    press(bench, ENTER, "2", ENTER)
    press(bench, ENTER, "4", ENTER)
    assert [row.fate.key for row in bench.desk.books.state.numbers][3] == "books.fate.open"
    bench.desk.books_view.numbers.rests[Fate.RETURNED].setFocus()
    press(bench, ENTER)
    assert focused() is bench.desk.books_view.numbers.sign
    press(bench, ENTER, "S001", ENTER, PIN, ENTER)
    assert fates(bench) == {1: Fate.USED, 2: Fate.SPOILED, 3: Fate.MISSING, 4: Fate.RETURNED}
    assert focused() is bench.desk.books_view.line.closed.action
    press(bench, ENTER)
    assert bench.desk.books.state.step is Step.BOOKS
    press(bench, ESC)
    assert bench.desk.shell.state.screen is Screen.COUNTER


def test_somebody_new_is_registered_from_the_register_by_key(build: Build) -> None:
    bench = arrive(build)
    make(bench)
    press(bench, ENTER, ENTER, ENTER, "13900001111", ENTER)
    line = bench.desk.books_view.line
    assert bench.desk.books.state.line.registering
    press(bench, "Li Na", ENTER, ENTER)
    assert focused() is line.agreed
    press(bench, Qt.Key.Key_Space, ENTER, ENTER)
    assert bench.desk.books.state.waiting == 1
    with bench.behind.store.read() as reading:
        assert len(reading.search("1111", 5)) == 1


def test_enter_stays_in_a_phone_of_the_register_that_cannot_be_right(build: Build) -> None:
    bench = arrive(build)
    make(bench)
    press(bench, ENTER, ENTER, ENTER, "13900001111", ENTER)
    press(bench, "Li Na", ENTER, Qt.Key.Key_End, Qt.Key.Key_Backspace, ENTER)
    assert focused().objectName() == "book_phone"
    assert "11" in focused().accessibleDescription()
    press(bench, "2")
    assert focused().accessibleDescription() == ""
    press(bench, ENTER)
    assert focused() is bench.desk.books_view.line.agreed


def test_what_is_typed_survives_another_screen_a_lock_and_the_other_language(
    build: Build,
) -> None:
    bench = arrive(build)
    make(bench)
    press(bench, ENTER, ENTER, "2", ENTER)
    number = bench.desk.books_view.line.boxes
    press(bench, "9", Qt.Key.Key_Backspace)
    control = focused()
    assert isinstance(control, QLineEdit)
    control.setCursorPosition(2)
    press(bench, Qt.Key.Key_F10)
    QTest.keyClick(bench.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(bench.window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(bench.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    QApplication.processEvents()
    press(bench, PIN, ENTER)
    state = bench.desk.books.state
    assert (bench.desk.shell.state.screen, state.step) == (Screen.BOOKS, Step.LINES)
    assert (state.waiting, state.line.number) == (1, "000002")
    assert (focused(), control.cursorPosition()) == (control, 2)
    assert {box.control.accessibleName() for box in number.values()} >= {"券面编号", "发放日期"}


def test_a_refusal_stands_beside_its_field_with_the_cursor_in_it(build: Build) -> None:
    bench = arrive(build)
    make(bench)
    press(bench, ENTER, Qt.Key.Key_Home)
    press(bench, "77", ENTER, "3", ENTER)
    control = focused()
    assert control.objectName() == "book_number"
    assert "77000001" in control.accessibleDescription()
    assert bench.desk.books.state.waiting == 0


def test_a_scanned_voucher_goes_to_the_open_register_and_to_the_check_elsewhere(
    build: Build,
) -> None:
    bench = arrive(build)
    make(bench)
    with bench.behind.store.read() as reading:
        record = reading.voucher("801-3")
    assert record is not None
    text = token_text(record.grant_bytes, record.voucher_bytes)
    bench.desk.check_voucher(text)
    assert bench.desk.verdict.is_open
    bench.desk.verdict.close()
    press(bench, ENTER)
    bench.desk.check_voucher(text)
    assert not bench.desk.verdict.is_open
    assert bench.desk.books.state.line.number == "000003"


def test_without_lent_numbers_the_cursor_is_at_the_way_to_them(build: Build) -> None:
    bench = build(FakeDesk(), settings=DeskSettings(language="en"))
    bench.window.activateWindow()
    QApplication.processEvents()
    press(bench, "t001", ENTER, PIN, ENTER)
    QTest.keyClick(bench.window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    assert focused() is bench.desk.books_view.list.empty.action
    press(bench, ENTER)
    assert bench.desk.shell.state.screen is Screen.SYNC
    bench.behind.store.lend("PHONE10", number=801, slots=20, is_book=True)
    QTest.keyClick(bench.window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    press(bench, ENTER)
    assert bench.desk.books.state.step is Step.MAKE


def test_the_help_of_this_screen_opens(build: Build) -> None:
    bench = arrive(build)
    press(bench, Qt.Key.Key_F1)
    assert bench.desk.help.state.page is not None
    assert bench.desk.help.state.page.name == "books"


def test_the_marked_number_is_the_one_that_is_typed_and_none_while_it_is_none(
    build: Build,
) -> None:
    bench = arrive(build)
    make(bench)
    press(bench, ENTER)
    numbers = bench.desk.books_view.numbers

    def marked() -> list[str]:
        rows = numbers.table.selectionModel().selectedRows()
        return [numbers.model.lines[row.row()].number for row in rows]

    assert marked() == ["000001"]
    focused().selectAll()  # type: ignore[attr-defined]  # the number's field
    press(bench, "3")
    assert marked() == ["000003"]
    press(bench, "9")
    assert marked() == []
    press(bench, Qt.Key.Key_Backspace, ENTER, "4", ENTER)
    assert marked() == ["000004"]


def test_the_number_the_day_and_what_is_wrong_with_it_are_in_sight_of_somebody_new(
    build: Build,
) -> None:
    bench = arrive(build)
    bench.window.resize(1366, 768)
    make(bench)
    press(bench, ENTER, ENTER, ENTER, "13900001111", ENTER, "Li Na", ENTER, ENTER)
    line = bench.desk.books_view.line
    press(bench, Qt.Key.Key_Space, ENTER)
    QApplication.processEvents()
    day = line.boxes[Place.DAY]
    assert focused() is day.control
    assert is_in_sight(day, line)
    assert is_in_sight(line.boxes[Place.NUMBER], line)
    focused().selectAll()  # type: ignore[attr-defined]  # the day's field
    press(bench, "2099-01-01", ENTER)
    QApplication.processEvents()
    assert Place.DAY in bench.desk.books.state.errors
    assert is_in_sight(day, line)


def is_in_sight(part: QWidget, card: QWidget) -> bool:
    """Say whether nothing of a part is cut off by what it scrolls in."""
    return part.visibleRegion().boundingRect() == part.rect() and card.isAncestorOf(part)


def test_one_button_at_a_time_calls(build: Build) -> None:
    bench = arrive(build)
    make(bench, "2")
    press(bench, ENTER)
    view = bench.desk.books_view

    def calling() -> list[str]:
        kinds = {"primary", "call"}
        made = view.findChildren(QPushButton)
        return [
            one.objectName() for one in made if one.isVisible() and one.property("kind") in kinds
        ]

    assert calling() == ["book_add"]
    press(bench, ENTER, "3", ENTER)
    assert calling() == ["book_add"]
    press(bench, ENTER, ENTER)
    assert bench.desk.books.state.left == 0
    assert calling() == ["book_sign_open"]


def test_a_tick_in_focus_has_one_ring_around_all_of_it(build: Build) -> None:
    bench = arrive(build)
    make(bench)
    press(bench, ENTER, ENTER, ENTER, "13900001111", ENTER, "Li Na", ENTER, ENTER)
    box = bench.desk.books_view.line.agreed
    assert focused() is box
    inside = box.rect().adjusted(4, 4, -4, -4)
    with_focus = box.grab(inside).toImage()
    box.clearFocus()
    assert box.grab(inside).toImage() == with_focus
