"""Tell a scanner that types like a keyboard from a person at the same keys, by time alone.

A wedge scanner sends a key every 2 to 25 ms; nobody types ten different keys in a row at less than
35. A voucher's 492 digits take seconds, so what is read is kept from the tenth key on. This module
must not know Qt: it is told characters and when they were pressed.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

GAP_MS: Final = 35
KEYS_MIN: Final = 10
FRAMED_KEYS_MIN: Final = 4
# A held key repeats as fast as a scanner types, but always the same.
DIFFERENT_MIN: Final = 3
# A scanner over the air pauses in the middle; one that sends no Enter has ended after this.
QUIET_MS: Final = 500
CHARACTERS_MAX: Final = 4_096
ENDS: Final = frozenset("\r\n\t")
_FULL_WIDTH: Final = {0xFF01 + offset: chr(0x21 + offset) for offset in range(0x5E)}


@dataclass(frozen=True, slots=True)
class Framing:
    """What a scanner was set to send before and after a code, beside Enter or Tab."""

    prefix: str = ""
    suffix: str = ""

    def printable(self) -> "Framing":
        """Return what is left of it on a way that carries no control characters."""
        return Framing(
            *("".join(filter(str.isprintable, one)) for one in (self.prefix, self.suffix))
        )

    def bare(self, text: str) -> str:
        """Return a code without its frame, full-width signs folded."""
        folded = text.translate(_FULL_WIDTH)
        return folded.removeprefix(self.prefix).removesuffix(self.suffix)


class Key(Enum):
    """What one key turned out to be.

    ``STARTS`` and ``FOLLOWS`` belong to whatever has the focus: a run that may become a scan begins
    with the first. From ``RECOGNISED`` on, keys are the scanner's: ``KEPT``, and ``ENDS`` last.
    """

    STARTS = auto()
    FOLLOWS = auto()
    RECOGNISED = auto()
    KEPT = auto()
    ENDS = auto()


class Wedge:
    """Recognises scans in a stream of keys. Times are milliseconds on any one clock."""

    def __init__(self, framing: Framing = Framing()) -> None:
        self._framing = framing
        self._run = ""
        self._last_ms = 0
        self._ended_ms: int | None = None
        self.is_reading = False

    def key(self, character: str, at_ms: int) -> Key:
        """Take one character; Enter and Tab end a scan and are never part of one."""
        character = character.translate(_FULL_WIDTH)
        if character in ENDS:
            return self._end_key(at_ms)
        if self.is_reading:
            self._add(character, at_ms)
            return Key.KEPT
        if not (self._run and 0 <= at_ms - self._last_ms <= GAP_MS):
            self._run = ""
            self._add(character, at_ms)
            return Key.STARTS
        self._add(character, at_ms)
        self.is_reading = self._is_scan()
        return Key.RECOGNISED if self.is_reading else Key.FOLLOWS

    def take(self) -> str:
        """Return what was read, without its frame, and begin anew."""
        text = self._run
        self.forget()
        return self._framing.bare(text)

    def forget(self) -> None:
        """Begin anew: something came between the keys that no scanner sends."""
        self._run, self.is_reading = "", False

    def _add(self, character: str, at_ms: int) -> None:
        self._run = (self._run + character)[:CHARACTERS_MAX]
        self._last_ms = at_ms

    def _is_scan(self) -> bool:
        prefix = self._framing.prefix
        if prefix and self._run.startswith(prefix):
            return len(self._run) >= len(prefix) + FRAMED_KEYS_MIN
        return len(self._run) >= KEYS_MIN and len(set(self._run)) >= DIFFERENT_MIN

    def _end_key(self, at_ms: int) -> Key:
        # Many scanners send CR and LF: the second belongs to the scan as well.
        if self._ended_ms is not None and 0 <= at_ms - self._ended_ms <= GAP_MS:
            return Key.KEPT
        if not self.is_reading:
            self.forget()
            return Key.FOLLOWS
        self._ended_ms = at_ms
        return Key.ENDS
