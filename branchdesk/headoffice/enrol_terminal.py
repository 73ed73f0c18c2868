"""Let a terminal in: the one-time code, and the certificate for the device key that shows it.

A code is kept only as the SHA-256 of its token. It names an outlet, lives for 24 hours and is used
once. A code made for a terminal that exists already begins its next epoch: the old one and its
grants stay frozen, and every copy that still runs under it is told so. After a restore from a
backup a terminal may show certificates that we signed and forgot: they are learnt again.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.allowance_items import start_allowances
from branchdesk.headoffice.authority import fingerprint, read_ca
from branchdesk.headoffice.context import (
    TERMINAL_COUNTER,
    OfficeContext,
    allot,
    public_keys,
    read_ho_epoch,
    read_key_records,
)
from branchdesk.headoffice.feed_queue import FeedQueue, frozen_topic, to_terminal
from branchdesk.headoffice.keepers import keep_on_enrolment, leave_outlet, note_item
from branchdesk.headoffice.offer_books import lock_books, reserve_allowances, save_book
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.results import EnrolCode, Enrolled
from branchdesk.headoffice.settings import read_settings
from branchdesk.headoffice.tables import (
    counters,
    enrolment_tokens,
    epochs,
    feed_items,
    offers,
    outlets,
    terminals,
)
from branchdesk.headoffice.terminal_heads import ACTIVE, FROZEN
from branchdesk.headoffice.vault import ACK, BLIND, ROOT
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import (
    TOKEN_BYTES,
    Certificate,
    EnrolmentCode,
    KeyUse,
    open_certificate,
    sign_certificate,
)
from branchdesk.protocol.event import genesis_hash
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.http import ENROL_FIELDS, ENROL_OPTIONAL, ENROL_PREFIX
from branchdesk.protocol.signing import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verifies

CODE_LIFE_MS = 24 * 3_600_000
KINDS = ("counter", "van")
# More than any terminal joins again in the second of which an epoch of ours speaks.
EPOCHS_LOST_MAX = 16
_TEXT_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class _Request:
    token: bytes
    public_key: bytes
    program: str
    machine: str
    # Of a terminal that joins again: which one, and its certificates so far.
    terminal: int | None = None
    earlier: tuple[bytes, ...] = ()


def make_enrol_code(
    context: OfficeContext,
    outlet: str | None,
    kind: str | None,
    terminal: int | None,
    approval: Approval,
) -> EnrolCode:
    """Make a code that enrols one terminal at ``outlet``; see :meth:`Office.enrol_code`."""
    url = read_settings(context.home).public_url()
    if not url:
        raise RuleViolation("office_url_unknown")
    token = context.randomness(TOKEN_BYTES)
    expires_ms = context.clock_ms() + CODE_LIFE_MS

    def act(connection: Connection) -> None:
        place = outlet or _outlet_of(connection, terminal)
        _keep_token(connection, token, place, kind, terminal=terminal, expires_ms=expires_ms)
        if terminal is not None:
            note_act(context, connection, approval, "enrol_anew", str(terminal))

    context.database.write(act)
    code = EnrolmentCode(url, token, fingerprint(read_ca(context.home)))
    return EnrolCode(code.encode(), expires_ms)


def _outlet_of(connection: Connection, terminal: int | None) -> str:
    """Return where a terminal stands; raises RuleViolation ``terminal_unknown``."""
    found = _stood_at(connection, terminal) if terminal is not None else ""
    if not found:
        raise RuleViolation("terminal_unknown", terminal=terminal)
    return found


def _keep_token(
    connection: Connection,
    token: bytes,
    outlet: str,
    kind: str | None,
    *,
    terminal: int | None,
    expires_ms: int,
) -> None:
    usual = connection.execute(
        select(outlets.c.kind).where(outlets.c.code == outlet)
    ).scalar_one_or_none()
    if usual is None:
        raise RuleViolation("outlet_unknown", outlet=outlet[:40])
    if (kind or usual) not in KINDS:
        raise RuleViolation("outlet_kind_unknown", kind=str(kind)[:40], allowed=", ".join(KINDS))
    if terminal is not None and not _may_exist(connection, terminal):
        raise RuleViolation("terminal_unknown", terminal=terminal)
    connection.execute(
        insert(enrolment_tokens).values(
            token_sha256=hashlib.sha256(token).digest(), outlet=outlet, kind=kind or usual,
            terminal=terminal, expires_ms=expires_ms, used_ms=None,
        )
    )  # fmt: skip


def _may_exist(connection: Connection, terminal: int) -> bool:
    """Say whether a terminal was enrolled here, or may have been before a restore lost it."""
    known = select(terminals.c.terminal).where(terminals.c.terminal == terminal)
    if connection.execute(known).one_or_none() is not None:
        return True
    allotted = select(counters.c.value).where(counters.c.name == TERMINAL_COUNTER)
    last = connection.execute(allotted).scalar_one()
    return read_ho_epoch(connection) > 1 and 0 < terminal <= last


def enrol(context: OfficeContext, body: bytes) -> Enrolled:
    """Use a code up and certify the device key in ``body``."""
    request = _read_request(body)
    return context.database.write(lambda connection: _enrol(context, connection, request))


def _read_request(body: bytes) -> _Request:
    fields = codec.decode_map(
        body, ENROL_FIELDS, what="enrol", bytes_max=16 << 10, optional=ENROL_OPTIONAL
    )
    earlier = tuple(fields.get("earlier", ()))
    if not all(isinstance(data, bytes) for data in earlier):
        raise codec.malformed("enrol", "wrong_type", field="earlier")
    lengths = {"token": TOKEN_BYTES, "public_key": PUBLIC_KEY_BYTES, "proof": SIGNATURE_BYTES}
    for name, length in lengths.items():
        if len(fields[name]) != length:
            raise codec.malformed("enrol", "wrong_length", field=name)
    for name in ("program", "machine"):
        if len(fields[name]) > _TEXT_CHARACTERS_MAX:
            raise codec.malformed("enrol", "too_long", field=name)
    message = fields["token"] + fields["public_key"]
    if not verifies(fields["public_key"], fields["proof"], ENROL_PREFIX, message):
        raise ContractFault("bad_signature", what="enrol")
    return _Request(
        fields["token"], fields["public_key"], fields["program"], fields["machine"],
        fields.get("terminal"), earlier,
    )  # fmt: skip


def _enrol(context: OfficeContext, connection: Connection, request: _Request) -> Enrolled:
    now_ms = context.clock_ms()
    earlier = _earlier_certificate(connection, request)
    if earlier is not None:
        return _answer(context, connection, *earlier)
    token, queue = _use_token(connection, request.token, now_ms), FeedQueue()
    if request.terminal is not None and request.terminal != token.terminal:
        raise RuleViolation("enrolment_code_for_other", terminal=request.terminal)
    if token.terminal is None:
        number, epoch = allot(connection, TERMINAL_COUNTER), 1
    else:
        number = token.terminal
        _learn_epochs(context, connection, request)
        epoch = _next_epoch(connection, number)
        _close_epochs(connection, queue, number)
    certificate = sign_certificate(
        Certificate(
            number, epoch, token.outlet, token.kind, request.public_key,
            context.vault.signer(ROOT).public_key, now_ms,
        ),
        context.vault.signer(ACK),
    )  # fmt: skip
    came_from = _stood_at(connection, number)
    _keep_terminal(connection, number, epoch, token, request)
    connection.execute(
        insert(epochs).values(
            terminal=number, epoch=epoch, certificate=certificate, public_key=request.public_key,
            seq=0, head_hash=genesis_hash(certificate), backed_up_seq=0, state=ACTIVE,
            enrolled_ms=now_ms,
        )
    )  # fmt: skip
    _give_rights(connection, queue, number, token, came_from)
    return _answer(context, connection, certificate, token.outlet)


def _give_rights(
    connection: Connection, queue: FeedQueue, number: int, token: "_Token", came_from: str
) -> None:
    """Reserve the terminal's allowances, name it keeper where it is the first, and tell."""
    books = lock_books(connection, offers.c.is_open & (offers.c.policy == 3))
    reserve_allowances(connection, books, [number])
    for book in books:
        save_book(connection, book)
    start_allowances(connection, queue, [book.offer for book in books], [number])
    named = keep_on_enrolment(connection, queue, token.outlet, number, token.kind)
    if came_from != token.outlet:
        named += leave_outlet(connection, queue, came_from, number)
    first = queue.flush(connection)
    for news in named:
        note_item(connection, news, first)


