"""Chains, heads, acknowledgements: only the next honest event, only the answer to our question."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol.chain import Ack, Head, open_ack, sign_ack, verify_run
from branchdesk.protocol.event import Envelope, event_hash, genesis_hash
from branchdesk.protocol.signing import SigningKey

START = Head(12, 1, 0, genesis_hash(b"a certificate"))
TERMINAL, OFFICE, OTHER = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
NONCE = bytes(range(16))
ACK = Ack(12, 1, 7, bytes(range(32)), 5, 2, 1_799_024_400_000, NONCE)


def _run(length: int, start: Head = START) -> list[Envelope]:
    previous, envelopes = start.hash, []
    for seq in range(start.seq + 1, start.seq + length + 1):
        envelope = Envelope(
            start.terminal, start.epoch, seq, previous, UUID(int=seq), "shift.opened", 1, "B001",
            "T001", 0, "+08:00", bytes(16), seq, "trusted", {}, bytes(32),
        )  # fmt: skip
        previous = event_hash(envelope.encode())
        envelopes.append(envelope)
    return envelopes


def _broken(envelopes: list[Envelope], start: Head = START) -> tuple[object, object]:
    with pytest.raises(ContractFault) as refused:
        verify_run(start, [envelope.encode() for envelope in envelopes])
    assert refused.value.code == "chain_broken"
    return refused.value.facts["seq"], refused.value.facts["problem"]


def test_an_honest_run_gives_a_link_an_event() -> None:
    run = _run(5)
    links = verify_run(START, [envelope.encode() for envelope in run])
    assert [link.envelope for link in links] == run
    assert [link.hash for link in links] == [event_hash(e.encode()) for e in run]


def test_a_run_goes_on_from_any_head() -> None:
    links = verify_run(START, [envelope.encode() for envelope in _run(4)])
    head = Head(12, 1, 2, links[1].hash)
    assert verify_run(head, [link.envelope.encode() for link in links[2:]]) == links[2:]
    assert verify_run(head, []) == []


@given(st.integers(2, 8), st.data())
def test_a_missing_event_is_a_gap(length: int, data: st.DataObject) -> None:
    run = _run(length)
    lost = data.draw(st.integers(0, length - 2))
    del run[lost]
    assert _broken(run) == (lost + 1, "gap")


@given(st.integers(2, 8), st.data())
def test_two_events_in_the_wrong_order_are_a_gap(length: int, data: st.DataObject) -> None:
    run = _run(length)
    first = data.draw(st.integers(0, length - 2))
    run[first], run[first + 1] = run[first + 1], run[first]
    assert _broken(run) == (first + 1, "gap")


def test_the_same_event_twice_is_a_gap() -> None:
    run = _run(3)
    assert _broken([*run, run[-1]]) == (4, "gap")


@given(st.integers(1, 8), st.data())
def test_a_fork_breaks_at_the_event_after_it(length: int, data: st.DataObject) -> None:
    run = _run(length + 1)
    at = data.draw(st.integers(0, length - 1))
    run[at] = replace(run[at], staff="T002")
    assert _broken(run) == (at + 2, "prev_hash")


def test_another_past_does_not_fit() -> None:
    other = Head(12, 1, 0, genesis_hash(b"another certificate"))
    assert _broken(_run(2, other)) == (1, "prev_hash")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"terminal": 13}, "terminal"),
        ({"terminal": 13, "epoch": 2, "seq": 9}, "terminal"),
        ({"epoch": 2}, "epoch"),
        ({"epoch": 0}, "epoch"),
        ({"seq": 1}, "gap"),
        ({"seq": 3}, "gap"),
        ({"prev_hash": bytes(32)}, "prev_hash"),
        ({"event_id": UUID(int=1)}, "event_id"),
    ],
)
def test_a_stranger_in_the_run_is_named(changed: dict[str, object], problem: str) -> None:
    run = _run(2)
    run[1] = replace(run[1], **changed)  # type: ignore[arg-type]  # names are checked by replace
    assert _broken(run) == (2, problem)


def test_bytes_that_are_no_envelope_are_malformed() -> None:
    with pytest.raises(ContractFault) as refused:
        verify_run(START, [b"\xa0"])
    assert refused.value.code == "malformed"


# Heads


def test_a_head_is_signed_by_its_terminal_alone() -> None:
    signature = START.sign(TERMINAL)
    assert START.is_signed(signature, TERMINAL.public_key)
    assert not START.is_signed(signature, OTHER.public_key)


@pytest.mark.parametrize(
    "other",
    [
        replace(START, terminal=13),
        replace(START, epoch=2),
        replace(START, seq=1),
        replace(START, hash=bytes(32)),
    ],
)
def test_a_signature_does_not_fit_another_head(other: Head) -> None:
    assert not other.is_signed(START.sign(TERMINAL), TERMINAL.public_key)


@given(st.binary(max_size=80))
def test_no_other_bytes_are_a_signature_of_a_head(signature: bytes) -> None:
    assert not START.is_signed(signature, TERMINAL.public_key)


@given(st.binary(max_size=40))
def test_a_strange_key_verifies_nothing(key: bytes) -> None:
    assert not START.is_signed(START.sign(TERMINAL), key)


# Acknowledgements

_KEYS = {OFFICE.key_id: OFFICE.public_key}


def _ack_refused(data: bytes, keys: dict[bytes, bytes] = _KEYS, nonce: bytes = NONCE) -> str:
    with pytest.raises(ContractFault) as refused:
        open_ack(data, keys, nonce)
    assert refused.value.facts["what"] == "ack"
    return refused.value.code


@given(
    st.builds(
        Ack,
        *(st.integers(0, (1 << bits) - 1) for bits in (32, 32, 64)),
        st.binary(min_size=32, max_size=32),
        *(st.integers(0, (1 << bits) - 1) for bits in (64, 32, 64)),
        st.binary(min_size=16, max_size=16),
    )
)
def test_an_acknowledgement_comes_back(ack: Ack) -> None:
    signed = sign_ack(ack, OFFICE)
    assert open_ack(signed.encode(), _KEYS, ack.nonce) == signed
    assert signed.head() == Head(ack.terminal, ack.epoch, ack.seq, ack.hash)


def test_a_kept_acknowledgement_needs_no_nonce() -> None:
    ack = sign_ack(ACK, OFFICE)
    assert open_ack(ack.encode(), _KEYS, None) == ack


def test_an_acknowledgement_of_another_request_is_refused() -> None:
    assert _ack_refused(sign_ack(ACK, OFFICE).encode(), nonce=bytes(16)) == "wrong_nonce"
    assert _ack_refused(sign_ack(ACK, OFFICE).encode(), nonce=b"") == "wrong_nonce"


def test_an_acknowledgement_by_an_unknown_key_is_unsigned() -> None:
    assert _ack_refused(sign_ack(ACK, OTHER).encode()) == "unsigned"
    assert _ack_refused(sign_ack(ACK, OFFICE).encode(), {}) == "unsigned"


def test_another_key_under_the_known_id_is_a_bad_signature() -> None:
    liar = replace(sign_ack(ACK, OTHER), key_id=OFFICE.key_id)
    assert _ack_refused(liar.encode()) == "bad_signature"


def test_a_head_signature_is_no_acknowledgement() -> None:
    liar = replace(ACK, key_id=OFFICE.key_id, signature=ACK.head().sign(OFFICE))
    assert _ack_refused(liar.encode()) == "bad_signature"


@pytest.mark.parametrize("position", range(len(sign_ack(ACK, OFFICE).encode())))
@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_every_altered_byte_of_an_acknowledgement_is_refused(position: int, flip: int) -> None:
    data = bytearray(sign_ack(ACK, OFFICE).encode())
    data[position] ^= flip
    assert _ack_refused(bytes(data)) in {"malformed", "unsigned", "bad_signature"}


@pytest.mark.parametrize("length", range(len(sign_ack(ACK, OFFICE).encode())))
def test_a_torn_acknowledgement_is_malformed(length: int) -> None:
    assert _ack_refused(sign_ack(ACK, OFFICE).encode()[:length]) == "malformed"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html><body>Welcome to Harbour Hotel Wi-Fi</body></html>",
        b"OK",
        b"\xa0",
        b"\x1f\x8b\x08\x00",
    ],
)
def test_the_page_of_a_captive_portal_is_malformed(answer: bytes) -> None:
    assert _ack_refused(answer) == "malformed"


_CHANGES: list[Callable[[Ack], Ack]] = [
    lambda ack: replace(ack, terminal=13),
    lambda ack: replace(ack, epoch=2),
    lambda ack: replace(ack, seq=8),
    lambda ack: replace(ack, hash=bytes(32)),
    lambda ack: replace(ack, durable_seq=7),
    lambda ack: replace(ack, ho_epoch=3),
    lambda ack: replace(ack, time_ms=0),
    lambda ack: replace(ack, nonce=bytes(16)),
]


@pytest.mark.parametrize("change", _CHANGES)
def test_every_field_of_an_acknowledgement_is_signed(change: Callable[[Ack], Ack]) -> None:
    assert _ack_refused(change(sign_ack(ACK, OFFICE)).encode()) == "bad_signature"
