"""What a machine runs on, as three systems tell it."""

import subprocess
from pathlib import Path

import pytest

from branchdesk.application.ports import Power
from branchdesk.devices.machine import linux_power, mac_power, windows_power


def supply(folder: Path, name: str, **said: str) -> None:
    """Lay down one power supply as the kernel shows it."""
    (folder / name).mkdir(parents=True)
    for key, value in said.items():
        (folder / name / key).write_text(f"{value}\n", encoding="ascii")


def test_a_laptop_on_its_battery(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains", online="0")
    supply(tmp_path, "BAT0", type="Battery", capacity="37", status="Discharging")
    assert linux_power(tmp_path) == Power(37, on_mains=False)


def test_a_laptop_that_charges(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", capacity="12", status="Charging")
    assert linux_power(tmp_path) == Power(12, on_mains=True)


def test_the_battery_of_a_mouse_is_not_the_machines(tmp_path: Path) -> None:
    supply(tmp_path, "mouse", type="Battery", scope="Device", capacity="5", status="Discharging")
    assert linux_power(tmp_path) == Power(None, on_mains=True)


def test_a_kernel_without_power_supplies_runs_on_mains(tmp_path: Path) -> None:
    assert linux_power(tmp_path / "missing") == Power(None, on_mains=True)


def test_a_battery_that_does_not_tell_its_level_is_unknown(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", status="Unknown")
    assert linux_power(tmp_path) is None


MAC = """Now drawing from 'Battery Power'
 -InternalBattery-0 (id=4653155)	74%; discharging; 5:02 remaining present: true
"""


@pytest.mark.parametrize(
    ("said", "power"),
    [
        (MAC, Power(74, on_mains=False)),
        (MAC.replace("'Battery Power'", "'AC Power'"), Power(74, on_mains=True)),
        ("Now drawing from 'AC Power'\n", Power(None, on_mains=True)),
    ],
)
def test_what_pmset_says(said: str, power: Power) -> None:
    assert mac_power(lambda: said) == power


def test_a_pmset_that_fails_tells_nothing() -> None:
    def fail() -> str:
        raise subprocess.TimeoutExpired("pmset", 5)

    assert mac_power(fail) is None


@pytest.mark.parametrize(
    ("status", "power"),
    [
        ((0, 1, 66), Power(66, on_mains=False)),
        ((1, 8, 100), Power(100, on_mains=True)),
        ((1, 128, 255), Power(None, on_mains=True)),
        ((0, 0, 255), None),
        ((255, 255, 255), None),
    ],
)
def test_what_windows_says(status: tuple[int, int, int], power: Power | None) -> None:
    assert windows_power(*status) == power
