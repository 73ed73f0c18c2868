"""What a terminal says became of the numbers of a book, as head office reads it."""

from typing import Final, NamedTuple

USED, MISSING = "used", "missing"
# These lie at the outlet, out of everybody's hands: their money comes free.
HANDED_BACK: Final = frozenset({"spoiled", "returned"})
FATES: Final = frozenset({USED, MISSING}) | HANDED_BACK


class Entry(NamedTuple):
    """One number: its slot, what became of it, and for a used one by whom and on which day."""

    slot: int
    fate: str
    customer: str
    used_day: int


def are_entries(value: object) -> bool:
    """Say whether a payload's entries are well formed, each slot named once."""
    if not isinstance(value, list) or not all(map(_is_entry, value)):
        return False
    slots = [entry[0] for entry in value]
    return bool(slots) and len(slots) == len(set(slots))


def _is_entry(value: object) -> bool:
    return (
        isinstance(value, list)
        and [type(part) for part in value] == [int, str, str, int]
        and 0 < value[0] < 1 << 24
        and value[1] in FATES
        and "\0" not in value[2]
        and 0 <= value[3] < 1 << 16
    )
