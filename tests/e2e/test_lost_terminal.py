"""Slots asked back, given back, and given up with a lost terminal, at the command line."""

from pathlib import Path

import pypdfium2

from tests.e2e.office_process import branchdesk, do, enrol, found_office, free_port, serving


def test_slots_are_asked_back_given_back_and_taken_from_a_lost_terminal(tmp_path: Path) -> None:
    office, home, letter = tmp_path / "office", tmp_path / "terminal", tmp_path / "letter.pdf"
    found_office(office)
    with serving(office, free_port()):
        enrol(office, home)
        grants = do(home, "status").answer["grants"]
        assert isinstance(grants, list)
        phone = next(grant for grant in grants if grant["code"] == "PHONE10")
        asked = do(office, "office", "shrink", phone["grant"], "10").answer
        do(home, "sync")
        (one,) = do(home, "return", "--grant", phone["grant"], "--keep", "4",
                    "--staff", "T001").answers  # fmt: skip
        do(home, "sync")
        shown = do(office, "office", "lost", "1").answer
        silent = branchdesk(office, "office", "lost", "1", "--confirm")
        done = do(office, "office", "lost", "1", "--confirm", "--reason", "遗失",
                  "--letter", str(letter)).answer  # fmt: skip
        do(home, "sync")
        status, audit = do(home, "status").answer, do(office, "office", "audit").answer
        offers = do(office, "office", "status").answer["offers"]
    assert isinstance(offers, list)
    cut = branchdesk(office, "office", "budget", "PHONE10", "0", env={"LC_ALL": "en"})

    assert (asked["grant"], asked["keep"]) == (phone["grant"], 10)
    assert (one["returned"], one["kept"]) == (6, 4)
    listed = shown["offers"]
    assert isinstance(listed, list)
    assert next(o for o in listed if o["code"] == "PHONE10")["unused"] == 4
    assert shown["confirmed"] is False
    assert silent.error is not None
    assert silent.error["error"] == "reason_missing"
    assert (done["confirmed"], status["state"], audit["ok"]) == (True, "frozen", True)
    assert len(pypdfium2.PdfDocument(letter)) == 1
    assert cut.code == 0
