"""A shift from the door to the door, by key events alone."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from branchdesk.ui.shell.state import Page, Screen
from branchdesk.ui.shift.state import ShiftField, Step
from tests.fakes.desk import PIN, FakeDesk
from tests.gui.conftest import Bench, press

Build = Callable[..., Bench]


def arrive(build: Build, behind: FakeDesk) -> Bench:
    """Sign in by key, staff code and PIN."""
    bench = build(behind)
    bench.window.activateWindow()
    QApplication.processEvents()
    press(bench, "t001", Qt.Key.Key_Return, PIN, Qt.Key.Key_Return)
    return bench


def said_in(part: QWidget) -> str:
    """Return everything that a part of the window says now."""
    return " ".join(label.text() for label in part.findChildren(QLabel) if label.isVisible())


def open_shift_screen(bench: Bench) -> None:
    """Go to the shift's screen by its key."""
    QTest.keyClick(bench.window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    bench.settle()


def test_a_counter_opens_its_shift_by_one_enter(build: Build) -> None:
    bench = arrive(build, FakeDesk(on_duty=False))
    assert bench.desk.shell.state.screen is Screen.SHIFT
    press(bench, Qt.Key.Key_Return)
    assert bench.desk.shell.state.screen is Screen.COUNTER
    with bench.behind.store.read() as reading:
        found = reading.open_shift()
    assert found is not None
    assert found[1] == "B001"


def test_f9_does_what_the_step_is_for(build: Build) -> None:
    bench = arrive(build, FakeDesk(on_duty=False))
    press(bench, Qt.Key.Key_F9)
    assert bench.desk.shell.state.screen is Screen.COUNTER
    with bench.behind.store.read() as reading:
        assert reading.open_shift() is not None


def test_esc_serves_first(build: Build) -> None:
    bench = arrive(build, FakeDesk(on_duty=False))
    press(bench, Qt.Key.Key_Escape)
    assert bench.desk.shell.state.screen is Screen.COUNTER
    with bench.behind.store.read() as reading:
        assert reading.open_shift() is None


def test_a_van_opens_field_by_field_with_its_stop_and_its_gifts(build: Build) -> None:
    bench = arrive(build, FakeDesk(on_duty=False, outlet="V001"))
    press(bench, "South market", Qt.Key.Key_Return, "49", Qt.Key.Key_Return)
    assert bench.desk.shift_view.step.submit.hasFocus()
    press(bench, Qt.Key.Key_Return)
    assert bench.desk.shell.state.screen is Screen.COUNTER
    with bench.behind.store.read() as reading:
        found = reading.open_shift()
        assert found is not None
        shift = reading.shift(found[0])
    assert shift is not None
    assert (shift.place, [gift.first for gift in shift.gifts]) == ("South market", [49])


def test_a_place_that_is_offered_leads_to_the_count_as_a_typed_one_does(build: Build) -> None:
    bench = arrive(build, FakeDesk(on_duty=False, outlet="V001"))
    press(bench, "South market", Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return)
    open_shift_screen(bench)
    bench.desk.shift_view.duty.steps[Step.CLOSING].setFocus()
    press(bench, Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return)
    bench.desk.shift_view.closed.reopen.setFocus()
    press(bench, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Space)
    step = bench.desk.shift_view.step
    place, gift = step.boxes[ShiftField.PLACE].control, step.gifts["GIFTBOX"].control
    assert isinstance(place, QLineEdit)
    assert (place.text(), gift.hasFocus()) == ("South market", True)


def test_what_was_wrong_with_a_stop_goes_as_soon_as_one_types(build: Build) -> None:
    bench = arrive(build, FakeDesk(on_duty=False, outlet="V001"))
    press(bench, Qt.Key.Key_F9)
    place = bench.desk.shift_view.step.boxes[ShiftField.PLACE].control
    assert place.hasFocus()
    assert place.accessibleDescription() == bench.desk.wardrobe.look().words.say(
        "error.place_missing"
    )
    press(bench, "S")
    assert place.property("invalid") == "false"


def test_a_shift_is_handed_over_and_closed_and_leads_to_the_door(build: Build) -> None:
    bench = arrive(build, FakeDesk())
    open_shift_screen(bench)
    assert bench.desk.shift.state.step is Step.OVERVIEW
    bench.desk.shift_view.duty.steps[Step.HANDING].setFocus()
    press(bench, Qt.Key.Key_Return, Qt.Key.Key_Return, PIN)
    press(bench, Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert bench.desk.shell.state.status.staff.phrase.facts["code"] == "S001"
    assert bench.desk.shell.state.screen is Screen.COUNTER
    assert bench.desk.scan_view.isVisible()
    assert "已交接给赵立新 S001" in said_in(bench.desk.scan_view)
    open_shift_screen(bench)
    bench.desk.shift_view.duty.steps[Step.CLOSING].setFocus()
    press(bench, Qt.Key.Key_Return, "3", Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert bench.desk.shift.state.step is Step.CLOSED
    press(bench, Qt.Key.Key_Return)
    assert bench.desk.shell.state.page is Page.SIGN_IN
    assert not bench.desk.shell.signed_in
    pin = bench.desk.sign_in_view.pin.control
    assert isinstance(pin, QLineEdit)
    assert pin.hasFocus()
    assert bench.desk.wardrobe.settings.last_staff == "S001"


def test_after_a_closing_the_desk_says_so_until_business_opens_the_next_shift(
    build: Build,
) -> None:
    bench = arrive(build, FakeDesk())
    open_shift_screen(bench)
    bench.desk.shift_view.duty.steps[Step.CLOSING].setFocus()
    press(bench, Qt.Key.Key_Return, "3", Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert bench.desk.shift.state.step is Step.CLOSED
    banner, way = bench.desk.shell_view.banner, bench.desk.shell_view.open_shift
    assert not banner.isVisible()
    bench.desk.shell.open(Screen.COUNTER)
    bench.settle()
    assert banner.isVisible()
    assert way.isVisible()
    way.setFocus()
    press(bench, Qt.Key.Key_Space)
    assert bench.desk.shell.state.screen is Screen.SHIFT
    bench.desk.shell.open(Screen.COUNTER)
    bench.behind.register("李小三", "13800001232")
    bench.desk.neighbours.work_done()
    bench.settle()
    assert not banner.isVisible()
    open_shift_screen(bench)
    assert bench.desk.shift.state.step is Step.OVERVIEW
    duty = bench.desk.shift_view.duty
    assert duty.notice.isVisible()
    duty.count.setFocus()
    press(bench, Qt.Key.Key_Space, "12", Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert (bench.desk.shift.state.step, duty.count.isVisible()) == (Step.OVERVIEW, False)


def test_the_summary_of_a_closed_shift_lies_wholly_in_sight_and_ends_where_others_do(
    build: Build,
) -> None:
    bench = arrive(build, FakeDesk())
    for number, offer in enumerate(("PHONE10", "SPEND200", "GIFTBOX")):
        bench.behind.register("王小二", f"1380000123{number}", offer)
    bench.window.resize(1366, 768)
    open_shift_screen(bench)
    bench.desk.shift_view.duty.steps[Step.CLOSING].setFocus()
    press(bench, Qt.Key.Key_Return, "3", Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return)
    view = bench.desk.shift_view
    card = view.now
    area = card.parentWidget().parentWidget()  # type: ignore[union-attr]  # a column in its view
    assert card.mapTo(area, card.rect().bottomLeft()).y() < area.height()  # type: ignore[arg-type,union-attr]  # as above
    assert view.closed.mapTo(bench.window, view.closed.rect().topRight()).x() == 1341
    assert view.closed.slip.height() == view.closed.leave.height()


def test_a_hand_over_to_nobody_leads_back_by_one_enter(build: Build) -> None:
    bench = arrive(build, FakeDesk())
    del bench.behind.vault.held["S001"]
    open_shift_screen(bench)
    bench.desk.shift_view.duty.steps[Step.HANDING].setFocus()
    press(bench, Qt.Key.Key_Return)
    step = bench.desk.shift_view.step
    assert step.nobody.isVisible()
    assert not step.submit.isVisible()
    assert step.back.hasFocus()
    press(bench, Qt.Key.Key_Return)
    assert bench.desk.shift.state.step is Step.OVERVIEW


def test_a_half_typed_step_is_there_after_another_screen_but_not_its_pin(build: Build) -> None:
    bench = arrive(build, FakeDesk())
    open_shift_screen(bench)
    bench.desk.shift_view.duty.steps[Step.HANDING].setFocus()
    press(bench, Qt.Key.Key_Return, Qt.Key.Key_Return, "1234")
    boxes = bench.desk.shift_view.step.boxes
    word, pin = boxes[ShiftField.WORD].control, boxes[ShiftField.PIN].control
    assert isinstance(word, QLineEdit)
    assert isinstance(pin, QLineEdit)
    word.setFocus()
    press(bench, "Till counted")
    word.setCursorPosition(4)
    QTest.keyClick(bench.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert pin.text() == ""
    open_shift_screen(bench)
    assert word.hasFocus()
    assert (word.text(), word.cursorPosition()) == ("Till counted", 4)
    assert bench.desk.shift.state.step is Step.HANDING


def test_a_pause_shows_its_word_and_the_pin_brings_the_screen_back(build: Build) -> None:
    bench = arrive(build, FakeDesk())
    open_shift_screen(bench)
    bench.desk.shift_view.duty.word.control.setFocus()
    press(bench, "Back at ten", Qt.Key.Key_Return)
    assert said_in(bench.desk.sign_in_view).count("Back at ten") == 1
    assert bench.desk.sign_in.state.word == "Back at ten"
    press(bench, PIN, Qt.Key.Key_Return)
    assert bench.desk.shell.state.screen is Screen.SHIFT
    assert bench.desk.sign_in.state.word == ""


def test_pins_are_gone_from_the_fields_once_they_were_handed_on(build: Build) -> None:
    bench = arrive(build, FakeDesk())
    open_shift_screen(bench)
    bench.desk.shift_view.duty.steps[Step.PIN].setFocus()
    press(bench, Qt.Key.Key_Return, "000000", Qt.Key.Key_Return, "975310", Qt.Key.Key_Return)
    press(bench, "975310", Qt.Key.Key_Return)
    assert bench.desk.shift.state.errors
    edits = bench.desk.shift_view.step.findChildren(QLineEdit)
    assert [edit.text() for edit in edits if edit.echoMode() is QLineEdit.EchoMode.Password] == [
        "", "", "", "",
    ]  # fmt: skip
