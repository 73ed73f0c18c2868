"""Search among a million people beside the obvious LIKE scan, for every kind of question.

The people are made up by a formula and laid into the real schema in bulk, by the store's own term
function; the store is real, encrypted, and asked through its own ``search``. Beside it lies the
obvious table with a column for each kind, encrypted and opened in the same way. Recall is checked
against every person in memory: an index that is fast and forgets somebody is worth nothing.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from branchdesk.domain.names import pinyin_full, pinyin_initials
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.store import SqliteStore
from branchdesk.persistence.tables import customers, search_terms
from branchdesk.persistence.terms import fold, terms_of
from tests.builders import DATA_KEY, make_terminal

PEOPLE = 1_000_000
# As many as the counter lists; recall is proved on everybody.
SHOWN = 20
_ASKED, _SCANNED, _PROVED, _WARM = 600, 9, 3, 2
_RATIO_GOAL, _P99_GOAL_MS = 400, 1.0
_CHUNK = 50_000
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏"
    "程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅鑫波辉建国文斌宇浩凯婷雪琳欣怡子轩"
    "梓涵雨桐思远博志成嘉诚晓东海燕春生福贵德胜永康世龙天佑家豪俊峰一诺可馨若曦语嫣诗琪𠮷䶮"
)
_LATIN = ("Li Lei", "Maria da Silva", "O'Neil Sean", "Anna Müller", "Batu Bold", "John Smith")


class Person(NamedTuple):
    """One made-up person, with what each kind of question looks at."""

    position: int
    name: str
    phone: str
    document: str
    initials: str
    pinyin: str


@dataclass(frozen=True)
class Kind:
    """One kind of question: how it is asked, whom it must find, and the LIKE beside it."""

    name: str
    ask: Callable[[Person], str]
    finds: Callable[[Person, str], bool]
    column: str
    pattern: str


def _tail(person: Person, query: str) -> bool:
    return person.phone.endswith(query) or person.document.endswith(query)


def _letters(person: Person, query: str) -> bool:
    begins = person.initials.startswith(query) or person.pinyin.startswith(query)
    return begins or query in fold(person.name)


def _part(person: Person, query: str) -> bool:
    return fold(query) in fold(person.name)


KINDS = (
    Kind("two characters of a name", lambda p: p.name[-2:], _part, "name", "%{}%"),
    Kind("one rare character", lambda p: "𠮷䶮"[p.position % 2], _part, "name", "%{}%"),
    Kind("four digits of a phone", lambda p: p.phone[-4:], _tail, "phone", "%{}"),
    Kind("eight digits of a phone", lambda p: p.phone[-8:], _tail, "phone", "%{}"),
    Kind("six of a document", lambda p: p.document[-6:], _tail, "document", "%{}"),
    Kind("pinyin initials", lambda p: p.initials, _letters, "initials", "{}%"),
    Kind("pinyin in full", lambda p: p.pinyin, _letters, "pinyin", "{}%"),
)


def rows() -> Iterator[dict[str, Any]]:
    """Build both sides, check recall, measure; yield a row a kind."""
    with tempfile.TemporaryDirectory() as folder:
        store = make_terminal(Path(folder)).store
        obvious = Database(Path(folder) / "obvious.db", DATA_KEY)
        people = list(made_up(PEOPLE))
        started = time.perf_counter()
        lay_in(store, people)
        built_s = time.perf_counter() - started
        _lay_beside(obvious, people)
        for kind in KINDS:
            yield _row(store, obvious, people, kind, built_s)
        obvious.close()
        store.close()


def made_up(count: int) -> Iterator[Person]:
    """Return made-up people, always the same ones."""
    chance = random.Random(20)
    for number in range(count):
        if number % 50 == 49:
            name = f"{chance.choice(_LATIN)} {chr(65 + number // 50 % 26)}"
        else:
            given = 1 if chance.random() < 0.2 else 2
            name = chance.choice(_SURNAMES) + "".join(chance.choices(_GIVEN, k=given))
        phone = f"+861{chance.choice('3456789')}{chance.randrange(10**9):09}"
        document = f"11010119{chance.randrange(10**10):010}"
        initials, pinyin = pinyin_initials(name), pinyin_full(name)
        yield Person(1_000 + number, name, phone, document, initials, pinyin)


def lay_in(store: SqliteStore, people: list[Person]) -> None:
    """Put people into the real tables in bulk, past the log."""
    database = store._database
    add_customer, add_term = Sql(customers.insert), Sql(search_terms.insert)
    terms = sorted(
        (term, person.position)
        for person in people
        for term in terms_of(person.name, person.phone, person.document)
    )
    for start in range(0, len(people), _CHUNK):
        with database.transaction():
            database.run_many(add_customer, map(_customer, people[start : start + _CHUNK]))
    for start in range(0, len(terms), _CHUNK):
        part = terms[start : start + _CHUNK]
        with database.transaction():
            database.run_many(add_term, ({"term": t, "customer": p} for t, p in part))


def _customer(person: Person) -> dict[str, object]:
    return {
        "position": person.position, "customer": f"C{person.position:032x}", "name": person.name,
        "phone": person.phone, "document_type": "resident_id", "document_number": person.document,
        "channel": "counter", "interests": "[]", "needs": "[]", "referrer": "",
        "purposes": '["service"]', "hashes": bytes(32), "registered_ms": 1_800_000_000_000,
        "vouchers": 1,
    }  # fmt: skip


def _lay_beside(obvious: Database, people: list[Person]) -> None:
    columns = ", ".join(Person._fields[1:])
    obvious.pragma(f"CREATE TABLE people (position INTEGER PRIMARY KEY, {columns})")
    with obvious.transaction():
        obvious._driver.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", people)


def _row(
    store: SqliteStore, obvious: Database, people: list[Person], kind: Kind, built_s: float
) -> dict[str, Any]:
    asked = [kind.ask(person) for person in random.Random(kind.name).sample(people, _ASKED)]
    with store.read() as reading:
        missed = sum(
            {line.customer for line in reading.search(query, PEOPLE)}
            != {f"C{p.position:032x}" for p in people if kind.finds(p, query)}
            for query in asked[:_PROVED]
        )
        for query in asked * _WARM:
            reading.search(query, SHOWN)
        took = sorted(_quickest(partial(reading.search, query, SHOWN)) for query in asked)
    scans = [_quickest(partial(_scan, obvious, kind, query)) for query in asked[:_SCANNED]]
    p99_ms = took[len(took) * 99 // 100] * 1e3
    ratio = median(scans) / median(took)
    return {
        "job": f"search {PEOPLE:,} people by {kind.name}",
        "ours": f"{median(took) * 1e3:.3f} ms, p99 {p99_ms:.3f} ms, missed {missed}, built in "
        f"{built_s:.0f} s",
        "beside": f"LIKE scan {median(scans) * 1e3:.0f} ms",
        "ratio": round(ratio),
        "goal": f">= {_RATIO_GOAL}",
        "met": ratio >= _RATIO_GOAL and p99_ms < _P99_GOAL_MS and not missed,
    }


def _scan(obvious: Database, kind: Kind, query: str) -> list[tuple[int, str]]:
    """Find the same people in the same order, exact matches first."""
    found: list[tuple[int, str]] = obvious._driver.execute(
        f"SELECT position, name FROM people WHERE {kind.column} LIKE ? "
        f"ORDER BY {kind.column} = ? DESC, {kind.column} LIMIT {SHOWN}",
        (kind.pattern.format(query), query),
    ).fetchall()
    return found


def _quickest(job: Callable[[], object]) -> float:
    """Return the seconds of the quickest of three runs: a neighbour's turn on the processor counts
    for neither side, a query that is slow in itself stays slow.
    """
    took = []
    for _ in range(3):
        start = time.perf_counter()
        job()
        took.append(time.perf_counter() - start)
    return min(took)
