"""Joining by one code over real TLS: whom the code trusts, and what goes wrong in words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from branchdesk.application.models import Enrolment
from branchdesk.devices.system_clock import SystemClock
from branchdesk.errors import BranchDeskError, ContractFault, EnvironmentFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import Certificate, open_certificate, sign_certificate
from branchdesk.protocol.http import CA_PATH, ENROL_PATH
from branchdesk.protocol.signing import SigningKey
from branchdesk.sync.enrol import enrol
from tests.fakes.office import MemoryOffice
from tests.faults.certificates import Authority, make_authority, write_server_certificate
from tests.faults.conftest import TIMEOUTS
from tests.faults.proxy import Badness, Proxy
from tests.faults.tls_office import Reply, TlsOffice

SEED = b"\x21" * 32


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[TlsOffice]:
    """A head office that enrols whoever has its token."""
    path = write_server_certificate(tmp_path, authority)
    with TlsOffice(path, authority.pem, MemoryOffice()) as running:
        yield running


def join(code: str, seed: bytes = SEED, *, check_dates: bool = True) -> Enrolment:
    """Enrol as a program on this machine does."""
    return enrol(
        code, seed, "branchdesk 0.1", "柜面一号", SystemClock(), timeouts=TIMEOUTS,
        check_dates=check_dates,
    )  # fmt: skip


def refused(code: str) -> BranchDeskError:
    """Enrol in vain and return why."""
    with pytest.raises(BranchDeskError) as caught:
        join(code)
    return caught.value


def test_one_code_is_enough(server: TlsOffice, authority: Authority) -> None:
    enrolment = join(server.code(authority.sha256))
    assert (enrolment.url, enrolment.ca_pem) == (server.url, authority.pem)
    assert (enrolment.outlet_name, len(enrolment.blind_key)) == ("示例支行", 32)
    certificate = open_certificate(enrolment.certificate, server.office.ack_keys())
    assert certificate.public_key == SigningKey(SEED).public_key
    assert repr(SEED) not in repr(enrolment)


def test_a_code_typed_badly_but_rightly_is_understood(
    server: TlsOffice, authority: Authority
) -> None:
    code = server.code(authority.sha256).lower()
    spaced = " ".join(code[start : start + 5] for start in range(0, len(code), 5))
    assert join(spaced.replace("0", "o")).url == server.url


def test_a_reply_that_was_lost_may_be_asked_for_again(
    server: TlsOffice, authority: Authority
) -> None:
    code = server.code(authority.sha256)
    server.overrides[ENROL_PATH] = [lambda usual: replace(usual(), sent_bytes=10)]
    fault = refused(code)
    assert (fault.code, fault.facts["reason"]) == ("office_unreachable", "cut_short")
    assert join(code).url == server.url


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda code: "XX" + code, "prefix"),
        (lambda code: code[:-8], "check length"),
        (lambda code: code[:30] + ("2" if code[30] != "2" else "3") + code[31:], "check"),
        (lambda code: code[:9] + "*" + code[10:], "character"),
    ],
)
def test_a_mistyped_code_is_found_before_any_connection(
    server: TlsOffice, authority: Authority, spoil: Callable[[str], str], problem: str
) -> None:
    fault = refused(spoil(server.code(authority.sha256)))
    assert isinstance(fault, RuleViolation)
    assert fault.code == "enrolment_code_invalid"
    # Where a cut falls decides whether the length or the check gives it away.
    assert fault.facts["problem"] in problem.split()
    assert server.requests == []


def test_a_used_or_unknown_code_is_said_so(server: TlsOffice, authority: Authority) -> None:
    join(server.code(authority.sha256))
    with pytest.raises(RuleViolation, match="enrolment_code_used"):
        join(server.code(authority.sha256), b"\x22" * 32)
    assert refused(server.code(authority.sha256, b"9876543210")).code == "enrolment_code_unknown"


def test_a_stranger_with_another_authority_never_sees_the_token(
    server: TlsOffice, authority: Authority, tmp_path: Path
) -> None:
    other = make_authority("Somebody else")
    path = write_server_certificate(tmp_path, other)
    with TlsOffice(path, other.pem, MemoryOffice()) as stranger:
        fault = refused(server.code(authority.sha256, url=stranger.url))
        assert isinstance(fault, ContractFault)
        assert fault.code == "office_certificate_mismatch"
        assert [seen for seen, _ in stranger.requests] == [CA_PATH]


def test_a_stranger_who_shows_the_true_authority_lacks_its_key(
    server: TlsOffice, authority: Authority, tmp_path: Path
) -> None:
    path = write_server_certificate(tmp_path, make_authority("Somebody else"))
    with TlsOffice(path, authority.pem, MemoryOffice()) as stranger:
        fault = refused(server.code(authority.sha256, url=stranger.url))
        assert isinstance(fault, EnvironmentFault)
        assert fault.code == "office_certificate"
        assert [seen for seen, _ in stranger.requests] == [CA_PATH]


def test_only_the_fingerprinted_certificate_becomes_trusted(
    server: TlsOffice, authority: Authority
) -> None:
    server.ca_pem = authority.pem + make_authority("Stowaway").pem
    assert join(server.code(authority.sha256)).ca_pem == authority.pem


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(media_type="text/html", body=b"<html>"), "malformed"),
        (Reply(302, headers={"Location": "https://localhost:1/"}), "captive_portal"),
        (Reply(404, media_type="text/html", body=b"no"), "captive_portal"),
        (Reply(body=b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), "malformed"),
        (Reply(503, headers={"Retry-After": "9"}), "office_unreachable"),
        (Reply(body=b"x" * 70_000), "malformed"),
    ],
)
def test_something_else_in_place_of_the_authority(
    server: TlsOffice, authority: Authority, reply: Reply, code: str
) -> None:
    server.overrides[CA_PATH] = [lambda usual: reply]
    assert refused(server.code(authority.sha256)).code == code
    assert ENROL_PATH not in [path for path, _ in server.requests]


def test_a_dead_clock_may_still_enrol_when_told_so(authority: Authority, tmp_path: Path) -> None:
    path = write_server_certificate(tmp_path, authority, days=(-30, -1))
    with TlsOffice(path, authority.pem, MemoryOffice()) as server:
        code = server.code(authority.sha256)
        fault = refused(code)
        assert (fault.code, fault.facts["problem"]) == ("office_certificate", "expired")
        assert join(code, check_dates=False).url == server.url


def test_no_line_is_said_so(server: TlsOffice, authority: Authority) -> None:
    with Proxy(server.port) as proxy:
        proxy.down = Badness(hang_after=0)
        fault = refused(server.code(authority.sha256, url=proxy.url))
        assert (fault.code, fault.facts["reason"]) == ("office_unreachable", "timeout")


def _with(**changes: object) -> Callable[[TlsOffice, dict[str, object]], None]:
    return lambda server, fields: fields.update(changes)


def _foreign_certificate(server: TlsOffice, fields: dict[str, object]) -> None:
    fields["certificate"] = server.office.admit(SigningKey(b"\x99" * 32).public_key)


def _foreign_root(server: TlsOffice, fields: dict[str, object]) -> None:
    mine = SigningKey(SEED).public_key
    certificate = Certificate(7, 1, "B001", "counter", mine, b"\1" * 32, 1)
    fields["certificate"] = sign_certificate(certificate, server.office.ack)


def _certificate_by_bundle_key(server: TlsOffice, fields: dict[str, object]) -> None:
    mine = SigningKey(SEED).public_key
    root = server.office.root.public_key
    certificate = Certificate(7, 1, "B001", "counter", mine, root, 1)
    fields["certificate"] = sign_certificate(certificate, server.office.bundle)


def _fewer_keys(server: TlsOffice, fields: dict[str, object]) -> None:
    fields["keys"] = server.office.key_records()[:2]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_foreign_certificate, "enrolment_foreign"),
        (_foreign_root, "enrolment_foreign"),
        (_certificate_by_bundle_key, "unsigned"),
        (_fewer_keys, "enrolment_incomplete"),
        (_with(root_key=b"\1" * 32), "unsigned"),
        (_with(root_key=b"\1" * 31), "malformed"),
        (_with(blind_key=b""), "malformed"),
        (_with(keys=[1]), "malformed"),
        (_with(certificate=b"x"), "malformed"),
        (_with(extra=1), "malformed"),
    ],
)
def test_an_answer_that_does_not_verify_enrols_nobody(
    server: TlsOffice,
    authority: Authority,
    spoil: Callable[[TlsOffice, dict[str, object]], None],
    code: str,
) -> None:
    def override(usual: Callable[[], Reply]) -> Reply:
        reply = usual()
        fields = codec.decode(reply.body, what="test")
        spoil(server, fields)
        return replace(reply, body=codec.encode(fields))

    server.overrides[ENROL_PATH] = [override]
    fault = refused(server.code(authority.sha256))
    assert (type(fault), fault.code) == (ContractFault, code)
