"""The customer's page with hands on the keyboard only."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QWidget

from branchdesk.domain.consent import Purpose
from branchdesk.ui.customer.state import Erasure, Focus
from branchdesk.ui.kit.pieces import TargetButton
from branchdesk.ui.serving.second_person import SecondField
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.sign_in.state import Credentials
from tests.fakes.background import ManualBackground
from tests.fakes.desk import DOCUMENT, PIN, FakeDesk
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import HOSTILE, enter
from tests.gui.scenes.customer import take_two

Build = Callable[..., Bench]
CTRL = Qt.KeyboardModifier.ControlModifier
PHONE = "13800005678"


def focused() -> QWidget:
    """Return the widget with the cursor."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key wherever the cursor is."""
    QTest.keyClick(focused(), key, modifier)


def tab_to(name: str) -> None:
    """Press Tab until the cursor is on a control."""
    for _ in range(60):
        if focused().objectName() == name:
            return
        press(Qt.Key.Key_Tab)
    raise AssertionError(f"{name} cannot be reached")


def start(build: Build, name: str = "欧阳䶮") -> Bench:
    """Open the window with somebody registered, and the teller signed in."""
    behind = FakeDesk()
    behind.register(name, PHONE, "PHONE10", document=DOCUMENT)
    bench = build(behind)
    bench.window.activateWindow()
    QApplication.processEvents()
    enter(bench)
    return bench


def open_page(build: Build, name: str = "欧阳䶮") -> Bench:
    """Open the page of the one customer by the last four digits of the phone."""
    bench = start(build, name)
    press(Qt.Key.Key_2, CTRL)
    assert focused().objectName() == "customer_search"
    QTest.keyClicks(focused(), "5678")
    press(Qt.Key.Key_Return)
    bench.settle()
    assert focused().objectName() == "serve"
    return bench


def test_a_page_is_found_and_the_customer_taken_to_the_counter(build: Build) -> None:
    bench = open_page(build)
    press(Qt.Key.Key_F12)
    assert bench.desk.shell.state.screen is Screen.COUNTER
    assert bench.desk.counter.state.person is not None
    assert bench.desk.counter.state.person.name == "欧阳*"


def test_from_the_counter_the_page_of_who_is_served_opens(build: Build) -> None:
    bench = start(build)
    press(Qt.Key.Key_F3)
    QTest.keyClicks(focused(), "5678")
    press(Qt.Key.Key_Return)
    bench.settle()
    press(Qt.Key.Key_2, CTRL)
    assert bench.desk.shell.state.screen is Screen.CUSTOMER
    assert bench.desk.customer.state.head is not None


def test_a_consent_withdrawn_on_the_page_is_unticked_back_at_the_counter(build: Build) -> None:
    bench = start(build)
    press(Qt.Key.Key_F3)
    QTest.keyClicks(focused(), "5678")
    press(Qt.Key.Key_Return)
    bench.settle()
    box = bench.desk.counter_view.consents.rows[Purpose.SERVICE].box
    assert (box.isChecked(), box.isEnabled()) == (True, False)
    press(Qt.Key.Key_2, CTRL)
    bench.settle()
    bench.desk.customer_view.consents.rows[Purpose.SERVICE].change.setFocus()
    press(Qt.Key.Key_Space)
    bench.settle()
    press(Qt.Key.Key_1, CTRL)
    bench.settle()
    assert (box.isChecked(), box.isEnabled()) == (False, True)


def test_the_search_key_searches_on_the_screen_that_is_shown(build: Build) -> None:
    open_page(build)
    press(Qt.Key.Key_F3)
    assert focused().objectName() == "customer_search"


def test_a_consent_is_withdrawn_and_put_back_with_the_cursor_where_it_was(build: Build) -> None:
    bench = open_page(build)
    tab_to("change_service")
    press(Qt.Key.Key_Return)
    line = bench.desk.customer.state.page.consents[0]
    assert (line.purpose, line.granted) == (Purpose.SERVICE, False)
    assert focused().objectName() == "change_service"
    press(Qt.Key.Key_Z, CTRL)
    assert bench.desk.customer.state.page.consents[0].granted
    assert focused().objectName() == "change_service"


def test_a_consent_is_granted_by_its_two_keys(build: Build) -> None:
    bench = open_page(build)
    tab_to("change_marketing_phone")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    line = bench.desk.customer.state.page.consents[1]
    assert (line.purpose, line.granted) == (Purpose.MARKETING_PHONE, True)


