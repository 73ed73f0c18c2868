"""Turn people into search terms and a query into ranges of terms.

Every term is a kind byte and a key, so that one ordered table answers every kind of question by a
range: each ending of a name (any part of a name is the start of one of its endings), the phone and
the document read backwards (a tail is the start of that), pinyin initials and pinyin in full. A
zero byte closes what is whole, so that an exact match is first in its range.

Characters are code points: a rare name beyond U+FFFF has as many as it looks.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from branchdesk.domain.names import pinyin_full, pinyin_initials

# The whole name, a later ending of it, initials, full pinyin, phone backwards, document backwards.
NAME: Final = b"a"
ENDING: Final = b"b"
INITIALS: Final = b"i"
PINYIN: Final = b"p"
PHONE: Final = b"t"
DOCUMENT: Final = b"z"

# Longer parts are found by their first characters and compared with the name itself.
ENDING_CHARACTERS_MAX: Final = 12
PHONE_TAIL_MIN: Final = 4
DOCUMENT_TAIL_MIN: Final = 4
_END: Final = b"\0"
# No UTF-8 text holds this byte, so that it lies behind every continuation of a prefix.
_AFTER: Final = b"\xff"


@dataclass(frozen=True, slots=True)
class TermRange:
    """Terms from ``low``, included, to ``high``, excluded; ``part`` must be in the folded name."""

    low: bytes
    high: bytes
    part: str = ""


def fold(text: str) -> str:
    """Return the spelling in which names and queries are compared: NFKC, case-folded."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def terms_of(name: str, phone: str, document_number: str) -> list[bytes]:
    """Return the terms under which a person is found, each once."""
    folded = fold(name)
    found = {NAME + _ending(folded)}
    found.update(ENDING + _ending(folded[start:]) for start in range(1, len(folded)))
    initials, pinyin = pinyin_initials(name), pinyin_full(name)
    if initials:
        found.add(INITIALS + initials.encode() + _END)
        found.add(PINYIN + pinyin.encode() + _END)
    if phone:
        found.add(PHONE + _digits(phone)[::-1].encode() + _END)
    if document_number:
        found.add(DOCUMENT + fold(document_number)[::-1].encode() + _END)
    return sorted(found)


def ranges_of(query: str) -> list[TermRange]:
    """Return the ranges to read for a query, the most exact kind first."""
    folded = fold(query)
    if not folded:
        return []
    ranges = [*_number_ranges(folded)]
    part = folded if len(folded) > ENDING_CHARACTERS_MAX else ""
    start = folded[:ENDING_CHARACTERS_MAX]
    ranges.append(_range(NAME, start, part))
    letters = folded.replace(" ", "").replace("'", "")
    if letters.isascii() and letters.isalpha():
        ranges += [_range(INITIALS, letters), _range(PINYIN, letters)]
    return [*ranges, _range(ENDING, start, part)]


def _number_ranges(folded: str) -> list[TermRange]:
    plain = folded.translate({ord(separator): None for separator in " +-()."})
    if not plain.isascii() or not plain.isalnum() or not any(map(str.isdigit, plain)):
        return []
    ranges = []
    if plain.isdigit() and len(plain) >= PHONE_TAIL_MIN:
        ranges.append(_range(PHONE, plain[::-1]))
    if len(plain) >= DOCUMENT_TAIL_MIN:
        ranges.append(_range(DOCUMENT, plain[::-1]))
    return ranges


def _range(kind: bytes, start: str, part: str = "") -> TermRange:
    low = kind + start.encode("utf-8", "surrogatepass")
    return TermRange(low, low + _AFTER, part)


def _ending(text: str) -> bytes:
    if len(text) > ENDING_CHARACTERS_MAX:
        return text[:ENDING_CHARACTERS_MAX].encode()
    return text.encode() + _END


def _digits(phone: str) -> str:
    return "".join(character for character in phone if "0" <= character <= "9")
