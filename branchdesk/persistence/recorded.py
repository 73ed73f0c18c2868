"""An event as projections see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its payload read; ``personal`` is None once the person was erased.

    ``staff`` is who recorded it, "" for the program itself.
    """

    position: int
    event_type: str
    wall_ms: int
    staff: str
    fields: Mapping[str, Any]
    personal: Mapping[str, Any] | None
    blind_key: bytes
    event_id: UUID
