"""What a command prints for people: words, aligned, in their language; and which line failed."""

import dataclasses
import io
import json
from pathlib import Path

import pytest

from branchdesk.app.commands.answers import Answers, plain
from branchdesk.app.commands.batches import read_object, run_batch, text_field
from branchdesk.app.commands.readable import Readable
from branchdesk.application.book_records import Fate
from branchdesk.application.customer_page import (
    ConsentStanding,
    CustomerPage,
    HeldVoucher,
    MergeStanding,
    TimelineEntry,
)
from branchdesk.application.models import (
    CheckReport,
    CustomerLine,
    GrantLine,
    IssuedVoucher,
    PrintedDocument,
    StickExport,
    SyncReport,
)
from branchdesk.application.redemption_records import Outcome
from branchdesk.devices.texts import load_texts
from branchdesk.domain.campaign import Role
from branchdesk.headoffice.batch_check import MONEY_CODES
from branchdesk.headoffice.case_news import FORK, NUMBERS_MISSING, SLOT_HONOURED
from branchdesk.headoffice.honouring import REDEMPTION_CASES
from branchdesk.headoffice.life_results import LostTerminal, OfferExposure, SlotsAskedBack
from branchdesk.headoffice.limit_checks import LIMIT_PERSON, LIMIT_PERSON_DAY
from branchdesk.headoffice.recovery_results import BackedUp, Learning, Restored
from branchdesk.headoffice.results import (
    BookLent,
    BudgetChanged,
    CaseResolved,
    Closed,
    EnrolCode,
    InitResult,
    KeeperNamed,
    PublishResult,
    Revoked,
    StaffCode,
    StickTaken,
)

TEXTS = load_texts(Path(__file__).parents[2] / "resources" / "texts")
RESULTS = (
    BackedUp, BookLent, BudgetChanged, CaseResolved, CheckReport, Closed, ConsentStanding,
    CustomerLine, CustomerPage, EnrolCode, GrantLine, HeldVoucher, InitResult, IssuedVoucher,
    KeeperNamed, Learning, LostTerminal, MergeStanding, OfferExposure, Outcome, PrintedDocument,
    PublishResult, Restored, Revoked, SlotsAskedBack, StaffCode, StickExport, StickTaken,
    SyncReport, TimelineEntry,
)  # fmt: skip


def answers(*, as_json: bool = False, language: str = "zh") -> Answers:
    return Answers(as_json, language, TEXTS, io.StringIO(), io.StringIO())


def told(given: Answers) -> list[str]:
    assert isinstance(given.out, io.StringIO)
    return given.out.getvalue().splitlines()


def test_a_sheet_has_a_line_a_field_with_the_values_below_each_other() -> None:
    fields = {"name": "王*", "registered_by": "T001", "erased": False, "interests": []}
    assert Readable(TEXTS, "zh").sheet(fields) == [
        "姓名    王*", "登记人  T001", "已删除  否", "兴趣    —",
    ]  # fmt: skip
    assert Readable(TEXTS, "en").sheet(fields)[:3] == [
        "Name           王*", "Registered by  T001", "Erased         no",
    ]  # fmt: skip


def test_a_table_lines_up_under_its_labels_and_numbers_at_the_right() -> None:
    rows = [
        {"name": "赵立新", "role": "supervisor", "vouchers": 2},
        {"name": "Ann", "role": "teller", "vouchers": 120},
    ]
    assert Readable(TEXTS, "zh").table(rows) == [
        "姓名    角色      权益券",
        "赵立新  网点主管       2",
        "Ann     柜员         120",
    ]


def test_what_has_parts_stands_below_with_its_own_labels() -> None:
    fields = {"vouchers": [{"name": {"zh": "粮油礼盒", "en": "Gift box"}, "face_minor": 8850}],
              "place": "B001"}  # fmt: skip
    assert Readable(TEXTS, "en").sheet(fields) == [
        "Place  B001", "", "Vouchers", "  Benefit   Face value", "  Gift box      ¥88.50",
    ]  # fmt: skip


def test_who_was_never_asked_has_not_declined() -> None:
    rows = [{"purpose": "service", "granted": None}, {"purpose": "sensitive", "granted": False}]
    shown = "\n".join(Readable(TEXTS, "en").table(rows))
    assert "not asked" in shown
    assert "declined" in shown


