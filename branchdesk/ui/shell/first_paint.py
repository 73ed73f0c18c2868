"""Show a window at once, and load everything else behind it.

The promise of the start-up time lives here: nothing but PySide6 and the token table is loaded
before the first frame is painted; that frame holds no text, so fonts come after it too.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QApplication

from branchdesk.ui.shell.window import MainWindow

# Set by the start-up measurement: say "painted" on standard output at the first frame and stop.
PROBE: Final = "BRANCHDESK_FIRST_PAINT_PROBE"


def paint_first(
    resources: Path,
    theme: str,
    continue_with: Callable[[MainWindow], object],
    geometry: str = "",
) -> MainWindow:
    """Show the window with its first frame; call ``continue_with`` once that is painted.

    An application must exist. Style and fonts are loaded between the two. Keep the window.
    """
    window = MainWindow(theme, geometry)

    def go_on() -> None:
        prepare(resources)
        continue_with(window)

    window.after_first_paint(_probe if os.environ.get(PROBE) else go_on)
    window.show()
    return window


def prepare(resources: Path) -> None:
    """Give the application its style and fonts. Once a process, after the first frame."""
    from branchdesk.ui.kit.fonts import base_font, load_fonts

    load_fonts(resources)
    QApplication.setStyle("Fusion")
    QApplication.setFont(base_font())


def _probe() -> None:
    sys.stdout.write("painted\n")
    sys.stdout.flush()
    QApplication.quit()
