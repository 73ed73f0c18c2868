"""The parsers that read bytes from outside, with good samples to start from.

``take`` raises only where a promise is broken: our own errors are answers. What is signed is tried
as it comes and, behind a first byte of one, signed by the right key, so that what lies behind the
signature is reached too.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import zstandard

from branchdesk.errors import BranchDeskError
from branchdesk.protocol import facts
from branchdesk.protocol.batch import Batch, SentEvent, decode_batch
from branchdesk.protocol.bundle import Bundle, open_bundle, sign_bundle
from branchdesk.protocol.chain import Head
from branchdesk.protocol.enrolment import EnrolmentCode, decode_enrolment_code
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.feed import FeedPage, ItemKind, Lane, item, open_page, sign_page
from branchdesk.protocol.redemption import Request, Wish, decode_request
from branchdesk.protocol.sealing import open_sealed, public_seal_key
from branchdesk.protocol.short_code import format_short_code, parse_short_code
from branchdesk.protocol.signing import RecordKind, SigningKey, sign_record
from branchdesk.protocol.stick import Piece, StickHeader, StickKind, StickReader, StickWriter
from branchdesk.protocol.token import (
    Grant,
    Voucher,
    decode_grant,
    decode_voucher,
    read_token,
    sign_grant,
    sign_voucher,
    token_text,
)
from branchdesk.protocol.verdict import Verdict, read_and_authenticate

OFFICE, TERMINAL = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
KEYS: Final = {OFFICE.key_id: OFFICE.public_key}
SECRET: Final = b"\3" * 32
SIGNED: Final = 1


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under test: ``take`` gives it bytes, ``samples`` are good ones to begin with."""

    take: Callable[[bytes], None]
    samples: Callable[[], Iterator[bytes]]
    bytes_max: int = 4_096


def _token() -> tuple[bytes, bytes]:
    plain = Grant(OFFICE.key_id, 7, 12, TERMINAL.public_key, 3, 100, 1_000, 2_400, 2_500, 1)
    grant = sign_grant(plain, OFFICE).encode()
    voucher = sign_voucher(Voucher(1, 1_793_000_000, 2_520, b"hold"), grant, TERMINAL).encode()
    return grant, voucher


