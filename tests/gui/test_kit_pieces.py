"""The composed pieces by themselves: what they emit, where the focus goes, what they keep."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.counter.offers_view import OfferButton
from branchdesk.ui.kit.chip import TagRow
from branchdesk.ui.kit.confirm_bar import Confirmation, ConfirmBar, Question
from branchdesk.ui.kit.fields import FieldBox
from branchdesk.ui.kit.grouped_edit import GroupedEdit
from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.masked_field import MaskedField
from branchdesk.ui.kit.progress_strip import ProgressState, ProgressStrip
from branchdesk.ui.kit.segmented_choice import SegmentedChoice
from branchdesk.ui.kit.side_sheet import SideSheet
from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.toast import SHOWN_MS, SHOWN_WITH_UNDO_MS, TOASTS_MAX, Toast, ToastStack
from branchdesk.ui.kit.tokens import LIGHT, MOUSE
from branchdesk.ui.kit.verdict_panel import VerdictFact, VerdictPanel, VerdictState
from branchdesk.ui.kit.words import Tone, Words, phrase
from branchdesk.ui.serving.offers import OfferCard
from tests.fakes.background import ManualTimers
from tests.gui.conftest import RESOURCES, catalogue

Window = QWidget


@pytest.fixture
def look(fonts: QApplication) -> Look:
    """Return the light look in Chinese."""
    del fonts
    return Look(Words(catalogue(), "zh"), LIGHT, MOUSE, IconSet(RESOURCES / "icons"))


@pytest.fixture
def window(fonts: QApplication) -> Iterator[Window]:
    """Return a shown window with one button, which has the focus."""
    del fonts
    made = QWidget()
    made.resize(900, 600)
    layout = QVBoxLayout(made)
    button = QPushButton("before", made)
    layout.addWidget(button)
    made.show()
    made.activateWindow()
    button.setFocus()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()


def shown(window: Window, widget: QWidget) -> None:
    """Put a widget into the window."""
    layout = window.layout()
    assert layout is not None
    layout.addWidget(widget)
    QApplication.processEvents()


def said(widget: QWidget) -> list[str]:
    """Return the texts of a widget's visible labels."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def key(wanted: Qt.Key) -> None:
    """Press a key where the focus is."""
    holder = QApplication.focusWidget()
    assert holder is not None
    QTest.keyClick(holder, wanted)


@pytest.fixture
def toasts(window: Window, look: Look) -> tuple[ToastStack, ManualTimers]:
    timers = ManualTimers()
    made = ToastStack(window, timers)
    made.dress(look)
    return made, timers


def test_a_toast_goes_after_its_time_and_longer_when_it_can_be_undone(
    toasts: tuple[ToastStack, ManualTimers],
) -> None:
    stack, timers = toasts
    stack.say(Toast(phrase("kit.cancel")))
    stack.say(Toast(phrase("kit.cancel"), undo="consent"))
    assert [delay for delay, _ in timers.set.values()] == [SHOWN_MS, SHOWN_WITH_UNDO_MS]
    timers.fire("toast.1")
    assert [card.toast.undo for card in stack.cards] == ["consent"]
    timers.fire("toast.2")
    assert (stack.cards, stack.isVisible(), timers.set) == ((), False, {})


def test_a_toast_stays_while_somebody_is_at_it(toasts: tuple[ToastStack, ManualTimers]) -> None:
    stack, timers = toasts
    stack.say(Toast(phrase("kit.cancel"), undo="consent"))
    stack.cards[0].undo.setFocus()
    assert timers.set == {}
    stack.cards[0].dismiss.clearFocus()
    stack.cards[0].undo.clearFocus()
    assert list(timers.set) == ["toast.1"]


def test_undo_says_what_is_taken_back_and_esc_only_dismisses(
    toasts: tuple[ToastStack, ManualTimers], window: Window
) -> None:
    stack, timers = toasts
    undone: list[str] = []
    stack.undone.connect(undone.append)
    stack.say(Toast(phrase("kit.cancel"), undo="consent"))
    stack.cards[0].undo.setFocus()
    key(Qt.Key.Key_Escape)
    assert (undone, stack.cards, timers.set) == ([], (), {})
    stack.say(Toast(phrase("kit.cancel"), undo="merge"))
    stack.cards[0].undo.setFocus()
    key(Qt.Key.Key_Space)
    assert (undone, stack.cards) == (["merge"], ())
    assert window.isVisible()


