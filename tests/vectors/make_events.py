"""Write ``events.json``: envelopes, chains, heads and acknowledgements, the same bytes every time.

Written from the contract's description alone: cbor2, hashlib, struct and ``cryptography``, never
the product. Run ``python tests/vectors/make_events.py`` after changing a case, and say in the
commit why the format's vectors changed: other implementations depend on them.
"""

import hashlib
import hmac
import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from vector_parts import public_of, seed_of

HERE: Final = Path(__file__).resolve().parent
Json = dict[str, Any]
ACK_KEY: Final = "office-ack-1"
CHAINS: Final = ((12, 1, "B001", "terminal-1"), (12, 2, "B001", "terminal-2"),
                 (2**32 - 1, 1, "V002", "terminal-3"))  # fmt: skip
CUSTOMER: Final = "C0190a1b2c3d47e4f8a5b6c7d8e9f0a1b"
START_MS: Final = 1_799_024_400_000


def pseudo(name: str, size: int = 32) -> bytes:
    """Return repeatable bytes for a named place."""
    out = b""
    while len(out) < size:
        out += hashlib.sha256(f"{name} {len(out)}".encode()).digest()
    return out[:size]


def cbor(value: object) -> bytes:
    """Return deterministic CBOR."""
    return cbor2.dumps(value, canonical=True)


def sign(key: str, domain: str, message: bytes) -> bytes:
    """Sign a message under its domain with a named key."""
    key_pair = Ed25519PrivateKey.from_private_bytes(seed_of(key))
    return key_pair.sign(domain.encode() + b"\0" + message)


def key_id(name: str) -> bytes:
    """Return a named key's 4-byte id."""
    return hashlib.sha256(public_of(name)).digest()[:4]


def person_key(customer: str) -> bytes:
    """Return the published test key of a customer."""
    return pseudo(f"key of {customer}")


def sealed(customer: str, nonce: bytes, personal: Mapping[str, object]) -> bytes:
    """Seal personal fields: nonce ‖ AES-256-GCM under the person's key."""
    context = b"BRANCHDESK-PERSON-1\0" + customer.encode()
    return nonce + AESGCM(person_key(customer)).encrypt(nonce, cbor(dict(personal)), context)


def person(name: str, phone: str, document: tuple[str, str] = ("", "")) -> Json:
    """Return the personal fields of a registration."""
    return {
        "name": name,
        "phone": phone,
        "document_type": document[0],
        "document_number": document[1],
        "interests": ["购房"],
        "needs": [],
        "hashes": [pseudo(f"blind {phone}", 16)],
        "intent_body": pseudo(f"body {phone}"),
    }


PEOPLE: Final = {
    CUSTOMER: person("李䶮", "+8613800138000", ("resident_id", "11010519491231002X")),
    "C2": person("𬭼㛃", "+8613900139000"),
    "C3": person("Anne-Marie O’Neill", "+14155550100", ("passport", "E12345678")),
    "C4": {**person("赵小满", "+8613700137000"), "signatures": {"service": pseudo("drawn", 90)}},
}
# What is sealed in events about a person besides their registration, by type.
SEALED: Final[Mapping[str, Json]] = {
    "consent.answered": {"signature": b"", "intent_body": pseudo("body of an answer")},
    "customer.corrected": {
        "values": {"name": "李䶮", "phone": "+8613600136000", "interests": []},
        "shown": {"phone": ["138****8000", "136****6000"]},
        "hashes": [pseudo("blind +8613600136000", 16), pseudo("blind +8613800138000", 16)],
        "reason": "换号",
        "intent_body": pseudo("body of a correction"),
    },
}


def consents(*purposes: str) -> list[Json]:
    """Return granted consents."""
    digest = hashlib.sha256(b"text").hexdigest()
    return [
        {"purpose": purpose, "text_version": "2026-10", "text_sha256": digest, "granted": True,
         "how": "verbal"}
        for purpose in purposes
    ]  # fmt: skip


