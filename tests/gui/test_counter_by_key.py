"""The whole main job with hands on the keyboard only, and with an input method."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QWidget

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Page, Screen
from branchdesk.ui.sign_in.state import Credentials
from tests.fakes.background import ManualBackground
from tests.fakes.bank import sample_campaign
from tests.fakes.desk import DOCUMENT, PIN, FakeDesk
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter, fill
from tests.gui.scenes.counter import known

Build = Callable[..., Bench]
CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


def focused() -> QWidget:
    """Return the widget with the cursor."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def compose(text: str) -> None:
    """Commit text as an input method does: composed first, then whole."""
    widget = focused()
    QApplication.sendEvent(widget, QInputMethodEvent("wang", []))
    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(widget, event)


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key wherever the cursor is."""
    QTest.keyClick(focused(), key, modifier)


def start(build: Build) -> Bench:
    """Open the window with the cursor in it."""
    bench = build()
    bench.window.activateWindow()
    QApplication.processEvents()
    return bench


def test_a_walk_in_is_served_from_sign_in_to_paper_by_keyboard_alone(build: Build) -> None:
    bench = start(build)
    QTest.keyClicks(focused(), "t001")
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), PIN)
    press(Qt.Key.Key_Return)
    assert bench.desk.shell.state.page is Page.DESK
    assert focused().objectName() == "field_name"
    compose("王𬭼")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "field_phone"
    QTest.keyClicks(focused(), "13900001234")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "field_channel"
    press(Qt.Key.Key_2)
    assert bench.desk.counter.state.form.channel == "van"
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "consent_service"
    press(Qt.Key.Key_1)
    press(Qt.Key.Key_3)
    press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    press(Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    press(Qt.Key.Key_F9)
    assert [voucher.offer_code for voucher in bench.behind.vouchers()] == ["PHONE10", "SPEND200"]
    assert len(bench.behind.paper.printed) == 1
    assert focused().objectName() == "next_person"
    assert [voucher.printed for voucher in bench.behind.vouchers()] == [0, 0]
    press(Qt.Key.Key_Return)
    assert [voucher.printed for voucher in bench.behind.vouchers()] == [1, 1]
    assert focused().objectName() == "field_name"
    assert bench.desk.counter.state.form.is_blank


def test_where_nothing_opens_a_pdf_the_teller_can_take_its_place_along(build: Build) -> None:
    behind = FakeDesk()
    behind.has_reader = False
    bench = build(behind)
    bench.window.activateWindow()
    QApplication.processEvents()
    enter(bench)
    fill(bench)
    bench.desk.counter.toggle("PHONE10")
    bench.desk.counter.submit()
    result = bench.desk.counter_view.result
    assert "vouchers.pdf" in result._paper.accessibleName()
    assert (result.open.text().strip(), result.next.text().strip()) == ("再试打开", "下一位 (F2)")
    assert not result.not_out.isVisible()
    assert focused() is result.open
    result.copy.click()
    assert QApplication.clipboard().text() == "vouchers.pdf"
    behind.has_reader = True
    press(Qt.Key.Key_Return)
    assert not result.copy.isVisible()
    assert focused() is result.next
    assert result.next.text().strip() == "打出来了，下一位 (F2)"
    result.not_out.click()
    assert [line.number for line in bench.desk.counter.state.waiting] == ["1"]


def test_enter_alone_goes_from_what_must_be_asked_over_the_offers_to_the_big_button(
    build: Build,
) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    seen: list[str] = []
    for _ in range(5):
        press(Qt.Key.Key_Return)
        seen.append(focused().objectName())
        if seen[-1] == "offer_PHONE10":
            press(Qt.Key.Key_Space)
    first_open = "consent_marketing_phone"
    assert seen == ["field_phone", "field_channel", first_open, "offer_PHONE10", "submit"]
    press(Qt.Key.Key_Return)
    assert [voucher.offer_code for voucher in bench.behind.vouchers()] == ["PHONE10"]


def test_enter_in_what_may_be_left_out_goes_on_to_what_is_asked_next(build: Build) -> None:
    bench = start(build)
    enter(bench)
    ways = {
        Field.DOCUMENT_TYPE: "field_document_number",
        Field.DOCUMENT_NUMBER: "field_channel",
        Field.REFERRER: "field_interests",
        Field.INTERESTS: "field_needs",
        Field.NEEDS: "consent_service",
    }
    for field, following in ways.items():
        bench.desk.counter_view.form.control(field).setFocus()
        press(Qt.Key.Key_Return)
        assert focused().objectName() == following


def test_enter_stays_in_what_cannot_be_right_and_says_why_at_once(build: Build) -> None:
    bench = start(build)
    enter(bench)
    compose("王小燕")
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "139000012")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "field_phone"
    assert "11" in focused().accessibleDescription()
    QTest.keyClicks(focused(), "3")
    assert focused().accessibleDescription() == ""
    QTest.keyClicks(focused(), "4")
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "field_channel"
    form = bench.desk.counter.state.form
    assert (form.phone, form.channel) == ("13900001234", "counter")


def test_tab_leaves_a_field_whatever_is_typed_in_it(build: Build) -> None:
    bench = start(build)
    enter(bench)
    for field, text in ((Field.PHONE, "139"), (Field.DOCUMENT_NUMBER, "12")):
        control = bench.desk.counter_view.form.control(field)
        control.setFocus()
        QTest.keyClicks(control, text)
        press(Qt.Key.Key_Return)
        assert focused() is control
        assert control.accessibleDescription()
        press(Qt.Key.Key_Tab)
        assert focused() is not control


def test_tab_visits_every_field_consent_offer_and_button_in_the_order_of_the_eye(
    build: Build,
) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    seen = [focused().objectName()]
    while seen[-1] != "submit" and len(seen) < 40:
        press(Qt.Key.Key_Tab)
        seen.append(focused().objectName())
    assert seen == [
        *(f"field_{field.value}" for field in Field if field is not Field.CONSENTS),
        *(f"consent_{purpose.value}" for purpose in Purpose),
        "consent_how",
        "offer_search",
        *(f"offer_{card.code}" for card in bench.desk.counter.state.offers),
        "layout",
        "submit",
    ]


def test_a_refusal_puts_the_cursor_on_the_consent_that_is_missing(build: Build) -> None:
    bench = start(build)
    enter(bench)
    bench.desk.counter.edit(Edit(Field.NAME, "欧阳䶮"))
    bench.desk.counter.edit(Edit(Field.PHONE, "13900001234"))
    bench.desk.counter.edit(Edit(Field.DOCUMENT_NUMBER, DOCUMENT))
    bench.desk.counter.answer(ConsentAnswer(Purpose.SERVICE, granted=True, how=ConsentHow.VERBAL))
    press(Qt.Key.Key_F9)
    bench.settle()
    assert focused() is bench.desk.counter_view.consents.rows[Purpose.SENSITIVE].box


def test_a_consent_is_read_in_full_by_key_and_folds_away_again(build: Build) -> None:
    bench = start(build)
    enter(bench)
    row = bench.desk.counter_view.consents.rows[Purpose.SERVICE]
    row.box.setFocus()
    assert not row.text.isVisible()
    press(Qt.Key.Key_Right)
    assert row.text.isVisible()
    assert row.text.text() == bench.desk.counter.state.consents[0].text.zh
    version = sample_campaign().consent_text(Purpose.SERVICE).version
    assert version in row.version.text()
    press(Qt.Key.Key_Left)
    assert not row.text.isVisible()


def test_the_way_consents_are_given_is_that_of_all_of_them(build: Build) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    bench.desk.counter_view.consents.how.setFocus()
    press(Qt.Key.Key_Up)
    answers = bench.desk.counter.state.form.consents
    assert {answer.how for answer in answers} == {ConsentHow.VERBAL}
    assert len(answers) == 3


def test_a_signature_is_drawn_by_hand_and_left_by_enter(build: Build) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    consents = bench.desk.counter_view.consents
    consents.how.setFocus()
    press(Qt.Key.Key_End)
    assert bench.desk.counter.state.form.how is ConsentHow.SIGNATURE
    assert focused() is consents.pad.sheet
    for _ in range(3):
        QApplication.processEvents()
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(focused(), left, pos=QPoint(20, 60))
    for x in range(30, 200, 10):
        QTest.mouseMove(focused(), QPoint(x, 60 + x % 40))
    QTest.mouseRelease(focused(), left, pos=QPoint(220, 40))
    assert len(bench.desk.counter.state.form.signature) == 1
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "offer_PHONE10"
    press(Qt.Key.Key_F9)
    assert bench.desk.counter.state.result is not None


def test_whoever_cannot_draw_signs_on_paper_by_one_button(build: Build) -> None:
    bench = start(build)
    enter(bench)
    bench.desk.counter.form.choose_how(ConsentHow.SIGNATURE)
    pad = bench.desk.counter_view.consents.pad
    assert pad.isVisible()
    pad.paper.click()
    assert bench.desk.counter.state.form.how is ConsentHow.PAPER
    assert not pad.isVisible()


def test_all_consents_are_in_sight_without_scrolling_at_1366_by_768(build: Build) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    bench.desk.counter.toggle("PHONE10")
    bench.desk.counter.toggle("SPEND200")
    for _ in range(3):
        QApplication.processEvents()
    assert (bench.window.width(), bench.window.height()) == (1366, 768)
    assert bench.desk.counter_view._issue.verticalScrollBar().maximum() == 0
    assert bench.desk.counter_view._area.verticalScrollBar().maximum() == 0


def test_an_offer_is_found_by_pinyin_and_ticked_by_enter(build: Build) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    for typed, code in (("hf", "PHONE10"), ("liangyou", "GIFTBOX"), ("ketang", "SALON")):
        press(Qt.Key.Key_F4)
        assert focused().objectName() == "offer_search"
        QTest.keyClicks(focused(), typed)
        assert [card.code for card in bench.desk.counter.state.offers] == [code]
        press(Qt.Key.Key_Return)
    assert [line.code for line in bench.desk.counter.state.basket] == [
        "PHONE10",
        "GIFTBOX",
        "SALON",
    ]
    compose("手续费")
    assert [card.code for card in bench.desk.counter.state.offers] == ["FEEFREE"]
    press(Qt.Key.Key_Escape)
    assert len(bench.desk.counter.state.offers) == 6
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "submit"


def test_the_talk_track_folds_away_by_key_and_that_is_remembered(build: Build) -> None:
    bench = start(build)
    enter(bench)
    words = bench.window.findChild(QLabel, "talk_text")
    assert isinstance(words, QLabel)
    assert words.text() == sample_campaign().talk_tracks[0].text.zh
    press(Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert not words.isVisible()
    assert bench.behind.settings is not None
    assert not bench.behind.settings.talk_open
    again = build(settings=bench.behind.settings)
    enter(again)
    assert not again.desk.counter.state.talk_open


def test_a_known_person_is_taken_from_under_the_field_by_key(build: Build) -> None:
    bench = start(build)
    customer = bench.behind.register("李小龙", "13800001111")
    enter(bench)
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "13800001111")
    bench.settle()
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    assert bench.desk.counter.state.person is not None
    assert bench.desk.counter.state.person.customer == customer


def test_the_form_stays_in_sight_when_its_person_is_done(build: Build) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    bench.desk.counter_view.form.control(Field.PHONE).setFocus()
    press(Qt.Key.Key_F9)
    assert bench.desk.counter.state.result is not None
    QApplication.processEvents()
    assert bench.desk.counter_view._area.verticalScrollBar().value() == 0
    assert focused().objectName() == "next_person"


def test_f9_with_nothing_to_issue_is_answered(build: Build) -> None:
    bench = start(build)
    customer = bench.behind.register("欧阳䶮", "13800003333")
    enter(bench)
    bench.desk.counter.search("3333")
    bench.settle()
    bench.desk.counter.choose(customer)
    press(Qt.Key.Key_F9)
    note = bench.desk.counter.state.note
    assert note is not None
    assert note.phrase.key == "counter.tick_first"
    assert focused().objectName().startswith("offer_")
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_F9)
    assert bench.desk.counter.state.result is not None
    assert not bench.desk.scan_view.isVisible()
    press(Qt.Key.Key_F9)
    assert bench.desk.scan_view.isVisible()


def test_offers_begin_at_their_top_for_everybody(build: Build) -> None:
    bench = build(settings=DeskSettings(touch=True))
    bench.window.resize(1366, 768)
    bench.window.activateWindow()
    QApplication.processEvents()
    customer = bench.behind.register("欧阳䶮", "13800003333")
    enter(bench)
    bar = bench.desk.counter_view.offers.area.verticalScrollBar()
    fill(bench)
    for go_on in (
        bench.desk.counter.next_person,
        lambda: (bench.desk.counter.search("3333"), bench.settle(),
                 bench.desk.counter.choose(customer)),
        bench.desk.counter.let_go,
    ):  # fmt: skip
        QApplication.processEvents()
        assert bar.maximum() > 0
        bar.setValue(bar.maximum())
        go_on()
        if bench.desk.counter.state.note is not None:
            go_on()
        assert bar.value() == 0


def test_what_can_be_done_with_a_known_person_is_in_sight_by_touch_at_1366_by_768(
    build: Build,
) -> None:
    bench = build(settings=DeskSettings(touch=True))
    bench.window.resize(1366, 768)
    bench.window.activateWindow()
    known(bench)
    for _ in range(4):
        QApplication.processEvents()
    view = bench.desk.counter_view
    for made in (view.person.revealing.reveal, view.person.open_page, view.person.let_go):
        assert made.visibleRegion().boundingRect() == made.rect()
    view.person.revealing.reveal.click()
    for _ in range(4):
        QApplication.processEvents()
    for made in view.person.revealing.reasons:
        assert made.visibleRegion().boundingRect() == made.rect()


def test_down_before_the_search_has_answered_goes_into_the_list_when_it_has(build: Build) -> None:
    bench = start(build)
    bench.behind.register("欧阳䶮", "13800003333")
    bench.behind.register("司马光", "13800004444")
    enter(bench)
    press(Qt.Key.Key_F3)
    QTest.keyClicks(focused(), "3333")
    press(Qt.Key.Key_Down)
    assert focused().objectName() == "search"
    bench.settle()
    assert focused().objectName() == "search_found"
    press(Qt.Key.Key_F3)
    QTest.keyClicks(focused(), "4444")
    # Going down and typing on: what is found must not take the cursor from the keys.
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Backspace)
    bench.settle()
    assert focused().objectName() == "search"


def test_a_customer_is_found_and_chosen_by_keyboard(build: Build) -> None:
    bench = start(build)
    bench.behind.register("欧阳䶮", "13800003333")
    enter(bench)
    press(Qt.Key.Key_F3)
    assert focused().objectName() == "search"
    QTest.keyClicks(focused(), "3333")
    bench.settle()
    press(Qt.Key.Key_Down)
    assert focused().objectName() == "search_found"
    press(Qt.Key.Key_Return)
    assert bench.desk.counter.state.person is not None
    assert focused().objectName().startswith("offer_")
    press(Qt.Key.Key_Escape)
    assert bench.desk.counter.state.person is None
    assert focused().objectName() == "field_name"


def test_what_is_being_composed_is_not_disturbed_by_answers_that_arrive(build: Build) -> None:
    bench = start(build)
    enter(bench)
    compose("王")
    QApplication.sendEvent(focused(), QInputMethodEvent("xiao", []))
    bench.settle()
    bench.desk.shell.sync()
    event = QInputMethodEvent()
    event.setCommitString("小燕")
    QApplication.sendEvent(focused(), event)
    assert bench.desk.counter.state.form.name == "王小燕"
    assert bench.desk.counter_view.form.boxes["name"].control.text() == "王小燕"  # type: ignore[index]  # a StrEnum key


def test_locking_hides_the_form_at_once_and_the_pin_brings_it_back(build: Build) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    press(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert not bench.desk.counter_view.isVisible()
    assert focused().objectName() == "pin"
    press(Qt.Key.Key_F9)
    assert bench.behind.vouchers() == ()
    QTest.keyClicks(focused(), PIN)
    press(Qt.Key.Key_Return)
    assert bench.desk.counter_view.isVisible()
    assert bench.desk.counter.state.form.name == "欧阳䶮"


def type_half_a_form(build: Build) -> Bench:
    """Type a name and three digits, with the cursor behind the first of them."""
    bench = start(build)
    enter(bench)
    compose("王小燕")
    press(Qt.Key.Key_Return)
    QTest.keyClicks(focused(), "139")
    edit = focused()
    assert isinstance(edit, QLineEdit)
    edit.setCursorPosition(1)
    return bench


@pytest.mark.parametrize("way", ["screen", "lock", "rail", "help", "shortcuts"])
def test_coming_back_to_a_half_typed_form_goes_on_at_the_very_letter(
    build: Build, way: str
) -> None:
    bench = type_half_a_form(build)
    if way == "lock":
        press(Qt.Key.Key_L, CTRL)
        QTest.keyClicks(focused(), PIN)
        press(Qt.Key.Key_Return)
    elif way in {"help", "shortcuts"}:
        press(*{"help": (Qt.Key.Key_F1, NONE), "shortcuts": (Qt.Key.Key_Slash, CTRL)}[way])
        QApplication.processEvents()
        assert focused().objectName() != "field_phone"
        press(Qt.Key.Key_Escape)
        QApplication.processEvents()
    else:
        press(Qt.Key.Key_3, CTRL)
        if way == "rail":
            bench.desk.shell_view.rail.buttons[Screen.COUNTER].setFocus()
            press(Qt.Key.Key_Space)
        else:
            press(Qt.Key.Key_1, CTRL)
    edit = focused()
    assert isinstance(edit, QLineEdit)
    assert (edit.objectName(), edit.cursorPosition()) == ("field_phone", 1)
    assert not edit.hasSelectedText()
    QTest.keyClicks(edit, "0")
    assert bench.desk.counter.state.form.phone == "1039"


def test_a_field_that_has_no_cursor_any_more_gives_it_to_the_first_and_selects_nothing(
    build: Build,
) -> None:
    bench = type_half_a_form(build)
    press(Qt.Key.Key_F3)
    press(Qt.Key.Key_3, CTRL)
    bench.desk.counter_view.search.edit.setEnabled(False)
    press(Qt.Key.Key_1, CTRL)
    edit = focused()
    assert isinstance(edit, QLineEdit)
    assert edit.objectName() == "field_name"
    assert not edit.hasSelectedText()


def test_a_voucher_that_comes_while_another_screen_is_shown_takes_no_key_from_it(
    build: Callable[..., Bench],
) -> None:
    background = ManualBackground()
    bench = build(background=background)
    bench.window.activateWindow()
    QApplication.processEvents()
    bench.desk.sign_in.submit(Credentials("T001", PIN))
    background.run_all()
    fill(bench)
    background.run_all()
    press(Qt.Key.Key_F9)
    press(Qt.Key.Key_2, CTRL)
    background.run_all()
    assert bench.desk.counter.state.result is not None
    assert focused().objectName() == "customer_search"
    press(Qt.Key.Key_1, CTRL)
    assert focused().objectName() == "next_person"


def test_language_theme_and_touch_change_while_working_and_are_remembered(build: Build) -> None:
    bench = start(build)
    enter(bench)
    fill(bench)
    press(Qt.Key.Key_F10)
    button = bench.desk.counter_view.finish.submit
    assert button.text().strip() == "Register only (F9)"
    press(Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    press(Qt.Key.Key_F11)
    assert bench.behind.settings is not None
    kept = bench.behind.settings
    assert (kept.language, kept.theme, kept.touch) == ("en", "dark", True)
    assert bench.desk.counter.state.form.name == "欧阳䶮"
    box = bench.window.findChild(QCheckBox, "consent_service")
    assert isinstance(box, QCheckBox)
    assert box.isChecked()


def test_the_shortcut_sheet_lists_every_action_of_the_table(build: Build) -> None:
    from PySide6.QtWidgets import QLabel

    from branchdesk.ui.shell.actions import ACTIONS, PLACE_KEYS

    bench = start(build)
    press(Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    assert bench.desk.shortcuts.isVisible()
    shown = {label.text() for label in bench.desk.shortcuts.findChildren(QLabel)}
    assert {action.shortcut for action in ACTIONS} <= shown
    words = bench.desk.wardrobe.look().words
    assert {words.say(text_key) for _, text_key in PLACE_KEYS} <= shown


@pytest.mark.parametrize("signed_in", [False, True])
def test_actions_can_be_used_only_by_somebody_who_is_in(build: Build, signed_in: bool) -> None:
    from branchdesk.ui.shell.actions import ACTIONS, usable

    bench = start(build)
    if signed_in:
        enter(bench)
    for action in ACTIONS:
        made = bench.desk.actions.actions[action.id]
        assert made.isEnabled() == usable(action, signed_in=signed_in, screen=Screen.COUNTER)
        assert made.shortcut().toString() == action.shortcut


def test_pressing_the_status_bar_synchronises_and_says_so(build: Build) -> None:
    bench = start(build)
    enter(bench)
    bench.desk.shell_view.status.sync.click()
    assert bench.behind.syncs == 1
    assert "已同步" in bench.desk.shell_view.status._said.text()
