"""Show a window at once, and load everything else behind it.

The promise of the start-up time lives here: nothing but PySide6 and the token table is loaded
before the first frame is painted; that frame holds no text, so fonts come after it too.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from branchdesk.ui.shell.window import MainWindow

# Set by the start-up measurement to ``painted`` or ``usable``: say the word on standard output when
# the first frame is painted, or when the door takes keys, and stop.
PROBE: Final = "BRANCHDESK_START_PROBE"


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
        window.fit_to_screen()
        prepare(resources)
        continue_with(window)

    at_first_paint = os.environ.get(PROBE) == "painted"
    window.after_first_paint(partial(_say, "painted") if at_first_paint else go_on)
    window.show()
    return window


def prepare(resources: Path) -> None:
    """Give the application style, fonts and spoken roles. Once a process, after the first frame."""
    _read_no_sources()
    from branchdesk.ui.kit.fonts import base_font, load_fonts
    from branchdesk.ui.kit.roles import install_roles

    load_fonts(resources)
    QApplication.setStyle("Fusion")
    QApplication.setFont(base_font())
    install_roles()


def _read_no_sources() -> None:
    # PySide6 searches the source of every module that is imported after it for its own name, in
    # case it wants snake_case methods, and keeps all of them: 22 MB and a tenth of a second. Ours
    # want no such features. Where PySide6 is built differently, this does nothing.
    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        setattr(feature, "_mod_uses_pyside", lambda _: False)  # noqa: B010  (it has no types)


def say_when_usable(window: MainWindow) -> None:
    """Tell the start-up measurement, if it asks, once the door is painted and has the cursor."""
    if os.environ.get(PROBE) == "usable":
        window.repaint()
        assert QApplication.focusWidget() is not None, "the door asks for the cursor"
        QTimer.singleShot(0, partial(_say, "usable"))


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()
    QApplication.quit()
