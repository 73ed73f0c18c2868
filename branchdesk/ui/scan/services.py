"""What the window may ask of scanners on serial ports. This module must not know Qt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class ScannerPort(Protocol):
    """A port of this machine."""

    @property
    def name(self) -> str:
        """What it is opened by."""

    @property
    def description(self) -> str:
        """What the system says stands there."""

    @property
    def device(self) -> str:
        """What tells the thing there from others, empty where nothing does."""


class OpenScanner(Protocol):
    """A scanner that is being listened to."""

    def close(self) -> None:
        """Listen no more."""


class ListenAt(Protocol):
    """Listen at a port, however often the scanner comes and goes."""

    def __call__(
        self,
        port: str,
        device: str,
        reading: Callable[[], object],
        code: Callable[[str], object],
        stands: Callable[[str], object],
    ) -> OpenScanner:
        """Begin at once and call back on another thread.

        A ``device`` that is named is found again at whatever port it stands.
        ``stands`` takes an empty word for a port that is open, else why it is not.
        """


@dataclass(frozen=True, slots=True)
class ScannerServices:
    """``ports`` may take a second; ``listen`` is *light*."""

    ports: Callable[[], Sequence[ScannerPort]]
    listen: ListenAt
