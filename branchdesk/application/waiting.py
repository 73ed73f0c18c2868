"""What waits to be sent, and what head office said of what was: read models, all frozen.

Nothing here knows how it is stored or shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class UnsentKind:
    """Events of one type that head office has not signed for, and since when the oldest waits."""

    event_type: str
    count: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events that head office has not signed for.

    ``bytes`` are those of the events before compression, ``since_ms`` the wall time of the oldest;
    ``kinds`` stand in order of the type's name.
    """

    events: int
    bytes: int
    since_ms: int | None
    kinds: tuple[UnsentKind, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event that head office did not simply apply and has not settled since.

    ``verdict`` is parked, effect_refused or flagged and ``code`` says why. Of an event that is not
    in this store any more ``event_type`` is empty and ``at_ms`` None.
    """

    epoch: int
    seq: int
    verdict: str
    code: str
    event_type: str = ""
    at_ms: int | None = None
    refs: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """Something head office sent that did not verify here: its kind and an error code."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class SignedMark:
    """Head office's newest signature over our chain: how far, how far durable, when it signed."""

    seq: int
    durable_seq: int
    time_ms: int
