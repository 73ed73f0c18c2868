"""The main job by command line alone, against a real head office over TLS on loopback."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from tests.e2e.office_process import (
    REPOSITORY,
    Ran,
    branchdesk,
    do,
    enrol,
    found_office,
    free_port,
    serving,
)
from tests.vectors import second_implementation as second

SERVED = 12
WALK_IN = {
    "name": "王𬭼",
    "phone": "13900001234",
    "channel": "van",
    "consents": ["service", "marketing_phone"],
}


@dataclass(frozen=True)
class Day:
    """One working day: walk-ins served offline, printed, then brought home."""

    folder: Path
    office: Path
    home: Path
    port: int
    key: str
    enrolled: Ran
    registered: Ran
    printed: Ran
    offline: Ran
    synced: Ran
    status: Ran
    office_status: Ran
    audit: Ran

    @property
    def vouchers(self) -> list[dict[str, object]]:
        """What was issued, in order."""
        return [voucher for line in self.registered.answers for voucher in line["vouchers"]]


def _lines(*objects: object) -> str:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects)


def _walk_ins(count: int) -> list[dict[str, object]]:
    path = REPOSITORY / "resources/sample/walkins.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:count]]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    folder = tmp_path_factory.mktemp("day")
    office, home, port = folder / "office", folder / "terminal", free_port()
    key = found_office(office)
    with serving(office, port):
        enrolled = enrol(office, home)
    # The line is gone: registering, issuing and printing happen offline.
    registered = do(home, "register", "-", "--staff", "T001", stdin=_lines(*_walk_ins(SERVED)))
    pdf = str(folder / "vouchers.pdf")
    printed = do(home, "print", "vouchers", "--staff", "T001", "--layout", "a4x8", "--out", pdf)
    offline = do(home, "status")
    with serving(office, port):
        synced = do(home, "sync")
    # Taken here: tests run in any order, and some of them go on working at this desk.
    status = do(home, "status")
    office_status, audit = do(office, "office", "status"), do(office, "office", "audit")
    return Day(
        folder, office, home, port, key, enrolled, registered, printed, offline, synced,
        status, office_status, audit,
    )  # fmt: skip


def test_every_walk_in_leaves_with_a_voucher_of_their_own(day: Day) -> None:
    assert len(day.vouchers) == SERVED
    assert len({voucher["voucher"] for voucher in day.vouchers}) == SERVED
    assert day.printed.answer["items"] == SERVED


def test_every_printed_code_is_a_token_that_the_second_implementation_accepts(day: Day) -> None:
    read = set()
    document = pypdfium2.PdfDocument(day.folder / "vouchers.pdf")
    for page in document:
        picture = page.render(scale=200 / 72).to_pil()
        read |= {code.text for code in zxingcpp.read_barcodes(picture)}
    document.close()

    assert read == {voucher["token"] for voucher in day.vouchers}
    for text in read:
        second.authenticate(second.read_token(text), [bytes.fromhex(day.key)])


def test_offline_work_is_counted_as_unsent_and_sync_brings_all_of_it_home(day: Day) -> None:
    status = day.status.answer

    assert day.offline.answer["unsent"] >= 2 * SERVED
    assert day.synced.answer["pushed"] >= day.offline.answer["unsent"]
    assert day.synced.answer["unsent"] == 0
    assert status["unsent"] == 0
    assert status["acked_seq"] == status["durable_seq"] == status["seq"]


def test_head_office_and_its_audit_agree_on_the_number_of_vouchers(day: Day) -> None:
    status, audit = day.office_status.answer, day.audit.answer

    assert (status["customers"], status["vouchers"]) == (SERVED, SERVED)
    assert audit["ok"] is True
    assert audit["violations"] == []
    # Nothing was redeemed this day, so there was nothing to honour and no case to decide.
    idle = {name for name, count in audit["checked"].items() if count == 0}
    assert idle == {"honoured", "case_decisions"}, audit["checked"]


def test_the_store_agrees_with_its_log_and_keeps_head_office_s_signature(day: Day) -> None:
    out = day.folder / "proof.json"
    check = do(day.home, "check").answer
    proof = do(day.home, "proof", "--out", str(out)).answer
    signed = bytes.fromhex(str(proof["signed_message"]))
    assert signed.startswith(b"BRANCHDESK-ACK-1\0")

    assert check["ok"]
    assert check["projections_equal"]
    assert check["chain_ok"]
    assert json.loads(out.read_text()) == proof
    assert second.signature_holds(
        bytes.fromhex(str(proof["ack_key"])),
        bytes.fromhex(str(proof["signature"])),
        signed,
    )


def test_verify_says_good_here_and_with_nothing_but_the_key(day: Day) -> None:
    voucher = day.vouchers[0]
    codes = f"{voucher['token']}\n{voucher['short_code']}\n"
    here = do(day.home, "verify", "-", stdin=codes).answers
    bare = do(
        day.folder / "nowhere", "verify", "-", "--key", day.key, stdin=f"{voucher['token']}\n"
    ).answer
    altered = str(voucher["token"])[:-1] + ("1" if str(voucher["token"])[-1] != "1" else "2")

    assert [line["verdict"] for line in here] == ["good", "good"]
    assert bare["verdict"] == "good"
    assert bare["face_minor"] == voucher["face_minor"]
    assert do(day.home, "verify", "-", stdin=altered).answer["verdict"] == "forged"


def test_the_same_intent_gives_the_same_voucher_and_another_wish_is_refused(day: Day) -> None:
    person = do(day.home, "register", "-", "--staff", "T001", stdin=_lines(WALK_IN)).answer[
        "customer"
    ]
    wish = {"customer": person, "offer": "PHONE10", "intent": "counter-1-form-7"}
    first, again = do(day.home, "issue", "-", "--staff", "T001", stdin=_lines(wish, wish)).answers
    other = branchdesk(
        day.home, "issue", "-", "--staff", "T001", stdin=_lines({**wish, "offer": "GIFTBOX"})
    )

    assert first == again
    assert first["intent"] == "counter-1-form-7"
    assert other.code == 3
    assert other.answers[0]["error"] == "intent_reused"


def test_a_line_that_fails_is_answered_in_its_place_and_the_others_go_on(day: Day) -> None:
    good = {**WALK_IN, "name": "赵甲", "phone": "13900001300"}
    ran = branchdesk(
        day.home,
        "register",
        "-",
        "--staff",
        "T001",
        stdin=_lines({**good, "phone": "1390000130"}, good, {**good, "name": "李\u202e乙"})
        + "not json\n",
    )

    assert ran.code == 3
    assert [line.get("error") for line in ran.answers] == [
        "phone_length", None, "name_control_character", "line_not_json",
    ]  # fmt: skip
    assert ran.answers[0]["facts"]["field"] == "phone"
    assert ran.answers[2]["facts"]["field"] == "name"


def test_a_line_that_cannot_even_be_read_fails_in_its_place(day: Day) -> None:
    lines = [
        b"\xff\xfe",
        b"x" * (300 << 10),
        _lines({**WALK_IN, "phone": "13900001302"}).encode().strip(),
    ]
    source = day.folder / "unreadable.jsonl"
    source.write_bytes(b"\n".join(lines))
    ran = branchdesk(day.home, "register", str(source), "--staff", "T001")

    assert ran.code == 3
    assert [line.get("error") for line in ran.answers] == ["file_not_utf8", "line_too_long", None]


def test_a_short_code_alone_needs_a_line(day: Day) -> None:
    code = str(day.vouchers[1]["short_code"])
    ran = do(day.folder / "nowhere", "verify", "-", "--key", day.key, stdin=code)

    assert ran.answer["verdict"] == "needs_line"


def test_an_enrolment_code_is_also_a_picture_that_reads_back(day: Day) -> None:
    picture = day.folder / "enrol.png"
    made = do(day.office, "office", "enrol-code", "--outlet", "B002", "--qr", str(picture)).answer
    read = zxingcpp.read_barcodes(Image.open(picture))

    assert [code.text for code in read] == [made["code"]]


def test_a_window_without_a_display_says_so_in_one_line(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "branchdesk", "--home", str(tmp_path)]
    kept = {name: value for name, value in os.environ.items()
            if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}}  # fmt: skip
    done = subprocess.run(words, env=kept, capture_output=True, timeout=60, check=False)

    assert done.returncode == 4
    assert len(done.stderr.decode().splitlines()) == 1


def test_a_person_over_the_limit_is_refused_also_under_a_second_record(day: Day) -> None:
    twin = {**_walk_ins(1)[0], "name": "另一个名字", "issue": ["PHONE10"]}
    before = do(day.home, "status").answer["seq"]
    ran = branchdesk(day.home, "register", "-", "--staff", "T001", stdin=_lines(twin))

    assert (ran.code, ran.answers[0]["error"]) == (3, "limit_person")
    assert do(day.home, "status").answer["seq"] == before


def test_customers_are_found_masked(day: Day) -> None:
    do(day.home, "register", "-", "--staff", "T001",
       stdin=_lines({**WALK_IN, "phone": "13900004321"}))  # fmt: skip
    by_tail = do(day.home, "customers", "4321", "--staff", "T001").answer

    assert by_tail["name"] == "王*"
    assert by_tail["phone"] == "139****4321"


def test_a_terminal_that_is_not_enrolled_says_so(tmp_path: Path) -> None:
    ran = branchdesk(tmp_path, "issue", "-", "--staff", "T001", stdin="{}\n")

    assert ran.code == 3
    assert ran.error is not None
    assert ran.error["error"] == "not_enrolled"


def test_words_that_are_off_are_a_usage_error(tmp_path: Path) -> None:
    ran = branchdesk(tmp_path, "isue", "-")

    assert ran.code == 2
    assert ran.error is not None
    assert ran.error["error"] == "usage"


def test_a_wrong_pin_is_refused_without_saying_more(day: Day) -> None:
    ran = branchdesk(
        day.home, "customers", "4321", "--staff", "S001", env={"BRANCHDESK_PIN": "975310"}
    )

    assert ran.code == 3
    assert ran.error is not None
    assert ran.error["error"] in {"staff_unknown", "pin_wrong"}


def test_a_second_person_sets_a_first_pin_by_head_office_s_one_time_code(day: Day) -> None:
    code = do(day.office, "office", "staff", "code", "S001").answer["code"]
    with serving(day.office, day.port):
        do(day.home, "sync")
    before = branchdesk(
        day.home, "customers", "4321", "--staff", "S001", env={"BRANCHDESK_PIN": str(code)}
    )
    do(
        day.home, "pin", "--staff", "S001",
        env={"BRANCHDESK_PIN": str(code), "BRANCHDESK_NEW_PIN": "135791"},
    )  # fmt: skip
    after = do(day.home, "customers", "4321", "--staff", "S001", env={"BRANCHDESK_PIN": "135791"})

    assert before.error is not None
    assert before.error["error"] == "pin_must_be_chosen"
    assert after.code == 0


def test_a_revoked_terminal_is_frozen_and_still_uploads(tmp_path: Path) -> None:
    office, home, port = tmp_path / "office", tmp_path / "terminal", free_port()
    found_office(office)
    with serving(office, port):
        terminal = enrol(office, home, outlet="V001").answer["terminal"]
        do(home, "register", "-", "--staff", "T001", stdin=_lines(*_walk_ins(3)))
        do(office, "office", "revoke", str(terminal), "--reason", "stolen in a test")
        ran = do(home, "sync")
        refused = branchdesk(
            home, "register", "-", "--staff", "T001", stdin=_lines(_walk_ins(4)[3])
        )
        status = do(office, "office", "status").answer

    # The records arrived, which is no failure; a script reads the state.
    assert (ran.code, ran.answer["unsent"], ran.answer["state"]) == (0, 0, "frozen")
    assert "branchdesk rejoin" in ran.stderr
    assert (status["customers"], status["vouchers"]) == (3, 3)
    assert refused.answers[0]["error"] == "terminal_frozen"
    assert do(home, "status").answer["state"] == "frozen"
