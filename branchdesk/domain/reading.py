"""Read untrusted nested data strictly and say exactly where it is wrong.

Every fault is ``ContractFault("bundle_invalid")`` with the path of the value (such as
``offers[2].policy``), a ``problem`` word, what was ``expected`` and what was ``found``. This module
must not know what a campaign is; the parts say what they want through a ``Reader``.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NoReturn, TypeVar

from branchdesk.domain.bilingual import Bilingual
from branchdesk.errors import ContractFault

CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
TEXT_LENGTH_MAX: Final = 2_000
ITEMS_MAX: Final = 100_000

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)


def refuse(path: str, problem: str, *, expected: object = "", found: object = "") -> NoReturn:
    """Raise ``bundle_invalid`` for the value at ``path``; long findings are cut."""
    raise ContractFault(
        "bundle_invalid",
        path=path or "(root)",
        problem=problem,
        expected=str(expected)[:200],
        found=str(found)[:80],
    )


class Reader:
    """Takes the keys of one mapping one after the other; ``finish`` refuses what nobody took."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            refuse(path, "type", expected="mapping", found=type(value).__name__)
        self._value = value
        self._path = path
        self._taken: set[str] = set()

    @property
    def path(self) -> str:
        """Where this mapping stands in the bundle."""
        return self._path

    def at(self, key: str) -> str:
        """Return the path of ``key`` below this mapping."""
        return f"{self._path}.{key}" if self._path else key

    def take(self, key: str) -> object:
        """Return the value of a key that must be there."""
        self._taken.add(key)
        if key not in self._value:
            refuse(self.at(key), "missing")
        result: object = self._value[key]
        return result

    def optional(self, key: str, read: Callable[[str], T], default: D) -> T | D:
        """Return ``read(key)``, or ``default`` when the key is absent or null."""
        self._taken.add(key)
        return default if self._value.get(key) is None else read(key)

    def finish(self) -> None:
        """Refuse the first key, in alphabetical order, that was not asked for."""
        unknown = sorted(str(key) for key in self._value if key not in self._taken)
        if unknown:
            refuse(self.at(unknown[0]), "unknown_key", expected=", ".join(sorted(self._taken)))

    def text(self, key: str, *, empty: bool = False) -> str:
        """Return a printable text; line breaks are allowed, other control characters are not."""
        return _text(self.take(key), self.at(key), empty=empty)

    def code(self, key: str) -> str:
        """Return a code: capitals, digits, ``_`` and ``-``, at most 32."""
        return _code(self.take(key), self.at(key))

    def integer(self, key: str, low: int, high: int) -> int:
        """Return an integer within ``low..high``; a boolean is not an integer."""
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int):
            refuse(self.at(key), "type", expected="integer", found=type(value).__name__)
        if not low <= value <= high:
            refuse(self.at(key), "range", expected=f"{low}..{high}", found=value)
        return value

    def boolean(self, key: str) -> bool:
        """Return true or false."""
        value = self.take(key)
        if not isinstance(value, bool):
            refuse(self.at(key), "type", expected="boolean", found=type(value).__name__)
        return value

    def date(self, key: str) -> datetime.date:
        """Return a date given as one (YAML) or as ISO 8601 text (JSON)."""
        return read_date(self.take(key), self.at(key))

    def choice(self, key: str, kind: type[E]) -> E:
        """Return the member of ``kind`` with this value."""
        value = self.text(key)
        try:
            return kind(value)
        except ValueError:
            allowed = ", ".join(member.value for member in kind)
            refuse(self.at(key), "choice", expected=allowed, found=value)

    def bilingual(self, key: str) -> Bilingual:
        """Return a text in both languages, neither of them empty."""
        return read_bilingual(self.take(key), self.at(key))

    def items(self, key: str, read: Callable[[object, str], T], *, least: int = 0) -> tuple[T, ...]:
        """Return a list read item by item."""
        value = self.take(key)
        if not isinstance(value, list | tuple):
            refuse(self.at(key), "type", expected="list", found=type(value).__name__)
        if not least <= len(value) <= ITEMS_MAX:
            refuse(self.at(key), "count", expected=f"{least}..{ITEMS_MAX}", found=len(value))
        return tuple(read(item, f"{self.at(key)}[{index}]") for index, item in enumerate(value))

    def codes(self, key: str) -> tuple[str, ...]:
        """Return a list of different codes."""
        codes = self.items(key, _code)
        refuse_repeats(codes, self.at(key), str)
        return codes


def refuse_repeats(items: tuple[T, ...], path: str, key_of: Callable[[T], str]) -> None:
    """Refuse the first item whose key was already used by an earlier one."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        key = key_of(item)
        if key in seen:
            refuse(f"{path}[{index}]", "duplicate", found=key)
        seen.add(key)


def read_bilingual(value: object, path: str) -> Bilingual:
    """Return the ``{zh, en}`` text at ``path``."""
    reader = Reader(value, path)
    text = Bilingual(reader.text("zh"), reader.text("en"))
    reader.finish()
    return text


def read_date(value: object, path: str) -> datetime.date:
    """Return the date at ``path``; a date with a time of day is refused."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            refuse(path, "date", expected="YYYY-MM-DD", found=value)
    refuse(path, "date", expected="YYYY-MM-DD", found=value)


def _code(value: object, path: str) -> str:
    text = _text(value, path)
    if not CODE.fullmatch(text):
        refuse(path, "code", expected="A-Z 0-9 _ -, 1..32", found=text)
    return text


def _text(value: object, path: str, *, empty: bool = False) -> str:
    if not isinstance(value, str):
        refuse(path, "type", expected="text", found=type(value).__name__)
    text = unicodedata.normalize("NFC", value).strip()
    if not text and not empty:
        refuse(path, "empty")
    if len(text) > TEXT_LENGTH_MAX:
        refuse(path, "too_long", expected=f"≤ {TEXT_LENGTH_MAX}", found=len(text))
    for character in text:
        if character != "\n" and unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
            refuse(path, "control_character", found=f"U+{ord(character):04X}")
    return text
