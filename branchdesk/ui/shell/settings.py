"""What a person may set about the window. Light: read before the first paint."""

from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("zh", "en")
THEMES: Final = ("light", "dark", "contrast")
LAYOUTS: Final = ("a4", "a4x8", "a5", "80", "58")
AUTO_LOCK_MS: Final = 5 * 60_000
AUTO_LOCK_CHOICES_MS: Final = tuple(minutes * 60_000 for minutes in (1, 2, 3, 5, 10, 15, 30))
SYNC_EVERY_MS: Final = 60_000
SCALES: Final = (100, 125, 150, 175, 200)


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """The window as somebody left it.

    ``touch`` makes every control 56 px high. ``sync_every_ms`` of 0 leaves synchronising by itself
    to others; ``auto_lock_ms`` of 0 never locks by itself; ``talk_open`` shows the talk track.
    ``scanner_prefix`` and ``scanner_suffix`` are what a scanner was set to send around a code,
    beside Enter or Tab. ``scanner_port`` is the serial port at which one stands, empty for none;
    ``scanner_device`` tells it from others at whatever port, empty where nothing does;
    ``scanner_baud`` is its speed, which only a real serial line cares for.
    ``camera`` is the id of the one that vouchers are read with, empty for the system's own.
    ``scale_percent`` enlarges everything from the next start; ``geometry`` is the window's place as
    the toolkit wrote it, base 64; ``last_staff`` signed in here last.
    """

    language: str = "zh"
    theme: str = "light"
    touch: bool = False
    layout: str = "a4"
    talk_open: bool = True
    auto_lock_ms: int = AUTO_LOCK_MS
    sync_every_ms: int = SYNC_EVERY_MS
    scanner_prefix: str = ""
    scanner_suffix: str = ""
    scanner_port: str = ""
    scanner_device: str = ""
    scanner_baud: int = 9_600
    camera: str = ""
    sounds: bool = True
    scale_percent: int = 100
    geometry: str = ""
    last_staff: str = ""

    def next_theme(self) -> str:
        """Return the theme after this one, round and round."""
        return THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]

    def next_language(self) -> str:
        """Return the other language."""
        return LANGUAGES[(LANGUAGES.index(self.language) + 1) % len(LANGUAGES)]
