"""A person's or a firm's name: how it is normalised, masked and turned into pinyin for search.

Any Unicode name is welcome, rare Han characters of every extension included; what cannot be seen
or printed is refused with its code point. This module must not know where a name is kept or shown.
"""

import os
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final

from branchdesk.domain.surnames import (
    CHARACTER_READINGS,
    COMPOUND_SURNAMES,
    SURNAME_READINGS,
    WORD_READINGS,
)
from branchdesk.errors import RuleViolation

NAME_LENGTH_MAX: Final = 60
# More Han characters than this without a dot are a firm's name: 长沙… begins with no Mr Zhang.
_PERSON_HAN_MAX: Final = 4

# A pasted document would make normalisation slow for nothing; no real name comes near this.
_RAW_LENGTH_MAX: Final = 1_000

# Characters that draw nothing although Unicode calls some of them letters or marks (the
# Default_Ignorable_Code_Point property): two names that differ only by them look the same.
_INVISIBLE: Final = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)
# Control, format, surrogate, private use, line and paragraph separators.
_CONTROL_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})

# Zero-width non-joiner and joiner shape letters in Persian and in Indic scripts; elsewhere they are
# invisible, and refused.
_JOINERS: Final = frozenset("\u200c\u200d")
_JOINING_SCRIPTS: Final = range(0x0600, 0x1100)
_FOLDED: Final = {
    # The dots people type between the parts of an Uyghur, Tibetan or transliterated name.
    **dict.fromkeys("•・･‧∙⋅᛫●▪．", "·"),
    **dict.fromkeys("’‘＇`´", "'"),
    **dict.fromkeys("‐‑‒–—−－", "-"),
}


def normalise_name(text: str) -> str:
    """Return the one spelling under which a name is stored, compared and printed.

    Folds full-width letters and digits, the dots between name parts, apostrophes and hyphens; trims
    and collapses spaces; applies NFC. Whatever can be seen is welcome, markup and formulas
    included: they are shown and printed as what they are, text.

    Raises RuleViolation ``name_empty``, ``name_control_character``, ``name_unassigned``,
    ``name_too_long`` or ``name_no_letter``, each with ``field="name"``. Positions count code points
    of the text as given, from 1.
    """
    if not text.strip():
        raise RuleViolation("name_empty", field="name")
    if len(text) > _RAW_LENGTH_MAX:
        raise _too_long(len(text))
    first = len(text) - len(text.lstrip()) + 1
    folded = [_folded(character) for character in text.strip()]
    for index, character in enumerate(folded):
        if character in _JOINERS and _joins(folded, index):
            continue
        _refuse_unprintable(character, first + index)
    name = " ".join(unicodedata.normalize("NFC", "".join(folded)).split())
    if len(name) > NAME_LENGTH_MAX:
        raise _too_long(len(name))
    if not any(_is_telling(character) for character in name):
        raise RuleViolation("name_no_letter", field="name")
    return name


def mask_name(name: str) -> str:
    """Hide all of a name but the surname: 张三 → 张*, 欧阳修 → 欧阳*, 王𬭼 → 王*.

    Counts code points, never UTF-16 units. A name of one character is hidden whole. At most four
    stars are written, so that the mask does not give away the length of a long name.
    """
    kept = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    if len(name) <= kept:
        return "*" * len(name)
    return name[:kept] + "*" * min(4, len(name) - kept)


def cannot_be_seen(character: str) -> bool:
    """Tell whether a character draws nothing: a control, a mark of direction, a filler."""
    point = ord(character)
    invisible = any(low <= point <= high for low, high in _INVISIBLE)
    return invisible or unicodedata.category(character) in _CONTROL_CATEGORIES


def without_unseen(text: str) -> str:
    """Return a text without what cannot be seen; a joiner that shapes its neighbours stays."""
    letters = list(text)
    return "".join(
        letter
        for index, letter in enumerate(letters)
        if not cannot_be_seen(letter) or (letter in _JOINERS and _joins(letters, index))
    )


def pinyin_full(name: str) -> str:
    """Spell a name in lower-case ASCII letters without spaces: 单田芳 → shantianfang.

    Surnames are read as surnames. Latin letters lose their accents; characters without a known
    reading are left out. Deterministic for one version of the pinyin table.
    """
    return "".join(_syllables(name))


def pinyin_initials(name: str) -> str:
    """Give the first letters of a name's syllables or words: 欧阳修 → oyx, Li Lei → ll."""
    return "".join(syllable[0] for syllable in _syllables(name))


