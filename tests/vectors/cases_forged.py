"""Vectors that must be called forged, or of an unknown issuer, each for one exact reason."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cases_ed25519 import ed25519_vectors
from cases_good import U16, U24, U32
from second_implementation import (
    GRANT_DOMAIN,
    LIFETIME_DAYS_MAX,
    VOUCHER_DOMAIN,
    day_starts_at_s,
    key_id_of,
)
from second_signer import encode_grant_fields, encode_text, encode_voucher_fields, sign
from vector_parts import (
    ISSUE_FROM,
    ISSUE_UNTIL,
    ISSUED_AT,
    KEYLESS,
    NEXT_OFFICE,
    OFFICE,
    OTHER_TERMINAL,
    PLAIN_GRANT,
    PLAIN_VOUCHER,
    STRANGER,
    TERMINAL,
    Made,
    Vector,
    context,
    forged,
    make,
    public_of,
    seed_of,
    with_grant_signature,
    with_voucher_signature,
)

UNKNOWN: Final = ("unknown_issuer", "unknown_key")


def forged_vectors() -> Iterator[Vector]:
    """Yield every vector that fails before anything outside the token is asked."""
    yield from _lengths()
    yield from _leading_bytes()
    yield from _own_fields()
    yield from _issuers()
    yield from _bit_flips()
    yield from _wrong_signers()
    yield from _wrong_messages()
    yield from _swaps()
    yield from ed25519_vectors()
    yield from _terms()


def _lengths() -> Iterator[Vector]:
    digits = make().digits
    texts = {
        "empty": "",
        "blank": "   ",
        "no-digit": "HTTPS://B.CN/V/",
        "one-digit": "7",
        "one-missing-at-end": digits[:-1],
        "one-missing-at-start": digits[1:],
        "one-more-at-end": digits + "0",
        "one-more-at-start": "1" + digits,
        "leading-zero-added": "0" + digits,
        "two-leading-zeros-added": "00" + digits,
        "half": digits[:246],
        "twice": digits + digits,
        "five-thousand-digits": "9" * 5_000,
        "split-by-space": digits[:246] + " " + digits[246:],
        "split-by-line-end": digits[:246] + "\n" + digits[246:],
        "split-by-hyphen": digits[:246] + "-" + digits[246:],
        "split-by-underscore": digits[:246] + "_" + digits[246:],
        "split-by-zero-width-space": digits[:246] + "\u200b" + digits[246:],
        "split-by-arabic-digit": digits[:246] + "\u0661" + digits[247:],
        "split-by-superscript": digits[:246] + "\u00b2" + digits[247:],
        "split-by-mathematical-digit": digits[:246] + "\U0001d7ce" + digits[247:],
        "all-arabic-digits": digits.translate({ord("0") + n: 0x0660 + n for n in range(10)}),
        "digits-after-token": digits + " 1",
        "full-width-digit-after-token": digits + "\uff11",
        "prefix-ends-in-digit": "HTTPS://B.CN/2" + digits,
        "hexadecimal": (b"\x01" + make().grant_bytes + make().voucher_bytes).hex(),
        "with-fraction": digits + ".0",
        "with-exponent": digits + "E0",
        "too-large-for-205-bytes": str(2**1640),
        "largest-205-bytes": str(2**1640 - 1),
    }
    for name, text in texts.items():
        yield forged(f"length-{name}", text, "length")


def _leading_bytes() -> Iterator[Vector]:
    made = make()
    body = int.from_bytes(made.grant_bytes + made.voucher_bytes, "big")
    for leading in (0, 2, 3, 4, 5):
        text = str(leading << 1632 | body).zfill(492)
        yield forged(f"leading-byte-{leading}", text, "leading_byte")
    yield forged("leading-byte-all-zeros", "0" * 492, "leading_byte")
    yield forged("leading-byte-all-nines", "9" * 492, "leading_byte")
    yield forged("leading-byte-one-below", str((1 << 1632) - 1).zfill(492), "leading_byte")
    yield forged("leading-byte-one-above", str(2 << 1632), "leading_byte")
    yield forged("nothing-but-leading-byte", str(1 << 1632), "grant_version")
    yield forged("nothing-but-ones", str((2 << 1632) - 1), "grant_version")


def _own_fields() -> Iterator[Vector]:
    """Signed by the right keys all the same: a signature does not excuse a bad field."""
    for version in (0, 2, 3, 15):
        yield forged(f"grant-version-{version}", make(g_version=version), "grant_version")
        yield forged(f"voucher-version-{version}", make(v_version=version), "voucher_version")
        both = make(g_version=version, v_version=version)
        yield forged(f"both-versions-{version}", both, "grant_version")
    for algorithm in (0, 2, 3, 4, 15):
        made = make(g_algorithm=algorithm)
        yield forged(f"grant-algorithm-{algorithm}", made, "grant_algorithm")
        made = make(v_algorithm=algorithm)
        yield forged(f"voucher-algorithm-{algorithm}", made, "voucher_algorithm")
        both = make(g_algorithm=algorithm, v_algorithm=algorithm)
        yield forged(f"both-algorithms-{algorithm}", both, "grant_algorithm")
    for bit in range(3, 8):
        made = make(g_policy_byte=1 | 1 << bit)
        yield forged(f"policy-bit-{bit}", made, "policy_bits")
    yield forged("policy-all-bits", make(g_policy_byte=255), "policy_bits")
    yield forged("slots-zero", make(g_slots=0), "slots_zero")
    yield forged("slots-zero-and-slot-zero", make(g_slots=0, v_slot=0), "slots_zero")
    yield forged("slot-zero", make(v_slot=0), "slot_zero")
    reversed_by_one = make(g_issue_from_day=2266, g_issue_until_day=2265)
    yield forged("window-reversed-by-one-day", reversed_by_one, "window_reversed")
    widest = make(g_issue_from_day=U16, g_issue_until_day=0)
    yield forged("window-reversed-widest", widest, "window_reversed")


def _issuers() -> Iterator[Vector]:
    def unknown(name: str, made: Made, keys: list[str]) -> Vector:
        return Vector(f"unknown-{name}", made.digits, context(grant_keys=keys), UNKNOWN)

    yield unknown("no-keys-at-all", make(), [])
    yield unknown("other-key-only", make(), [NEXT_OFFICE])
    yield unknown("signed-by-stranger", make(office=STRANGER), [OFFICE, NEXT_OFFICE])
    yield unknown("key-id-zeros", make(g_key_id=bytes(4)), [OFFICE])
    yield unknown("key-id-ones", make(g_key_id=b"\xff" * 4), [OFFICE])
    last_four = hashlib.sha256(public_of(OFFICE)).digest()[-4:]
    yield unknown("key-id-from-end-of-hash", make(g_key_id=last_four), [OFFICE])
    yield unknown("key-id-reversed", make(g_key_id=PLAIN_GRANT.key_id[::-1]), [OFFICE])
    yield unknown("key-id-is-start-of-key", make(g_key_id=public_of(OFFICE)[:4]), [OFFICE])
    # The order of the rules: fields before key, key before signatures.
    for name, made, reason in (
        ("slot-zero", make(office=STRANGER, v_slot=0), "slot_zero"),
        ("version", make(office=STRANGER, g_version=2), "grant_version"),
        ("algorithm", make(office=STRANGER, v_algorithm=2), "voucher_algorithm"),
        ("policy", make(office=STRANGER, g_policy_byte=8), "policy_bits"),
    ):
        yield forged(f"order-{name}-before-unknown-key", made, reason)
    broken = make(office=STRANGER)
    broken = replace(broken, grant_bytes=_flip(broken.grant_bytes, 124, 0))
    yield unknown("before-grant-signature", broken, [OFFICE])
    yield unknown("before-slot-above-grant", make(office=STRANGER, v_slot=501), [OFFICE])


def _flip(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


_GRANT_SPANS: Final = {
    "key-id": (1, 4),
    "number": (5, 4),
    "terminal": (9, 4),
    "terminal-key": (13, 32),
    "offer": (45, 4),
    "slots": (49, 3),
    "face": (52, 4),
    "issue-from": (56, 2),
    "issue-until": (58, 2),
    "policy": (60, 1),
    "signature-r": (61, 32),
    "signature-s": (93, 32),
}
_VOUCHER_SPANS: Final = {
    "slot": (1, 3),
    "issued-at": (4, 4),
    "expires": (8, 2),
    "holder": (10, 4),
    "copy": (14, 1),
    "signature-r": (15, 32),
    "signature-s": (47, 32),
}
# Flips that an earlier rule catches than the signature over the field.
_CAUGHT_EARLIER: Final = {
    "flip-grant-policy-first-bit": ("forged", "policy_bits"),
    "flip-grant-issue-from-first-bit": ("forged", "window_reversed"),
    "flip-grant-key-id-first-bit": UNKNOWN,
    "flip-grant-key-id-last-bit": UNKNOWN,
}


def _bit_flips() -> Iterator[Vector]:
    made = make()
    for bit in range(8):
        grant = replace(made, grant_bytes=_flip(made.grant_bytes, 0, bit))
        rule = "version" if bit >= 4 else "algorithm"
        yield forged(f"flip-grant-head-bit-{bit}", grant, f"grant_{rule}")
        voucher = replace(made, voucher_bytes=_flip(made.voucher_bytes, 0, bit))
        yield forged(f"flip-voucher-head-bit-{bit}", voucher, f"voucher_{rule}")
    for field, (start, size) in _GRANT_SPANS.items():
        for end, at, bit in (("first", start, 7), ("last", start + size - 1, 0)):
            name = f"flip-grant-{field}-{end}-bit"
            text = replace(made, grant_bytes=_flip(made.grant_bytes, at, bit)).digits
            expected = _CAUGHT_EARLIER.get(name, ("forged", "grant_signature"))
            yield Vector(name, text, context(), expected)
    for field, (start, size) in _VOUCHER_SPANS.items():
        for end, at, bit in (("first", start, 7), ("last", start + size - 1, 0)):
            flipped = replace(made, voucher_bytes=_flip(made.voucher_bytes, at, bit))
            yield forged(f"flip-voucher-{field}-{end}-bit", flipped, "voucher_signature")


def _wrong_signers() -> Iterator[Vector]:
    own_id = PLAIN_GRANT.key_id
    for name, office in (
        ("stranger", STRANGER),
        ("terminal", TERMINAL),
        ("later-key", NEXT_OFFICE),
    ):
        made = make(office=office, g_key_id=own_id)
        yield forged(f"grant-signed-by-{name}", made, "grant_signature")
    later_id = key_id_of(public_of(NEXT_OFFICE))
    keys = [OFFICE, NEXT_OFFICE]
    made = make(g_key_id=later_id)
    yield forged("grant-key-id-of-another-known-key", made, "grant_signature", grant_keys=keys)
    for signer in (OTHER_TERMINAL, OFFICE, STRANGER):
        made = make(signer=signer)
        yield forged(f"voucher-signed-by-{signer}", made, "voucher_signature")
    stolen = make(g_terminal_key=public_of(OTHER_TERMINAL))
    yield forged("voucher-under-another-terminals-grant", stolen, "voucher_signature")
    both = make(office=STRANGER, signer=OTHER_TERMINAL, g_key_id=own_id)
    yield forged("order-grant-signature-before-voucher-signature", both, "grant_signature")
    above = make(signer=OTHER_TERMINAL, v_slot=501)
    yield forged("order-voucher-signature-before-slot", above, "voucher_signature")
    yield forged("grant-signature-zeros", with_grant_signature(bytes(64)), "grant_signature")
    yield forged("voucher-signature-zeros", with_voucher_signature(bytes(64)), "voucher_signature")
    ones = b"\xff" * 64
    yield forged("grant-signature-ones", with_grant_signature(ones), "grant_signature")
    yield forged("voucher-signature-ones", with_voucher_signature(ones), "voucher_signature")


def _wrong_messages() -> Iterator[Vector]:
    fields = encode_grant_fields(PLAIN_GRANT)
    for name, message in (
        ("no-domain", fields),
        ("domain-without-zero-byte", GRANT_DOMAIN[:-1] + fields),
        ("voucher-domain", VOUCHER_DOMAIN + fields),
        ("domain-of-version-2", b"BRANCHDESK-GRANT-2\0" + fields),
        ("domain-lower-case", GRANT_DOMAIN.lower() + fields),
        ("fields-hashed", GRANT_DOMAIN + hashlib.sha256(fields).digest()),
        ("head-byte-left-out", GRANT_DOMAIN + fields[1:]),
        ("leading-byte-included", GRANT_DOMAIN + b"\x01" + fields),
    ):
        made = with_grant_signature(sign(seed_of(OFFICE), message))
        yield forged(f"grant-signs-{name}", made, "grant_signature")
    grant_bytes = make().grant_bytes
    own = encode_voucher_fields(PLAIN_VOUCHER)
    whole = hashlib.sha256(grant_bytes).digest()
    for name, message in (
        ("no-domain", whole + own),
        ("domain-without-zero-byte", VOUCHER_DOMAIN[:-1] + whole + own),
        ("grant-domain", GRANT_DOMAIN + whole + own),
        ("domain-of-version-2", b"BRANCHDESK-VOUCHER-2\0" + whole + own),
        ("no-grant", VOUCHER_DOMAIN + own),
        ("grant-unhashed", VOUCHER_DOMAIN + grant_bytes + own),
        ("hash-of-61-bytes", VOUCHER_DOMAIN + hashlib.sha256(fields).digest() + own),
        ("hash-of-signature", VOUCHER_DOMAIN + hashlib.sha256(grant_bytes[61:]).digest() + own),
        ("hash-with-leading-byte", _voucher_over(b"\x01" + grant_bytes, own)),
        ("hash-in-hexadecimal", VOUCHER_DOMAIN + whole.hex().encode() + own),
        ("sha512-of-grant", VOUCHER_DOMAIN + hashlib.sha512(grant_bytes).digest()[:32] + own),
        ("grant-hash-after-fields", VOUCHER_DOMAIN + own + whole),
    ):
        made = with_voucher_signature(sign(seed_of(TERMINAL), message))
        yield forged(f"voucher-signs-{name}", made, "voucher_signature")


def _voucher_over(hashed: bytes, own: bytes) -> bytes:
    return VOUCHER_DOMAIN + hashlib.sha256(hashed).digest() + own


def _swaps() -> Iterator[Vector]:
    made = make()
    yield Vector("swap-voucher-before-grant", _swapped_halves(), context(), UNKNOWN)
    for name, other in (
        ("renewed-grant-more-slots", make(g_slots=501)),
        ("other-grant-number", make(g_number=70_002)),
        ("higher-face", make(g_face_minor=500_000)),
        ("other-offer", make(g_offer=306)),
        ("other-policy", make(g_policy_byte=3)),
        ("later-window", make(g_issue_until_day=ISSUE_UNTIL + 1)),
        ("book", make(g_policy_byte=5)),
        ("later-grant-key", make(office=NEXT_OFFICE)),
    ):
        mixed = replace(other, voucher_bytes=made.voucher_bytes)
        keys = [OFFICE, NEXT_OFFICE]
        yield forged(f"swap-grant-{name}", mixed, "voucher_signature", grant_keys=keys)
    other_slot = make(v_slot=43)
    mixed_bytes = made.voucher_bytes[:15] + other_slot.voucher_bytes[15:]
    mixed = replace(made, voucher_bytes=mixed_bytes)
    yield forged("swap-signature-of-another-slot", mixed, "voucher_signature")
    halves = made.voucher_bytes[:15] + made.voucher_bytes[47:] + made.voucher_bytes[15:47]
    yield forged("swap-r-and-s", replace(made, voucher_bytes=halves), "voucher_signature")
    crossed = with_grant_signature(made.voucher_bytes[15:])
    yield forged("swap-voucher-signature-into-grant", crossed, "grant_signature")


def _swapped_halves() -> str:
    """Return a token, voucher first, whose bytes happen to keep every rule of single fields.

    The offer number puts 0x11 where the voucher's head is then read; the copy number is searched
    until the signature's bytes pass for policy, slots and window. Only the key id is then wrong.
    """
    for copy in range(256):
        made = make(g_offer=0x00110001, v_copy=copy)
        body = made.voucher_bytes + made.grant_bytes
        window_in_order = body[56:58] <= body[58:60]
        if body[60] < 8 and window_in_order and any(body[49:52]):
            return encode_text(made.voucher_bytes, made.grant_bytes)
    raise AssertionError("one in 64 must fit")


def _terms() -> Iterator[Vector]:
    """Both signatures hold; the terminal went beyond what head office granted."""
    for name, slots, slot in (("by-one", 500, 501), ("of-one", 1, 2), ("largest", 1, U24)):
        made = make(g_slots=slots, v_slot=slot)
        yield forged(f"slot-above-grant-{name}", made, "slot_above_grant")
    yield forged(
        "slot-above-largest-but-one", make(g_slots=U24 - 1, v_slot=U24), "slot_above_grant"
    )
    first, after = day_starts_at_s(ISSUE_FROM), day_starts_at_s(ISSUE_UNTIL + 1)
    for name, issued in (("by-one-second", first - 1), ("in-1970", 0), ("in-2019", 1577807999)):
        made = make(v_issued_at_s=issued)
        yield forged(f"issued-before-window-{name}", made, "issued_before_window")
    before_day_zero = make(g_issue_from_day=0, v_issued_at_s=day_starts_at_s(0) - 1)
    yield forged("issued-one-second-before-day-zero", before_day_zero, "issued_before_window")
    for name, issued in (("by-one-second", after), ("largest", U32)):
        made = make(v_issued_at_s=issued, v_expires_day=ISSUE_UNTIL + LIFETIME_DAYS_MAX)
        yield forged(f"issued-after-window-{name}", made, "issued_after_window")
    # Head office's midnight is UTC+8: this second is inside by UTC and outside by UTC+8.
    utc_last = day_starts_at_s(ISSUE_UNTIL + 1) + 8 * 3600 - 1
    inside_by_utc = make(v_issued_at_s=utc_last)
    yield forged("issued-after-window-inside-by-utc", inside_by_utc, "issued_after_window")
    for name, expires in (("by-one-day", 2264), ("on-day-zero", 0)):
        made = make(v_expires_day=expires)
        yield forged(f"expires-before-issue-{name}", made, "expires_before_issue", now=ISSUED_AT)
    for name, over in (("by-one-day", 1), ("by-a-year", 365)):
        made = make(v_expires_day=ISSUE_UNTIL + LIFETIME_DAYS_MAX + over)
        yield forged(f"expires-too-late-{name}", made, "expires_too_late")
    yield forged("expires-too-late-largest", make(v_expires_day=U16), "expires_too_late")
    day_one = make(
        g_issue_from_day=0,
        g_issue_until_day=0,
        v_issued_at_s=day_starts_at_s(0),
        v_expires_day=LIFETIME_DAYS_MAX + 1,
    )
    yield forged("expires-367-days-after-day-zero", day_one, "expires_too_late")
    yield from _terms_in_order()


def _terms_in_order() -> Iterator[Vector]:
    early = day_starts_at_s(ISSUE_FROM) - 1
    everything = make(v_slot=501, v_issued_at_s=early, v_expires_day=U16)
    yield forged("order-slot-before-issue-day", everything, "slot_above_grant")
    two = make(v_issued_at_s=early, v_expires_day=U16)
    yield forged("order-issue-day-before-expiry", two, "issued_before_window")
    long_past = make(v_slot=501)
    yield forged(
        "order-terms-before-revoked", long_past, "slot_above_grant", revoked=[[70_001, None]]
    )
    late = make(v_expires_day=U16)
    yield forged("order-terms-before-used", late, "expires_too_late", used=True, void=True)
    past = make(v_expires_day=2264)
    yield forged("order-terms-before-expired", past, "expires_before_issue")
    yield forged(
        "order-signature-before-revoked",
        make(signer=OTHER_TERMINAL),
        "voucher_signature",
        revoked=[[70_001, None]],
        void=True,
        used=True,
    )
    keys = sorted(KEYLESS)
    yield Vector(
        "order-unknown-key-before-revoked",
        make(office=STRANGER).digits,
        context(grant_keys=keys, revoked=[[70_001, None]]),
        UNKNOWN,
    )
