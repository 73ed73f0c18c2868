"""What this machine's people have chosen: language, look, printer, rhythm of the sync. No secrets.

A setting that cannot be understood falls back to its default, because a wrong preference must never
stop a desk from opening. What a newer program wrote is kept when this one saves.
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from branchdesk.devices.durable_file import write_durably

Language = Literal["zh", "en"]
Theme = Literal["system", "light", "dark", "high_contrast"]
_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """One machine's choices.

    ``scale_percent`` enlarges the window; ``printer`` is the system's name of it, empty for its
    default; ``office_url`` overrides the address from enrolment; ``sync_interval_s`` is the longest
    wait between two synchronisations; ``window`` is the geometry as the toolkit saved it, base 64;
    ``touch`` makes every control large enough for fingers; ``talk_open`` shows the talk track;
    ``scanner_prefix`` and ``scanner_suffix`` are what a scanner was set to send around a code,
    beside Enter or Tab. ``scanner_port`` is the serial port at which one stands, empty for none;
    ``scanner_device`` tells it from others at whatever port, empty where nothing does;
    ``scanner_baud`` is its speed, which only a real serial line cares for.
    ``camera`` is the id of the one that vouchers are read with, empty for the system's own.
    ``sounds`` lets results be heard; ``last_staff`` is the code of whoever signed in last.
    """

    language: Language = "zh"
    theme: Theme = "system"
    scale_percent: int = 100
    printer: str = ""
    voucher_layout: str = "a4"
    office_url: str = ""
    proxy_url: str = ""
    sync_interval_s: int = 60
    auto_lock_s: int = 180
    window: str = ""
    touch: bool = False
    talk_open: bool = True
    scanner_prefix: str = ""
    scanner_suffix: str = ""
    scanner_port: str = ""
    scanner_device: str = ""
    scanner_baud: int = 9_600
    camera: str = ""
    sounds: bool = True
    last_staff: str = ""


_BOUNDS = {
    "scale_percent": (75, 300), "sync_interval_s": (5, 3600), "auto_lock_s": (30, 3600),
    "scanner_baud": (300, 921_600),
}  # fmt: skip
_KINDS: dict[str, Any] = {item.name: item.type for item in fields(Settings)}


def load_settings(path: Path) -> Settings:
    """Read the settings; a missing, unreadable or partly wrong file gives defaults in its place."""
    found = _read_object(path)
    chosen = {name: found[name] for name in _KINDS if name in found and _fits(name, found[name])}
    return replace(Settings(), **chosen)


def save_settings(path: Path, settings: Settings) -> None:
    """Replace the settings in one step, keeping keys this program does not know.

    Raises EnvironmentFault ``file_not_written``.
    """
    unknown = {name: value for name, value in _read_object(path).items() if name not in _KINDS}
    text = json.dumps({**unknown, **asdict(settings)}, ensure_ascii=False, indent=2)
    write_durably(path, text.encode() + b"\n")


def _read_object(path: Path) -> dict[str, Any]:
    # Plain json: settings are read before the first frame, and nothing heavier may load by then.
    try:
        data = path.read_bytes()
        value = json.loads(data) if len(data) <= _BYTES_MAX else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _fits(name: str, value: object) -> bool:
    kind = _KINDS[name]
    choices = get_args(kind)
    if choices:
        return isinstance(value, str) and value in choices
    if type(value) is not kind:
        return False
    low, high = _BOUNDS.get(name, (0, 0))
    return name not in _BOUNDS or (isinstance(value, int) and low <= value <= high)
