"""A scanner on a serial port: whole codes out of bytes, and a port that comes and goes.

A scanner set to USB-serial (a virtual COM port) or on a real RS-232 line sends each code as bytes
and, as a rule, CR or LF after it. It is read on a thread of its own; a port that is pulled out is
opened again once it is back. This module does not know what a code means.
"""

import errno
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from serial import Serial
    from serial.tools.list_ports_common import ListPortInfo

CHARACTERS_MAX: Final = 4_096
# A scanner that sends no CR has ended after this; one over the air pauses in the middle.
QUIET_S: Final = 0.5
# From as many characters on it is worth saying that something is being read.
READING_FROM: Final = 10
RETRY_S: Final = 2.0
# Twice as long as a read takes. A driver that hangs must not hold up the window that waits here.
CLOSE_WAIT_S: Final = 0.1
_POLL_S: Final = 0.05
_ENDS: Final = b"\r\n\t"
_REASONS: Final = {
    errno.ENOENT: "absent",
    errno.ENODEV: "absent",
    errno.ENXIO: "absent",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EBUSY: "busy",
    errno.EAGAIN: "busy",
}
# There a port in use is one to which access is denied.
_WINDOWS: Final = {"FileNotFoundError": "absent", "PermissionError": "busy"}


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A port of this machine: the name to open it by, and what the system says stands there.

    ``device`` tells the thing there from every other kind, and by its serial number, where it has
    one, from others of its kind: at another port it is the same. A plain serial line has none.
    """

    name: str
    description: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who hears a scanner; all are called on the scanner's own thread.

    ``reading`` comes once while a long code arrives, then ``code`` with all of it. ``stands`` tells
    a change: an empty word when the port is open, else why it is not: ``absent``, ``busy``,
    ``forbidden``, ``broken``.
    """

    reading: Callable[[], object]
    code: Callable[[str], object]
    stands: Callable[[str], object]


def serial_ports() -> tuple[SerialPort, ...]:
    """Return the ports at which something could stand, by name; slow on some systems."""
    from serial.tools.list_ports import comports

    # Every PC lists serial lines of its board at which nothing was ever found.
    found = [port for port in comports() if port.hwid != "n/a" or port.device.startswith("COM")]
    named = (
        SerialPort(port.device, port.description or port.device, _device(port)) for port in found
    )
    return tuple(sorted(named, key=lambda port: port.name))


def port_of(device: str, port: str, ports: Sequence[SerialPort]) -> str:
    """Return the port at which a device stands now; empty while it stands nowhere.

    ``port`` is where it stood last: it is that one while nothing is known of the device, and never
    while another device stands there, which might be disturbed by being listened to.
    """
    if not device:
        return port
    places = [found.name for found in ports if found.device == device]
    return port if port in places else next(iter(places), "")


def _device(port: "ListPortInfo") -> str:
    if port.vid is None or port.pid is None:
        return ""
    return f"{port.vid:04x}:{port.pid:04x}:{port.serial_number or ''}"


class Codes:
    """Cuts bytes into codes: at CR, LF or Tab, and after a silence. Too long is dropped whole."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._quiet_s = 0.0
        self._told = False

    def take(self, data: bytes, after_s: float) -> tuple[str, ...]:
        """Take what came in the last ``after_s`` seconds, or nothing; return whole codes."""
        codes = []
        self._quiet_s = 0.0 if data else self._quiet_s + after_s
        for byte in data:
            if byte in _ENDS:
                codes.append(self._end())
            elif len(self._bytes) <= CHARACTERS_MAX:
                self._bytes.append(byte)
        if self._bytes and self._quiet_s >= QUIET_S:
            codes.append(self._end())
        return tuple(code for code in codes if code)

    def starts_long(self) -> bool:
        """Say once of each code that it is long and still arriving."""
        is_new = len(self._bytes) >= READING_FROM and not self._told
        self._told = self._told or is_new
        return is_new

    def _end(self) -> str:
        data = bytes(self._bytes)
        self._bytes.clear()
        self._told = False
        return "" if len(data) > CHARACTERS_MAX else _text(data)


class SerialScanner:
    """Listens at one port until it is closed, or to one device wherever it is plugged in.

    ``baud`` matters on a real serial line only; ``device`` is what :class:`SerialPort` says, empty
    to keep to the port.
    """

    def __init__(self, port: str, hearing: Hearing, *, device: str = "", baud: int = 9_600) -> None:
        self._port, self._hearing, self._baud, self._device = port, hearing, baud, device
        self._stop = threading.Event()
        self._standing: str | None = None
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Tell nothing more; the port is free soon, or once its driver has answered."""
        self._stop.set()
        self._thread.join(CLOSE_WAIT_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                port = self._open()
            except Exception as error:  # Some drivers' own: termios says no OSError.
                self._stand(_reason(error))
                self._stop.wait(RETRY_S)
                continue
            self._stand("")
            with port:
                self._listen(port)
            self._stop.wait(RETRY_S)

    def _open(self) -> "Serial":
        from serial import Serial

        # The ports are listed only for a device that can be told from others: it may take a second.
        port = port_of(self._device, self._port, serial_ports() if self._device else ())
        if not port:
            raise FileNotFoundError(errno.ENOENT, "the device is not plugged in")
        # Alone where the system knows such a thing: half a code is no code for either program.
        return Serial(port, self._baud, timeout=_POLL_S, exclusive=True)

    def _listen(self, port: "Serial") -> None:
        codes, hearing = Codes(), self._hearing
        while not self._stop.is_set():
            try:
                data = port.read(max(1, port.in_waiting))
            except OSError:
                # Whatever the system calls it: the port was there, and is there no more.
                self._stand("absent")
                return
            for code in codes.take(data, _POLL_S):
                hearing.code(code)
            if codes.starts_long():
                hearing.reading()

    def _stand(self, reason: str) -> None:
        # A driver may take its time to open; by then somebody else may be listened to.
        if reason != self._standing and not self._stop.is_set():
            self._standing = reason
            self._hearing.stands(reason)


def _reason(error: Exception) -> str:
    # The library wraps what the system said: with its number, around it, or as words alone.
    cause = error.__context__
    numbers = [found.errno for found in (error, cause) if isinstance(found, OSError)]
    number = next((found for found in numbers if found), None)
    if number is None:
        said = str(error)
        return next((word for name, word in _WINDOWS.items() if name in said), "broken")
    return _REASONS.get(number, "broken")


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    return "".join(character for character in text if character.isprintable()).strip()
