"""Dress a window: words of a language, colours of a theme, sizes for mouse or finger.

Light on purpose: it is needed before the desk is loaded.
"""

from collections.abc import Iterable
from pathlib import Path

from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.look import Dressed, Look, qt_palette
from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.tokens import PALETTES, metrics
from branchdesk.ui.kit.words import Texts, Words
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.window import MainWindow


class Wardrobe:
    """Every look that one window can wear; ``title_key`` names the window in each language."""

    def __init__(
        self, window: MainWindow, texts: Texts, resources: Path, title_key: str = "app.name"
    ) -> None:
        self._window, self._texts = window, texts
        self._icons = IconSet(resources / "icons")
        self.title_key = title_key

    def look(self, settings: DeskSettings) -> Look:
        """Return the look that the settings ask for."""
        words = Words(self._texts, settings.language)
        return Look(words, PALETTES[settings.theme], metrics(touch=settings.touch), self._icons)

    def dress(self, settings: DeskSettings, views: Iterable[Dressed]) -> None:
        """Dress the window and what is in it."""
        look, folder = self.look(settings), self._icons.folder.as_posix()
        self._window.setPalette(qt_palette(look.palette))
        self._window.setStyleSheet(style_sheet(look.palette, look.metrics, folder))
        self._window.setWindowTitle(look.words.say(self.title_key))
        for view in views:
            view.dress(look)
