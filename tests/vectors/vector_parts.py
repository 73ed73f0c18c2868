"""The fixed keys, the plain token that every vector starts from, and one vector's shape.

Everything here is deterministic. The expected verdicts are written by hand in ``cases_*.py``;
nothing here asks the verifier what it thinks.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hostile_signatures import small_order_keys
from second_implementation import (
    NO_HOLDER,
    Grant,
    Place,
    Token,
    Voucher,
    date_of,
    holder_pseudonym,
    key_id_of,
)
from second_short_code import short_code
from second_signer import (
    encode_grant_fields,
    encode_text,
    encode_voucher_fields,
    sign_grant,
    sign_voucher,
)

Json = dict[str, object]
UTC8: Final = timezone(timedelta(hours=8))
GOOD: Final = ("good", "good")


def seed_of(name: str) -> bytes:
    """Return the published test seed of a named key."""
    return hashlib.sha256(b"BranchDesk golden vectors, TEST ONLY: " + name.encode()).digest()


def public_of(name: str) -> bytes:
    """Return the raw public key of a named key."""
    return Ed25519PrivateKey.from_private_bytes(seed_of(name)).public_key().public_bytes_raw()


OFFICE: Final = "office-1"
NEXT_OFFICE: Final = "office-2"
STRANGER: Final = "office-stranger"
TERMINAL: Final = "terminal-1"
OTHER_TERMINAL: Final = "terminal-2"
HOLDER_KEYS: Final = {name: seed_of(name) for name in ("campaign-1", "campaign-2")}
# Public keys without a seed: nobody holds one, which is what makes them dangerous.
KEYLESS: Final = {f"small-order-{name}": key for name, key, _ in small_order_keys()}


def seconds(text: str) -> int:
    """Return Unix seconds of a UTC+8 wall time such as ``2026-03-15 10:00:00``."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC8).timestamp())


def day(text: str) -> int:
    """Return the day number of an ISO date."""
    return (datetime.fromisoformat(text) - datetime.fromisoformat("2020-01-01")).days


ISSUED_AT: Final = seconds("2026-03-15 10:00:00")
NOW: Final = seconds("2026-04-01 12:00:00")
ISSUE_FROM: Final = day("2026-03-01")
ISSUE_UNTIL: Final = day("2026-06-30")
EXPIRES: Final = day("2026-09-30")
PHONE: Final = "+8613800138000"

PLAIN_GRANT: Final = Grant(
    version=1,
    algorithm=1,
    key_id=key_id_of(public_of(OFFICE)),
    number=70_001,
    terminal=12,
    terminal_key=public_of(TERMINAL),
    offer=305,
    slots=500,
    face_minor=5_000,
    issue_from_day=ISSUE_FROM,
    issue_until_day=ISSUE_UNTIL,
    policy_byte=1,
    signature=b"",
)
PLAIN_VOUCHER: Final = Voucher(
    version=1,
    algorithm=1,
    slot=42,
    issued_at_s=ISSUED_AT,
    expires_day=EXPIRES,
    holder=NO_HOLDER,
    copy=0,
    signature=b"",
)
HOME: Final = Place(terminal=12, online=False)


@dataclass(frozen=True, slots=True)
class Made:
    """A signed token with the values that went in."""

    grant: Grant
    voucher: Voucher
    grant_bytes: bytes
    voucher_bytes: bytes

    @property
    def digits(self) -> str:
        """Return the token's decimal digits."""
        return encode_text(self.grant_bytes, self.voucher_bytes)


def make(
    *, office: str = OFFICE, signer: str = TERMINAL, phone: str | None = None, **fields: object
) -> Made:
    """Sign the plain token with some fields changed.

    ``g_…`` changes a grant field, ``v_…`` a voucher field; ``office`` and ``signer`` name the
    keys that sign; ``phone`` binds the holder under campaign-1.
    """
    of_grant = {name[2:]: value for name, value in fields.items() if name.startswith("g_")}
    of_voucher = {name[2:]: value for name, value in fields.items() if name.startswith("v_")}
    if len(of_grant) + len(of_voucher) != len(fields):
        raise ValueError(f"fields must start with g_ or v_: {sorted(fields)}")
    grant = replace(PLAIN_GRANT, key_id=key_id_of(public_of(office)))
    grant = replace(grant, **of_grant)  # type: ignore[arg-type] # names are checked by replace
    voucher = replace(PLAIN_VOUCHER, **of_voucher)  # type: ignore[arg-type] # the same
    if phone is not None:
        key = HOLDER_KEYS["campaign-1"]
        voucher = replace(voucher, holder=holder_pseudonym(key, grant.number, voucher.slot, phone))
    grant_bytes = sign_grant(seed_of(office), encode_grant_fields(grant))
    return finish(grant, voucher, grant_bytes, signer)