def test_a_phone_is_corrected_by_enter_from_field_to_field(build: Build) -> None:
    bench = open_page(build)
    tab_to("correct")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "correct_name"
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "correct_phone"
    QTest.keyClicks(focused(), "13900001234")
    visited = []
    while focused().objectName() != "correct_reason":
        press(Qt.Key.Key_Return)
        visited.append(focused().objectName())
        assert len(visited) < 12
    assert visited == [
        "correct_document_type",
        "correct_document_number",
        "remove_document",
        "correct_interests",
        "correct_needs",
        "correct_channel",
        "correct_reason",
    ]
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "correct_save"
    press(Qt.Key.Key_Return)
    assert bench.desk.customer.state.head is not None
    assert bench.desk.customer.state.head.line.phone == "139****1234"
    # Not on a button that would do something else to the person.
    assert focused().objectName() == "serve"


def test_down_leads_from_the_search_into_what_stands_below_it(build: Build) -> None:
    bench = open_page(build)
    press(Qt.Key.Key_F3)
    QTest.keyClicks(focused(), "5678")
    bench.settle()
    press(Qt.Key.Key_Down)
    assert focused() is bench.desk.customer_view.left.search.table
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_Escape)
    assert bench.desk.customer.state.head is None
    assert focused().objectName() == "customer_search"
    press(Qt.Key.Key_Down)
    assert focused() is bench.desk.customer_view.left.recent
    press(Qt.Key.Key_Return)
    assert bench.desk.customer.state.head is not None


def test_f9_saves_a_correction_from_any_field_and_is_never_silent(build: Build) -> None:
    bench = open_page(build)
    press(Qt.Key.Key_F9)
    assert bench.desk.scan_view.isVisible()
    tab_to("correct")
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "Ou Yang")
    press(Qt.Key.Key_F9)
    assert focused().objectName() == "correct_reason"
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_F9)
    assert bench.desk.customer.state.correcting is None
    assert bench.desk.customer.state.head is not None
    assert bench.desk.customer.state.head.line.name.startswith("O")


def test_enter_stays_in_a_correction_that_cannot_be_right(build: Build) -> None:
    open_page(build)
    tab_to("correct")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "139000012")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "correct_phone"
    assert "11" in focused().accessibleDescription()
    QTest.keyClicks(focused(), "34")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "correct_document_type"


def test_a_half_typed_correction_goes_on_at_the_very_letter_after_lock_and_counter(
    build: Build,
) -> None:
    bench = open_page(build)
    press(Qt.Key.Key_F12)
    press(Qt.Key.Key_2, CTRL)
    tab_to("correct")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "139")
    edit = focused()
    assert isinstance(edit, QLineEdit)
    edit.setCursorPosition(1)
    press(Qt.Key.Key_L, CTRL)
    QTest.keyClicks(focused(), PIN)
    press(Qt.Key.Key_Return)
    assert (focused().objectName(), edit.cursorPosition()) == ("correct_phone", 1)
    # The page of whoever is served at the counter is opened from there, and is open already.
    press(Qt.Key.Key_1, CTRL)
    assert bench.desk.counter.state.person is not None
    press(Qt.Key.Key_2, CTRL)
    assert (focused().objectName(), edit.cursorPosition()) == ("correct_phone", 1)
    assert not edit.hasSelectedText()


def test_the_page_has_the_cursor_once_it_was_read(build: Build) -> None:
    behind, background = FakeDesk(), ManualBackground()
    behind.register("欧阳䶮", PHONE, "PHONE10", document=DOCUMENT)
    bench = build(behind, background=background)
    bench.window.activateWindow()
    QApplication.processEvents()
    bench.desk.sign_in.submit(Credentials("T001", PIN))
    background.run_all()
    press(Qt.Key.Key_2, CTRL)
    QTest.keyClicks(focused(), "5678")
    bench.settle()
    background.run_all()
    press(Qt.Key.Key_Return)
    background.run_all()
    assert focused().objectName() == "serve"


