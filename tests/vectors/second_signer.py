"""The second implementation's signer: makes any token, also a wrong one, for golden vectors.

Like ``second_implementation.py`` it must not know the product. It judges nothing, because a bad
vector is often a well-signed one.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from second_implementation import GRANT_DOMAIN, VOUCHER_DOMAIN, Grant, Voucher


def encode_text(grant_bytes: bytes, voucher_bytes: bytes, prefix: str = "") -> str:
    """Return the QR text of a token."""
    return prefix + str(int.from_bytes(b"\x01" + grant_bytes + voucher_bytes, "big"))


def encode_grant_fields(grant: Grant) -> bytes:
    """Return the 61 bytes before the grant's signature, without judging them."""
    return b"".join(
        (
            (grant.version << 4 | grant.algorithm).to_bytes(1, "big"),
            grant.key_id,
            grant.number.to_bytes(4, "big"),
            grant.terminal.to_bytes(4, "big"),
            grant.terminal_key,
            grant.offer.to_bytes(4, "big"),
            grant.slots.to_bytes(3, "big"),
            grant.face_minor.to_bytes(4, "big"),
            grant.issue_from_day.to_bytes(2, "big"),
            grant.issue_until_day.to_bytes(2, "big"),
            grant.policy_byte.to_bytes(1, "big"),
        )
    )


def encode_voucher_fields(voucher: Voucher) -> bytes:
    """Return the 15 bytes before the voucher's signature, without judging them."""
    return b"".join(
        (
            (voucher.version << 4 | voucher.algorithm).to_bytes(1, "big"),
            voucher.slot.to_bytes(3, "big"),
            voucher.issued_at_s.to_bytes(4, "big"),
            voucher.expires_day.to_bytes(2, "big"),
            voucher.holder,
            voucher.copy.to_bytes(1, "big"),
        )
    )


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the Ed25519 signature by a 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def sign_grant(seed: bytes, fields: bytes) -> bytes:
    """Return the 125 grant bytes over the 61 ``fields``."""
    return fields + sign(seed, GRANT_DOMAIN + fields)


def sign_voucher(seed: bytes, grant_bytes: bytes, fields: bytes) -> bytes:
    """Return the 79 voucher bytes over the 15 ``fields``."""
    return fields + sign(seed, VOUCHER_DOMAIN + hashlib.sha256(grant_bytes).digest() + fields)
