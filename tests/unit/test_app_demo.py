"""What a demonstration tells at its end: commands that open it again as they stand."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from branchdesk.app.demo import again
from branchdesk.devices.device_secret import PASSPHRASE_VARIABLE

OFFICE = "BRANCHDESK_OFFICE_PASSPHRASE"


def test_a_passphrase_that_was_made_is_in_the_commands_that_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = {OFFICE: "aa-bb", PASSPHRASE_VARIABLE: "aa-bb"}
    for variable, word in made.items():
        monkeypatch.setenv(variable, word)
    told = again(Path("/demo folder"), made)
    words = shlex.split(told["window"])
    assert words[0] == f"{PASSPHRASE_VARIABLE}=aa-bb"
    assert words[-2:] == ["--home", str(Path("/demo folder/terminal"))]
    assert shlex.split(told["office"])[0] == f"{OFFICE}=aa-bb"
    assert (told["staff"], told["supervisor"], told["pin"]) == ("T001", "S001", "246810")


def test_a_passphrase_that_somebody_brought_along_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(OFFICE, "their own words")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "their own words")
    told = again(Path("/demo"), {})
    assert "their own words" not in "".join(told.values())
    assert told["window"].startswith(f"{PASSPHRASE_VARIABLE}=… ")


def test_with_a_key_store_the_window_needs_no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFFICE, "aa-bb")
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    told = again(Path("/demo"), {OFFICE: "aa-bb"})
    assert shlex.split(told["window"])[0] == sys.executable


def test_the_program_that_is_named_starts() -> None:
    words = shlex.split(again(Path("/demo"), {})["office"])
    program = words[words.index(sys.executable) : words.index("office")]
    done = subprocess.run([*program, "--version"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
