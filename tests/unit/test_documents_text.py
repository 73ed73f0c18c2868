"""Lines break as Chinese readers expect, everything fits its place, odd characters are shown."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.labels import Labels, chinese_day
from branchdesk.documents.text_flow import balanced, fit, wrap
from branchdesk.documents.typesetting import Setter, Style
from branchdesk.documents.voucher_parts import printed_code
from branchdesk.errors import EnvironmentFault, RuleViolation
from tests.fakes.voucher_faces import FONTS, voucher_face

FOLDER = FontFolder(FONTS)
FACE = FOLDER.regular
TEXTS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("中文，。（）《》 a1.-")), max_size=80
)


@given(TEXTS, st.floats(8, 200))
def test_no_line_is_wider_than_its_place_and_no_character_is_lost(text, width_pt):
    lines = wrap(text, FACE, 8, width_pt)
    for line in lines:
        assert FACE.width(line) * 8 / 1000 <= width_pt + 1e-6 or len(line) == 1
    printable = FACE.printable(text)
    assert "".join("".join(lines).split()) == "".join(printable.split())


@given(TEXTS, st.floats(5, 200), st.floats(2, 60))
def test_fitted_text_stays_inside_its_box(text, width_pt, height_pt):
    found = fit((text, text), FACE, 12, width_pt, height_pt, gap=0.2)
    assert found.height_pt <= height_pt
    assert 0 < found.size_pt <= 12
    for line in found.lines:
        assert FACE.width(line) * found.size_pt / 1000 <= width_pt + 1e-6 or len(line) == 1


@given(TEXTS, st.floats(0.5, 90))
def test_a_set_line_never_leaves_its_place(text, width_mm):
    for align in ("left", "centre", "right"):
        item = Setter(FOLDER).line(text, 10, 5, width_mm, Style(9, align=align))
        extent_mm = FACE.width(item.text) * item.size_pt / 1000 * 25.4 / 72
        assert item.x_mm >= 10 - 1e-6
        assert item.x_mm + extent_mm <= 10 + width_mm + 1e-6


def test_closing_marks_never_begin_a_line_and_opening_marks_never_end_one():
    text = "凭本券（限本人）使用，《活动细则》见“惠享金融”公告。每位限一张；逾期作废！"
    for width_pt in range(30, 200):
        for line in wrap(text, FACE, 10, width_pt):
            assert line[0] not in "，。；！）》”"
            assert line[-1] not in "（《“"


def test_words_and_numbers_stay_whole_while_a_line_can_hold_them():
    lines = wrap("编号 B001-0007-000123 共 12345678 元", FACE, 10, 100)
    assert any("B001-0007-000123" in line for line in lines)
    assert any("12345678" in line for line in lines)


def test_a_word_wider_than_the_line_is_cut():
    lines = wrap("A" * 40, FACE, 10, 50)
    assert len(lines) > 1
    assert "".join(lines) == "A" * 40


def test_a_balanced_heading_takes_no_more_lines():
    text = "粮油礼盒兑换券可凭券至任一网点领取"
    even = balanced(text, FACE, 12, 110)
    assert even < 110
    assert len(wrap(text, FACE, 12, even)) == len(wrap(text, FACE, 12, 110))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王\u202e明", "王〔U+202E〕明"),
        ("a\ue000b", "a〔U+E000〕b"),
        ("x\U0010fffdy", "x〔U+10FFFD〕y"),
        ("\ud800", "〔U+D800〕"),
        ("一\n二\t三", "一 二 三"),
        ("<b>&=1+1", "<b>&=1+1"),
        ("张䶮 李㛃 王𬭼 𠮷", "张䶮 李㛃 王𬭼 𠮷"),
        ("\u200b", "〔U+200B〕"),
    ],
)
def test_what_cannot_be_printed_is_shown_by_its_number(text, shown):
    assert FACE.printable(text) == shown


def test_rare_names_come_from_a_font_that_draws_them():
    assert FACE.glyphs["䶮"].font.name == "NotoSansSC-Regular"
    assert FACE.glyphs["𠮷"].font.name == "HanaMinB"
    assert FACE.glyphs["\u0627"] is None


def test_a_missing_or_damaged_font_is_named(tmp_path: Path):
    with pytest.raises(EnvironmentFault) as caught:
        _ = FontFolder(tmp_path).regular
    assert caught.value.code == "font_unusable"
    assert caught.value.facts == {"file": "NotoSansSC-Regular.ttf"}
    for content in (b"", b"not a font", (FONTS / "NotoSansSC-Regular.ttf").read_bytes()[:300]):
        (tmp_path / "NotoSansSC-Regular.ttf").write_bytes(content)
        with pytest.raises(EnvironmentFault, match="font_unusable"):
            _ = FontFolder(tmp_path).regular


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 12, 31), "二〇二六年十二月三十一日"),
        (date(2027, 1, 1), "二〇二七年一月一日"),
        (date(2030, 10, 20), "二〇三〇年十月二十日"),
    ],
)
def test_dates_in_chinese_characters(day, words):
    assert chinese_day(day) == words


def test_dates_in_both_languages():
    assert Labels("zh").day(date(2026, 3, 5)) == "2026年3月5日"
    assert Labels("en").day(date(2026, 3, 5)) == "5 March 2026"
    assert Labels("zh").last_day_note(date(2026, 3, 5)) == "二〇二六年三月五日（含当日）"
    assert Labels("en").last_day_note(date(2026, 3, 5)) == "Thursday, through the end of the day"


def test_an_unknown_language_is_refused():
    with pytest.raises(RuleViolation, match="language_unknown"):
        Labels("fr")


def test_short_codes_are_grouped_however_they_come():
    for code in ("ABCDEFGHJKMNPQRST", "ABCD-EFGH-JKMN-PQRST"):
        face = voucher_face(1, short_code=code)
        assert printed_code(face, Labels("zh")) == "ABCD-EFGH-JKMN-PQRST"
    assert printed_code(voucher_face(1, short_code="odd"), Labels("zh")) == "odd"


def test_a_short_code_of_practice_says_what_it_is_in_either_language():
    face = voucher_face(1, short_code="ABCDEFGHJKMNPQRST", practice=True)
    assert printed_code(face, Labels("zh")) == "练习 ABCD-EFGH-JKMN-PQRST"
    assert printed_code(face, Labels("en")) == "PRACTICE ABCD-EFGH-JKMN-PQRST"


def test_every_code_that_is_raised_has_its_words_in_both_languages():
    root = FONTS.parents[1]
    texts = json.loads((root / "resources/texts/documents.json").read_text("utf-8"))
    sources = "".join(
        path.read_text("utf-8") for path in (root / "branchdesk/documents").glob("*.py")
    )
    import re

    raised = set(
        re.findall(r'(?:RuleViolation|EnvironmentFault|ContractFault)\(\s*"(\w+)"', sources)
    )
    assert raised
    worded = {key.removeprefix("error.") for key in texts if key.startswith("error.")}
    # Two codes are the use case's as well and have their words there.
    assert raised - worded == {"layout_unknown", "nothing_to_print"}
    assert worded <= raised
    assert all(set(text) == {"zh", "en"} for text in texts.values())
    # What a slip says of a shift is put together outside, and asked of the same catalogue.
    sources += (root / "branchdesk/app/shift_slip.py").read_text("utf-8")
    by_prefix = tuple(re.findall(r'f"((?:road_)?slip\.(?:\w+\.)?|register\.)\{', sources))
    assert by_prefix
    labels = {
        key for key in texts if not key.startswith("error.") and not key.startswith(by_prefix)
    }
    assert {key for key in labels if f'"{key}"' in sources} == labels
