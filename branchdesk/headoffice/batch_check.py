"""Read a batch and check everything that needs no lock: chain, signature, payloads, vouchers.

The costly work (one verification a voucher, one opening a person's key) is done here, before the
transaction begins, and on several threads where this process has processors to itself: the library
releases the interpreter for it.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from branchdesk.errors import ContractFault
from branchdesk.headoffice.book_entries import are_entries
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.forgotten_grants import forgotten_grants
from branchdesk.headoffice.lent_grants import LentGrant
from branchdesk.protocol import facts
from branchdesk.protocol.batch import Batch, SentEvent, decode_batch
from branchdesk.protocol.chain import Link, verify_run
from branchdesk.protocol.event import Envelope, commitment
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.sealing import person_context
from branchdesk.protocol.signing import verifies
from branchdesk.protocol.token import (
    VOUCHER_PREFIX,
    Voucher,
    check_voucher_fits,
    decode_grant,
    decode_voucher,
)

APPLIED, FLAGGED, PARKED, REFUSED = "applied", "applied_flagged", "parked", "effect_refused"
# Effects refused for these reasons concern money: a person must look at them.
MONEY_CODES: Final = frozenset(
    {"grant_unknown", "grant_of_other", "voucher_forged", "voucher_mismatch", "slot_used",
     "slot_returned", "slot_revoked", "slot_void", "slot_closed", "slots_issued",
     "grant_not_live", "chain_not_live", "issued_while_frozen", "redemption_of_other",
     "redemption_unknown", "amount_over_face", "not_redeemer", "slot_unissued", "copy_repeated",
     "grant_for_books", "grant_not_for_books", "slot_uncovered", "grant_beyond_budget",
     "voucher_on_branch"}
)  # fmt: skip
# A terminal says these of grants of its own; the others of any grant whose voucher it was shown.
_OF_OWN_GRANT: Final = frozenset(
    {facts.VOUCHER_ISSUED, facts.GRANT_RETURNED, facts.GRANT_ACCEPTED, facts.VOUCHER_VOIDED,
     facts.VOUCHER_REPRINTED, facts.BOOK_PRINTED, facts.BOOK_ENTERED}
)  # fmt: skip
# And these of what it issued before it joined again; it is still their issuer.
_OF_EARLIER_EPOCHS_TOO: Final = frozenset(
    {facts.VOUCHER_VOIDED, facts.VOUCHER_REPRINTED, facts.BOOK_ENTERED}
)
_WITH_GRANT: Final = _OF_OWN_GRANT | {
    facts.VOUCHER_REDEEMED, facts.REDEMPTION_UNDONE, facts.VOUCHER_RELEASED,
}  # fmt: skip
# Where the 125 grant bytes themselves are shown.
_GRANT_FIELDS: Final = {facts.GRANT_ACCEPTED: "grant", facts.VOUCHER_REDEEMED: "grant_bytes"}
_WITH_VOUCHER: Final = frozenset(
    {facts.VOUCHER_ISSUED, facts.VOUCHER_REDEEMED, facts.VOUCHER_REPRINTED}
)
_CHUNK: Final = 32

_threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="ingest")


@dataclass(slots=True)
class Draft:
    """One event on its way in: as sent, as read, and what was decided about it so far.

    ``person_key`` is already sealed for our store; ``hashes`` are the person's keyed hashes.
    """

    seq: int
    hash: bytes
    envelope: Envelope
    sent: SentEvent
    fields: dict[str, Any] | None = None
    verdict: str = APPLIED
    code: str = ""
    grant: LentGrant | None = None
    voucher: Voucher | None = None
    # Those of a book, in the order of their slots.
    book: tuple[Voucher, ...] = ()
    person_key: bytes | None = None
    hashes: tuple[bytes, ...] = ()

    def decide(self, verdict: str, code: str) -> None:
        """Set a verdict unless an earlier check already set one."""
        if self.verdict == APPLIED:
            self.verdict, self.code = verdict, code

    @property
    def takes_effect(self) -> bool:
        """Say whether the event's effect is still to be applied."""
        return self.fields is not None and self.verdict in {APPLIED, FLAGGED}


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch whose chain and signature hold, with its events drafted."""

    batch: Batch
    drafts: Sequence[Draft] = field(default_factory=tuple)


def check_batch(
    context: OfficeContext, terminal: int, epoch: int, public_key: bytes, data: bytes
) -> CheckedBatch:
    """Check all that needs no lock.

    Raises ContractFault ``malformed``, ``wrong_terminal``, ``chain_broken`` or ``bad_signature``:
    then nothing of the batch is kept, because nobody is known to have said it.
    """
    batch = decode_batch(data)
    if (batch.after.terminal, batch.after.epoch) != (terminal, epoch):
        raise ContractFault("wrong_terminal", terminal=batch.after.terminal)
    links = verify_run(batch.after, [event.envelope for event in batch.events])
    if links[-1].hash != batch.head.hash:
        raise ContractFault("chain_broken", seq=batch.head.seq, problem="head")
    if not batch.head.is_signed(batch.head_signature, public_key):
        raise ContractFault("bad_signature", what="head")
    drafts = [_draft(event, link) for event, link in zip(batch.events, links, strict=True)]
    found = _read_grants(context, drafts)
    shown = [
        bytes(draft.fields[_GRANT_FIELDS[draft.envelope.type]])
        for draft in drafts
        if draft.fields is not None
        and draft.envelope.type in _GRANT_FIELDS
        and _grant_number(draft) not in found
    ]
    found |= forgotten_grants(context, shown)

    def examine(chunk: Iterable[Draft]) -> None:
        for draft in chunk:
            _examine(context, draft, found, batch.keys)

    if context.threads > 1:
        chunks = [drafts[start : start + _CHUNK] for start in range(0, len(drafts), _CHUNK)]
        list(_threads.map(examine, chunks))
    else:
        examine(drafts)
    return CheckedBatch(batch, drafts)


def _draft(event: SentEvent, link: Link) -> Draft:
    envelope = link.envelope
    draft = Draft(envelope.seq, link.hash, envelope, event)
    if not event.salt:
        # The person was erased before this was sent: the fact stands, nothing can be applied.
        draft.decide(FLAGGED, "payload_erased")
    elif commitment(event.salt, event.payload) != envelope.payload_commit:
        draft.decide(PARKED, "commitment_mismatch")
    elif envelope.type not in facts.PAYLOAD_FIELDS:
        draft.decide(PARKED, "unknown_event_type")
    elif envelope.type_ver != facts.TYPE_VERSION:
        draft.decide(PARKED, "unknown_event_version")
    else:
        try:
            draft.fields = facts.decode_payload(envelope.type, event.payload)
        except ContractFault:
            draft.decide(REFUSED, "malformed_payload")
        else:
            _check_storable(draft, draft.fields)
    return draft


def _check_storable(draft: Draft, fields: Mapping[str, Any]) -> None:
    # CBOR carries what our columns cannot: NUL in a text, integers beyond 63 bits.
    for value in fields.values():
        if (type(value) is str and "\0" in value) or (type(value) is int and value >> 63):
            draft.decide(REFUSED, "malformed_payload")


def _read_grants(context: OfficeContext, drafts: Sequence[Draft]) -> dict[int, LentGrant]:
    named = {_grant_number(draft) for draft in drafts if draft.envelope.type in _WITH_GRANT}
    return context.lent.read(context.database, {number for number in named if number is not None})


def _grant_number(draft: Draft) -> int | None:
    if draft.fields is None:
        return None
    shown = _GRANT_FIELDS.get(draft.envelope.type)
    if shown is None:
        number: int = draft.fields["grant"]
        return number if number < 1 << 32 else None
    try:
        return decode_grant(draft.fields[shown]).number
    except ContractFault:
        return None


def _examine(
    context: OfficeContext,
    draft: Draft,
    found: Mapping[int, LentGrant],
    sealed_keys: Mapping[str, bytes],
) -> None:
    if draft.fields is None:
        return
    if draft.envelope.type in {facts.CUSTOMER_REGISTERED, facts.CUSTOMER_CORRECTED}:
        _open_person(context, draft, draft.fields, sealed_keys)
    elif draft.envelope.type == facts.VOUCHER_PRINTED:
        if not all(_is_item(item) for item in draft.fields["items"]):
            draft.decide(REFUSED, "malformed_payload")
    elif draft.envelope.type in _WITH_GRANT:
        _find_grant(draft, found)
        if draft.envelope.type in _WITH_VOUCHER and draft.grant is not None:
            _check_voucher(draft, draft.fields, draft.grant)
        if draft.envelope.type == facts.VOUCHER_REDEEMED and draft.voucher is not None:
            _check_redemption(draft, draft.fields)
        if draft.grant is not None:
            _check_book(draft, draft.fields, draft.grant)


def _open_person(
    context: OfficeContext, draft: Draft, fields: Mapping[str, Any], sealed: Mapping[str, bytes]
) -> None:
    customer: str = fields["customer"]
    if customer not in sealed:
        draft.decide(FLAGGED, "person_key_missing")
        return
    bound_to = person_context(customer)
    try:
        key = context.vault.open_sealed(sealed[customer], bound_to)
        personal = facts.unseal_personal(draft.envelope.type, customer, key, fields["sealed"])
    except ContractFault:
        draft.decide(FLAGGED, "person_unsealable")
        return
    draft.person_key = context.seal_at_rest(key, bound_to)
    good = {value for value in personal["hashes"] if isinstance(value, bytes) and len(value) == 16}
    draft.hashes = tuple(sorted(good))


def _find_grant(draft: Draft, found: Mapping[int, LentGrant]) -> None:
    grant = found.get(_grant_number(draft) or 0)
    envelope, fields = draft.envelope, draft.fields or {}
    shown = _GRANT_FIELDS.get(envelope.type)
    if grant is None or (shown is not None and fields[shown] != grant.record):
        draft.decide(REFUSED, "grant_unknown")
    elif envelope.type in _OF_OWN_GRANT and not _is_own(grant, envelope):
        draft.decide(REFUSED, "grant_of_other")
    else:
        draft.grant = grant


def _is_own(lent: LentGrant, envelope: Envelope) -> bool:
    """Say whether a terminal may say this kind of event of a grant: of no later epoch's, ever."""
    if lent.value.terminal != envelope.terminal:
        return False
    is_earlier = lent.epoch < envelope.epoch and envelope.type in _OF_EARLIER_EPOCHS_TOO
    return is_earlier or lent.epoch == envelope.epoch


