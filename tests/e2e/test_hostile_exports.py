"""Hostile names leave the terminal as they came in: JSON lines, papers, slips, the saved proof."""

import json
import re
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from branchdesk.documents.fonts import FontFolder
from branchdesk.domain.names import mask_name, normalise_name
from branchdesk.domain.one_line import one_line
from tests.e2e.office_process import (
    CAMPAIGN,
    REPOSITORY,
    Ran,
    branchdesk,
    do,
    enrol,
    free_port,
    serving,
)
from tests.hostile_names import COUNT, hostile_names

TELLER = ("--staff", "T001")
# Names that head office gives, and words that people type at the van.
STAFF_NAME, OUTLET_NAME = "<b>王</b>&amp;{0}𬭼", "=1+1%s <img src=x>䶮"
PLACE, WORD = "菜市场\u202e<i>南门</i>&amp;", '=HYPERLINK("x") 𠮷\u200b{name}'
REGULAR = FontFolder(REPOSITORY / "resources/fonts").regular


@dataclass(frozen=True)
class Van:
    """A van at which everybody of the corpus asked for a voucher."""

    office: Path
    home: Path
    port: int
    registered: Ran

    @property
    def kept(self) -> dict[str, str]:
        """The names that were let in, by the id of the customer."""
        pairs = zip(hostile_names(), self.registered.answers, strict=True)
        return {
            str(answer["customer"]): normalise_name(name)
            for name, answer in pairs
            if "customer" in answer
        }


@pytest.fixture(scope="module")
def van(tmp_path_factory: pytest.TempPathFactory) -> Van:
    folder = tmp_path_factory.mktemp("hostile")
    office, home, port = folder / "office", folder / "van", free_port()
    campaign = yaml.safe_load(CAMPAIGN.read_text(encoding="utf-8"))
    for outlet in campaign["outlets"]:
        outlet["name"] = OUTLET_NAME
    for member in campaign["staff"]:
        member["name"] = STAFF_NAME
    hostile = folder / "campaign.yaml"
    hostile.write_text(yaml.safe_dump(campaign, allow_unicode=True), encoding="utf-8")
    do(office, "office", "init")
    do(office, "office", "publish", str(hostile))
    with serving(office, port):
        enrol(office, home, outlet="V001")
        do(home, "sync")
    do(home, "shift", "open", *TELLER, "--place", PLACE, "--gift", "GIFTBOX=12")
    registered = branchdesk(home, "register", "-", *TELLER, stdin=_lines())
    return Van(office, home, port, registered)


def _lines() -> str:
    return "".join(
        json.dumps(
            {"name": name, "phone": f"139{number:08}", "channel": "van", "consents": ["service"],
             "issue": ["PHONE10"]}
        ) + "\n"
        for number, name in enumerate(hostile_names())
    )  # fmt: skip


def test_every_line_is_answered_and_what_is_let_in_is_read_back_exactly(van: Van) -> None:
    assert len(van.registered.answers) == COUNT
    refused = [answer for answer in van.registered.answers if "customer" not in answer]
    assert {str(answer["error"]) for answer in refused} <= {
        "name_control_character", "name_too_long", "name_no_letter", "name_empty",
        "name_unassigned",
    }  # fmt: skip
    assert len(van.kept) > COUNT * 4 // 5
    assert {member["name"] for member in do(van.home, "staff", "list").answers} == {STAFF_NAME}
    assert do(van.home, "status").answer["outlet"] == "V001"
    for customer, name in list(van.kept.items())[::40]:
        page = do(van.home, "customer", customer, *TELLER).answer
        assert page["name"] == mask_name(name)
    for number in range(0, COUNT, 60):
        found = do(van.home, "customers", f"{number:04}", *TELLER).answer
        assert found["name"] == mask_name(van.kept[str(found["customer"])])


def test_vouchers_carry_the_masked_names_or_say_which_letter_no_font_has(van: Van) -> None:
    out = van.home.parent / "vouchers.pdf"
    do(van.home, "print", "vouchers", *TELLER, "--layout", "a4x8", "--out", str(out))
    text = _text_of(out)
    masked = {_printed(mask_name(name)) for name in van.kept.values()}
    assert sorted(name for name in masked if name not in text) == []
    assert any("〔U+" in name for name in masked)


def test_slips_say_the_names_and_words_they_were_given(van: Van) -> None:
    road, shift = van.home.parent / "road.pdf", van.home.parent / "shift.pdf"
    branchdesk(van.home, "road-check", *TELLER, "--out", str(road))
    closed = do(van.home, "shift", "close", *TELLER, "--gift", "GIFTBOX=11", "--word", WORD,
                "--slip", str(shift)).answer  # fmt: skip
    place, word = one_line(PLACE, 60), one_line(WORD, 200)
    assert (closed["place"], closed["word"]) == (place, word)
    assert missing((STAFF_NAME, OUTLET_NAME), _text_of(road)) == []
    assert missing((STAFF_NAME, OUTLET_NAME, place, word), _text_of(shift)) == []


def test_everything_comes_home_and_the_proof_reads_as_json(van: Van) -> None:
    proof = van.home.parent / "proof.json"
    with serving(van.office, van.port):
        assert do(van.home, "sync").answer["unsent"] == 0
    do(van.home, "proof", "--out", str(proof))
    saved = json.loads(proof.read_text(encoding="utf-8"))
    assert saved["acked_seq"] == do(van.home, "status").answer["acked_seq"]
    assert do(van.home, "check").answer["ok"] is True
    assert do(van.office, "office", "audit").answer["ok"] is True
    members = do(van.office, "office", "staff", "list").answers
    assert {member["name"] for member in members} == {STAFF_NAME}


def missing(wanted: tuple[str, ...], text: str) -> list[str]:
    """Return what was not printed, line breaks aside."""
    return [words for words in wanted if _bare(_printed(words)) not in _bare(text)]


def _printed(words: str) -> str:
    return _bare(REGULAR.printable(words))


def _bare(text: str) -> str:
    # Paper breaks lines where there is no room; what is read back may be composed or not.
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


def _text_of(path: Path) -> str:
    command = ["pdftotext", "-raw", "-enc", "UTF-8", str(path), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return _bare(done.stdout.decode())
