"""Turn a phrase (text key and facts) into words of the language in force.

States carry phrases, views say them: so the language can change while a screen is open. This
module must not know Qt or any screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from branchdesk.domain.bilingual import Bilingual
from branchdesk.errors import BranchDeskError, RuleViolation

_ERROR: Final = "error."
_LIST_SEPARATORS: Final = {"zh": "、", "en": ", "}


class Tone(StrEnum):
    """How a message is meant; drawn by colour, icon and word together."""

    QUIET = "quiet"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


class Texts(Protocol):
    """The text catalogue."""

    def say(self, key: str, language: str, /, **facts: object) -> str:
        """Return the text of ``key`` with the facts filled in."""

    def error(self, error: BranchDeskError, language: str, /) -> str:
        """Return what a person reads of an error."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something to say: a text key and its facts; a fact may be a phrase or bilingual itself."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say about a whole screen, and how it is meant."""

    phrase: Phrase
    tone: Tone = Tone.INFO


def phrase(key: str, /, **facts: object) -> Phrase:
    """Make a phrase."""
    return Phrase(key, facts)


def error_phrase(error: Exception) -> Phrase:
    """Return what to say about a failure; a fault of our own gets one honest sentence."""
    if isinstance(error, BranchDeskError):
        return Phrase(f"error.{error.code}", error.facts)
    return Phrase("desk.unexpected")


class Words:
    """The catalogue in one language."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts = texts
        self.language = language

    def say(self, key: str, /, **facts: object) -> str:
        """Return the words of a key."""
        plain = {name: self._plain(value) for name, value in facts.items()}
        return self._texts.say(key, self.language, **plain)

    def phrase(self, wanted: Phrase) -> str:
        """Return the words of a phrase, facts first; an error's by the catalogue's own rules."""
        if not wanted.key.startswith(_ERROR):
            return self.say(wanted.key, **wanted.facts)
        plain = {name: self._plain(value) for name, value in wanted.facts.items()}
        error = RuleViolation(wanted.key.removeprefix(_ERROR), **plain)
        return self._texts.error(error, self.language)

    def of(self, text: Bilingual) -> str:
        """Return a bundle's own words in this language."""
        return text.in_language(self.language)

    def _plain(self, value: object) -> object:
        if isinstance(value, Phrase):
            return self.phrase(value)
        if isinstance(value, Bilingual):
            return self.of(value)
        if isinstance(value, list | tuple):
            separator = _LIST_SEPARATORS.get(self.language, ", ")
            return separator.join(str(self._plain(item)) for item in value)
        return value
