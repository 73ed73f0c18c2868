"""The service over real TLS: what a terminal, a stranger and a broken line get to see."""

import contextlib
import multiprocessing
import os
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from branchdesk.errors import EnvironmentFault
from branchdesk.headoffice.authority import fingerprint, read_ca
from branchdesk.headoffice.failed_tries import TRIES_MAX
from branchdesk.headoffice.guarded_protocol import GuardedProtocol
from branchdesk.headoffice.serving import BackgroundService, RestartLimit, serve
from branchdesk.headoffice.settings import read_settings
from branchdesk.protocol import codec, http
from branchdesk.protocol.chain import open_ack
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.feed import Lane, open_page
from branchdesk.protocol.redemption import Request, Wish, open_answer
from branchdesk.protocol.verdict import Verdict
from tests.integration.postgres_fixture import empty_database
from tests.office_fixture import PASSPHRASE, TestBank, new_bank
from tests.simulated_terminal import SimulatedTerminal


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestBank, str]]:
    """A bank behind TLS on a free loopback port."""
    home = tmp_path_factory.mktemp("served") / "office"
    with new_bank(home) as bank:
        service = BackgroundService(home, PASSPHRASE).start()
        try:
            yield bank, f"https://127.0.0.1:{service.port}"
        finally:
            service.stop()


@pytest.fixture
def client(served: tuple[TestBank, str]) -> Iterator[httpx.Client]:
    """A client that trusts head office's CA alone."""
    bank, url = served
    trust = ssl.create_default_context(cadata=read_ca(bank.home).decode())
    with httpx.Client(base_url=url, verify=trust, trust_env=False, timeout=30) as client:
        yield client


def signed(
    client: httpx.Client, terminal: SimulatedTerminal, method: str, path: str, body: bytes = b""
) -> httpx.Response:
    """Send a request signed by the terminal."""
    url = str(client.base_url.join(path))
    headers = http.sign_request(terminal.signer(), method, url, body, now_ms=0)
    return client.request(method, url, content=body, headers=headers)


def error_of(answer: httpx.Response) -> str:
    """Return the code in an error body."""
    assert answer.headers["content-type"] == http.MEDIA_TYPE
    code: str = codec.decode_map(answer.content, http.ERROR_FIELDS, what="error")["error"]
    return code


def test_a_voucher_is_redeemed_over_https(
    served: tuple[TestBank, str], client: httpx.Client
) -> None:
    terminal = served[0].terminal()
    terminal.borrow()
    token = terminal.issue(terminal.register(phone="+8613800138077"), "RATE50")
    request = Request(
        Wish.REDEEM, UUID(int=77), token.grant.number, token.voucher.slot, bytes(16), "T001",
        token.grant.encode() + token.voucher.encode(),
    ).encode()  # fmt: skip
    answer = signed(client, terminal, "POST", http.REDEMPTIONS_PATH, request)
    told = open_answer(answer.content, request, terminal.public_keys(KeyUse.ACK))
    assert (told.verdict, told.amount_minor) == (Verdict.GOOD, 5_000)
    stranger = client.post(http.REDEMPTIONS_PATH, content=request)
    assert (stranger.status_code, error_of(stranger)) == (401, "request_unsigned")


def test_a_terminal_works_a_whole_day_over_https(
    served: tuple[TestBank, str], client: httpx.Client
) -> None:
    terminal = served[0].terminal()
    answer = signed(client, terminal, "POST", http.GRANTS_PATH, codec.encode({}))
    assert codec.decode_map(answer.content, http.GRANTS_FIELDS, what="lent") == {"lent": 6}
    answer = signed(client, terminal, "GET", f"{http.FEED_PATH}content?cursor=0")
    page = open_page(
        answer.content, terminal.public_keys(KeyUse.ACK), terminal=terminal.number,
        lane=Lane.CONTENT, cursor=0,
    )  # fmt: skip
    assert "grant" in {item.kind for item in page.items}
    terminal.pull()
    terminal.issue(terminal.register())
    batch = terminal.batch(0, 2, b"1" * 16)
    answer = signed(client, terminal, "POST", http.EVENTS_PATH, batch)
    fields = codec.decode_map(answer.content, http.EVENTS_FIELDS, what="events")
    ack = open_ack(fields["ack"], terminal.public_keys(KeyUse.ACK), b"1" * 16)
    assert ack.head() == terminal.head
    answer = signed(client, terminal, "GET", f"{http.HEAD_PATH}?nonce={'ab' * 16}")
    open_ack(answer.content, terminal.public_keys(KeyUse.ACK), b"\xab" * 16)


