"""A scanner at a real pseudo-terminal: codes, a port that is taken, a cable that is pulled out."""

import errno
import os
import queue
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals", allow_module_level=True)

import termios
import tty

from serial import Serial

from branchdesk.devices import serial_scanner
from branchdesk.devices.serial_scanner import (
    Hearing,
    SerialPort,
    SerialScanner,
    port_of,
    serial_ports,
)

WAIT_S = 10


class Line:
    """A serial line under a fixed name, as a system names a scanner; it can be pulled and put."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self._master = self._slave = -1
        self.put()

    def put(self) -> None:
        """Plug it in."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.name.symlink_to(os.ttyname(self._slave))

    def send(self, data: bytes) -> None:
        """Send bytes as the scanner does."""
        os.write(self._master, data)

    def pull(self) -> None:
        """Unplug it."""
        self.name.unlink()
        os.close(self._slave)
        os.close(self._master)


class Ears:
    """Hears a scanner from another thread."""

    def __init__(self) -> None:
        self._heard: queue.Queue[tuple[str, str]] = queue.Queue()

    def at(self, line: Line, device: str = "") -> SerialScanner:
        """Begin to listen."""
        put = self._heard.put
        hearing = Hearing(
            lambda: put(("reading", "")),
            lambda code: put(("code", code)),
            lambda reason: put(("stands", reason)),
        )
        return SerialScanner(str(line.name), hearing, device=device)

    def next(self) -> tuple[str, str]:
        """Return what is heard next."""
        return self._heard.get(timeout=WAIT_S)

    def is_silent(self) -> bool:
        """Tell whether nothing was heard that was not asked for yet."""
        return self._heard.empty()


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr(serial_scanner, "RETRY_S", 0.05)
    return Line(tmp_path / "ttyACM0")


@pytest.fixture
def listening(line: Line) -> Iterator[Ears]:
    ears = Ears()
    scanner = ears.at(line)
    assert ears.next() == ("stands", "")
    yield ears
    scanner.close()


def test_a_voucher_in_pieces_is_told_of_at_once_and_read_whole(line: Line, listening: Ears) -> None:
    token = "0123456789" * 49 + "42"
    line.send(token[:100].encode())
    assert listening.next() == ("reading", "")
    for start in range(100, len(token), 64):
        line.send(token[start : start + 64].encode())
    line.send(b"\r\n")
    assert listening.next() == ("code", token)


def test_a_cable_pulled_in_the_middle_loses_half_a_code_and_nothing_after_it(
    line: Line, listening: Ears
) -> None:
    line.send(b"12345")
    line.pull()
    assert listening.next() == ("stands", "absent")
    line.put()
    assert listening.next() == ("stands", "")
    line.send(b"4K7P-22MX\r")
    assert listening.next() == ("code", "4K7P-22MX")


def test_a_port_that_another_program_has_is_said_to_be_busy_and_taken_when_it_is_free(
    line: Line,
) -> None:
    first, second = Ears(), Ears()
    holder = first.at(line)
    assert first.next() == ("stands", "")
    waiting = second.at(line)
    assert second.next() == ("stands", "busy")
    holder.close()
    assert second.next() == ("stands", "")
    waiting.close()


def test_a_port_that_is_not_there_is_absent(tmp_path: Path, line: Line) -> None:
    line.pull()
    ears = Ears()
    scanner = ears.at(line)
    assert ears.next() == ("stands", "absent")
    scanner.close()


def test_a_device_that_is_plugged_in_elsewhere_is_found_again(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, device = Line(tmp_path / "ttyACM1"), "0c2e:0b61:S1900"
    ports: list[SerialPort] = [SerialPort(str(line.name), "scanner", device)]
    monkeypatch.setattr(serial_scanner, "serial_ports", lambda: tuple(ports))
    ears = Ears()
    scanner = ears.at(line, device)
    assert ears.next() == ("stands", "")
    line.pull()
    ports[:] = [SerialPort(str(line.name), "PIN pad", "1234:0001:")]
    assert ears.next() == ("stands", "absent")
    line.put()
    ports.append(SerialPort(str(elsewhere.name), "scanner", device))
    assert ears.next() == ("stands", "")
    elsewhere.send(b"4K7P-22MX\r")
    assert ears.next() == ("code", "4K7P-22MX")
    scanner.close()


def test_another_device_at_the_old_port_is_left_alone() -> None:
    pad, scanner = SerialPort("COM3", "pad", "1234:0001:"), "0c2e:0b61:S1900"
    assert port_of(scanner, "COM3", [pad]) == ""
    assert port_of(scanner, "COM3", [pad, SerialPort("COM7", "", scanner)]) == "COM7"
    twins = [SerialPort("COM3", "", scanner), SerialPort("COM4", "", scanner)]
    assert port_of(scanner, "COM4", twins) == "COM4"
    assert port_of("", "COM3", [pad]) == "COM3", "a plain line has only its port"


def test_the_ports_of_this_machine_can_be_listed() -> None:
    assert all(port.name and port.description for port in serial_ports())


def test_a_driver_that_fails_in_a_way_of_its_own_does_not_end_the_listening(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = SerialScanner._open
    fails = iter([termios.error(errno.EIO, "Input/output error")])

    def open_port(scanner: SerialScanner) -> Serial:
        for error in fails:
            raise error
        return whole(scanner)

    monkeypatch.setattr(SerialScanner, "_open", open_port)
    ears = Ears()
    scanner = ears.at(line)
    assert ears.next() == ("stands", "broken")
    assert ears.next() == ("stands", "")
    scanner.close()


def test_a_driver_that_hangs_holds_up_nobody_and_says_nothing_when_it_answers_at_last(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = SerialScanner._open
    asked, answer = threading.Event(), threading.Event()

    def open_port(scanner: SerialScanner) -> Serial:
        asked.set()
        answer.wait(WAIT_S)
        return whole(scanner)

    monkeypatch.setattr(SerialScanner, "_open", open_port)
    ears = Ears()
    scanner = ears.at(line)
    assert asked.wait(WAIT_S)
    scanner.close()
    assert scanner._thread.is_alive(), "closing did not wait for the driver"
    answer.set()
    scanner._thread.join(WAIT_S)
    assert ears.is_silent()
