"""``branchdesk practice`` beside a real terminal: it opens, says how to get in, touches nothing."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.office_process import (
    PASSPHRASES,
    REPOSITORY,
    branchdesk,
    do,
    enrol,
    found_office,
    free_port,
    serving,
)


def _digests(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and "practice" not in str(path.relative_to(home))
    }


def _start(home: Path, **more: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "branchdesk", "--home", str(home), "--json", "practice"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=REPOSITORY,
        env={**os.environ, **PASSPHRASES, "QT_QPA_PLATFORM": "offscreen", **more},
    )


def test_practice_opens_beside_a_real_terminal_and_touches_nothing_of_it(tmp_path: Path) -> None:
    office, home, second = tmp_path / "office", tmp_path / "terminal", tmp_path / "second"
    port = free_port()
    found_office(office)
    with serving(office, port):
        enrol(office, home)
    before = _digests(home)
    process = _start(home, BRANCHDESK_SECOND=str(second))
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told == {"staff": "T001", "supervisor": "S001", "pin": "246810"}
        assert (home / "practice" / "terminal" / "store" / "branchdesk.db").exists()
        # The real terminal works on beside it.
        assert do(home, "check").answer["ok"] is True
        again = branchdesk(home, "practice", env={"QT_QPA_PLATFORM": "offscreen"})
        assert (again.code, again.error and again.error["error"]) == (4, "store_in_use")
    finally:
        process.kill()
        process.wait(timeout=30)
        process.stdout.close()
    assert _digests(home) == before
    assert not second.exists()


def test_practice_without_a_display_says_so_and_makes_nothing(tmp_path: Path) -> None:
    nothing = {"QT_QPA_PLATFORM": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    ran = branchdesk(tmp_path / "home", "practice", env=nothing)
    assert (ran.code, ran.error and ran.error["error"]) == (4, "no_display")
    assert not (tmp_path / "home").exists()