def test_the_ca_can_be_fetched_and_matches_the_enrolment_code(
    served: tuple[TestBank, str], client: httpx.Client
) -> None:
    answer = client.get(http.CA_PATH)
    assert answer.headers["content-type"].startswith("application/x-pem-file")
    assert fingerprint(answer.content) == fingerprint(read_ca(served[0].home))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/head?nonce=" + "00" * 16, 401, "request_unsigned"),
        ("POST", "/v1/events", 401, "request_unsigned"),
        ("GET", "/v1/feed/content", 401, "request_unsigned"),
        ("POST", "/v1/grants", 401, "request_unsigned"),
        ("POST", "/v1/enrol", 422, "malformed"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("DELETE", "/v1/events", 405, "method_not_allowed"),
    ],
)
def test_a_stranger_gets_a_coded_answer_and_no_hint_of_what_is_inside(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, error_of(answer)) == (status, code)
    assert "server" not in answer.headers
    assert b"Traceback" not in answer.content


def test_a_signature_over_another_body_or_path_is_refused(
    served: tuple[TestBank, str], client: httpx.Client
) -> None:
    terminal = served[0].terminal()
    terminal.sign_in()
    url = str(client.base_url.join(http.EVENTS_PATH))
    headers = http.sign_request(terminal.signer(), "POST", url, b"other", now_ms=0)
    answer = client.post(url, content=terminal.batch(0, 1), headers=headers)
    assert (answer.status_code, error_of(answer)) == (401, "request_unsigned")
    answer = client.post(client.base_url.join(http.GRANTS_PATH), content=b"other", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (("GET", "/v1/head?nonce=xyz"), (422, "malformed")),
        (("GET", "/v1/head"), (422, "malformed")),
        (("GET", "/v1/feed/sideways?cursor=0"), (422, "malformed")),
        (("GET", "/v1/feed/content?cursor=-1"), (422, "malformed")),
        (("POST", "/v1/grants", b"\xa1\x00\x00"), (422, "malformed")),
        (("POST", "/v1/events", b"rubbish"), (422, "malformed")),
        (("POST", "/v1/events", bytes(300 << 10)), (413, "batch_too_large")),
    ],
)
def test_malformed_requests_of_a_known_terminal_are_named(
    served: tuple[TestBank, str],
    client: httpx.Client,
    sent: tuple[Any, ...],
    expected: tuple[int, str],
) -> None:
    answer = signed(client, served[0].terminal(), *sent)
    assert (answer.status_code, error_of(answer)) == expected


def test_gap_fork_and_frozen_have_their_own_status(
    served: tuple[TestBank, str], client: httpx.Client
) -> None:
    bank = served[0]
    terminal = bank.terminal()
    for _ in range(3):
        terminal.sign_in()
    answer = signed(client, terminal, "POST", http.EVENTS_PATH, terminal.batch(1, 3))
    assert (answer.status_code, error_of(answer)) == (409, "gap")
    terminal.push()
    terminal.rewind(1)
    terminal.sign_in()
    answer = signed(client, terminal, "POST", http.EVENTS_PATH, terminal.batch(1, 2))
    assert (answer.status_code, error_of(answer)) == (409, "fork")
    answer = signed(client, terminal, "POST", http.GRANTS_PATH, codec.encode({}))
    assert (answer.status_code, error_of(answer)) == (403, "terminal_frozen")


def test_the_schema_of_the_service_can_be_read(client: httpx.Client) -> None:
    schema = client.get("/v1/schema/openapi.json").json()
    assert {http.CA_PATH, http.ENROL_PATH, http.EVENTS_PATH} <= set(schema["paths"])


def test_a_port_in_use_is_a_clear_fault(tmp_path: Path) -> None:
    with new_bank(tmp_path / "office") as bank, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFault, match="address_in_use"):
            serve(bank.home, PASSPHRASE, "127.0.0.1", port)


def run_service(home: Path, workers: int, pipe: Any) -> None:
    """Serve in a process of its own and say where."""
    serve(home, PASSPHRASE, "127.0.0.1", 0, workers, on_listening=pipe.send)


@pytest.mark.postgres
def test_two_workers_serve_one_postgres_and_stop_on_sigterm(
    postgres_url: str, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    home = tmp_path / "office"
    with empty_database(postgres_url) as url, new_bank(home, url) as bank:
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=run_service, args=(home, 2, sending))
        process.start()
        try:
            assert receiving.poll(60)
            # ``init`` named another address for the codes; the port is in the settings.
            trust = ssl.create_default_context(cadata=read_ca(home).decode())
            base = read_settings(home).served_url
            terminals = [bank.terminal() for _ in range(4)]
            for terminal in terminals:
                for _ in range(6):
                    terminal.sign_in()
                # A connection each, so that both workers get some.
                for after in range(0, 6, 2):
                    with httpx.Client(base_url=base, verify=trust, trust_env=False) as client:
                        batch = terminal.batch(after, after + 2)
                        answer = signed(client, terminal, "POST", http.EVENTS_PATH, batch)
                        assert answer.status_code == 200
            assert bank.office.status()["events"] == 24
        finally:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGTERM)
            process.join(40)
        assert process.exitcode == 0
        assert bank.office.audit().ok


