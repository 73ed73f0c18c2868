"""The fixed words of printed matter, in the language of the print, and dates in words.

The words live in ``resources/texts/documents.json``; the offer's own text comes with the voucher.
"""

import json
from datetime import date
from functools import lru_cache
from pathlib import Path

from branchdesk.errors import RuleViolation

_TEXTS = Path(__file__).resolve().parents[2] / "resources" / "texts" / "documents.json"
_LANGUAGES = ("zh", "en")
_DIGITS = "〇一二三四五六七八九"


class Labels:
    """The words of one language; raises RuleViolation ``language_unknown``."""

    def __init__(self, language: str) -> None:
        if language not in _LANGUAGES:
            raise RuleViolation("language_unknown", language=language, known=", ".join(_LANGUAGES))
        self.language = language

    def __call__(self, key: str, **facts: object) -> str:
        """Return a text of the catalogue with its facts filled in."""
        return _catalogue()[key][self.language].format(**facts)

    def day(self, day: date) -> str:
        """Return a date as printed: 2026年12月31日, or 31 December 2026."""
        month = self("date.months").split()[day.month - 1]
        return self("date.printed", year=day.year, month=month, day=day.day)

    def last_day_note(self, day: date) -> str:
        """Return the line under the last good day: the date in characters, or its weekday."""
        weekday = self("date.weekdays").split()[day.weekday()]
        words = chinese_day(day) if self.language == "zh" else weekday
        return self("voucher.valid_inclusive", words=words)


def chinese_day(day: date) -> str:
    """Return a date in Chinese characters, such as 二〇二六年十二月三十一日."""
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_chinese_number(day.month)}月{_chinese_number(day.day)}日"


def _chinese_number(value: int) -> str:
    """Return 1 to 99 in Chinese characters."""
    tens, ones = divmod(value, 10)
    head = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return head + (_DIGITS[ones] if ones else "")


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = json.loads(_TEXTS.read_text("utf-8"))
    return texts
