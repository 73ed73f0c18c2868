"""The settings panel: a line a choice, every one in effect at once. Passive, never modal."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from branchdesk.ui.kit.fields import FieldBox, set_choices, show_text
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.segmented_choice import SegmentedChoice
from branchdesk.ui.kit.side_sheet import SideSheet
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import phrase
from branchdesk.ui.settings.control_characters import readable
from branchdesk.ui.settings.state import Change, Setting, SettingsState
from branchdesk.ui.shell.settings import AUTO_LOCK_CHOICES_MS, LANGUAGES, LAYOUTS, THEMES

WIDTH = 520
_MINUTE_MS = 60_000
_SEGMENTS = (Setting.LANGUAGE, Setting.THEME, Setting.SCALE)
# Eight characters of a scanner's frame, were all of them written out.
_FRAME_TYPED_MAX = 32
# What fits on a button of the panel, of what drivers call themselves.
_ABOUT_MAX = 28
_LINES = (Setting.SCANNER_PREFIX, Setting.SCANNER_SUFFIX)
_CHECKS = (Setting.TOUCH, Setting.SOUNDS)


class SettingsView(SideSheet):
    """``changed`` carries every change; nothing waits for a button to save it."""

    changed = signal_of(Change)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "settings", WIDTH)
        self._look: Look | None = None
        self._state: SettingsState | None = None
        self._serial = 0
        place = self.inside
        self.segments = {one: SegmentedChoice(place, f"settings_{one.value}") for one in _SEGMENTS}
        self._names = {one: PlainLabel(place, "label") for one in _SEGMENTS}
        self.checks = {one: self._check(one) for one in _CHECKS}
        self.layout_box = FieldBox(place, QComboBox(place), "settings_layout")
        self.lock_box = FieldBox(place, QComboBox(place), "settings_auto_lock")
        self.port_box = FieldBox(place, QComboBox(place), "settings_scanner_port")
        self.use_port = button(place, "", "settings_use_port")
        self.scanner = {one: self._line(one) for one in _LINES}
        self._note = PlainLabel(place, "caption", wrap=True)
        self._scanner_note = PlainLabel(place, "caption", wrap=True)
        self._fill_body()
        self._connect()

    def _check(self, setting: Setting) -> QCheckBox:
        made = QCheckBox(self.inside)
        made.setObjectName(f"settings_{setting.value}")
        return made

    def _line(self, setting: Setting) -> FieldBox:
        edit = QLineEdit(self.inside)
        edit.setMaxLength(_FRAME_TYPED_MAX)
        return FieldBox(self.inside, edit, f"settings_{setting.value}")

    def _fill_body(self) -> None:
        for one in _SEGMENTS:
            self.body.addWidget(self._names[one])
            self.body.addWidget(self.segments[one])
        self.body.addWidget(self._note)
        for check in self.checks.values():
            self.body.addWidget(check)
        self.body.addWidget(self.layout_box)
        self.body.addWidget(self.lock_box)
        self.body.addWidget(self.port_box)
        self.body.addWidget(self.use_port)
        both = QHBoxLayout()
        both.setSpacing(12)
        for box in self.scanner.values():
            both.addWidget(box, 1)
        self.body.addLayout(both)
        self.body.addWidget(self._scanner_note)
        self.body.addStretch(1)

    def _connect(self) -> None:
        for setting, segments in self.segments.items():
            segments.chosen.connect(self._teller(setting))
        for setting, check in self.checks.items():
            check.toggled.connect(partial(self._ticked, setting))
        for setting, box in (
            (Setting.LAYOUT, self.layout_box),
            (Setting.AUTO_LOCK, self.lock_box),
            (Setting.SCANNER_PORT, self.port_box),
        ):
            combo = box.control
            assert isinstance(combo, QComboBox), "all are boxes of choices"
            combo.activated.connect(partial(self._picked, setting, combo))
        self.use_port.clicked.connect(self._use_lone_port)
        for setting, box in self.scanner.items():
            edit = line_of(box)
            edit.editingFinished.connect(partial(self._typed, setting, edit))

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self.name(say("settings.title"), look)
        for setting, label in self._names.items():
            label.setText(say(f"settings.{setting.value}"))
        for setting, check in self.checks.items():
            check.setText(say(f"settings.{setting.value}"))
            check.setAccessibleName(say(f"settings.{setting.value}"))
        self.layout_box.name(say("settings.layout"))
        self.lock_box.name(say("settings.auto_lock_ms"))
        self.port_box.name(say("settings.scanner_port"))
        self._note.setText(say("settings.scale_note"))
        self._scanner_note.setText(say("settings.scanner_note"))
        for setting, box in self.scanner.items():
            box.name(say(f"settings.{setting.value}"))
        if self._state is not None:
            self.render(self._state)

    def render(self, state: SettingsState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state; opening takes the focus, closing gives it back."""
        was_open, self._state = not self.isHidden(), state
        look = self._look
        if look is None:
            return
        self._fill(state, look)
        message = state.message
        self.strip.say("" if message is None else look.words.phrase(message), state.tone, look)
        if state.is_open and state.serial != self._serial:
            self._serial = state.serial
            languages = self.segments[Setting.LANGUAGE].buttons
            self.come_up(next(made for made in languages if made.isChecked()))
        elif was_open and not state.is_open:
            self.put_away()

    def _fill(self, state: SettingsState, look: Look) -> None:
        say, settings = look.words.say, state.settings
        choices: dict[Setting, Sequence[tuple[str, str]]] = {
            Setting.LANGUAGE: [(one, say(f"settings.language.{one}")) for one in LANGUAGES],
            Setting.THEME: [(one, say(f"settings.theme.{one}")) for one in THEMES],
            Setting.SCALE: [(str(one), f"{one}%") for one in state.scales],
        }
        for setting, segments in self.segments.items():
            segments.name(say(f"settings.{setting.value}"), choices[setting])
            segments.show_choice(str(getattr(settings, setting.value)))
        self._order_tab()
        for setting, check in self.checks.items():
            with QSignalBlocker(check):
                check.setChecked(bool(getattr(settings, setting.value)))
        layouts = [(one, say(f"counter.layout.{one}")) for one in LAYOUTS]
        _set(self.layout_box, layouts, settings.layout)
        spans = sorted({*AUTO_LOCK_CHOICES_MS, settings.auto_lock_ms} - {0})
        minutes = [(str(ms), say("settings.minutes", count=ms // _MINUTE_MS)) for ms in spans]
        _set(self.lock_box, minutes, str(settings.auto_lock_ms))
        self._fill_ports(state, look)
        for setting, box in self.scanner.items():
            show_text(line_of(box), readable(getattr(settings, setting.value)))

    def _fill_ports(self, state: SettingsState, look: Look) -> None:
        say, chosen, ports = look.words.say, state.settings.scanner_port, state.ports
        self.port_box.setVisible(ports is not None)
        named = {name: say("settings.port", name=name, about=about) for name, about in ports or ()}
        if chosen:
            # What is not plugged in now stays a choice, so that it can be seen and left.
            named.setdefault(chosen, chosen)
        _set(self.port_box, [("", say("settings.scanner_port_none")), *named.items()], chosen)
        lone = None if chosen else _lone(state)
        self.use_port.setVisible(lone is not None)
        if lone is not None:
            set_button(self.use_port, say("settings.scanner_use", about=_short(lone[1])))
        stands = state.scanner if chosen else phrase("settings.scanner_port_note")
        self.port_box.describe("" if stands is None else look.words.phrase(stands))

    def _order_tab(self) -> None:
        """Let Tab follow the eye: the choices of a group are made after everything else."""
        choices = (made for group in self.segments.values() for made in group.buttons)
        boxes = (self.layout_box, self.lock_box, self.port_box, *self.scanner.values())
        rest: list[QWidget] = [*self.checks.values(), *(box.control for box in boxes)]
        rest.insert(rest.index(self.port_box.control) + 1, self.use_port)
        for one, other in pairwise((self.cross, *choices, *rest)):
            QWidget.setTabOrder(one, other)

    def _teller(self, setting: Setting) -> Callable[[str], None]:
        return lambda value: self.changed.emit(Change(setting, value))

    def _ticked(self, setting: Setting, on: bool) -> None:
        self.changed.emit(Change(setting, "1" if on else "0"))

    def _use_lone_port(self) -> None:
        lone = None if self._state is None else _lone(self._state)
        if lone is not None:
            self.changed.emit(Change(Setting.SCANNER_PORT, lone[0]))

    def _typed(self, setting: Setting, edit: QLineEdit) -> None:
        self.changed.emit(Change(setting, edit.text()))

    def _picked(self, setting: Setting, box: QComboBox, _index: int) -> None:
        self.changed.emit(Change(setting, str(box.currentData())))


def _set(box: FieldBox, choices: Sequence[tuple[str, str]], chosen: str) -> None:
    assert isinstance(box.control, QComboBox), "it was made as a box of choices"
    set_choices(box.control, choices, chosen)


def line_of(box: FieldBox) -> QLineEdit:
    """Return the line that a box holds."""
    assert isinstance(box.control, QLineEdit), "it was made with a line"
    return box.control


def _lone(state: SettingsState) -> tuple[str, str] | None:
    """Return the only port there is, by name and what stands there."""
    return state.ports[0] if state.ports is not None and len(state.ports) == 1 else None


def _short(about: str) -> str:
    return about if len(about) <= _ABOUT_MAX else f"{about[: _ABOUT_MAX - 1]}…"
