"""Load the bundled fonts: machines at a counter often have no Chinese font at all.

This module must not know where the program lies; it is given the folder.
"""

from pathlib import Path
from typing import Final

from PySide6.QtGui import QFont, QFontDatabase

from branchdesk.errors import EnvironmentFault
from branchdesk.ui.kit.tokens import FAMILIES, MOUSE

_FIRST: Final = ("NotoSansSC-Regular.ttf",)
_REST: Final = ("NotoSansSC-Bold.ttf", "HanaMinB.ttf")


def load_first_font(resources: Path) -> None:
    """Load what the first paint needs."""
    _load(resources, _FIRST)


def load_other_fonts(resources: Path) -> None:
    """Load the rest: bold, and the rare characters of extensions B to F. Once a process.

    Raises EnvironmentFault ``font_unusable`` when a file is missing or damaged.
    """
    _load(resources, _REST)


def base_font() -> QFont:
    """Return the font everything is drawn in; rare characters fall back to HanaMinB."""
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(MOUSE.body)
    return font


def _load(resources: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if QFontDatabase.addApplicationFont(str(resources / "fonts" / name)) < 0:
            raise EnvironmentFault("font_unusable", file=name)
