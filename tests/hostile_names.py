"""Five hundred names that break programs: markup, direction, rare characters, length, formulas.

Made by rule, always the same ones. Some are names that people really bear (rare Han, Tibetan,
Arabic with joiners, sixty characters), some are what somebody types to break a screen, a PDF or a
spreadsheet. All are made up.
"""

import os
from collections.abc import Iterator
from itertools import islice
from typing import Final

COUNT: Final = 500
SOME: Final = 60

_MARKUP: Final = (
    "<b>{}</b>", "<img src=x onerror=alert(1)>{}", "<script>alert('{}')</script>", "&lt;{}&gt;",
    "&amp;{}&nbsp;", "<qt>{}</qt>", "<a href='file:///etc/passwd'>{}</a>", "<!--{}-->", "<br/>{}",
    "<html><body bgcolor=red>{}", "<font size=99>{}</font>", "<table><tr><td>{}", "]]>{}<![CDATA[",
    "<para>{}</para>", "<i>{}", "&#x5f20;{}", "<style>*{{}}</style>{}", "<svg/onload=1>{}",
)  # fmt: skip
_FORMULAS: Final = (
    "=1+1{}", "=cmd|'/C calc'!A0{}", "+{}", "-{}", "@SUM(A1){}", "=HYPERLINK(\"x\",\"{}\")",
    "\u00b7={}", "'={}", "＝{}", "＋{}", "＠{}",
)  # fmt: skip
_CODE: Final = (
    "{{0}}{}", "{{name}}{}", "%s%d{}", "%(name)s{}", "${{PATH}}{}", "`id`{}", "'; DROP TABLE {};--",
    '"{}"', "'{}'", "\\{}\\n", "{}&File", "A&B{}", "&&{}", "a_b%{}", "*{}*", "[{}](x)", "# {}",
    "~~{}~~", "{}:", "C:\\{}", "../../{}", "null{}", "None{}", "NaN{}", "0x{}", "|{}|", "#REF!{}",
    "\u3014{}\u3015", "{}\u2026", "/{}/", ";{};", "^{}$", "?{}!", ",{},", "--{}",
)  # fmt: skip
_DIRECTION: Final = (
    "\u202e{}", "{}\u202d", "\u2066{}\u2069", "\u200f{}", "\u200e{}", "{}\u2028", "\u061c{}",
    "\u200b{}", "{}\ufeff", "\u2060{}", "{}\u00ad", "{}\u0000", "\u0007{}", "{}\u001b[31m",
    "{}\n{}", "{}\t{}", "{}\ue000", "{}\uffff", "\ud7ff{}",
)  # fmt: skip
# The first and some other letters of the unified ideographs and of each extension, A to H.
_HAN_BLOCKS: Final = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B739),
    (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x30000, 0x3134A),
    (0x31350, 0x323AF), (0xF900, 0xFA6D), (0x2F800, 0x2FA1D),
)  # fmt: skip
_FAMOUS: Final = "䶮㛃𬭼𠮷𠅀𣲘𡥄𬒈𰻞𪚥𫇭𬤇龘犇"
_PEOPLE: Final = (
    "阿卜杜热西提·阿卜杜喀迪尔", "迪丽热巴·迪力木拉提", "བསྟན་འཛིན་རྒྱ་མཚོ", "ᠪᠠᠲᠤ", "ئابدۇراخمان",
    "محمد‌رضا", "דוד", "김민준", "Nguyễn Thị Ánh", "Łukasz Żółć", "Müller-Lüdenscheidt", "O'Brien",
    "Zoë", "José Mª", "Ωμέγα", "Иван Грозный", "สมชาย", "राम", "தமிழ்", "ஶ்ரீ", "山田 太郎", "ヤマダ",
    "Ⅲ世", "3号", "（张三）", "张三（小）", "李　四", "张･三", "A.B.", "ß", "ﬁn", "Å", "e\u0301",
    "Z\u0351\u036f\u0327\u0322a\u0334l\u0335go", "𝓐𝓵𝓲𝓬𝓮", "ＦＵＬＬ", "①②③", "ﷺ", "☃", "ꙮ",
)  # fmt: skip
_EMOJI: Final = ("😀", "👨‍👩‍👧‍👦", "🇨🇳", "🏳️‍🌈", "❤️", "👍🏽", "🧧", "💴", "🀄", "㊙️")
_PLAIN: Final = ("王", "张伟", "欧阳䶮", "Li Lei", "买买提·吐尔逊")


def hostile_names() -> tuple[str, ...]:
    """Return the names, each once, in the order of their making."""
    found = tuple(islice(dict.fromkeys(_made()), COUNT))
    assert len(found) == COUNT
    return found


def _made() -> Iterator[str]:
    patterns = (*_MARKUP, *_FORMULAS, *_CODE, *_DIRECTION)
    for pattern in patterns:
        yield pattern.format(*["王𬭼"] * pattern.count("{}"))
    yield from _PEOPLE
    yield from _FAMOUS
    for emoji in _EMOJI:
        yield emoji
        yield f"李{emoji}明"
    for first, last in _HAN_BLOCKS:
        step = max(1, (last - first) // 7)
        for point in range(first, last + 1, step):
            yield f"王{chr(point)}"
            yield chr(point) * 2
    for length in (59, 60, 61, 200, 1_000):
        yield "张" * length
        yield "W" * length
        yield ("阿卜·" * length)[:length]
        yield ("i " * length)[:length]
        yield "龘" * length
    for plain in _PLAIN:
        for pattern in patterns:
            yield pattern.format(*[plain] * pattern.count("{}"))


def some_hostile_names() -> tuple[str, ...]:
    """Return sixty of the names, of every kind: for what is too slow to do with all.

    ``HOSTILE_NAMES=all`` gives all of them: minutes instead of seconds.
    """
    if os.environ.get("HOSTILE_NAMES") == "all":
        return hostile_names()
    return hostile_names()[::8][:SOME]
