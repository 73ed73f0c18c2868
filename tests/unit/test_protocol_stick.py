"""The file on a stick: whole or nothing, for one receiver, from one sender."""

import hashlib
import io
import struct
from dataclasses import replace

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from branchdesk.errors import ContractFault
from branchdesk.protocol.sealing import open_sealed, public_seal_key
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.stick import (
    MAGIC,
    PIECE_BYTES_MAX,
    Piece,
    StickHeader,
    StickKind,
    StickReader,
    StickWriter,
    answer_secret,
)

SENDER = SigningKey(b"\x07" * 32)
STRANGER = SigningKey(b"\x08" * 32)
OFFICE_SECRET = b"\x09" * 32
FILE_KEY = bytes(range(32))
HEADER = StickHeader(StickKind.EXPORT, b"\x0a" * 32, 7, 1, b"\x0b" * 16, b"\x0c" * 32)
PIECES = [(Piece.ASK, b"what is asked"), (Piece.BATCH, b"one batch"), (Piece.BATCH, b"and more")]


def written(
    header: StickHeader = HEADER,
    pieces: list[tuple[Piece, bytes]] | None = None,
    *,
    signer: SigningKey = SENDER,
    file_key: bytes = FILE_KEY,
    finish: bool = True,
) -> bytes:
    file = io.BytesIO()
    writer = StickWriter(
        file, header, signer, receiver_key=public_seal_key(OFFICE_SECRET), file_key=file_key
    )
    for piece, data in PIECES if pieces is None else pieces:
        writer.put(piece, data)
    if finish:
        assert writer.finish() == len(file.getvalue())
    return file.getvalue()


def read(
    data: bytes,
    kind: StickKind = StickKind.EXPORT,
    *,
    secret: bytes = OFFICE_SECRET,
    bytes_max: int = 1 << 20,
) -> list[tuple[Piece, bytes]]:
    reader = StickReader(io.BytesIO(data), kind, bytes_max=bytes_max)
    reader.open(
        {SENDER.key_id: SENDER.public_key}, lambda sealed, info: open_sealed(secret, sealed, info)
    )
    return list(reader.pieces())


def refused(data: bytes, kind: StickKind = StickKind.EXPORT, **how: object) -> ContractFault:
    with pytest.raises(ContractFault) as caught:
        read(data, kind, **how)  # type: ignore[arg-type]  # the options of read
    return caught.value


def piece_places(data: bytes) -> list[tuple[int, int]]:
    """Return where each piece of a file begins and ends, its length included."""
    (header_bytes,) = struct.unpack_from(">I", data, len(MAGIC))
    start, places = len(MAGIC) + 8 + header_bytes, []
    while start < len(data):
        (length,) = struct.unpack_from(">I", data, start)
        places.append((start, start + 4 + length))
        start += 4 + length
    return places


def test_what_is_written_is_read_again_any_number_of_times() -> None:
    assert read(written()) == PIECES
    reader = StickReader(io.BytesIO(written()), StickKind.EXPORT)
    assert reader.header == HEADER
    reader.open(
        {SENDER.key_id: SENDER.public_key},
        lambda sealed, info: open_sealed(OFFICE_SECRET, sealed, info),
    )
    assert list(reader.pieces()) == PIECES
    assert list(reader.pieces()) == PIECES
    assert reader.done_bytes() == reader.bytes == len(written())


def test_a_file_without_pieces_is_whole_too() -> None:
    assert read(written(pieces=[])) == []


