"""A scan goes where it belongs whatever has the focus, and what has the focus keeps what it had.

Keys go to the native window with times on them, as a keyboard's and a scanner's do.
"""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from branchdesk.protocol.token import token_text
from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.scan.wedge import QUIET_MS
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Page, Screen
from branchdesk.ui.verdict.state import Step
from tests.fakes.background import ManualBackground
from tests.fakes.desk import DOCUMENT, PIN, FakeDesk
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter, fill

Build = Callable[..., Bench]
FAST_MS = 8
_SPECIAL = {
    " ": Qt.Key.Key_Space,
    "\r": Qt.Key.Key_Return,
    "\n": Qt.Key.Key_Enter,
    "\t": Qt.Key.Key_Tab,
}


class Keys:
    """A keyboard at one window; the time of its keys is its own."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._at_ms = 1_000

    def press(self, text: str, gap_ms: int, *, repeat: bool = False) -> None:
        """Press and let go one key, ``gap_ms`` after the one before."""
        self._at_ms += gap_ms
        key = _SPECIAL.get(text, Qt.Key.Key_A)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            # Asked for each time: a key may close the window it went to.
            handle = QApplication.focusWindow() or self._bench.window.windowHandle()
            assert handle is not None
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text, repeat)
            event.setTimestamp(self._at_ms)
            QApplication.sendEvent(handle, event)

    def scan(self, text: str, end: str = "\r", gap_ms: int = FAST_MS) -> None:
        """Type as a scanner does."""
        self.press(text[0], 300)
        for character in text[1:] + end:
            self.press(character, gap_ms)

    def type(self, text: str, gap_ms: int = 70) -> None:
        """Type as a person does."""
        for character in text:
            self.press(character, gap_ms)


def start(build: Build, **named: object) -> tuple[Bench, Keys]:
    """Open the window, sign in, with one voucher that was issued before."""
    behind = FakeDesk()
    behind.register("单雨晴", "13800005678", "PHONE10")
    bench = build(behind, **named)
    bench.window.activateWindow()
    QApplication.processEvents()
    enter(bench)
    return bench, Keys(bench)


def token(bench: Bench) -> str:
    """Return what is in the QR code of the voucher that was issued."""
    record = bench.behind.vouchers()[0]
    return token_text(record.grant_bytes, record.voucher_bytes)


def edit(bench: Bench, name: str) -> QLineEdit:
    """Return a field of the window."""
    found = bench.window.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit)
    return found


def answered(bench: Bench) -> Verdict | None:
    """Return the verdict that is shown."""
    answer = bench.desk.verdict.state.answer
    return None if answer is None else answer.verdict


def escape(bench: Bench) -> None:
    """Press Esc, wherever the focus is."""
    from branchdesk.ui.shell.actions import ActionId

    bench.desk.actions.actions[ActionId.BACK].trigger()


@pytest.mark.parametrize("end", ["\r", "\n", "\t", "\r\n"])
def test_a_voucher_scanned_in_the_middle_of_a_name_shows_its_verdict_and_the_name_goes_on(
    build: Build, end: str
) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    keys.type("Li Wei")
    name.setCursorPosition(2)
    keys.scan(token(bench), end)
    assert answered(bench) is Verdict.GOOD
    assert bench.desk.verdict_view.isVisible()
    assert name.text() == "Li Wei"
    assert bench.desk.counter.state.form.name == "Li Wei"
    escape(bench)
    assert not bench.desk.verdict_view.isVisible()
    assert QApplication.focusWidget() is name
    assert name.cursorPosition() == 2
    keys.type("u")
    assert name.text() == "Liu Wei"


def test_a_selection_is_still_there_after_the_verdict(build: Build) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    keys.type("Li Wei")
    name.setSelection(3, 3)
    keys.scan(token(bench))
    assert name.text() == "Li Wei"
    escape(bench)
    assert QApplication.focusWidget() is name
    assert name.selectedText() == "Wei"


def _combo(bench: Bench) -> QWidget:
    found = bench.window.findChild(QComboBox, "field_channel")
    assert isinstance(found, QComboBox)
    # A choice that a digit would jump to.
    found.addItem("3 号窗口", "counter")
    return found


def _table(bench: Bench) -> QWidget:
    found = bench.desk.counter_view.waiting.table
    found.selectRow(0)
    return found


CONTROLS: dict[str, Callable[[Bench], QWidget]] = {
    "field": lambda bench: edit(bench, "field_phone"),
    "choice": _combo,
    "table": _table,
    "consent": lambda bench: bench.desk.counter_view.consents.first(),
    "offer": lambda bench: bench.desk.counter_view.offers.first(),
    "button": lambda bench: bench.window.findChild(QPushButton, "submit"),
}


def content(widget: QWidget) -> object:
    """Return what a control holds."""
    if isinstance(widget, QTableView):
        return widget.currentIndex().row(), len(widget.selectedIndexes())
    if isinstance(widget, QComboBox):
        return widget.currentIndex()
    return widget.metaObject().userProperty().read(widget)


@pytest.mark.parametrize("control", list(CONTROLS))
def test_every_kind_of_control_keeps_what_it_had_and_gets_the_focus_back(
    build: Build, control: str
) -> None:
    bench, keys = start(build)
    fill(bench)
    widget = CONTROLS[control](bench)
    widget.setFocus()
    assert QApplication.focusWidget() is widget
    before, form = content(widget), bench.desk.counter.state.form
    keys.scan(token(bench))
    assert answered(bench) is Verdict.GOOD
    assert content(widget) == before
    assert bench.desk.counter.state.form == form
    assert len(bench.behind.vouchers()) == 1, "the Enter of a scan presses nothing"
    escape(bench)
    assert QApplication.focusWidget() is widget
    assert content(widget) == before


def test_an_open_list_of_choices_is_closed_and_chooses_nothing(build: Build) -> None:
    bench, keys = start(build)
    combo = _combo(bench)
    assert isinstance(combo, QComboBox)
    combo.setFocus()
    before = combo.currentIndex()
    combo.showPopup()
    keys.scan(token(bench)[:20], end="")
    QApplication.processEvents()
    assert QApplication.activePopupWidget() is None
    # Off screen the closed list keeps the keyboard; on a screen it goes back by itself.
    bench.window.activateWindow()
    QApplication.processEvents()
    for character in token(bench)[20:] + "\r":
        keys.press(character, FAST_MS)
    assert answered(bench) is Verdict.GOOD
    assert combo.currentIndex() == before


def test_the_tenth_key_is_kept_and_reading_is_said_until_the_end(build: Build) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    keys.type("王")
    text = token(bench)
    keys.scan(text[:9], end="")
    assert name.text() == "王" + text[:9]
    keys.press(text[9], FAST_MS)
    assert name.text() == "王"
    assert bench.desk.scan_view.isVisible()
    for character in text[10:] + "\r":
        keys.press(character, FAST_MS)
    assert not bench.desk.scan_view.isVisible()
    assert answered(bench) is Verdict.GOOD


def test_a_scanner_that_sends_no_enter_is_understood_by_its_silence(
    build: Build, qtbot: object
) -> None:
    bench, keys = start(build)
    keys.scan(token(bench), end="")
    assert answered(bench) is None
    qtbot.waitUntil(lambda: answered(bench) is Verdict.GOOD, timeout=QUIET_MS * 10)  # type: ignore[attr-defined]  # pytest-qt's fixture is untyped


def test_a_prefix_and_suffix_of_the_settings_are_taken_off(build: Build) -> None:
    settings = DeskSettings(scanner_prefix="\x02", scanner_suffix="#")
    bench, keys = start(build, settings=settings)
    keys.scan("\x02" + token(bench) + "#")
    assert answered(bench) is Verdict.GOOD


def test_the_frame_is_what_this_machines_settings_say() -> None:
    from branchdesk.app.window import desk_settings
    from branchdesk.devices.settings import Settings

    desk = desk_settings(Settings(scanner_prefix="\x02", scanner_suffix="#"))
    assert (desk.scanner_prefix, desk.scanner_suffix) == ("\x02", "#")


def test_a_person_however_quick_is_never_taken_for_a_scanner(build: Build) -> None:
    bench, keys = start(build)
    phone = edit(bench, "field_phone")
    phone.setFocus()
    keys.type("13900001234", gap_ms=40)
    assert phone.text() == "13900001234"
    assert bench.desk.verdict.state.step is Step.CLOSED


def test_a_key_held_down_and_a_whole_word_of_an_input_method_are_typing(build: Build) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    keys.press("1", 100)
    for _ in range(30):
        keys.press("1", 30, repeat=True)
    assert name.text() == "1" * 31
    name.clear()
    committed = QInputMethodEvent()
    committed.setCommitString("２０２７年第１２３４５６７８号")
    QApplication.sendEvent(name, committed)
    assert name.text() == "２０２７年第１２３４５６７８号"
    name.clear()
    QApplication.clipboard().setText(token(bench)[:40])
    name.paste()
    assert name.text() == token(bench)[:40]
    assert bench.desk.verdict.state.step is Step.CLOSED


def test_full_width_digits_of_an_input_method_are_a_scan_when_they_come_like_one(
    build: Build,
) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    word = QInputMethodEvent()
    word.setCommitString("李")
    QApplication.sendEvent(name, word)
    for digit in token(bench):
        event = QInputMethodEvent()
        event.setCommitString(chr(ord(digit) + 0xFEE0))
        QApplication.sendEvent(name, event)
    keys.press("\r", 1)
    assert answered(bench) is Verdict.GOOD
    assert name.text() == "李"


def test_the_input_method_rests_while_a_scan_is_typed(build: Build) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    keys.scan(DOCUMENT, end="")
    assert not name.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    keys.press("\r", FAST_MS)
    assert name.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_a_document_is_taken_at_the_counter_and_leaves_the_name_alone(build: Build) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    keys.type("Li")
    keys.scan(DOCUMENT)
    form = bench.desk.counter.state.form
    assert (form.document_type, form.document_number) == ("resident_id", DOCUMENT)
    assert (form.name, name.text()) == ("Li", "Li")


@pytest.mark.parametrize("screen", list(Screen))
def test_from_every_screen_a_voucher_is_checked_there_and_a_document_opens_the_counter(
    build: Build, screen: Screen
) -> None:
    bench, keys = start(build)
    bench.desk.neighbours.open_screen(screen)
    keys.scan(token(bench))
    assert answered(bench) is Verdict.GOOD
    assert bench.desk.shell.state.screen is screen
    keys.scan(DOCUMENT)
    assert not bench.desk.verdict_view.isVisible()
    assert bench.desk.shell.state.screen is Screen.COUNTER
    assert bench.desk.counter.state.form.document_number == DOCUMENT


def test_another_document_never_overwrites_the_one_in_the_form(build: Build) -> None:
    bench, keys = start(build)
    fill(bench)
    keys.scan(DOCUMENT)
    keys.scan("91110000600037341L")
    assert bench.desk.counter.state.form.document_number == DOCUMENT
    assert bench.desk.counter.state.note is not None
    assert bench.desk.counter.state.note.phrase.key == "counter.scan_kept"


def test_after_printing_a_document_begins_the_next_person(build: Build) -> None:
    bench, keys = start(build)
    fill(bench)
    bench.desk.counter.submit()
    assert bench.desk.counter.state.result is not None
    keys.scan("91110000600037341L")
    form = bench.desk.counter.state.form
    assert bench.desk.counter.state.result is None
    assert (form.document_type, form.document_number, form.name) == (
        "uscc",
        "91110000600037341L",
        "",
    )


def test_what_is_none_of_ours_is_typed_where_the_cursor_is(build: Build) -> None:
    bench, keys = start(build)
    referrer = edit(bench, "field_referrer")
    referrer.setFocus()
    keys.scan("6901234567892", "\t")
    assert referrer.text() == "6901234567892"
    assert bench.desk.counter.state.form.referrer == "6901234567892"
    assert QApplication.focusWidget() is not referrer, "the Tab of the scanner moves on"
    assert not bench.desk.scan_view.isVisible()


def test_what_is_none_of_ours_and_cannot_be_typed_is_said(build: Build) -> None:
    bench, keys = start(build)
    bench.window.findChild(QPushButton, "submit").setFocus()
    keys.scan("6901234567892")
    assert bench.desk.scan_view.isVisible()
    assert len(bench.behind.vouchers()) == 1
    bench.timers.fire("scan")
    assert not bench.desk.scan_view.isVisible()


def test_a_voucher_read_in_part_is_said_and_typed_nowhere(build: Build) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    keys.scan(token(bench)[:300])
    assert name.text() == ""
    assert bench.desk.scan_view.isVisible()
    assert bench.desk.verdict.state.step is Step.CLOSED


def test_nothing_is_heard_while_a_pin_is_typed(build: Build) -> None:
    bench, keys = start(build)
    bench.desk.shell.lock()
    assert bench.desk.shell.state.page is Page.SIGN_IN
    pin = edit(bench, "pin")
    assert QApplication.focusWidget() is pin
    keys.scan(PIN * 3, end="")
    assert pin.text() == PIN * 3
    assert bench.desk.verdict.state.step is Step.CLOSED


def test_nothing_is_heard_while_a_hidden_field_of_the_desk_has_the_focus(build: Build) -> None:
    bench, keys = start(build)
    hidden = edit(bench, "field_referrer")
    hidden.setEchoMode(QLineEdit.EchoMode.Password)
    hidden.setFocus()
    keys.scan("1357902468013", end="")
    assert hidden.text() == "1357902468013"


def test_a_lock_in_the_middle_of_a_scan_keeps_its_end_from_the_pin(build: Build) -> None:
    bench, keys = start(build)
    text = token(bench)
    keys.scan(text[:200], end="")
    bench.desk.shell.lock()
    for character in text[200:] + "\r":
        keys.press(character, FAST_MS)
    assert edit(bench, "pin").text() == ""
    assert bench.desk.verdict.state.step is Step.CLOSED


def test_a_lock_closes_the_verdict(build: Build) -> None:
    bench, keys = start(build)
    keys.scan(token(bench))
    bench.desk.shell.lock()
    assert bench.desk.verdict.state.step is Step.CLOSED
    assert QApplication.focusWidget() is edit(bench, "pin")


def test_the_sheet_of_shortcuts_gives_way_to_a_voucher(build: Build) -> None:
    bench, keys = start(build)
    bench.desk.shortcuts.open()
    QApplication.processEvents()
    keys.scan(token(bench))
    assert answered(bench) is Verdict.GOOD
    assert not bench.desk.shortcuts.isVisible()


def test_one_voucher_after_the_other_and_the_focus_is_still_where_it_was(build: Build) -> None:
    bench, keys = start(build)
    bench.behind.register("何静", "13800005679", "PHONE10")
    first, second = (
        token_text(found.grant_bytes, found.voucher_bytes) for found in bench.behind.vouchers()
    )
    name = edit(bench, "field_name")
    name.setFocus()
    keys.scan(first)
    keys.scan(second)
    answer = bench.desk.verdict.state.answer
    assert answer is not None
    assert answer.facts[-1].value.facts["first"] == bench.behind.vouchers()[1].voucher
    escape(bench)
    assert QApplication.focusWidget() is name


def test_nothing_below_acts_while_the_verdict_is_open(build: Build) -> None:
    from branchdesk.ui.shell.actions import OVER_CHECK

    bench, keys = start(build)
    fill(bench)
    keys.scan(token(bench))
    enabled = {wanted for wanted, made in bench.desk.actions.actions.items() if made.isEnabled()}
    assert enabled == OVER_CHECK
    seen = set()
    for _ in range(6):
        keys.press("\t", 90)
        focus = QApplication.focusWidget()
        assert focus is not None
        assert bench.desk.verdict_view.isAncestorOf(focus)
        seen.add(focus.objectName())
    ways = {"verdict_again", "verdict_close", "verdict_redeem"}
    assert seen == ways | {"redeem_use", "redeem_phone"}
    escape(bench)
    keys.press("\t", 90)
    assert not bench.desk.verdict_view.isVisible()


def test_a_code_typed_by_hand_is_checked_and_corrected_where_it_was_typed(build: Build) -> None:
    bench, keys = start(build)
    name = edit(bench, "field_name")
    name.setFocus()
    bench.desk.verdict.ask()
    code = edit(bench, "verdict_code")
    assert QApplication.focusWidget() is code
    keys.press("\r", 80)
    assert bench.desk.verdict.state.error is not None
    from branchdesk.protocol.short_code import format_short_code

    record = bench.behind.vouchers()[0]
    right = format_short_code(*map(int, record.voucher.split("-")), record.voucher_bytes)
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    keys.type(wrong + "\r")
    assert bench.desk.verdict.state.error is not None
    assert bench.desk.verdict.state.error.key == "error.short_code_check"
    assert code.text() == wrong
    code.clear()
    keys.type(right + "\r")
    assert answered(bench) is Verdict.GOOD
    escape(bench)
    assert QApplication.focusWidget() is name


def test_the_verdict_waits_for_the_store_and_the_window_does_not(build: Build) -> None:
    background = ManualBackground()
    behind = FakeDesk()
    behind.register("单雨晴", "13800005678", "PHONE10")
    bench = build(behind, background=background)
    bench.window.activateWindow()
    QApplication.processEvents()
    enter(bench)
    background.run_all()
    Keys(bench).scan(token(bench))
    assert bench.desk.verdict.state.step is Step.CHECKING
    assert bench.desk.verdict_view.isVisible()
    background.run_all()
    assert answered(bench) is Verdict.GOOD


def test_the_check_covers_the_whole_desk_whatever_its_size(build: Build) -> None:
    bench, keys = start(build)
    keys.scan(token(bench))
    bench.window.resize(1500, 900)
    QApplication.processEvents()
    over = bench.desk.shell_view.desk
    assert bench.desk.verdict_view.geometry() == QRect(0, 0, over.width(), over.height())


def test_a_code_with_spaces_neither_ticks_a_consent_nor_presses_a_button(build: Build) -> None:
    bench, keys = start(build)
    fill(bench)
    form = bench.desk.counter.state.form
    box = bench.desk.counter_view.consents.first()
    assert isinstance(box, QCheckBox)
    box.setFocus()
    ticked = box.isChecked()
    keys.scan("AB 12 CD 34 EF 56")
    assert box.isChecked() is ticked
    bench.window.findChild(QPushButton, "submit").setFocus()
    keys.scan("AB 12 CD 34 EF 56")
    assert bench.desk.counter.state.form == form
    assert len(bench.behind.vouchers()) == 1


@pytest.mark.parametrize("screen", list(Screen))
def test_what_is_said_over_a_screen_covers_nothing_that_is_pressed(
    build: Build, screen: Screen
) -> None:
    bench = build()
    bench.window.resize(1366, 768)
    enter(bench)
    bench.desk.shell.open(screen)
    bench.settle()
    bench.desk.scan.say("scan.unknown")
    note = bench.desk.scan_view
    over, covered = note.geometry(), []
    for button in bench.desk.shell_view.desk.findChildren(QAbstractButton):
        if button.isVisible() and not button.visibleRegion().isEmpty():
            at = button.mapTo(bench.desk.shell_view.desk, QPoint(0, 0))
            if over.intersects(QRect(at, button.size())):
                covered.append(button.objectName())
    assert note.isVisible()
    assert covered == []


def test_what_is_said_moves_off_a_button_that_came_to_lie_under_it(build: Build) -> None:
    bench = build()
    enter(bench)
    bench.desk.scan.say("scan.unknown")
    note = bench.desk.scan_view
    came = QPushButton(bench.desk.shell_view.desk)
    came.setGeometry(note.geometry())
    came.show()
    bench.desk.wardrobe.dress()
    assert not note.geometry().intersects(came.geometry())
