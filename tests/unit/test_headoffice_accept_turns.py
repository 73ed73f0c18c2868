"""Workers on one listening socket take connections in turn, and nobody waits for a busy one."""

import multiprocessing
import socket

import pytest

from branchdesk.headoffice.accept_turns import TurnListener


def test_workers_accept_in_turn_and_a_busy_one_is_not_waited_for() -> None:
    turn = multiprocessing.get_context("spawn").Value("i", 0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with (
            TurnListener(listener.dup(), turn, 0, 2) as first,
            TurnListener(listener.dup(), turn, 1, 2) as second,
        ):
            callers = [socket.create_connection(address, timeout=10) for _ in range(3)]
            with pytest.raises(BlockingIOError):
                second.accept()
            accepted = [first.accept()[0]]
            with pytest.raises(BlockingIOError):
                first.accept()
            accepted.append(second.accept()[0])
            # Now it is the first one's turn, but it does not come.
            tries = 0
            while len(accepted) < 3:
                tries += 1
                try:
                    accepted.append(second.accept()[0])
                except BlockingIOError:
                    assert tries < 50
            assert tries > 10
            for line in (*callers, *accepted):
                line.close()
