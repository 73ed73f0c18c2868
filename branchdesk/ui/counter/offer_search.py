"""Which offers somebody means who types a few letters: names, codes, pinyin whole or by initials.

This module must not know Qt.
"""

import unicodedata
from collections.abc import Sequence

from branchdesk.application.models import OfferLine
from branchdesk.domain.names import spell_words


def matching(lines: Sequence[OfferLine], query: str) -> tuple[OfferLine, ...]:
    """Return the offers that match a query, in the order given; all of them for an empty one."""
    wanted = _fold(query)
    return tuple(line for line in lines if not wanted or _matches(line, wanted))


def _matches(line: OfferLine, wanted: str) -> bool:
    name = line.offer.name
    if any(wanted in _fold(text) for text in (name.zh, name.en, line.offer.code)):
        return True
    syllables = spell_words(name.zh)
    initials = "".join(syllable[0] for syllable in syllables)
    # Pinyin is typed from the beginning of some word: huafei finds 10元话费券, uafei does not.
    spelled = ("".join(syllables[start:]) for start in range(len(syllables)))
    return wanted in initials or any(text.startswith(wanted) for text in spelled)


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
