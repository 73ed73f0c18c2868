"""The lines of one book that were typed and are not signed for, kept through locks and crashes.

Each carries its intent, so that signing again after a crash finds what was entered. Customers are
kept masked. This module must not know Qt.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from branchdesk.application.book_records import BookEntry, Fate
from branchdesk.protocol.facts import voucher_id
from branchdesk.ui.serving.finding import SearchLine

_PARTS = 8


@dataclass(frozen=True, slots=True)
class DraftLine:
    """What became of one slot; ``day`` is an ISO date, both it and the customer of used ones.

    ``is_new`` says that the customer was registered with this line.
    """

    slot: int
    fate: Fate
    intent: str
    customer: SearchLine | None = None
    day: str = ""
    is_new: bool = False

    def entry(self, grant: int) -> BookEntry:
        """Return the line as it is entered."""
        customer = "" if self.customer is None else self.customer.customer
        used_on = date.fromisoformat(self.day) if self.day else None
        return BookEntry(voucher_id(grant, self.slot), self.fate, customer, used_on)


def draft_name(book: str) -> str:
    """Return the name under which a book's lines are kept."""
    return f"book.{book}"


def to_content(lines: Iterable[DraftLine]) -> dict[str, object]:
    """Return JSON-ready content."""
    return {"lines": [_parts(line) for line in lines]}


def from_content(content: Mapping[str, object]) -> dict[int, DraftLine]:
    """Read content by slot; what another version wrote otherwise is left out."""
    lines = content.get("lines")
    return {line.slot: line for line in _read(lines if isinstance(lines, list) else [])}


def _parts(line: DraftLine) -> list[object]:
    person = line.customer
    masked = ["", "", ""] if person is None else [person.customer, person.name, person.phone]
    return [line.slot, line.fate.value, line.intent, line.day, *masked, line.is_new]


def _read(lines: Iterable[object]) -> Iterator[DraftLine]:
    for parts in lines:
        if not isinstance(parts, list) or len(parts) != _PARTS or type(parts[0]) is not int:
            continue
        slot, fate, intent, day, customer, name, phone, is_new = parts
        words = [str(part) for part in (intent, day, customer, name, phone)]
        if fate in set(Fate) and _is_day(words[1]):
            person = SearchLine(words[2], words[3], words[4], "", 0) if words[2] else None
            yield DraftLine(slot, Fate(fate), words[0], person, words[1], is_new is True)


def _is_day(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False
