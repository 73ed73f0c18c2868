"""Picture and inspect every scene and component page: ``python -m tests.gui.gallery [FOLDER]``.

The matrix is everything × {zh, en} × {light, dark, contrast} × three screens, one of them really
scaled by 1.5, plus the light theme in finger size on the smallest. Pictures, ``index.html`` and a
list of findings for each screen go to ``out/gallery`` unless told otherwise. What the inspection
finds makes the command fail.
``--only WORD`` keeps what has the word in its name; ``--screen NAME`` keeps one screen.
"""

import argparse
import html
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtWidgets import QApplication, QDialog

from branchdesk.ui.kit.tokens import PALETTES
from branchdesk.ui.shell.first_paint import prepare
from branchdesk.ui.shell.settings import LANGUAGES, THEMES, DeskSettings
from tests.gui.conftest import RESOURCES
from tests.gui.inspection import findings
from tests.gui.stage import names, show

_FINDINGS = "findings-{screen}.txt"


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen: its size in device-independent pixels and how many real ones each of them has."""

    width: int
    height: int
    scale: float


SCREENS = {
    "1366x768": Screen(1366, 768, 1.0),
    "1920x1080": Screen(1920, 1080, 1.0),
    # A 1920 × 1080 laptop set to 150 %: the least room the window has to live with.
    "scale150": Screen(1280, 720, 1.5),
}


def settings_of(language: str, screen: str) -> Iterator[tuple[str, DeskSettings]]:
    """Return every look in a language, named; fingers are served at the smallest screen."""
    for theme in THEMES:
        yield theme, DeskSettings(language=language, theme=theme)
    if screen == next(iter(SCREENS)):
        yield "touch", DeskSettings(language=language, touch=True)


def picture_all(folder: Path, screen: str, only: str) -> list[str]:
    """Save everything at one screen; return what is wrong with it."""
    wanted, size = SCREENS[screen], QSize(SCREENS[screen].width, SCREENS[screen].height)
    wrong = []
    for name in (found for found in names() if only in found):
        for language in LANGUAGES:
            for look, settings in settings_of(language, screen):
                window = show(name, settings, size)
                assert window.devicePixelRatioF() == wanted.scale
                picture = f"{name}-{language}-{look}-{screen}"
                window.grab().save(str(folder / f"{picture}.png"))
                found = findings(window, PALETTES[settings.theme])
                if not isinstance(window, QDialog) and window.size() != size:
                    found.append(f"grown to {window.width()}x{window.height()}")
                wrong += [f"{picture}: {finding}" for finding in found]
                top = window.window()
                top.close()
                top.deleteLater()
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return wrong


def index(folder: Path, screens: Sequence[str], only: str) -> str:
    """Return a page with every picture of every name."""
    parts = ["<!doctype html><meta charset='utf-8'><title>BranchDesk</title>", _STYLE]
    for name in (found for found in names() if only in found):
        parts.append(f"<h2>{html.escape(name)}</h2><div>")
        for path in sorted(folder.glob(f"{name}-[ze]*.png")):
            if path.stem.rsplit("-", 1)[1] in screens:
                caption = html.escape(path.stem.removeprefix(f"{name}-"))
                parts.append(
                    f"<figure><a href='{path.name}'><img loading='lazy' src='{path.name}'></a>"
                    f"<figcaption>{caption}</figcaption></figure>"
                )
        parts.append("</div>")
    return "\n".join(parts)


_STYLE = """<style>
body { font: 14px sans-serif; margin: 24px; background: #eef1f6 }
div { display: flex; flex-wrap: wrap; gap: 12px }
figure { margin: 0 } img { width: 320px; border: 1px solid #c3ccda; border-radius: 4px }
</style>"""


def start(folder: Path, screen: str, only: str) -> "subprocess.Popen[bytes]":
    """Start a process of its own for a screen: the scale is read once, when Qt starts."""
    command = [sys.executable, "-m", "tests.gui.gallery", str(folder), "--screen", screen]
    scale = {"QT_SCALE_FACTOR": str(SCREENS[screen].scale)}
    return subprocess.Popen([*command, "--only", only], env={**os.environ, **scale})


def one_screen(folder: Path, screen: str, only: str) -> None:
    """Do the work of one process."""
    application = QApplication([])
    prepare(RESOURCES)
    wrong = picture_all(folder, screen, only)
    text = "".join(f"{line}\n" for line in wrong)
    (folder / _FINDINGS.format(screen=screen)).write_text(text, encoding="utf-8")
    application.quit()


def main(arguments: Sequence[str]) -> int:
    """Picture everything; return 1 when something is wrong with a picture."""
    parser = argparse.ArgumentParser(prog="gallery")
    parser.add_argument("folder", nargs="?", default="out/gallery", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--screen", choices=SCREENS)
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.screen and os.environ.get("QT_SCALE_FACTOR"):
        one_screen(asked.folder, asked.screen, asked.only)
        return 0
    began = time.monotonic()
    screens = [asked.screen] if asked.screen else list(SCREENS)
    ended = [process.wait() for process in [start(asked.folder, s, asked.only) for s in screens]]
    return report(asked.folder, screens, asked.only, ended, time.monotonic() - began)


def report(
    folder: Path, screens: Sequence[str], only: str, ended: Sequence[int], seconds: float
) -> int:
    """Write the page, say what was found, and return the exit code."""
    (folder / "index.html").write_text(index(folder, screens, only), encoding="utf-8")
    wrong = [
        line
        for screen in screens
        if (path := folder / _FINDINGS.format(screen=screen)).exists()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    count = sum(1 for screen in screens for _ in folder.glob(f"*-{screen}.png"))
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    sys.stdout.write(f"{count} pictures in {seconds:.0f} s, {len(wrong)} findings\n")
    sys.stdout.write(f"{folder / 'index.html'}\n")
    return 1 if wrong or any(ended) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
