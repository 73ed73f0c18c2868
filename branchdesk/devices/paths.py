"""Where a terminal's files lie, and where the program's own resources lie.

This module knows folders and names only, never what is inside the files.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from branchdesk.errors import EnvironmentFault, os_reason

HOME_VARIABLE = "BRANCHDESK_HOME"
SECOND_VARIABLE = "BRANCHDESK_SECOND"
_PRIVATE = 0o700
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class TerminalHome:
    """The data folder of one terminal.

    ``second_folder`` holds the second event file; without one it is ``second/`` in the home, so
    that losing the folder of the database does not lose it too.
    """

    root: Path
    second_folder: Path | None = None

    @property
    def store_folder(self) -> Path:
        """The folder of the database and what SQLite writes beside it."""
        return self.root / "store"

    @property
    def database(self) -> Path:
        """The encrypted database."""
        return self.store_folder / "branchdesk.db"

    @property
    def second_file(self) -> Path:
        """The second event file, outside the folder of the database."""
        return (self.second_folder or self.root / "second") / "events.bdlog"

    @property
    def backups(self) -> Path:
        """The folder of encrypted backups."""
        return self.root / "backups"

    @property
    def ballast(self) -> Path:
        """The file that is given up when the disk is full."""
        return self.root / "ballast"

    @property
    def keys_file(self) -> Path:
        """The wraps of the data key (the vault)."""
        return self.root / "keys.json"

    @property
    def settings_file(self) -> Path:
        """The settings of this machine; no secrets."""
        return self.root / "settings.json"

    @property
    def logs(self) -> Path:
        """The folder of log files."""
        return self.root / "logs"

    @property
    def print_folder(self) -> Path:
        """The folder where print jobs wait."""
        return self.root / "print"

    def prepare(self) -> None:
        """Make every folder, readable by its owner only.

        Raises EnvironmentFault ``home_unusable`` naming the folder that cannot be made.
        """
        for folder in (
            self.root,
            self.store_folder,
            self.second_file.parent,
            self.backups,
            self.logs,
            self.print_folder,
        ):
            _make_private(folder)


def terminal_home(
    chosen: Path | None = None, environ: Mapping[str, str] = os.environ
) -> TerminalHome:
    """Return the home that ``--home``, the environment or the platform's convention names."""
    second = environ.get(SECOND_VARIABLE)
    root = default_home(environ) if chosen is None else chosen
    # Made absolute once, so that a later change of folder cannot move a running terminal.
    return TerminalHome(root.expanduser().absolute(), Path(second).absolute() if second else None)


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return ``BRANCHDESK_HOME`` or the platform's folder for a program's data."""
    named = environ.get(HOME_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("BranchDesk", appauthor=False))


def resource(path: str) -> Path:
    """Return a file or folder under ``resources/`` or ``migrations/``, such as ``resources/texts``.

    Looks in a bundled program, beside the package (a checkout, a wheel that carries them) and in
    the environment's shared data. Raises EnvironmentFault ``resource_missing``.
    """
    for folder in _resource_folders():
        found = folder / path
        if found.exists():
            return found
    raise EnvironmentFault("resource_missing", path=path)


def _resource_folders() -> tuple[Path, ...]:
    bundled = getattr(sys, "_MEIPASS", None)  # Set by PyInstaller's boot code, nowhere else.
    shared = Path(sys.prefix) / "share" / "branchdesk"
    installed = (_PACKAGE.parent, _PACKAGE, shared)
    return installed if bundled is None else (Path(bundled), *installed)


def _make_private(folder: Path) -> None:
    try:
        made = not folder.exists()
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if made or os.name == "posix":
            # mkdir's mode is cut by the umask and does not touch a folder that was already there.
            folder.chmod(_PRIVATE)
    except OSError as error:
        raise EnvironmentFault(
            "home_unusable", folder=str(folder), reason=os_reason(error)
        ) from error
