"""``road-check`` on a real terminal: before and after a synchronisation, as lines and as a slip."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.office_process import branchdesk, do, enrol, found_office, free_port, serving

PERSON = '{"name": "孙试", "phone": "13600001234", "channel": "van", "consents": ["service"]}\n'


@pytest.fixture
def van(tmp_path: Path) -> Path:
    """A van that was enrolled and synchronised, then served somebody with no line."""
    office, home, port = tmp_path / "office", tmp_path / "van", free_port()
    found_office(office)
    with serving(office, port):
        enrol(office, home, outlet="V001")
        do(home, "sync")
    do(home, "register", "-", "--staff", "T001", stdin=PERSON)
    return home


def test_a_van_with_something_unsent_is_told_to_stay_and_gets_a_slip(van: Path) -> None:
    slip, before = van.parent / "slip.pdf", do(van, "status").answer["unsent"]
    ran = branchdesk(van, "road-check", "--staff", "T001", "--out", str(slip))
    assert ran.code == 3
    *lines, verdict = ran.answers
    unsent = next(line for line in lines if line["check"] == "unsent")
    assert (unsent["standing"], unsent["word"]) == ("red", "waiting")
    assert unsent["advice"]
    assert {line["standing"] for line in lines if line["check"] in {"store", "second", "keys"}} == {
        "green"
    }
    assert verdict["ready"] is False
    assert verdict["checked_by"] == "T001"
    assert verdict["out"] == str(slip)
    done = subprocess.run(["pdftotext", str(slip), "-"], capture_output=True, check=True)
    assert "先别走" in done.stdout.decode()
    # Looking is no event: the van could be sent off by the sync that is asked for.
    assert do(van, "status").answer["unsent"] == before


def test_a_van_that_has_sent_everything_may_leave(tmp_path: Path) -> None:
    office, home, port = tmp_path / "office", tmp_path / "van", free_port()
    found_office(office)
    with serving(office, port):
        enrol(office, home, outlet="V001")
        do(home, "sync")
    *lines, verdict = branchdesk(home, "road-check").answers
    assert verdict["ready"] is True, lines
    assert [line for line in lines if line["standing"] == "red"] == []
