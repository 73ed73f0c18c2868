"""A text in both languages of the desk, as it stands in a campaign bundle.

Simplified Chinese is the text that was approved; English is its reading aid. This module must not
know the text catalogue: a bundle brings its own words.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One approved text: ``zh`` Simplified Chinese, ``en`` English."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the English text for ``en`` and every ``en-*`` language, else the Chinese one."""
        return self.en if language.partition("-")[0].lower() == "en" else self.zh
