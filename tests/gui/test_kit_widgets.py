"""The kit's widgets by themselves: tables under the model tester, hints, fonts."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QRawFont
from PySide6.QtWidgets import QApplication

from branchdesk.ui.kit.fonts import base_font
from branchdesk.ui.kit.lines_model import Column, LinesModel
from tests.gui.conftest import Bench
from tests.gui.scenes.counter import duplicates


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
