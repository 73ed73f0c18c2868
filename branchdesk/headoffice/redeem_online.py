"""Answer a terminal that asks what a voucher is worth, redeems it, or takes that back, once each.

The offer is locked before anything is judged, the answer is journalled with what it changes, and
signed after the commit. The same intent with the same body gets the same answer, whatever has
happened since.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from branchdesk.domain.redeeming import check_purchase
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.allowance_items import save_allowance
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows
from branchdesk.headoffice.feed_queue import FeedQueue
from branchdesk.headoffice.find_voucher import find_voucher
from branchdesk.headoffice.honouring import count_honoured, take_back
from branchdesk.headoffice.judge_voucher import Judged, judge_voucher, left_minor
from branchdesk.headoffice.learning import LEARNING_FACT, is_learning, was_restored
from branchdesk.headoffice.next_redemption import change_cases, end_cases, move_up
from branchdesk.headoffice.offer_books import save_book
from branchdesk.headoffice.redemption_items import (
    REDEEMED,
    UNDONE_AGAIN,
    VoucherNews,
    put_news,
    read_issuers,
)
from branchdesk.headoffice.redemption_journal import STANDS, UNDONE, RedemptionRow
from branchdesk.headoffice.redemption_tables import redemption_answers, redemption_undos
from branchdesk.headoffice.row_mac import answer_mac, mac_key
from branchdesk.headoffice.terminal_heads import ChainState, read_chain
from branchdesk.headoffice.vault import ACK
from branchdesk.protocol import codec
from branchdesk.protocol.redemption import (
    Answer,
    Basis,
    Request,
    Wish,
    decode_request,
    sign_answer,
)
from branchdesk.protocol.token import Token
from branchdesk.protocol.verdict import Verdict

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request as it is worked on: who asks, for what, about which voucher."""

    context: OfficeContext
    chain: ChainState
    request: Request
    token: Token

    @property
    def place(self) -> tuple[int, int]:
        """Return the voucher: grant and slot."""
        return self.token.grant.number, self.token.voucher.slot


def answer_redemption(context: OfficeContext, terminal: int, epoch: int, data: bytes) -> bytes:
    """Return the signed answer to a request; see :meth:`Office.redeem`."""
    request = decode_request(data)
    answer = _answer(context, terminal, epoch, request)
    return sign_answer(data, answer, context.vault.signer(ACK))


def _answer(context: OfficeContext, terminal: int, epoch: int, request: Request) -> Answer:
    now_ms = context.clock_ms()
    try:
        token, lent = find_voucher(context, request)
    except ContractFault as fault:
        if fault.code not in Verdict.__members__.values():
            raise
        return Answer(Verdict(fault.code), 0, 0, now_ms, facts=dict(fault.facts))
    if lent is None:
        if was_restored(context):
            # Lent after the backup: the terminal that holds it has not told us yet.
            return Answer(Verdict.NEEDS_LINE, 0, 0, now_ms, facts={"why": LEARNING_FACT})
        # Signed by us and not in our journal: nothing is known that could be honoured.
        return Answer(Verdict.REVOKED, 0, 0, now_ms, facts={"why": "grant_unknown"})

    def act(connection: Connection) -> Answer:
        chain = read_chain(context, connection, terminal, epoch)
        asked = _Asked(context, chain, request, token)
        if not chain.is_live:
            return _answered_before_the_freeze(connection, asked)
        if request.wish is Wish.VERIFY:
            if is_learning(connection):
                return _deferred(asked)
            judged = judge_voucher(context, connection, chain, request, token, lock=False)
            return _told(asked, judged, 0)
        return _act_once(connection, asked)

    if request.wish is Wish.VERIFY:
        with context.database.read() as connection:
            return act(connection)
    return context.database.write(act)


def _answered_before_the_freeze(connection: Connection, asked: _Asked) -> Answer:
    """Return the answer that was on its way when the terminal was frozen; nothing new is done."""
    known = _known_answer(connection, asked)
    if known is None:
        head = asked.chain.head
        raise RuleViolation("terminal_frozen", terminal=head.terminal, epoch=head.epoch)
    return known


def _act_once(connection: Connection, asked: _Asked) -> Answer:
    request = asked.request
    judged = judge_voucher(
        asked.context, connection, asked.chain, request, asked.token, lock=True
    )  # fmt: skip
    # With the offer locked, a request that came twice at once is met by its own answer here.
    known = _known_answer(connection, asked)
    if known is not None:
        return known
    is_undo = request.wish is Wish.UNDO
    if is_learning(connection) and not (is_undo and request.redemption in judged.journal.rows):
        # What was redeemed after the backup may not be known yet: nothing is paid twice, and what
        # is to be undone may still be told.
        return _deferred(asked)
    act = _redeem if request.wish is Wish.REDEEM else _undo
    queue = FeedQueue()
    answer = act(connection, asked, judged, queue)
    save_book(connection, judged.book)
    _keep_answer(connection, asked, answer)
    queue.flush(connection)
    return answer


def _deferred(asked: _Asked) -> Answer:
    """Return that head office cannot tell yet; the same question may be asked again later."""
    now_ms = asked.context.clock_ms()
    return Answer(Verdict.NEEDS_LINE, 0, 0, now_ms, facts={"why": LEARNING_FACT})


