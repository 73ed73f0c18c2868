r"""Synchronisation carried by hand: an export to head office and the reply that comes back.

Both files have one form. What is in it can be read by the receiver alone, is known to come from the
sender, and is whole or nothing. Numbers are big-endian.

    file    "BRANCHDESK-STICK-1\n" ‖ length u32 ‖ check 4 ‖ header ‖ piece ‖ … ‖ last piece
    check   first 4 of SHA-256(header): a damaged header is told from a stranger's
    header  record of kind STICK, signed by the sender, around deterministic CBOR
            {what, bank, terminal, epoch, nonce, answer_key, sealed}
    piece   length u32 ‖ AES-256-GCM(file key, number, [name, data], SHA-256(header))
    number  000000 ‖ place u64, from 0 ‖ 01 for the last piece, which has no name and no data, or 00
    sealed  HPKE(receiver's X25519 key, file key 32, "BRANCHDESK-STICK-1\0" ‖ the other six fields)

| field        | export                                       | reply                          |
|--------------|----------------------------------------------|--------------------------------|
| ``what``     | ``export``                                   | ``reply``                      |
| ``bank``     | head office's root key, 32 bytes             | the same                       |
| ``nonce``    | 16 bytes of the terminal's                   | those of the export            |
| ``answer_key`` | X25519 key to which the reply is sealed    | empty                          |
| signed by    | the terminal's device key                    | head office's ack key          |
| sealed to    | head office's seal key                       | the export's ``answer_key``    |
| pieces       | ask, past …, batch …                         | see ``Piece``, in that order   |

A file that ends anywhere but after its last piece was cut short. Pieces are read one at a time, so
that a file of any size needs the memory of its largest piece. This module is given open files and
opens none.
"""

import hashlib
import hmac
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Final

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.chain import NONCE_BYTES
from branchdesk.protocol.feed import PAGE_BYTES_MAX
from branchdesk.protocol.sealing import KEY_BYTES, seal, seal_to, unseal
from branchdesk.protocol.signing import (
    PUBLIC_KEY_BYTES,
    RecordKind,
    SigningKey,
    open_record,
    sign_record,
)

FAMILY: Final = b"BRANCHDESK-STICK-"
MAGIC: Final = FAMILY + b"1\n"
STICK_BYTES_MAX: Final = 512 << 20
PIECE_BYTES_MAX: Final = PAGE_BYTES_MAX + (64 << 10)
# What a piece costs beside its data: length, tag, name.
PIECE_BYTES_SPARE: Final = 64
# The last piece, for which every writer keeps room.
END_BYTES: Final = PIECE_BYTES_SPARE

_INFO: Final = b"BRANCHDESK-STICK-1\0"
_ANSWER: Final = b"BRANCHDESK-STICK-ANSWER-1\0"
_HEADER_BYTES_MAX: Final = 4 << 10
_CHECK_BYTES: Final = 4
_TAG_BYTES: Final = 16
_LENGTH: Final = struct.Struct(">I")
_NUMBER: Final = struct.Struct(">3xQB")
_RECORD: Final[Mapping[str, type]] = {"kind": str, "key": bytes, "body": bytes, "sig": bytes}
_BODY: Final[Mapping[str, type]] = {
    "what": str, "bank": bytes, "terminal": int, "epoch": int, "nonce": bytes,
    "answer_key": bytes, "sealed": bytes,
}  # fmt: skip

# ``urgent``, ``content``: the cursors of the two lanes; ``grants``: whether some are asked for;
# ``seq``: the terminal's last event now; ``ho_epoch``: head office's, by its newest word, or 0.
ASK_FIELDS: Final[Mapping[str, type]] = {
    "urgent": int, "content": int, "grants": bool, "seq": int, "ho_epoch": int,
}  # fmt: skip

# ``seq``: the last event in the batch.
PAST_FIELDS: Final[Mapping[str, type]] = {"epoch": int, "seq": int, "batch": bytes}
# ``ack``: head office's head of that chain, over the export's nonce; ``shown``: up to where the
# batch was kept as another branch's evidence, or 0; ``notices`` as in ``EVENTS_FIELDS``.
PAST_ANSWER_FIELDS: Final[Mapping[str, type]] = {"ack": bytes, "shown": int, "notices": list}


class StickKind(StrEnum):
    """Which way a file goes."""

    EXPORT = "export"
    """From a terminal to head office."""
    REPLY = "reply"
    """Back from head office to that terminal."""


