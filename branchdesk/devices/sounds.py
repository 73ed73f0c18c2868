"""Short tones for good, attention and error, by whatever plays sounds on this machine.

Never waited for, and silent where nothing plays: a sound only repeats what the screen says.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

# Tried in this order; a desktop has the first ones, a bare machine perhaps the last.
_PLAYERS: Sequence[tuple[str, ...]] = (
    ("pw-play",),
    ("paplay",),
    ("afplay",),
    ("aplay", "-q"),
)


class Sound(StrEnum):
    """The three sounds; the values are the names of their files."""

    GOOD = "good"
    ATTENTION = "attention"
    ERROR = "error"


class SystemSounds:
    """Plays the files of a folder; ``start`` and ``find`` stand for the system in tests."""

    def __init__(
        self,
        folder: Path,
        *,
        start: Callable[[Sequence[str]], object] | None = None,
        find: Callable[[str], str | None] = shutil.which,
    ) -> None:
        self._folder, self._start, self._find = folder, start or _start_apart, find
        self._player: tuple[str, ...] | None = None

    def play(self, sound: Sound) -> None:
        """Begin to play a sound and return at once."""
        file = str(self._folder / f"{sound.value}.wav")
        if sys.platform == "win32":
            _play_on_windows(file)
            return
        player = self._found_player()
        if player:
            self._start((*player, file))

    def _found_player(self) -> tuple[str, ...]:
        if self._player is None:
            known = (words for words in _PLAYERS if self._find(words[0]))
            self._player = next(known, ())
        return self._player


def _start_apart(words: Sequence[str]) -> None:
    from PySide6.QtCore import QProcess

    # The system's own player with our own file; it ends by itself and is nobody's child to reap.
    process = QProcess()
    process.setProgram(words[0])
    process.setArguments(list(words[1:]))
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(QProcess.nullDevice())
    process.startDetached()


if sys.platform == "win32":

    def _play_on_windows(file: str) -> None:
        import winsound

        flags = winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT
        try:
            winsound.PlaySound(file, flags)
        except RuntimeError:
            # No sound device: the screen has said it already.
            return

else:

    def _play_on_windows(file: str) -> None:
        """Play nothing: this is not Windows."""
        del file
