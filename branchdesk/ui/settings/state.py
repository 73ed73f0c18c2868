"""What the settings panel shows. This module must not know Qt."""

from dataclasses import dataclass
from enum import StrEnum

from branchdesk.ui.kit.words import Phrase, Tone
from branchdesk.ui.shell.settings import DeskSettings


class Setting(StrEnum):
    """What can be changed on the panel; the values are the names in ``DeskSettings``."""

    LANGUAGE = "language"
    THEME = "theme"
    TOUCH = "touch"
    SCALE = "scale_percent"
    LAYOUT = "layout"
    SOUNDS = "sounds"
    AUTO_LOCK = "auto_lock_ms"
    SCANNER_PREFIX = "scanner_prefix"
    SCANNER_SUFFIX = "scanner_suffix"
    SCANNER_PORT = "scanner_port"


@dataclass(frozen=True, slots=True)
class Change:
    """One change somebody made; ``value`` as text, numbers in decimal, yes and no as 1 and 0."""

    setting: Setting
    value: str


@dataclass(frozen=True, slots=True)
class SettingsState:
    """The whole panel. ``scales`` are those that fit this screen, in percent.

    ``ports`` are the serial ports found, by name and what stands there; None where none are used.
    ``scanner`` says how the port stands. ``serial`` grows whenever the panel is opened anew, and
    takes the focus.
    """

    settings: DeskSettings
    scales: tuple[int, ...]
    is_open: bool = False
    message: Phrase | None = None
    tone: Tone = Tone.INFO
    ports: tuple[tuple[str, str], ...] | None = None
    scanner: Phrase | None = None
    serial: int = 0
