"""A half-typed form survives ``kill -9``: what was said to be saved is there after the restart."""

import os
import signal
from pathlib import Path

import pytest

from branchdesk.persistence.store import open_store
from tests.builders import DATA_KEY, make_terminal
from tests.fakes.randomness import SeededRandomness

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
KILLS = 20


def test_the_newest_draft_that_was_saved_survives_every_kill(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.store.close()
    for number in range(KILLS):
        draft = {"name": f"王𬭼{number}", "phone": f"1380000{number:04}"}
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            store = open_store(terminal.folder, DATA_KEY, terminal.clock, SeededRandomness(number))
            store.drafts.save("counter", draft)
            os.write(writing, b"saved")
            signal.pause()
        os.close(writing)
        assert os.read(reading, 5) == b"saved"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        store = open_store(terminal.folder, DATA_KEY, terminal.clock, SeededRandomness(number))
        assert store.drafts.load("counter") == draft
        store.close()
