"""The door: the sign-in screen, alone in the window until the desk behind it is loaded.

Whoever starts the program can type at once; what takes a third of a second to load does so
meanwhile. Only what the sign-in screen needs is imported here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from branchdesk.ui.kit.background import Background, Timers, ignore
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.sign_in.services import DoorServices
from branchdesk.ui.sign_in.wiring import build_sign_in
from branchdesk.ui.wardrobe import Wardrobe

if TYPE_CHECKING:
    from branchdesk.ui.sign_in.presenter import Entry


class Door(QObject):
    """The sign-in screen of a window; the desk is put behind it by ``lead_to``."""

    def __init__(
        self,
        window: MainWindow,
        services: DoorServices,
        wardrobe: Wardrobe,
        *,
        background: Background,
        timers: Timers,
    ) -> None:
        super().__init__(window)
        self._window = window
        self.background, self.timers, self.wardrobe = background, timers, wardrobe
        self.services = services
        self._enter: Callable[[Entry], object] = ignore
        self._sound: Callable[[Tone], object] = ignore
        self.is_open = False
        self.view, self.presenter = build_sign_in(
            window,
            services,
            wardrobe.settings,
            background=background,
            timers=timers,
            entered=self._entered,
            sound=self._heard,
        )
        wardrobe.hang(self.view)

    def open(self) -> None:
        """Show the sign-in screen as the whole window."""
        self.wardrobe.dress()
        self._window.install(self.view)
        self.start()

    def start(self) -> None:
        """Begin to ask who comes in, once."""
        if not self.is_open:
            self.is_open = True
            self.presenter.start()

    def lead_to(self, enter: Callable[["Entry"], object], sound: Callable[[Tone], object]) -> None:
        """Say where whoever gets in comes to, and who makes sounds."""
        self._enter, self._sound = enter, sound

    def _entered(self, entry: "Entry") -> None:
        self._enter(entry)

    def _heard(self, tone: Tone) -> None:
        self._sound(tone)
