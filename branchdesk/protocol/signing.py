"""Ed25519 signatures with a domain prefix, key ids, and the record that carries a signed body.

A signature is always over ``prefix ‖ message`` where the prefix names what is signed, so that no
signature made for one purpose can be shown for another. Ed25519 is RFC 8032, by ``cryptography``.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec

ED25519 = 1
SIGNATURE_BYTES = 64
PUBLIC_KEY_BYTES = 32
KEY_ID_BYTES = 4


def key_id(public_key: bytes) -> bytes:
    """Return the 4-byte id of a raw 32-byte public key: the start of its SHA-256."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


class SigningKey:
    """A private Ed25519 key that signs prefixed messages."""

    __slots__ = ("_key", "key_id", "public_key")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = key_id(self.public_key)

    def sign(self, prefix: bytes, message: bytes) -> bytes:
        """Return the 64-byte signature over ``prefix ‖ message``."""
        return self._key.sign(prefix + message)

    def seed(self) -> bytes:
        """Return the 32 secret bytes, for sealing at rest only."""
        return self._key.private_bytes_raw()


# RFC 8032 leaves keys of small order to the user: under one, a signature that nobody made verifies
# for many messages. These are the y coordinates of the curve's eight such points.
_FIELD = 2**255 - 19
_Y_OF_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER_Y = frozenset({0, 1, _FIELD - 1, _Y_OF_ORDER_8, _FIELD - _Y_OF_ORDER_8})


def is_weak_key(raw: bytes) -> bool:
    """Say whether a raw public key is of small order, so that its signatures prove nothing."""
    return int.from_bytes(raw, "little") % 2**255 % _FIELD in _SMALL_ORDER_Y


@lru_cache(maxsize=256)
def _public_key(raw: bytes) -> Ed25519PublicKey:
    if is_weak_key(raw):
        raise ValueError("a public key of small order")
    # Terminal and head-office keys repeat; parsing a point costs about a tenth of a verification.
    return Ed25519PublicKey.from_public_bytes(raw)


def verifies(public_key: bytes, signature: bytes, prefix: bytes, message: bytes) -> bool:
    """Say whether ``signature`` over ``prefix ‖ message`` was made by ``public_key``."""
    try:
        _public_key(public_key).verify(signature, prefix + message)
    except (InvalidSignature, ValueError):
        return False
    return True


class RecordKind(StrEnum):
    """What a signed record says; the kind is part of the signed prefix."""

    KEY = "KEY"
    CERTIFICATE = "CERTIFICATE"
    BUNDLE = "BUNDLE"
    FEED = "FEED"
    REDEMPTION = "REDEMPTION"
    STICK = "STICK"


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A body signed by one of head office's keys: deterministic CBOR ``{kind, key, body, sig}``."""

    kind: RecordKind
    key_id: bytes
    body: bytes
    signature: bytes

    def encode(self) -> bytes:
        """Return the record's bytes as they travel and rest."""
        return codec.encode(
            {"kind": self.kind.value, "key": self.key_id, "body": self.body, "sig": self.signature}
        )


def sign_record(kind: RecordKind, body: bytes, key: SigningKey) -> SignedRecord:
    """Sign ``body`` as a record of ``kind``."""
    return SignedRecord(kind, key.key_id, body, key.sign(_record_prefix(kind), body))


def open_record(
    data: bytes, kind: RecordKind, keys: dict[bytes, bytes], *, bytes_max: int = 1 << 20
) -> SignedRecord:
    """Return the record in ``data`` after checking its kind and signature.

    ``keys`` maps key id to raw public key. Raises ContractFault ``unsigned`` for another kind or an
    unknown key, ``bad_signature`` when the bytes were altered.
    """
    fields = codec.decode_map(
        data,
        {"kind": str, "key": bytes, "body": bytes, "sig": bytes},
        what=kind.value.lower(),
        bytes_max=bytes_max,
    )
    record = SignedRecord(kind, fields["key"], fields["body"], fields["sig"])
    if fields["kind"] != kind.value or record.key_id not in keys:
        raise ContractFault("unsigned", what=kind.value.lower(), key=record.key_id.hex())
    if not verifies(keys[record.key_id], record.signature, _record_prefix(kind), record.body):
        raise ContractFault("bad_signature", what=kind.value.lower(), key=record.key_id.hex())
    return record


def _record_prefix(kind: RecordKind) -> bytes:
    return f"BRANCHDESK-{kind.value}-1\0".encode()
