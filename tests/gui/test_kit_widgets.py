"""The kit's widgets by themselves: tables under the model tester, hints, fonts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QImage, QRawFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QPushButton, QVBoxLayout, QWidget

from branchdesk.ui.kit.fonts import base_font
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.segmented_choice import SegmentedChoice
from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.kit.tokens import PALETTES, metrics
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter
from tests.gui.scenes.counter import duplicates
from tests.gui.stage import settle


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a made-up table."""

    name: str
    count: int


def test_the_lines_model_keeps_qts_rules_while_lines_come_and_go(
    fonts: QApplication, qtmodeltester: object
) -> None:
    columns = (
        Column[Line].__origin__("t.name", lambda line: line.name),
        Column[Line].__origin__("t.count", lambda line: str(line.count), right=True),
    )
    model: LinesModel[Line] = LinesModel(fonts, columns)
    qtmodeltester.check(model)  # type: ignore[attr-defined]  # pytest-qt's fixture is untyped
    model.set_lines((Line("<b>王</b>", 1), Line("李", 2)))
    model.set_titles(("姓名", "券"))
    model.set_lines((Line("李", 2),))
    qtmodeltester.check(model)  # type: ignore[attr-defined]  # pytest-qt's fixture is untyped
    assert model.data(model.index(0, 1)) == "2"
    assert model.headerData(0, Qt.Orientation.Horizontal) == "姓名"
    assert model.headerData(5, Qt.Orientation.Horizontal) is None


def test_a_hint_offers_the_customer_it_names(build: Callable[..., Bench]) -> None:
    bench = build()
    duplicates(bench)
    use = next(
        button
        for button in bench.desk.counter_view.form.findChildren(object)
        if getattr(button, "target", "")
    )
    use.click()
    assert bench.desk.counter.state.person is not None


def test_rare_characters_have_glyphs_in_the_bundled_fonts(fonts: QApplication) -> None:
    assert {"Noto Sans SC", "HanaMinB"} <= set(QFontDatabase.families())
    assert QFontInfo(base_font()).family() == "Noto Sans SC"
    noto, hana = QRawFont.fromFont(QFont("Noto Sans SC")), QRawFont.fromFont(QFont("HanaMinB"))
    for character in "䶮㛃𬭼𫖯王":
        assert noto.supportsCharacter(ord(character)), character
    for character in "𠮷𪚥":
        assert hana.supportsCharacter(ord(character)), character
    assert fonts.font().families()[:2] == ["Noto Sans SC", "HanaMinB"]


@pytest.fixture
def board(fonts: QApplication) -> Iterator[QWidget]:
    """Return a window under the style sheet."""
    del fonts
    made = QWidget()
    made.setStyleSheet(style_sheet(PALETTES["light"], metrics(touch=False), ""))
    QVBoxLayout(made).addWidget(QPushButton("before", made))
    yield made
    made.close()
    made.deleteLater()


def plain(board: QWidget, widget: QWidget) -> QImage:
    """Put something into the board and return a picture of it without the focus."""
    layout = board.layout()
    assert layout is not None
    layout.addWidget(widget)
    board.show()
    board.activateWindow()
    QApplication.processEvents()
    return widget.grab().toImage()


def focused(board: QWidget, widget: QWidget) -> QImage:
    """Return a picture of something in the board, which Tab gave the focus."""
    before = board.findChild(QPushButton)
    assert before is not None
    before.setFocus()
    QApplication.processEvents()
    # Qt draws a frame of its own only for whoever goes by key.
    QTest.keyClick(before, Qt.Key.Key_Tab)
    QApplication.processEvents()
    assert widget.hasFocus()
    return widget.grab().toImage()


def test_a_table_with_the_focus_has_a_whole_ring_beside_its_header_and_its_row(
    board: QWidget,
) -> None:
    column = Column[Line].__origin__("t.name", lambda line: line.name)
    model: LinesModel[Line] = LinesModel(board, (column,))
    model.set_lines((Line("王", 1), Line("李", 2)))
    table = LinesTable(board, model, 0)
    plain(board, table)
    table.selectRow(0)
    picture = focused(board, table)
    ring = QColor(PALETTES["light"].focus)
    header = table.horizontalHeader()
    for y in (header.y() + header.height() // 2, header.y() + header.height() + 12):
        left = [picture.pixelColor(x, y) for x in (0, 1)]
        right = [picture.pixelColor(picture.width() - 1 - x, y) for x in (0, 1)]
        assert {color.name() for color in (*left, *right)} == {ring.name()}


def test_a_segment_with_the_focus_has_one_ring_and_not_two(board: QWidget) -> None:
    choice = SegmentedChoice(board, "answer")
    choice.name("同意", [("yes", "    "), ("no", "    ")])
    plain(board, choice)
    before, picture = choice.buttons[0].grab().toImage(), focused(board, choice.buttons[0])
    middle = picture.height() // 2
    edges = [picture.pixelColor(x, middle).name() for x in range(picture.width())]
    ring = QColor(PALETTES["light"].focus).name()
    assert edges.count(ring) == 4, "two pixels at either side, and nothing inside them"
    assert len(set(edges[8:-8])) == 1
    # Outside the ring nothing is drawn for the focus.
    assert edges[0] == before.pixelColor(0, middle).name()


def test_a_check_box_with_the_focus_has_one_ring_and_not_two(board: QWidget) -> None:
    box = QCheckBox("    ", board)
    before, picture = plain(board, box), focused(board, box)
    inner = picture.rect().adjusted(4, 4, -4, -4)
    assert picture.copy(inner) == before.copy(inner)


def test_a_list_that_drops_down_shows_whole_rows_of_a_fingers_or_a_pointers_height(
    build: Callable[..., Bench],
) -> None:
    bench = build()
    enter(bench)
    boxes = [box for box in bench.desk.counter_view.findChildren(QComboBox) if box.isVisible()]
    assert len(boxes) >= 4
    for box in boxes:
        box.showPopup()
        settle()
        view = box.view()
        rows = [view.visualRect(view.model().index(row, 0)) for row in range(box.count())]
        assert {row.height() for row in rows} == {metrics(touch=False).control - 8}
        assert view.viewport().rect().contains(rows[-1]), box.objectName()
        box.hidePopup()
