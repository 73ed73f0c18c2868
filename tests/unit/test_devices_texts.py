"""The words people read: nothing about saying them may fail."""

import datetime
import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.application.texts import Texts, yuan
from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation, os_reason

TEXTS = Texts(
    {
        "hello": {"zh": "您好，{name}", "en": "Hello, {name}"},
        "face": {"zh": "面额 {face_yuan} 元", "en": "{face_yuan} yuan"},
        "broken": {"zh": "坏了 {", "en": "broken {0.__class__} {a[b]}"},
        "format": {"zh": "{n:>4}|{s:d}", "en": "{n:>4}|{s:d}"},
        "only_zh": {"zh": "只有中文"},
        "error.form": {"zh": "有 {count} 处需要修改：", "en": "{count} fields need attention:"},
        "error.empty": {"zh": "请填写{field}", "en": "Fill in {field}"},
        "error.line": {"zh": "断线", "en": "No line"},
        "error.line.busy": {"zh": "繁忙", "en": "Busy"},
        "error.unknown": {"zh": "未完成（{unknown_code}）", "en": "Not done ({unknown_code})"},
        "field.phone": {"zh": "手机号", "en": "Mobile"},
    }
)


def test_a_text_is_said_in_the_language_asked_for() -> None:
    assert TEXTS.say("hello", "zh", name="张䶮") == "您好，张䶮"
    assert TEXTS.say("hello", "en", name="Ann") == "Hello, Ann"
    assert TEXTS.say("hello", "en-GB", name="Ann") == "Hello, Ann"
    assert TEXTS.say("hello", "fr", name="Ann") == "您好，Ann"


def test_a_stable_word_in_a_fact_is_said_in_the_language_too() -> None:
    texts = Texts(
        {
            "error.lost": {"zh": "没有写成（{reason}）", "en": "Not written ({reason})"},
            "word.reason.no_space": {"zh": "磁盘已满", "en": "the disk is full"},
        }
    )
    full = EnvironmentFault("lost", reason=os_reason(OSError(errno.ENOSPC, "No space left")))
    assert texts.error(full, "zh") == "没有写成（磁盘已满）"
    assert texts.error(full, "en") == "Not written (the disk is full)"
    odd = EnvironmentFault("lost", reason=os_reason(OSError(errno.EMFILE, "Too many open files")))
    assert texts.error(odd, "zh") == "没有写成（EMFILE）"
    assert os_reason(OSError("no number")) == "OSError"


def test_what_is_missing_shows_in_brackets() -> None:
    assert TEXTS.say("nothing.here", "zh") == "〔nothing.here〕"
    assert TEXTS.say("only_zh", "en") == "〔only_zh〕"
    assert TEXTS.say("hello", "zh") == "您好，〔name〕"


def test_a_fact_is_data_and_never_a_template() -> None:
    assert TEXTS.say("hello", "en", name="{name.__class__} {0}") == "Hello, {name.__class__} {0}"


def test_a_broken_text_is_shown_rather_than_raised() -> None:
    assert TEXTS.say("broken", "zh") == "坏了 {"
    assert "__class__" in TEXTS.say("broken", "en", a={"b": 1})
    assert TEXTS.say("format", "zh", n=7, s="x") == "   7|x"


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (["a", "b"], "a、b", "a, b"),
        (("a", 1), "a、1", "a, 1"),
        ({"b", "a"}, "a、b", "a, b"),
        (datetime.date(2027, 1, 4), "2027年1月4日", "4 Jan 2027"),
        ("2027-01-04", "2027年1月4日", "4 Jan 2027"),
        ("2027-13-04", "2027-13-04", "2027-13-04"),
        (
            datetime.datetime(2027, 1, 4, 9, 5, tzinfo=datetime.UTC),
            "2027年1月4日 09:05",
            "4 Jan 2027 09:05",
        ),
        (True, "是", "yes"),
        (None, "", ""),
        (b"\x01\xff", "01ff", "01ff"),
        (12, "12", "12"),
    ],
)
def test_facts_are_written_as_people_write_them(value: object, zh: str, en: str) -> None:
    assert TEXTS.say("hello", "zh", name=value) == f"您好，{zh}"
    assert TEXTS.say("hello", "en", name=value) == f"Hello, {en}"


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (5000, "50"),
        (4950, "49.50"),
        (5, "0.05"),
        (0, "0"),
        (120_000_000, "1,200,000"),
        (-150, "−1.50"),
    ],
)
def test_money_in_minor_units_is_also_offered_in_yuan(minor: int, text: str) -> None:
    assert yuan(minor) == text
    assert TEXTS.say("face", "en", face_minor=minor) == f"{text} yuan"


def test_an_error_prefers_the_text_of_its_reason() -> None:
    assert TEXTS.error(EnvironmentFault("line", reason="busy"), "zh") == "繁忙"
    assert TEXTS.error(EnvironmentFault("line", reason="odd"), "en") == "No line"
    assert TEXTS.error(ContractFault("newer_code"), "zh") == "未完成（newer_code）"


def test_a_list_of_problems_gives_a_line_for_each_field() -> None:
    problems = [{"field": "phone", "code": "empty"}, {"field": "odd", "code": "line"}, "junk"]
    error = RuleViolation("form", count=2, problems=problems)
    assert TEXTS.error(error, "zh").split("\n") == [
        "有 2 处需要修改：", "· 手机号：请填写手机号", "· odd：断线",
    ]  # fmt: skip
    assert TEXTS.error(error, "en").split("\n")[1] == "· Mobile: Fill in Mobile"


_facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.sampled_from(sorted(TEXTS.keys())) | st.text(),
    st.text(),
    st.dictionaries(st.text(), _facts),
)
def test_saying_never_raises(key: str, language: str, facts: dict[str, object]) -> None:
    assert isinstance(TEXTS.say(key, language, **facts), str)
    kept = {name: value for name, value in facts.items() if name not in {"self", "code"}}
    assert isinstance(TEXTS.error(RuleViolation(key, **kept), language), str)


def test_a_malformed_text_is_still_read_and_a_missing_fact_is_named() -> None:
    texts = Texts({
        "torn": {"zh": "还剩 {count 张", "en": "{count left"},
        "good": {"zh": "{{{count}}} 张，{price_yuan} 元，{day}，{who}", "en": "{count:>4}"},
    })  # fmt: skip
    assert texts.say("torn", "zh", count=3) == "还剩 {count 张"
    facts = {"count": 3, "price_minor": 4_950, "day": "2026-11-24"}
    assert texts.say("good", "zh", **facts) == "{3} 张，49.50 元，2026年11月24日，〔who〕"
    assert texts.say("good", "en-GB", count=3) == "   3"
    assert texts.say("good", "en", count="三") == "   三"