def test_the_newest_toasts_are_kept_at_the_bottom_of_what_they_lie_over(
    toasts: tuple[ToastStack, ManualTimers], window: Window
) -> None:
    stack, timers = toasts
    for _ in range(TOASTS_MAX + 2):
        stack.say(Toast(phrase("kit.cancel")))
    assert len(stack.cards) == len(timers.set) == TOASTS_MAX
    window.resize(700, 500)
    QApplication.processEvents()
    place = stack.geometry()
    assert window.rect().contains(place)
    assert place.bottom() > window.height() - 60
    assert abs(place.center().x() - window.width() // 2) <= 1


def bar_in(window: Window, look: Look) -> ConfirmBar:
    """Return a confirm bar in the window."""
    bar = ConfirmBar(window, "void")
    shown(window, bar)
    bar.dress(look)
    return bar


def test_a_bar_hands_out_what_was_typed_by_keys_alone(window: Window, look: Look) -> None:
    bar, given = bar_in(window, look), list[Confirmation]()
    bar.confirmed.connect(given.append)
    bar.ask(Question(phrase("kit.undo"), phrase("kit.undo"), wants_reason=True, wants_second=True))
    for text in (" 客户要求 ", "S001", "246810"):
        holder = QApplication.focusWidget()
        assert isinstance(holder, QLineEdit)
        holder.setText(text)
        key(Qt.Key.Key_Return)
    assert given == [Confirmation("客户要求", "S001", "246810")]
    assert "246810" not in repr(given)
    assert bar.isVisible()
    bar.close_bar()
    assert [edit.text() for edit in bar.edits.values()] == ["", "", ""]
    assert window.focusWidget() is window.findChild(QPushButton)


def test_a_bar_answers_an_empty_field_beside_it(window: Window, look: Look) -> None:
    bar, given = bar_in(window, look), list[Confirmation]()
    bar.confirmed.connect(given.append)
    bar.ask(Question(phrase("kit.undo"), phrase("kit.undo"), wants_reason=True))
    key(Qt.Key.Key_Return)
    assert given == []
    assert look.words.say("kit.confirm.reason_missing") in said(bar)
    assert bar.edits["reason"].hasFocus()
    QTest.keyClicks(bar.edits["reason"], "x")
    assert look.words.say("kit.confirm.reason_missing") not in said(bar)
    bar.edits["reason"].setText("重复发放")
    key(Qt.Key.Key_Return)
    assert given == [Confirmation("重复发放")]
    assert look.words.say("kit.confirm.reason_missing") not in said(bar)


def test_esc_leaves_a_question_and_gives_the_focus_back(window: Window, look: Look) -> None:
    bar, left = bar_in(window, look), list[Question]()
    bar.left.connect(left.append)
    question = Question(phrase("kit.undo"), phrase("kit.undo"), wants_reason=True)
    bar.ask(question)
    key(Qt.Key.Key_Escape)
    assert (left, bar.isVisible()) == ([question], False)
    assert window.focusWidget() is window.findChild(QPushButton)


def test_what_cannot_be_undone_does_not_lie_under_the_first_enter(
    window: Window, look: Look
) -> None:
    bar, given = bar_in(window, look), list[Confirmation]()
    bar.confirmed.connect(given.append)
    bar.ask(Question(phrase("kit.undo"), phrase("kit.undo"), danger=True))
    key(Qt.Key.Key_Return)
    assert (given, bar.isVisible()) == ([], False)
    bar.ask(Question(phrase("kit.undo"), phrase("kit.undo")))
    key(Qt.Key.Key_Return)
    assert given == [Confirmation()]


def test_progress_says_how_far_it_is_and_that_the_wish_to_stop_was_heard(
    window: Window, look: Look
) -> None:
    strip = ProgressStrip(window, "print")
    shown(window, strip)
    strip.dress(look)
    assert not strip.isVisible()
    strip.fill(ProgressState(phrase("kit.undo"), 3, 40))
    assert look.words.say("kit.progress", done=3, total=40) in said(strip)
    assert strip.cancel.isEnabled()
    strip.fill(ProgressState(phrase("kit.undo"), 3, 40, cancelling=True))
    assert not strip.cancel.isEnabled()
    strip.fill(None)
    assert not strip.isVisible()


def test_arrows_move_a_segmented_choice_and_showing_one_announces_nothing(
    window: Window,
) -> None:
    choice, chosen = SegmentedChoice(window, "period"), list[str]()
    choice.name("时间", [("day", "今天"), ("week", "本周")])
    shown(window, choice)
    choice.chosen.connect(chosen.append)
    choice.show_choice("day")
    assert (choice.value(), chosen) == ("day", [])
    choice.buttons[0].setFocus()
    key(Qt.Key.Key_Right)
    assert (choice.value(), chosen) == ("week", ["week"])
    choice.name("Period", [("day", "Today"), ("week", "This week")])
    assert (choice.value(), chosen) == ("week", ["week"])
    assert [made.accessibleName() for made in choice.buttons][1] == "Period This week"


def test_taking_a_tag_away_names_it_and_keeps_the_focus_in_the_row(
    window: Window, look: Look
) -> None:
    tags, removed = TagRow(window, "interests"), list[str]()
    shown(window, tags)
    tags.removed.connect(removed.append)
    words = [("a", "理财"), ("b", "购房"), ("c", "养老")]
    tags.fill(words, look)
    tags.buttons()[2].setFocus()
    key(Qt.Key.Key_Space)
    assert removed == ["c"]
    tags.fill(words[:2], look)
    assert QApplication.focusWidget() is tags.buttons()[1]
    assert tags.buttons()[1].accessibleName() == look.words.say("kit.remove", name="购房")


def test_a_field_counts_shows_its_note_and_gives_its_place_to_an_error(
    window: Window, look: Look
) -> None:
    edit = QLineEdit()
    box = FieldBox(window, edit, "reason")
    shown(window, box)
    box.name("原因")
    box.describe("写给总行看")
    box.count_to(4, look)
    edit.setText("重复发放了")
    assert edit.text() == "重复发放"
    assert look.words.say("kit.count", used=4, most=4) in said(box)
    assert edit.accessibleDescription() == "写给总行看"
    box.set_error("太短", look)
    assert "写给总行看" not in said(box)
    assert edit.accessibleDescription() == "太短"
    box.set_error("", look)
    assert "写给总行看" in said(box)


def test_a_side_sheet_closes_by_esc_and_gives_the_focus_back(window: Window, look: Look) -> None:
    sheet, closed = SideSheet(window, "talk"), list[None]()
    sheet.closed.connect(lambda: closed.append(None))
    sheet.name("话术", look)
    sheet.open_sheet()
    QApplication.processEvents()
    assert sheet.cross.hasFocus()
    assert sheet.geometry().right() == window.rect().right()
    window.resize(1000, 700)
    QApplication.processEvents()
    assert (sheet.geometry().right(), sheet.height()) == (999, 700)
    key(Qt.Key.Key_Escape)
    assert (sheet.isVisible(), len(closed)) == (False, 1)
    assert window.focusWidget() is window.findChild(QPushButton)
    sheet.close_sheet()
    assert len(closed) == 1


def test_a_verdict_is_a_colour_a_picture_and_a_word_with_facts_shown_literally(
    window: Window, look: Look
) -> None:
    window.setStyleSheet(style_sheet(LIGHT, MOUSE, look.icons.folder.as_posix()))
    panel = VerdictPanel(window, "verdict")
    shown(window, panel)
    panel.dress(look)
    assert not panel.isVisible()
    fact = VerdictFact(phrase("kit.undo"), "<b>王</b>")
    state = VerdictState(Tone.DANGER, phrase("kit.cancel"), phrase("kit.dismiss"), (fact,))
    panel.fill(state)
    QApplication.processEvents()
    assert {look.words.say("kit.cancel"), look.words.say("kit.dismiss"), "<b>王</b>"} <= set(
        said(panel)
    )
    pictures = [label for label in panel.findChildren(QLabel) if not label.pixmap().isNull()]
    assert len(pictures) == 1
    grabbed = panel.grab().toImage()
    assert grabbed.pixelColor(12, 30).name() == LIGHT.danger.lower()
    panel.fill(None)
    assert not panel.isVisible()


def test_a_masked_field_counts_down_and_offers_to_show_only_what_is_masked(
    window: Window, look: Look
) -> None:
    field = MaskedField(window, "phone")
    shown(window, field)
    field.name("手机", look)
    field.fill("138****5678", look)
    assert field.reveal.isVisible()
    assert field.reveal.accessibleName() == look.words.say("kit.reveal", name="手机")
    field.fill("13800135678", look, seconds_left=10)
    assert not field.reveal.isVisible()
    assert {"13800135678", look.words.say("kit.hidden_in", seconds=10)} <= set(said(field))
    field.fill("138****5678", look)
    assert "13800135678" not in said(field)


@pytest.mark.parametrize(
    ("typed", "seen", "plain"),
    [
        ("13800138000", "138 0013 8000", "13800138000"),
        ("1380", "138 0", "1380"),
        ("+86 138", "+86 138", "+86 138"),
        ("138001380001234", "138 0013 80001234", "138001380001234"),
    ],
)
def test_digits_are_grouped_while_they_are_typed(
    window: Window, typed: str, seen: str, plain: str
) -> None:
    edit, heard = GroupedEdit(window, (3, 4, 4)), list[str]()
    shown(window, edit)
    edit.plain_edited.connect(heard.append)
    edit.setFocus()
    QTest.keyClicks(edit, typed)
    assert (edit.text(), edit.plain(), heard[-1]) == (seen, plain, plain)


def test_a_digit_put_in_the_middle_keeps_the_cursor_behind_it(window: Window) -> None:
    edit = GroupedEdit(window, (3, 4, 4))
    shown(window, edit)
    edit.show_plain("1380138000")
    edit.setFocus()
    edit.setCursorPosition(3)
    QTest.keyClicks(edit, "0")
    assert (edit.text(), edit.cursorPosition()) == ("138 0013 8000", 5)
    QTest.keyClick(edit, Qt.Key.Key_Backspace)
    assert (edit.plain(), edit.cursorPosition()) == ("1380138000", 3)


def test_a_tick_that_was_not_taken_goes_although_nothing_else_changed(
    window: Window, look: Look
) -> None:
    value = phrase("counter.consent_version")
    card = OfferCard(
        "TEA", "gift", Bilingual("茶", "Tea"), value, "eligible", (), value, False, number=1
    )
    made = OfferButton(window, "TEA")
    shown(window, made)
    made.fill(card, look, enabled=True)
    made.click()
    assert made.isChecked()
    made.fill(card, look, enabled=True)
    assert not made.isChecked()
    made.fill(card, replace(look, words=Words(catalogue(), "en")), enabled=True)
    assert "Tea" in said(made)
