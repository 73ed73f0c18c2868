"""Whom the terminal talks to: head office's own CA, the right name, the dates with a good clock.

What leaves before that is known is checked on the wire itself: nothing but a handshake.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.sync.office_line import HttpsOfficeLine
from branchdesk.sync.tls import pinned_context
from tests.fakes.clock import ManualClock
from tests.faults.certificates import make_authority, write_server_certificate
from tests.faults.conftest import World
from tests.faults.proxy import Proxy
from tests.faults.tls_office import TlsOffice


@contextmanager
def served(world: World, certificate: Path) -> Iterator[TlsOffice]:
    """Serve the same head office behind another certificate."""
    with TlsOffice(certificate, world.authority.pem, world.office) as server:
        yield server


def refused(world: World, url: str, *, check_dates: bool = True) -> EnvironmentFault:
    """Synchronise, which must be refused before any request, and return how."""
    with pytest.raises(EnvironmentFault) as caught:
        world.synchronise(url, check_dates=check_dates)
    assert world.outbox.acked_seq == 0
    return caught.value


def test_another_authority_is_refused_before_any_request(world: World) -> None:
    certificate = write_server_certificate(world.folder, make_authority("Somebody else"))
    with served(world, certificate) as stranger:
        fault = refused(world, stranger.url)
        assert (fault.code, fault.facts["problem"], fault.retryable) == (
            "office_certificate", "issuer", True,
        )  # fmt: skip
        assert stranger.requests == []
    world.synchronise()
    assert world.outbox.acked_seq == 120


def test_an_authority_of_the_same_name_is_another_authority(world: World) -> None:
    certificate = write_server_certificate(world.folder, make_authority())
    with served(world, certificate) as stranger:
        assert refused(world, stranger.url).code == "office_certificate"
        assert stranger.requests == []


def test_authorities_of_the_system_and_the_environment_do_not_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_authority("Public authority")
    trusted = world.folder / "trusted.pem"
    trusted.write_bytes(other.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    monkeypatch.setenv("SSL_CERT_DIR", str(world.folder))
    with served(world, write_server_certificate(world.folder, other)) as stranger:
        assert refused(world, stranger.url).facts["problem"] == "issuer"


@pytest.mark.parametrize("check_dates", [True, False])
def test_the_name_is_always_checked(world: World, check_dates: bool) -> None:
    certificate = write_server_certificate(world.folder, world.authority, host="elsewhere.example")
    with served(world, certificate) as stranger:
        fault = refused(world, stranger.url, check_dates=check_dates)
        assert (fault.code, fault.facts["problem"]) == ("office_certificate", "host")
        assert stranger.requests == []


@pytest.mark.parametrize(("days", "problem"), [((-30, -1), "expired"), ((1, 30), "not_yet_valid")])
def test_dates_count_unless_the_clock_is_suspect(
    world: World, days: tuple[int, int], problem: str
) -> None:
    certificate = write_server_certificate(world.folder, world.authority, days=days)
    with served(world, certificate) as server:
        assert refused(world, server.url).facts["problem"] == problem
        world.synchronise(server.url, check_dates=False)
    assert world.outbox.acked_seq == 120


def test_without_dates_another_authority_is_still_refused(world: World) -> None:
    other = make_authority("Somebody else")
    certificate = write_server_certificate(world.folder, other, days=(-30, -1))
    with served(world, certificate) as stranger:
        assert refused(world, stranger.url, check_dates=False).facts["problem"] == "issuer"
        assert stranger.requests == []


def test_old_tls_is_not_spoken(world: World) -> None:
    context = pinned_context(world.authority.pem)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1


def test_a_stranger_sees_a_handshake_and_nothing_else(world: World) -> None:
    certificate = write_server_certificate(world.folder, make_authority("Somebody else"))
    with served(world, certificate) as stranger, Proxy(stranger.port) as proxy:
        assert refused(world, proxy.url).code == "office_certificate"
        # A client hello and an alert; a batch alone has 24,000 bytes that do not compress.
        assert 0 < proxy.bytes_up < 4_000


@contextmanager
def speaking(greeting: bytes) -> Iterator[int]:
    """Listen as something that is not TLS at all; answers ``greeting`` to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def answer() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                connection.recv(4096)
                connection.sendall(greeting)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def test_a_plain_web_server_on_the_port_is_no_secure_line(world: World) -> None:
    with speaking(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as port:
        fault = refused(world, f"https://localhost:{port}")
    assert (fault.code, fault.facts["reason"]) == ("office_unreachable", "tls")


def test_nobody_listening_is_said_so(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    fault = refused(world, f"https://localhost:{port}")
    assert (fault.facts["reason"], fault.retryable) == ("refused", True)


def test_an_unknown_host_is_said_so(world: World) -> None:
    fault = refused(world, "https://head-office.invalid:8443")
    assert (fault.facts["reason"], fault.retryable) == ("no_address", True)


@pytest.mark.parametrize("url", ["http://localhost:1", "ftp://localhost", "", "localhost:8443"])
def test_an_address_without_tls_is_refused(world: World, url: str) -> None:
    with pytest.raises(RuleViolation, match="office_address_invalid"):
        HttpsOfficeLine(url, world.authority.pem, world.outbox.signer(), ManualClock())