def test_the_bytes_are_those_that_the_format_names() -> None:
    """Open a file by its description alone, with nothing of ours."""
    data = written()
    magic = b"BRANCHDESK-STICK-1\n"
    assert data.startswith(magic)
    (length,) = struct.unpack_from(">I", data, len(magic))
    check, record = data[23:27], data[27 : 27 + length]
    digest = hashlib.sha256(record).digest()
    assert check == digest[:4]
    fields = cbor2.loads(record)
    assert fields["kind"] == "STICK"
    Ed25519PublicKey.from_public_bytes(SENDER.public_key).verify(
        fields["sig"], b"BRANCHDESK-STICK-1\0" + fields["body"]
    )
    body = cbor2.loads(fields["body"])
    sealed = body.pop("sealed")
    assert body == {
        "what": "export", "bank": b"\x0a" * 32, "terminal": 7, "epoch": 1,
        "nonce": b"\x0b" * 16, "answer_key": b"\x0c" * 32,
    }  # fmt: skip
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    key = suite.decrypt(
        sealed,
        X25519PrivateKey.from_private_bytes(OFFICE_SECRET),
        info=b"BRANCHDESK-STICK-1\0" + cbor2.dumps(body, canonical=True),
    )
    assert key == FILE_KEY
    found, place = [], 27 + length
    for number in range(4):
        (size,) = struct.unpack_from(">I", data, place)
        nonce = b"\0\0\0" + number.to_bytes(8, "big") + (b"\1" if number == 3 else b"\0")
        cipher = data[place + 4 : place + 4 + size]
        found.append(cbor2.loads(AESGCM(key).decrypt(nonce, cipher, digest)))
        place += 4 + size
    assert place == len(data)
    assert found == [["ask", b"what is asked"], ["batch", b"one batch"], ["batch", b"and more"], []]


def test_nothing_personal_can_be_read_on_the_stick() -> None:
    data = written(pieces=[(Piece.BATCH, "陈晓 13912345678".encode())])
    assert "陈晓".encode() not in data
    assert b"13912345678" not in data


def test_a_file_that_ends_anywhere_too_early_is_cut_short() -> None:
    data = written()
    codes = {refused(data[:length]).code for length in range(len(data))}
    assert codes == {"stick_cut_short"}


def test_a_file_that_was_never_finished_is_cut_short() -> None:
    assert refused(written(finish=False)).code == "stick_cut_short"


def test_no_bit_can_be_flipped() -> None:
    data = written()
    codes = set()
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytes([data[place] ^ 1 << bit])
            codes.add(refused(data[:place] + flipped + data[place + 1 :]).code)
    # The first line says which program may read it; a length that grew ends after the file.
    assert codes == {"stick_damaged", "stick_cut_short", "stick_not_ours", "stick_newer"}


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 2, 1, 3), (0, 2, 3), (0, 1, 1, 2, 3), (3,)])
def test_pieces_keep_their_places(order: tuple[int, ...]) -> None:
    data = written()
    places = piece_places(data)
    moved = data[: places[0][0]] + b"".join(data[slice(*places[number])] for number in order)
    assert refused(moved).code == "stick_damaged"


def test_a_piece_of_another_file_is_refused_even_under_the_same_key() -> None:
    one = written()
    other = written(replace(HEADER, nonce=b"\x0d" * 16))
    first, theirs = piece_places(one)[0], piece_places(other)[0]
    mixed = one[: first[0]] + other[slice(*theirs)] + one[first[1] :]
    assert refused(mixed).code == "stick_damaged"


def test_what_follows_the_end_is_refused() -> None:
    assert refused(written() + b"\0").code == "stick_damaged"
    assert refused(written() + written()).code == "stick_damaged"


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 something else entirely", b"\xff" * 100, b"BRANCHDESK-PROOF-1\n...."]
)
def test_another_kind_of_file_is_not_ours(data: bytes) -> None:
    assert refused(data).code == "stick_not_ours"


def test_an_empty_file_was_cut_short() -> None:
    assert refused(b"").code == "stick_cut_short"


def test_a_file_of_a_newer_program_says_so() -> None:
    assert refused(b"BRANCHDESK-STICK-2\n" + bytes(100)).code == "stick_newer"


def test_a_file_that_goes_the_other_way_is_named() -> None:
    fault = refused(written(), StickKind.REPLY)
    assert (fault.code, fault.facts["reason"]) == ("stick_wrong_kind", "export")
    reply = replace(HEADER, kind=StickKind.REPLY, answer_key=b"")
    fault = refused(written(reply), StickKind.EXPORT)
    assert (fault.code, fault.facts["reason"]) == ("stick_wrong_kind", "reply")