def spell_words(text: str) -> tuple[str, ...]:
    """Spell a text that is nobody's name, syllable by syllable: 话费券 → hua, fei, quan."""
    return _given_readings(text)


def _syllables(name: str) -> list[str]:
    readings, rest = _surname_readings(name)
    return [*readings, *_given_readings(rest)]


def _surname_readings(name: str) -> tuple[list[str], str]:
    compound = COMPOUND_SURNAMES.get(name[:2])
    if compound is not None and len(name) > 2:
        return list(compound), name[2:]
    single = SURNAME_READINGS.get(name[:1])
    # A transliterated name such as 解提·… has no Chinese surname in front, nor has a firm's.
    if single is not None and "·" not in name and sum(map(_is_han, name)) <= _PERSON_HAN_MAX:
        return [single], name[1:]
    return [], name


# Given names repeat, and each registration asks twice: a reading costs as much as a signature.
@lru_cache(maxsize=8192)
def _given_readings(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    latin = _latin(text)
    if latin is not None:
        return tuple(latin.split())
    words: list[str] = []
    for reading in _reader()(text):
        words.extend((_latin(reading) or "").split())
    return tuple(words)


@cache
def _reader() -> Callable[[str], list[str]]:
    """Return the reader of Han characters; it is loaded when a name first needs it.

    The library's dictionary of 47,000 words is left out: it takes 45 MB of every terminal, and a
    given name is no word (it reads 朝阳 as the morning sun). The words of firms and places that
    matter are our own table.
    """
    os.environ["PYPINYIN_NO_PHRASES"] = os.environ["PYPINYIN_NO_DICT_COPY"] = "1"
    import pypinyin

    pypinyin.load_phrases_dict(WORD_READINGS)
    pypinyin.load_single_dict(CHARACTER_READINGS)
    return pypinyin.lazy_pinyin


def _latin(text: str) -> str | None:
    """Return lower-case ASCII words of a text in Latin letters; None when it holds Han letters."""
    if any(_is_letter(character) and _is_han(character) for character in text):
        return None
    plain = unicodedata.normalize("NFD", text.casefold().translate(_PLAIN_LATIN))
    return "".join(
        character if "a" <= character <= "z" or character == " " else _separator(character)
        for character in plain
    )


# Letters that NFD does not take apart.
_PLAIN_LATIN: Final = str.maketrans(
    {"đ": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h"}
)


def _separator(character: str) -> str:
    return " " if character in "·-.&,/()（），、+" else ""


def _is_han(character: str) -> bool:
    point = ord(character)
    return (
        point >= 0x20000
        or 0x2E80 <= point <= 0x2FDF
        or 0x3005 <= point <= 0x3007
        or (0x3400 <= point <= 0x9FFF or 0xF900 <= point <= 0xFAFF)
    )


def _folded(character: str) -> str:
    point = ord(character)
    if character in _FOLDED:
        return _FOLDED[character]
    if 0xFF10 <= point <= 0xFF5A and chr(point - 0xFEE0).isalnum():
        return chr(point - 0xFEE0)
    return " " if unicodedata.category(character) == "Zs" else character


def _is_letter(character: str) -> bool:
    # Planes 2 and 3 hold only Han; the interpreter's table may be older than the newest extension.
    point = ord(character)
    if 0x20000 <= point <= 0x3FFFF:
        return point & 0xFFFE != 0xFFFE
    return character == "〇" or unicodedata.category(character).startswith("L")


def _is_telling(character: str) -> bool:
    # Dots and spaces alone name nobody; a digit or a picture may.
    return _is_letter(character) or unicodedata.category(character)[0] in "NS"


def _joins(characters: list[str], index: int) -> bool:
    """Say whether the joiner at ``index`` stands between letters of a script that joins."""
    around = [*characters[max(index - 1, 0) : index], *characters[index + 1 : index + 2]]
    return len(around) == 2 and all(
        ord(character) in _JOINING_SCRIPTS and unicodedata.category(character)[0] in "LM"
        for character in around
    )


def _refuse_unprintable(character: str, position: int) -> None:
    point = ord(character)
    if cannot_be_seen(character):
        code = "name_control_character"
    elif unicodedata.category(character) == "Cn" and not _is_letter(character):
        code = "name_unassigned"
    else:
        return
    raise RuleViolation(code, field="name", code_point=f"U+{point:04X}", position=position)


def _too_long(length: int) -> RuleViolation:
    return RuleViolation("name_too_long", field="name", length=length, limit=NAME_LENGTH_MAX)
