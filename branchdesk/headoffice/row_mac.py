"""Keyed digests of journal rows, so that the audit finds a byte that no signature covers.

HMAC-SHA256 under a key derived from the storage secret, cut to 16 bytes.
"""

import hmac
import struct
from collections.abc import Sequence

from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.vault import STORAGE, KeyVault

MAC_BYTES = 16


def mac_key(vault: KeyVault) -> bytes:
    """Return the key of the row digests."""
    return hmac.digest(vault.secret(STORAGE), b"BRANCHDESK-ROW-MAC-1", "sha256")


def event_mac(
    key: bytes, place: tuple[int, int, int], received_ms: int, columns: tuple[bytes, ...]
) -> bytes:
    """Return the digest of an event row; ``columns`` are its other columns as bytes, in order."""
    head = struct.pack(">QQQQ", *place, received_ms)
    lengths = struct.pack(f">{len(columns)}I", *map(len, columns))
    return hmac.digest(key, head + lengths + b"".join(columns), "sha256")[:MAC_BYTES]


def grant_mac(context: OfficeContext, number: int, epoch: int, lent_ms: int, grant: bytes) -> bytes:
    """Return the digest of what a grant's own signature does not cover."""
    message = b"grant" + struct.pack(">QQQ", number, epoch, lent_ms) + grant
    return hmac.digest(mac_key(context.vault), message, "sha256")[:MAC_BYTES]


def branch_event_mac(key: bytes, columns: Sequence[object]) -> bytes:
    """Return the digest of a branch event's row; ``columns`` are all the others, in order."""
    return _row_mac(key, b"branch", columns)


def redemption_mac(key: bytes, columns: Sequence[object]) -> bytes:
    """Return the digest of a redemption's row; ``columns`` are all the others, in order."""
    return _row_mac(key, b"redemption", columns)


def answer_mac(key: bytes, columns: Sequence[object]) -> bytes:
    """Return the digest of the row of an online answer; ``columns`` are all the others."""
    return _row_mac(key, b"answer", columns)


def _row_mac(key: bytes, what: bytes, columns: Sequence[object]) -> bytes:
    parts = [value if isinstance(value, bytes) else str(value).encode() for value in columns]
    lengths = struct.pack(f">{len(parts)}I", *map(len, parts))
    return hmac.digest(key, what + lengths + b"".join(parts), "sha256")[:MAC_BYTES]
