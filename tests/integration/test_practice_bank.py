"""Practice on its own made-up bank: the real rules, nothing of the real terminal, nothing left."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from pytestqt.qtbot import QtBot

from branchdesk.app.made_up import PIN, STAFF, SUPERVISOR
from branchdesk.app.practice import launch
from branchdesk.app.practice.bank import PEOPLE, PracticeBank
from branchdesk.app.practice.launch import open_practice
from branchdesk.app.practice.office import campaign_for
from branchdesk.app.practice.window import practice_lock
from branchdesk.application.check_road import CheckRoad
from branchdesk.application.redemption_records import Redeeming
from branchdesk.application.show_customers import FindCustomers
from branchdesk.devices.paths import TerminalHome, resource
from branchdesk.domain.campaign import parse_campaign
from branchdesk.domain.person import parse_registration
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import token_text
from branchdesk.protocol.verdict import Verdict, read_and_authenticate
from tests.fakes.machine import FakeMachine
from tests.office_fixture import new_bank

SAMPLE = "resources/sample/campaign.yaml"
WALK_IN = {"name": "练小习", "phone": "13900008888", "channel": "counter",
           "consents": ["service"], "issue": ["PHONE10"]}  # fmt: skip


def text_of(path: Path) -> str:
    """Return what can be read on the pages of a PDF."""
    document = pypdfium2.PdfDocument(path)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "practice"


@pytest.fixture(scope="module")
def bank(folder: Path) -> Iterator[PracticeBank]:
    made = PracticeBank(folder)
    made.wait()
    yield made
    made.close()


def test_somebody_is_served_on_paper_and_sent_to_an_office_in_the_same_process(
    bank: PracticeBank,
) -> None:
    terminal = bank.terminal
    session = terminal.sign_in(STAFF, PIN).session
    with terminal.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    registered = terminal.register_customer(session, parse_registration(WALK_IN, texts))
    assert len(registered.vouchers) == 1
    terminal.print_vouchers(session, [registered.vouchers[0].voucher], "80")
    report = terminal.synchronise()
    assert report.pushed >= 4
    assert report.unsent == report.parked == 0
    with terminal.store.read() as reading:
        assert reading.terminal().acked_seq == report.acked_seq


def test_what_only_head_office_redeems_can_be_practised_too(bank: PracticeBank) -> None:
    terminal = bank.terminal
    session = terminal.sign_in(STAFF, PIN).session
    with terminal.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    line = {**WALK_IN, "phone": "13900008889", "interests": ["贷款"], "issue": ["SALON"]}
    (voucher,) = terminal.register_customer(session, parse_registration(line, texts)).vouchers
    terminal.print_vouchers(session, [voucher.voucher], "80")
    done = terminal.redeem_voucher(session, Redeeming(voucher.token))
    assert (done.verdict, done.basis) == (Verdict.GOOD, Basis.ONLINE)
    assert terminal.redeem_voucher(session, Redeeming(voucher.token)).verdict is Verdict.USED


def test_made_up_people_are_there_to_be_found_and_nothing_waits_to_be_printed(
    bank: PracticeBank,
) -> None:
    with bank.terminal.store.read() as reading:
        assert reading.vouchers(unprinted=True) == ()
        assert len(reading.vouchers()) >= PEOPLE // 2
    assert FindCustomers(bank.terminal.store)("申屠嘉")


def test_the_supervisor_can_be_the_second_person(bank: PracticeBank) -> None:
    assert bank.terminal.sign_in(SUPERVISOR, PIN, recorded=False).staff.code == SUPERVISOR


@pytest.mark.parametrize("layout", ["a4", "a4x8", "a5", "80", "58"])
def test_every_voucher_on_paper_is_marked(bank: PracticeBank, tmp_path: Path, layout: str) -> None:
    terminal = bank.terminal
    session = terminal.sign_in(STAFF, PIN, recorded=False).session
    with terminal.store.read() as reading:
        vouchers = [record.voucher for record in reading.vouchers()][:3]
    path = tmp_path / "vouchers.pdf"
    terminal.print_vouchers(session, vouchers, layout, str(path))
    text = text_of(path)
    # Each says it at least twice (a band and across it, or two bars), and once beside its code.
    assert text.count("PRACTICE") >= 2 * len(vouchers)
    assert text.count("练习 ") >= len(vouchers)


def test_the_slips_of_a_shift_and_of_the_road_check_are_marked(
    bank: PracticeBank, tmp_path: Path
) -> None:
    terminal = bank.terminal
    session = terminal.sign_in(STAFF, PIN).session
    terminal.open_shift(session, "")
    path = tmp_path / "shift.pdf"
    terminal.print_shift(terminal.close_shift(session), str(path))
    assert text_of(path).count("PRACTICE") == 2
    road = tmp_path / "road.pdf"
    check = CheckRoad(terminal.store, terminal.clock, FakeMachine(), terminal.vault.staff_codes)
    terminal.road_slips(check(STAFF), "zh", str(road))
    assert "练习无效 PRACTICE" in text_of(road)


def test_nobody_is_on_duty_when_practice_begins(tmp_path: Path) -> None:
    made = PracticeBank(tmp_path / "practice")
    made.wait()
    with made.terminal.store.read() as reading:
        assert reading.open_shift() is None
    made.close()


def test_its_vouchers_are_of_an_unknown_issuer_to_a_real_bank(
    bank: PracticeBank, tmp_path: Path
) -> None:
    with bank.terminal.store.read() as reading:
        record = reading.vouchers()[0]
        own_keys = reading.grant_keys()
    token = token_text(record.grant_bytes, record.voucher_bytes)
    assert read_and_authenticate(token, own_keys).verdict is Verdict.GOOD
    with new_bank(tmp_path / "office") as real:
        keys = real.terminal().public_keys(KeyUse.GRANT)
        assert read_and_authenticate(token, keys).verdict is Verdict.UNKNOWN_ISSUER


def test_nothing_of_practice_can_be_read_from_its_files(folder: Path, bank: PracticeBank) -> None:
    del bank
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert written
    names = ["申屠嘉".encode(), b"13100001007"]
    assert [p.name for p in written if any(name in p.read_bytes() for name in names)] == []


def test_what_an_earlier_practice_left_is_removed_first(tmp_path: Path) -> None:
    left = tmp_path / "practice" / "terminal" / "store" / "branchdesk.db"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"left behind")
    made = PracticeBank(tmp_path / "practice")
    made.wait()
    assert left.read_bytes()[:11] != b"left behind"
    made.close()
    assert not (tmp_path / "practice").exists()


def test_only_one_practice_is_open_at_a_home(tmp_path: Path) -> None:
    home = TerminalHome(tmp_path)
    lock = practice_lock(home)
    with pytest.raises(EnvironmentFault, match="store_in_use"):
        practice_lock(home)
    with pytest.raises(RuleViolation, match="practice_open"):
        open_practice(home)
    lock.release()


def test_practice_is_started_as_a_program_of_its_own_without_the_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    told = tmp_path / "told"
    code = (
        "import os, pathlib, sys;"
        "words = [*sys.argv[1:], os.environ.get('BRANCHDESK_PIN', 'no PIN')];"
        f"pathlib.Path({str(told)!r}).write_text('|'.join(words))"
    )
    monkeypatch.setattr(launch, "own_program", lambda: (sys.executable, "-c", code))
    monkeypatch.setenv("BRANCHDESK_PIN", PIN)
    open_practice(TerminalHome(tmp_path))
    qtbot.waitUntil(lambda: told.exists() and bool(told.read_text()), timeout=20_000)
    assert told.read_text() == f"practice|--home|{tmp_path}|no PIN"


def test_practice_that_cannot_be_started_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: object
) -> None:
    del qapp
    monkeypatch.setattr(launch, "own_program", lambda: (str(tmp_path / "nothing"),))
    with pytest.raises(EnvironmentFault, match="practice_not_started"):
        open_practice(TerminalHome(tmp_path))


@pytest.mark.parametrize("today", [date(2025, 1, 5), date(2026, 11, 25), date(2031, 6, 30)])
def test_its_campaign_runs_whatever_the_day(today: date) -> None:
    campaign = parse_campaign(campaign_for(today, resource(SAMPLE)))
    running = [phase for phase in campaign.phases if phase.starts_on <= today <= phase.ends_on]
    assert [phase.kind.value for phase in running] == ["run"]
    open_offers = [o for o in campaign.offers if o.issue_from <= today <= o.issue_until]
    assert len(open_offers) == len(campaign.offers)
