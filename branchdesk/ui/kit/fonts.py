"""Load the bundled fonts: machines at a counter often have no Chinese font at all.

This module must not know where the program lies; it is given the folder.
"""

from pathlib import Path
from typing import Final

from PySide6.QtGui import QFont, QFontDatabase

from branchdesk.errors import EnvironmentFault
from branchdesk.ui.kit.tokens import FAMILIES, MOUSE

_FILES: Final = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "HanaMinB.ttf")


def load_fonts(resources: Path) -> None:
    """Load every bundled font (about 10 ms). Once a process.

    Raises EnvironmentFault ``font_unusable`` when a file is missing or damaged.
    """
    for name in _FILES:
        if QFontDatabase.addApplicationFont(str(resources / "fonts" / name)) < 0:
            raise EnvironmentFault("font_unusable", file=name)


def base_font() -> QFont:
    """Return the font everything is drawn in; rare characters fall back to HanaMinB."""
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(MOUSE.body)
    return font
