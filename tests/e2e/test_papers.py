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
    return [code.text for page in pictures for code in zxingcpp.read_barcodes(page)], _words(out)


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
    refused = _give(home, "reprint", {"voucher": wrong["voucher"], "reason": "torn"})
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


def _status_of(home: Path) -> dict[str, object]:
    return do(home, "book", "status").answer


def test_a_book_is_lent_printed_handed_out_and_every_number_entered(
    office: Path, port: int, home: Path, tmp_path: Path
) -> None:
    terminal = str(do(home, "status").answer["terminal"])
    with serving(office, port):
        code = do(office, "office", "staff", "code", "S001").answer["code"]
        lent = do(office, "office", "lend-book", terminal, "PHONE10", "6").answer
        do(home, "sync")
    assert (lent["terminal"], lent["code"], lent["slots"]) == (terminal, "PHONE10", 6)
    pin = {"BRANCHDESK_PIN": str(code), "BRANCHDESK_NEW_PIN": "135791"}
    do(home, "pin", "--staff", "S001", env=pin)
    both = {"BRANCHDESK_SECOND_PIN": "135791"}
    out = tmp_path / "book.pdf"
    words = ("book", "print", *TELLER, "--offer", "PHONE10", "--count", "4", "--out", str(out))
    alone = branchdesk(home, *words)
    assert (alone.code, alone.error and alone.error["error"]) == (3, "second_person_missing")
    printed = do(home, *words, "--second", "S001", env=both).answer
    assert (printed["items"], printed["count"], printed["register_pages"]) == (4, 4, 1)
    document = pypdfium2.PdfDocument(out)
    tokens = [
        found.text
        for page in document
        for found in zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())
    ]
    document.close()
    assert len(tokens) == 4
    assert {_verdict(home, token) for token in tokens} == {"not_activated"}
    register = _words(tmp_path / "book-register.pdf")
    first = str(printed["first_number"])
    numbers = [f"{first[:-6]}{int(first[-6:]) + place:06d}" for place in range(4)]
    assert all(register.count(number) == 1 for number in numbers)
    assert numbers[-1] == printed["last_number"]
    assert do(home, "unprinted").answers == ()

    person = {**WALK_IN, "phone": "13712345674"}
    customer = _give(home, "register", person).answer["customer"]
    entries = [
        {"number": numbers[0], "fate": "used", "customer": customer},
        {"number": numbers[0], "fate": "missing"},
        {"number": numbers[1], "fate": "spoiled"},
        {"number": numbers[2], "fate": "missing"},
        {"number": numbers[3], "fate": "burnt"},
        {"number": "B001-0001-999999", "fate": "missing"},
    ]
    lines = "".join(json.dumps(line) + "\n" for line in entries)
    done = branchdesk(home, "book", "enter", "-", *TELLER, "--second", "S001", stdin=lines,
                      env=both)  # fmt: skip
    assert [line.get("error", "done") for line in done.answers] == [
        "done", "book_number_entered", "done", "done", "book_fate", "book_number_unknown",
    ]  # fmt: skip
    status = _status_of(home)
    counted = ("used", "spoiled", "returned", "missing", "not_entered")
    assert {fate: status[fate] for fate in counted} == {
        "used": 1, "spoiled": 1, "returned": 0, "missing": 1, "not_entered": 1,
    }  # fmt: skip
    assert (status["open_numbers"], status["on_paper"]) == ([numbers[3]], True)
    by_number = {_number_of(home, token): token for token in tokens}
    verdicts = [_verdict(home, by_number[number]) for number in numbers]
    assert verdicts == ["good", "void", "not_activated", "not_activated"]
    redeemed = _give(home, "redeem", {"token": by_number[numbers[0]]}).answer
    assert redeemed["verdict"] == "good"
    assert do(home, "check").answer["ok"]
    with serving(office, port):
        assert do(home, "sync").answer["unsent"] == 0
    audit = do(office, "office", "audit").answer
    assert (audit["ok"], audit["violations"]) == (True, [])


def _words(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def _number_of(home: Path, token: str) -> str:
    """Return the running number that is printed on the voucher with a token."""
    told = do(home, "verify", "-", stdin=f"{token}\n").answer
    shown = do(home, "voucher", f"{told['grant']}-{told['slot']}").answer
    terminal = int(str(told["terminal"]))
    return f"B001-{terminal:04d}-{int(str(shown['number'])):06d}"
