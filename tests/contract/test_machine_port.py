"""One suite for the ``Machine`` port: the fake, and the machine the tests run on."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from branchdesk.application.ports import Machine
from branchdesk.devices.machine import SystemMachine
from tests.fakes.machine import FakeMachine


@pytest.fixture(params=[FakeMachine, SystemMachine])
def machine(request: pytest.FixtureRequest, qapp: QApplication) -> Machine:
    del qapp  # The print system asks for an application; without one a machine makes its own.
    made: Machine = request.param()
    return made


def test_every_printer_is_named_once_and_asking_again_gives_the_same(machine: Machine) -> None:
    printers = machine.printers()
    assert len(set(printers)) == len(printers)
    assert all(isinstance(name, str) and name for name in printers)
    assert machine.printers() == printers


def test_a_battery_is_between_empty_and_full_and_without_one_there_is_mains(
    machine: Machine,
) -> None:
    power = machine.power()
    if power is not None and power.battery_percent is None:
        assert power.on_mains
    elif power is not None:
        assert 0 <= power.battery_percent <= 100
