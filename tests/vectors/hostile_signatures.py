"""Ed25519 values that only an attacker makes: points of small order, torsion, S beyond L.

Plain affine arithmetic on edwards25519 (RFC 8032 section 5.1), slow and not constant-time: it
makes test vectors from published test seeds and must never touch a real key.
"""

import hashlib
from typing import Final

from second_implementation import has_small_order

P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
IDENTITY_BYTES: Final = (1).to_bytes(32, "little")

Point = tuple[int, int]
IDENTITY: Final[Point] = (0, 1)


def add(first: Point, second: Point) -> Point:
    """Add two points of the curve −x² + y² = 1 + d·x²·y²."""
    (x1, y1), (x2, y2) = first, second
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def multiply(scalar: int, point: Point) -> Point:
    """Return ``scalar`` times ``point``."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def encode(point: Point) -> bytes:
    """Return the 32-byte encoding: y, with the lowest bit of x on top."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def from_y(y: int) -> Point:
    """Return the point with this y and an even x; raise ValueError when there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        raise ValueError("no point has this y")
    return (P - x if x & 1 else x), y


BASE: Final = from_y(4 * pow(5, -1, P) % P)


def torsion_points() -> tuple[Point, ...]:
    """Return the eight points of small order, as multiples of one of order eight."""
    y = 2
    while True:
        try:
            candidate = multiply(ORDER, from_y(y))
        except ValueError:
            candidate = IDENTITY
        if multiply(4, candidate) != IDENTITY:
            return tuple(multiply(times, candidate) for times in range(8))
        y += 1


def small_order_keys() -> tuple[tuple[str, bytes, int], ...]:
    """Return (name, encoding, order) of every small-order key, then their odd encodings.

    Odd encodings are those that RFC 8032 refuses to decode but some libraries take: y written
    as y + p, and the sign bit set although x is zero.
    """
    orders = (1, 8, 4, 8, 2, 8, 4, 8)
    plain = [
        (f"multiple-{times}", encode(point), orders[times])
        for times, point in enumerate(torsion_points())
    ]
    sign = 1 << 255
    odd = [
        ("identity-sign-bit", (1 | sign).to_bytes(32, "little"), 1),
        ("identity-plus-p", (P + 1).to_bytes(32, "little"), 1),
        ("identity-plus-p-sign-bit", (P + 1 | sign).to_bytes(32, "little"), 1),
        ("order-2-sign-bit", (P - 1 | sign).to_bytes(32, "little"), 2),
        ("order-4-plus-p", P.to_bytes(32, "little"), 4),
        ("order-4-plus-p-sign-bit", (P | sign).to_bytes(32, "little"), 4),
    ]
    keys = (*plain, *odd)
    if not all(has_small_order(key) for _, key, _ in keys):
        raise AssertionError("the verifier's own list misses a point of small order")
    return keys


# With R the identity and S zero the equation S·B = R + k·A holds whenever k·A is the identity.
KEYLESS_SIGNATURE: Final = IDENTITY_BYTES + bytes(32)


def keyless_signature_holds(public_key: bytes, order: int, message: bytes) -> bool:
    """Say whether KEYLESS_SIGNATURE satisfies the bare equation under a small-order key."""
    return challenge(IDENTITY_BYTES, public_key, message) % order == 0


def challenge(r: bytes, public_key: bytes, message: bytes) -> int:
    """Return the k of RFC 8032 section 5.1.7."""
    return int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % ORDER


def secret_scalar(seed: bytes) -> int:
    """Return the clamped secret scalar of a seed."""
    low = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return low & (1 << 254) - 8 | 1 << 254


def sign_with_torsion_in_r(seed: bytes, message: bytes) -> bytes:
    """Return a signature that holds only for verifiers that multiply by the cofactor."""
    scalar = secret_scalar(seed)
    nonce = int.from_bytes(hashlib.sha512(b"test nonce" + seed + message).digest(), "little")
    r = encode(add(multiply(nonce % ORDER, BASE), torsion_points()[1]))
    k = challenge(r, encode(multiply(scalar, BASE)), message)
    return r + ((nonce + k * scalar) % ORDER).to_bytes(32, "little")


def key_with_torsion(seed: bytes) -> bytes:
    """Return the seed's public key with a point of order eight added."""
    return encode(add(multiply(secret_scalar(seed), BASE), torsion_points()[1]))


def sign_under_key_with_torsion(seed: bytes, message: bytes) -> bytes | None:
    """Sign for key_with_torsion; None when the torsion happens to cancel for this message."""
    scalar, public_key = secret_scalar(seed), key_with_torsion(seed)
    nonce = int.from_bytes(hashlib.sha512(b"test nonce" + seed + message).digest(), "little")
    r = encode(multiply(nonce % ORDER, BASE))
    k = challenge(r, public_key, message)
    if k % 8 == 0:
        return None
    return r + ((nonce + k * scalar) % ORDER).to_bytes(32, "little")


def with_s_plus_order(signature: bytes) -> bytes:
    """Return the same signature with S + L, which a lax verifier takes as equal."""
    s = int.from_bytes(signature[32:], "little") + ORDER
    return signature[:32] + s.to_bytes(32, "little")