def test_two_people_erase_by_keys_and_the_pin_stays_nowhere(build: Build) -> None:
    bench = open_page(build)
    tab_to("erase")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "erase_reason"
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "S001")
    press(Qt.Key.Key_Return)
    pin = focused()
    assert isinstance(pin, QLineEdit)
    assert pin.echoMode() is QLineEdit.EchoMode.Password
    QTest.keyClicks(pin, "135790")
    press(Qt.Key.Key_Return)
    assert (focused(), pin.text()) == (pin, "")
    assert bench.desk.customer.state.erasing is not None
    QTest.keyClicks(pin, PIN)
    press(Qt.Key.Key_Return)
    assert bench.desk.customer.state.head is not None
    assert bench.desk.customer.state.head.erased
    assert all(PIN not in edit.text() for edit in bench.window.findChildren(QLineEdit))
    assert focused().objectName() == "customer_search"


def test_erasing_the_person_at_the_counter_lets_go_of_them_there(build: Build) -> None:
    bench = open_page(build)
    press(Qt.Key.Key_F12)
    bench.timers.fire("draft")
    assert "欧阳" in str(bench.behind.drafts.kept)
    press(Qt.Key.Key_2, CTRL)
    bench.desk.customer.erasing.ask()
    bench.desk.customer.erasing.erase(Erasure("asked", "S001", PIN))
    assert bench.desk.counter.state.person is None
    assert bench.behind.drafts.kept == {}


def test_escape_leads_out_of_everything_back_to_the_counter(build: Build) -> None:
    bench = open_page(build)
    tab_to("erase")
    press(Qt.Key.Key_Return)
    for _ in range(3):
        press(Qt.Key.Key_Escape)
    assert bench.desk.shell.state.screen is Screen.COUNTER
    assert bench.behind.store.state.tables.customers


def test_the_timeline_scrolls_by_arrow_keys(build: Build) -> None:
    bench = open_page(build)
    for _ in range(8):
        bench.desk.customer.consents.change(Purpose.SERVICE)
        bench.desk.customer.acts.undo()
    for _ in range(3):
        QApplication.processEvents()
    tab_to("timeline")
    bar = bench.desk.customer_view.timeline.area.verticalScrollBar()
    assert bar.maximum() > 0
    before = bar.value()
    press(Qt.Key.Key_PageDown)
    assert bar.value() > before


def test_the_erasing_is_kept_over_a_look_at_another_screen_without_its_pin(build: Build) -> None:
    bench = open_page(build)
    bench.desk.customer.erasing.ask()
    view = bench.desk.customer_view.erase
    reason = view.control(Focus.ERASE_REASON)
    assert isinstance(reason, QComboBox)
    reason.setCurrentIndex(1)
    staff, pin = (view.control(where) for where in (Focus.ERASE_SECOND, Focus.ERASE_PIN))
    assert isinstance(staff, QLineEdit)
    assert isinstance(pin, QLineEdit)
    staff.setText("S001")
    pin.setText(PIN)
    press(Qt.Key.Key_1, CTRL)
    assert pin.text() == ""
    press(Qt.Key.Key_2, CTRL)
    bench.settle()
    assert view.isVisible()
    assert (reason.currentIndex(), staff.text(), pin.text()) == (1, "S001", "")


def test_locking_masks_what_was_revealed_and_closes_the_erasing(build: Build) -> None:
    bench = open_page(build)
    bench.desk.customer.ask_reveal()
    bench.desk.customer.reveal("verify")
    bench.desk.customer.erasing.ask()
    press(Qt.Key.Key_L, CTRL)
    shown = [label.text() for label in bench.desk.customer_view.findChildren(QLabel)]
    assert not any("欧阳䶮" in text or DOCUMENT in text for text in shown)
    assert bench.desk.customer.state.erasing is None


@pytest.mark.parametrize("name", [HOSTILE, "欧" * 60, "𬭼䶮𠮷"])
def test_a_revealed_name_is_shown_literally(build: Build, name: str) -> None:
    bench = open_page(build, name)
    bench.desk.customer.ask_reveal()
    press(Qt.Key.Key_Return)
    shown = [label.text() for label in bench.desk.customer_view.findChildren(QLabel)]
    assert name in shown
    tips = [widget.toolTip() for widget in bench.window.findChildren(QWidget)]
    assert not any("<img" in tip for tip in tips)


def say_it_came_out(bench: Bench) -> TargetButton:
    """Answer what is asked once a file was opened, by the key of the button that has the cursor."""
    first = bench.desk.customer_view.vouchers.papers.buttons[0]
    assert focused() is first
    press(Qt.Key.Key_Space)
    bench.settle()
    return first


