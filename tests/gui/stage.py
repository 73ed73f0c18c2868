"""Put a scene or a component page on the stage, at a size, in a language and a theme."""

import json
from functools import cache
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from branchdesk.application.texts import Texts
from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.look import Look, qt_palette
from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.tokens import PALETTES, metrics
from branchdesk.ui.kit.words import Words
from branchdesk.ui.shell.settings import DeskSettings
from tests.fakes.background import InlineBackground
from tests.gui.components import PAGES
from tests.gui.conftest import RESOURCES, Bench
from tests.gui.scenes import SCENES, behind

SMALLEST = QSize(1366, 768)
_SPECIMENS = Path(__file__).parent / "components" / "texts.json"
_PAGE_PREFIX = "kit_"


def names() -> list[str]:
    """Return the names of all scenes and component pages."""
    return [*SCENES, *(f"{_PAGE_PREFIX}{name}" for name in PAGES)]


def show(name: str, settings: DeskSettings, size: QSize = SMALLEST) -> QWidget:
    """Return the shown window of a scene or page; whoever calls it closes it."""
    if name in SCENES:
        return _scene(name, settings, size)
    return _page(name.removeprefix(_PAGE_PREFIX), settings, size)


def settle() -> None:
    """Let layouts and paint events run: one turn for every level that asks its parent."""
    for _ in range(8):
        QApplication.processEvents()


def _scene(name: str, settings: DeskSettings, size: QSize) -> QWidget:
    bench = Bench(behind(name), InlineBackground(), settings)
    bench.window.resize(size)
    bench.window.activateWindow()
    SCENES[name](bench)
    settle()
    return bench.desk.shortcuts if bench.desk.shortcuts.isVisible() else bench.window


@cache
def _texts() -> Texts:
    entries: dict[str, dict[str, str]] = {}
    for path in [*sorted((RESOURCES / "texts").glob("*.json")), _SPECIMENS]:
        entries.update(json.loads(path.read_text(encoding="utf-8")))
    return Texts(entries)


def _page(name: str, settings: DeskSettings, size: QSize) -> QWidget:
    palette, sizes = PALETTES[settings.theme], metrics(touch=settings.touch)
    icons = IconSet(RESOURCES / "icons")
    look = Look(Words(_texts(), settings.language), palette, sizes, icons)
    window = QWidget()
    window.setObjectName("canvas")
    window.setPalette(qt_palette(palette))
    window.setStyleSheet(style_sheet(palette, sizes, icons.folder.as_posix()))
    window.resize(size)
    board = PAGES[name](window, look)
    layout = QVBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(board)
    window.show()
    window.activateWindow()
    settle()
    board.settle()
    return window
