"""A second, independent reader of the voucher token, for tests and other implementers.

Written from the format's description alone (``README.md`` beside this file repeats it). It must
not know the product: it imports the standard library and ``cryptography`` and nothing else, so
that a mistake in one implementation is not repeated in the other. Short codes are read in
``second_short_code.py``; ``second_signer.py`` makes tokens.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOKEN_DIGITS: Final = 492
GRANT_BYTES: Final = 125
VOUCHER_BYTES: Final = 79
SIGNATURE_BYTES: Final = 64
GRANT_DOMAIN: Final = b"BRANCHDESK-GRANT-1\0"
VOUCHER_DOMAIN: Final = b"BRANCHDESK-VOUCHER-1\0"
NO_HOLDER: Final = bytes(4)
LIFETIME_DAYS_MAX: Final = 366
UTC8_SECONDS: Final = 8 * 3600
DAY_SECONDS: Final = 86_400
DAY_ZERO: Final = date(2020, 1, 1)
DAY_ZERO_SINCE_UNIX_EPOCH: Final = (DAY_ZERO - date(1970, 1, 1)).days

_ASCII_FROM_FULL_WIDTH: Final = {0xFF10 + digit: str(digit) for digit in range(10)}
_DIGIT_RUN: Final = re.compile(r"[0-9]+")


class BadTokenError(Exception):
    """The token is not genuine: ``verdict`` as a person sees it, ``reason`` the exact rule."""

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(f"{verdict}: {reason}")
        self.verdict = verdict
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Grant:
    """The fields of the 125 grant bytes; days count from 2020-01-01, money is in minor units."""

    version: int
    algorithm: int
    key_id: bytes
    number: int
    terminal: int
    terminal_key: bytes
    offer: int
    slots: int
    face_minor: int
    issue_from_day: int
    issue_until_day: int
    policy_byte: int
    signature: bytes

    @property
    def policy(self) -> int:
        """Return the redemption policy, 0 to 3."""
        return self.policy_byte & 0b11

    @property
    def is_book(self) -> bool:
        """Say whether the slot is a page of a pre-printed book."""
        return bool(self.policy_byte & 0b100)


@dataclass(frozen=True, slots=True)
class Voucher:
    """The fields of the 79 voucher bytes; ``issued_at_s`` is Unix seconds."""

    version: int
    algorithm: int
    slot: int
    issued_at_s: int
    expires_day: int
    holder: bytes
    copy: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A decoded token with the bytes that the signatures and the short code cover."""

    grant: Grant
    voucher: Voucher
    grant_bytes: bytes
    voucher_bytes: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where the voucher is presented, as far as that place knows.

    ``offer_here``: the offer is meant for this place. ``keeper``: the feed names this terminal
    keeper of the voucher's outlet. ``released``: the terminal that held the right to redeem has
    signed it away. ``allowance``: this terminal has offline allowance left for the offer.
    """

    terminal: int
    online: bool
    offer_here: bool = True
    keeper: bool = False
    released: bool = False
    allowance: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Everything outside the token that a verdict needs.

    ``grant_keys`` are raw 32-byte public keys. ``revoked`` holds (grant, slot), with slot None
    for the whole grant. ``newest_copy`` is the highest copy number known here. ``holder`` is the
    campaign's holder key and the phone shown. ``place`` and ``holder`` are None when nobody asks.
    """

    grant_keys: tuple[bytes, ...]
    now_s: int
    revoked: frozenset[tuple[int, int | None]] = frozenset()
    void: bool = False
    used: bool = False
    newest_copy: int = 0
    activated: bool = False
    place: Place | None = None
    holder: tuple[bytes, str] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word a person sees, the exact rule, and the token where it could be decoded."""

    verdict: str
    reason: str
    token: Token | None


# Dates


def day_of(unix_s: int) -> int:
    """Return the UTC+8 day, counted from 2020-01-01, on which ``unix_s`` falls."""
    return (unix_s + UTC8_SECONDS) // DAY_SECONDS - DAY_ZERO_SINCE_UNIX_EPOCH


def date_of(day: int) -> date:
    """Return the calendar date of ``day``."""
    return DAY_ZERO + timedelta(days=day)


def day_starts_at_s(day: int) -> int:
    """Return the Unix second at which ``day`` begins in UTC+8."""
    return (day + DAY_ZERO_SINCE_UNIX_EPOCH) * DAY_SECONDS - UTC8_SECONDS


# From text to fields


def digits_of(text: str) -> str:
    """Return the last run of digits in ``text`` after folding full-width digits."""
    runs = _DIGIT_RUN.findall(text.translate(_ASCII_FROM_FULL_WIDTH))
    return str(runs[-1]) if runs else ""


def read_token(text: str) -> Token:
    """Decode QR text and apply every rule that needs no key; raise BadTokenError otherwise."""
    digits = digits_of(text)
    if len(digits) != TOKEN_DIGITS:
        raise BadTokenError("forged", "length")
    # 492 digits are below 2**1640, so the integer always fits 205 bytes.
    raw = int(digits).to_bytes(1 + GRANT_BYTES + VOUCHER_BYTES, "big")
    if raw[0] != 1:
        raise BadTokenError("forged", "leading_byte")
    token = decode(raw[1 : 1 + GRANT_BYTES], raw[1 + GRANT_BYTES :])
    check_own_fields(token)
    return token


def decode(grant_bytes: bytes, voucher_bytes: bytes) -> Token:
    """Split 125 and 79 bytes into fields without judging them."""
    take = _Cursor(grant_bytes)
    head = take.number(1)
    grant = Grant(
        version=head >> 4,
        algorithm=head & 15,
        key_id=take.raw(4),
        number=take.number(4),
        terminal=take.number(4),
        terminal_key=take.raw(32),
        offer=take.number(4),
        slots=take.number(3),
        face_minor=take.number(4),
        issue_from_day=take.number(2),
        issue_until_day=take.number(2),
        policy_byte=take.number(1),
        signature=take.raw(SIGNATURE_BYTES),
    )
    take.end()
    take = _Cursor(voucher_bytes)
    head = take.number(1)
    voucher = Voucher(
        version=head >> 4,
        algorithm=head & 15,
        slot=take.number(3),
        issued_at_s=take.number(4),
        expires_day=take.number(2),
        holder=take.raw(4),
        copy=take.number(1),
        signature=take.raw(SIGNATURE_BYTES),
    )
    take.end()
    return Token(grant, voucher, grant_bytes, voucher_bytes)


class _Cursor:
    """Reads fixed fields one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def raw(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise ValueError(f"{size} bytes wanted at {self._at}, {len(part)} there")
        self._at += size
        return part

    def number(self, size: int) -> int:
        return int.from_bytes(self.raw(size), "big")

    def end(self) -> None:
        if self._at != len(self._data):
            raise ValueError(f"{len(self._data) - self._at} bytes too many")


def check_own_fields(token: Token) -> None:
    """Raise BadTokenError for a field that no honest signer writes, whatever the keys."""
    grant, voucher = token.grant, token.voucher
    rules = (
        (grant.version == 1, "grant_version"),
        (voucher.version == 1, "voucher_version"),
        (grant.algorithm == 1, "grant_algorithm"),
        (voucher.algorithm == grant.algorithm, "voucher_algorithm"),
        (grant.policy_byte & 0b11111000 == 0, "policy_bits"),
        (grant.slots >= 1, "slots_zero"),
        (grant.issue_from_day <= grant.issue_until_day, "window_reversed"),
        (voucher.slot >= 1, "slot_zero"),
    )
    _refuse_first_broken(rules)


def _refuse_first_broken(rules: Iterable[tuple[bool, str]]) -> None:
    for holds, reason in rules:
        if not holds:
            raise BadTokenError("forged", reason)


# Signatures


def key_id_of(public_key: bytes) -> bytes:
    """Return the 4-byte id of a raw grant key."""
    return hashlib.sha256(public_key).digest()[:4]


def grant_message(grant_bytes: bytes) -> bytes:
    """Return what head office signs: the domain and the 61 bytes before the signature."""
    return GRANT_DOMAIN + grant_bytes[: GRANT_BYTES - SIGNATURE_BYTES]


def voucher_message(grant_bytes: bytes, voucher_bytes: bytes) -> bytes:
    """Return what the terminal signs: domain, hash of the whole grant, the 15 bytes before."""
    whole_grant = hashlib.sha256(grant_bytes).digest()
    return VOUCHER_DOMAIN + whole_grant + voucher_bytes[: VOUCHER_BYTES - SIGNATURE_BYTES]


def signature_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Verify Ed25519 strictly: canonical S, cofactorless, no key of small order."""
    if has_small_order(public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _y_of_order_eight() -> int:
    """Solve d·y⁴ + 2·y² − 1 = 0, which doubling to a point with y = 0 amounts to."""
    p = _FIELD
    d = -121665 * pow(121666, -1, p) % p
    for root in (_square_root(1 + d), -_square_root(1 + d)):
        y_squared = (root - 1) * pow(d, -1, p) % p
        if pow(y_squared, (p - 1) // 2, p) == 1:
            return _square_root(y_squared)
    raise AssertionError("the curve has points of order eight")


def _square_root(square: int) -> int:
    """Return a root modulo 2**255 − 19 of a number known to be a square."""
    root = pow(square, (_FIELD + 3) // 8, _FIELD)
    if (root * root - square) % _FIELD:
        root = root * pow(2, (_FIELD - 1) // 4, _FIELD) % _FIELD
    return root


_FIELD: Final = 2**255 - 19
_SMALL_ORDER_Y: Final = frozenset(
    {0, 1, _FIELD - 1, _y_of_order_eight(), -_y_of_order_eight() % _FIELD}
)


def has_small_order(public_key: bytes) -> bool:
    """Say whether a key, canonical or not, is one of the eight points of small order.

    Under such a key one signature holds for many messages (RFC 8032 leaves this to the user).
    """
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    return y % _FIELD in _SMALL_ORDER_Y


def authenticate(token: Token, grant_keys: Iterable[bytes]) -> None:
    """Raise BadTokenError unless head office granted and the terminal issued exactly this."""
    grant, voucher = token.grant, token.voucher
    candidates = [key for key in grant_keys if key_id_of(key) == grant.key_id]
    if not candidates:
        raise BadTokenError("unknown_issuer", "unknown_key")
    message = grant_message(token.grant_bytes)
    if not any(signature_holds(key, grant.signature, message) for key in candidates):
        raise BadTokenError("forged", "grant_signature")
    message = voucher_message(token.grant_bytes, token.voucher_bytes)
    if not signature_holds(grant.terminal_key, voucher.signature, message):
        raise BadTokenError("forged", "voucher_signature")
    issue_day = day_of(voucher.issued_at_s)
    rules = (
        (voucher.slot <= grant.slots, "slot_above_grant"),
        (issue_day >= grant.issue_from_day, "issued_before_window"),
        (issue_day <= grant.issue_until_day, "issued_after_window"),
        (voucher.expires_day >= issue_day, "expires_before_issue"),
        (voucher.expires_day <= grant.issue_until_day + LIFETIME_DAYS_MAX, "expires_too_late"),
    )
    _refuse_first_broken(rules)


# The verdict


def judge(text: str, context: Context) -> Verdict:
    """Decide the one verdict on ``text``, in the format's order, first hit wins."""
    token: Token | None = None
    try:
        token = read_token(text)
        authenticate(token, context.grant_keys)
    except BadTokenError as bad:
        return Verdict(bad.verdict, bad.reason, token)
    word = _standing(token, context) or _timing(token, context.now_s)
    word = word or place_word(token, context.place) or _holding(token, context.holder) or "good"
    return Verdict(word, word, token)


def _standing(token: Token, context: Context) -> str | None:
    grant, voucher = token.grant, token.voucher
    hits = (
        (bool(context.revoked & {(grant.number, None), (grant.number, voucher.slot)}), "revoked"),
        (context.void, "void"),
        (context.used, "used"),
        (voucher.copy < context.newest_copy, "superseded"),
        (grant.is_book and not context.activated, "not_activated"),
    )
    return next((word for hit, word in hits if hit), None)


def _timing(token: Token, now_s: int) -> str | None:
    today = day_of(now_s)
    if today < max(token.grant.issue_from_day, day_of(token.voucher.issued_at_s)):
        return "not_yet"
    return "expired" if today > token.voucher.expires_day else None


def place_word(token: Token, place: Place | None) -> str | None:
    """Return what stands against redeeming ``token`` at ``place``, or None."""
    if place is None:
        return None
    if not place.offer_here:
        return "not_here"
    policy = token.grant.policy
    if policy in {0, 3}:
        allowed_offline = policy == 3 and place.allowance
        return None if place.online or allowed_offline else "needs_line"
    at_redeemer = place.terminal == token.grant.terminal if policy == 1 else place.keeper
    if at_redeemer:
        return None
    if not place.online:
        return "needs_line"
    return None if place.released else "not_here"


def _holding(token: Token, holder: tuple[bytes, str] | None) -> str | None:
    if token.voucher.holder == NO_HOLDER or holder is None:
        return None
    holder_key, phone = holder
    if not phone.isascii():
        return "holder_mismatch"
    own = holder_pseudonym(holder_key, token.grant.number, token.voucher.slot, phone)
    return None if hmac.compare_digest(own, token.voucher.holder) else "holder_mismatch"


def holder_pseudonym(holder_key: bytes, grant_number: int, slot: int, phone: str) -> bytes:
    """Return the 4 holder bytes for an E.164 phone with its plus."""
    message = grant_number.to_bytes(4, "big") + slot.to_bytes(3, "big") + phone.encode("ascii")
    return hmac.new(holder_key, message, hashlib.sha256).digest()[:4]