def workers_of(parent: int) -> set[int]:
    """Return the service's worker processes, without the interpreter's own helper."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    found = set()
    for number in map(int, listed):
        # One that just ended may be gone by now.
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"spawn_main" in Path(f"/proc/{number}/cmdline").read_bytes():
                found.add(number)
    return found


def test_workers_that_keep_dying_are_not_replaced_for_ever() -> None:
    limit = RestartLimit()
    assert [limit.allow(float(second)) for second in range(12)] == [True] * 10 + [False] * 2
    assert limit.allow(60.0)
    assert not limit.allow(60.5)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are found in /proc")
def test_a_worker_that_dies_is_replaced_and_the_service_goes_on(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    home = tmp_path / "office"
    with new_bank(home) as bank:
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=run_service, args=(home, 2, sending))
        process.start()
        assert process.pid is not None
        try:
            assert receiving.poll(60)
            before = workers_of(process.pid)
            assert len(before) == 2
            killed = min(before)
            os.kill(killed, signal.SIGKILL)
            trust = ssl.create_default_context(cadata=read_ca(home).decode())
            base = read_settings(home).served_url
            deadline = time.monotonic() + 30
            while len(now := workers_of(process.pid) - {killed}) < 2:
                assert time.monotonic() < deadline
                # The other worker goes on meanwhile.
                with httpx.Client(base_url=base, verify=trust, trust_env=False) as client:
                    assert client.get(http.CA_PATH).status_code == 200
            assert len(now - before) == 1
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.join(40)
        assert process.exitcode == 0
        assert bank.office.audit().ok


def test_answers_do_not_wait_for_delayed_acknowledgements(
    served: tuple[TestBank, str], client: httpx.Client
) -> None:
    # Nagle's algorithm beside delayed acknowledgements cost 40 ms an answer; asyncio turns it off
    # only for a listener that names TCP. The quickest of many answers is well below that.
    client.get(http.CA_PATH)
    taken = [client.get(http.CA_PATH).elapsed.total_seconds() for _ in range(20)]
    assert min(taken) < 0.03


def test_who_fails_to_enrol_too_often_has_to_wait_and_others_do_not(tmp_path: Path) -> None:
    with new_bank(tmp_path / "office") as bank:
        service = BackgroundService(bank.home, PASSPHRASE).start()
        trust = ssl.create_default_context(cadata=read_ca(bank.home).decode())
        url = f"https://127.0.0.1:{service.port}{http.ENROL_PATH}"
        try:
            with httpx.Client(verify=trust, trust_env=False, timeout=30) as client:
                tries = [client.post(url, content=b"\xa0") for _ in range(TRIES_MAX + 1)]
        finally:
            service.stop()
    assert {answer.status_code for answer in tries[:-1]} == {422}
    assert (tries[-1].status_code, error_of(tries[-1])) == (429, "enrolment_tries_too_many")
    assert 1 <= int(tries[-1].headers["retry-after"]) <= 60


def _line(bank: TestBank, url: str) -> ssl.SSLSocket:
    trust = ssl.create_default_context(cadata=read_ca(bank.home).decode())
    plain = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=10)
    return trust.wrap_socket(plain, server_hostname="127.0.0.1")


def _read_to_the_end(line: ssl.SSLSocket) -> None:
    while line.recv(1 << 16):
        pass


@pytest.mark.parametrize("said", [b"", b"GET /v1/ca HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_that_does_not_say_what_it_wants_is_closed(
    served: tuple[TestBank, str], monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(GuardedProtocol, "head_seconds", 0.2)
    with _line(*served) as line:
        line.sendall(said)
        with contextlib.suppress(ssl.SSLEOFError, ConnectionResetError):
            assert line.recv(1) == b""


def test_the_time_of_one_request_does_not_run_into_the_next(
    served: tuple[TestBank, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GuardedProtocol, "head_seconds", 0.3)
    asked = b"GET /v1/ca HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with _line(*served) as line:
        line.sendall(asked)
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
        line.settimeout(0.6)
        # Quiet for longer than a head may take: the line stays open all the same.
        with pytest.raises(TimeoutError):
            _read_to_the_end(line)
        line.settimeout(10)
        line.sendall(asked)
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
