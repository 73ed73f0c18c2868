"""Sets of slots as ranges: [[first, last], …], both included, ascending, not touching."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SlotSet:
    """A set of slots; ``ranges`` are ascending, do not overlap and do not touch."""

    ranges: Ranges = ()

    @property
    def count(self) -> int:
        """How many slots there are."""
        return sum(last - first + 1 for first, last in self.ranges)

    def __contains__(self, slot: int) -> bool:
        place = bisect_right(self.ranges, (slot, 1 << 62)) - 1
        return place >= 0 and self.ranges[place][0] <= slot <= self.ranges[place][1]

    def only(self, slots: Iterable[int]) -> list[int]:
        """Return those of ``slots`` that are in the set, ascending."""
        return sorted(slot for slot in slots if slot in self)

    def without(self, slots: Iterable[int]) -> "SlotSet":
        """Return the set without some single slots."""
        return self.minus(slot_set((slot, slot) for slot in slots))

    def minus(self, other: "SlotSet") -> "SlotSet":
        """Return the slots that are not in ``other``."""
        left: list[tuple[int, int]] = []
        for first, last in self.ranges:
            start = first
            for taken_first, taken_last in other.ranges:
                if taken_last < start or taken_first > last:
                    continue
                if taken_first > start:
                    left.append((start, taken_first - 1))
                start = max(start, taken_last + 1)
            if start <= last:
                left.append((start, last))
        return SlotSet(tuple(left))

    def plus(self, other: "SlotSet") -> "SlotSet":
        """Return the slots of both."""
        return slot_set((*self.ranges, *other.ranges))


def slot_set(ranges: Iterable[tuple[int, int]]) -> SlotSet:
    """Return the set of ranges in any order, joined where they touch or overlap."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return SlotSet(tuple(joined))


def read_ranges(value: object, slots_max: int) -> Ranges | None:
    """Return the ranges in a payload, or None when they break the rules or the grant's size."""
    if not isinstance(value, list) or not value:
        return None
    ranges: list[tuple[int, int]] = []
    end = -1
    for part in value:
        if not isinstance(part, list) or [type(number) for number in part] != [int, int]:
            return None
        first, last = part
        if not 1 <= first <= last <= slots_max or first <= end + 1:
            return None
        ranges.append((first, last))
        end = last
    return tuple(ranges)
