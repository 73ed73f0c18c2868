"""Say one entry of a timeline: an icon, what happened, and what of it is to be known.

Facts are codes and masked values; one that a newer program left out is not spoken of. This module
must not know Qt.
"""

from collections.abc import Callable, Mapping
from typing import Final

from branchdesk.application.confirm_printed import IN_DOUBT
from branchdesk.application.customer_page import TimelineEntry, TimelineKind
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.identity import DocumentType
from branchdesk.domain.person import Channel
from branchdesk.ui.customer.state import TimelineLine
from branchdesk.ui.kit.formats import clock_text, money_text
from branchdesk.ui.kit.words import Phrase, phrase
from branchdesk.ui.serving.book import Book
from branchdesk.ui.serving.papers import ALL_REASONS
from branchdesk.ui.serving.person_fields import Field
from branchdesk.ui.serving.revealing import REASONS

CORRECT_REASONS: Final = ("typed_wrong", "changed", "checked")
UNDONE: Final = "undone"
ERASE_REASONS: Final = ("asked", "not_needed", "wrong_person")
MERGE_REASONS: Final = ("told", "papers", "typed_twice")

_Facts = Mapping[str, object]
_LAYOUTS: Final = frozenset({"a4", "a4x8", "a5", "80", "58"})
_FIELDS: Final = {field.value for field in Field}
_ICONS: Final = {
    TimelineKind.REGISTERED: "person_add",
    TimelineKind.CORRECTED: "pen",
    TimelineKind.REVEALED: "eye",
    TimelineKind.CONSENT_GRANTED: "check",
    TimelineKind.CONSENT_WITHDRAWN: "close",
    TimelineKind.VOUCHER_ISSUED: "ticket",
    TimelineKind.VOUCHER_ENTERED: "book",
    TimelineKind.VOUCHER_PRINTED: "printer",
    TimelineKind.VOUCHER_REPRINTED: "printer",
    TimelineKind.VOUCHER_VOIDED: "close",
    TimelineKind.VOUCHER_RELEASED: "upload",
    TimelineKind.VOUCHER_REDEEMED: "check",
    TimelineKind.REDEMPTION_UNDONE: "undo",
    TimelineKind.MERGE_PROPOSED: "merge",
    TimelineKind.MERGE_UNDONE: "undo",
    TimelineKind.ERASED: "erase",
}


def timeline_line(entry: TimelineEntry, book: Book) -> TimelineLine:
    """Return one entry as the screen shows it."""
    return TimelineLine(
        at=clock_text(entry.at_ms),
        staff=entry.staff,
        icon=_ICONS[entry.kind],
        title=phrase(f"timeline.{entry.kind.value}"),
        details=_DETAILS[entry.kind](entry.facts, book),
    )


def field_phrase(name: str) -> object:
    """Say what a field is called; an unknown one by its own name."""
    return phrase(f"serving.short.{name}") if name in _FIELDS else name


def value_phrase(name: str, value: object) -> object:
    """Say what a field holds: codes in words, nothing as nothing."""
    if not value:
        return phrase("customer.nothing")
    if name == Field.CHANNEL.value and value in set(Channel):
        return phrase(f"channel.{value}")
    if name == Field.DOCUMENT_TYPE.value and value in set(DocumentType):
        return phrase(f"document_type.{value}")
    return value


