"""What comes back from the network is not always head office: nothing of it marks anything."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from branchdesk.errors import BranchDeskError, ContractFault, EnvironmentFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.chain import open_ack, sign_ack
from branchdesk.protocol.http import (
    CA_PATH,
    EVENTS_PATH,
    FEED_PATH,
    GRANTS_PATH,
    HEAD_PATH,
    MEDIA_TYPE,
    encode_error,
)
from branchdesk.protocol.signing import SigningKey
from tests.faults.conftest import World
from tests.faults.tls_office import Override, Reply

HTML = "<!doctype html><title>免费无线网络</title>请先登录".encode()
PATHS = (FEED_PATH + "urgent", HEAD_PATH, EVENTS_PATH, GRANTS_PATH, FEED_PATH + "content")


def answered(world: World, path: str, *replies: Reply) -> None:
    """Let the next requests to ``path`` get ``replies`` in place of the true answers."""
    world.server.overrides[path] = [_always(reply) for reply in replies]


def _always(reply: Reply) -> Override:
    return lambda usual: reply


def failing(world: World) -> BranchDeskError:
    """Synchronise, which must fail, and return how."""
    with pytest.raises(BranchDeskError) as caught:
        world.synchronise()
    return caught.value


def test_the_true_head_office_gets_everything(world: World) -> None:
    world.synchronise()
    assert (world.held(), world.outbox.acked_seq) == (120, 120)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_for_people_is_not_head_office(world: World, path: str) -> None:
    answered(world, path, Reply(media_type="text/html; charset=utf-8", body=HTML))
    fault = failing(world)
    assert (type(fault), fault.code, fault.facts["problem"]) == (
        ContractFault, "captive_portal", "page",
    )  # fmt: skip
    # A bad urgent page is reported after the push: it must not keep facts from leaving.
    assert world.outbox.acked_seq == (0 if path in {HEAD_PATH, EVENTS_PATH} else 120)
    world.synchronise()
    assert world.outbox.acked_seq == 120


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(world: World, status: int) -> None:
    answered(world, HEAD_PATH, Reply(status, headers={"Location": f"{world.server.url}/portal"}))
    fault = failing(world)
    assert (fault.code, fault.facts["problem"]) == ("captive_portal", "redirect")
    assert "/portal" not in [path for path, _ in world.server.requests]
    assert world.outbox.acked_seq == 0


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(media_type="application/json", body=b"{}"), "media_type"),
        (Reply(media_type="", body=b"ok"), "media_type"),
        (Reply(body=b"ok"), "not_cbor"),
        (Reply(body=b""), "empty"),
        (Reply(body=codec.encode({"ack": b"", "notices": [], "more": 1})), "wrong_fields"),
        (Reply(body=codec.encode({"ack": b"", "notices": [1]})), "wrong_type"),
        (Reply(body=b"\xa0" * 2_000_000), "too_large"),
        (Reply(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b"), "encoded"),
        (Reply(418, media_type="text/plain", body=b"teapot"), "status"),
        (Reply(422, body=b"\xff\xff"), "not_cbor"),
    ],
)
def test_a_malformed_answer_marks_nothing(world: World, reply: Reply, problem: str) -> None:
    answered(world, EVENTS_PATH, reply)
    fault = failing(world)
    assert (type(fault), fault.code, fault.facts["problem"]) == (
        ContractFault, "malformed", problem,
    )  # fmt: skip
    assert world.outbox.acked_seq == 0
    world.synchronise()
    assert world.outbox.acked_seq == 120


@pytest.mark.parametrize("kept", [0, 1, 5])
@pytest.mark.parametrize("path", PATHS)
def test_a_torn_reply_is_a_broken_line(world: World, path: str, kept: int) -> None:
    world.server.overrides[path] = [lambda usual: replace(usual(), sent_bytes=kept)]
    fault = failing(world)
    assert isinstance(fault, EnvironmentFault)
    assert (fault.code, fault.facts["reason"], fault.retryable) == (
        "office_unreachable", "cut_short", True,
    )  # fmt: skip
    world.synchronise()
    assert (world.held(), world.outbox.acked_seq) == (120, 120)
    assert len(set(world.office.chains[7, 1].event_ids)) == 120


def _other_nonce(world: World, usual: Reply) -> bytes:
    ack = open_ack(codec.decode(usual.body, what="t")["ack"], world.office.ack_keys(), None)
    return sign_ack(replace(ack, nonce=b"\x09" * 16), world.office.ack).encode()


def _other_hash(world: World, usual: Reply) -> bytes:
    ack = open_ack(codec.decode(usual.body, what="t")["ack"], world.office.ack_keys(), None)
    return sign_ack(replace(ack, hash=b"\x09" * 32), world.office.ack).encode()


def _altered(world: World, usual: Reply) -> bytes:
    data: bytes = codec.decode(usual.body, what="t")["ack"]
    place = data.index(open_ack(data, world.office.ack_keys(), None).nonce) - 9
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


def _by_stranger(world: World, usual: Reply) -> bytes:
    ack = open_ack(codec.decode(usual.body, what="t")["ack"], world.office.ack_keys(), None)
    return sign_ack(ack, SigningKey(b"\x55" * 32)).encode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_other_nonce, "wrong_nonce"),
        (_other_hash, "fork_detected"),
        (_altered, "bad_signature"),
        (_by_stranger, "unsigned"),
    ],
)
def test_an_acknowledgement_that_is_not_ours_marks_nothing(
    world: World, change: Callable[[World, Reply], bytes], code: str
) -> None:
    def override(usual: Callable[[], Reply]) -> Reply:
        reply = usual()
        return replace(reply, body=codec.encode({"ack": change(world, reply), "notices": []}))

    world.server.overrides[EVENTS_PATH] = [override]
    fault = failing(world)
    assert (type(fault), fault.code) == (ContractFault, code)
    assert (world.outbox.acked_seq, world.outbox.proofs[1:]) == (0, [])
    world.synchronise()
    assert world.outbox.acked_seq == 120


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_head_office_is_asked_again_no_sooner_than_it_wants(
    world: World, status: int
) -> None:
    body = encode_error("database_busy", {})
    answered(world, EVENTS_PATH, Reply(status, body=body, headers={"Retry-After": "17"}))
    fault = failing(world)
    assert isinstance(fault, EnvironmentFault)
    assert (fault.retryable, fault.facts["reason"], fault.facts["retry_after_s"]) == (
        True, "busy", 17,
    )  # fmt: skip


@pytest.mark.parametrize("media_type", ["text/html", MEDIA_TYPE, "text/plain"])
def test_trouble_at_head_office_is_no_captive_portal(world: World, media_type: str) -> None:
    answered(world, HEAD_PATH, Reply(500, media_type=media_type, body=HTML))
    fault = failing(world)
    assert isinstance(fault, EnvironmentFault)
    assert (fault.facts["reason"], fault.retryable) == ("trouble", True)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "terminal_unknown", RuleViolation),
        (401, "request_unsigned", ContractFault),
        (409, "gap", ContractFault),
        (409, "fork", ContractFault),
        (422, "chain_broken", ContractFault),
        (422, "something_newer", RuleViolation),
    ],
)
def test_a_named_error_keeps_its_code_facts_and_family(
    world: World, status: int, code: str, kind: type[BranchDeskError]
) -> None:
    facts = {"seq": 4, "problem": "prev_hash", "code": "taken", "retryable": "taken"}
    answered(world, EVENTS_PATH, Reply(status, body=encode_error(code, facts)))
    fault = failing(world)
    assert (type(fault), fault.code) == (kind, code)
    assert fault.facts == {"seq": 4, "problem": "prev_hash"}


def test_a_batch_that_a_proxy_finds_too_large_is_halved(world: World) -> None:
    answered(world, EVENTS_PATH, Reply(413, media_type="text/plain", body=b"too large"))
    world.synchronise()
    assert world.outbox.acked_seq == 120


def test_a_cookie_or_proxy_of_the_environment_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    world.synchronise()
    assert world.outbox.acked_seq == 120
    assert CA_PATH not in [path for path, _ in world.server.requests]
