"""The road check: what stops a van, what is only said, and what is in order."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from branchdesk.app.road import RoadWords
from branchdesk.application.check_road import CheckRoad, RoadLine, RoadReport, Standing
from branchdesk.application.ports import Power
from branchdesk.application.texts import Texts
from branchdesk.protocol.token import china_day, day_of
from tests.fakes.bank import sample_campaign
from tests.fakes.desk import FakeDesk
from tests.fakes.machine import FakeMachine

TEXTS: Final = Path(__file__).resolve().parents[2] / "resources" / "texts" / "sync_screen.json"
DAY_MS: Final = 24 * 3_600_000


class Van:
    """A terminal that is ready: everything lent, a usual day behind it, everything sent."""

    def __init__(self) -> None:
        self.behind, self.machine = FakeDesk(), FakeMachine()
        self.with_pin = ("S001", "T001")
        for code in sorted({offer.code for offer in sample_campaign().offers}):
            self.behind.store.lend(code, slots=20)
        for number in range(3):
            self.behind.register("张伟", f"1380013{number:04d}", "PHONE10")
        self.behind.clock.advance(DAY_MS)
        self.send()

    def send(self) -> None:
        self.behind.store.acknowledge(self.behind.store.state.head.seq)

    def change(self, **state: object) -> None:
        store = self.behind.store
        store.state = replace(store.state, **state)  # type: ignore[arg-type]  # whatever a test says

    def check(self) -> RoadReport:
        use_case = CheckRoad(
            self.behind.store, self.behind.clock, self.machine, lambda: self.with_pin
        )
        return use_case("T001")

    def line(self, subject: str) -> RoadLine:
        (found,) = [line for line in self.check().lines if line.subject == subject]
        return found


@pytest.fixture
def van() -> Van:
    return Van()


def test_a_van_that_lacks_nothing_may_leave_and_the_report_says_who_looked(van: Van) -> None:
    report = van.check()
    assert {line.standing for line in report.lines} == {Standing.GREEN}
    assert report.ready
    assert report.staff is not None
    assert report.staff.code == "T001"
    assert report.checked_ms == van.behind.clock.now_ms()


def test_looking_records_nothing(van: Van) -> None:
    before = van.behind.store.state.head
    van.check()
    assert van.behind.store.state.head == before


def offers_lent(*offers: str, slots: int = 20) -> Callable[[Van], None]:
    def lend(van: Van) -> None:
        for grant in list(van.behind.store.state.tables.grants):
            van.behind.store.revoke(grant)
        for code in offers:
            van.behind.store.lend(code, slots=slots)
        van.send()

    return lend


def no_campaign(van: Van) -> None:
    van.change(campaigns=())


def ends_today(van: Van) -> None:
    today = day_of(china_day(van.behind.clock.now_ms() // 1000))
    offers_lent(*(offer.code for offer in sample_campaign().offers if offer.code != "SALON"))(van)
    van.behind.store.lend("SALON", slots=20, issue_until=today)
    van.send()


def set_store(**said: object) -> Callable[[Van], None]:
    def say(van: Van) -> None:
        for name, value in said.items():
            setattr(van.behind.store, name, value)

    return say


def set_machine(**said: object) -> Callable[[Van], None]:
    def say(van: Van) -> None:
        for name, value in said.items():
            setattr(van.machine, name, value)

    return say


ALL_BUT_SALON: Final = ("PHONE10", "SPEND200", "GIFTBOX", "RATE50", "FEEFREE")
FAULTS: Final[list[tuple[Callable[[Van], object], str, str, Standing]]] = [
    (lambda van: van.behind.store.freeze(), "terminal", "frozen", Standing.RED),
    (lambda van: van.behind.register("王", "13900001234"), "unsent", "waiting", Standing.RED),
    (no_campaign, "campaign", "none", Standing.RED),
    (offers_lent(), "grants", "none", Standing.RED),
    (offers_lent(*ALL_BUT_SALON, "SALON", slots=2), "grants", "short", Standing.RED),
    (ends_today, "grants", "ends", Standing.AMBER),
    (offers_lent(*ALL_BUT_SALON), "grants", "empty", Standing.AMBER),
    (lambda van: van.behind.clock.advance(60 * DAY_MS), "grants", "new", Standing.AMBER),
    (lambda van: setattr(van, "with_pin", ()), "staff", "none", Standing.RED),
    (lambda van: setattr(van, "with_pin", ("T001",)), "staff", "some", Standing.AMBER),
    (lambda van: van.change(clock_state="suspect"), "clock", "suspect", Standing.RED),
    (lambda van: van.change(clock_state="plausible"), "clock", "unverified", Standing.AMBER),
    (lambda van: van.change(drift_ms=None), "clock", "unverified", Standing.AMBER),
    (set_store(damage=("pages",)), "store", "bad", Standing.RED),
    (set_store(warned=("second_file_failed",)), "second", "bad", Standing.RED),
    (set_store(warned=("disk_nearly_full",)), "disk", "full", Standing.RED),
    (set_store(has_free_space=False), "disk", "full", Standing.RED),
    (set_machine(printer_names=()), "printer", "none", Standing.AMBER),
    (set_machine(runs_on=None), "battery", "unknown", Standing.AMBER),
    (set_machine(runs_on=Power(40, on_mains=False)), "battery", "part", Standing.AMBER),
    (set_machine(runs_on=Power(10, on_mains=True)), "battery", "part", Standing.AMBER),
    (set_machine(runs_on=Power(10, on_mains=False)), "battery", "empty", Standing.RED),
]


@pytest.mark.parametrize(("break_it", "subject", "word", "standing"), FAULTS)
def test_a_fault_is_named_on_its_own_line_and_decides_whether_the_van_stays(
    van: Van, break_it: Callable[[Van], object], subject: str, word: str, standing: Standing
) -> None:
    break_it(van)
    line = van.line(subject)
    assert (line.word, line.standing) == (word, standing)
    if standing is Standing.RED:
        assert not van.check().ready


def test_a_machine_without_a_battery_is_in_order(van: Van) -> None:
    van.machine.runs_on = Power(None, on_mains=True)
    assert van.line("battery") == RoadLine("battery", Standing.GREEN, "mains")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_line_is_worded_and_whatever_is_not_green_says_what_to_do(language: str) -> None:
    words = RoadWords(Texts(json.loads(TEXTS.read_text("utf-8"))), language)
    for break_it, *_ in (*FAULTS, (lambda van: None,)):
        van = Van()
        break_it(van)
        report = van.check()
        for line in report.lines:
            said = [words.subject(line), words.value(line), words.advice(line)]
            assert all(said[:2])
            assert bool(said[2]) == (line.standing is not Standing.GREEN)
            assert "〔" not in "".join(said)
        assert "〔" not in words.verdict(report)