def finish(grant: Grant, voucher: Voucher, grant_bytes: bytes, signer: str = TERMINAL) -> Made:
    """Sign the voucher for finished grant bytes."""
    fields = encode_voucher_fields(voucher)
    return Made(grant, voucher, grant_bytes, sign_voucher(seed_of(signer), grant_bytes, fields))


def with_grant_signature(signature: bytes) -> Made:
    """Return the plain token with this grant signature and an honest voucher under it."""
    return finish(PLAIN_GRANT, PLAIN_VOUCHER, encode_grant_fields(PLAIN_GRANT) + signature)


def with_voucher_signature(signature: bytes) -> Made:
    """Return the plain token with this voucher signature."""
    made = make()
    return replace(made, voucher_bytes=encode_voucher_fields(PLAIN_VOUCHER) + signature)


def context(**changes: object) -> Json:
    """Return the plain context, head office's key known and nothing else asked, with changes."""
    plain: Json = {
        "grant_keys": [OFFICE],
        "now": NOW,
        "revoked": [],
        "void": False,
        "used": False,
        "newest_copy": 0,
        "activated": False,
        "place": None,
        "holder": None,
    }
    unknown = changes.keys() - plain.keys()
    if unknown:
        raise ValueError(f"no such context: {sorted(unknown)}")
    return plain | changes


def shows(phone: str, key: str = "campaign-1") -> Json:
    """Return the holder part of a context: the phone shown, checked under a holder key."""
    return {"phone": phone, "key": key}


def at(place: Place, **changes: bool | int) -> Json:
    """Return a place for a context."""
    changed = replace(place, **changes)  # type: ignore[arg-type] # names are checked by replace
    return asdict(changed)


@dataclass(frozen=True, slots=True)
class Vector:
    """One golden vector; ``made`` is set when the token itself is genuine."""

    id: str
    text: str
    context: Mapping[str, object]
    expected: tuple[str, str]
    made: Made | None = None

    def as_json(self) -> Json:
        """Return the vector as it lies in the file."""
        verdict, reason = self.expected
        return {
            "id": self.id,
            "verdict": verdict,
            "reason": reason,
            "context": dict(self.context),
            "fields": None if self.made is None else fields_json(self.made),
            "short_code": None if self.made is None else code_of(self.made),
            "text": self.text,
        }


def genuine(name: str, made: Made, expected: tuple[str, str] = GOOD, **changes: object) -> Vector:
    """Return a vector whose token is genuine; the context decides the verdict."""
    return Vector(name, made.digits, context(**changes), expected, made)


def forged(name: str, token: Made | str, reason: str, **changes: object) -> Vector:
    """Return a vector that must be called forged for ``reason``."""
    text = token if isinstance(token, str) else token.digits
    return Vector(name, text, context(**changes), ("forged", reason))


def code_of(made: Made) -> str:
    """Return the printed short code."""
    return short_code(Token(made.grant, made.voucher, made.grant_bytes, made.voucher_bytes))


def fields_json(made: Made) -> Json:
    """Return every field under its name, bytes in hex, dates beside their day numbers."""
    grant, voucher = made.grant, made.voucher
    return {
        "grant": grant.number,
        "terminal": grant.terminal,
        "terminal_key": grant.terminal_key.hex(),
        "key_id": grant.key_id.hex(),
        "offer": grant.offer,
        "slots": grant.slots,
        "face_minor": grant.face_minor,
        "issue_from_day": grant.issue_from_day,
        "issue_from": date_of(grant.issue_from_day).isoformat(),
        "issue_until_day": grant.issue_until_day,
        "issue_until": date_of(grant.issue_until_day).isoformat(),
        "policy": grant.policy_byte & 3,
        "book": bool(grant.policy_byte & 4),
        "slot": voucher.slot,
        "issued_at": voucher.issued_at_s,
        "issued_at_utc": datetime.fromtimestamp(voucher.issued_at_s, UTC).isoformat(),
        "expires_day": voucher.expires_day,
        "expires_on": date_of(voucher.expires_day).isoformat(),
        "holder": voucher.holder.hex(),
        "copy": voucher.copy,
    }
