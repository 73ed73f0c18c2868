"""What one commit puts into the second event file, and how it is read back.

A frame is one commit: a list of events and feed items, in the order in which they happened. Keys of
persons are never in it; they lie in the twin, which can be rewritten.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from branchdesk.errors import ContractFault
from branchdesk.persistence.sealed_log import FRAME_BYTES_MAX
from branchdesk.protocol import codec

SECOND_PURPOSE = b"BRANCHDESK-SECOND-FILE-1"
KEYS_PURPOSE = b"BRANCHDESK-PERSON-KEYS-1"
_EVENT, _ITEM = 0, 1


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event as kept twice; ``salt`` is empty where it derives from the key of ``subject``."""

    subject: int
    salt: bytes
    envelope: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """A feed item with what was decided about it."""

    lane: str
    number: int
    kind: str
    body: bytes
    state: str
    code: str


Entry = EventEntry | ItemEntry


def encode_entries(entries: Sequence[Entry]) -> bytes:
    """Return the content of one frame."""
    return codec.encode([_plain(entry) for entry in entries])


def decode_entries(content: bytes) -> list[Entry]:
    """Read the content of a frame; raises ContractFault ``malformed``."""
    found = codec.decode(content, what="second_file", bytes_max=FRAME_BYTES_MAX)
    return [_entry(item) for item in found]


def _plain(entry: Entry) -> list[object]:
    if isinstance(entry, EventEntry):
        return [_EVENT, entry.subject, entry.salt, entry.envelope, entry.payload]
    return [_ITEM, entry.lane, entry.number, entry.kind, entry.body, entry.state, entry.code]


def _entry(item: object) -> Entry:
    if isinstance(item, list) and item[:1] == [_EVENT] and len(item) == 5:
        return EventEntry(*item[1:])
    if isinstance(item, list) and item[:1] == [_ITEM] and len(item) == 7:
        return ItemEntry(*item[1:])
    raise codec.malformed("second_file", "wrong_type")


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One person's key; ``position`` is that of the event that made it."""

    customer: str
    key: bytes
    position: int


def encode_keys(keys: Sequence[KeyEntry]) -> bytes:
    """Return the content of a frame of keys."""
    return codec.encode({"keys": [[entry.customer, entry.key, entry.position] for entry in keys]})


def encode_owner(enrolment: bytes) -> bytes:
    """Return the twin's first frame: whose store it is, without which nothing can be recovered."""
    return codec.encode({"enrolment": enrolment})


def decode_twin_frame(content: bytes) -> tuple[bytes | None, list[KeyEntry]]:
    """Read a frame of the twin: the enrolment, or keys. Raises ContractFault ``malformed``."""
    found = codec.decode(content, what="person_keys", bytes_max=FRAME_BYTES_MAX)
    if isinstance(found, dict) and isinstance(found.get("enrolment"), bytes):
        return found["enrolment"], []
    try:
        return None, [KeyEntry(*entry) for entry in found["keys"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ContractFault("malformed", what="person_keys", problem="wrong_type") from error
