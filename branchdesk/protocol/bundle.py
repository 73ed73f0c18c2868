"""The signed campaign bundle: one file, refused whole or taken whole.

The content is UTF-8 JSON of the campaign, exactly as head office approved it; what it means is the
domain's (``domain.campaign``). Here is only the seal: version, dates, size, signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.signing import RecordKind, SigningKey, open_record, sign_record

BUNDLE_BYTES_MAX = 4 << 20

_FIELDS: Mapping[str, type] = {
    "campaign": str,
    "version": int,
    "valid_from_ms": int,
    "valid_until_ms": int,
    "content": bytes,
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version of a campaign; ``content`` is its JSON, times are Unix milliseconds."""

    campaign: str
    version: int
    valid_from_ms: int
    valid_until_ms: int
    content: bytes


def sign_bundle(bundle: Bundle, key: SigningKey) -> bytes:
    """Return the bundle signed by the bundle key; raises ContractFault when it is too large."""
    body = codec.encode({name: getattr(bundle, name) for name in _FIELDS})
    data = sign_record(RecordKind.BUNDLE, body, key).encode()
    if len(data) > BUNDLE_BYTES_MAX:
        raise codec.malformed("bundle", "too_large", limit_bytes=BUNDLE_BYTES_MAX)
    return data


def open_bundle(
    data: bytes, keys: dict[bytes, bytes], *, now_ms: int | None, newer_than: Mapping[str, int]
) -> Bundle:
    """Read a bundle, or refuse it whole.

    ``keys`` are bundle keys; ``now_ms`` is a trusted time, or None while the clock is suspect (the
    dates are then not judged); ``newer_than`` maps campaign to the version in force. Raises
    ContractFault ``malformed``, ``unsigned``, ``bad_signature``, ``bundle_expired`` or
    ``bundle_older``.
    """
    if len(data) > BUNDLE_BYTES_MAX:
        raise codec.malformed("bundle", "too_large", limit_bytes=BUNDLE_BYTES_MAX)
    record = open_record(data, RecordKind.BUNDLE, keys, bytes_max=BUNDLE_BYTES_MAX)
    fields = codec.decode_map(record.body, _FIELDS, what="bundle", bytes_max=BUNDLE_BYTES_MAX)
    bundle = Bundle(**fields)
    if now_ms is not None and now_ms > bundle.valid_until_ms:
        raise ContractFault("bundle_expired", campaign=bundle.campaign, version=bundle.version)
    in_force = newer_than.get(bundle.campaign, 0)
    if bundle.version < in_force:
        raise ContractFault("bundle_older", campaign=bundle.campaign, version=bundle.version,
                            in_force=in_force)  # fmt: skip
    return bundle
