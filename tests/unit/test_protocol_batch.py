"""Batches: torn, inflated or misshapen ones are refused in words, within bounded memory."""

import struct
import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.batch import (
    COMPRESSED_BYTES_MAX,
    EVENTS_MAX,
    PLAIN_BYTES_MAX,
    Batch,
    SentEvent,
    decode_batch,
)
from branchdesk.protocol.chain import Head

AFTER = Head(12, 1, 40, bytes(range(32)))
EVENT = SentEvent(b"an envelope", b"a payload", bytes(32))
PLAIN: dict[str, Any] = {
    "ver": 1,
    "terminal": 12,
    "epoch": 1,
    "after_seq": 40,
    "after_hash": bytes(32),
    "events": [[b"envelope", b"payload", bytes(32)]],
    "keys": {"C1": b"sealed key"},
    "head_hash": bytes(32),
    "head_sig": bytes(64),
    "nonce": bytes(16),
}


def _batch(*events: SentEvent, keys: Mapping[str, bytes] | None = None) -> Batch:
    head = Head(AFTER.terminal, AFTER.epoch, AFTER.seq + len(events), bytes(32))
    return Batch(AFTER, events, head, bytes(64), bytes(16), keys or {})


def _packed(fields: object) -> bytes:
    return zstandard.ZstdCompressor().compress(codec.encode(fields))


def _refused(data: bytes) -> dict[str, object]:
    with pytest.raises(ContractFault) as refused:
        decode_batch(data)
    assert refused.value.code == "malformed"
    assert refused.value.facts["what"] == "batch"
    return refused.value.facts


_SENT = st.builds(
    SentEvent, st.binary(max_size=60), st.binary(max_size=60), st.sampled_from([b"", bytes(32)])
)


@given(
    st.lists(_SENT, min_size=1, max_size=6),
    st.dictionaries(st.text(max_size=6), st.binary(max_size=20), max_size=4),
)
def test_a_batch_comes_back_as_sent(events: list[SentEvent], keys: dict[str, bytes]) -> None:
    batch = _batch(*events, keys=keys)
    assert decode_batch(batch.encode()) == batch


def test_the_head_stands_at_the_last_event() -> None:
    assert decode_batch(_batch(EVENT, EVENT, EVENT).encode()).head.seq == 43