def facts(terminal: int, certificate: bytes) -> Iterator[tuple[str, Json, Json, str]]:
    """Yield (type, payload fields, refs, customer) of one chain's events."""
    yield "terminal.enrolled", {"certificate": certificate}, {}, ""
    yield "staff.pin_set", {"staff": "T001"}, {"staff": "T001"}, ""
    yield "staff.signed_in", {"staff": "T001", "role": "teller"}, {"staff": "T001"}, ""
    yield (
        "shift.opened",
        {"shift": "T001-0190a1b2c3d4", "place": "湖滨小区"},
        {"shift": "T001-0190a1b2c3d4"},
        "",
    )
    yield (
        "grant.accepted",
        {"grant": pseudo("grant", 125), "campaign": "HXJR2026", "offer_code": "PHONE10"},
        {"grant": 70_001},
        "",
    )
    for number, (customer, personal) in enumerate(PEOPLE.items(), start=1):
        box = sealed(customer, pseudo(f"nonce {terminal} {customer}", 12), personal)
        yield (
            "customer.registered",
            {
                "customer": customer,
                "channel": "counter",
                "referrer": "",
                "consents": consents("service", "sensitive"),
                "sealed": box,
            },
            {"customer": customer},
            customer,
        )
        yield (
            "voucher.issued",
            {
                "customer": customer,
                "grant": 70_001,
                "slot": number,
                "campaign": "HXJR2026",
                "offer_code": "PHONE10",
                "voucher": pseudo(f"voucher {number}", 79),
                "number": number,
                "intent_body": pseudo(f"intent {number}"),
            },
            {"customer": customer, "grant": 70_001, "slot": number, "voucher": f"70001-{number}"},
            customer,
        )
    yield (
        "customer.revealed",
        {"customer": CUSTOMER, "fields": ["phone"], "reason": "核对号码"},
        {"customer": CUSTOMER},
        CUSTOMER,
    )
    yield (
        "voucher.printed",
        {"items": [[70_001, 1, 0], [70_001, 2, 0]], "layout": "a4x8"},
        {"count": 2},
        "",
    )
    yield (
        "grant.returned",
        {"grant": 70_001, "slots": [[4, 100], [200, 200]]},
        {"grant": 70_001},
        "",
    )
    yield "staff.locked_out", {"staff": "T004", "tries": 5}, {"staff": "T004"}, ""
    yield "terminal.recovered", {"events": 3, "source": "second_file"}, {}, ""
    yield (
        "shift.closed",
        {"shift": "T001-0190a1b2c3d4", "unsent": 17},
        {"shift": "T001-0190a1b2c3d4"},
        "",
    )
    yield from acts_on_people(terminal)
    yield from acts_of_staff()
    yield from acts_on_vouchers()
    # A kind that this version does not know is a fact all the same. Shorter keys come first.
    yield (
        "weather.noted",
        {"°C": -3, "": None, "sky": [True, False]},
        {"": "", "b": 2**53, "aa": -1, "字": "雨"},
        "",
    )


def acts_on_people(terminal: int) -> Iterator[tuple[str, Json, Json, str]]:
    """Yield what happens to people after they were registered."""

    def box(kind: str) -> bytes:
        return sealed(CUSTOMER, pseudo(f"nonce {terminal} {kind}", 12), SEALED[kind])

    yield (
        "consent.answered",
        {
            "customer": CUSTOMER, "purpose": "sensitive", "granted": False,
            "text_version": "2026-10", "text_sha256": hashlib.sha256(b"text").hexdigest(),
            "how": "verbal", "sealed": box("consent.answered"),
        },
        {"customer": CUSTOMER},
        CUSTOMER,
    )  # fmt: skip
    yield (
        "customer.corrected",
        {
            "customer": CUSTOMER, "fields": ["phone", "interests"], "channel": "counter",
            "sealed": box("customer.corrected"),
        },
        {"customer": CUSTOMER},
        CUSTOMER,
    )  # fmt: skip
    proposal = {
        "merge": "M0190a1b2", "kept": CUSTOMER, "other": "C2", "reason": "同一人",
        "intent_body": pseudo("body of a proposal"),
    }  # fmt: skip
    refs = {"customer": CUSTOMER, "other": "C2", "merge": "M0190a1b2"}
    yield "merge.proposed", proposal, refs, ""
    yield "merge.undone", {**proposal, "reason": "不是同一人"}, refs, ""
    yield (
        "customer.erased",
        {
            "customer": "C2", "reason": "本人要求", "second": "S001",
            "intent_body": pseudo("body of an erasure"),
        },
        {"customer": "C2"},
        "",
    )  # fmt: skip