def _check_book(draft: Draft, fields: Mapping[str, Any], lent: LentGrant) -> None:
    """Keep books and what is issued at a counter in grants of their own; read a book's vouchers."""
    kind, is_book = draft.envelope.type, lent.value.is_book
    if kind == facts.VOUCHER_ISSUED and is_book:
        draft.decide(REFUSED, "grant_for_books")
    elif kind in {facts.BOOK_PRINTED, facts.BOOK_ENTERED} and not is_book:
        draft.decide(REFUSED, "grant_not_for_books")
    elif kind == facts.BOOK_ENTERED:
        if not are_entries(fields["entries"]):
            draft.decide(REFUSED, "malformed_payload")
    elif kind == facts.BOOK_PRINTED:
        found = [_authentic(data, lent) for data in fields["vouchers"]]
        vouchers = tuple(voucher for voucher in found if voucher is not None)
        slots = list(range(fields["first"], fields["first"] + len(found)))
        if len(vouchers) != len(found):
            draft.decide(REFUSED, "voucher_forged")
        elif [(v.slot, v.copy) for v in vouchers] != [(slot, 0) for slot in slots] or (
            not slots or slots[-1] != fields["last"]
        ):
            draft.decide(REFUSED, "voucher_mismatch")
        else:
            draft.book = vouchers


