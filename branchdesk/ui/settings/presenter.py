"""Drive the settings panel: every change takes effect at once. This module must not know Qt."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from branchdesk.ui.kit.background import Background, Lane
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.scan.services import ScannerPort, ScannerServices
from branchdesk.ui.settings.control_characters import as_sent
from branchdesk.ui.settings.state import Change, Setting, SettingsState
from branchdesk.ui.shell.settings import SCALES, DeskSettings

_NUMBERS = frozenset({Setting.SCALE, Setting.AUTO_LOCK})
_YES_OR_NO = frozenset({Setting.TOUCH, Setting.SOUNDS})
_SCANNER = frozenset({Setting.SCANNER_PREFIX, Setting.SCANNER_SUFFIX})


class SettingsScreen(Protocol):
    """The view."""

    def render(self, state: SettingsState) -> None:
        """Show a state."""


class SettingsPresenter:
    """Drives the panel.

    ``apply`` makes changed settings those of the window; ``scale_max`` tells the largest scale, in
    percent, at which the window still fits the screen it is on. ``scanner`` finds serial ports.
    """

    def __init__(
        self,
        view: SettingsScreen,
        apply: Callable[[DeskSettings], object],
        settings: DeskSettings,
        scale_max: Callable[[], int],
        *,
        background: Background,
        scanner: ScannerServices | None,
    ) -> None:
        self._view, self._apply, self._scale_max = view, apply, scale_max
        self._background, self._scanner = background, scanner
        self._at_start = settings
        self._devices: dict[str, str] = {}
        self._state = SettingsState(settings, (settings.scale_percent,))

    @property
    def state(self) -> SettingsState:
        """What is shown now."""
        return self._state

    def open(self) -> None:
        """Show the panel, with the sizes that fit the screen the window is on now."""
        scales, serial = self._fitting_scales(), self._state.serial + 1
        ports = self._state.ports or (() if self._scanner is not None else None)
        self._show(replace(self._state, scales=scales, ports=ports, is_open=True, serial=serial))
        if self._scanner is not None:
            self._background.submit(Lane.NETWORK, self._scanner.ports, self._found)

    def close(self) -> None:
        """Put the panel away."""
        self._show(replace(self._state, is_open=False, message=None))

    def take_over(self, settings: DeskSettings) -> None:
        """Show settings that were changed elsewhere, by a key or on another screen."""
        if settings != self._state.settings:
            self._show(replace(self._state, settings=settings))

    def change(self, change: Change) -> None:
        """Make one change."""
        settings = replace(self._state.settings, **{change.setting.value: _value(change)})
        if change.setting is Setting.SCANNER_PORT:
            device = self._devices.get(change.value, "")
            settings = replace(settings, scanner_device=device)
        if settings == self._state.settings:
            return
        message = self._waits_for(change.setting, settings)
        self._state = replace(self._state, settings=settings, message=message, tone=Tone.INFO)
        if change.setting is Setting.SCANNER_PORT:
            self._state = replace(self._state, scanner=None)
        self._apply(settings)
        self._show(self._state)

    def scanner_stands(self, reason: str) -> None:
        """Say beside the port whether the scanner there is heard."""
        words = phrase(f"settings.scanner_{reason or 'open'}")
        self._show(replace(self._state, scanner=words))

    def next_scale(self) -> None:
        """Take the next scale that fits, round and round, and say when it takes effect."""
        self.open()
        scales = self._state.scales
        now = scales.index(self._state.settings.scale_percent)
        self.change(Change(Setting.SCALE, str(scales[(now + 1) % len(scales)])))

    def not_saved(self, error: Exception) -> None:
        """Say on the panel that a change will be forgotten."""
        reason = error_phrase(error)
        self._show(replace(self._state, message=reason, tone=Tone.DANGER))

    def _found(self, ports: Sequence[ScannerPort]) -> None:
        self._devices = {port.name: port.device for port in ports}
        named = tuple((port.name, port.description) for port in ports)
        self._show(replace(self._state, ports=named))

    def _waits_for(self, setting: Setting, settings: DeskSettings) -> Phrase | None:
        """Say of what was changed, and differs from the start, that it waits for the next one."""
        name = setting.value
        if getattr(settings, name) == getattr(self._at_start, name):
            return None
        if setting is Setting.SCALE:
            return phrase("settings.scale_later", percent=settings.scale_percent)
        return phrase("settings.scanner_later") if setting in _SCANNER else None

    def _fitting_scales(self) -> tuple[int, ...]:
        most = max(self._scale_max(), SCALES[0])
        # What somebody has set by hand stays a choice, so that it can be seen and left.
        kept = {self._state.settings.scale_percent, self._at_start.scale_percent}
        return tuple(sorted({*(scale for scale in SCALES if scale <= most), *kept}))

    def _show(self, state: SettingsState) -> None:
        self._state = state
        self._view.render(state)


def _value(change: Change) -> Any:
    if change.setting in _NUMBERS:
        return int(change.value)
    if change.setting in _SCANNER:
        return as_sent(change.value)
    return change.value == "1" if change.setting in _YES_OR_NO else change.value