def test_a_batch_torn_at_any_length_is_refused() -> None:
    whole = _batch(*(SentEvent(bytes([n]) * 40, b"payload", bytes(32)) for n in range(9))).encode()
    for length in range(len(whole)):
        _refused(whole[:length])


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x28\xb5\x2f\xfd")
@example(b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd")
@example(b"<html>")
def test_any_bytes_are_refused(data: bytes) -> None:
    _refused(data)


def test_any_flipped_bit_is_read_or_refused_but_never_crashes() -> None:
    whole = _batch(EVENT, EVENT).encode()
    for bit in range(8 * len(whole)):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        try:
            decode_batch(bytes(data))
        except ContractFault as fault:
            found = fault
        else:
            continue
        assert found.code == "malformed", bit


# Bombs


def _frame_claiming(size: int, content: bytes) -> bytes:
    """Return a zstd frame (RFC 8878) that declares ``size`` and holds ``content`` raw."""
    single_segment_with_8_byte_size = b"\xe0"
    block = struct.pack("<I", len(content) << 3 | 1)[:3]
    return b"\x28\xb5\x2f\xfd" + single_segment_with_8_byte_size + struct.pack("<Q", size) + (
        block + content
    )  # fmt: skip


def _frame_with_window(log: int, content: bytes) -> bytes:
    window_descriptor = bytes([log - 10 << 3])
    block = struct.pack("<I", len(content) << 3 | 1)[:3]
    return b"\x28\xb5\x2f\xfd\x00" + window_descriptor + block + content


@pytest.mark.parametrize("size", [1 << 24, 1 << 40, (1 << 63) - 1, (1 << 64) - 3, (1 << 64) - 1])
def test_a_frame_that_declares_a_huge_size_is_refused_without_taking_it(size: int) -> None:
    tracemalloc.start()
    try:
        _refused(_frame_claiming(size, b"\xa0"))
        assert tracemalloc.get_traced_memory()[1] < 4 * PLAIN_BYTES_MAX
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("log", [24, 27, 31, 41])
def test_a_frame_with_a_huge_window_is_refused(log: int) -> None:
    assert _refused(_frame_with_window(log, b"\xa0"))["problem"] == "not_compressed"


def test_a_small_frame_with_a_modest_window_is_read_to_its_end() -> None:
    assert _refused(_frame_with_window(20, b"\xa0"))["problem"] == "wrong_fields"


@pytest.mark.parametrize("plain_bytes", [PLAIN_BYTES_MAX + 1, 64 << 20, 512 << 20])
def test_few_bytes_that_inflate_beyond_the_limit_are_refused(plain_bytes: int) -> None:
    compressor = zstandard.ZstdCompressor(level=3).compressobj()
    chunk = bytes(1 << 20)
    bomb = b"".join(compressor.compress(chunk) for _ in range(plain_bytes >> 20))
    bomb += compressor.compress(bytes(plain_bytes & (1 << 20) - 1)) + compressor.flush()
    assert len(bomb) <= COMPRESSED_BYTES_MAX
    tracemalloc.start()
    try:
        assert _refused(bomb) == {
            "what": "batch",
            "problem": "too_large",
            "limit_bytes": PLAIN_BYTES_MAX,
        }
        assert tracemalloc.get_traced_memory()[1] < 4 * PLAIN_BYTES_MAX
    finally:
        tracemalloc.stop()


def test_too_many_compressed_bytes_are_refused_unread() -> None:
    found = _refused(bytes(COMPRESSED_BYTES_MAX + 1))
    assert (found["problem"], found["limit_bytes"]) == ("too_large", COMPRESSED_BYTES_MAX)


# Limits and shapes


def test_at_most_five_hundred_events_fit() -> None:
    assert len(decode_batch(_batch(*[EVENT] * EVENTS_MAX).encode()).events) == EVENTS_MAX
    found = _refused(_batch(*[EVENT] * (EVENTS_MAX + 1)).encode())
    assert (found["problem"], found["limit"]) == ("event_count", EVENTS_MAX)


def test_a_batch_without_events_is_refused() -> None:
    assert _refused(_packed(PLAIN | {"events": []}))["problem"] == "event_count"


@pytest.mark.parametrize("name", [*PLAIN])
def test_every_field_must_be_there(name: str) -> None:
    fields = {k: v for k, v in PLAIN.items() if k != name}
    assert _refused(_packed(fields))["problem"] == "wrong_fields"
    assert _refused(_packed(PLAIN | {"more": 1}))["problem"] == "wrong_fields"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("ver", 2, "unknown_version"),
        ("ver", "1", "wrong_type"),
        ("terminal", -1, "wrong_type"),
        ("terminal", 1 << 32, "out_of_range"),
        ("epoch", 1 << 32, "out_of_range"),
        ("after_seq", 1 << 62, "out_of_range"),
        ("after_seq", True, "wrong_type"),
        ("after_hash", bytes(31), "wrong_length"),
        ("head_hash", bytes(33), "wrong_length"),
        ("head_sig", bytes(63), "wrong_length"),
        ("nonce", b"", "wrong_length"),
        ("keys", [], "wrong_type"),
        ("keys", {"C1": "text"}, "wrong_type"),
        ("keys", {"C1": None}, "wrong_type"),
        ("events", {}, "wrong_type"),
        ("events", [b"envelope"], "wrong_type"),
        ("events", [[]], "wrong_type"),
        ("events", [[b"", b""]], "wrong_type"),
        ("events", [[b"", b"", b"", b""]], "wrong_type"),
        ("events", [[b"", "", b""]], "wrong_type"),
        ("events", [[b"", b"", bytes(31)]], "wrong_type"),
        ("events", [[b"", b"", None]], "wrong_type"),
    ],
)
def test_wrong_shapes_are_named(name: str, value: object, problem: str) -> None:
    found = _refused(_packed(PLAIN | {name: value}))
    assert found["problem"] == problem
    assert found.get("field", name) == name


def test_the_plain_batch_of_these_tests_is_good() -> None:
    assert decode_batch(_packed(PLAIN)).keys == {"C1": b"sealed key"}


@pytest.mark.parametrize("value", [[], 0, None, "batch"])
def test_what_is_no_map_is_refused(value: object) -> None:
    assert _refused(_packed(value))["problem"] == "wrong_fields"


def test_an_erased_person_leaves_no_salt() -> None:
    erased = SentEvent(b"envelope", b"payload", b"")
    assert decode_batch(_batch(erased).encode()).events == (erased,)
