"""Drawing a signature: by mouse, by finger, by no hand at all; kept true and taken back."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from branchdesk.domain.signature import SIDE_MAX, Stroke, decode_signature, encode_signature
from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.signature_pad import SignaturePad
from branchdesk.ui.kit.tokens import LIGHT, MOUSE
from branchdesk.ui.kit.words import Words
from tests.gui.conftest import RESOURCES, catalogue

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pad(fonts: QApplication) -> Iterator[SignaturePad]:
    """Return a shown pad."""
    del fonts
    window = QWidget()
    window.resize(500, 300)
    layout = QVBoxLayout(window)
    made = SignaturePad(window, "sign")
    made.dress(Look(Words(catalogue(), "zh"), LIGHT, MOUSE, IconSet(RESOURCES / "icons")))
    layout.addWidget(made)
    window.show()
    window.activateWindow()
    QApplication.processEvents()
    yield made
    window.close()
    window.deleteLater()


def draw(pad: SignaturePad, *places: tuple[int, int]) -> None:
    """Draw a stroke with the mouse; places are hundredths of the sheet."""
    sheet = pad.sheet
    spots = [QPoint(x * sheet.width() // 100, y * sheet.height() // 100) for x, y in places]
    QTest.mousePress(sheet, LEFT, pos=spots[0])
    for spot in spots[1:]:
        QTest.mouseMove(sheet, spot)
    QTest.mouseRelease(sheet, LEFT, pos=spots[-1])


def test_what_is_drawn_is_announced_and_can_be_kept(pad: SignaturePad) -> None:
    drawn: list[tuple[Stroke, ...]] = []
    pad.drawn.connect(drawn.append)
    assert pad.sheet.hint.isVisible()
    draw(pad, (10, 20), (50, 80), (90, 20))
    draw(pad, (20, 60), (80, 60))
    assert [len(strokes) for strokes in drawn] == [1, 2]
    assert decode_signature(encode_signature(pad.strokes)) == pad.strokes
    (first, second) = pad.strokes
    assert first[0][0] == pytest.approx(SIDE_MAX / 10, abs=20)
    assert second[-1][0] == pytest.approx(SIDE_MAX * 0.8, abs=20)
    assert not pad.sheet.hint.isVisible()


def test_a_signature_keeps_its_shape_when_the_pad_grows(pad: SignaturePad) -> None:
    draw(pad, (10, 20), (90, 20))
    before = pad.strokes
    pad.window().resize(900, 500)
    QApplication.processEvents()
    assert pad.strokes == before


def test_a_stroke_that_leaves_the_sheet_ends_at_its_edge(pad: SignaturePad) -> None:
    draw(pad, (50, 50), (180, 50), (50, 400))
    points = [point for stroke in pad.strokes for point in stroke]
    assert max(x for x, _ in points) == SIDE_MAX
    lowest = round(SIDE_MAX * pad.sheet.height() / pad.sheet.width())
    assert max(y for _, y in points) == lowest


def test_strokes_are_taken_back_one_by_one_or_all_at_once_by_button_and_key(
    pad: SignaturePad,
) -> None:
    for _ in range(2):
        draw(pad, (10, 20), (90, 20))
        draw(pad, (10, 40), (90, 40))
        draw(pad, (10, 60), (90, 60))
        pad.undo.click()
        assert len(pad.strokes) == 2
        QTest.keyClick(pad.sheet, Qt.Key.Key_Backspace)
        assert len(pad.strokes) == 1
        draw(pad, (10, 40), (90, 40))
        QTest.keyClick(pad.sheet, Qt.Key.Key_Delete)
        assert pad.strokes == ()
        assert not pad.undo.isEnabled()
        draw(pad, (10, 40), (90, 40))
        pad.clear.click()
        assert pad.strokes == ()
    assert pad.sheet.hint.isVisible()


def test_a_finger_draws_and_a_second_one_does_not(pad: SignaturePad) -> None:
    screen = QTest.createTouchDevice(QPointingDevice.DeviceType.TouchScreen)
    sheet = pad.sheet
    QTest.touchEvent(sheet, screen).press(0, QPoint(50, 50), sheet).commit()
    QTest.touchEvent(sheet, screen).move(0, QPoint(150, 60), sheet).commit()
    QTest.touchEvent(sheet, screen).move(0, QPoint(200, 50), sheet).press(
        1, QPoint(10, 10), sheet
    ).commit()
    QTest.touchEvent(sheet, screen).release(0, QPoint(200, 50), sheet).release(
        1, QPoint(10, 10), sheet
    ).commit()
    (stroke,) = pad.strokes
    scale = SIDE_MAX / sheet.width()
    assert stroke[0] == (round(50 * scale), round(50 * scale))
    assert stroke[-1] == (round(200 * scale), round(50 * scale))


def test_whoever_cannot_draw_reaches_paper_by_key(pad: SignaturePad) -> None:
    pressed: list[str] = []
    pad.paper.clicked.connect(lambda: pressed.append("paper"))
    pad.sheet.setFocus()
    QTest.keyClick(pad.sheet, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is pad.paper
    QTest.keyClick(pad.paper, Qt.Key.Key_Space)
    assert pressed == ["paper"]
    assert pad.sheet.accessibleDescription()


def test_an_error_goes_with_the_next_stroke_and_shown_strokes_are_nobodys(
    pad: SignaturePad,
) -> None:
    drawn: list[tuple[Stroke, ...]] = []
    pad.drawn.connect(drawn.append)
    pad.set_error("签名太短")
    assert pad.sheet.property("invalid") == "true"
    pad.show_strokes((((0, 0), (900, 900)),))
    assert drawn == []
    draw(pad, (10, 40), (90, 40))
    assert pad.sheet.property("invalid") == "false"
    assert len(drawn) == 1
