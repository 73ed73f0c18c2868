"""The voucher token: grant and voucher bytes, the QR text, the short code (DESIGN section 6).

Everything big-endian and unsigned. The token proves itself with head office's grant key alone; it
holds no name, number or document. This module knows bytes and signatures, not whether a voucher
was used: that is ``verdict``.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from branchdesk.domain.clock import CHINA_TIME
from branchdesk.errors import ContractFault
from branchdesk.protocol.signing import (
    ED25519,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    SigningKey,
    key_id,
    verifies,
)

VERSION = 1
GRANT_BYTES = 125
VOUCHER_BYTES = 79
TOKEN_DIGITS = 492
EXPIRY_DAYS_MAX = 366
BOOK_BIT = 0b100
TEXT_CHARACTERS_MAX = 4096
NO_HOLDER = bytes(4)

GRANT_PREFIX = b"BRANCHDESK-GRANT-1\0"
VOUCHER_PREFIX = b"BRANCHDESK-VOUCHER-1\0"

_HEAD = VERSION << 4 | ED25519
_DAY_ZERO = date(2020, 1, 1)
_GRANT = struct.Struct(">B4sII32sI3sIHHB")
_VOUCHER = struct.Struct(">B3sIH4sB")
_LEAD = b"\x01"
# Only the ten full-width digits are folded: other scripts' digits never come from a scanner.
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}


def day_number(day: date) -> int:
    """Return days since 2020-01-01."""
    return (day - _DAY_ZERO).days


def day_of(number: int) -> date:
    """Return the date of a day number."""
    return _DAY_ZERO + timedelta(days=number)


def china_day(unix_seconds: int) -> int:
    """Return the day number, in UTC+8, on which a Unix time falls."""
    return day_number(datetime.fromtimestamp(unix_seconds, CHINA_TIME).date())


@dataclass(frozen=True, slots=True)
class Grant:
    """Slots 1..``slots`` of one offer, lent to one terminal; 125 bytes with the signature.

    ``face_minor`` is in fen; ``issue_from`` and ``issue_until`` are day numbers, both included.
    """

    key_id: bytes
    number: int
    terminal: int
    terminal_key: bytes
    offer: int
    slots: int
    face_minor: int
    issue_from: int
    issue_until: int
    policy: int
    is_book: bool = False
    signature: bytes = bytes(SIGNATURE_BYTES)

    def body(self) -> bytes:
        """Return the 61 signed bytes."""
        return _GRANT.pack(
            _HEAD,
            self.key_id,
            self.number,
            self.terminal,
            self.terminal_key,
            self.offer,
            self.slots.to_bytes(3, "big"),
            self.face_minor,
            self.issue_from,
            self.issue_until,
            self.policy | (BOOK_BIT if self.is_book else 0),
        )

    def encode(self) -> bytes:
        """Return all 125 bytes."""
        return self.body() + self.signature


@dataclass(frozen=True, slots=True)
class Voucher:
    """One used slot of a grant; 79 bytes with the terminal's signature.

    ``issued_at`` is Unix seconds, ``expires`` the day number of the last good day.
    """

    slot: int
    issued_at: int
    expires: int
    holder: bytes = NO_HOLDER
    copy: int = 0
    signature: bytes = bytes(SIGNATURE_BYTES)

    def body(self) -> bytes:
        """Return the 15 bytes before the signature."""
        return _VOUCHER.pack(
            _HEAD,
            self.slot.to_bytes(3, "big"),
            self.issued_at,
            self.expires,
            self.holder,
            self.copy,
        )

    def encode(self) -> bytes:
        """Return all 79 bytes."""
        return self.body() + self.signature


@dataclass(frozen=True, slots=True)
class Token:
    """A grant with one of its vouchers: what a QR holds."""

    grant: Grant
    voucher: Voucher


def sign_grant(grant: Grant, key: SigningKey) -> Grant:
    """Return ``grant`` under ``key``'s id and signature."""
    unsigned = replace(grant, key_id=key.key_id)
    return replace(unsigned, signature=key.sign(GRANT_PREFIX, unsigned.body()))


def sign_voucher(voucher: Voucher, grant_bytes: bytes, key: SigningKey) -> Voucher:
    """Return ``voucher`` signed by the terminal's ``key`` for the grant in ``grant_bytes``."""
    message = hashlib.sha256(grant_bytes).digest() + voucher.body()
    return replace(voucher, signature=key.sign(VOUCHER_PREFIX, message))


def holder_pseudonym(holder_key: bytes, grant_number: int, slot: int, phone: str) -> bytes:
    """Return the 4-byte keyed pseudonym of the holder's E.164 phone for one slot."""
    message = struct.pack(">I", grant_number) + slot.to_bytes(3, "big") + phone.encode("ascii")
    return hmac.digest(holder_key, message, "sha256")[:4]


