"""The product's events, chains, heads and acknowledgements agree with ``events.json`` to the byte.

Each value is also computed here a second time, from the fields alone, with cbor2, hashlib and
struct; and the file itself is what its maker writes, so none of the three can drift alone.
"""

import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import cbor2
import pytest

from branchdesk.errors import ContractFault
from branchdesk.protocol import chain, event, facts, sealing
from branchdesk.protocol.signing import SigningKey

VECTORS: Final = Path(__file__).resolve().parents[1] / "vectors"
sys.path.insert(0, str(VECTORS))

import make_events  # noqa: E402 - the vectors' folder must be on the path first

_FILE: Final[dict[str, Any]] = json.loads((VECTORS / "events.json").read_text(encoding="utf-8"))
_CHAINS: Final = _FILE["chains"]
_EVENTS: Final = [row for of in _CHAINS for row in of["events"]]
_BYTE_FIELDS: Final = ("prev_hash", "event_id", "boot_id", "payload_commit")


def _named(row: dict[str, Any]) -> str:
    return str(row["id"])


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(row["fields"])
    return fields | {name: bytes.fromhex(fields[name]) for name in _BYTE_FIELDS}


def _public(row: dict[str, Any]) -> bytes:
    return bytes.fromhex(_FILE["keys"][row["key"]]["public"])


def _key(row: dict[str, Any]) -> SigningKey:
    return SigningKey(bytes.fromhex(_FILE["keys"][row["key"]]["test_only_seed"]))


def _chain_of(row: dict[str, Any]) -> dict[str, Any]:
    found = (c for c in _CHAINS if (c["terminal"], c["epoch"]) == (row["terminal"], row["epoch"]))
    return next(found)


def _in_hex(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_hex(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_hex(inner) for inner in value]
    return value.hex() if isinstance(value, bytes) else value


def test_the_file_is_what_its_maker_writes() -> None:
    assert (VECTORS / "events.json").read_text(encoding="utf-8") == make_events.events_json()


def test_there_are_enough_of_each() -> None:
    assert len(_EVENTS) >= 40
    assert len(_FILE["heads"]) >= 10
    assert len(_FILE["acks"]) >= 9
    assert {row["fields"]["type"] for row in _EVENTS} > set(facts.PAYLOAD_FIELDS)


@pytest.mark.parametrize("row", _EVENTS, ids=_named)
def test_envelope_bytes_hash_and_commitment(row: dict[str, Any]) -> None:
    fields, payload = _fields(row), bytes.fromhex(row["payload"])
    salt, data = bytes.fromhex(row["salt"]), bytes.fromhex(row["envelope"])
    # By hand:
    assert cbor2.dumps(fields, canonical=True) == data
    assert hashlib.sha256(b"BRANCHDESK-EVENT-1\0" + data).hexdigest() == row["hash"]
    assert hashlib.sha256(salt + payload).digest() == fields["payload_commit"]
    # By the product:
    assert event.event_hash(data).hex() == row["hash"]
    assert event.commitment(salt, payload) == fields["payload_commit"]
    made = {name: value for name, value in fields.items() if name != "env_ver"}
    envelope = event.Envelope(**(made | {"event_id": UUID(bytes=fields["event_id"])}))
    assert envelope.encode() == data
    assert event.decode_envelope(data) == envelope


@pytest.mark.parametrize("row", [r for r in _EVENTS if r["customer"]], ids=_named)
def test_salt_of_an_event_about_a_person(row: dict[str, Any]) -> None:
    key = bytes.fromhex(_FILE["people"][row["customer"]]["key"])
    event_id = bytes.fromhex(row["fields"]["event_id"])
    by_hand = hmac.new(key, b"BRANCHDESK-SALT-1\0" + event_id, hashlib.sha256).hexdigest()
    assert by_hand == sealing.person_salt(key, event_id).hex() == row["salt"]


@pytest.mark.parametrize("row", _EVENTS, ids=_named)
def test_payloads_are_read_by_type_and_personal_fields_open(row: dict[str, Any]) -> None:
    kind, payload = row["fields"]["type"], bytes.fromhex(row["payload"])
    if kind not in facts.PAYLOAD_FIELDS:
        with pytest.raises(ContractFault) as refused:
            facts.decode_payload(kind, payload)
        assert refused.value.code == "unknown_event_type"
        return
    fields = facts.decode_payload(kind, payload)
    assert facts.encode_payload(kind, **fields) == payload
    if kind in facts.PERSONAL_FIELDS:
        person = _FILE["people"][row["customer"]]
        opened = facts.unseal_personal(
            kind, row["customer"], bytes.fromhex(person["key"]), fields["sealed"]
        )
        assert _in_hex(opened) == row.get("personal", person["personal"])


@pytest.mark.parametrize("of", _CHAINS, ids=_named)
def test_the_whole_chain_verifies_from_its_genesis(of: dict[str, Any]) -> None:
    certificate = bytes.fromhex(of["certificate"])
    genesis = event.genesis_hash(certificate)
    assert genesis == hashlib.sha256(b"BRANCHDESK-GENESIS-1\0" + certificate).digest()
    assert genesis.hex() == of["genesis"]
    start = chain.Head(of["terminal"], of["epoch"], 0, genesis)
    links = chain.verify_run(start, [bytes.fromhex(row["envelope"]) for row in of["events"]])
    assert [link.hash.hex() for link in links] == [row["hash"] for row in of["events"]]


@pytest.mark.parametrize("row", _FILE["heads"], ids=_named)
def test_head_message_and_signature(row: dict[str, Any]) -> None:
    by_hand = struct.pack(">IIQ", row["terminal"], row["epoch"], row["seq"])
    by_hand += bytes.fromhex(row["hash"])
    head = chain.Head(row["terminal"], row["epoch"], row["seq"], bytes.fromhex(row["hash"]))
    assert by_hand.hex() == head.message().hex() == row["message"]
    assert head.sign(_key(row)).hex() == row["signature"]
    assert head.is_signed(bytes.fromhex(row["signature"]), _public(row))
    of = _chain_of(row)
    hashes = [of["genesis"], *(line["hash"] for line in of["events"])]
    assert row["hash"] == hashes[row["seq"]]


@pytest.mark.parametrize("row", _FILE["acks"], ids=_named)
def test_acknowledgement_message_and_signature(row: dict[str, Any]) -> None:
    by_hand = struct.pack(">IIQ", row["terminal"], row["epoch"], row["seq"])
    by_hand += bytes.fromhex(row["hash"])
    by_hand += struct.pack(">QIQ", row["durable_seq"], row["ho_epoch"], row["time_ms"])
    by_hand += bytes.fromhex(row["nonce"])
    assert by_hand.hex() == row["message"]
    encoded = bytes.fromhex(row["encoded"])
    key, nonce = _key(row), bytes.fromhex(row["nonce"])
    ack = chain.open_ack(encoded, {key.key_id: key.public_key}, nonce)
    for name in ("terminal", "epoch", "seq", "durable_seq", "ho_epoch", "time_ms"):
        assert getattr(ack, name) == row[name], name
    assert ack.hash.hex() == row["hash"]
    assert ack.message() == by_hand
    assert chain.sign_ack(ack, key).encode() == encoded
