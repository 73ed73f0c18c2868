"""How a terminal joins: the one code, the certificate, head office's key records.

The code carries head office's address, a one-time token and the fingerprint of its CA, so that the
first connection already knows whom it talks to. The root key signs dated records of separate
grant, ack, bundle and seal keys; tokens of an earlier grant key still verify.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.short_code import ALPHABET
from branchdesk.protocol.signing import (
    PUBLIC_KEY_BYTES,
    RecordKind,
    SigningKey,
    key_id,
    open_record,
    sign_record,
)

CODE_PREFIX = "BD1"
TOKEN_BYTES = 10
FINGERPRINT_BYTES = 32
CODE_CHARACTERS_MAX = 2_000
# Scheme, host or bracketed IPv6, port, plain path: nothing that two readers could read differently.
_ADDRESS = re.compile(
    r"https://(?=.{1,255}\Z)(?:[a-z0-9._-]*[a-z0-9]|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:/[a-z0-9._~/-]*)?",
    re.ASCII | re.IGNORECASE,
)
_FOLD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\n": None, "\r": None})


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """What the one code says: ``url`` of head office, 10-byte token, SHA-256 of the CA (DER)."""

    url: str
    token: bytes
    ca_sha256: bytes

    def encode(self) -> str:
        """Return upper-case text that survives keyboards, QR and being read aloud."""
        body = codec.encode([self.url, self.token, self.ca_sha256])
        return CODE_PREFIX + _base32(body + hashlib.sha256(body).digest()[:2])


def decode_enrolment_code(text: str) -> EnrolmentCode:
    """Read a code, forgiving case, spaces, hyphens and O/I/L.

    Raises RuleViolation ``enrolment_code_invalid`` with the problem: prefix, length, character,
    check, content or address.
    """
    if len(text) > CODE_CHARACTERS_MAX:
        raise RuleViolation("enrolment_code_invalid", problem="length")
    folded = text.strip().upper().translate(_FOLD)
    prefix = CODE_PREFIX.translate(_FOLD)
    if not folded.startswith(prefix):
        raise RuleViolation("enrolment_code_invalid", problem="prefix")
    data = _unbase32(folded[len(prefix) :])
    body, check = data[:-2], data[-2:]
    if hashlib.sha256(body).digest()[:2] != check:
        raise RuleViolation("enrolment_code_invalid", problem="check")
    try:
        url, token, ca_sha256 = codec.decode(body, what="enrolment_code")
    except (ContractFault, ValueError, TypeError) as error:
        raise RuleViolation("enrolment_code_invalid", problem="content") from error
    if not (isinstance(url, str) and _is_address(url)):
        raise RuleViolation("enrolment_code_invalid", problem="address")
    if not (isinstance(token, bytes) and isinstance(ca_sha256, bytes)):
        raise RuleViolation("enrolment_code_invalid", problem="content")
    if len(token) != TOKEN_BYTES or len(ca_sha256) != FINGERPRINT_BYTES:
        raise RuleViolation("enrolment_code_invalid", problem="content")
    return EnrolmentCode(url, token, ca_sha256)


class KeyUse(StrEnum):
    """What one of head office's keys may sign or open."""

    GRANT = "grant"
    ACK = "ack"
    BUNDLE = "bundle"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A head-office key under the root key's signature; times are Unix milliseconds."""

    use: KeyUse
    algorithm: int
    public_key: bytes
    from_ms: int
    until_ms: int

    @property
    def key_id(self) -> bytes:
        """The 4-byte id under which tokens and records name this key."""
        return key_id(self.public_key)


def sign_key_record(record: KeyRecord, root: SigningKey) -> bytes:
    """Return the record signed by root."""
    body = codec.encode(
        {
            "use": record.use.value,
            "alg": record.algorithm,
            "public": record.public_key,
            "from_ms": record.from_ms,
            "until_ms": record.until_ms,
        }
    )
    return sign_record(RecordKind.KEY, body, root).encode()


def open_key_record(data: bytes, root_public_key: bytes) -> KeyRecord:
    """Read a key record and check root's signature; raises ContractFault."""
    record = open_record(data, RecordKind.KEY, {key_id(root_public_key): root_public_key})
    fields = codec.decode_map(
        record.body,
        {"use": str, "alg": int, "public": bytes, "from_ms": int, "until_ms": int},
        what="key",
    )
    if fields["use"] not in KeyUse.__members__.values():
        raise codec.malformed("key", "unknown_use")
    if len(fields["public"]) != PUBLIC_KEY_BYTES:
        raise codec.malformed("key", "wrong_length", field="public")
    return KeyRecord(
        KeyUse(fields["use"]), fields["alg"], fields["public"], fields["from_ms"],
        fields["until_ms"],
    )  # fmt: skip


_CERTIFICATE_FIELDS: Mapping[str, type] = {
    "terminal": int,
    "epoch": int,
    "outlet": str,
    "kind": str,
    "public_key": bytes,
    "root_key": bytes,
    "enrolled_ms": int,
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """Head office's word that a device key is this terminal, in this epoch, at this outlet."""

    terminal: int
    epoch: int
    outlet: str
    kind: str
    public_key: bytes
    root_key: bytes
    enrolled_ms: int


def sign_certificate(certificate: Certificate, key: SigningKey) -> bytes:
    """Return the certificate signed by the acknowledgement key; its bytes start the chain."""
    fields: dict[str, Any] = {name: getattr(certificate, name) for name in _CERTIFICATE_FIELDS}
    return sign_record(RecordKind.CERTIFICATE, codec.encode(fields), key).encode()


def open_certificate(data: bytes, keys: dict[bytes, bytes]) -> Certificate:
    """Read a certificate signed by one of the acknowledgement ``keys``; raises ContractFault."""
    record = open_record(data, RecordKind.CERTIFICATE, keys)
    fields = codec.decode_map(record.body, _CERTIFICATE_FIELDS, what="certificate")
    return Certificate(**fields)


def _is_address(url: str) -> bool:
    try:
        return bool(_ADDRESS.fullmatch(url)) and urlsplit(url).port != 0
    except ValueError:  # a port above 65535, or brackets around what is no IPv6 address
        return False


def _base32(data: bytes) -> str:
    bits, length = int.from_bytes(data, "big"), len(data) * 8
    padding = -length % 5
    bits <<= padding
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(length + padding - 5, -1, -5))


def _unbase32(text: str) -> bytes:
    bits = 0
    for character in text:
        value = ALPHABET.find(character)
        if value < 0:
            raise RuleViolation("enrolment_code_invalid", problem="character", character=character)
        bits = bits << 5 | value
    padding = len(text) * 5 % 8
    if len(text) < 16 or bits & ((1 << padding) - 1):
        raise RuleViolation("enrolment_code_invalid", problem="length")
    return (bits >> padding).to_bytes(len(text) * 5 // 8, "big")
