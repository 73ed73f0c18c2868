"""A voucher redeemed and undone with the keyboard alone, over whatever was being done."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.verdict.state import RedeemField, Step
from tests.fakes.bank import TERMINAL
from tests.gui.conftest import Bench
from tests.gui.scenes.verdict import good, token_of

Key = Qt.Key


@pytest.fixture
def bench(build: Callable[..., Bench]) -> Bench:
    made = build()
    made.window.activateWindow()
    made.behind.store.name_keeper(TERMINAL, TERMINAL)
    good(made)
    QApplication.processEvents()
    return made


def press(key: Qt.Key) -> None:
    """Press a key wherever the cursor is."""
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key)


def write(text: str) -> None:
    """Write wherever the cursor is."""
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClicks(focus, text)


def test_the_cursor_is_at_what_must_be_filled_in_and_enter_leads_through(bench: Bench) -> None:
    view = bench.desk.verdict_view
    write("218.50")
    press(Key.Key_Return)
    write("5678")
    press(Key.Key_Return)
    assert bench.desk.verdict.state.step is Step.REDEEMED
    assert view.undo.isVisible()
    assert not view.redeem.isVisible()
    record = bench.behind.vouchers()[0]
    with bench.behind.store.read() as reading:
        assert reading.standing(record.grant, record.slot).used_minor == 5000


def test_f9_redeems_here_and_issues_nothing_below(bench: Bench) -> None:
    before = len(bench.behind.vouchers())
    write("199")
    press(Key.Key_F9)
    assert bench.desk.verdict.state.step is Step.ANSWER
    press(Key.Key_Backspace)
    press(Key.Key_Backspace)
    press(Key.Key_Backspace)
    write("300")
    press(Key.Key_F9)
    assert bench.desk.verdict.state.step is Step.REDEEMED
    assert len(bench.behind.vouchers()) == before


def test_what_was_redeemed_over_a_customers_page_is_told_there_once_the_check_is_closed(
    bench: Bench,
) -> None:
    press(Key.Key_Escape)
    record = bench.behind.vouchers()[0]
    bench.desk.neighbours.show_customer(record.customer)
    bench.settle()
    bench.desk.check_voucher(token_of(bench, record.voucher))
    write("300")
    press(Key.Key_F9)
    assert bench.desk.verdict.state.step is Step.REDEEMED
    press(Key.Key_Escape)
    bench.settle()
    (held,) = bench.desk.customer.state.page.vouchers
    assert held.standing.key == "customer.voucher.used"


def test_a_second_press_redeems_nothing_twice_and_escape_leads_back(bench: Bench) -> None:
    write("300")
    press(Key.Key_F9)
    press(Key.Key_F9)
    record = bench.behind.vouchers()[0]
    with bench.behind.store.read() as reading:
        assert len(reading.standing(record.grant, record.slot).uses) == 1
    press(Key.Key_Escape)
    assert not bench.desk.verdict.is_open


def test_an_undo_asks_why_and_gives_the_voucher_back(bench: Bench) -> None:
    write("300")
    press(Key.Key_F9)
    view = bench.desk.verdict_view
    # The words stand apart from the icon.
    assert view.undo.text() == " " + view.undo.accessibleName()
    view.undo.setFocus()
    press(Key.Key_Return)
    reason = view.form.boxes[RedeemField.REASON].control
    assert QApplication.focusWidget() is reason
    write("1")
    press(Key.Key_Return)
    assert reason.accessibleDescription()
    press(Key.Key_Backspace)
    assert not reason.accessibleDescription()
    write("scanned the wrong one")
    press(Key.Key_Return)
    assert bench.desk.verdict.state.step is Step.UNDONE
    bench.desk.verdict.check(_token(bench))
    found = bench.desk.verdict.state.answer
    assert found is not None
    assert found.verdict is Verdict.GOOD


def test_a_redemption_of_the_day_is_found_and_undone_by_keys_alone(bench: Bench) -> None:
    write("300")
    press(Key.Key_F9)
    press(Key.Key_Escape)
    QTest.keyClick(bench.window, Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    view = bench.desk.verdict_view
    assert QApplication.focusWidget() is view.recent.table
    press(Key.Key_Return)
    assert QApplication.focusWidget() is view.undo
    press(Key.Key_Return)
    write("scanned the wrong one")
    press(Key.Key_Return)
    assert bench.desk.verdict.state.step is Step.UNDONE
    press(Key.Key_Escape)
    press(Key.Key_F6)
    press(Key.Key_Down)
    press(Key.Key_Return)
    assert not view.undo.isVisible()
    press(Key.Key_Escape)
    assert QApplication.focusWidget() is view.recent.table
    press(Key.Key_Up)
    assert QApplication.focusWidget() is view.code.control
    press(Key.Key_Escape)
    assert not bench.desk.verdict.is_open


def test_f9_checks_a_typed_code_and_says_so_where_nothing_waits_for_it(bench: Bench) -> None:
    press(Key.Key_Escape)
    press(Key.Key_F6)
    press(Key.Key_F9)
    assert bench.desk.verdict.state.error is not None
    write(_token(bench))
    press(Key.Key_F9)
    assert bench.desk.verdict.state.step is Step.ANSWER
    write("300")
    press(Key.Key_F9)
    assert bench.desk.verdict.state.step is Step.REDEEMED
    assert not bench.desk.scan_view.isVisible()
    press(Key.Key_F9)
    assert bench.desk.scan_view.isVisible()
    assert bench.desk.verdict.state.step is Step.REDEEMED


@pytest.mark.parametrize(
    ("key", "held"),
    [
        (Key.Key_F2, Qt.KeyboardModifier.NoModifier),
        (Key.Key_F3, Qt.KeyboardModifier.NoModifier),
        (Key.Key_2, Qt.KeyboardModifier.ControlModifier),
    ],
)
def test_a_key_that_would_act_below_the_check_says_to_close_it_first(
    bench: Bench, key: Qt.Key, held: Qt.KeyboardModifier
) -> None:
    note = bench.desk.scan_view
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key, held)
    assert note.isVisible()
    assert "Esc" in note.accessibleName()
    assert bench.desk.verdict.is_open
    press(Key.Key_Escape)
    assert not bench.desk.verdict.is_open
    assert not note.isVisible()


def test_a_key_of_another_screen_is_answered_beside_the_settings_and_the_word_goes_with_the_screen(
    bench: Bench,
) -> None:
    press(Key.Key_Escape)
    bench.desk.toggle_settings()
    press(Key.Key_F12)
    note = bench.desk.scan_view
    assert note.isVisible()
    assert "F12" in note.accessibleName()
    bench.desk.shell.open(Screen.SHIFT)
    assert not note.isVisible()


def test_every_button_that_f9_presses_says_so(bench: Bench) -> None:
    view = bench.desk.verdict_view
    buttons = [*view.finishers(), bench.desk.customer_view.erase.erase]
    assert all("(F9)" in made.text() for made in buttons if made.text())
    assert "(F9)" in view.redeem.text()


def test_what_is_being_typed_outlives_another_language_and_theme(bench: Bench) -> None:
    press(Key.Key_Escape)
    press(Key.Key_F6)
    write("4K7P")
    press(Key.Key_F10)
    bench.desk.wardrobe.switch_theme()
    write("-22MX")
    assert QApplication.focusWidget() is bench.desk.verdict_view.code.control
    assert bench.desk.verdict_view.code.control.property("text") == "4K7P-22MX"


def test_another_voucher_finds_the_fields_empty(bench: Bench) -> None:
    write("300")
    press(Key.Key_F9)
    bench.desk.verdict.ask()
    bench.desk.verdict.check(_token(bench))
    assert bench.desk.verdict_view.form.typed().purchase == ""


def _token(bench: Bench) -> str:
    return token_of(bench, bench.behind.vouchers()[0].voucher)
