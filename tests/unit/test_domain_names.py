"""Names: one spelling, nothing invisible, masks that hide, pinyin that reads surnames right."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from branchdesk.domain.names import (
    NAME_LENGTH_MAX,
    mask_name,
    normalise_name,
    pinyin_full,
    pinyin_initials,
)
from branchdesk.errors import RuleViolation


@pytest.mark.parametrize(
    "name",
    [
        *("䶮", "㛃", "王𬭼", "𠮷野太郎", "唐𰃮", "〇一", "佐々木 希望", "髙橋 﨑子"),
        *("买买提·吐尔逊", "Nguyễn Thị Ánh Tuyết", "O'Connor", "김민준", "Иван Петров"),
        "\U00031350\U0002ebf0",  # Extensions H and I, newer than the interpreter's table.
        "张" * NAME_LENGTH_MAX,
    ],
)
def test_real_names_are_kept_as_they_are(name: str) -> None:
    assert normalise_name(name) == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  张  三 ", "张 三"),
        ("\t李四\n", "李四"),
        ("李　雷", "李 雷"),
        ("Ｌｉ Ｌｅｉ", "Li Lei"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"),
        ("O’Connor", "O'Connor"),
        ("Anne–Marie", "Anne-Marie"),
        ("Zoe\u0308", "Zoë"),
    ],
)
def test_spellings_of_one_name_become_one(typed: str, kept: str) -> None:
    assert normalise_name(typed) == kept


@pytest.mark.parametrize(
    ("name", "code", "facts"),
    [
        ("", "name_empty", {}),
        (" \u3000\t", "name_empty", {}),
        ("张\u202e三", "name_control_character", {"code_point": "U+202E", "position": 2}),
        (" 张\u200b三", "name_control_character", {"code_point": "U+200B", "position": 3}),
        ("张\t三", "name_control_character", {"code_point": "U+0009", "position": 2}),
        ("张\ufe00", "name_control_character", {"code_point": "U+FE00", "position": 2}),
        ("\u3164", "name_control_character", {"code_point": "U+3164", "position": 1}),
        ("张\ue000", "name_control_character", {"code_point": "U+E000", "position": 2}),
        ("张\ud842", "name_control_character", {"code_point": "U+D842", "position": 2}),
        ("张\u0378", "name_unassigned", {"code_point": "U+0378", "position": 2}),
        ("张\u200c三", "name_control_character", {"code_point": "U+200C", "position": 2}),
        ("\u200dنام", "name_control_character", {"code_point": "U+200D", "position": 1}),
        ("·-'", "name_no_letter", {}),
        ("\u0301", "name_no_letter", {}),
        ("张" * 61, "name_too_long", {"length": 61, "limit": 60}),
        ("张" * 100_000, "name_too_long", {"length": 100_000, "limit": 60}),
    ],
)
def test_impossible_names_are_refused_with_the_reason(
    name: str, code: str, facts: dict[str, object]
) -> None:
    with pytest.raises(RuleViolation) as caught:
        normalise_name(name)
    assert caught.value.code == code
    assert caught.value.facts == {"field": "name", **facts}


@pytest.mark.parametrize(
    "name",
    ["湖滨3号院（集团）有限公司", "客户1", "Q&A Ltd", "O'Brien-Smith, Jr.", "<b>张</b>", "=1+1",
     "张三😀", "نام\u200cخانوادگی"],
)  # fmt: skip
def test_whatever_can_be_seen_may_be_part_of_a_name(name: str) -> None:
    assert normalise_name(name) == name


@given(st.text(max_size=80))
@example("ｅ\u0301")
@example("\u0387a")
def test_normalising_never_crashes_and_changes_nothing_twice(text: str) -> None:
    try:
        once = normalise_name(text)
    except RuleViolation:
        return
    assert normalise_name(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == " ".join(once.split())


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("张三", "张*"),
        ("王𬭼", "王*"),
        ("张三丰", "张**"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("㛃", "*"),
        ("买买提·吐尔逊", "买****"),
        ("Li Lei", "L****"),
    ],
)
def test_masks_keep_the_surname(name: str, mask: str) -> None:
    assert mask_name(name) == mask


@given(st.text(alphabet="张王欧阳司马䶮𬭼·ab ", min_size=1, max_size=60))
def test_masks_never_show_more_than_the_surname(name: str) -> None:
    mask = mask_name(name)
    shown = mask.rstrip("*")
    assert len(shown) <= 2
    assert name.startswith(shown)
    assert mask.endswith("*")
    assert len(mask) <= len(name)


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("单田芳", "shantianfang", "stf"),
        ("曾国安", "zengguoan", "zga"),
        ("仇英", "qiuying", "qy"),
        ("查良永", "zhaliangyong", "zly"),
        ("欧阳修", "ouyangxiu", "oyx"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("䶮宇", "yanyu", "yy"),
        ("王𬭼", "wangsui", "ws"),
        ("单", "shan", "s"),
        ("买买提·吐尔逊", "maimaitituerxun", "mmttex"),
        ("单巴·次仁", "danbaciren", "dbcr"),
        ("Nguyễn Văn Đức", "nguyenvanduc", "nvd"),
        ("Li Lei", "lilei", "ll"),
        ("Łukasz Ørsted", "lukaszorsted", "lo"),
        ("李Alex", "lialex", "la"),
        ("김민준", "", ""),
        ("张朝阳", "zhangchaoyang", "zcy"),
        ("刘长春", "liuchangchun", "lcc"),
        ("长沙银行股份有限公司", "changshayinhanggufenyouxiangongsi", "csyhgfyxgs"),
        ("重庆成都调味品商行", "chongqingchengdutiaoweipinshanghang", "cqcdtwpsh"),
    ],
)
def test_pinyin_reads_surnames_as_surnames(name: str, full: str, initials: str) -> None:
    assert pinyin_full(name) == full
    assert pinyin_initials(name) == initials


@given(st.text(alphabet="张单曾欧阳䶮𬭼乐行é Đß·'-々ァИ가〇", max_size=20))
def test_pinyin_is_plain_lower_case_and_initials_run_along_it(name: str) -> None:
    full, initials = pinyin_full(name), pinyin_initials(name)
    assert all("a" <= letter <= "z" for letter in full + initials)
    rest = iter(full)
    assert all(letter in rest for letter in initials)
    assert (full, initials) == (pinyin_full(name), pinyin_initials(name))
