"""Sealing of personal data: per person on the terminal, to head office on the wire.

Personal fields of a payload are AES-256-GCM under a key that belongs to one person alone. Deleting
that key (and the salt that is derived from it) erases the person everywhere the bytes went. Keys
travel to head office by HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM).
"""

import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec

KEY_BYTES = 32
NONCE_BYTES = 12

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal(key: bytes, nonce: bytes, plain: bytes, context: bytes) -> bytes:
    """Return ``nonce ‖ ciphertext`` under a 32-byte key; the 12-byte ``nonce`` is never reused."""
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open what :func:`seal` made; raises ContractFault ``unsealable`` for another key or bytes."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise ContractFault("unsealable") from error


def person_context(customer: str) -> bytes:
    """Return the context that binds sealed fields to one customer id."""
    return b"BRANCHDESK-PERSON-1\0" + customer.encode()


def person_salt(person_key: bytes, event_id: bytes) -> bytes:
    """Return the commitment salt of an event about a person: it dies with the person's key."""
    return hmac.digest(person_key, b"BRANCHDESK-SALT-1\0" + event_id, "sha256")


def seal_to(public_key: bytes, plain: bytes, info: bytes) -> bytes:
    """Seal ``plain`` so that only the holder of the X25519 private key opens it."""
    return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public_key), info=info)


def open_sealed(private_key: bytes, sealed: bytes, info: bytes) -> bytes:
    """Open what :func:`seal_to` made; raises ContractFault ``unsealable``."""
    try:
        return _SUITE.decrypt(sealed, _private_key(private_key), info=info)
    except (InvalidTag, ValueError) as error:
        raise ContractFault("unsealable") from error


@lru_cache(maxsize=4)
def _private_key(raw: bytes) -> X25519PrivateKey:
    # Reading a key computes its public half, nearly half of what opening costs; who opens by the
    # hundred has one key. The raw secret is in the same process's memory anyhow.
    return X25519PrivateKey.from_private_bytes(raw)


def public_seal_key(private_key: bytes) -> bytes:
    """Return the raw X25519 public key of a raw private key."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def blind_hash(blind_key: bytes, kind: str, value: str) -> bytes:
    """Return the 16-byte keyed hash of a phone or document, the same on every terminal.

    ``kind`` is ``phone`` or the document type; it keeps two kinds with equal digits apart.
    """
    return hmac.digest(blind_key, codec.encode([kind, value]), "sha256")[:16]
