"""Write an answer for people: labels in their language, figures aligned, lists as tables.

What an answer means is its command's. A field without a label shows its own name.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from branchdesk.application.texts import Texts, yuan
from branchdesk.domain.clock import CHINA_TIME

Fields = Mapping[str, object]
NOTHING: Final = "—"
# Where the words of a field's values stand; elsewhere it is ``cli.word.<field>``.
_AREAS: Final = {
    "role": "role",
    "purpose": "purpose",
    "purposes": "purpose",
    "how": "consent_how",
    "channel": "channel",
    "document_type": "document_type",
    "check": "road",
    "type": "sync.kind",
    "kind": "timeline",
    "policy": "policy",
    "verdict": "verdict",
}
# What tells one item of a list from another, where the list has one line for all of them.
_MARKS: Final = ("short_code", "customer", "case", "merge", "offer", "code")
_INDENT: Final = "  "


class Readable:
    """Writes plain fields, as JSON would have them, in one language."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts, self._language = texts, language

    def sheet(self, fields: Fields, shown: Sequence[str] = ()) -> list[str]:
        """Return a line a field, its label before it; what is a list or a group stands below."""
        picked = _picked(fields, shown)
        single = {name: value for name, value in picked.items() if not _stands_below(value)}
        labels = {name: self._label(name) for name in single}
        wide = max((_width(label) for label in labels.values()), default=0)
        lines = [
            f"{_filled(labels[name], wide)}{_INDENT}{self._cell(name, value)}"
            for name, value in single.items()
        ]
        for name, value in picked.items():
            if _stands_below(value):
                lines += ["", self._label(name), *(_INDENT + line for line in self._below(value))]
        return lines

    def table(self, rows: Sequence[Fields], shown: Sequence[str] = ()) -> list[str]:
        """Return a line of labels and a line a row; numbers stand at the right of their column."""
        picked = [_picked(row, shown) for row in rows]
        names = list(dict.fromkeys(name for row in picked for name in row))
        columns = [self._column(name, picked) for name in names]
        return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]

    def line(self, fields: Fields, shown: Sequence[str] = ()) -> str:
        """Return all fields on one line; what is empty is left out."""
        told = {
            name: self._cell(name, value)
            for name, value in _picked(fields, shown).items()
            if not _is_empty(value)
        }
        return " · ".join(
            f"{self._label(name, fields[name])} {words}" for name, words in told.items()
        )

    def _below(self, value: object) -> list[str]:
        if isinstance(value, Mapping):
            return self.sheet(value)
        assert isinstance(value, list)
        return self.table(value)

    def _column(self, name: str, rows: Sequence[Fields]) -> list[str]:
        values = [row.get(name) for row in rows]
        cells = [self._label(name, *values[:1]), *(self._cell(name, value) for value in values)]
        wide = max(_width(cell) for cell in cells)
        figures = [_is_number(value) and not self._word(name, str(value)) for value in values]
        is_number = any(figures) and all(
            figure or _is_empty(value) for figure, value in zip(figures, values, strict=True)
        )
        return [_filled(cell, wide, at_right=is_number) for cell in cells]

    def _label(self, name: str, value: object = None) -> str:
        # What a bundle names in both languages is an offer, everything else with a name a person.
        key = f"cli.field.{'offer_name' if _is_bilingual(value) else name}"
        if self._texts.has(key):
            return self._texts.say(key, self._language)
        return self._texts.field(name, self._language)

    def _cell(self, name: str, value: object) -> str:
        if _is_empty(value):
            return self._word(name, "none") or NOTHING
        if isinstance(value, Mapping):
            return self._group(value)
        if isinstance(value, list):
            separator = ", " if self._language == "en" else "、"
            return separator.join(self._item(name, item) for item in value)
        return self._bool(name, is_so=value) if isinstance(value, bool) else self._one(name, value)

    def _one(self, name: str, value: object) -> str:
        if name.endswith("_minor") and isinstance(value, int):
            return f"¥{yuan(value)}"
        text = str(value)
        is_moment = name == "at" or name.endswith("_at")
        return _moment(text) if is_moment else self._word(name, text) or text

    def _bool(self, name: str, *, is_so: bool) -> str:
        word = "yes" if is_so else "no"
        return self._word(name, word) or self._texts.say(f"cli.{word}", self._language)

    def _word(self, name: str, value: str) -> str:
        """Return the words of a stable word, or nothing where the catalogue has none."""
        word = value.replace(".", "_")  # An event's type: the catalogue's keys have dots enough.
        for area in (_AREAS.get(name, ""), f"cli.word.{name}"):
            if area and self._texts.has(f"{area}.{word}"):
                return self._texts.say(f"{area}.{word}", self._language)
        return ""

    def _group(self, value: Fields) -> str:
        if _is_bilingual(value):
            return str(value["en" if self._language == "en" else "zh"])
        return self.line(value)

    def _item(self, name: str, item: object) -> str:
        if isinstance(item, Mapping):
            mark = next((mark for mark in _MARKS if mark in item), "")
            return str(item[mark]) if mark else self.line(item)
        return self._cell(name, item)


def _picked(fields: Fields, shown: Sequence[str]) -> Fields:
    return {name: fields[name] for name in shown if name in fields} if shown else fields


def _is_bilingual(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"zh", "en"}


def _stands_below(value: object) -> bool:
    is_group = isinstance(value, Mapping) and bool(value) and not _is_bilingual(value)
    is_table = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    return is_group or is_table


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, (str, list, Mapping)) and not value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone(CHINA_TIME):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return text


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: Han characters take two."""
    wide = sum(unicodedata.east_asian_width(letter) in {"W", "F"} for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def _filled(text: str, width: int, *, at_right: bool = False) -> str:
    room = " " * (width - _width(text))
    return room + text if at_right else text + room
