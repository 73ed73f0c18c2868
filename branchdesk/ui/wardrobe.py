"""Keep what a person has set about the window, and dress the window in it: words of a language,
colours of a theme, sizes for mouse or finger.

Light on purpose: it is needed before the desk is loaded.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.look import Dressed, Look, qt_palette
from branchdesk.ui.kit.qt_words import speak
from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.tokens import PALETTES, metrics
from branchdesk.ui.kit.words import Texts, Words
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.window import MainWindow


class Wardrobe:
    """The settings of one window and everything that is dressed by them.

    ``title_key`` names the window in each language. Whoever must hear of changed settings says so
    by ``tell``; what is to be dressed is given to ``hang``.
    """

    def __init__(
        self,
        window: MainWindow,
        texts: Texts,
        resources: Path,
        settings: DeskSettings,
        title_key: str = "app.name",
    ) -> None:
        self._window, self._texts, self._title_key = window, texts, title_key
        self._icons = IconSet(resources / "icons")
        self._views: list[Dressed] = []
        self._told: list[Callable[[DeskSettings], object]] = []
        self.settings = settings

    def hang(self, *views: Dressed) -> None:
        """Dress these, too, whenever the window is dressed."""
        self._views += views

    def tell(self, *calls: Callable[[DeskSettings], object]) -> None:
        """Call these with every change of the settings, in the order given."""
        self._told += calls

    def look(self) -> Look:
        """Return the look that the settings ask for."""
        words, settings = Words(self._texts, self.settings.language), self.settings
        return Look(words, PALETTES[settings.theme], metrics(touch=settings.touch), self._icons)

    def dress(self) -> None:
        """Dress the window and everything that hangs here."""
        look, folder = self.look(), self._icons.folder.as_posix()
        speak(look.words.language)
        self._window.setPalette(qt_palette(look.palette))
        self._window.setStyleSheet(style_sheet(look.palette, look.metrics, folder))
        self._window.setWindowTitle(look.words.say(self._title_key))
        for view in self._views:
            view.dress(look)

    def change(self, settings: DeskSettings) -> None:
        """Make settings those of the window: heard, seen and kept from now on."""
        before, self.settings = self.settings, settings
        for call in self._told:
            call(settings)
        if (before.language, before.theme, before.touch) != (
            settings.language, settings.theme, settings.touch
        ):  # fmt: skip
            self.dress()

    def switch_language(self) -> None:
        """Speak the other language from now on."""
        self.change(replace(self.settings, language=self.settings.next_language()))

    def switch_theme(self) -> None:
        """Wear the next theme from now on."""
        self.change(replace(self.settings, theme=self.settings.next_theme()))

    def switch_touch(self) -> None:
        """Make controls larger for fingers, or smaller again."""
        self.change(replace(self.settings, touch=not self.settings.touch))

    def switch_sounds(self) -> None:
        """Turn sounds off, or on again."""
        self.change(replace(self.settings, sounds=not self.settings.sounds))

    def keep_geometry(self) -> None:
        """Remember where the window stands."""
        self.change(replace(self.settings, geometry=self._window.geometry_text()))