def _redeem(connection: Connection, asked: _Asked, judged: Judged, queue: FeedQueue) -> Answer:
    request, journal, book = asked.request, judged.journal, judged.book
    told = journal.rows.get(request.intent.bytes)
    if told is not None:
        return _told_before(asked, judged, told)
    if judged.verdict is not Verdict.GOOD:
        return _told(asked, judged, 0)
    check_purchase(book.min_spend_minor, request.purchase_minor)
    amount = _amount(request, judged)
    now_ms = asked.context.clock_ms()
    row = RedemptionRow(
        request.intent.bytes, *asked.place, book.offer, asked.chain.head.terminal,
        asked.chain.head.epoch, 0, asked.chain.outlet, request.staff, Basis.ONLINE.value, amount,
        request.purchase_minor, now_ms, now_ms, STANDS,
    )  # fmt: skip
    journal.add(row)
    count_honoured(journal, book, row)
    journal.write(asked.context, connection)
    _tell(connection, queue, VoucherNews.of(row, REDEEMED))
    return _told(asked, judged, amount)


def _undo(connection: Connection, asked: _Asked, judged: Judged, queue: FeedQueue) -> Answer:
    request, now_ms = asked.request, asked.context.clock_ms()
    row = judged.journal.rows.get(request.redemption)
    mine = asked.chain.head.terminal
    if row is None or (row.terminal, row.place) != (mine, asked.place):
        raise RuleViolation("redemption_unknown", redemption=request.redemption.hex())
    if row.state == UNDONE:
        raise RuleViolation("redemption_undone", redemption=request.redemption.hex())
    minutes = judged.book.undo_minutes
    if now_ms - row.accepted_ms > minutes * _MINUTE_MS:
        raise RuleViolation("undo_too_late", limit_minutes=minutes)
    _take_back(connection, judged, row, queue, now_ms)
    judged.journal.write(asked.context, connection)
    undo = (request.intent.bytes, row.redemption, mine, asked.chain.head.epoch, 0, request.reason,
            now_ms)  # fmt: skip
    insert_rows(connection, redemption_undos, [undo])
    left = left_minor(judged.journal, judged.book, asked.place)
    return Answer(Verdict.GOOD, row.amount_minor, left, now_ms)


def _take_back(
    connection: Connection, judged: Judged, row: RedemptionRow, queue: FeedQueue, now_ms: int
) -> None:
    journal, allowances = judged.journal, judged.redeemers.allowances
    end_cases(connection, queue, [row])
    if take_back(journal, judged.book, row, allowances.get((row.offer, row.terminal))):
        moved = move_up(journal, judged.book, row, judged.redeemers)
        news = [VoucherNews.of(row, UNDONE_AGAIN, now_ms)]
        news += [told for step in moved if (told := step.news(now_ms)) is not None]
        put_news(queue, news, read_issuers(connection, [row.grant]))
        change_cases(connection, queue, moved)
    for allowance in allowances.values():
        save_allowance(connection, allowance)


def _told_before(asked: _Asked, judged: Judged, row: RedemptionRow) -> Answer:
    """Answer for an intent that the terminal has carried out by itself and told of already."""
    if (row.terminal, row.place) != (asked.chain.head.terminal, asked.place):
        raise RuleViolation("intent_reused", intent=str(asked.request.intent))
    if row.state != STANDS:
        return Answer(Verdict.USED, 0, judged.left_minor, asked.context.clock_ms(),
                      facts=judged.facts)  # fmt: skip
    return Answer(Verdict.GOOD, row.amount_minor, judged.left_minor, row.accepted_ms,
                  _token_bytes(asked))  # fmt: skip


def _amount(request: Request, judged: Judged) -> int:
    wanted, face = request.amount_minor, judged.book.face_minor
    if not wanted:
        return judged.left_minor
    if wanted < face and not judged.book.partial_use:
        raise RuleViolation("partial_not_allowed", field="use_minor", face_minor=face)
    if wanted > judged.left_minor:
        raise RuleViolation("amount_too_large", field="use_minor", use_minor=wanted,
                            remaining_minor=judged.left_minor)  # fmt: skip
    return wanted


def _told(asked: _Asked, judged: Judged, amount_minor: int) -> Answer:
    left = left_minor(judged.journal, judged.book, asked.place)
    return Answer(judged.verdict, amount_minor, left, asked.context.clock_ms(),
                  _token_bytes(asked), judged.facts)  # fmt: skip


def _token_bytes(asked: _Asked) -> bytes:
    """Return the token where only its short code was typed."""
    if asked.request.token:
        return b""
    return asked.token.grant.encode() + asked.token.voucher.encode()


def _tell(connection: Connection, queue: FeedQueue, news: VoucherNews) -> None:
    put_news(queue, [news], read_issuers(connection, [news.grant]))


def _known_answer(connection: Connection, asked: _Asked) -> Answer | None:
    request = asked.request
    row = connection.execute(
        select(redemption_answers).where(redemption_answers.c.intent == request.intent.bytes)
    ).one_or_none()
    if row is None:
        return None
    same = (row.terminal, bytes(row.body_sha256)) == (
        asked.chain.head.terminal, request.body_hash(),
    )  # fmt: skip
    if not same:
        raise RuleViolation("intent_reused", intent=str(request.intent))
    fields: dict[str, Any] = codec.decode(bytes(row.answer), what="kept_answer")
    return Answer(**{**fields, "verdict": Verdict(fields["verdict"])})


def _keep_answer(connection: Connection, asked: _Asked, answer: Answer) -> None:
    fields = {**asdict(answer), "verdict": answer.verdict.value, "facts": dict(answer.facts)}
    request, head = asked.request, asked.chain.head
    values = (
        request.intent.bytes, head.terminal, head.epoch, request.wish.value, request.body_hash(),
        codec.encode(fields), answer.at_ms,
    )  # fmt: skip
    row = (*values, answer_mac(mac_key(asked.context.vault), values))
    insert_rows(connection, redemption_answers, [row])