class Piece(StrEnum):
    """What one piece of a file is."""

    ASK = "ask"
    """What the terminal wants to know, as ``ASK_FIELDS``; the first piece of an export."""
    PAST = "past"
    """A batch of an earlier epoch of the terminal, or the answer to one: ``PAST_FIELDS``,
    ``PAST_ANSWER_FIELDS``."""
    BATCH = "batch"
    """An encoded ``Batch``, as over HTTPS."""
    URGENT = "urgent"
    """A signed page of the urgent lane."""
    ACK = "ack"
    """Head office's head of the chain, an encoded ``Ack`` over the export's nonce."""
    NOTICES = "notices"
    """[[seq, verdict, code], …] as in ``EVENTS_FIELDS``."""
    REFUSED = "refused"
    """Why no grants were lent: a code of the error catalogue."""
    CONTENT = "content"
    """A signed page of the content lane."""


@dataclass(frozen=True, slots=True)
class StickHeader:
    """Whose file it is, which way it goes, and which export it is or answers.

    ``bank`` is head office's root key; ``answer_key`` is empty in a reply.
    """

    kind: StickKind
    bank: bytes
    terminal: int
    epoch: int
    nonce: bytes
    answer_key: bytes = b""

    def fields(self) -> dict[str, object]:
        """Return what is signed and bound to the seal, without the sealed key itself."""
        return {
            "what": self.kind.value, "bank": self.bank, "terminal": self.terminal,
            "epoch": self.epoch, "nonce": self.nonce, "answer_key": self.answer_key,
        }  # fmt: skip


def answer_secret(device_seed: bytes, nonce: bytes) -> bytes:
    """Return the X25519 private key that opens the reply to the export with this nonce.

    It is made from the device's key each time, so nothing must be kept between export and reply,
    and a reply that it opens answers an export of this device and no other.
    """
    return hmac.digest(device_seed, _ANSWER + nonce, "sha256")


class StickWriter:
    """Writes one file piece by piece; without :meth:`finish` it is no whole file."""

    def __init__(
        self,
        file: BinaryIO,
        header: StickHeader,
        signer: SigningKey,
        *,
        receiver_key: bytes,
        file_key: bytes,
    ) -> None:
        """Write the header; ``file_key`` is 32 fresh random bytes, used for nothing else."""
        assert len(file_key) == KEY_BYTES, "a file key is 32 bytes"
        self._file, self._key = file, file_key
        fields = header.fields()
        sealed = seal_to(receiver_key, file_key, _INFO + codec.encode(fields))
        body = codec.encode({**fields, "sealed": sealed})
        record = sign_record(RecordKind.STICK, body, signer).encode()
        digest = hashlib.sha256(record).digest()
        self._bound_to = digest
        self._place = 0
        self.bytes = 0
        self._write(MAGIC + _LENGTH.pack(len(record)) + digest[:_CHECK_BYTES] + record)

    def put(self, piece: Piece, data: bytes) -> None:
        """Write the next piece."""
        self._seal(codec.encode([piece.value, data]), is_last=False)

    def finish(self) -> int:
        """Write the end and return the size of the file in bytes."""
        self._seal(codec.encode([]), is_last=True)
        return self.bytes

    def has_room(self, data_bytes: int, limit_bytes: int) -> bool:
        """Say whether a piece of this size and the end still fit into a file of ``limit_bytes``."""
        return self.bytes + data_bytes + PIECE_BYTES_SPARE + END_BYTES <= limit_bytes

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        number = _NUMBER.pack(self._place, is_last)
        sealed = seal(self._key, number, plain, self._bound_to)[len(number) :]
        self._write(_LENGTH.pack(len(sealed)) + sealed)
        self._place += 1

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self.bytes += len(data)


