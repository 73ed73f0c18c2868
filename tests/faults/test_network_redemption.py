"""A question about money over a bad line: whether head office can have heard it is always known."""

import socket
from collections.abc import Callable

import pytest

from branchdesk.application.office_questions import is_in_doubt, is_no_line
from branchdesk.errors import BranchDeskError
from branchdesk.protocol.http import REDEMPTIONS_PATH, encode_error
from branchdesk.sync.office_line import HttpsOfficeLine
from branchdesk.sync.transport import Timeouts
from tests.faults.certificates import make_authority
from tests.faults.conftest import World
from tests.faults.tls_office import Reply

QUESTION = b"a question"
HASTE = Timeouts(connect_ms=300, read_ms=300, write_ms=300, whole_answer_ms=1_000)


def _asked(world: World, url: str = "", line: HttpsOfficeLine | None = None) -> BranchDeskError:
    asked = line or world.line(url, timeouts=HASTE)
    with asked, pytest.raises(BranchDeskError) as caught:
        asked.redeem(QUESTION)
    return caught.value


def _answered(world: World, reply: Callable[[], Reply]) -> None:
    world.server.overrides[REDEMPTIONS_PATH] = [lambda _usual: reply()]


def test_a_question_goes_out_signed_and_its_answer_comes_back(world: World) -> None:
    _answered(world, lambda: Reply(body=b"an answer"))
    with world.line() as line:
        assert line.redeem(QUESTION) == b"an answer"
    assert world.server.requests == [(REDEMPTIONS_PATH, QUESTION)]


def test_where_nobody_listens_the_question_never_left(world: World) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    fault = _asked(world, f"https://localhost:{port}")
    assert (is_no_line(fault), is_in_doubt(fault)) == (True, False)


def test_where_a_connection_is_never_made_the_question_never_left(world: World) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        # It is accepted by the machine alone: the handshake gets no word.
        fault = _asked(world, f"https://localhost:{listener.getsockname()[1]}")
    assert fault.facts["reason"] == "timeout"
    assert (is_no_line(fault), is_in_doubt(fault)) == (True, False)


def test_a_stranger_s_certificate_gets_no_question(world: World) -> None:
    stranger = make_authority("Somebody else's CA")
    line = HttpsOfficeLine(
        world.server.url, stranger.pem, world.outbox.signer(), world.outbox.clock, timeouts=HASTE
    )
    fault = _asked(world, line=line)
    assert fault.code == "office_certificate"
    assert world.server.requests == []
    assert (is_no_line(fault), is_in_doubt(fault)) == (True, False)


def _never() -> Reply:
    raise ConnectionResetError


@pytest.mark.parametrize(
    ("reply", "no_line"),
    [
        (_never, True),
        (lambda: Reply(body=b"an answer", sent_bytes=3), True),
        (lambda: Reply(status=503), True),
        (lambda: Reply(status=500), True),
        (lambda: Reply(media_type="text/html", body=b"<html>"), True),
        (lambda: Reply(media_type="application/json", body=b"{}"), False),
        (lambda: Reply(body=b""), False),
        (lambda: Reply(body=b"x" * (128 << 10)), False),
    ],
    ids=["reset", "torn", "busy", "trouble", "page", "other_type", "empty", "too_large"],
)
def test_what_left_and_got_no_proper_answer_is_in_doubt(
    world: World, reply: Callable[[], Reply], no_line: bool
) -> None:
    _answered(world, reply)
    fault = _asked(world)
    assert world.server.requests == [(REDEMPTIONS_PATH, QUESTION)]
    assert (is_no_line(fault), is_in_doubt(fault)) == (no_line, True)


def test_what_head_office_refuses_is_settled(world: World) -> None:
    _answered(world, lambda: Reply(422, body=encode_error("terminal_frozen", {"terminal": 7})))
    fault = _asked(world)
    assert (fault.code, is_no_line(fault), is_in_doubt(fault)) == ("terminal_frozen", False, False)
