"""A bundle is taken whole or refused whole, with the reason."""

import time
import tracemalloc
from dataclasses import replace

import pytest

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.bundle import BUNDLE_BYTES_MAX, Bundle, open_bundle, sign_bundle
from branchdesk.protocol.signing import RecordKind, SigningKey, sign_record

KEY, OTHER = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
KEYS = {KEY.key_id: KEY.public_key}
BUNDLE = Bundle("HXJR2026", 3, 1_000, 9_000, '{"name": "惠享金融"}'.encode())


def _open(data: bytes, *, now_ms: int | None = 5_000, in_force: int = 0) -> Bundle:
    return open_bundle(data, KEYS, now_ms=now_ms, newer_than={"HXJR2026": in_force, "OTHER": 99})


def _refused(data: bytes, *, now_ms: int | None = 5_000, in_force: int = 0) -> ContractFault:
    with pytest.raises(ContractFault) as refused:
        _open(data, now_ms=now_ms, in_force=in_force)
    return refused.value


def test_a_bundle_comes_back() -> None:
    assert _open(sign_bundle(BUNDLE, KEY)) == BUNDLE
    assert open_bundle(sign_bundle(BUNDLE, KEY), KEYS, now_ms=5_000, newer_than={}) == BUNDLE


def test_an_older_bundle_is_refused_and_the_same_one_again_is_not() -> None:
    fault = _refused(sign_bundle(BUNDLE, KEY), in_force=4)
    assert fault.code == "bundle_older"
    assert fault.facts == {"campaign": "HXJR2026", "version": 3, "in_force": 4}
    assert _open(sign_bundle(BUNDLE, KEY), in_force=3) == BUNDLE
    assert _open(sign_bundle(BUNDLE, KEY), in_force=2) == BUNDLE


def test_an_expired_bundle_is_refused_from_the_first_millisecond_after() -> None:
    data = sign_bundle(BUNDLE, KEY)
    assert _open(data, now_ms=9_000) == BUNDLE
    fault = _refused(data, now_ms=9_001)
    assert (fault.code, fault.facts["version"]) == ("bundle_expired", 3)


def test_a_suspect_clock_does_not_judge_the_dates() -> None:
    assert _open(sign_bundle(BUNDLE, KEY), now_ms=None) == BUNDLE
    assert _refused(sign_bundle(BUNDLE, KEY), now_ms=None, in_force=4).code == "bundle_older"


def test_a_bundle_by_another_key_is_unsigned() -> None:
    assert _refused(sign_bundle(BUNDLE, OTHER)).code == "unsigned"


def test_another_key_under_the_known_id_is_a_bad_signature() -> None:
    body = codec.decode(sign_bundle(BUNDLE, OTHER), what="bundle")
    assert _refused(codec.encode(body | {"key": KEY.key_id})).code == "bad_signature"


def test_another_record_of_the_bundle_key_is_no_bundle() -> None:
    body = codec.decode(sign_bundle(BUNDLE, KEY), what="bundle")["body"]
    assert _refused(sign_record(RecordKind.FEED, body, KEY).encode()).code == "unsigned"


def test_every_altered_byte_is_refused() -> None:
    whole = sign_bundle(BUNDLE, KEY)
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 1
        assert _refused(bytes(data)).code in {"malformed", "unsigned", "bad_signature"}, position


def test_a_bundle_torn_at_any_length_is_malformed() -> None:
    whole = sign_bundle(BUNDLE, KEY)
    assert {_refused(whole[:length]).code for length in range(len(whole))} == {"malformed"}


@pytest.mark.parametrize(
    "changes",
    [
        {"campaign": 1},
        {"version": -1},
        {"version": "3"},
        {"valid_until_ms": None},
        {"content": "text"},
        {"more": 1},
    ],
)
def test_a_signed_bundle_of_a_wrong_shape_is_malformed(changes: dict[str, object]) -> None:
    fields = {name: getattr(BUNDLE, name) for name in Bundle.__slots__}
    data = sign_record(RecordKind.BUNDLE, codec.encode(fields | changes), KEY).encode()
    assert _refused(data).code == "malformed"


def test_fifty_megabytes_are_refused_at_once_and_unread() -> None:
    data = bytes(50_000_000)
    tracemalloc.start()
    started = time.perf_counter()
    try:
        fault = _refused(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - started < 5
    assert fault.facts == {
        "what": "bundle",
        "problem": "too_large",
        "limit_bytes": BUNDLE_BYTES_MAX,
    }


def test_head_office_cannot_sign_what_terminals_would_refuse() -> None:
    large = replace(BUNDLE, content=bytes(BUNDLE_BYTES_MAX - 300))
    assert _open(sign_bundle(large, KEY)) == large
    with pytest.raises(ContractFault) as refused:
        sign_bundle(replace(BUNDLE, content=bytes(BUNDLE_BYTES_MAX)), KEY)
    assert refused.value.facts["problem"] == "too_large"