def test_a_moment_and_an_event_read_as_people_say_them() -> None:
    fields = {"type": "voucher.printed", "since_at": "2027-01-04T09:05:06.123+08:00"}
    assert Readable(TEXTS, "zh").line(fields) == "种类 打印 · 最早 2027-01-04 09:05:06"


def test_a_list_of_nothing_says_so_to_people_and_nothing_to_programs() -> None:
    people, program = answers(), answers(as_json=True)
    for given in (people, program):
        given.give_all([], "cli.customers_none", query="9999")
    assert len(told(people)) == 1
    assert "9999" in told(people)[0]
    assert told(program) == []


def test_people_see_what_was_picked_and_programs_everything() -> None:
    people, program = answers(), answers(as_json=True)
    for given in (people, program):
        given.give_line(1, {"offer": "PHONE10", "token": "1" * 400}, ("offer",))
    assert told(people) == ["第 1 行　权益 PHONE10"]
    assert json.loads(told(program)[0])["token"] == "1" * 400


def test_times_are_chinas_whatever_the_machine_is_set_to() -> None:
    people, program = answers(), answers(as_json=True)
    for given in (people, program):
        given.give({"opened_ms": 1_800_000_000_000})
    assert "2027-01-15 16:00:00" in told(people)[0]
    assert json.loads(told(program)[0]) == {"opened_at": "2027-01-15T16:00:00.000+08:00"}


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_every_field_that_is_printed_has_a_label_in_both_languages(kind: type) -> None:
    named = plain({field.name: None for field in dataclasses.fields(kind)})
    assert [name for name in named if not TEXTS.has(f"cli.field.{name}")] == []


WORDS_OF = {
    "kind": (*MONEY_CODES, *REDEMPTION_CASES, LIMIT_PERSON, LIMIT_PERSON_DAY, SLOT_HONOURED,
             NUMBERS_MISSING, FORK, "revoked_with_issued"),
    "fate": (*Fate,),
    "decision": ("outlet_bears", "bank_bears", "no_loss", "first_undone"),
    "role": (*Role, "office"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", WORDS_OF)
def test_a_stable_word_is_said_in_the_language_of_people(name: str, language: str) -> None:
    readable = Readable(TEXTS, language)
    for word in WORDS_OF[name]:
        told = readable.line({name: word})
        assert "_" not in told, word
        assert language == "en" or not told.isascii(), word


def test_a_case_is_raised_and_a_shift_opened() -> None:
    readable = Readable(TEXTS, "zh")
    assert readable.line({"raised_at": "2027-01-04T09:05:06+08:00"}).startswith("立案时间")
    assert readable.line({"opened_at": "2027-01-04T09:05:06+08:00"}).startswith("开班时间")


# -- which line failed -------------------------------------------------------------


LINES = (
    b'{"customer": "C1"}\n\n{"customer": 3}\n[1\n[1]\n\xff\n' + b"[" * 100_000 + b"\n"
    b'{"customer": "\\ud800"}\n{"customer": "C2"}\n'
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_batch_names_the_line_that_failed(tmp_path: Path, language: str) -> None:
    (tmp_path / "lines").write_bytes(LINES)
    given = answers(as_json=True, language=language)
    worst = run_batch(
        str(tmp_path / "lines"),
        given,
        lambda line: {"customer": text_field(read_object(line), "customer")},
    )
    found = [json.loads(line) for line in told(given)]
    assert worst == 3
    assert [answer.get("customer") for answer in (found[0], found[-1])] == ["C1", "C2"]
    assert [(answer["facts"]["line"], answer["error"]) for answer in found[1:-1]] == [
        (3, "field_type"), (4, "line_not_json"), (5, "line_not_json"), (6, "file_not_utf8"),
        (7, "line_not_json"), (8, "line_not_json"),
    ]  # fmt: skip
    for answer in found[1:-1]:
        assert str(answer["facts"]["line"]) in answer["message"]
    if language == "zh":
        assert "Expecting" not in given.out.getvalue()  # type: ignore[attr-defined]  # a StringIO
        assert "应为：文本" in found[1]["message"]
