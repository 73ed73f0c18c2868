"""The help by keyboard: opened at the screen's page, searched, read, and out of the way again."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from branchdesk.ui.kit.tokens import FAMILIES
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.sync.state import Tab
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter

Build = Callable[..., Bench]


def focused() -> QWidget:
    """Return the widget with the cursor."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def press(key: Qt.Key) -> None:
    """Press a key wherever the cursor is."""
    QTest.keyClick(focused(), key)


def start(build: Build, *, inside: bool, language: str = "zh") -> Bench:
    """Open the window with the cursor in it."""
    bench = build(settings=DeskSettings(language=language))
    bench.window.activateWindow()
    QApplication.processEvents()
    if inside:
        enter(bench)
    return bench


@pytest.mark.parametrize("inside", [False, True])
def test_help_opens_at_the_page_of_the_screen_and_esc_gives_the_cursor_back(
    build: Build, inside: bool
) -> None:
    bench = start(build, inside=inside)
    before = focused()
    press(Qt.Key.Key_F1)
    page = bench.desk.help.state.page
    assert page is not None
    assert page.name == ("counter" if inside else "sign_in")
    assert focused().objectName() == "help_search"
    press(Qt.Key.Key_Escape)
    assert not bench.desk.help_view.isVisible()
    assert focused() is before


def test_beside_the_road_check_help_opens_at_the_van(build: Build) -> None:
    bench = start(build, inside=True)
    bench.desk.shell.open(Screen.SYNC)
    bench.desk.sync_screen.choose(Tab.ROAD.value)
    bench.settle()
    press(Qt.Key.Key_F1)
    page = bench.desk.help.state.page
    assert page is not None
    assert page.name == "offline"


def test_searching_arrows_and_enter_lead_to_the_page(build: Build) -> None:
    bench = start(build, inside=True)
    press(Qt.Key.Key_F1)
    QTest.keyClicks(focused(), "Ctrl+T")
    left = [page.name for page in bench.desk.help.state.pages]
    assert left == ["offline", "settings"]
    press(Qt.Key.Key_Down)
    assert focused().objectName() == "help_contents"
    page = bench.desk.help.state.page
    assert page is not None
    assert page.name == "offline"
    press(Qt.Key.Key_Return)
    assert focused().objectName() == "help_page"
    marks = bench.desk.help_view.page.extraSelections()
    assert [mark.cursor.selectedText() for mark in marks] == ["Ctrl+T"]
    press(Qt.Key.Key_Escape)
    assert focused().objectName() == "field_name"


def test_the_work_goes_on_beside_the_open_help(build: Build) -> None:
    bench = start(build, inside=True)
    press(Qt.Key.Key_F1)
    name = bench.window.findChild(QWidget, "field_name")
    assert isinstance(name, QWidget)
    name.setFocus()
    QTest.keyClicks(focused(), "Zhang")
    assert bench.desk.counter.state.form.name == "Zhang"
    press(Qt.Key.Key_F1)
    assert focused().objectName() == "help_search"
    press(Qt.Key.Key_F1)
    assert not bench.desk.help_view.isVisible()
    assert focused() is name


def test_the_page_stays_when_the_language_changes(build: Build) -> None:
    bench = start(build, inside=True)
    press(Qt.Key.Key_F1)
    bench.desk.help.turn_to("printing")
    bench.desk.wardrobe.switch_language()
    page = bench.desk.help.state.page
    assert page is not None
    assert (page.name, page.title) == ("printing", "Printing")
    assert "Choose a layout" in bench.desk.help_view.page.toPlainText()


def test_the_arrows_turn_pages_in_the_contents(build: Build) -> None:
    bench = start(build, inside=True)
    press(Qt.Key.Key_F1)
    press(Qt.Key.Key_Down)
    seen = []
    for _ in range(3):
        press(Qt.Key.Key_Down)
        assert bench.desk.help.state.page is not None
        seen.append(bench.desk.help.state.page.name)
    assert seen == ["consent", "customer", "printing"]


def test_locking_takes_the_cursor_to_the_pin_though_the_help_is_open(build: Build) -> None:
    bench = start(build, inside=True)
    press(Qt.Key.Key_F1)
    bench.desk.shell.lock()
    assert focused().objectName() == "pin"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_set_in_our_own_type_and_hold_no_links(build: Build, language: str) -> None:
    bench = start(build, inside=True, language=language)
    bench.desk.open_help()
    for page in bench.desk.help.state.pages:
        bench.desk.help.turn_to(page.name)
        document = bench.desk.help_view.page.document()
        sizes = set[int]()
        block = document.begin()
        while block.isValid():
            fragments = block.begin()
            while not fragments.atEnd():
                letters = fragments.fragment().charFormat()
                assert not letters.isAnchor()
                assert not letters.isImageFormat()
                assert set(letters.fontFamilies() or FAMILIES) <= set(FAMILIES)
                sizes.add(letters.font().pixelSize())
                fragments += 1
            block = block.next()
        metrics = bench.desk.wardrobe.look().metrics
        assert sizes == {metrics.headline, metrics.title, metrics.body}, page.name


def test_a_page_fetches_nothing(build: Build) -> None:
    browser = build().desk.help_view.page
    kind = QTextDocument.ResourceType.ImageResource.value
    assert browser.loadResource(kind, QUrl("https://example.invalid/a.png")) is None
    assert not browser.openLinks()