def test_a_file_that_is_too_large_is_not_read() -> None:
    data = written()
    assert read(data, bytes_max=len(data)) == PIECES
    fault = refused(data, bytes_max=len(data) - 1)
    assert fault.code == "stick_too_large"
    assert fault.facts == {"limit_bytes": len(data) - 1, "bytes": len(data)}


def test_a_stranger_cannot_sign_for_the_sender() -> None:
    assert refused(written(signer=STRANGER)).code == "stick_unsigned"


def test_a_header_that_was_changed_and_checked_again_does_not_verify() -> None:
    data = written()
    (length,) = struct.unpack_from(">I", data, len(MAGIC))
    record = data[27 : 27 + length]
    fields = cbor2.loads(record)
    body = cbor2.loads(fields["body"])
    fields["body"] = cbor2.dumps({**body, "terminal": 8}, canonical=True)
    forged = cbor2.dumps(fields, canonical=True)
    whole = MAGIC + struct.pack(">I", len(forged)) + hashlib.sha256(forged).digest()[:4] + forged
    assert refused(whole + data[27 + length :]).code == "stick_damaged"


def test_only_the_receiver_opens_it() -> None:
    fault = refused(written(), secret=b"\x0e" * 32)
    assert (fault.code, fault.facts["reason"]) == ("stick_not_for_us", "export")


@pytest.mark.parametrize(
    "header",
    [
        replace(HEADER, bank=b"\x0a" * 31),
        replace(HEADER, nonce=b""),
        replace(HEADER, answer_key=b""),
        replace(HEADER, terminal=1 << 32),
        replace(HEADER, kind=StickKind.REPLY),
    ],
)
def test_a_header_of_the_wrong_shape_is_damaged(header: StickHeader) -> None:
    assert refused(written(header), header.kind).code == "stick_damaged"


def test_a_piece_that_only_a_later_program_knows_is_passed_over() -> None:
    file = io.BytesIO()
    writer = StickWriter(
        file, HEADER, SENDER, receiver_key=public_seal_key(OFFICE_SECRET), file_key=FILE_KEY
    )
    writer.put(Piece.ASK, b"a")
    writer._seal(cbor2.dumps(["weather", b"mild"]), is_last=False)
    writer.put(Piece.BATCH, b"b")
    writer.finish()
    assert read(file.getvalue()) == [(Piece.ASK, b"a"), (Piece.BATCH, b"b")]


def test_the_largest_feed_page_is_one_piece_and_no_length_makes_us_read_more() -> None:
    largest = bytes(PIECE_BYTES_MAX)
    assert read(written(pieces=[(Piece.CONTENT, largest)]), bytes_max=1 << 30) == [
        (Piece.CONTENT, largest)
    ]
    data = written()
    start = piece_places(data)[0][0]
    huge = data[:start] + struct.pack(">I", 0xFFFFFFFF) + data[start + 4 :]
    assert refused(huge).code == "stick_damaged"


def test_room_is_kept_for_the_end() -> None:
    file = io.BytesIO()
    writer = StickWriter(
        file, HEADER, SENDER, receiver_key=public_seal_key(OFFICE_SECRET), file_key=FILE_KEY
    )
    limit = writer.bytes + 5_000
    while writer.has_room(100, limit):
        writer.put(Piece.BATCH, bytes(100))
    assert limit - 500 < writer.finish() <= limit


def test_the_secret_that_opens_a_reply_belongs_to_one_device_and_one_export() -> None:
    one = answer_secret(b"\x07" * 32, b"\x0b" * 16)
    assert one == answer_secret(b"\x07" * 32, b"\x0b" * 16)
    assert (
        len({one, answer_secret(b"\x07" * 32, bytes(16)), answer_secret(bytes(32), b"\x0b" * 16)})
        == 3
    )
