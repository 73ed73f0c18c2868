"""How the window looks and speaks now: words, colours, sizes, icons, as one value.

Views take a look and dress themselves in it, so language, theme and touch change live.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtGui import QColor, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.tokens import Metrics, Palette
from branchdesk.ui.kit.words import Tone, Words


@dataclass(frozen=True, slots=True)
class Look:
    """Everything a view needs to draw and speak."""

    words: Words
    palette: Palette
    metrics: Metrics
    icons: IconSet

    def icon(self, name: str, colour: str = "", size: int = 0) -> QIcon:
        """Return an icon, in the text colour unless another is given."""
        return self.icons.icon(name, colour or self.palette.text, size or self.metrics.icon)

    def button_icon(self, name: str, size: int = 0) -> QIcon:
        """Return an icon for a primary button, which keeps to its words when it is disabled."""
        side, palette = size or self.metrics.icon, self.palette
        return self.icons.icon(name, palette.on_primary, side, palette.on_disabled)

    def tone_colour(self, tone: Tone) -> str:
        """Return the strong colour of a tone."""
        palette = self.palette
        return {
            Tone.QUIET: palette.muted,
            Tone.INFO: palette.focus,
            Tone.SUCCESS: palette.success,
            Tone.WARNING: palette.warning,
            Tone.DANGER: palette.danger,
        }[tone]

    def tone_picture(self, tone: Tone, size: int, ratio: float = 1.0) -> QPixmap:
        """Return the icon that goes with a tone; colour never stands alone."""
        name = "info" if tone in {Tone.QUIET, Tone.INFO} else tone.value
        return self.icons.pixmap(name, self.tone_colour(tone), size, ratio)


class Shown:
    """What a part showed last: a screen is shown anew at every change, most of it as before.

    What a person changes by hand (a tick, a typed text) is to be shown every time all the same.
    """

    def __init__(self) -> None:
        self._last: tuple[object, ...] = ()

    def changes(self, *what: object) -> bool:
        """Say whether this is something else than last time, and keep it."""
        if what == self._last:
            return False
        self._last = what
        return True


class Dressed(Protocol):
    """A view that can change its look while it is shown."""

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""


class ScreenView(QWidget):
    """A whole screen of the desk: a widget that can change its look while it is shown."""

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        raise NotImplementedError(f"{type(self).__name__} cannot dress in {look.palette.name}")

    def finishers(self) -> Sequence[QPushButton]:
        """Return the buttons that finish what can be begun here; F9 presses the one in sight."""
        return ()


def qt_palette(palette: Palette) -> QPalette:
    """Return the palette for what the style sheet does not reach (placeholders, disabled text)."""
    result = QPalette()
    roles = {
        QPalette.ColorRole.Window: palette.canvas,
        QPalette.ColorRole.Base: palette.surface,
        QPalette.ColorRole.AlternateBase: palette.sunken,
        QPalette.ColorRole.Text: palette.text,
        QPalette.ColorRole.WindowText: palette.text,
        QPalette.ColorRole.Button: palette.surface,
        QPalette.ColorRole.ButtonText: palette.text,
        QPalette.ColorRole.Highlight: palette.primary,
        QPalette.ColorRole.HighlightedText: palette.on_primary,
        QPalette.ColorRole.PlaceholderText: palette.on_disabled,
    }
    for role, colour in roles.items():
        result.setColor(role, QColor(colour))
    return result


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects by, and restyle when it changed."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)