def _authentic(data: object, lent: LentGrant) -> Voucher | None:
    """Return the voucher in 79 bytes that the grant's terminal has signed, or None."""
    if not isinstance(data, bytes):
        return None
    try:
        voucher = decode_voucher(data)
        check_voucher_fits(voucher, lent.value)
    except ContractFault:
        return None
    message = lent.digest + voucher.body()
    signed = verifies(lent.value.terminal_key, voucher.signature, VOUCHER_PREFIX, message)
    return voucher if signed else None


def _check_voucher(draft: Draft, fields: Mapping[str, Any], lent: LentGrant) -> None:
    voucher = _authentic(fields["voucher"], lent)
    if voucher is None:
        draft.decide(REFUSED, "voucher_forged")
    elif not _says(draft.envelope.type, fields, voucher):
        draft.decide(REFUSED, "voucher_mismatch")
    else:
        draft.voucher = voucher


def _says(kind: str, fields: Mapping[str, Any], voucher: Voucher) -> bool:
    """Say whether the voucher is the one that the event speaks of."""
    if kind == facts.VOUCHER_REDEEMED:
        return True
    if kind == facts.VOUCHER_ISSUED:
        return (voucher.slot, voucher.copy) == (fields["slot"], 0)
    return voucher.copy > 0 and (voucher.slot, voucher.copy) == (fields["slot"], fields["copy"])


def _check_redemption(draft: Draft, fields: Mapping[str, Any]) -> None:
    assert draft.grant is not None
    if fields["basis"] not in Basis.__members__.values():
        draft.decide(REFUSED, "malformed_payload")
    elif not 0 < fields["amount_minor"] <= draft.grant.value.face_minor:
        draft.decide(REFUSED, "amount_over_face")


def _is_item(value: object) -> bool:
    return (
        isinstance(value, list)
        and [type(part) for part in value] == [int, int, int]
        and all(0 <= part < 1 << 32 for part in value)
    )
