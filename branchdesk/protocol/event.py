"""The event envelope, its hash, and the commitment to its payload (DESIGN section 4).

An envelope is deterministic CBOR and never changes once hashed. The payload lies beside it, bound
by a salted commitment, so that a person can be erased (salt and key deleted) and the chain still
verifies.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from branchdesk.protocol import codec
from branchdesk.protocol.map_shape import MapShape

ENVELOPE_VERSION = 1
HASH_BYTES = 32
SALT_BYTES = 32

EVENT_PREFIX = b"BRANCHDESK-EVENT-1\0"
GENESIS_PREFIX = b"BRANCHDESK-GENESIS-1\0"

_FIELDS: Mapping[str, type] = {
    "env_ver": int,
    "terminal": int,
    "epoch": int,
    "seq": int,
    "prev_hash": bytes,
    "event_id": bytes,
    "type": str,
    "type_ver": int,
    "outlet": str,
    "staff": str,
    "wall_utc_ms": int,
    "tz": str,
    "boot_id": bytes,
    "mono_ms": int,
    "clock_state": str,
    "refs": dict,
    "payload_commit": bytes,
}
_SHAPE = MapShape(_FIELDS)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who did what when, in which place of which chain; the payload is only committed to.

    ``wall_utc_ms`` and ``mono_ms`` are milliseconds; ``tz`` is the offset as ``+08:00``; ``refs``
    names the grant, slot, voucher or customer concerned (text keys, integers or text).
    """

    terminal: int
    epoch: int
    seq: int
    prev_hash: bytes
    event_id: UUID
    type: str
    type_ver: int
    outlet: str
    staff: str
    wall_utc_ms: int
    tz: str
    boot_id: bytes
    mono_ms: int
    clock_state: str
    refs: Mapping[str, int | str]
    payload_commit: bytes

    def encode(self) -> bytes:
        """Return the bytes that are hashed, stored and sent."""
        return codec.encode(
            {
                "env_ver": ENVELOPE_VERSION,
                "terminal": self.terminal,
                "epoch": self.epoch,
                "seq": self.seq,
                "prev_hash": self.prev_hash,
                "event_id": self.event_id.bytes,
                "type": self.type,
                "type_ver": self.type_ver,
                "outlet": self.outlet,
                "staff": self.staff,
                "wall_utc_ms": self.wall_utc_ms,
                "tz": self.tz,
                "boot_id": self.boot_id,
                "mono_ms": self.mono_ms,
                "clock_state": self.clock_state,
                "refs": dict(self.refs),
                "payload_commit": self.payload_commit,
            }
        )


def decode_envelope(data: bytes) -> Envelope:
    """Read an envelope; raises ContractFault ``malformed``. Any ``env_ver`` of 1 is accepted."""
    fields = _SHAPE.decode(data, what="envelope", bytes_max=64 << 10)
    fields["event_id"] = UUID(bytes=_exactly(fields["event_id"], 16, "event_id"))
    _exactly(fields["prev_hash"], HASH_BYTES, "prev_hash")
    _exactly(fields["payload_commit"], HASH_BYTES, "payload_commit")
    if fields.pop("env_ver") != ENVELOPE_VERSION:
        raise codec.malformed("envelope", "unknown_version", field="env_ver")
    for name, value in fields["refs"].items():
        if type(value) not in {int, str}:
            raise codec.malformed("envelope", "wrong_type", field=f"refs.{name}")
    return Envelope(**fields)


def event_hash(envelope: bytes) -> bytes:
    """Return h, the 32-byte hash that the next event's ``prev_hash`` repeats."""
    return hashlib.sha256(EVENT_PREFIX + envelope).digest()


def genesis_hash(certificate: bytes) -> bytes:
    """Return the first ``prev_hash`` of an epoch: bound to its enrolment certificate."""
    return hashlib.sha256(GENESIS_PREFIX + certificate).digest()


def commitment(salt: bytes, payload: bytes) -> bytes:
    """Return the salted commitment to a payload; ``salt`` is 32 random or person-derived bytes."""
    return hashlib.sha256(salt + payload).digest()


def _exactly(value: bytes, length: int, field: str) -> bytes:
    if len(value) != length:
        raise codec.malformed("envelope", "wrong_length", field=field)
    return value