def _token_text(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    judged = read_and_authenticate(text, KEYS)
    if judged.verdict is Verdict.GOOD:
        assert text.encode("utf-8", "surrogateescape")
        token = read_token(text)
        assert judged.token == token


def _token_bytes(data: bytes) -> None:
    """Read bytes as the text that carries them, signed anew, so that fields are reached."""
    grant, voucher = data[:125], data[125:204]
    try:
        found, paper = decode_grant(grant), decode_voucher(voucher)
    except BranchDeskError:
        return
    assert (found.encode(), paper.encode()) == (grant, voucher)
    again = read_and_authenticate(token_text(grant, voucher), KEYS)
    assert again.token is not None
    signed = sign_grant(found, OFFICE).encode()
    judged = read_and_authenticate(token_text(signed, voucher), KEYS)
    assert judged.verdict in {Verdict.GOOD, Verdict.FORGED, Verdict.UNKNOWN_ISSUER}


def _tokens() -> Iterator[bytes]:
    yield b"".join(_token())


def _token_texts() -> Iterator[bytes]:
    text = token_text(*_token())
    yield text.encode()
    yield f"HTTPS://BANK.EXAMPLE/V?{text}".encode()
    yield text.translate({48 + digit: 0xFF10 + digit for digit in range(10)}).encode()


def _short_code(data: bytes) -> None:
    try:
        code = parse_short_code(data.decode("utf-8", "surrogateescape"))
    except BranchDeskError:
        return
    assert 0 <= code.grant < 1 << 32
    assert 1 <= code.slot < 1 << 24
    assert len(code.fingerprint) == 3


def _short_codes() -> Iterator[bytes]:
    yield format_short_code(7, 1, _token()[1]).encode()


def _bundle(data: bytes) -> None:
    try:
        found = open_bundle(_maybe_signed(data, RecordKind.BUNDLE), KEYS, now_ms=0, newer_than={})
    except BranchDeskError:
        return
    assert open_bundle(sign_bundle(found, OFFICE), KEYS, now_ms=0, newer_than={}) == found


def _bundles() -> Iterator[bytes]:
    data = sign_bundle(Bundle("HXJR2026", 1, 0, 1 << 41, b"{}"), OFFICE)
    yield b"\0" + data
    yield bytes([SIGNED]) + _body_of(data)


def _feed(data: bytes) -> None:
    where = {"terminal": 12, "lane": Lane.CONTENT, "cursor": 7}
    try:
        page = open_page(_maybe_signed(data, RecordKind.FEED), KEYS, **where)  # type: ignore[arg-type]  # one dict for both calls
        assert open_page(sign_page(page, OFFICE), KEYS, **where) == page  # type: ignore[arg-type]  # as above
        for found in page.items:
            if found.is_known():
                found.fields()
    except BranchDeskError:
        return


def _pages() -> Iterator[bytes]:
    grant, _ = _token()
    items = (
        item(8, ItemKind.GRANT, grant=grant, campaign="HXJR2026", offer_code="PHONE10"),
        item(9, ItemKind.USED, grant=7, slot=1, redemption=bytes(16), what="redeemed",
             amount_minor=1_000, outlet="B001", at_ms=1),
    )  # fmt: skip
    data = sign_page(FeedPage(12, Lane.CONTENT, 7, items, more=False), OFFICE)
    yield b"\0" + data
    yield bytes([SIGNED]) + _body_of(data)


def _batch(data: bytes) -> None:
    """Read a batch as it comes, or behind a first byte of one compressed here."""
    sent = zstandard.compress(data[1:]) if data[:1] == bytes([SIGNED]) else data
    try:
        batch = decode_batch(sent)
    except BranchDeskError:
        return
    assert decode_batch(batch.encode()) == batch
    for event in batch.events:
        _event(event.envelope)


def _batches() -> Iterator[bytes]:
    event = SentEvent(b"envelope", b"payload", bytes(32))
    batch = Batch(
        Head(12, 1, 0, bytes(32)), (event,), Head(12, 1, 1, bytes(32)), bytes(64), bytes(16),
        {"C1": b"sealed"},
    ).encode()  # fmt: skip
    yield batch
    yield bytes([SIGNED]) + zstandard.decompress(batch)


def _event(data: bytes) -> None:
    try:
        envelope = decode_envelope(data)
    except BranchDeskError:
        return
    assert envelope.encode() == data


def _payload(data: bytes) -> None:
    names = sorted(facts.PAYLOAD_FIELDS)
    if not data:
        return
    kind = names[data[0] % len(names)]
    try:
        fields = facts.decode_payload(kind, data[1:])
    except BranchDeskError:
        return
    assert facts.encode_payload(kind, **fields) == data[1:]


def _payloads() -> Iterator[bytes]:
    names = sorted(facts.PAYLOAD_FIELDS)
    body = facts.encode_payload(facts.GRANT_RETURNED, grant=7, slots=[[1, 3]])
    yield bytes([names.index(facts.GRANT_RETURNED)]) + body


def _request(data: bytes) -> None:
    try:
        request = decode_request(data)
    except BranchDeskError:
        return
    assert request.encode() == data


def _requests() -> Iterator[bytes]:
    yield Request(
        Wish.REDEEM, UUID(int=5), 7, 1, bytes(16), "T001", token=b"".join(_token()),
        phone="+8613800138000", amount_minor=500,
    ).encode()  # fmt: skip


def _stick(data: bytes) -> None:
    try:
        reader = StickReader(io.BytesIO(data), StickKind.EXPORT, bytes_max=1 << 20)
        reader.open(
            {TERMINAL.key_id: TERMINAL.public_key},
            lambda sealed, info: open_sealed(SECRET, sealed, info),
        )
        list(reader.pieces())
    except BranchDeskError:
        return


def _sticks() -> Iterator[bytes]:
    file = io.BytesIO()
    header = StickHeader(StickKind.EXPORT, bytes(32), 12, 1, bytes(16), bytes(32))
    writer = StickWriter(
        file, header, TERMINAL, receiver_key=public_seal_key(SECRET), file_key=bytes(range(32))
    )
    writer.put(Piece.BATCH, b"a batch")
    writer.finish()
    yield file.getvalue()


def _enrolment(data: bytes) -> None:
    try:
        code = decode_enrolment_code(data.decode("utf-8", "surrogateescape"))
    except BranchDeskError:
        return
    assert decode_enrolment_code(code.encode()) == code


def _enrolment_codes() -> Iterator[bytes]:
    yield EnrolmentCode("https://office.example:8443", bytes(10), bytes(32)).encode().encode()


def _maybe_signed(data: bytes, kind: RecordKind) -> bytes:
    first, rest = data[:1], data[1:]
    return sign_record(kind, rest, OFFICE).encode() if first == bytes([SIGNED]) else rest


def _body_of(record: bytes) -> bytes:
    from branchdesk.protocol import codec

    fields = codec.decode_map(
        record, {"kind": str, "key": bytes, "body": bytes, "sig": bytes}, what="sample"
    )
    body: bytes = fields["body"]
    return body


TARGETS: Final[Mapping[str, Target]] = {
    "token_text": Target(_token_text, _token_texts, 2_048),
    "token_bytes": Target(_token_bytes, _tokens, 256),
    "short_code": Target(_short_code, _short_codes, 64),
    "bundle": Target(_bundle, _bundles),
    "feed": Target(_feed, _pages),
    "batch": Target(_batch, _batches),
    "payload": Target(_payload, _payloads, 1_024),
    "request": Target(_request, _requests, 1_024),
    "stick": Target(_stick, _sticks, 2_048),
    "enrolment": Target(_enrolment, _enrolment_codes, 512),
}