class StickReader:
    """Reads one file; nothing in ``header`` is believed before :meth:`open`."""

    def __init__(
        self, file: BinaryIO, kind: StickKind, *, bytes_max: int = STICK_BYTES_MAX
    ) -> None:
        """Read the header of a file that goes the way of ``kind``.

        Raises ContractFault ``stick_not_ours``, ``stick_newer``, ``stick_wrong_kind``,
        ``stick_too_large``, ``stick_cut_short`` or ``stick_damaged``.
        """
        self._file = file
        self.bytes = file.seek(0, 2)
        if self.bytes > bytes_max:
            raise ContractFault("stick_too_large", limit_bytes=bytes_max, bytes=self.bytes)
        file.seek(0)
        self._record = _read_record(file)
        self._start = file.tell()
        self._bound_to = hashlib.sha256(self._record).digest()
        self._sealed, self.header = _read_header(self._record)
        self._key = b""
        if self.header.kind is not kind:
            raise ContractFault("stick_wrong_kind", reason=self.header.kind.value)

    def open(
        self, public_keys: Mapping[bytes, bytes], unseal_key: Callable[[bytes, bytes], bytes]
    ) -> None:
        """Check the sender's signature and open the file key.

        ``public_keys`` are those that may have signed, by key id; ``unseal_key`` opens what was
        sealed to us, given the bytes and what they are bound to. Raises ContractFault
        ``stick_unsigned`` (another key signed it), ``stick_damaged`` or ``stick_not_for_us``.
        """
        try:
            open_record(self._record, RecordKind.STICK, dict(public_keys))
        except ContractFault as error:
            if error.code == "unsigned":
                raise ContractFault("stick_unsigned") from error
            raise ContractFault("stick_damaged") from error
        info = _INFO + codec.encode(self.header.fields())
        try:
            key = unseal_key(self._sealed, info)
        except ContractFault as error:
            raise ContractFault("stick_not_for_us", reason=self.header.kind.value) from error
        if len(key) != KEY_BYTES:
            raise ContractFault("stick_damaged")
        self._key = key

    def pieces(self) -> Iterator[tuple[Piece, bytes]]:
        """Give each piece in order, from the beginning; only after :meth:`open`.

        Raises ContractFault ``stick_cut_short`` or ``stick_damaged`` when it comes to that place.
        """
        assert self._key, "a file is opened before its pieces are read"
        self._file.seek(self._start)
        place = 0
        while True:
            is_last, plain = self._next(place)
            if is_last:
                break
            found = _piece(plain)
            if found is not None:
                yield found
            place += 1
        if self._file.read(1):
            raise ContractFault("stick_damaged")

    def done_bytes(self) -> int:
        """Return how much of the file was read in this pass."""
        return self._file.tell()

    def _next(self, place: int) -> tuple[bool, bytes]:
        (length,) = _LENGTH.unpack(_exactly(self._file, _LENGTH.size))
        if not _TAG_BYTES <= length <= PIECE_BYTES_MAX + PIECE_BYTES_SPARE:
            raise ContractFault("stick_damaged")
        sealed = _exactly(self._file, length)
        # Only the last piece is as short as this, so that none is tried under both numbers.
        is_last = length == _TAG_BYTES + len(_END)
        number = _NUMBER.pack(place, is_last)
        try:
            return is_last, unseal(self._key, number + sealed, self._bound_to)
        except ContractFault as error:
            raise ContractFault("stick_damaged") from error


_END: Final = codec.encode([])


def _read_record(file: BinaryIO) -> bytes:
    start = file.read(len(MAGIC))
    if start != MAGIC:
        if len(start) < len(MAGIC) and MAGIC.startswith(start):
            raise ContractFault("stick_cut_short")
        if start.startswith(FAMILY):
            raise ContractFault("stick_newer")
        raise ContractFault("stick_not_ours")
    (length,) = _LENGTH.unpack(_exactly(file, _LENGTH.size))
    if length > _HEADER_BYTES_MAX:
        raise ContractFault("stick_damaged")
    check = _exactly(file, _CHECK_BYTES)
    record = _exactly(file, length)
    if hashlib.sha256(record).digest()[:_CHECK_BYTES] != check:
        raise ContractFault("stick_damaged")
    return record


def _read_header(record: bytes) -> tuple[bytes, StickHeader]:
    """Return the sealed file key and the header; nothing of it is verified yet."""
    try:
        body = codec.decode_map(record, _RECORD, what="stick")["body"]
        found = codec.decode_map(body, _BODY, what="stick")
    except ContractFault as error:
        raise ContractFault("stick_damaged") from error
    lengths = (len(found["bank"]), len(found["nonce"]), len(found["answer_key"]))
    kinds = {
        StickKind.EXPORT.value: (PUBLIC_KEY_BYTES, NONCE_BYTES, KEY_BYTES),
        StickKind.REPLY.value: (PUBLIC_KEY_BYTES, NONCE_BYTES, 0),
    }
    if kinds.get(found["what"]) != lengths or max(found["terminal"], found["epoch"]) >> 32:
        raise ContractFault("stick_damaged")
    header = StickHeader(
        StickKind(found["what"]), found["bank"], found["terminal"], found["epoch"],
        found["nonce"], found["answer_key"],
    )  # fmt: skip
    return found["sealed"], header


def _piece(plain: bytes) -> tuple[Piece, bytes] | None:
    """Return the piece, or None for a kind that only a later program knows."""
    value = codec.decode(plain, what="stick", bytes_max=PIECE_BYTES_MAX + PIECE_BYTES_SPARE)
    if not isinstance(value, list) or [type(part) for part in value] != [str, bytes]:
        raise codec.malformed("stick", "wrong_type", field="piece")
    name, data = value
    return (Piece(name), data) if name in Piece.__members__.values() else None


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise ContractFault("stick_cut_short")
    return data
