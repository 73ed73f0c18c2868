"""Save a picture of every scene: ``python -m tests.gui.gallery [FOLDER [theme …]]``.

Pictures are 1366 × 768, one a scene and language, in ``out/gallery`` unless told otherwise. Themes
are light, dark, contrast, and touch for the light one in finger size.
"""

import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from branchdesk.ui.shell.first_paint import prepare
from branchdesk.ui.shell.settings import LANGUAGES, DeskSettings
from tests.fakes.background import InlineBackground
from tests.gui.conftest import RESOURCES, Bench
from tests.gui.scenes import SCENES, behind


def picture(name: str, settings: DeskSettings) -> QPixmap:
    """Return the picture of one scene."""
    bench = Bench(behind(name), InlineBackground(), settings)
    bench.window.activateWindow()
    SCENES[name](bench)
    for _ in range(3):
        QApplication.processEvents()
    shown = bench.desk.help if bench.desk.help.isVisible() else bench.window
    grabbed = shown.grab()
    bench.window.close()
    bench.window.deleteLater()
    return grabbed


def main(arguments: list[str]) -> None:
    """Save the pictures."""
    folder = Path(arguments[0] if arguments else "out/gallery")
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    prepare(RESOURCES)
    for theme in arguments[1:] or ["light"]:
        plain = DeskSettings(theme="light" if theme == "touch" else theme, touch=theme == "touch")
        for language in LANGUAGES:
            for name in SCENES:
                drawn = picture(name, replace(plain, language=language))
                drawn.save(str(folder / f"{name}-{language}-{theme}.png"))
    application.quit()


if __name__ == "__main__":
    main(sys.argv[1:])