def decode_grant(data: bytes) -> Grant:
    """Read 125 grant bytes; raises ContractFault ``forged`` with the ``rule`` broken.

    Own-field rules only: the signature is checked by :func:`authentic_grant`.
    """
    if len(data) != GRANT_BYTES:
        raise _forged("grant_length")
    head, kid, number, terminal, key, offer, slots, face, first, last, policy = _GRANT.unpack_from(
        data
    )
    _check_head(head, "grant")
    if policy >> 3:
        raise _forged("reserved_bits")
    grant = Grant(
        kid, number, terminal, key, offer, int.from_bytes(slots, "big"), face, first, last,
        policy & 0b11, bool(policy & BOOK_BIT), data[-SIGNATURE_BYTES:],
    )  # fmt: skip
    if grant.slots < 1:
        raise _forged("grant_slots")
    if grant.issue_from > grant.issue_until:
        raise _forged("grant_window")
    return grant


def decode_voucher(data: bytes) -> Voucher:
    """Read 79 voucher bytes; raises ContractFault ``forged`` with the ``rule`` broken."""
    if len(data) != VOUCHER_BYTES:
        raise _forged("voucher_length")
    head, slot, issued_at, expires, holder, copy = _VOUCHER.unpack_from(data)
    _check_head(head, "voucher")
    if not any(slot):
        raise _forged("slot_zero")
    return Voucher(
        int.from_bytes(slot, "big"), issued_at, expires, holder, copy, data[-SIGNATURE_BYTES:]
    )


def token_text(grant_bytes: bytes, voucher_bytes: bytes, prefix: str = "") -> str:
    """Return the QR text: optional prefix, then 492 decimal digits."""
    return f"{prefix}{int.from_bytes(_LEAD + grant_bytes + voucher_bytes, 'big')}"


def token_bytes(text: str) -> tuple[bytes, bytes]:
    """Return the grant and voucher bytes in a scanned text.

    Folds full-width digits and takes the last run of digits. Raises ContractFault ``forged`` with
    rule ``length`` or ``lead``.
    """
    digits = _last_digits(text)
    if len(digits) != TOKEN_DIGITS:
        raise _forged("length")
    number = int(digits)
    try:
        data = number.to_bytes(1 + GRANT_BYTES + VOUCHER_BYTES, "big")
    except OverflowError as error:
        raise _forged("lead") from error
    if data[:1] != _LEAD:
        raise _forged("lead")
    return data[1 : 1 + GRANT_BYTES], data[1 + GRANT_BYTES :]


def read_token(text: str) -> Token:
    """Read a scanned text into a token, checking everything that needs no key."""
    grant_data, voucher_data = token_bytes(text)
    return Token(decode_grant(grant_data), decode_voucher(voucher_data))


def authentic_grant(grant: Grant, keys: dict[bytes, bytes]) -> bool:
    """Say whether the grant is signed by the head-office key it names; ``keys``: id to public key.

    Raises ContractFault ``unknown_issuer`` when no such key is known.
    """
    public = keys.get(grant.key_id)
    if public is None or key_id(public) != grant.key_id:
        raise ContractFault("unknown_issuer", key=grant.key_id.hex())
    return verifies(public, grant.signature, GRANT_PREFIX, grant.body())


def authenticate(token: Token, keys: dict[bytes, bytes]) -> None:
    """Check both signatures and the rules that bind voucher to grant.

    Raises ContractFault ``unknown_issuer`` or ``forged`` with the ``rule`` broken; returns when the
    token is authentic. ``keys`` maps key id to the raw grant public key.
    """
    grant, voucher = token.grant, token.voucher
    if not authentic_grant(grant, keys):
        raise _forged("grant_signature")
    message = hashlib.sha256(grant.encode()).digest() + voucher.body()
    if not verifies(grant.terminal_key, voucher.signature, VOUCHER_PREFIX, message):
        raise _forged("voucher_signature")
    check_voucher_fits(voucher, grant)


def check_voucher_fits(voucher: Voucher, grant: Grant) -> None:
    """Check slot, issue day and expiry against the grant; raises ContractFault ``forged``."""
    if voucher.slot > grant.slots:
        raise _forged("slot_above_grant")
    issued_on = china_day(voucher.issued_at)
    if not grant.issue_from <= issued_on <= grant.issue_until:
        raise _forged("issued_outside_window")
    if not issued_on <= voucher.expires <= grant.issue_until + EXPIRY_DAYS_MAX:
        raise _forged("expiry_range")


def _last_digits(text: str) -> str:
    if len(text) > TEXT_CHARACTERS_MAX:
        return ""
    folded = text.translate(_FULL_WIDTH)
    end = len(folded)
    while end and not _is_digit(folded[end - 1]):
        end -= 1
    start = end
    while start and _is_digit(folded[start - 1]):
        start -= 1
    return folded[start:end]


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _check_head(head: int, part: str) -> None:
    if head >> 4 != VERSION:
        raise _forged(f"{part}_version")
    if head & 0xF != ED25519:
        raise _forged(f"{part}_algorithm")


def _forged(rule: str) -> ContractFault:
    return ContractFault("forged", rule=rule)


assert _GRANT.size + SIGNATURE_BYTES == GRANT_BYTES
assert PUBLIC_KEY_BYTES == 32
assert _VOUCHER.size + SIGNATURE_BYTES == VOUCHER_BYTES