def acts_of_staff() -> Iterator[tuple[str, Json, Json, str]]:
    """Yield what staff do with a shift and with each other's PINs."""
    shift = {"shift": "T001-0190a1b2c3d4"}
    counted = {
        **shift, "moment": "handed_over", "word": "送出一件未登记",
        "gifts": [["GIFTBOX", 11, 12], ["SALON", 3, None]], "vouchers": [["PHONE10", 97]],
    }  # fmt: skip
    yield "shift.counted", counted, shift, ""
    yield "shift.handed_over", {**shift, "staff": "T002"}, shift, ""
    asked = {"staff": "T002", "reason": "忘记 PIN"}
    yield "staff.pin_reset_requested", asked, {"staff": "T002"}, ""


def acts_on_vouchers() -> Iterator[tuple[str, Json, Json, str]]:
    """Yield what becomes of vouchers after they were issued."""
    one = {"grant": 70_001, "slot": 1}
    refs = {**one, "voucher": "70001-1"}
    because = {"reason": "纸面污损", "intent_body": pseudo("body of an act on a voucher")}
    copy = {**one, **because, "copy": 1, "voucher": pseudo("voucher 1 copy 1", 79)}
    yield "voucher.reprinted", copy, refs, ""
    redeemed = {
        "grant_bytes": pseudo("grant", 125), "voucher": pseudo("voucher 1", 79), "basis": "home",
        "amount_minor": 1000, "purchase_minor": 0, "holder_checked": True, "answer": b"",
        "intent_body": because["intent_body"],
    }  # fmt: skip
    yield "voucher.redeemed", redeemed, refs, ""
    undone = {**one, **because, "redemption": pseudo("redemption 1", 16), "answer": b""}
    yield "redemption.undone", undone, refs, ""
    yield "voucher.voided", {**one, **because, "second": "S001"}, refs, ""
    released = {"grant": 70_001, "slots": [[2, 3]], "reason": "客户去别处使用"}
    yield "voucher.released", released, {"grant": 70_001}, ""
    yield "keeper.resigned", {"outlet": "B001", "item": 41, "reason": "更换终端"}, {}, ""
    book = {"book": "K0190a1b2", "grant": 70_002, "second": "S001"}
    printed = {
        **book, "first": 1, "last": 2, "number": 9, "campaign": "HXJR2026",
        "offer_code": "PHONE10", "intent_body": pseudo("body of a book"),
        "vouchers": [pseudo("book voucher 1", 79), pseudo("book voucher 2", 79)],
    }  # fmt: skip
    yield "book.printed", printed, {"grant": 70_002}, ""
    entries = [[1, "used", CUSTOMER, 2_500], [2, "spoiled", "", 0]]
    entered = {**book, "entries": entries, "intent_body": pseudo("body of an entry")}
    yield "book.entered", entered, {"grant": 70_002}, ""


CLOCKS: Final = ("trusted", "plausible", "suspect")
ZONES: Final = ("+08:00", "+00:00", "-03:30")


def chain(terminal: int, epoch: int, outlet: str, key: str) -> Json:
    """Return one chain from its certificate on."""
    certificate = pseudo(f"certificate {terminal} {epoch}", 240)
    genesis = hashlib.sha256(b"BRANCHDESK-GENESIS-1\0" + certificate).digest()
    previous, events = genesis, []
    for seq, (kind, fields, refs, customer) in enumerate(facts(terminal, certificate), start=1):
        event_id = pseudo(f"event {terminal} {epoch} {seq}", 16)
        payload = cbor(fields)
        salt = pseudo(f"salt {terminal} {epoch} {seq}")
        if customer:
            message = b"BRANCHDESK-SALT-1\0" + event_id
            salt = hmac.new(person_key(customer), message, hashlib.sha256).digest()
        envelope = {
            "env_ver": 1, "terminal": terminal, "epoch": epoch, "seq": seq,
            "prev_hash": previous, "event_id": event_id, "type": kind, "type_ver": 1,
            "outlet": outlet, "staff": "" if seq == 1 else "T001",
            "wall_utc_ms": 0 if seq == 2 else START_MS + 977 * seq,
            "tz": ZONES[seq % 3], "boot_id": pseudo(f"boot {terminal}", 16),
            "mono_ms": 977 * seq, "clock_state": CLOCKS[seq % 3], "refs": refs,
            "payload_commit": hashlib.sha256(salt + payload).digest(),
        }  # fmt: skip
        data = cbor(envelope)
        previous = hashlib.sha256(b"BRANCHDESK-EVENT-1\0" + data).digest()
        events.append(
            {
                "id": f"{terminal}.{epoch}.{seq}", "customer": customer, "fields": envelope,
                "payload": payload, "salt": salt, "envelope": data, "hash": previous,
                **({"personal": SEALED[kind]} if kind in SEALED else {}),
            }
        )  # fmt: skip
    return {"id": f"{terminal}.{epoch}", "key": key, "terminal": terminal, "epoch": epoch,
            "certificate": certificate, "genesis": genesis, "events": events}  # fmt: skip


