"""Turn what use cases answer into the lines of the counter screen.

Pure: facts become phrases with the campaign's own words in place of codes. This module must not
know Qt.
"""

from collections.abc import Sequence

from branchdesk.application.models import (
    CustomerLine,
    IssuedVoucher,
    MatchReason,
    PersonMatch,
    VoucherRecord,
)
from branchdesk.domain.consent import ConsentText, Purpose
from branchdesk.ui.counter.form import Field, FormState
from branchdesk.ui.counter.state import BasketLine, ConsentLine, Hint, VoucherLine, WaitingLine
from branchdesk.ui.kit.formats import clock_text
from branchdesk.ui.kit.words import phrase
from branchdesk.ui.serving.book import Book
from branchdesk.ui.serving.offers import OfferCard


def consent_lines(
    texts: Sequence[ConsentText], form: FormState, reading: Purpose | None
) -> tuple[ConsentLine, ...]:
    """Return what must be asked, with the campaign's exact words and the answers so far."""
    return tuple(
        ConsentLine(
            text.purpose,
            text.text,
            text.version,
            granted=form.answer(text.purpose).granted,
            number=number,
            needed=form.needs_consent(text.purpose),
            open=text.purpose is reading,
        )
        for number, text in enumerate(texts, start=1)
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
