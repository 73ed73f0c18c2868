"""Turn a customer's page into the lines of the screen.

Pure: facts become phrases with the campaign's own words in place of codes. This module must not
know Qt.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from branchdesk.application.customer_page import (
    ConsentStanding,
    CustomerPage,
    HeldVoucher,
    MergeStanding,
)
from branchdesk.application.models import CustomerLine, OfferLine, SamePerson
from branchdesk.domain.clock import china_date, china_time
from branchdesk.ui.customer.state import (
    ConsentLine,
    Head,
    MergeLine,
    PageLines,
    SameLine,
    TimelineDay,
    VoucherLine,
)
from branchdesk.ui.customer.timeline import how_phrase, timeline_line
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.serving.book import Book
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.serving.offers import offer_cards
from branchdesk.ui.serving.papers import PaperAct
from branchdesk.ui.serving.revealing import Revealing


def customer_line(page: CustomerPage) -> CustomerLine:
    """Return the customer as lists and the counter know them, masked."""
    return CustomerLine(
        customer=page.customer,
        name=page.name,
        phone=page.phone,
        document=page.document,
        channel=page.channel,
        registered_ms=page.registered_ms,
        vouchers=len(page.vouchers),
    )


def head(page: CustomerPage, line: SearchLine, now: Revealing) -> Head:
    """Return who it is, with what is revealed now."""
    return Head(
        line=now.over(line),
        document_type=page.document_type,
        came=_came(page),
        interests=page.interests,
        needs=page.needs,
        revealing=now,
        erased=page.erased,
    )


def _came(page: CustomerPage) -> tuple[Phrase, ...]:
    first = china_date(page.registered_ms)
    came = [phrase("customer.first_visit", day=first, staff=page.registered_by)]
    if page.channel:
        came.append(phrase("customer.channel", channel=phrase(f"channel.{page.channel}")))
    if page.referrer:
        came.append(phrase("customer.referrer", referrer=page.referrer))
    return tuple(came)


def page_lines(
    page: CustomerPage, same: Sequence[SamePerson], offers: Sequence[OfferLine], book: Book
) -> PageLines:
    """Return everything below the head."""
    proposed = {found.other for found in page.merges}
    return PageLines(
        consents=() if page.erased else consent_lines(page.consents, book),
        vouchers=tuple(_voucher(found) for found in reversed(page.vouchers)),
        days=_days(page, book),
        more=page.more,
        same=tuple(_same(found) for found in same if found.customer not in proposed),
        merges=tuple(_merge(found) for found in page.merges),
        offers=() if page.erased else offer_cards(offers, (), book),
    )


def consent_lines(standings: Sequence[ConsentStanding], book: Book) -> tuple[ConsentLine, ...]:
    """Return a line a purpose that was answered, or that the campaign would ask for."""
    texts = {text.purpose: text for text in book.consent_texts}
    lines = []
    for found in standings:
        text = texts.get(found.purpose)
        if not found.is_asked and text is None:
            continue
        key, tone = _standing(found)
        line = ConsentLine(
            purpose=found.purpose,
            standing=phrase(key),
            tone=tone,
            given=_given(found) if found.is_asked else None,
            granted=found.granted,
            text=None if text is None else text.text,
            version="" if text is None else text.version,
        )
        lines.append(line)
    return tuple(lines)


def _standing(found: ConsentStanding) -> tuple[str, Tone]:
    if not found.is_asked:
        return "customer.consent.unasked", Tone.QUIET
    if found.granted:
        return "customer.consent.granted", Tone.SUCCESS
    if found.is_withdrawn:
        return "customer.consent.withdrawn", Tone.WARNING
    return "customer.consent.refused", Tone.WARNING


def _given(found: ConsentStanding) -> Phrase:
    return phrase(
        "customer.consent.given" if found.granted else "customer.consent.answered",
        how=how_phrase(found.how, granted=found.granted),
        version=found.text_version,
        at=china_time(found.at_ms),
        staff=found.staff,
    )


_ACTS: Final[Mapping[str, tuple[PaperAct, ...]]] = {
    "unprinted": (PaperAct.PRINT, PaperAct.CAME_OUT, PaperAct.VOID),
    "good": (PaperAct.REPRINT, PaperAct.REPLACE, PaperAct.VOID),
    "partly_used": (PaperAct.REPRINT,),
}


def _voucher(found: HeldVoucher) -> VoucherLine:
    is_on_paper = found.printed or found.standing != "good" or found.is_book
    standing = found.standing if is_on_paper else "unprinted"
    said = phrase(f"customer.voucher.{standing}")
    if standing == "good" and found.copy:
        said = phrase("customer.voucher.copy", copy=found.copy)
    # What becomes of a book's numbers is entered with the book.
    acts = () if found.is_book else _ACTS.get(standing, ())
    return VoucherLine(found.voucher, found.number, found.name, found.expires_on, said, acts)


def _days(page: CustomerPage, book: Book) -> tuple[TimelineDay, ...]:
    by_day = groupby(page.timeline, key=lambda entry: china_date(entry.at_ms))
    return tuple(
        TimelineDay(day, tuple(timeline_line(entry, book) for entry in entries))
        for day, entries in by_day
    )


def _same(found: SamePerson) -> SameLine:
    return SameLine(
        found.customer, found.name, found.phone, phrase(f"customer.same.{found.why.value}")
    )


def _merge(found: MergeStanding) -> MergeLine:
    key = "customer.merge.kept" if found.kept else "customer.merge.other"
    standing = phrase(key, at=china_time(found.at_ms), staff=found.staff)
    return MergeLine(found.merge, found.other_name, found.other_phone, standing)
