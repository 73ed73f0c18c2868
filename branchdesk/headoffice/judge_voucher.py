"""Judge a voucher by all that head office knows, in the contract's order."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from branchdesk.application.voucher_look import book_facts, last_good_day
from branchdesk.headoffice.book_entries import USED
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.offer_books import OfferBook, lock_books, read_books
from branchdesk.headoffice.publish_campaign import holder_key, published_offer
from branchdesk.headoffice.redeemers import HEAD_OFFICE, Redeemers
from branchdesk.headoffice.redemption_journal import Journal, Slot
from branchdesk.headoffice.redemption_tables import book_entries, copies
from branchdesk.headoffice.slot_effects import CLOSED, TAKEN_BACK, VOID
from branchdesk.headoffice.tables import customer_hashes, offers, slots_out, vouchers
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.headoffice.vault import BLIND
from branchdesk.protocol.redemption import Request
from branchdesk.protocol.sealing import blind_hash
from branchdesk.protocol.token import Token
from branchdesk.protocol.verdict import Standing, Verdict, holds, judge


@dataclass(slots=True)
class Judged:
    """A verdict with what it was judged by; ``facts`` explain it as terminals do."""

    verdict: Verdict
    book: OfferBook
    journal: Journal
    redeemers: Redeemers
    left_minor: int
    facts: dict[str, object] = field(default_factory=dict)


def left_minor(journal: Journal, book: OfferBook, slot: Slot) -> int:
    """Return what is left of a voucher, in minor units of its face."""
    standing = journal.standing(slot)
    if standing and not book.partial_use:
        return 0
    return max(0, book.face_minor - journal.standing_minor(slot))


def judge_voucher(
    context: OfficeContext,
    connection: Connection,
    chain: ChainState,
    request: Request,
    token: Token,
    *,
    lock: bool,
) -> Judged:
    """Judge an authentic token of our own journal for the terminal of ``chain``.

    ``lock`` holds the offer until the commit, before anything else is read.
    """
    grant, slot = token.grant, token.voucher.slot
    place = grant.number, slot
    take = lock_books if lock else read_books
    (book,) = take(connection, offers.c.offer == grant.offer)
    asked_ids = {request.intent.bytes, request.redemption} - {b""}
    journal = Journal.load(connection, [place], ids=asked_ids)
    redeemers = Redeemers.load(
        connection, [grant], terminals={chain.head.terminal, *journal.waiting_terminals()}
    )
    today, why = context.today(), _why_out(connection, place)
    left = left_minor(journal, book, place)
    redeemer = redeemers.of(grant, slot)
    is_here = redeemer in {None, HEAD_OFFICE, chain.head.terminal}
    newest = _newest_copy(connection, place)
    fate, given_day = _entered(connection, place) if grant.is_book else ("", 0)
    offer = published_offer(context, connection, book.campaign, book.code) if given_day else None
    last_day = last_good_day(token.voucher.expires, given_day, offer)
    known = Standing(
        # What was closed had expired, unless somebody dated it back.
        revoked=why in TAKEN_BACK or (why == CLOSED and today <= token.voucher.expires),
        void=why == VOID, used=left == 0, newest_copy=newest,
        activated=fate == USED, last_day=last_day,
        place=None if is_here else Verdict.NOT_HERE,
        wrong_holder=bool(request.phone)
        and not _is_holder(context, connection, token, request.phone, book.campaign),
    )  # fmt: skip
    verdict = judge(token, known, today).verdict
    judged = Judged(verdict, book, journal, redeemers, left)
    judged.facts = {
        **_facts(judged, place, grant.policy, redeemer, newest),
        **book_facts(fate, given_day, last_day),
    }  # fmt: skip
    return judged


def _facts(
    judged: Judged, place: Slot, policy: int, redeemer: int | None, newest: int
) -> dict[str, object]:
    if judged.verdict is Verdict.USED:
        standing = judged.journal.standing(place)
        uses = [
            {"redemption": row.redemption.hex(), "amount_minor": row.amount_minor,
             "outlet": row.outlet, "used_at_ms": row.accepted_ms}
            for row in standing
        ]  # fmt: skip
        last = standing[-1]
        return {"used_outlet": last.outlet, "used_at_ms": last.accepted_ms, "uses": uses}
    if judged.verdict is Verdict.SUPERSEDED:
        return {"newest_copy": newest}
    if judged.verdict is Verdict.NOT_HERE:
        return {"why": "keeper" if policy == 2 else "home", "redeemer": redeemer or 0}
    return {}


def _why_out(connection: Connection, place: Slot) -> str:
    table = slots_out.c
    statement = select(table.why).where(
        table.grant == place[0], table.first <= place[1], table.last >= place[1]
    )
    return connection.execute(statement).scalar_one_or_none() or ""


def _newest_copy(connection: Connection, place: Slot) -> int:
    statement = select(copies.c.copy).where(copies.c.grant == place[0], copies.c.slot == place[1])
    return max(connection.execute(statement).scalars(), default=0)


def _entered(connection: Connection, place: Slot) -> tuple[str, int]:
    """Return what became of a book's number and the day on which it was handed out."""
    table = book_entries.c
    statement = select(table.fate, table.used_day).where(
        table.grant == place[0], table.slot == place[1]
    )
    row = connection.execute(statement).one_or_none()
    return ("", 0) if row is None else (row.fate, row.used_day)


def _is_holder(
    context: OfficeContext, connection: Connection, token: Token, phone: str, campaign: str
) -> bool:
    """Say whether a phone is the holder's: the one on paper, or one that the record ever had."""
    if holds(token, holder_key(context, connection, campaign), phone):
        return True
    mine = (vouchers.c.grant == token.grant.number) & (vouchers.c.slot == token.voucher.slot)
    shown = blind_hash(context.vault.secret(BLIND), "phone", phone)
    statement = (
        select(customer_hashes.c.hash)
        .join(vouchers, vouchers.c.customer == customer_hashes.c.customer)
        .where(mine, customer_hashes.c.hash == shown)
    )
    return connection.execute(statement).first() is not None
