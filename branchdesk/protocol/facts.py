"""The kinds of event a terminal may record, and the fields of their payloads.

A payload is a deterministic CBOR map. What belongs to a person is in ``sealed``: AES-256-GCM, under
that person's key, of another map with the fields of ``PERSONAL_FIELDS``. Head office accepts an
unknown type or version as a fact and parks it; nothing here refuses history.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.map_shape import MapShape
from branchdesk.protocol.sealing import NONCE_BYTES, person_context, seal, unseal

TERMINAL_ENROLLED = "terminal.enrolled"
TERMINAL_RECOVERED = "terminal.recovered"
STAFF_PIN_SET = "staff.pin_set"
STAFF_SIGNED_IN = "staff.signed_in"
STAFF_LOCKED_OUT = "staff.locked_out"
STAFF_PIN_RESET_REQUESTED = "staff.pin_reset_requested"
SHIFT_OPENED = "shift.opened"
SHIFT_COUNTED = "shift.counted"
SHIFT_HANDED_OVER = "shift.handed_over"
SHIFT_CLOSED = "shift.closed"
GRANT_ACCEPTED = "grant.accepted"
GRANT_RETURNED = "grant.returned"
CUSTOMER_REGISTERED = "customer.registered"
CUSTOMER_REVEALED = "customer.revealed"
CUSTOMER_CORRECTED = "customer.corrected"
CUSTOMER_ERASED = "customer.erased"
CONSENT_ANSWERED = "consent.answered"
MERGE_PROPOSED = "merge.proposed"
MERGE_UNDONE = "merge.undone"
VOUCHER_ISSUED = "voucher.issued"
VOUCHER_PRINTED = "voucher.printed"
VOUCHER_REPRINTED = "voucher.reprinted"
VOUCHER_VOIDED = "voucher.voided"
VOUCHER_RELEASED = "voucher.released"
VOUCHER_REDEEMED = "voucher.redeemed"
REDEMPTION_UNDONE = "redemption.undone"
KEEPER_RESIGNED = "keeper.resigned"
BOOK_PRINTED = "book.printed"
BOOK_ENTERED = "book.entered"

PAYLOAD_FIELDS: Mapping[str, Mapping[str, type]] = {
    TERMINAL_ENROLLED: {"certificate": bytes},
    # The second event file gave back ``events`` that the database had lost.
    TERMINAL_RECOVERED: {"events": int, "source": str},
    STAFF_PIN_SET: {"staff": str},
    STAFF_SIGNED_IN: {"staff": str, "role": str},
    STAFF_LOCKED_OUT: {"staff": str, "tries": int},
    # Who asks is the ``staff`` of the envelope: a supervisor, and somebody else.
    STAFF_PIN_RESET_REQUESTED: {"staff": str, "reason": str},
    SHIFT_OPENED: {"shift": str, "place": str},
    # ``moment``: opened | handed_over | closed. ``gifts``: [[offer code, counted, expected], …] by
    # hand, null where nothing was expected; ``vouchers``: [[offer code, slots left], …]; ``word``:
    # why counted and expected differ, or "".
    SHIFT_COUNTED: {
        "shift": str, "moment": str, "gifts": list, "vouchers": list, "word": str,
    },
    # The shift goes on with ``staff``; who hands it over is the envelope's.
    SHIFT_HANDED_OVER: {"shift": str, "staff": str},
    SHIFT_CLOSED: {"shift": str, "unsent": int},
    GRANT_ACCEPTED: {"grant": bytes, "campaign": str, "offer_code": str},
    # ``slots``: [[first, last], …], both included, ascending, not touching.
    GRANT_RETURNED: {"grant": int, "slots": list},
    # ``consents``: [{purpose, text_version, text_sha256, granted, how}]; ``referrer`` text or "".
    CUSTOMER_REGISTERED: {
        "customer": str, "channel": str, "referrer": str, "consents": list, "sealed": bytes,
    },
    CUSTOMER_REVEALED: {"customer": str, "fields": list, "reason": str},
    # ``fields``: the names of what was corrected; ``channel``: as it now is, corrected or not.
    CUSTOMER_CORRECTED: {"customer": str, "fields": list, "channel": str, "sealed": bytes},
    # Nothing is sealed here: the person's key goes with this event. ``second``: who stood by.
    CUSTOMER_ERASED: {"customer": str, "reason": str, "second": str, "intent_body": bytes},
    CONSENT_ANSWERED: {
        "customer": str, "purpose": str, "granted": bool, "text_version": str,
        "text_sha256": str, "how": str, "sealed": bytes,
    },
    # ``merge`` names the proposal that ``other`` is the person of ``kept``; both records stay.
    MERGE_PROPOSED: {
        "merge": str, "kept": str, "other": str, "reason": str, "intent_body": bytes,
    },
    MERGE_UNDONE: {
        "merge": str, "kept": str, "other": str, "reason": str, "intent_body": bytes,
    },
    # ``voucher``: the 79 bytes; ``number``: this terminal's running number; ``intent_body``: what
    # the intent asked for, hashed, so that another wish under the same intent is refused.
    VOUCHER_ISSUED: {
        "customer": str, "grant": int, "slot": int, "campaign": str, "offer_code": str,
        "voucher": bytes, "number": int, "intent_body": bytes,
    },
    # ``items``: [[grant, slot, copy], …] that went to paper or PDF in ``layout``.
    VOUCHER_PRINTED: {"items": list, "layout": str},
    # ``voucher``: the 79 bytes anew, signed with the higher ``copy`` number; the paper says 补打.
    VOUCHER_REPRINTED: {
        "grant": int, "slot": int, "copy": int, "voucher": bytes, "reason": str,
        "intent_body": bytes,
    },
    # The slot stays used. ``second``: who stood by, or "".
    VOUCHER_VOIDED: {
        "grant": int, "slot": int, "reason": str, "second": str, "intent_body": bytes,
    },
    # The right to redeem these slots is signed away to head office, for good.
    VOUCHER_RELEASED: {"grant": int, "slots": list, "reason": str},
    # Both halves of the token as shown, whoever issued it. ``basis``: online | home | keeper |
    # allowance; ``purchase_minor``: what was bought, 0 when nobody asked; ``answer``: head office's
    # signed record when online, else empty. The event's id names the redemption.
    VOUCHER_REDEEMED: {
        "grant_bytes": bytes, "voucher": bytes, "basis": str, "amount_minor": int,
        "purchase_minor": int, "holder_checked": bool, "answer": bytes, "intent_body": bytes,
    },
    # ``redemption``: the 16-byte id of the event that is undone; ``answer`` as above.
    REDEMPTION_UNDONE: {
        "redemption": bytes, "grant": int, "slot": int, "reason": str, "answer": bytes,
        "intent_body": bytes,
    },
    # ``item``: the number of the feed item by which this terminal was keeper of ``outlet``.
    KEEPER_RESIGNED: {"outlet": str, "item": int, "reason": str},
    # Slots ``first`` to ``last`` of a book went to paper as numbered vouchers that are good only
    # once entered; ``vouchers``: their 79 bytes each; ``number``: the first running number.
    BOOK_PRINTED: {
        "book": str, "grant": int, "first": int, "last": int, "vouchers": list, "number": int,
        "campaign": str, "offer_code": str, "second": str, "intent_body": bytes,
    },
    # ``entries``: [[slot, fate, customer, used on day], …]; ``fate``: used | spoiled | returned |
    # missing; customer "" and day 0 where none. A second entry of a slot replaces nothing.
    BOOK_ENTERED: {
        "book": str, "grant": int, "entries": list, "second": str, "intent_body": bytes,
    },
}  # fmt: skip

PERSONAL_FIELDS: Mapping[str, Mapping[str, type]] = {
    # ``document_type`` and ``document_number`` are "" when none was shown; ``hashes`` are the
    # 16-byte keyed hashes of phone and document by which limits and duplicates are counted.
    CUSTOMER_REGISTERED: {
        "name": str, "phone": str, "document_type": str, "document_number": str,
        "interests": list, "needs": list, "hashes": list, "intent_body": bytes,
    },
    # ``values``: field → new value, of the fields above that change, and ``channel``; ``shown``:
    # field → [before, after] as screens show them, masked; ``hashes``: all that the person is now
    # counted by, the present phone and document first, then every earlier one.
    CUSTOMER_CORRECTED: {
        "values": dict, "shown": dict, "hashes": list, "reason": str, "intent_body": bytes,
    },
    # ``signature``: what was drawn, or nothing.
    CONSENT_ANSWERED: {"signature": bytes, "intent_body": bytes},
}  # fmt: skip

# What a payload may hold besides; without it, the bytes are those of a program that knew it not.
PERSONAL_OPTIONAL: Mapping[str, Mapping[str, type]] = {
    # Purpose → the signature that was drawn for it.
    CUSTOMER_REGISTERED: {"signatures": dict},
}

TYPE_VERSION = 1

_PAYLOADS = {name: MapShape(fields) for name, fields in PAYLOAD_FIELDS.items()}
_PERSONAL = {
    name: MapShape(fields, PERSONAL_OPTIONAL.get(name)) for name, fields in PERSONAL_FIELDS.items()
}


def encode_payload(event_type: str, **fields: object) -> bytes:
    """Return the payload of ``event_type`` after checking its fields."""
    codec.check_map(fields, PAYLOAD_FIELDS[event_type], what=event_type)
    return codec.encode(fields)


def decode_payload(event_type: str, payload: bytes) -> dict[str, Any]:
    """Read the payload of a known type; raises ContractFault ``malformed``."""
    if event_type not in PAYLOAD_FIELDS:
        raise ContractFault("unknown_event_type", type=event_type)
    return _PAYLOADS[event_type].decode(payload, what=event_type)


def seal_personal(
    event_type: str, customer: str, key: bytes, nonce: bytes, **fields: object
) -> bytes:
    """Return the ``sealed`` field: the personal map of ``event_type`` under the person's key."""
    assert len(nonce) == NONCE_BYTES
    codec.check_map(
        fields, PERSONAL_FIELDS[event_type], what=event_type,
        optional=PERSONAL_OPTIONAL.get(event_type, {}),
    )  # fmt: skip
    return seal(key, nonce, codec.encode(fields), person_context(customer))


def unseal_personal(event_type: str, customer: str, key: bytes, sealed: bytes) -> dict[str, Any]:
    """Open the ``sealed`` field; raises ContractFault ``unsealable`` or ``malformed``."""
    plain = unseal(key, sealed, person_context(customer))
    return _PERSONAL[event_type].decode(plain, what=event_type)


def intent_body(**fields: object) -> bytes:
    """Return the hash of what an intent asked for; compared when the intent comes again."""
    return hashlib.sha256(codec.encode(fields)).digest()


def voucher_id(grant: int, slot: int) -> str:
    """Return a voucher's id: one for ever, because a slot is used once."""
    return f"{grant}-{slot}"
