"""Search finds everybody it should, however rare the name, and nobody it should not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from branchdesk.domain.names import pinyin_full, pinyin_initials
from branchdesk.persistence.terms import fold, ranges_of, terms_of
from tests.builders import Terminal, make_terminal

NAMES = (
    "张伟", "张伟民", "小张伟", "欧阳修远", "𠮷田花子", "王𬭼", "䶮", "单田芳", "Li Lei", "LI Lei",
    "Maria da Silva Oliveira Santos", "O'Neil Sean", "阿卜杜热合曼·买买提", "3M中国有限公司",
    "丽丽", "Müller Anna", "ＡＢＣ公司",
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A store with one person of each name."""
    terminal: Terminal = make_terminal(Path(tmp_path_factory.mktemp("search")))
    for number, name in enumerate(NAMES):
        document = ("resident_id", f"11010119900101{number:03}X")
        terminal.register(name, f"+861380000{number:04}", document)
    yield terminal
    terminal.store.close()


def _spells(name: str, part: str) -> bool:
    letters = part.replace(" ", "").replace("'", "")
    if not (letters.isascii() and letters.isalpha()):
        return False
    return pinyin_initials(name).startswith(letters) or pinyin_full(name).startswith(letters)


def _found(terminal: Terminal, query: str, limit: int = 100) -> list[str]:
    with terminal.store.read() as reading:
        lines = reading.search(query, limit)
        people = [reading.customer(line.customer) for line in lines]
    return [person.name for person in people if person is not None]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("张伟", "张伟"), ("伟民", "张伟民"), ("𠮷", "𠮷田花子"), ("𬭼", "王𬭼"), ("䶮", "䶮"),
        ("oyxy", "欧阳修远"), ("shantian", "单田芳"), ("李", ""), ("li lei", "Li Lei"),
        ("silva", "Maria da Silva Oliveira Santos"), ("O'NEIL", "O'Neil Sean"),
        ("买买提", "阿卜杜热合曼·买买提"), ("３m", "3M中国有限公司"), ("丽", "丽丽"),
        ("0004", "𠮷田花子"), ("13800000004", "𠮷田花子"), ("+86 138-0000-0004", "𠮷田花子"),
        ("004x", "𠮷田花子"), ("11010119900101004X", "𠮷田花子"), ("abc公", "ＡＢＣ公司"),
        ("da silva oliveira santos", "Maria da Silva Oliveira Santos"), ("müller", "Müller Anna"),
        ("muller", "Müller Anna"), ("", ""), ("   ", ""), ("%", ""), ("'; --", ""), ("\ud800", ""),
    ],
)  # fmt: skip
def test_a_person_is_found_by_any_part(desk: Terminal, query: str, first: str) -> None:
    assert _found(desk, query)[:1] == ([first] if first else [])


def test_exact_names_come_first_then_beginnings_then_the_rest(desk: Terminal) -> None:
    assert _found(desk, "张伟") == ["张伟", "张伟民", "小张伟"]
    assert _found(desk, "张伟", limit=1) == ["张伟"]
    assert _found(desk, "丽") == ["丽丽"]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_every_part_of_every_name_finds_everybody_who_has_it(
    desk: Terminal, data: st.DataObject
) -> None:
    name = fold(data.draw(st.sampled_from(NAMES)))
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    if not part.strip():
        return
    expected = {other for other in NAMES if fold(part) in fold(other) or _spells(other, part)}
    assert set(_found(desk, part)) == expected


@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1),
    digits=st.text("0123456789", min_size=4, max_size=15),
)
def test_terms_are_one_set_whatever_the_text(name: str, digits: str) -> None:
    terms = terms_of(name, f"+{digits}", digits)
    assert terms == sorted(set(terms))
    for low, high in ((one.low, one.high) for one in ranges_of(name)):
        assert low < high
    tail = ranges_of(digits[-4:])
    assert any(one.low <= term < one.high for one in tail for term in terms)
