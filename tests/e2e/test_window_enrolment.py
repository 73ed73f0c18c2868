"""A window on an empty home joins a real head office, and signs in once the line holds."""

from pathlib import Path

import pytest

from branchdesk.app.demo import admit_supervisor
from branchdesk.app.desk.services import desk_services
from branchdesk.app.terminal import Terminal
from branchdesk.devices.paths import terminal_home
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.ui.enrol.services import KeptIn
from branchdesk.ui.shell.settings import DeskSettings
from tests.e2e.office_process import (
    PASSPHRASES,
    branchdesk,
    do,
    found_office,
    free_port,
    serving,
)

PIN = PASSPHRASES["BRANCHDESK_PIN"]


def test_joining_fetching_and_signing_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", PASSPHRASES["BRANCHDESK_PASSPHRASE"])
    office, port = tmp_path / "office", free_port()
    found_office(office)
    with Terminal(terminal_home(tmp_path / "terminal")) as terminal:
        services = desk_services(terminal, DeskSettings(), lambda _: None, None)
        enrolment = services.enrolment
        assert enrolment is not None
        assert enrolment.kept_in is KeptIn.PASSPHRASE
        assert services.staff_keys() == ()
        with serving(office, port):
            code = str(do(office, "office", "enrol-code", "--outlet", "B001").answer["code"])
            with pytest.raises(RuleViolation, match="pin_weak"):
                enrolment.join(code, "T001", "111111")
            assert "澄湖" in enrolment.join(code, "T001", PIN)
        # The line breaks here: the terminal has joined, and knows nobody yet.
        for attempt in (lambda: enrolment.fetch("T001"), lambda: services.sign_in("T001", PIN)):
            with pytest.raises(EnvironmentFault, match="office_unreachable"):
                attempt()
        with serving(office, port):
            signed_in = services.sign_in("T001", PIN)
        assert signed_in.staff.code == "T001"
        assert services.campaigns() != ()
        assert [key.staff for key in services.staff_keys()] == ["T001"]
        assert desk_services(terminal, DeskSettings(), lambda _: None, None).enrolment is None


def test_a_demonstration_lets_both_people_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, word in PASSPHRASES.items():
        monkeypatch.setenv(variable, word)
    office, home, port = tmp_path / "office", tmp_path / "terminal", free_port()
    found_office(office)
    with serving(office, port):
        code = str(do(office, "office", "enrol-code", "--outlet", "B001").answer["code"])
        with Terminal(terminal_home(home)) as terminal:
            terminal.enrol(code, "T001", PIN)
            admit_supervisor(terminal, office)
            assert terminal.vault.staff_codes() == ("S001", "T001")
            signed_in = terminal.sign_in("S001", PIN)
    assert signed_in.session.role == "supervisor"
    assert not signed_in.must_choose_pin


def test_a_staff_code_off_the_list_joins_and_leads_to_a_one_time_code(tmp_path: Path) -> None:
    office, home, port = tmp_path / "office", tmp_path / "terminal", free_port()
    found_office(office)
    with serving(office, port):
        code = str(do(office, "office", "enrol-code", "--outlet", "B001").answer["code"])
        ran = branchdesk(home, "enrol", "--code", code, "--staff", "NOPE")
        assert (ran.code, ran.answer["outlet"]) == (3, "B001")
        assert ran.error is not None
        assert ran.error["error"] == "enrolled_staff_unlisted"
        for way_out in ("NOPE", "branchdesk office staff code", "branchdesk sync"):
            assert way_out in str(ran.error["message"])
        # The way out that was named is one.
        once = str(do(office, "office", "staff", "code", "T001").answer["code"])
        # Beside a key store nobody but who enrolled it can open the terminal yet.
        do(home, "sync", "--staff", "NOPE")
        other = branchdesk(home, "status", "--staff", "NOPE")
        assert other.error is not None
        assert other.error["error"] == "staff_unknown"
        pins = {"BRANCHDESK_PIN": once, "BRANCHDESK_NEW_PIN": PIN}
        do(home, "pin", "--staff", "T001", env=pins)


def test_the_window_refuses_to_call_an_unlisted_staff_code_a_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", PASSPHRASES["BRANCHDESK_PASSPHRASE"])
    office, port = tmp_path / "office", free_port()
    found_office(office)
    with Terminal(terminal_home(tmp_path / "terminal")) as terminal, serving(office, port):
        enrolment = desk_services(terminal, DeskSettings(), lambda _: None, None).enrolment
        assert enrolment is not None
        code = str(do(office, "office", "enrol-code", "--outlet", "B001").answer["code"])
        enrolment.join(code, "NOPE", PIN)
        with pytest.raises(RuleViolation, match="enrolled_staff_unlisted"):
            enrolment.fetch("NOPE")
