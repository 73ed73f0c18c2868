"""The words people read: one catalogue, keyed, in both languages, with facts filled in.

Showing a message must never be what fails, so nothing here raises: an unknown key shows as
〔key〕 and a missing fact as 〔fact〕. Facts come out as people write them: lists with commas,
dates by the language's custom, and every amount ``x_minor`` also as ``{x_yuan}``.
"""

import re
import string
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from branchdesk.errors import BranchDeskError

_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_SEPARATORS: Final = {"zh": "、", "en": ", "}
_COLONS: Final = {"zh": "：", "en": ": "}
_WORDS: Final = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Facts that narrow a text down: ``error.code.word`` is preferred to ``error.code``.
_NARROWING: Final = ("problem", "reason", "verdict")
# Facts that are stable words: said by ``word.<fact>.<word>`` where the catalogue has it.
_WORDS_OF_FACTS: Final = ("problem", "reason", "expected")


class Texts:
    """A catalogue: key → language → text with ``{fact}`` placeholders."""

    def __init__(self, entries: Mapping[str, Mapping[str, str]]) -> None:
        self._entries = MappingProxyType(dict(entries))

    def keys(self) -> frozenset[str]:
        """Return every key."""
        return frozenset(self._entries)

    def has(self, key: str) -> bool:
        """Say whether the catalogue has a text for ``key``."""
        return key in self._entries

    def say(self, key: str, language: str, /, **facts: object) -> str:
        """Return the text of ``key`` in ``language`` (``zh``, or ``en`` and its kin)."""
        tongue = _tongue(language)
        text = self._entries.get(key, {}).get(tongue)
        if not text:
            return f"〔{key}〕"
        return "".join(
            [
                words + ("" if fact is None else _fact(fact, form, facts, tongue))
                for words, fact, form in _parsed(text)
            ]
        )

    def error(self, error: BranchDeskError, language: str) -> str:
        """Return what a person reads of an error.

        A list of problems gives a line each, with the name of its field before it.
        """
        headline = self._of_code(error.code, error.facts, language)
        problems = error.facts.get("problems")
        if not isinstance(problems, list | tuple):
            return headline
        lines = [self._problem(item, language) for item in problems if isinstance(item, Mapping)]
        return "\n".join([headline, *lines])

    def field(self, name: str, language: str) -> str:
        """Return what a form calls a field; an unknown one keeps its own name."""
        key = f"field.{name}"
        return self.say(key, language) if self.has(key) else name

    def _of_code(self, code: str, facts: Mapping[str, object], language: str) -> str:
        words = (facts.get(name) for name in _NARROWING)
        narrowed = (f"error.{code}.{word}" for word in words if isinstance(word, str))
        key = next((key for key in (*narrowed, f"error.{code}") if self.has(key)), "")
        if not key:
            # Head office may be newer and name what this program does not know yet.
            return self.say("error.unknown", language, unknown_code=code)
        return self.say(key, language, **_in_words(facts, self, language))

    def _problem(self, problem: Mapping[str, object], language: str) -> str:
        facts = {str(name): value for name, value in problem.items() if name != "code"}
        text = self._of_code(str(problem.get("code", "")), facts, language)
        name = problem.get("field")
        if not isinstance(name, str):
            return f"· {text}"
        return f"· {self.field(name, language)}{_COLONS[_tongue(language)]}{text}"


def _in_words(facts: Mapping[str, object], texts: Texts, language: str) -> dict[str, object]:
    """Return the facts in the words that people know them by: the field, and stable words."""
    named = {str(name): value for name, value in facts.items()}
    if isinstance(named.get("field"), str):
        named["field"] = texts.field(str(named["field"]), language)
    for fact in _WORDS_OF_FACTS:
        key = f"word.{fact}.{named.get(fact)}"
        if texts.has(key):
            named[fact] = texts.say(key, language)
    return named


# The catalogue has some thousand texts in each language; a screen says hundreds at every change.
@lru_cache(maxsize=8_192)
def _parsed(text: str) -> tuple[tuple[str, str | None, str], ...]:
    """Return a text as pieces: words, and the fact after them with its format where there is one.

    A malformed text is shown as it stands; a test finds it, a teller still reads it.
    """
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        return ((text, None, ""),)
    return tuple((words, fact, form or "") for words, fact, form, _ in pieces)


def _fact(name: str, form: str, facts: Mapping[str, object], tongue: str) -> str:
    """Return a fact as people write it, by its format where it fits; or its name in brackets.

    A placeholder is a plain name: it never reaches into a fact's attributes or items.
    """
    if name in facts:
        value = facts[name]
    else:
        amount = facts.get(f"{name.removesuffix('_yuan')}_minor")
        value = yuan(amount) if name.endswith("_yuan") and type(amount) is int else f"〔{name}〕"
    try:
        return format(value, form) if form else _written(value, tongue)
    except (ValueError, TypeError):
        return _written(value, tongue)


@lru_cache(maxsize=64)
def _tongue(language: str) -> str:
    return "en" if language.partition("-")[0].partition("_")[0].lower() == "en" else "zh"


def yuan(amount_minor: int) -> str:
    """Return an amount in minor units as yuan: ``1,200`` or ``49.50``, with a real minus sign."""
    whole, cents = divmod(abs(amount_minor), 100)
    sign = "−" if amount_minor < 0 else ""
    return f"{sign}{whole:,}" + (f".{cents:02d}" if cents else "")


def _written(value: object, tongue: str) -> str:
    if isinstance(value, bool):
        return _WORDS[tongue][value]
    if isinstance(value, date) or _is_day(value):
        return _moment(value, tongue)
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return _SEPARATORS[tongue].join(_written(item, tongue) for item in items)
    if isinstance(value, bytes):
        return value.hex()
    return "" if value is None else str(value)


def _is_day(value: object) -> bool:
    # Facts are JSON-ready, so a date arrives as its ISO 8601 text.
    if type(value) is not str or len(value) != 10 or not _ISO_DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _moment(value: object, tongue: str) -> str:
    day = value if isinstance(value, date) else date.fromisoformat(str(value))
    clock = f" {day:%H:%M}" if isinstance(day, datetime) else ""
    if tongue == "zh":
        return f"{day.year}年{day.month}月{day.day}日{clock}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}{clock}"