def test_a_voucher_is_reprinted_from_its_line_with_the_keyboard_alone(build: Build) -> None:
    bench = open_page(build)
    tab_to("customer_vouchers")
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    question = bench.desk.customer.state.papers
    assert question is not None
    assert focused() is bench.desk.customer_view.vouchers.papers.buttons[0]
    press(Qt.Key.Key_Space)
    bench.settle()
    assert len(bench.behind.shown) == 1
    assert say_it_came_out(bench).text() == "已打印出来"

    tab_to("customer_vouchers")
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Space)
    assert bench.desk.customer.state.papers is not None
    assert focused() is bench.desk.customer_view.vouchers.papers.buttons[0]
    press(Qt.Key.Key_Space)
    bench.settle()
    assert [(v.copy, v.printed) for v in bench.behind.vouchers()] == [(1, 0)]
    say_it_came_out(bench)
    assert [(v.copy, v.printed) for v in bench.behind.vouchers()] == [(1, 1)]
    assert len(bench.behind.shown) == 2
    assert focused().objectName() == "serve"


def test_two_people_void_with_the_keyboard_alone(build: Build) -> None:
    bench = open_page(build)
    take_two(bench)
    tab_to("customer_vouchers")
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    papers = bench.desk.customer_view.vouchers.papers
    papers.buttons[2].setFocus()
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Space)
    assert focused().objectName() == "paper_second"
    QTest.keyClicks(focused(), "S001")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "paper_pin"
    QTest.keyClicks(focused(), PIN)
    press(Qt.Key.Key_Return)
    bench.settle()
    assert [voucher.is_void for voucher in bench.behind.vouchers()] == [True]
    pin = papers.second.edits[SecondField.PIN]
    assert pin.text() == ""


def test_escape_leaves_a_voucher_as_it_was(build: Build) -> None:
    bench = open_page(build)
    tab_to("customer_vouchers")
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Escape)
    assert bench.desk.customer.state.papers is None
    assert bench.behind.vouchers()[0].printed == 0


def with_two_waiting(build: Build) -> Bench:
    """Return a desk where two vouchers are not known to be printed, with somebody at it."""
    bench = build(FakeDesk())
    bench.behind.register("欧阳䶮", PHONE, "PHONE10", "SPEND200")
    bench.window.activateWindow()
    QApplication.processEvents()
    enter(bench)
    return bench


def test_what_was_opened_together_is_said_to_have_come_out_by_one_key(build: Build) -> None:
    bench = with_two_waiting(build)
    behind = bench.behind
    waiting = bench.desk.counter_view.waiting
    assert waiting.confirm.text() == "已打印出来"
    press(Qt.Key.Key_F8)
    bench.settle()
    assert [voucher.printed for voucher in behind.vouchers()] == [0, 0]
    assert waiting.confirm.text() == "2 张都打印出来了"
    assert not waiting.void.isEnabled(), "which of them is not said"
    waiting.table.selectRow(0)
    assert waiting.confirm.text() == "已打印出来"
    assert waiting.void.isEnabled()
    waiting.table.selectAll()
    tab_to("waiting_came_out")
    press(Qt.Key.Key_Space)
    bench.settle()
    assert [voucher.printed for voucher in behind.vouchers()] == [1, 1]
    assert not waiting.isVisible()


def test_what_waits_at_the_counter_is_settled_line_by_line_with_the_keyboard(build: Build) -> None:
    bench = with_two_waiting(build)
    behind = bench.behind
    tab_to("waiting")
    press(Qt.Key.Key_Down)
    tab_to("waiting_came_out")
    press(Qt.Key.Key_Space)
    bench.settle()
    assert [line.number for line in bench.desk.counter.state.waiting] == ["1"]
    tab_to("waiting_void")
    press(Qt.Key.Key_Space)
    bench.settle()
    question = bench.desk.counter_view.waiting.question
    assert focused() is question.leave
    assert not bench.desk.counter_view.waiting.void.isEnabled(), "a double click does no more"
    assert [v.is_void for v in behind.vouchers()] == [False, False]
    press(Qt.Key.Key_Escape)
    bench.settle()
    assert question.isHidden()
    assert focused() is bench.desk.counter_view.waiting.void
    press(Qt.Key.Key_Space)
    bench.settle()
    tab_to("waiting_question_confirm")
    press(Qt.Key.Key_Space)
    bench.settle()
    assert bench.desk.counter.state.waiting == ()
    assert [(v.printed, v.is_void) for v in behind.vouchers()] == [(0, True), (1, False)]