def _registered(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    channel = value_phrase(Field.CHANNEL.value, facts.get("channel"))
    came = phrase("timeline.by_channel", channel=channel)
    listed = facts.get("purposes")
    agreed = [
        phrase(f"purpose.{purpose}")
        for purpose in (listed if isinstance(listed, list | tuple) else ())
        if purpose in set(Purpose)
    ]
    return (came, phrase("timeline.agreed", purposes=agreed)) if agreed else (came,)


def _corrected(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    shown = facts.get("shown")
    lines = [
        phrase(
            "customer.change",
            field=field_phrase(name),
            before=value_phrase(name, pair[0]),
            after=value_phrase(name, pair[1]),
        )
        for name, pair in _in_order(shown if isinstance(shown, Mapping) else {})
        if isinstance(pair, list | tuple) and len(pair) == 2
    ]
    return (*lines, *_reason(facts, "correct_reason", (*CORRECT_REASONS, UNDONE)))


def _in_order(shown: Mapping[str, object]) -> list[tuple[str, object]]:
    known = [(field.value, shown[field.value]) for field in Field if field.value in shown]
    return known + [(name, pair) for name, pair in shown.items() if name not in _FIELDS]


def _revealed(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    return _reason(facts, "reason", REASONS, area="serving")


def how_phrase(how: str, *, granted: bool) -> Phrase:
    """Say in which way an answer was given: nobody "agreed by word of mouth" to a no."""
    return phrase(f"consent_how.{how}" if granted else f"customer.consent.no_{how}")


def _granted(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    return _consent(facts, granted=True)


def _withdrawn(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    return _consent(facts, granted=False)


def _consent(facts: _Facts, *, granted: bool) -> tuple[Phrase, ...]:
    purpose, how = facts.get("purpose"), facts.get("how")
    if purpose not in set(Purpose) or how not in set(ConsentHow):
        return ()
    line = phrase(
        "timeline.consent",
        purpose=phrase(f"purpose.{purpose}"),
        how=how_phrase(str(how), granted=granted),
        version=facts.get("text_version", ""),
    )
    return (line,)


def _issued(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    name = facts.get("name") or book.offer_name(str(facts.get("offer", "")))
    return (phrase("timeline.voucher", name=name, number=facts.get("number", "")),)


def _entered(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    second = phrase("timeline.second", staff=facts.get("second", ""))
    return (*_issued(facts, book), second)


def _printed(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    vouchers, layout = facts.get("vouchers"), facts.get("layout")
    count = len(vouchers) if isinstance(vouchers, list | tuple) else 1
    if layout == IN_DOUBT:
        return (*_numbers(facts), phrase("timeline.came_out", count=count))
    on = phrase(f"counter.layout.{layout}") if layout in _LAYOUTS else layout
    return (*_numbers(facts), phrase("timeline.printed", count=count, layout=on))


def _numbers(facts: _Facts) -> tuple[Phrase, ...]:
    listed = facts.get("numbers")
    numbers = [str(number) for number in listed] if isinstance(listed, list | tuple) else []
    return (phrase("timeline.numbers", numbers=numbers),) if numbers else ()


def _reprinted(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    copy = phrase("timeline.copy", copy=facts.get("copy", ""))
    return (*_issued(facts, book), copy, *_reason(facts, "paper_reason", ALL_REASONS))


def _voided(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    reason = _reason(facts, "paper_reason", ALL_REASONS)
    second = facts.get("second")
    beside = (phrase("timeline.second", staff=second),) if second else ()
    return (*_issued(facts, book), *reason, *beside)


def _released(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    vouchers, reason = facts.get("vouchers"), facts.get("reason")
    count = len(vouchers) if isinstance(vouchers, list | tuple) else 1
    said = (phrase("timeline.reason", reason=reason),) if reason else ()
    return (*_numbers(facts), phrase("timeline.released", count=count), *said)


def _redeemed(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    amount = facts.get("amount_minor")
    if not isinstance(amount, int):
        return _issued(facts, book)
    return (*_issued(facts, book), phrase("timeline.amount", amount=money_text(amount)))


def _redemption_undone(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    reason = facts.get("reason")
    said = (phrase("timeline.reason", reason=reason),) if reason else ()
    return (*_issued(facts, book), *said)


def _merge(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    reason = _reason(facts, "merge_reason", (*MERGE_REASONS, UNDONE))
    name = facts.get("other_name")
    if not name:
        return reason
    other = phrase("timeline.other", name=name, phone=facts.get("other_phone", ""))
    return (other, *reason)


def _erased(facts: _Facts, book: Book) -> tuple[Phrase, ...]:
    reason = _reason(facts, "erase_reason", ERASE_REASONS)
    second = facts.get("second")
    return (*reason, phrase("timeline.second", staff=second)) if second else reason


def _reason(
    facts: _Facts, key: str, known: tuple[str, ...], area: str = "customer"
) -> tuple[Phrase, ...]:
    reason = facts.get("reason")
    if not reason:
        return ()
    said = phrase(f"{area}.{key}.{reason}") if reason in known else reason
    return (phrase("timeline.reason", reason=said),)


_DETAILS: Final[Mapping[TimelineKind, Callable[[_Facts, Book], tuple[Phrase, ...]]]] = {
    TimelineKind.REGISTERED: _registered,
    TimelineKind.CORRECTED: _corrected,
    TimelineKind.REVEALED: _revealed,
    TimelineKind.CONSENT_GRANTED: _granted,
    TimelineKind.CONSENT_WITHDRAWN: _withdrawn,
    TimelineKind.VOUCHER_ISSUED: _issued,
    TimelineKind.VOUCHER_ENTERED: _entered,
    TimelineKind.VOUCHER_PRINTED: _printed,
    TimelineKind.VOUCHER_REPRINTED: _reprinted,
    TimelineKind.VOUCHER_VOIDED: _voided,
    TimelineKind.VOUCHER_RELEASED: _released,
    TimelineKind.VOUCHER_REDEEMED: _redeemed,
    TimelineKind.REDEMPTION_UNDONE: _redemption_undone,
    TimelineKind.MERGE_PROPOSED: _merge,
    TimelineKind.MERGE_UNDONE: _merge,
    TimelineKind.ERASED: _erased,
}
