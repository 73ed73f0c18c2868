"""A run of events as it travels, over HTTPS or on a stick: deterministic CBOR under zstd."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import zstandard

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.chain import NONCE_BYTES, Head
from branchdesk.protocol.event import HASH_BYTES, SALT_BYTES
from branchdesk.protocol.map_shape import MapShape
from branchdesk.protocol.signing import SIGNATURE_BYTES

BATCH_VERSION = 1
EVENTS_MAX = 500
EVENTS_START = 50
COMPRESSED_BYTES_MAX = 256 << 10
PLAIN_BYTES_MAX = 8 << 20

_FIELDS: Mapping[str, type] = {
    "ver": int,
    "terminal": int,
    "epoch": int,
    "after_seq": int,
    "after_hash": bytes,
    "events": list,
    "keys": dict,
    "head_hash": bytes,
    "head_sig": bytes,
    "nonce": bytes,
}
_SHAPE = MapShape(_FIELDS)


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event as sent: envelope, payload, and the salt (empty once the person was erased)."""

    envelope: bytes
    payload: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """The events after head office's head ``after``, and the terminal's signed head at their end.

    ``keys`` maps customer id to that person's key sealed to head office.
    """

    after: Head
    events: tuple[SentEvent, ...]
    head: Head
    head_signature: bytes
    nonce: bytes
    keys: Mapping[str, bytes] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the compressed bytes; the caller keeps them under the size limit."""
        plain = codec.encode(
            {
                "ver": BATCH_VERSION,
                "terminal": self.after.terminal,
                "epoch": self.after.epoch,
                "after_seq": self.after.seq,
                "after_hash": self.after.hash,
                "events": [[e.envelope, e.payload, e.salt] for e in self.events],
                "keys": dict(self.keys),
                "head_hash": self.head.hash,
                "head_sig": self.head_signature,
                "nonce": self.nonce,
            }
        )
        return zstandard.ZstdCompressor(level=3).compress(plain)


def decode_batch(data: bytes) -> Batch:
    """Read a batch; raises ContractFault ``malformed`` (torn, too large, wrong fields)."""
    if len(data) > COMPRESSED_BYTES_MAX:
        raise codec.malformed("batch", "too_large", limit_bytes=COMPRESSED_BYTES_MAX)
    plain = _decompress(data)
    fields = _SHAPE.decode(plain, what="batch", bytes_max=PLAIN_BYTES_MAX)
    if fields["ver"] != BATCH_VERSION:
        raise codec.malformed("batch", "unknown_version")
    events = tuple(_sent_event(item) for item in fields["events"])
    if not 1 <= len(events) <= EVENTS_MAX:
        raise codec.malformed("batch", "event_count", limit=EVENTS_MAX)
    lengths = {"after_hash": HASH_BYTES, "head_hash": HASH_BYTES, "head_sig": SIGNATURE_BYTES,
               "nonce": NONCE_BYTES}  # fmt: skip
    for name, length in lengths.items():
        if len(fields[name]) != length:
            raise codec.malformed("batch", "wrong_length", field=name)
    if not all(isinstance(key, bytes) for key in fields["keys"].values()):
        raise codec.malformed("batch", "wrong_type", field="keys")
    if max(fields["terminal"], fields["epoch"]) >> 32 or fields["after_seq"] >> 62:
        raise codec.malformed("batch", "out_of_range")
    after = Head(fields["terminal"], fields["epoch"], fields["after_seq"], fields["after_hash"])
    head = Head(after.terminal, after.epoch, after.seq + len(events), fields["head_hash"])
    return Batch(after, events, head, fields["head_sig"], fields["nonce"], fields["keys"])


def _sent_event(item: object) -> SentEvent:
    if (
        not isinstance(item, list)
        or len(item) != 3
        or not all(isinstance(part, bytes) for part in item)
        or len(item[2]) not in {0, SALT_BYTES}
    ):
        raise codec.malformed("batch", "wrong_type", field="events")
    return SentEvent(*item)


def _decompress(data: bytes) -> bytes:
    # The frame's own claim of its size is not trusted: reading stops one byte past the limit.
    try:
        with zstandard.ZstdDecompressor(max_window_size=8 << 20).stream_reader(
            data, read_across_frames=False
        ) as reader:
            plain = reader.read(PLAIN_BYTES_MAX + 1)
    except zstandard.ZstdError as error:
        raise ContractFault("malformed", what="batch", problem="not_compressed") from error
    if len(plain) > PLAIN_BYTES_MAX:
        raise codec.malformed("batch", "too_large", limit_bytes=PLAIN_BYTES_MAX)
    return plain
