"""Forgeries that a lax Ed25519 verifier takes: S beyond L, torsion, keys of small order."""

from collections.abc import Iterator
from dataclasses import replace

from hostile_signatures import (
    KEYLESS_SIGNATURE,
    key_with_torsion,
    keyless_signature_holds,
    sign_under_key_with_torsion,
    sign_with_torsion_in_r,
    small_order_keys,
    with_s_plus_order,
)
from second_implementation import GRANT_DOMAIN, grant_message, key_id_of, voucher_message
from second_signer import encode_grant_fields
from vector_parts import (
    OFFICE,
    PLAIN_GRANT,
    PLAIN_VOUCHER,
    TERMINAL,
    Made,
    Vector,
    finish,
    forged,
    make,
    seed_of,
    with_grant_signature,
    with_voucher_signature,
)


def ed25519_vectors() -> Iterator[Vector]:
    """Yield tokens that must be forged although some libraries call a signature good."""
    made = make()
    grant_s = with_s_plus_order(made.grant_bytes[61:])
    yield forged("ed25519-grant-s-plus-l", with_grant_signature(grant_s), "grant_signature")
    voucher_s = with_s_plus_order(made.voucher_bytes[15:])
    voucher = with_voucher_signature(voucher_s)
    yield forged("ed25519-voucher-s-plus-l", voucher, "voucher_signature")
    message = grant_message(made.grant_bytes)
    torsion = with_grant_signature(sign_with_torsion_in_r(seed_of(OFFICE), message))
    yield forged("ed25519-grant-r-with-torsion", torsion, "grant_signature")
    message = voucher_message(made.grant_bytes, made.voucher_bytes)
    torsion = with_voucher_signature(sign_with_torsion_in_r(seed_of(TERMINAL), message))
    yield forged("ed25519-voucher-r-with-torsion", torsion, "voucher_signature")
    yield forged("ed25519-terminal-key-with-torsion", _mixed_key(), "voucher_signature")
    for name, key, order in small_order_keys():
        keyless = _keyless_terminal(key, order)
        yield forged(f"ed25519-terminal-key-small-order-{name}", keyless, "voucher_signature")
        known, office = f"small-order-{name}", _keyless_office(key, order)
        yield forged(
            f"ed25519-grant-key-small-order-{name}", office, "grant_signature", grant_keys=[known]
        )
    no_point = (2).to_bytes(32, "little")
    off_curve = make(g_terminal_key=no_point)
    yield forged("ed25519-terminal-key-off-the-curve", off_curve, "voucher_signature")
    yield forged(
        "ed25519-terminal-key-zeros-honest-signer",
        make(g_terminal_key=bytes(32)),
        "voucher_signature",
    )


def _keyless_terminal(key: bytes, order: int) -> Made:
    """Return a token whose voucher nobody signed, under a granted small-order terminal key."""
    for copy in range(256):
        made = make(g_terminal_key=key, v_copy=copy)
        message = voucher_message(made.grant_bytes, made.voucher_bytes)
        if keyless_signature_holds(key, order, message):
            return replace(made, voucher_bytes=made.voucher_bytes[:15] + KEYLESS_SIGNATURE)
    raise AssertionError("one in eight must fit")


def _keyless_office(key: bytes, order: int) -> Made:
    """Return a token whose grant nobody signed, under a small-order grant key."""
    for face_minor in range(256):
        grant = replace(PLAIN_GRANT, key_id=key_id_of(key), face_minor=face_minor)
        fields = encode_grant_fields(grant)
        if keyless_signature_holds(key, order, GRANT_DOMAIN + fields):
            return finish(grant, PLAIN_VOUCHER, fields + KEYLESS_SIGNATURE)
    raise AssertionError("one in eight must fit")


def _mixed_key() -> Made:
    for copy in range(256):
        made = make(g_terminal_key=key_with_torsion(seed_of(TERMINAL)), v_copy=copy)
        message = voucher_message(made.grant_bytes, made.voucher_bytes)
        signature = sign_under_key_with_torsion(seed_of(TERMINAL), message)
        if signature is not None:
            return replace(made, voucher_bytes=made.voucher_bytes[:15] + signature)
    raise AssertionError("seven in eight must fit")