def _stood_at(connection: Connection, terminal: int) -> str:
    """Return the outlet of a terminal so far, or nothing when it is new."""
    mine = select(terminals.c.outlet).where(terminals.c.terminal == terminal)
    return str(connection.execute(mine).scalar_one_or_none() or "")


def _earlier_certificate(connection: Connection, request: _Request) -> tuple[bytes, str] | None:
    """Return (certificate, outlet) when this very key used this very code before.

    The answer may have been lost on the line; asking again with the same key gets it again.
    """
    digest = hashlib.sha256(request.token).digest()
    row = connection.execute(
        select(epochs.c.certificate, terminals.c.outlet)
        .join(terminals, terminals.c.terminal == epochs.c.terminal)
        .join(enrolment_tokens, enrolment_tokens.c.token_sha256 == digest)
        .where(enrolment_tokens.c.used_ms == epochs.c.enrolled_ms)
        .where(epochs.c.public_key == request.public_key)
    ).one_or_none()
    return None if row is None else (bytes(row.certificate), row.outlet)


def _answer(
    context: OfficeContext, connection: Connection, certificate: bytes, outlet: str
) -> Enrolled:
    place = connection.execute(select(outlets).where(outlets.c.code == outlet)).one()
    records = [record for of_use in read_key_records(connection).values() for record in of_use]
    return Enrolled(
        certificate, context.vault.signer(ROOT).public_key, tuple(records),
        context.vault.secret(BLIND), place.name, place.address,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    outlet: str
    kind: str
    terminal: int | None


def _use_token(connection: Connection, token: bytes, now_ms: int) -> _Token:
    digest = hashlib.sha256(token).digest()
    row = connection.execute(
        select(enrolment_tokens).where(enrolment_tokens.c.token_sha256 == digest).with_for_update()
    ).one_or_none()
    if row is None:
        raise RuleViolation("enrolment_code_unknown")
    if row.used_ms is not None:
        raise RuleViolation("enrolment_code_used", used_ms=row.used_ms)
    if now_ms > row.expires_ms:
        raise RuleViolation("enrolment_code_expired", expires_ms=row.expires_ms)
    connection.execute(
        update(enrolment_tokens)
        .where(enrolment_tokens.c.token_sha256 == digest)
        .values(used_ms=now_ms)
    )
    return _Token(row.outlet, row.kind, row.terminal)


def _next_epoch(connection: Connection, terminal: int) -> int:
    """Return an epoch that this terminal never had, not even one that a restore has lost."""
    rows = connection.execute(
        select(epochs.c.epoch).where(epochs.c.terminal == terminal).with_for_update()
    ).scalars()
    lost = (read_ho_epoch(connection) - 1) * EPOCHS_LOST_MAX
    known: list[int] = list(rows)
    return max(lost, *known, 0) + 1


def _close_epochs(connection: Connection, queue: FeedQueue, terminal: int) -> None:
    """Freeze every epoch so far, and tell the copies that may still run under one of them."""
    mine = epochs.c.terminal == terminal
    over = connection.execute(select(epochs.c.epoch).where(mine)).scalars().all()
    connection.execute(update(epochs).where(mine).values(state=FROZEN))
    # What froze the terminal as a whole must not meet its next epoch.
    connection.execute(delete(feed_items).where(feed_items.c.topic == frozen_topic(terminal)))
    for epoch in over:
        fields: dict[str, object] = {
            "what": "terminal", "number": terminal, "slots": [], "reason": "joined_again",
        }  # fmt: skip
        queue.put(Lane.URGENT, to_terminal(terminal, epoch), ItemKind.REVOCATION, fields)


def _learn_epochs(context: OfficeContext, connection: Connection, request: _Request) -> None:
    """Take up epochs that we certified and that a restore has lost; they stay frozen."""
    keys = public_keys(connection, context.vault.signer(ROOT).public_key, KeyUse.ACK)
    for data in request.earlier:
        certificate = open_certificate(data, keys)
        known = select(epochs.c.epoch).where(
            epochs.c.terminal == certificate.terminal, epochs.c.epoch == certificate.epoch
        )
        is_known = connection.execute(known).one_or_none() is not None
        if certificate.terminal == request.terminal and not is_known:
            connection.execute(
                insert(epochs).values(
                    terminal=certificate.terminal, epoch=certificate.epoch, certificate=data,
                    public_key=certificate.public_key, seq=0, head_hash=genesis_hash(data),
                    backed_up_seq=0, state=FROZEN, enrolled_ms=certificate.enrolled_ms,
                )
            )  # fmt: skip


def _keep_terminal(
    connection: Connection, number: int, epoch: int, token: _Token, request: _Request
) -> None:
    values = {
        "outlet": token.outlet, "kind": token.kind, "epoch": epoch, "state": ACTIVE,
        "program": request.program, "machine": request.machine, "urgent_cursor": 0,
    }  # fmt: skip
    mine = update(terminals).where(terminals.c.terminal == number).values(values)
    # A terminal that a restore has lost has a number from before and no row.
    if token.terminal is None or not connection.execute(mine).rowcount:
        connection.execute(insert(terminals).values(terminal=number, **values))
