"""What becomes of papers, by command line: reprinted, superseded, voided, told to head office."""

import json
import subprocess
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from tests.e2e.office_process import Ran, branchdesk, do, enrol, found_office, free_port, serving

TELLER = ("--staff", "T001")
WALK_IN = {"name": "欧阳修竹", "channel": "counter", "consents": ["service"]}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head office with the sample campaign."""
    folder = tmp_path_factory.mktemp("bank") / "office"
    found_office(folder)
    return folder


@pytest.fixture(scope="module")
def port() -> int:
    """Where that head office is served while there is a line."""
    return free_port()


@pytest.fixture
def home(office: Path, port: int, tmp_path: Path) -> Path:
    """A terminal that has joined, and whose line is gone."""
    folder = tmp_path / "terminal"
    with serving(office, port):
        enrol(office, folder)
    return folder


def _give(home: Path, command: str, *lines: dict[str, object]) -> Ran:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return branchdesk(home, command, "-", *TELLER, stdin=text)


def _issued(home: Path, phone: str, *offers: str) -> list[dict[str, object]]:
    """Register somebody with a phone of their own: the outlet's other terminals count it too."""
    line = {**WALK_IN, "phone": phone, "issue": list(offers)}
    answer = _give(home, "register", line).answer
    vouchers = answer["vouchers"]
    assert isinstance(vouchers, list)
    return vouchers


def _verdict(home: Path, code: object) -> object:
    return do(home, "verify", "-", stdin=f"{code}\n").answer["verdict"]


def _print(home: Path, folder: Path, *words: str, layout: str = "a4") -> tuple[list[str], str]:
    """Print; return the tokens and the words that other programs read from the paper."""
    out = folder / "papers.pdf"
    do(home, "print", "vouchers", *TELLER, *words, "--layout", layout, "--out", str(out))
    document = pypdfium2.PdfDocument(out)
    pictures = [page.render(scale=200 / 72).to_pil() for page in document]
    document.close()
    read = subprocess.run(
        ["pdftotext", "-layout", str(out), "-"], capture_output=True, check=True
    ).stdout.decode()
    return [code.text for page in pictures for code in zxingcpp.read_barcodes(page)], read


def test_a_reprint_supersedes_the_paper_before_it_and_says_so_on_paper(
    home: Path, tmp_path: Path
) -> None:
    (first,) = _issued(home, "13712345671", "PHONE10")
    assert _print(home, tmp_path)[0] == [first["token"]]

    line = {"voucher": first["voucher"], "reason": "客户遗失", "intent": "again"}
    second = _give(home, "reprint", line).answer
    assert second["copy"] == 1
    assert _give(home, "reprint", line).answer == second
    assert _give(home, "reprint", {**line, "reason": "other"}).answer["error"] == "intent_reused"

    tokens, words = _print(home, tmp_path, "--unprinted")
    assert tokens == [second["token"]]
    assert "补打 · 第 1 次" in words
    for shown, verdict in ((first, "superseded"), (second, "good")):
        assert _verdict(home, shown["token"]) == verdict
        assert _verdict(home, shown["short_code"]) == verdict
    assert do(home, "check").answer["ok"]


def test_a_void_voucher_is_worth_nothing_prints_nothing_and_mints_nothing(
    office: Path, port: int, home: Path, tmp_path: Path
) -> None:
    good, wrong = _issued(home, "13712345672", "PHONE10", "SPEND200")
    done = _give(
        home,
        "void",
        {"voucher": wrong["voucher"], "reason": "发错了"},
        {"voucher": wrong["voucher"], "reason": "发错了"},
        {"voucher": good["voucher"]},
        {"voucher": "9-9", "reason": "发错了"},
    )

    assert done.answers[0]["voided"] is True
    assert [line["error"] for line in done.answers[1:]] == [
        "voucher_void", "void_reason_missing", "voucher_unknown",
    ]  # fmt: skip
    assert done.code == 3
    assert _verdict(home, wrong["token"]) == "void"
    assert _print(home, tmp_path, "--all")[0] == [good["token"]]
    refused = _give(home, "reprint", {"voucher": wrong["voucher"], "reason": "x"})
    assert refused.answer["error"] == "voucher_void"
    grants = do(home, "status").answer["grants"]
    assert isinstance(grants, list)
    used = {line["code"]: line["used"] for line in grants}
    assert (used["PHONE10"], used["SPEND200"]) == (1, 1)
    do(home, "check")
    with serving(office, port):
        assert do(home, "sync").answer["unsent"] == 0
    audit = do(office, "office", "audit").answer
    assert (audit["ok"], audit["violations"]) == (True, [])


def test_a_replacement_and_a_crash_are_accounted_for_one_by_one(
    office: Path, port: int, home: Path, tmp_path: Path
) -> None:
    first, second = _issued(home, "13712345673", "PHONE10", "SPEND200")
    fresh = _give(home, "replace", {"voucher": first["voucher"], "reason": "券面损坏"}).answer
    assert (fresh["replaced"], fresh["offer"]) == (first["voucher"], "PHONE10")
    assert (_verdict(home, first["token"]), _verdict(home, fresh["token"])) == ("void", "good")

    # As after a crash: what was issued is not known to be on paper.
    doubtful = do(home, "unprinted").answers
    assert [line["voucher"] for line in doubtful] == [second["voucher"], fresh["voucher"]]
    came_out = _give(home, "confirm-printed", {"voucher": second["voucher"]}).answer
    assert came_out["printed"] is True
    assert _print(home, tmp_path, "--unprinted")[0] == [fresh["token"]]
    assert do(home, "unprinted").answers == ()

    released = _give(home, "release", {"voucher": fresh["voucher"], "reason": "客户在外地"})
    assert released.answer["released"] is True
    assert do(home, "check").answer["ok"]
    with serving(office, port):
        assert do(home, "sync").answer["unsent"] == 0
    assert do(office, "office", "audit").answer["violations"] == []