def head(of: Json, seq: int) -> Json:
    """Return the signed head of a chain at ``seq``; 0 is the genesis."""
    digest = of["genesis"] if seq == 0 else of["events"][seq - 1]["hash"]
    message = struct.pack(">IIQ", of["terminal"], of["epoch"], seq) + digest
    signature = sign(of["key"], "BRANCHDESK-HEAD-1", message)
    return {"id": f"{of['id']}@{seq}", "key": of["key"], "terminal": of["terminal"],
            "epoch": of["epoch"], "seq": seq, "hash": digest, "message": message,
            "signature": signature}  # fmt: skip


def ack(of: Json, seq: int, durable_seq: int, ho_epoch: int, time_ms: int) -> Json:
    """Return head office's acknowledgement of a chain up to ``seq``."""
    digest = of["genesis"] if seq == 0 else of["events"][seq - 1]["hash"]
    nonce = pseudo(f"nonce {of['id']} {seq}", 16)
    message = struct.pack(">IIQ", of["terminal"], of["epoch"], seq) + digest
    message += struct.pack(">QIQ", durable_seq, ho_epoch, time_ms) + nonce
    signature = sign(ACK_KEY, "BRANCHDESK-ACK-1", message)
    encoded = cbor({"ack": message, "key": key_id(ACK_KEY), "sig": signature})
    return {"id": f"{of['id']}@{seq}", "key": ACK_KEY, "terminal": of["terminal"],
            "epoch": of["epoch"], "seq": seq, "hash": digest, "durable_seq": durable_seq,
            "ho_epoch": ho_epoch, "time_ms": time_ms, "nonce": nonce, "message": message,
            "signature": signature, "encoded": encoded}  # fmt: skip


def vectors() -> Json:
    """Return everything, bytes still as bytes."""
    chains = [chain(*parts) for parts in CHAINS]
    names = (ACK_KEY, *(key for *_, key in CHAINS))
    return {
        "about": "Golden vectors of the event envelope, chain, head and acknowledgement, version "
        "1. Bytes are hex; every value is deterministic CBOR (RFC 8949 section 4.2.1).",
        "warning": "TEST ONLY: these seeds and person keys are public; trust none of them.",
        "keys": {
            name: {
                "public": public_of(name),
                "key_id": key_id(name),
                "test_only_seed": seed_of(name),
            }
            for name in names
        },
        "people": {
            customer: {"key": person_key(customer), "personal": personal}
            for customer, personal in PEOPLE.items()
        },
        "chains": chains,
        "heads": [head(of, seq) for of in chains for seq in (0, 1, 2, len(of["events"]))],
        "acks": [
            ack(of, seq, durable, epoch, time_ms)
            for of in chains
            for seq, durable, epoch, time_ms in (
                (0, 0, 0, 0),
                (1, 1, 1, START_MS),
                (len(of["events"]), 5, 2**32 - 1, 2**53),
            )
        ],
    }


def events_json() -> str:
    """Return the text of ``events.json``: one event, head or acknowledgement a line."""
    whole = vectors()
    parts = [f"{json.dumps(k)}: {_dump(whole[k])}" for k in ("about", "warning", "keys", "people")]
    chains = []
    for of in whole["chains"]:
        top = ",\n ".join(f"{json.dumps(k)}: {_dump(of[k])}" for k in of if k != "events")
        chains.append(f'{{{top},\n "events": [\n{_lines(of["events"])}\n]}}')
    parts.append('"chains": [\n' + ",\n".join(chains) + "\n]")
    parts += [f"{json.dumps(k)}: [\n{_lines(whole[k])}\n]" for k in ("heads", "acks")]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(items: list[Json]) -> str:
    return ",\n".join(_dump(item) for item in items)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=bytes.hex)


def main() -> None:
    """Write the file beside this program."""
    (HERE / "events.json").write_text(events_json(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
