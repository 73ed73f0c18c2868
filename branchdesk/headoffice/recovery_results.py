"""What backing up, restoring and learning answer with: frozen, ready to be printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A finished backup: where it is, its size, how many rows, the moment that it shows."""

    path: str
    bytes: int
    rows: int
    made_at_ms: int


@dataclass(frozen=True, slots=True)
class Restored:
    """An office made from a backup: what it shows, its own epoch, the terminals it waits for."""

    made_at_ms: int
    ho_epoch: int
    rows: int
    awaited: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Learning:
    """Whether a restored office waits for what terminals know: how many were heard, which not."""

    learning: bool
    backup_made_at_ms: int | None
    ho_epoch: int
    heard: int
    awaited: tuple[int, ...]
