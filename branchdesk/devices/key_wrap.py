"""How a secret that a person types becomes a key, and how that key wraps the data key.

    wrap key = HKDF-SHA256(device secret ‖ Argon2id(typed secret, salt))      RFC 5869, RFC 9106
    box      = nonce ‖ AES-256-GCM(wrap key, data key)                        bound to a purpose

Six digits alone fall to a search in hours; with the device's own secret mixed in, a copied file is
worth nothing. This module keeps nothing and counts nothing.
"""

import hmac
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from branchdesk.errors import ContractFault
from branchdesk.protocol.sealing import NONCE_BYTES, seal, unseal

KEY_BYTES = 32
SALT_BYTES = 16
_INFO = b"BRANCHDESK-WRAP-KEY-1\0"


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """Argon2id's parameters: passes, memory in KiB, lanes."""

    passes: int
    memory_kib: int
    lanes: int

    def is_within(self, least: "Argon2Cost", most: "Argon2Cost") -> bool:
        """Say whether every parameter lies between those of ``least`` and ``most``."""
        return (
            least.passes <= self.passes <= most.passes
            and least.memory_kib <= self.memory_kib <= most.memory_kib
            and least.lanes <= self.lanes <= most.lanes
        )


STANDARD_COST = Argon2Cost(3, 64 << 10, 4)
"""RFC 9106 section 4, the second recommended option; about 0.15 s on a branch PC."""
COST_FLOOR = Argon2Cost(2, 19 << 10, 1)
"""The least that a key file may ask for."""
COST_CEILING = Argon2Cost(16, 1 << 20, 16)
"""The most: a made-up file must not eat the machine."""


def stretch(secret: str, salt: bytes, cost: Argon2Cost) -> bytes:
    """Return 32 bytes stretched from a typed secret by Argon2id."""
    # A broken byte in an environment variable arrives as a lone surrogate; UTF-8 alone refuses it.
    typed = secret.encode("utf-8", "surrogatepass")
    return hash_secret_raw(
        typed, salt, cost.passes, cost.memory_kib, cost.lanes, KEY_BYTES, Type.ID
    )


def wrap_key(device_secret: bytes, stretched: bytes = b"") -> bytes:
    """Return the key that wraps: of the device alone, or of the device and a typed secret."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_INFO).derive(device_secret + stretched)


def wrap(key: bytes, data_key: bytes, nonce: bytes, purpose: str) -> bytes:
    """Return ``data_key`` under ``key``, bound to ``purpose`` so that boxes cannot be swapped."""
    assert len(nonce) == NONCE_BYTES
    return seal(key, nonce, data_key, _context(purpose))


def unwrap(key: bytes, box: bytes, purpose: str) -> bytes | None:
    """Return the data key, or None when ``key`` is not the one."""
    try:
        return unseal(key, box, _context(purpose))
    except ContractFault:
        return None


def check_value(key: bytes, purpose: str) -> bytes:
    """Return 16 bytes that recognise a key without giving it away."""
    return hmac.digest(key, b"BRANCHDESK-CHECK-1\0" + purpose.encode(), "sha256")[:16]


def _context(purpose: str) -> bytes:
    return b"BRANCHDESK-WRAP-1\0" + purpose.encode()
