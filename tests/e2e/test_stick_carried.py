"""A day without a line, carried to head office and back by hand, by command line alone."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.office_process import (
    CAMPAIGN,
    Ran,
    branchdesk,
    do,
    enrol,
    found_office,
    found_own_office,
    free_port,
    serving,
)

# More than half of the hundred slots that a terminal is lent of an offer at first.
SERVED = 55


@dataclass(frozen=True)
class Carried:
    """A van's day: everything registered offline, and one round of the stick."""

    folder: Path
    office: Path
    home: Path
    port: int
    exported: Ran
    taken: Ran
    replied: Ran

    def status(self) -> dict[str, object]:
        """Return where the terminal stands."""
        return do(self.home, "status").answer

    def round(self, name: str) -> tuple[Ran, Ran, Ran]:
        """Carry what is unsent to head office and its reply back."""
        return _round(self.office, self.home, self.folder / name)


def _round(office: Path, home: Path, stick: Path) -> tuple[Ran, Ran, Ran]:
    stick.mkdir()
    export, reply = str(stick / "export.bdsync"), str(stick / "reply.bdsync")
    exported = do(home, "export-sync", export)
    taken = do(office, "office", "import-sync", export, "--reply", reply)
    return exported, taken, do(home, "import-sync", reply)


def _walk_ins(count: int) -> str:
    people = (
        {
            "name": "陈晓",
            "phone": f"139{number:08d}",
            "channel": "van",
            "consents": ["service"],
            "issue": ["PHONE10"],
        }
        for number in range(count)
    )
    return "".join(json.dumps(person, ensure_ascii=False) + "\n" for person in people)


def _slow_campaign(path: Path) -> Path:
    """Write the sample with few vouchers expected a day, so that the first loan is a small one."""
    text = CAMPAIGN.read_text(encoding="utf-8")
    assert "forecast: 300" in text
    path.write_text(text.replace("forecast: 300", "forecast: 20"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Carried:
    folder = tmp_path_factory.mktemp("stick")
    office, home, port = folder / "office", folder / "terminal", free_port()
    do(office, "office", "init")
    do(office, "office", "publish", str(_slow_campaign(folder / "campaign.yaml")))
    with serving(office, port):
        enrol(office, home, "V001")
    do(home, "register", "-", "--staff", "T001", stdin=_walk_ins(SERVED))
    exported, taken, replied = _round(office, home, folder / "first")
    return Carried(folder, office, home, port, exported, taken, replied)


def _grants(status: dict[str, object]) -> list[dict[str, object]]:
    found = status["grants"]
    assert isinstance(found, list)
    return [grant for grant in found if grant["code"] == "PHONE10"]


def test_everything_of_the_day_is_acknowledged_and_grants_come_back(day: Carried) -> None:
    exported, taken, replied = day.exported.answer, day.taken.answer, day.replied.answer
    assert exported["left"] == 0
    assert taken["taken"] == exported["events"] >= 2 * SERVED
    assert taken["acked_seq"] == exported["seq"] == replied["acked_seq"]
    assert replied["pushed"] == exported["events"]
    assert replied["refused"] == []
    status = do(day.office, "office", "status").answer
    assert (status["customers"], status["vouchers"]) == (SERVED, SERVED)
    assert len(taken["grants"]) >= 1
    assert len(_grants(day.status())) == 2


def test_the_grants_that_came_are_all_that_is_unsent_and_a_second_round_brings_them_home(
    day: Carried,
) -> None:
    assert day.replied.answer["unsent"] == len(day.taken.answer["grants"])
    day.round("second")
    status = day.status()
    assert (status["unsent"], status["acked_seq"]) == (0, status["seq"])


def test_the_proof_covers_what_was_carried(day: Carried) -> None:
    proof = do(day.home, "proof", "--out", str(day.folder / "proof.json")).answer
    assert proof["acked_seq"] >= day.exported.answer["seq"]
    assert proof["durable_seq"] >= day.exported.answer["seq"]


def test_the_line_finds_nothing_left_to_do_and_nothing_is_doubled(day: Carried) -> None:
    day.round("last")
    before = do(day.office, "office", "status").answer
    with serving(day.office, day.port):
        synced = do(day.home, "sync").answer
    assert (synced["pushed"], synced["pulled"], synced["unsent"]) == (0, 0, 0)
    assert do(day.office, "office", "status").answer == before
    assert do(day.home, "check").answer["ok"]
    audit = do(day.office, "office", "audit").answer
    assert (audit["ok"], audit["violations"]) == (True, [])


def test_the_same_files_again_change_nothing(day: Carried) -> None:
    stick, again = day.folder / "first", str(day.folder / "again.bdsync")
    before = day.status(), do(day.office, "office", "status").answer
    taken = do(
        day.office, "office", "import-sync", str(stick / "export.bdsync"), "--reply", again
    ).answer
    assert (taken["taken"], taken["grants"]) == (0, [])
    replied = do(day.home, "import-sync", again).answer
    assert (replied["pushed"], replied["pulled"]) == (0, 0)
    assert (day.status(), do(day.office, "office", "status").answer) == before


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wrong_file_is_refused_in_words(day: Carried, language: str) -> None:
    stick = day.folder / "first"
    before = day.status()
    ran = branchdesk(day.home, "import-sync", str(stick / "export.bdsync"), "--language", language)
    assert ran.code == 5
    assert ran.error is not None
    assert ran.error["error"] == "stick_wrong_kind"
    assert {"zh": "总行给回的回执", "en": "the reply that head office"}[language] in str(
        ran.error["message"]
    )
    other = day.folder / f"other-{language}"
    found_own_office(other)
    refused = branchdesk(
        other, "office", "import-sync", str(stick / "export.bdsync"), "--reply",
        str(day.folder / "never.bdsync"),
    )  # fmt: skip
    assert refused.error is not None
    assert (refused.code, refused.error["error"]) == (5, "stick_other_bank")
    assert not (day.folder / "never.bdsync").exists()
    assert day.status() == before


def test_no_reply_overwrites_an_export_and_no_export_a_file_of_somebody_else(
    bank_of_stick: tuple[Path, Path], tmp_path: Path
) -> None:
    office, home = bank_of_stick
    export, other = tmp_path / "export.bdsync", tmp_path / "minutes.docx"
    do(home, "export-sync", str(export))
    written = export.read_bytes()
    (tmp_path / "again.bdsync").symlink_to(export)
    for reply in (export, tmp_path / "again.bdsync"):
        ran = branchdesk(office, "office", "import-sync", str(export), "--reply", str(reply))
        assert (ran.code, ran.error and ran.error["error"]) == (3, "reply_is_export")
    assert export.read_bytes() == written
    other.write_bytes(b"PK minutes of a meeting")
    ran = branchdesk(home, "export-sync", str(other))
    assert (ran.code, ran.error and ran.error["error"]) == (3, "file_in_the_way")
    assert other.read_bytes() == b"PK minutes of a meeting"
    # One of ours may be written anew: a stick is used day after day.
    do(home, "export-sync", str(export))


@pytest.fixture(scope="module")
def bank_of_stick(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A head office and a terminal that joined it."""
    folder = tmp_path_factory.mktemp("stick_files")
    office, home, port = folder / "office", folder / "terminal", free_port()
    found_office(office)
    with serving(office, port):
        enrol(office, home)
    return office, home
