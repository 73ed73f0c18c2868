"""Turn what use cases answer into the lines of the counter screen.

Pure: facts become phrases with the campaign's own words in place of codes. This module must not
know Qt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from branchdesk.application.customer_page import ConsentStanding, CustomerPage
from branchdesk.application.models import (
    CustomerLine,
    IssuedVoucher,
    MatchReason,
    PersonMatch,
    VoucherRecord,
)
from branchdesk.domain.clock import china_date
from branchdesk.domain.consent import ConsentText, Purpose
from branchdesk.ui.counter.form import Field, FormState
from branchdesk.ui.counter.state import (
    BasketLine,
    ConsentLine,
    CounterState,
    HeldLine,
    Hint,
    Known,
    VoucherLine,
    WaitingLine,
)
from branchdesk.ui.kit.formats import clock_text
from branchdesk.ui.kit.words import Phrase, phrase
from branchdesk.ui.serving.book import Book
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.serving.offers import OfferCard


def consent_lines(texts: Sequence[ConsentText], state: CounterState) -> tuple[ConsentLine, ...]:
    """Return what must be asked, with the campaign's exact words and the answers so far."""
    lines = [_asked(text, state.form) for text in texts]
    if state.person is not None:
        known = state.person.known
        lines = [_standing(text, None if known is None else known.consents) for text in texts]
    return tuple(
        replace(line, number=number, open=line.purpose is state.reading)
        for number, line in enumerate(lines, start=1)
    )


def _asked(text: ConsentText, form: FormState) -> ConsentLine:
    needed = form.needs_consent(text.purpose)
    key = "counter.consent_needed" if needed else "counter.consent_version"
    return ConsentLine(
        text.purpose,
        text.text,
        granted=form.answer(text.purpose).granted,
        needed=needed,
        about=phrase(key, version=text.version),
    )


def _standing(text: ConsentText, consents: Mapping[Purpose, ConsentStanding] | None) -> ConsentLine:
    is_needed = text.purpose is Purpose.SERVICE
    found = None if consents is None else consents.get(text.purpose)
    if found is None or not found.is_asked:
        about = phrase("counter.consent_unasked", version=text.version)
        # Until it is known how the answer stands, nobody is asked again.
        return ConsentLine(
            text.purpose, text.text, granted=False, needed=found is not None and is_needed,
            locked=consents is None, about=about,
        )  # fmt: skip
    key = "counter.consent_granted" if found.granted else "counter.consent_declined"
    key = "counter.consent_withdrawn" if found.is_withdrawn else key
    about = phrase(key, version=found.text_version, day=china_date(found.at_ms))
    return ConsentLine(
        text.purpose, text.text, granted=found.granted, needed=is_needed, locked=found.granted,
        about=about,
    )  # fmt: skip


def page_line(page: CustomerPage) -> SearchLine:
    """Return a customer as lists show them, from their page."""
    return SearchLine(page.customer, page.name, page.phone, page.document, len(page.vouchers))


def known_of(page: CustomerPage) -> Known:
    """Return what the counter shows of a customer's page."""
    issued = sorted(page.vouchers, key=lambda voucher: voucher.issued_at_ms, reverse=True)
    visits = [page.registered_ms, *(voucher.issued_at_ms for voucher in issued)]
    return Known(
        china_date(max(visits)),
        tuple(HeldLine(found.name, found.standing, found.expires_on) for found in issued),
        {standing.purpose: standing for standing in page.consents},
        page.merges,
    )


def basket_lines(cards: Sequence[OfferCard]) -> tuple[BasketLine, ...]:
    """Return what is about to be issued."""
    return tuple(BasketLine(card.code, card.name, card.value) for card in cards if card.chosen)


def voucher_lines(vouchers: Sequence[IssuedVoucher], book: Book) -> tuple[VoucherLine, ...]:
    """Return what was issued."""
    return tuple(
        VoucherLine(
            voucher=found.voucher,
            name=book.offer_name(found.offer_code),
            value=book.value(found.offer_code, found.face_minor),
            short_code=found.short_code,
            expires_on=found.expires_on,
            number=found.number,
        )
        for found in vouchers
    )


def waiting_lines(records: Sequence[VoucherRecord], book: Book) -> tuple[WaitingLine, ...]:
    """Return what was issued and is not known to be printed."""
    return tuple(
        WaitingLine(
            voucher=found.voucher,
            number=str(found.number),
            name=book.offer_name(found.offer_code),
            issued_at=clock_text(found.issued_at_ms),
            customer=found.customer,
        )
        for found in records
        if not found.revoked
    )


def duplicate_hints(
    matches: Sequence[tuple[PersonMatch, CustomerLine | None]],
) -> dict[Field, tuple[Hint, ...]]:
    """Sort matches under the field that they are about."""
    places = {
        MatchReason.PHONE: Field.PHONE,
        MatchReason.DOCUMENT: Field.DOCUMENT_NUMBER,
        MatchReason.NAME: Field.NAME,
    }
    hints: dict[Field, tuple[Hint, ...]] = {}
    for match, line in matches:
        place = places[match.why]
        if match.customer and line is not None:
            words = phrase(f"counter.known_{match.why.value}", name=line.name, phone=line.phone)
            hint = Hint(words, match.customer)
        elif match.customer:
            hint = Hint(phrase("counter.known_here_only"))
        else:
            hint = Hint(phrase("counter.known_elsewhere"))
        if hint not in hints.get(place, ()):
            hints[place] = (*hints.get(place, ()), hint)
    return hints


def namesake_hints(lines: Sequence[CustomerLine]) -> dict[Field, tuple[Hint, ...]]:
    """Return people with a name like the one typed, under the name."""
    hints = tuple(
        Hint(phrase("counter.namesake", name=line.name, phone=line.phone), line.customer)
        for line in lines
    )
    return {Field.NAME: hints} if hints else {}


def submit_phrase(state: CounterState) -> Phrase:
    """Say what the big button will do."""
    count = len(state.basket)
    if state.busy:
        return phrase("counter.submit_busy")
    if state.person is not None:
        return phrase("counter.submit_issue", count=count)
    if count:
        return phrase("counter.submit_both", count=count)
    return phrase("counter.submit_register")
