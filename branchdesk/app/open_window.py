"""Open the window, or say in one line why not: no display, or somebody else at this data folder.

Light on purpose: everything here runs before the first frame.
"""

import os
import sys
from pathlib import Path

from branchdesk.devices.paths import TerminalHome, resource, terminal_home
from branchdesk.errors import BranchDeskError, EnvironmentFault
from branchdesk.persistence.folder import FolderLock


def open_window(chosen: str = "", language: str = "") -> int:
    """Open the window on a data folder and return the exit code.

    ``""`` is the usual folder, and the language that was chosen in the window.
    """
    try:
        home = terminal_home(Path(chosen) if chosen else None)
        require_display()
        home.prepare()
        lock = FolderLock(home.root / "window.lock")
        _require_free_store(home)
    except BranchDeskError as error:
        return _say(error)
    try:
        from branchdesk.app.window import run_window

        return run_window(home, language=language)
    finally:
        lock.release()


def require_display() -> None:
    """Raise EnvironmentFault ``no_display`` where no window can open."""
    # Qt would end the process with a message of its own, for programmers.
    if sys.platform in {"win32", "darwin"} or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise EnvironmentFault("no_display")


def _require_free_store(home: TerminalHome) -> None:
    """Raise ``store_in_use`` while a command works on this folder; it ends in a moment."""
    FolderLock(home.database.with_name(home.database.name + ".lock")).release()


def _say(error: BranchDeskError) -> int:
    from branchdesk.app.commands.answers import standard_answers
    from branchdesk.app.commands.run import language_of_environment
    from branchdesk.devices.texts import load_texts

    texts = load_texts(resource("resources/texts"))
    standard_answers(texts, as_json=False, language=language_of_environment()).fail(error)
    return error.exit_code
