"""Heads and acknowledgements: how both sides prove where a chain stands (DESIGN section 4)."""

import struct
from dataclasses import dataclass, replace
from uuid import UUID

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.event import HASH_BYTES, Envelope, decode_envelope, event_hash
from branchdesk.protocol.signing import SigningKey, verifies

HEAD_PREFIX = b"BRANCHDESK-HEAD-1\0"
ACK_PREFIX = b"BRANCHDESK-ACK-1\0"
NONCE_BYTES = 16
_HEAD = struct.Struct(">IIQ32s")
_ACK = struct.Struct(">IIQ32sQIQ16s")


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a chain: ``seq`` 0 with the genesis hash when there is none yet."""

    terminal: int
    epoch: int
    seq: int
    hash: bytes

    def message(self) -> bytes:
        """Return the bytes a terminal signs after the head prefix."""
        return _HEAD.pack(self.terminal, self.epoch, self.seq, self.hash)

    def sign(self, key: SigningKey) -> bytes:
        """Return the terminal's 64-byte signature over this head."""
        return key.sign(HEAD_PREFIX, self.message())

    def is_signed(self, signature: bytes, public_key: bytes) -> bool:
        """Say whether ``signature`` over this head was made by the terminal's key."""
        return verifies(public_key, signature, HEAD_PREFIX, self.message())


@dataclass(frozen=True, slots=True)
class Ack:
    """Head office's signed word that it holds a chain up to (epoch, seq, hash).

    ``durable_seq`` is the mark that survives a restore of head office; ``time_ms`` its Unix clock;
    ``nonce`` repeats the 16 bytes of the request that it answers.
    """

    terminal: int
    epoch: int
    seq: int
    hash: bytes
    durable_seq: int
    ho_epoch: int
    time_ms: int
    nonce: bytes
    key_id: bytes = b""
    signature: bytes = b""

    def head(self) -> Head:
        """Return the head that this acknowledges."""
        return Head(self.terminal, self.epoch, self.seq, self.hash)

    def message(self) -> bytes:
        """Return the bytes head office signs after the acknowledgement prefix."""
        return _ACK.pack(
            self.terminal, self.epoch, self.seq, self.hash, self.durable_seq, self.ho_epoch,
            self.time_ms, self.nonce,
        )  # fmt: skip

    def encode(self) -> bytes:
        """Return message, key id and signature as they travel and are kept as proof."""
        return codec.encode({"ack": self.message(), "key": self.key_id, "sig": self.signature})


def sign_ack(ack: Ack, key: SigningKey) -> Ack:
    """Return ``ack`` under the acknowledgement key."""
    return replace(ack, key_id=key.key_id, signature=key.sign(ACK_PREFIX, ack.message()))


def open_ack(data: bytes, keys: dict[bytes, bytes], nonce: bytes | None) -> Ack:
    """Read an acknowledgement and check key, signature and, when given, our own nonce.

    ``keys`` maps ack key id to public key. Raises ContractFault ``malformed``, ``unsigned``,
    ``bad_signature`` or ``wrong_nonce``. The caller compares the hash with its own chain.
    """
    fields = codec.decode_map(data, {"ack": bytes, "key": bytes, "sig": bytes}, what="ack")
    if len(fields["ack"]) != _ACK.size:
        raise codec.malformed("ack", "wrong_length")
    parts = _ACK.unpack(fields["ack"])
    ack = replace(Ack(*parts), key_id=fields["key"], signature=fields["sig"])
    if ack.key_id not in keys:
        raise ContractFault("unsigned", what="ack", key=ack.key_id.hex())
    if not verifies(keys[ack.key_id], ack.signature, ACK_PREFIX, ack.message()):
        raise ContractFault("bad_signature", what="ack", key=ack.key_id.hex())
    if nonce is not None and ack.nonce != nonce:
        raise ContractFault("wrong_nonce", what="ack")
    return ack


@dataclass(frozen=True, slots=True)
class Link:
    """One verified event of a run: decoded envelope and its hash."""

    envelope: Envelope
    hash: bytes


def verify_run(previous: Head, envelopes: list[bytes]) -> list[Link]:
    """Check that ``envelopes`` continue ``previous`` without gap, fork or stranger.

    Returns a link an event. Raises ContractFault ``chain_broken`` with the ``seq`` and ``problem``:
    gap, terminal, epoch or prev_hash.
    """
    links: list[Link] = []
    expected_hash, seq = previous.hash, previous.seq
    seen: set[UUID] = set()
    for data in envelopes:
        seq += 1
        envelope = decode_envelope(data)
        problem = _misfit(envelope, previous, seq, expected_hash)
        if problem is None and envelope.event_id in seen:
            problem = "event_id"
        if problem is not None:
            raise ContractFault("chain_broken", seq=seq, problem=problem)
        seen.add(envelope.event_id)
        expected_hash = event_hash(data)
        links.append(Link(envelope, expected_hash))
    return links


def _misfit(envelope: Envelope, previous: Head, seq: int, expected_hash: bytes) -> str | None:
    if envelope.terminal != previous.terminal:
        return "terminal"
    if envelope.epoch != previous.epoch:
        return "epoch"
    if envelope.seq != seq:
        return "gap"
    return None if envelope.prev_hash == expected_hash else "prev_hash"


assert _HEAD.size == 16 + HASH_BYTES
