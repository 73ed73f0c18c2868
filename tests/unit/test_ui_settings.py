"""The settings panel, as its presenter decides it: without Qt."""

import pytest

from branchdesk.errors import EnvironmentFault
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.scan.services import ScannerServices
from branchdesk.ui.settings.control_characters import as_sent, readable
from branchdesk.ui.settings.presenter import SettingsPresenter
from branchdesk.ui.settings.state import Change, Setting, SettingsState
from branchdesk.ui.shell.settings import DeskSettings
from tests.fakes.background import InlineBackground
from tests.fakes.desk import FakeScanners


class Panel:
    """A presenter, what it showed and what it applied."""

    def __init__(
        self,
        settings: DeskSettings | None = None,
        scale_max: int = 165,
        scanners: FakeScanners | None = None,
    ) -> None:
        self.shown: list[SettingsState] = []
        self.applied: list[DeskSettings] = []
        self.presenter = SettingsPresenter(
            self,
            self.applied.append,
            settings or DeskSettings(),
            lambda: scale_max,
            background=InlineBackground(),
            scanner=scanners and ScannerServices(lambda: scanners.ports, scanners.listen),
        )

    def render(self, state: SettingsState) -> None:
        self.shown.append(state)


def test_every_change_is_applied_at_once_and_in_its_own_type() -> None:
    panel = Panel()
    changes = {
        Setting.LANGUAGE: ("en", "en"),
        Setting.THEME: ("contrast", "contrast"),
        Setting.TOUCH: ("1", True),
        Setting.SOUNDS: ("0", False),
        Setting.SCALE: ("125", 125),
        Setting.LAYOUT: ("80", "80"),
        Setting.AUTO_LOCK: ("600000", 600_000),
        Setting.SCANNER_PREFIX: (r"\x02~", "\x02~"),
        Setting.SCANNER_SUFFIX: ("#", "#"),
        Setting.SCANNER_PORT: ("COM3", "COM3"),
    }
    assert set(changes) == set(Setting)
    for setting, (value, _) in changes.items():
        panel.presenter.change(Change(setting, value))
    assert len(panel.applied) == len(changes)
    last = panel.applied[-1]
    assert {one: getattr(last, one.value) for one in changes} == {
        one: wanted for one, (_, wanted) in changes.items()
    }


def test_only_scales_that_fit_the_screen_are_offered() -> None:
    def offered(panel: Panel) -> tuple[int, ...]:
        panel.presenter.open()
        return panel.presenter.state.scales

    assert offered(Panel(scale_max=165)) == (100, 125, 150)
    assert offered(Panel(scale_max=400)) == (100, 125, 150, 175, 200)
    assert offered(Panel(scale_max=60)) == (100,)
    assert offered(Panel(DeskSettings(scale_percent=110), scale_max=130)) == (100, 110, 125)


def test_a_new_scale_says_that_it_waits_and_the_old_one_says_nothing() -> None:
    panel = Panel()
    panel.presenter.change(Change(Setting.SCALE, "150"))
    message = panel.presenter.state.message
    assert message is not None
    assert (message.key, message.facts) == ("settings.scale_later", {"percent": 150})
    panel.presenter.change(Change(Setting.SCALE, "100"))
    assert panel.presenter.state.message is None


def test_a_scanner_frame_waits_too_and_leaving_the_field_untouched_changes_nothing() -> None:
    panel = Panel()
    panel.presenter.change(Change(Setting.SCANNER_PREFIX, ""))
    assert panel.applied == []
    panel.presenter.change(Change(Setting.SCANNER_PREFIX, r"\x02"))
    message = panel.presenter.state.message
    assert message is not None
    assert message.key == "settings.scanner_later"


@pytest.mark.parametrize("sent", ["", "#", "\x02", "\x1d]Q1", "\\", r"\x41", "中"])
def test_what_a_scanner_sends_can_be_read_and_typed_again(sent: str) -> None:
    assert readable(sent).isprintable() or not sent
    assert as_sent(readable(sent)) == sent


def test_the_key_steps_through_the_scales_and_opens_the_panel_that_says_so() -> None:
    panel = Panel()
    for wanted in (125, 150, 100):
        panel.presenter.next_scale()
        assert panel.applied[-1].scale_percent == wanted
        assert panel.presenter.state.is_open


def test_what_a_key_changed_is_shown_on_the_panel() -> None:
    panel = Panel()
    panel.presenter.take_over(DeskSettings(theme="dark"))
    assert panel.shown[-1].settings.theme == "dark"
    panel.presenter.change(Change(Setting.SOUNDS, "0"))
    assert panel.applied[-1] == DeskSettings(theme="dark", sounds=False)


def test_a_change_that_cannot_be_kept_is_said_and_still_in_effect() -> None:
    panel = Panel()
    panel.presenter.change(Change(Setting.TOUCH, "1"))
    panel.presenter.not_saved(EnvironmentFault("file_not_written", reason="no_space", path="x"))
    state = panel.presenter.state
    assert state.settings.touch
    assert state.tone is Tone.DANGER
    assert state.message is not None
    assert state.message.key == "error.file_not_written"


def test_ports_are_looked_for_when_the_panel_opens_and_what_is_said_is_of_the_port_chosen() -> None:
    panel = Panel(scanners=FakeScanners())
    assert panel.presenter.state.ports is None
    panel.presenter.open()
    assert panel.presenter.state.ports == (("COM3", "USB 串行设备"), ("COM7", "Honeywell 1900"))
    panel.presenter.change(Change(Setting.SCANNER_PORT, "COM3"))
    panel.presenter.scanner_stands("busy")
    said = panel.presenter.state.scanner
    assert said is not None
    assert said.key == "settings.scanner_busy"
    panel.presenter.change(Change(Setting.SCANNER_PORT, "COM7"))
    assert panel.presenter.state.scanner is None


def test_a_chosen_scanner_is_kept_with_what_tells_it_from_others() -> None:
    panel = Panel(scanners=FakeScanners())
    panel.presenter.open()
    panel.presenter.change(Change(Setting.SCANNER_PORT, "COM7"))
    assert panel.presenter.state.settings.scanner_device == "0c2e:0b61:S1900"
    panel.presenter.change(Change(Setting.SCANNER_PORT, "COM3"))
    assert panel.presenter.state.settings.scanner_device == ""


def test_where_no_serial_ports_are_used_none_are_offered() -> None:
    panel = Panel()
    panel.presenter.open()
    assert panel.presenter.state.ports is None
