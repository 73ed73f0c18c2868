"""The settings: beside the work, at the door, after a change that waits, and one not kept."""

from collections.abc import Callable
from typing import Final

from branchdesk.errors import EnvironmentFault
from branchdesk.ui.settings.state import Change, Setting
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter, fill


def beside_the_work(bench: Bench) -> None:
    enter(bench)
    fill(bench)
    bench.desk.toggle_settings()


def at_the_door(bench: Bench) -> None:
    bench.desk.toggle_settings()


def scale_waits(bench: Bench) -> None:
    bench.desk.preferences._scale_max = lambda: 165  # a larger screen than the test's
    beside_the_work(bench)
    bench.desk.preferences.change(Change(Setting.SCALE, "150"))


def not_kept(bench: Bench) -> None:
    beside_the_work(bench)
    bench.behind.settings_fault = EnvironmentFault(
        "file_not_written", reason="no_space", file="settings.json", folder="BranchDesk"
    )
    bench.desk.preferences.change(Change(Setting.SOUNDS, "0"))


def scanner_lost(bench: Bench) -> None:
    enter(bench)
    fill(bench)
    bench.desk.scan.scanner_stands("absent")
    bench.desk.shell.scanner_stands("absent")


def lone_port(bench: Bench) -> None:
    bench.behind.scanners.ports = bench.behind.scanners.ports[1:]
    beside_the_work(bench)


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "settings": beside_the_work,
    "settings_sign_in": at_the_door,
    "settings_scale_waits": scale_waits,
    "settings_not_kept": not_kept,
    "settings_lone_port": lone_port,
    "scanner_lost": scanner_lost,
}
